"""Processes that run trials, on this machine or on those of a Ray cluster.

A worker gets the objective once, pickled by value where its module cannot be imported. Then it gets
trials, asks for whatever a trial's methods need, and answers with outcomes; `worker_main.py` is its
program.
"""

# Ray is an extra.
# pyright: reportMissingImports=false
from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe
from typing import Any, Protocol

from tidefall.base import errors
from tidefall.lifecycle.tune.space import invalid
from tidefall.lifecycle.tune.study import TrialHost
from tidefall.lifecycle.tune.trial import Outcome, run_objective
from tidefall.lifecycle.tune.worker_main import work

PLACES = ("processes", "ray")


class Worker(Protocol):
    """What runs trials, one at a time."""

    def run(self, host: TrialHost) -> Outcome:
        """Return how the objective does in a trial."""
        ...

    def close(self) -> None:
        """End it, once its trial has ended."""
        ...

    def kill(self) -> None:
        """End it and its trial; another thread may be waiting for that."""
        ...


class HereWorker:
    """Runs trials in this process."""

    def __init__(self, objective: Callable[[Any], Any]):
        self._objective = objective

    def run(self, host: TrialHost) -> Outcome:
        return run_objective(self._objective, host.start, host.answer)

    def close(self) -> None:
        pass

    def kill(self) -> None:
        pass  # Whoever could call is what runs the trial.


def _converse(
    host: TrialHost, send: Callable[[Any], None], receive: Callable[[], Any], why: Callable[[], str]
) -> Outcome:
    """Give a trial to a worker and answer it until it has ended."""
    try:
        send(host.start)
        while True:
            kind, *said = receive()
            if kind == "end":
                return said[0]
            try:
                send(("value", host.answer(*said)))
            except Exception as error:  # noqa: BLE001 - the objective's to see
                send(("error", error))
    except (EOFError, OSError):
        return Outcome("FAIL", error=f"trial {host.start.number}: {why()}")


class ProcessWorker:
    """A process of this machine. One that dies fails its trial, and another takes its place.

    Args:
        payload: the objective, pickled.
    """

    def __init__(self, payload: bytes):
        self._payload = payload
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None

    def _start(self) -> Connection:
        ours, theirs = Pipe()
        # The memory of a GPU is shared among the workers.
        environment = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false", **os.environ}
        program = [sys.executable, *_program(), str(theirs.fileno())]
        with theirs:
            self._process = subprocess.Popen(
                program, pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL, env=environment,
                start_new_session=True,  # Ctrl-C is for the process that searches.
            )  # fmt: skip
        self._connection = ours
        with contextlib.suppress(OSError):  # Where it has died already, the trial will tell.
            ours.send((os.getpid(), sys.path, self._payload))
        return ours

    def run(self, host: TrialHost) -> Outcome:
        connection = self._connection or self._start()
        outcome = _converse(host, connection.send, connection.recv, self._why)
        if self._process is not None and self._process.poll() is not None:
            self.close()
        return outcome

    def _why(self) -> str:
        assert self._process is not None
        try:
            status = self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:  # The objective closed the connection.
            self._process.kill()
            status = self._process.wait()
        return f"its process ended, status {status}"

    def close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.send(None)
            self._connection.close()
            self._connection = None
        if self._process is not None:
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def kill(self) -> None:
        process = self._process
        if process is not None:
            process.kill()


def _program() -> list[str]:
    """`worker_main` as a program, with `import tensorflow` answered as it is in this process."""
    name = "tidefall.lifecycle.tune.worker_main"
    alias = sys.modules.get("tidefall.compat.tensorflow")
    if alias is not None and alias.enabled():
        return ["-m", "tidefall.compat.tensorflow", "-m", name]
    return ["-m", name]


class RayWorker:
    """A task of a Ray cluster, with queues to it and from it. A lost one is replaced.

    Args:
        objective: the objective, as an object of the cluster.
    """

    def __init__(self, objective: Any):
        import ray
        from ray.util.queue import Queue

        self._ray: Any = ray
        self._work = ray.remote(num_cpus=1, max_retries=0)(_ray_work)
        self._objective, self._new_queue = objective, Queue
        self._task: Any = None
        self._to: Any = None
        self._from: Any = None

    def run(self, host: TrialHost) -> Outcome:
        if self._task is None:
            self._to, self._from = self._new_queue(), self._new_queue()
            self._task = self._work.remote(self._objective, self._to, self._from)
        outcome = _converse(host, self._to.put, self._receive, lambda: "its task on Ray was lost")
        if self._has_ended():
            self.close()
        return outcome

    def _has_ended(self, timeout: float = 0) -> bool:
        return bool(self._ray.wait([self._task], timeout=timeout)[0])

    def _receive(self) -> Any:
        from ray.util.queue import Empty

        while True:
            try:
                return self._from.get(timeout=1.0)
            except Empty:
                if self._has_ended():
                    raise EOFError from None

    def close(self) -> None:
        if self._task is None:
            return
        self._to.put(None)
        self._has_ended(timeout=10)
        for queue in (self._to, self._from):
            queue.shutdown(force=True)
        self._task = None

    def kill(self) -> None:
        if self._task is not None:
            self._ray.cancel(self._task, force=True)


def _ray_work(objective: Any, requests: Any, answers: Any) -> None:
    work(objective, answers.put, requests.get)


@contextlib.contextmanager
def worker_factory(objective: Any, count: int, on: str) -> Any:
    """Yield a function that makes a worker.

    Args:
        objective: what is run.
        count: how many there are to be.
        on: "processes" or "ray".

    Raises:
        InvalidArgumentError: another place, no workers, or an objective that cannot be sent.
        ImportError: cloudpickle or Ray is not installed.
    """
    if on not in PLACES or count < 1:
        raise invalid(f"workers={count!r}, on={on!r}: at least one, and one of {PLACES}, expected")
    if on == "ray":
        with _ray_cluster() as ray:
            stored = ray.put(_checked(objective))
            yield lambda: RayWorker(stored)
    elif count == 1:
        yield lambda: HereWorker(objective)
    else:
        payload = _checked(objective)
        yield lambda: ProcessWorker(payload)


def _checked(objective: Any) -> bytes:
    try:
        import cloudpickle
    except ImportError as error:
        message = "trials in other processes need cloudpickle: `pip install tidefall[workers]`"
        raise ImportError(message) from error
    try:
        return cloudpickle.dumps(objective)
    except Exception as error:  # what the user's objects raise
        raise invalid(
            f"the objective cannot be sent to another process: {type(error).__name__}: {error}. "
            "Let it make its data and models itself; `fit` may be a function of the trial"
        ) from error


@contextlib.contextmanager
def _ray_cluster() -> Any:
    try:
        import ray
    except ImportError as error:
        message = "trials on Ray need it: `pip install tidefall[ray]`"
        raise errors.FailedPreconditionError(None, None, message) from error
    started = not ray.is_initialized()
    if started:
        ray.init(log_to_driver=False, logging_level="error")
    try:
        yield ray
    finally:
        if started:
            ray.shutdown()
