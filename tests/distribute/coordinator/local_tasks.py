"""Tasks of a cluster that are objects of this process, and can be killed, frozen and restarted."""

import threading
import time
import weakref

import tidefall as tf

SECONDS_TO_NOTICE = 0.15
"""How long asking a frozen task takes."""


class LocalTask:
    """A process that answers, until `kill` or `freeze`."""

    def __init__(self, name):
        self.name = name
        self._number = 1
        self._is_dead = False
        self._goes_on = threading.Event()
        self._goes_on.set()
        self.is_silent = False
        self.asked = 0

    def incarnation(self):
        self.asked += 1
        self.require()
        if self.is_silent:
            time.sleep(SECONDS_TO_NOTICE)
        if self.is_silent or not self._goes_on.wait(SECONDS_TO_NOTICE):
            raise self.unavailable("gives no sign of life")
        self.require()
        return self._number

    def kill(self):
        self._is_dead = True

    def restart(self):
        self._number += 1
        self._is_dead = False

    def freeze(self):
        self._goes_on.clear()

    def thaw(self):
        self._goes_on.set()

    def require(self):
        if self._is_dead:
            raise self.unavailable("failed to connect")

    def unavailable(self, what):
        return tf.errors.UnavailableError(None, None, f"{self.name}: {what}")


class LocalWorker(LocalTask):
    """Runs functions, each taking at least `seconds`."""

    def __init__(self, index, servers=(), seconds=0.0):
        super().__init__(f"/job:worker/replica:0/task:{index}")
        self.index = index
        self.seconds = seconds
        self.ran = 0
        self.began = threading.Event()
        self.is_deaf_while_running = False
        self._servers = servers
        self._iterators = weakref.WeakKeyDictionary()
        self.fails_with = []
        """Errors that the next runs raise."""

    def run(self, function, inputs):
        self.require()
        number = self._number
        if self.fails_with:
            raise self.fails_with.pop(0)
        for value in inputs:
            if isinstance(value, tf.Tensor) and value.dtype == tf.resource:
                self._require_own(value.storage)
        self.began.set()
        self.is_silent = self.is_deaf_while_running
        until = time.monotonic() + self.seconds
        while time.monotonic() < until or not self._goes_on.is_set():
            time.sleep(0.005)
            if self._is_dead or self._number != number:
                raise self.unavailable("Socket closed")
        for server in self._servers:
            server.incarnation()
        self.is_silent = False
        outputs = function.graph_function.call([value.storage for value in inputs])
        self.ran += 1
        return outputs

    def _require_own(self, resource):
        made_in = self._iterators.get(resource)
        if type(resource).__name__ == "IteratorResource" and made_in != self._number:
            raise tf.errors.NotFoundError(None, None, "Resource AnonymousIterator does not exist.")

    def iterator(self, dataset):
        self.require()
        iterator = iter(dataset)
        self._iterators[iterator._iterator_resource.storage] = self._number
        return iterator
