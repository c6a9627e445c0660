"""Version directories and policies."""

import os

import pytest

from tidefall.base import errors
from tidefall.serving.models.policies import All, Latest, Specific
from tidefall.serving.models.versions import check_base_path, find_versions, needed_bytes


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


@pytest.mark.parametrize(
    ("policy", "versions", "chosen"),
    [
        (All(), [1, 10, 2], {1, 2, 10}),
        (All(), [], set()),
        (Specific(frozenset({2, 7})), [1, 10, 2], {2}),
    ],
)
def test_all_and_specific(policy, versions, chosen):
    assert policy.select(versions) == chosen


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Latest(0), "at least one version; got 0"),
        (lambda: Specific(frozenset()), "got none"),
    ],
)
def test_policies_that_serve_nothing_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_links_are_followed_but_not_in_circles(tmp_path):
    (tmp_path / "store" / "deep").mkdir(parents=True)
    (tmp_path / "store" / "saved_model.pb").write_bytes(b"12345")
    (tmp_path / "store" / "deep" / "up").symlink_to(tmp_path / "store")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "4").symlink_to(tmp_path / "store")
    directory = find_versions(tmp_path / "models")[4]
    assert [(file.name, file.size) for file in directory.fingerprint()] == [("saved_model.pb", 5)]


def test_memory_is_estimated_from_what_is_loaded(tmp_path):
    for name, size in (("saved_model.pb", 5), ("variables/data", 90), ("assets.extra/x", 800)):
        file = tmp_path / "1" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * size)
    assert needed_bytes(find_versions(tmp_path)[1].fingerprint()) == 95


def test_a_missing_base_path_is_refused(tmp_path):
    with pytest.raises(errors.NotFoundError, match=r"Could not find base path .*absent"):
        check_base_path("m", tmp_path / "absent")


def test_a_model_given_as_base_path_is_refused_with_advice(tmp_path):
    (tmp_path / "saved_model.pb").touch()
    with pytest.raises(errors.InvalidArgumentError, match=r"move the model to .*/1"):
        check_base_path("m", tmp_path)


def test_an_empty_base_path_is_fine_for_versions_may_come(tmp_path):
    check_base_path("m", tmp_path)
