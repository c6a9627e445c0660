"""Version directories and policies."""

import os

import pytest

from tidefall.core import errors
from tidefall.serving.models.versions import Latest, check_base_path, find_versions


def test_only_numbered_directories_are_versions(tmp_path):
    for name in ["1", "0007", "00000123", "-3", "v2", "1.5", "²", "tmp", "9" * 30]:
        (tmp_path / name).mkdir()
    (tmp_path / "5").touch()
    found = find_versions(tmp_path)
    assert {version: d.path.name for version, d in found.items()} == {
        1: "1",
        7: "0007",
        123: "00000123",
    }


def test_of_two_directories_with_one_number_the_last_counts(tmp_path):
    for name in ["01", "1"]:
        (tmp_path / name).mkdir()
    assert find_versions(tmp_path)[1].path.name == "1"


def test_a_version_is_complete_once_its_model_file_is_there(tmp_path):
    (tmp_path / "1" / "variables").mkdir(parents=True)
    directory = find_versions(tmp_path)[1]
    assert not directory.is_complete()
    (tmp_path / "1" / "saved_model.pb").touch()
    assert directory.is_complete()


def test_fingerprints_notice_every_change_of_files(tmp_path):
    (tmp_path / "1" / "variables").mkdir(parents=True)
    directory = find_versions(tmp_path)[1]
    seen = [directory.fingerprint()]
    file = tmp_path / "1" / "variables" / "data"
    for change in (
        lambda: file.write_bytes(b"a"),
        lambda: file.write_bytes(b"ab"),
        lambda: os.utime(file, ns=(1, 1)),
        file.unlink,
    ):
        change()
        assert directory.fingerprint() != seen[-1]
        seen.append(directory.fingerprint())
    assert seen[0] == seen[-1]


@pytest.mark.parametrize(
    ("count", "versions", "chosen"),
    [(1, [1, 10, 2], {10}), (2, [1, 10, 2], {2, 10}), (5, [3], {3}), (1, [], set())],
)
def test_latest(count, versions, chosen):
    assert Latest(count).select(versions) == chosen


def test_latest_needs_a_positive_count():
    with pytest.raises(ValueError, match="at least one version; got 0"):
        Latest(0)


def test_a_missing_base_path_is_refused(tmp_path):
    with pytest.raises(errors.NotFoundError, match=r"Could not find base path .*absent"):
        check_base_path("m", tmp_path / "absent")


def test_a_model_given_as_base_path_is_refused_with_advice(tmp_path):
    (tmp_path / "saved_model.pb").touch()
    with pytest.raises(errors.InvalidArgumentError, match=r"move the model to .*/1"):
        check_base_path("m", tmp_path)


def test_an_empty_base_path_is_fine_for_versions_may_come(tmp_path):
    check_base_path("m", tmp_path)
