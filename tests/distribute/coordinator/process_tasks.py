"""Tasks of a cluster that are processes of this machine: the least there can be to run functions.

    python -m tests.distribute.coordinator.process_tasks PORT

Functions travel as FunctionDefs, datasets as GraphDefs. Functions that use variables cannot be run.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from multiprocessing.connection import Client, Listener
from pathlib import Path

import numpy as np

import tidefall as tf
from tidefall.data.dataset import new_dataset
from tidefall.data.report.dataset_graph import node_of_graph
from tidefall.data.report.dataset_to_graph import graph_of_node
from tidefall.graph.codec.function_library import FunctionLibrary
from tidefall.graph.codec.graph_def import Library
from tidefall.proto import FunctionDef
from tidefall.runtime.graph_function import GraphFunction
from tidefall.tensor.tensor import TypedTensor

REPO = Path(__file__).resolve().parents[3]
SECONDS_TO_NOTICE = 0.5


class ProcessWorker:
    """A worker that is a process; see `WorkerTask`."""

    def __init__(self, index, port):
        self.name = f"/job:worker/replica:0/task:{index}"
        self._port = port
        self._connections = threading.local()
        self._functions = weakref.WeakKeyDictionary()
        self._process = None
        self.start()

    # ---- what tests do to it ----

    def start(self):
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(self._port)],
            cwd=REPO,
            stdout=subprocess.PIPE,
        )

    def wait(self):
        assert self._process.stdout.readline() == b"ready\n"

    def signal(self, number):
        os.kill(self._process.pid, number)

    def kill(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    # ---- what the coordinator asks of it ----

    def incarnation(self):
        with self._reachable(), Client(("127.0.0.1", self._port)) as connection:
            connection.send(("incarnation",))
            if not connection.poll(SECONDS_TO_NOTICE):
                raise TimeoutError("no sign of life")
            return connection.recv()

    def run(self, function, inputs):
        definition = self._functions.get(function)
        if definition is None:
            library = Library()
            name = library.name_of(function.graph_function)
            definition = name, [f.SerializeToString() for f in library.functions()]
            self._functions[function] = definition
        return self._ask("run", *definition, [tensor.storage for tensor in inputs])

    def iterator(self, dataset):
        handle = self._ask("iterator", graph_of_node(dataset._node), dataset.element_spec)
        return new_iterator(TypedTensor(handle, tf.resource), dataset.element_spec)

    def _ask(self, *question):
        with self._reachable():
            connection = getattr(self._connections, "own", None)
            if connection is None:
                connection = self._connections.own = Client(("127.0.0.1", self._port))
            try:
                connection.send(question)
                answer = connection.recv()
            except (OSError, EOFError):
                self._connections.own = None
                raise
        if isinstance(answer, Exception):
            raise answer
        return answer

    @contextlib.contextmanager
    def _reachable(self):
        try:
            yield
        except (OSError, EOFError) as error:
            raise tf.errors.UnavailableError(None, None, f"{self.name}: {error!r}") from error


def new_iterator(handle, spec):
    return tf.data.IteratorSpec(spec)._from_components((handle,))


# ---- the process ----


class Handle(int):
    """The number of an iterator of one incarnation."""

    per_call = True


class Server:
    """Answers `ProcessWorker`."""

    def __init__(self, port):
        self._number = int.from_bytes(os.urandom(6), "big")
        self._iterators = {}
        self._functions = {}
        self._listener = Listener(("127.0.0.1", port))

    def serve(self):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            connection = self._listener.accept()
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        while True:
            try:
                question, *arguments = connection.recv()
            except EOFError:
                return
            try:
                answer = getattr(self, question)(*arguments)
            except tf.errors.OpError as error:  # it is raised where the question came from
                answer = type(error)(None, None, error.message)
            except Exception as error:  # noqa: BLE001
                answer = tf.errors.InternalError(None, None, repr(error))
            connection.send(answer)

    def incarnation(self):
        return self._number

    def iterator(self, graph, spec):
        dataset = new_dataset(TypedTensor(node_of_graph(graph), tf.variant), spec)
        handle = self._number + len(self._iterators)
        self._iterators[handle] = iter(dataset)._iterator_resource.storage
        return Handle(handle)

    def run(self, name, definitions, inputs):
        function = self._functions.get(name)
        if function is None:
            protos = [FunctionDef.FromString(data) for data in definitions]
            function = FunctionLibrary(protos, GraphFunction).function(name)
            self._functions[name] = function
        values = [self._own(value) for value in inputs]
        return [np.asarray(value) for value in function.call(values)]

    def _own(self, value):
        if not isinstance(value, Handle):
            return value
        if value not in self._iterators:
            raise tf.errors.NotFoundError(None, None, f"Iterator {int(value)} does not exist.")
        return self._iterators[value]


def end_with(parent):
    """End this process when the one that started it is gone."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    # Pickles name classes by this module's own name.
    from tests.distribute.coordinator import process_tasks

    threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    process_tasks.Server(int(sys.argv[1])).serve()
