"""What befalls the directories and the process of a server, and what is left of it afterwards."""

import os
import shutil
import signal
import threading
from pathlib import Path

import pytest

from tidefall.serving import Client, LoadSettings, ModelServer, ServerProcess

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")


@pytest.fixture
def server(base_path, numpy_server):
    """A server that looks often, and waits for nothing."""
    settings = LoadSettings(settle_seconds=0.0, retry_seconds=0.0, retries=2)
    with ModelServer(
        {"half": base_path},
        file_system_poll_wait_seconds=0.01,
        loading=settings,
        load=numpy_server.load,
    ) as server:
        yield server.wait_until_available(10)


@pytest.fixture
def client(server):
    with Client(server.url, "half") as client:
        yield client


def status_of(client, version) -> dict:
    found = {status["version"]: status for status in client.status()}
    return found.get(str(version), {"state": "", "status": {"error_message": ""}})


def test_a_deleted_model_goes_on_being_served_and_may_come_back(
    client, base_path, numpy_server, wait_for
):
    shutil.rmtree(base_path)
    for _ in range(20):
        assert client.predict([2.0]) == [3.0]
    numpy_server.write_version(base_path, 2, add=5.0)
    wait_for(lambda: client.predict([2.0]) == [6.0])


def test_a_damaged_version_is_reported_and_mended_later(client, base_path, numpy_server, wait_for):
    folder = numpy_server.write_version(base_path, 2, add=5.0)
    wait_for(lambda: client.predict([2.0]) == [6.0])
    bad = numpy_server.write_version(base_path, 3)
    (bad / "model.json").write_text('{"add": ')
    wait_for(lambda: status_of(client, 3)["state"] == "END")
    assert "JSONDecodeError" in status_of(client, 3)["status"]["error_message"]
    assert client.predict([2.0]) == [6.0]
    assert folder.exists()
    numpy_server.write_version(base_path, 3, add=9.0)
    wait_for(lambda: client.predict([2.0]) == [10.0])


def test_a_copy_that_stops_half_way_is_named_and_taken_when_it_goes_on(
    client, base_path, numpy_server, wait_for
):
    made = numpy_server.write_version(base_path.parent / "made", 2, add=5.0)
    half = base_path / "2"
    half.mkdir()
    shutil.copy(made / "model.json", half)
    wait_for(lambda: "waiting for" in status_of(client, 2)["status"]["error_message"])
    assert client.predict([2.0]) == [3.0]
    shutil.copy(made / "saved_model.pb", half)
    wait_for(lambda: client.predict([2.0]) == [6.0])


def test_a_version_that_is_swapped_by_a_link_is_loaded_whole(
    client, base_path, numpy_server, wait_for
):
    for number in (2, 3):
        made = numpy_server.write_version(base_path.parent / "made", number, add=float(number))
        link = base_path.parent / "link"
        link.symlink_to(made)
        link.rename(base_path / str(number))
        wait_for(lambda: client.predict([2.0]) == [number + 1.0])  # noqa: B023 - used at once


def test_changes_of_many_kinds_leave_no_threads_and_no_files_behind(
    base_path, numpy_server, wait_for
):
    threads, files = set(threading.enumerate()), len(os.listdir("/proc/self/fd"))
    with (
        ModelServer(
            {"half": base_path}, file_system_poll_wait_seconds=0.005, load=numpy_server.load
        ) as server,
        Client(server.url, "half") as client,
    ):
        server.wait_until_available(10)
        for version in range(2, 12):
            broken = {"broken": "no"} if version % 3 == 0 else {"add": float(version)}
            numpy_server.write_version(base_path, version, **broken)
            wanted = "END" if version % 3 == 0 else "AVAILABLE"
            wait_for(lambda: status_of(client, version)["state"] == wanted)  # noqa: B023
            shutil.rmtree(base_path / str(version - 1))
    wait_for(lambda: set(threading.enumerate()) <= threads)
    assert len(os.listdir("/proc/self/fd")) <= files


@pytest.mark.process
def test_a_killed_server_starts_again_on_what_is_there(program, base_path, numpy_server):
    server = ServerProcess("half", base_path, command=program).start()
    os.kill(server.pid, signal.SIGKILL)
    server.stop()
    numpy_server.write_version(base_path, 2, broken="cut short when the machine went down")
    with (
        ServerProcess("half", base_path, command=program) as again,
        Client(again.url, "half") as client,
    ):
        assert client.predict([2.0]) == [3.0]
        assert "cut short" in status_of(client, 2)["status"]["error_message"]


def test_a_base_path_that_cannot_be_read_for_a_while_does_no_harm(
    client, base_path, numpy_server, wait_for
):
    away = base_path.rename(base_path.parent / "away")
    base_path.write_text("a file where the folder was")
    for _ in range(20):
        assert client.predict([2.0]) == [3.0]
    base_path.unlink()
    away.rename(base_path)
    numpy_server.write_version(base_path, 2, add=5.0)
    wait_for(lambda: client.predict([2.0]) == [6.0])
