"""The model server's process loads what the registry signed, and refuses the rest by name."""

import sys
import time
from pathlib import Path

import pytest

from tidefall.base import errors
from tidefall.lifecycle.registry import Registry, new_key
from tidefall.serving import Client, ServerProcess
from tidefall.serving.models.loading import VersionLoader
from tidefall.serving.models.local_copies import LocalCopies
from tidefall.serving.models.readiness import Readiness
from tidefall.serving.models.saved_model import load_saved_model
from tidefall.serving.models.versions import VersionDirectory, find_versions
from tidefall.serving.trust.loader import TrustedLoader


@pytest.fixture
def registry(tmp_path):
    new_key(tmp_path / "private.pem", tmp_path / "public.pem")
    with Registry(tmp_path / "store", signing_key=tmp_path / "private.pem") as opened:
        yield opened


def test_a_registered_version_is_whole_at_once(registry, small_model):
    path = registry.path(registry.register("half", small_model))
    files = VersionDirectory(1, path).fingerprint()
    assert Readiness(3600.0, 0, 0.0).waits_for(1, files) == ""


def test_the_audit_log_tells_of_a_version_before_its_folder_is_there(
    registry, small_model, monkeypatch
):
    told, then = [], Path.rename

    def rename(staged, place):
        told.append((registry.audit_path.read_text().count("version.register"), place.exists()))
        return then(staged, place)

    monkeypatch.setattr(Path, "rename", rename)
    registry.register("half", small_model)
    registry.register("half", small_model)
    assert told == [(1, False), (2, False)]


@pytest.mark.process
def test_a_tampered_next_version_is_refused_and_the_signed_one_served(
    registry, small_model, tmp_path
):
    registry.register("half", small_model)
    second = registry.path(registry.register("half", small_model))
    aside = second.rename(tmp_path / "2")
    weights = aside / "variables" / "variables.data-00000-of-00001"
    weights.chmod(0o644)
    weights.write_bytes(bytes([weights.read_bytes()[0] ^ 1]) + weights.read_bytes()[1:])
    log = tmp_path / "log.txt"
    shell = ("sh", "-c", f'exec "$0" "$@" 2>"{log}"', sys.executable, "-m", "tidefall", "serve")
    flags = {"trusted_keys_file": tmp_path / "public.pem", "file_system_poll_wait_seconds": 0.1}
    with (
        ServerProcess("half", second.parent, command=shell, **flags) as server,
        Client(server.url, "half") as client,
    ):
        assert client.predict([2.0]) == [3.0]
        aside.rename(second)
        end = time.monotonic() + 30.0
        while client.status()[0]["state"] != "END" and time.monotonic() < end:
            time.sleep(0.02)
        refused, served = client.status()
        assert client.predict([2.0]) == [3.0]
    words = f"{second / weights.relative_to(aside)} was changed after the version was registered"
    assert (refused["version"], refused["state"]) == ("2", "END")
    assert (served["version"], served["state"]) == ("1", "AVAILABLE")
    assert words in refused["status"]["error_message"]
    assert f"half version 2 failed to load: {words}" in log.read_text()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ("nothing", ""),
        ("weights", r"variables\.data-00000-of-00001 was changed"),
        ("log", r"audit\.jsonl: line 1 was changed"),
        ("entry", r"audit\.jsonl tells nothing of the version"),
        ("no log", r"audit\.jsonl is missing"),
    ],
)
def test_a_version_behind_a_url_is_checked_with_its_audit_log(
    registry, small_model, tmp_path, changed, words
):
    fsspec = pytest.importorskip("fsspec")
    registry.register("half", small_model)
    registry.register("half", small_model)
    system, bucket = fsspec.filesystem("memory"), f"/{tmp_path.name}/store"
    system.put(str(registry.folder / "models"), f"{bucket}/models", recursive=True)
    log = registry.audit_path.read_bytes()
    logs = {"log": log.replace(b"half", b"calf", 1), "entry": log.splitlines(keepends=True)[0]}
    if changed != "no log":
        system.pipe(f"{bucket}/audit.jsonl", logs.get(changed, log))
    base = f"memory:/{bucket}/models/half"
    if changed == "weights":
        system.pipe(f"{bucket}/models/half/2/variables/variables.data-00000-of-00001", b"x")
    copies = LocalCopies(tmp_path)
    load = TrustedLoader(load_saved_model, str(tmp_path / "public.pem"))
    loader, directory = VersionLoader("half", load, copies=copies), find_versions(base)[2]
    try:
        if words:
            with pytest.raises(errors.DataLossError, match=words):
                loader.load(directory, 0)
        else:
            loaded = loader.load(directory, 0)
            assert loaded.servable.signatures["serving_default"].run({"x": [2.0]})["y"] == [3.0]
            loader.close(loaded)
        (own,) = tmp_path.glob("tidefall-models-*")
        assert [path.name for path in own.iterdir()] == ["lock"]
    finally:
        copies.close()
        system.rm(f"/{tmp_path.name}", recursive=True)
