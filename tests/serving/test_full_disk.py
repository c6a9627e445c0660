"""A server whose disk is full: it answers, says what is wrong, and goes on once there is room."""

import json
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tidefall.serving import Client, ServerProcess
from tidefall.serving.rollout.audit import check_audit
from tidefall.serving.rollout.replay import read_recording

ADMIN = "admin-token-0123456789"
MOUNT = 'mount -t tmpfs -o size={size} tmpfs "$0" && exec "$@"'


class Disk:
    """A small file system that only a server and its children see."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.command = ("unshare", "-rm", "sh", "-c", MOUNT.format(size="512k"), str(folder))
        self.pid = 0

    def path(self, name: str) -> Path:
        return Path(f"/proc/{self.pid}/root{self.folder}") / name

    def fill(self) -> None:
        with self.path("ballast").open("ab", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                pass

    def free(self) -> None:
        self.path("ballast").unlink()


@pytest.fixture
def disk(tmp_path):
    disk = Disk(tmp_path / "disk")
    disk.folder.mkdir()
    try:
        subprocess.run([*disk.command, "true"], check=True, capture_output=True, timeout=30)
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"this user may not mount a file system of its own: {error}")
    return disk


@pytest.fixture
def start(program, disk):
    """Starts a server on a model, with the disk in its sight."""
    servers = []

    def start_on(base_path, **flags) -> ServerProcess:
        command = (*disk.command, *program)
        servers.append(ServerProcess("half", base_path, command=command, **flags).start())
        disk.pid = servers[-1].pid
        return servers[-1]

    yield start_on
    for server in servers:
        server.stop()


def apply(server, weight) -> None:
    """Puts a traffic split in force, and raises what the server refuses it with."""
    body = json.dumps({"split": {"1": weight}}).encode()
    request = urllib.request.Request(
        f"{server.url}/admin/v1/models/half/rollout",
        body,
        {"Authorization": f"Bearer {ADMIN}"},
        method="PUT",
    )
    with urllib.request.urlopen(request):
        pass


def refused(server, weight) -> str:
    """Why the server refuses that for now; "" where it does not."""
    try:
        apply(server, weight)
    except urllib.error.HTTPError as error:
        return f"{error.code} {json.load(error)['error']}"
    return ""


def weight_in_force(server) -> float:
    headers = {"Authorization": f"Bearer {ADMIN}"}
    request = urllib.request.Request(f"{server.url}/admin/v1/models/half/rollout", headers=headers)
    with urllib.request.urlopen(request) as reply:
        return json.load(reply)["plan"]["split"]["1"]


@pytest.mark.process
def test_logs_recordings_and_the_audit(disk, start, base_path, tmp_path, scrape, wait_for):
    (tmp_path / "admins").write_text(f"ann {ADMIN}\n")
    server = start(
        base_path,
        state_dir=disk.folder / "state",
        request_log=disk.folder / "requests.jsonl",
        record_requests_to=disk.folder / "recording",
        admin_token_file=tmp_path / "admins",
    )
    with Client(server.url, "half") as client:
        apply(server, 1)
        client.predict([1.0])
        disk.fill()

        def dropped(log):
            assert client.predict([1.0]) == [2.5]
            return scrape(server)["tidefall_serving_log_dropped_total"][(log,)]

        wait_for(lambda: dropped("requests") > 20 and dropped("recordings") > 20)
        weight = 2
        while not (refusal := refused(server, weight)):  # The file's last page has room for some.
            weight += 1
        assert refusal.startswith("503 the audit log")
        assert refusal.endswith("No space left on device")
        assert weight_in_force(server) == weight - 1
        assert refused(server, weight) == refusal
        assert scrape(server)["tidefall_serving_write_failures_total"]["audit",] >= 2
        recorded = scrape(server)[":tensorflow:serving:request_log_count"]
        assert recorded["half", "INTERNAL"] > 20
        for what in ("request log", "recording"):
            assert server._last_words().count(f"{what} {disk.folder}") == 1
        disk.free()
        apply(server, 1000)
        before = {log: dropped(log) for log in ("requests", "recordings")}
        for _ in range(10):
            client.predict([7.0])
        assert {log: dropped(log) for log in before} == before
    wait_for(lambda: len(list(read_recording(disk.path("recording.tfrecord")))) > 10)
    lines = disk.path("requests.jsonl").read_text().splitlines()
    assert {json.loads(line)["status"] for line in lines} == {"OK"}
    entries = disk.path("state/audit.jsonl").read_text().splitlines()
    assert check_audit(disk.path("state/audit.jsonl")) == len(entries)
    saved = json.loads(disk.path("state/rollouts.json").read_text())
    assert saved["models"]["half"]["plan"]["split"] == {"1": 1000}
    names = {path.name for folder in ("", "state") for path in disk.path(folder).iterdir()}
    assert names == {
        "state",
        "requests.jsonl",
        "recording.tfrecord",
        "audit.jsonl",
        "rollouts.json",
    }


@pytest.mark.process
def test_the_state_of_rollouts_is_kept_once_there_is_room(
    disk, start, base_path, tmp_path, scrape, wait_for
):
    (tmp_path / "admins").write_text(f"ann {ADMIN}\n")
    server = start(base_path, state_dir=disk.folder / "state", admin_token_file=tmp_path / "admins")
    apply(server, 1)
    disk.fill()
    apply(server, 2)  # Into the last page of the audit log; the state needs a new one.
    assert weight_in_force(server) == 2
    wait_for(lambda: scrape(server)["tidefall_serving_write_failures_total"]["rollouts",] > 1)
    state = disk.path("state/rollouts.json")
    assert json.loads(state.read_text())["models"]["half"]["plan"]["split"] == {"1": 1}
    disk.free()
    wait_for(lambda: '"1": 2' in state.read_text())


@pytest.mark.process
def test_copies_of_remote_models(disk, start, base_path, numpy_server, wait_for):
    pytest.importorskip("fsspec")
    server = start(
        f"local://{base_path}",
        model_cache_folder=disk.folder,
        file_system_poll_wait_seconds=0.05,
        load_retry_interval_micros=50_000,
        max_num_load_retries=0,
    )
    disk.fill()
    folder = numpy_server.write_version(base_path.parent / "made", 2, add=9.0)
    (folder / "weights").write_bytes(bytes(300_000))
    folder.rename(base_path / "2")
    with Client(server.url, "half") as client:

        def problem():
            status = {each["version"]: each for each in client.status()}.get("2")
            return status["status"] if status else {"error_code": ""}

        wait_for(lambda: problem()["error_code"] == "RESOURCE_EXHAUSTED")
        assert "No space left on device" in problem()["error_message"]
        assert client.predict([1.0]) == [2.5]
        assert not list(disk.path("").rglob("weights"))
        disk.free()
        wait_for(lambda: client.predict([1.0]) == [9.5])
