"""Models in remote file systems: found, copied, loaded and removed again."""

import errno
import os
import shutil

import numpy as np
import pytest

from tidefall.base import errors
from tidefall.serving.models.config import ModelConfig
from tidefall.serving.models.loading import VersionLoader
from tidefall.serving.models.local_copies import LocalCopies
from tidefall.serving.models.model import Model
from tidefall.serving.models.states import State
from tidefall.serving.models.versions import VersionDirectory, check_base_path, find_versions

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def bucket(tmp_path, numpy_server):
    """Puts versions under `memory://bucket/m`."""
    system = fsspec.filesystem("memory")

    def put(version, **model):
        folder = numpy_server.write_version(tmp_path / "made", version, **model)
        system.put(str(folder), f"/bucket/m/{version}", recursive=True)

    yield put
    system.rm("/bucket", recursive=True)


@pytest.fixture
def copies(tmp_path):
    (tmp_path / "cache").mkdir()
    copies = LocalCopies(tmp_path / "cache")
    yield copies
    copies.close()


def files_below(folder) -> list[str]:
    names = [path.name for path in folder.rglob("*") if path.is_file()]
    return sorted(name for name in names if name != "lock")


def test_a_remote_version_is_served_from_a_copy(bucket, copies, tmp_path, numpy_server):
    bucket(1, add=3.0)
    loaded = []
    load = lambda folder: loaded.append(folder) or numpy_server.load(folder)  # noqa: E731
    model = Model(ModelConfig("m", "memory://bucket/m"), VersionLoader("m", load, copies=copies))
    model.reconcile()
    with model.use(None) as version:
        run = version.servable.signatures["serving_default"].run
        assert run({"x": np.float32([2])})["y"] == 4.0
    (folder,) = loaded
    assert folder.name == "1"
    assert files_below(tmp_path / "cache") == ["model.json", "saved_model.pb"]
    bucket(2)
    model.reconcile()
    assert model.available_versions() == [2]
    assert not folder.exists()
    model.close()
    assert files_below(tmp_path / "cache") == []


def test_a_remote_version_that_fails_leaves_no_copy(bucket, copies, tmp_path, numpy_server):
    bucket(1, broken="no")
    model = Model(
        ModelConfig("m", "memory://bucket/m"), VersionLoader("m", numpy_server.load, copies=copies)
    )
    model.reconcile()
    assert model.statuses()[0].state is State.END
    assert files_below(tmp_path / "cache") == []


def test_a_missing_remote_base_path_is_named():
    with pytest.raises(errors.NotFoundError, match="base path memory://nowhere/m"):
        find_versions("memory://nowhere/m")
    with pytest.raises(errors.NotFoundError, match="base path memory://nowhere/m"):
        check_base_path("m", "memory://nowhere/m")


def test_what_killed_processes_left_behind_is_removed(bucket, copies, tmp_path):
    bucket(1)
    abandoned = tmp_path / "cache" / "tidefall-models-gone"
    abandoned.mkdir()
    (abandoned / "lock").touch()
    other = LocalCopies(tmp_path / "cache")
    directory = find_versions("memory://bucket/m")[1]
    theirs, ours = other.take(directory), copies.take(directory)
    assert not abandoned.exists()
    assert theirs.exists()
    assert ours.exists()
    other.close()
    assert not theirs.exists()
    assert ours.exists()


def test_a_full_disk_is_reported_and_leaves_nothing(bucket, copies, tmp_path, monkeypatch):
    bucket(1)

    def fill_up(source, target):
        target.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copyfileobj", fill_up)
    with pytest.raises(errors.ResourceExhaustedError, match="copying memory://bucket/m/1"):
        copies.take(find_versions("memory://bucket/m")[1])
    assert files_below(tmp_path / "cache") == []


def test_names_that_lead_elsewhere_are_refused(copies, monkeypatch):
    from tidefall.serving.models import versions

    monkeypatch.setattr(versions, "_urls_below", lambda url: [versions.File("../../x", 1, 1)])
    with pytest.raises(errors.InvalidArgumentError, match="holds a file called"):
        copies.take(VersionDirectory(1, "memory://bucket/m/1"))


def test_local_versions_are_not_copied(copies, tmp_path):
    folder = tmp_path / "1"
    folder.mkdir()
    assert copies.take(VersionDirectory(1, folder)) == folder
    copies.drop(folder)
    assert folder.exists()
