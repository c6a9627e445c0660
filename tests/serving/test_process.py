"""The server as a child process: ready when it says so, gone when its parent is."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tidefall.base import errors
from tidefall.serving import Client, ModelServer, ServerProcess


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    # A process nobody has waited for yet is dead all the same.
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.process
def test_it_answers_inside_the_block_and_is_gone_after(program, base_path):
    with ServerProcess("half", base_path, command=program) as server:
        pid = server.pid
        with Client(server.url, "half") as client:
            assert client.predict([1.0, 2.0]) == [2.5, 3.0]
    assert not is_running(pid)


@pytest.mark.process
def test_stopping_returns_the_exit_status(program, base_path):
    server = ServerProcess("half", base_path, command=program).start()
    assert server.stop() == 0
    assert server.stop() is None


@pytest.mark.process
def test_flags_are_passed_on(program, base_path):
    flags = {"rest_api_max_body_bytes": 100}
    with (
        ServerProcess("half", base_path, command=program, **flags) as server,
        Client(server.url, "half") as client,
        pytest.raises(errors.ResourceExhaustedError, match="request body exceeds 100 bytes"),
    ):
        client.predict([1.0] * 100)


@pytest.mark.process
@pytest.mark.parametrize(
    ("problem", "kind", "message"),
    [
        ("broken", errors.FailedPreconditionError, "cannot load 'half': version 2: END bad shard"),
        ("path", errors.FailedPreconditionError, "exit status 1: .*Could not find base path"),
        ("flag", errors.FailedPreconditionError, "exit status 2: .*unknown flag --colour"),
    ],
)
def test_a_server_that_does_not_come_up_says_why(
    program, tmp_path, numpy_server, problem, kind, message
):
    base, flags = tmp_path / "half", {}
    if problem != "path":
        base.mkdir()
    if problem == "broken":
        numpy_server.write_version(base, 2, broken="bad shard")
    if problem == "flag":
        flags["colour"] = "red"
    server = ServerProcess("half", base, command=program, **flags)
    with pytest.raises(kind, match=message):
        server.start()
    assert server.stop() is None


@pytest.mark.parametrize(
    ("is_copying", "message"),
    [
        (False, "not available after 1 s: the model has no versions"),
        (True, "not available after 1 s: version 3: START waiting for saved_model.pb"),
    ],
)
def test_a_model_that_does_not_come_up_is_not_waited_for_forever(
    tmp_path, numpy_server, is_copying, message
):
    if is_copying:
        (tmp_path / "3").mkdir()
    with ModelServer({"half": tmp_path}, load=numpy_server.load) as server:
        announce = f"print('Exporting HTTP/REST API at:localhost:{server.port} ...', flush=True)"
        command = (sys.executable, "-c", announce + "; import sys; sys.stdin.read()")
        process = ServerProcess("half", tmp_path, command=command, startup_timeout=1.0)
        with pytest.raises(errors.DeadlineExceededError, match=message):
            process.start()


PARENT = """
import signal, sys, time
from tidefall.serving import ServerProcess
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run in background
with ServerProcess("half", sys.argv[1], command=tuple(sys.argv[2:])) as server:
    print(server.pid, flush=True)
    time.sleep(60)
"""


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_never_outlives_its_parent(program, base_path, number, wait_for):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(base_path), *program],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        child = int(parent.stdout.readline())
        assert is_running(child)
        parent.send_signal(number)
        parent.wait(20)
        wait_for(lambda: not is_running(child))
    finally:
        parent.kill()
        parent.communicate()


@pytest.mark.process
def test_an_exception_in_the_block_stops_it(program, base_path):
    pids = []

    def use():
        with ServerProcess("half", base_path, command=program) as server:
            pids.append(server.pid)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        use()
    assert not is_running(pids[0])


@pytest.mark.process
def test_a_server_that_does_not_stop_is_killed(base_path, program, numpy_server):
    deaf = "import sys, time; print('Exporting HTTP/REST API at:localhost:1 ...', flush=True)"
    command = (sys.executable, "-c", deaf + "; time.sleep(60)")
    server = ServerProcess(
        "half", base_path, command=command, startup_timeout=1.0, stop_timeout=0.1
    )
    with pytest.raises(errors.UnavailableError):
        server.start()
    assert server.stop() is None
