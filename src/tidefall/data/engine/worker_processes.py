"""Functions of datasets in processes of their own, for Python code that threads would not speed up.

A worker gets the user's function once, pickled by value where its module cannot be imported, traces
it as this process did, and then answers elements with results. A thread of this process waits for
each worker, so that order, errors and saved positions are those of a parallel map over threads.
"""

from __future__ import annotations

import os
import pickle
import queue
import socket
import subprocess
import sys
import weakref
from typing import Any

from tidefall.base import dtypes
from tidefall.base.errors import AbortedError, UnimplementedError, exception_type_from_error_code
from tidefall.base.exports import export
from tidefall.data.engine.elements import Element
from tidefall.data.engine.functions import Runner, StructuredFunction
from tidefall.data.engine.worker_main import receive, send
from tidefall.data.state.saved_iterator import state_outside
from tidefall.graph.analysis import random_sites
from tidefall.op.traits import PYTHON


@export("data.experimental.WorkerProcesses")
class WorkerProcesses:
    """Asks `Dataset.map` for processes instead of threads: `num_parallel_calls=WorkerProcesses(4)`.

    For functions that spend their time in Python, such as tokenizers in a `tf.py_function`: threads
    of one process run Python by turns. Each element travels to a process and its result back, which
    takes about 0.2 ms and 1 ms for every MB, and a process takes about a second to start; so it
    pays from about half a millisecond of Python per element. Workers start with the first
    iteration, stay for the next ones, and end with the dataset or the program.

    The function is sent with cloudpickle (`pip install tidefall[workers]`), together with the
    values it uses from outside, as they are when the first element is asked for. It must not use
    variables, tables or random ops with state: every process would have its own. What it changes
    in Python stays in its process.

    This is not part of TensorFlow's API.

    Args:
        count: the number of processes; by default, of processors.

    Raises:
        ValueError: `count` is not positive.

    ```python
    workers = tf.data.experimental.WorkerProcesses(4)
    dataset = lines.map(lambda x: tf.py_function(tokenize, [x], tf.int64), workers)
    ```
    """

    def __init__(self, count: int | None = None):
        self.count = (os.cpu_count() or 1) if count is None else int(count)
        if self.count <= 0:
            raise ValueError(f"WorkerProcesses needs at least one process. Received: {count}")

    def __repr__(self) -> str:
        return f"WorkerProcesses({self.count})"


class _RemoteError(Exception):
    """Stands in tracebacks for the one in the other process."""

    def __str__(self) -> str:
        return f'\n"""\n{self.args[0]}"""'


_PROGRAM = "from tidefall.data.engine.worker_main import main; main()"


class _Worker:
    """A process, and the connection to it."""

    def __init__(self, setup: dict[str, Any]):
        self._setup: dict[str, Any] | None = setup
        self._connection, theirs = socket.socketpair()
        life, ours = os.pipe()
        self._life: int | None = ours
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, str(theirs.fileno()), str(life)],
                pass_fds=(theirs.fileno(), life),
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
                process_group=0,  # Ctrl-C is for this program
            )
        finally:
            theirs.close()
            os.close(life)

    def ask(self, message: Any) -> Any:
        """The answer to a message.

        Raises:
            EOFError, OSError: the process died.
        """
        if self._setup is not None:
            send(self._connection, self._setup)
            self._setup = None
            made, error = receive(self._connection)
            if not made:
                return made, error
        send(self._connection, message)
        return receive(self._connection)

    def end(self) -> int | None:
        """End the process; returns how it ended if it had died by itself."""
        if self._life is None:
            return None
        os.close(self._life)
        self._life = None
        self._process.kill()
        code = self._process.wait()
        self._connection.close()
        return code

    def death(self) -> str:
        """How a process that answers no more has ended."""
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            code = None
        self.end()
        if code is None:
            return "closed its connection"
        return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"


class WorkerPool:
    """Processes that run a function, started when they are needed.

    Args:
        given: the function, which says how many processes there are at most.

    Raises:
        UnimplementedError: the function cannot be run in another process.
    """

    def __init__(self, given: StructuredFunction):
        self._given = given
        self._setup: dict[str, Any] | None = None
        self._workers: list[_Worker] = []
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        for _ in range(given.workers.count):
            self._idle.put(None)
        weakref.finalize(self, _end, self._workers)

    def __call__(self, values: Element, number: int) -> list[Any]:
        """The function's result for an element.

        Raises:
            OpError: it failed.
            AbortedError: the process died.
        """
        worker = self._idle.get()
        try:
            if worker is None:
                worker = self._start()
            try:
                done, answer = worker.ask((list(values), number))
            except (EOFError, OSError):
                if worker in self._workers:
                    self._workers.remove(worker)
                how, worker = worker.death(), None
                raise AbortedError(
                    None,
                    None,
                    f"A worker process {how} while it worked on element {number}.\n\t in "
                    f"{self._given.label}",
                ) from None
        finally:
            self._idle.put(worker)
        if done:
            return answer
        code, message, remote = answer
        raise exception_type_from_error_code(code)(None, None, message) from _RemoteError(remote)

    def _start(self) -> _Worker:
        if self._setup is None:
            self._setup = _setup(self._given)
        worker = _Worker(self._setup)
        self._workers.append(worker)
        return worker

    def close(self) -> None:
        """End all processes."""
        _end(self._workers)


def pool_of(function: Runner) -> WorkerPool | None:
    """The processes a function was given to; None if it runs in this one."""
    given = function.given
    return None if given is None or given.workers is None else WorkerPool(given)


def _end(workers: list[_Worker]) -> None:
    while workers:
        workers.pop().end()


def _setup(given: StructuredFunction) -> dict[str, Any]:
    """What a worker is told when it starts."""
    pickled = _pickled((given.python_function, given.transformation, given.arguments.spec), given)
    return {"function": pickled, "path": list(sys.path), "label": given.label}


def _pickled(value: Any, given: StructuredFunction) -> bytes:
    try:
        import cloudpickle
    except ModuleNotFoundError:
        raise UnimplementedError(
            None,
            None,
            "Worker processes need the package cloudpickle, which sends functions to them: pip "
            "install tidefall[workers].",
        ) from None
    try:
        return cloudpickle.dumps(value, 5)
    except (TypeError, ValueError, AttributeError, pickle.PicklingError) as error:
        raise UnimplementedError(
            None,
            None,
            f"{given.label} cannot be sent to a worker process, because of something it uses: "
            f"{error}",
        ) from error


def check_movable(given: StructuredFunction) -> None:
    """Make sure that a function is the same in another process.

    Raises:
        ValueError: it has state.
    """
    graph = given.function.graph
    kept = [op.name for op in state_outside(graph) if PYTHON not in op.traits]
    kept += [site[-1].type for site in random_sites(graph)]
    kept += ["a resource" for tensor in given.captured if tensor.dtype == dtypes.resource]
    if kept:
        raise ValueError(
            f"{given.label} cannot run in worker processes: it uses {kept[0]}, whose state every "
            "process would have for itself. Use stateless random ops, constants, and "
            "`tf.py_function`, or threads: num_parallel_calls=tf.data.AUTOTUNE."
        )
