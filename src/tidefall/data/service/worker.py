"""A worker: runs the tasks that the dispatcher gives it, and gives their elements to clients."""

from __future__ import annotations

import logging
import threading
from typing import Any

from tidefall.base.errors import NotFoundError, OpError
from tidefall.data.auto_shard import sharded
from tidefall.data.engine.node import Node
from tidefall.data.options import AutoShardPolicy
from tidefall.data.report.dataset_graph import node_of_graph
from tidefall.data.service.configs import ShardingPolicy, WorkerConfig
from tidefall.data.service.rpc import Listener, Message, Peer
from tidefall.data.service.snapshots import failure, write_part
from tidefall.data.service.splits import with_splits
from tidefall.data.service.tasks import CachedTask, Elements, FirstComeTask, RoundRobinTask, Task

log = logging.getLogger("tidefall")

_HEARTBEAT_SECONDS = 0.5
_PATIENCE = 3600.0

local_addresses: set[str] = set()
"""The workers of this process."""


class Worker:
    """Answers clients.

    Args:
        config: how it is set up.

    Raises:
        UnavailableError: the port is taken.
    """

    def __init__(self, config: WorkerConfig):
        self._heartbeat_seconds = config.heartbeat_interval_ms / 1000 or _HEARTBEAT_SECONDS
        self._patience = config.dispatcher_timeout_ms / 1000 or _PATIENCE
        self._lock = threading.Lock()
        self._tasks: dict[int, Task | OpError] = {}
        self._finished: set[int] = set()
        self._writing: set[tuple[str, int]] = set()
        self._written: list[list[Any]] = []
        self._failed: list[list[Any]] = []
        self._stopped = threading.Event()
        self._news = threading.Event()
        self._dispatcher = Peer(config.dispatcher_address)
        methods = {"GetElement": self._get_element, "ProcessTask": self._process_task}
        self._listener = Listener(config.port, methods)
        self.port = self._listener.port
        self.address = config.worker_address.replace("%port%", str(self.port))
        self._heart = threading.Thread(target=self._beat, daemon=True, name="tf.data worker")

    def start(self) -> None:
        """Begin to answer, and tell the dispatcher.

        Raises:
            UnavailableError: the dispatcher cannot be reached.
        """
        self._listener.start()
        local_addresses.add(self.address)
        try:
            self._heartbeat()
        except OpError:
            self.stop()
            raise
        self._heart.start()

    def stop(self) -> None:
        """End; what it was working on is lost."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        self._news.set()
        local_addresses.discard(self.address)
        self._listener.stop()
        self._dispatcher.close()

    def join(self) -> None:
        """Wait for the end."""
        self._stopped.wait()

    def task_count(self) -> int:
        """How many tasks it is working on."""
        with self._lock:
            return len(self._tasks)

    # ---- the dispatcher ----

    def _beat(self) -> None:
        while not self._stopped.is_set():
            self._news.wait(self._heartbeat_seconds)
            self._news.clear()
            if self._stopped.is_set():
                return
            try:
                self._heartbeat()
            except OpError as error:
                if not self._stopped.is_set():
                    log.warning("The heartbeat of worker %s failed: %s", self.address, error)

    def _heartbeat(self) -> None:
        with self._lock:
            finished, written, failed = list(self._finished), self._written, self._failed
            request = {
                "address": self.address,
                "tasks": list(self._tasks),
                "finished": finished,
                "writing": list(self._writing),
                "written": written,
                "failed": failed,
            }
        reply = self._dispatcher.insist("WorkerHeartbeat", self._patience, self._stopped, **request)
        with self._lock:
            self._written = self._written[len(written) :]
            self._failed = self._failed[len(failed) :]
            self._writing -= {(path, part) for path, part, _ in written}
            self._finished.difference_update(finished)
            for number in reply["dropped"]:
                self._tasks.pop(number, None)
            self._writing.update((part["path"], part["part"]) for part in reply["parts"])
        for task in reply["new"]:
            self._process_task({"task": task})
        for part in reply["parts"]:
            threading.Thread(target=self._write, args=(part,), daemon=True).start()

    def _process_task(self, request: Message) -> Message:
        described = request["task"]
        with self._lock:
            if described["task_id"] not in self._tasks:
                self._tasks[described["task_id"]] = self._made(described)
        return {}

    def _made(self, described: Message) -> Task | OpError:
        try:
            node = node_of_graph(described["graph"])
            cardinality = node.cardinality()
            elements = Elements(self._part(node, described), described["compression"])
            if described["consumers"] > 0:
                return RoundRobinTask(elements, described["consumers"], cardinality)
            return (CachedTask if described["is_cached"] else FirstComeTask)(elements)
        except OpError as error:
            return error  # those who ask for elements get it

    def _part(self, node: Node, described: Message) -> Node:
        """This worker's part of a pipeline."""
        policy = ShardingPolicy(described["policy"])
        if policy is ShardingPolicy.DYNAMIC:
            return with_splits(node, _Splits(described, self._dispatcher, self._patience).take)
        if policy.is_static:
            count, index = described["shards"]
            return sharded(node, count, index, AutoShardPolicy[_STATIC[policy]])
        return node

    # ---- clients ----

    def _get_element(self, request: Message) -> Message:
        number = request["task_id"]
        with self._lock:
            task = self._tasks.get(number)
        if task is None:
            raise NotFoundError(None, None, f"Task {number} not found at worker {self.address}.")
        if isinstance(task, OpError):
            raise task.restated(task.message)
        element = task.get(request)
        if element is not None:
            return {"element": list(element)}
        with self._lock:
            self._finished.add(number)
        self._news.set()
        return {"element": None}

    # ---- snapshots ----

    def _write(self, part: Message) -> None:
        try:
            count = write_part(part, self._stopped.is_set)
        except Exception as error:  # noqa: BLE001 - the dispatcher is told whatever it is
            with self._lock:
                self._failed.append(failure(part["path"], error))
        else:
            with self._lock:
                self._written.append([part["path"], part["part"], count])
        self._news.set()


_STATIC = {
    ShardingPolicy.FILE: "FILE",
    ShardingPolicy.DATA: "DATA",
    ShardingPolicy.FILE_OR_DATA: "AUTO",
    ShardingPolicy.HINT: "HINT",
}


class _Splits:
    """The pieces of sources that the dispatcher hands out to a task."""

    def __init__(self, described: Message, dispatcher: Peer, patience: float):
        self._identity = {k: described[k] for k in ("task_id", "iteration_id")}
        self._dispatcher = dispatcher
        self._patience = patience
        self._request = 0

    def take(self, source: int, repetition: int) -> int | None:
        """The next piece; None at the end."""
        self._request += 1
        return self._dispatcher.insist(
            "GetSplit",
            self._patience,
            source=source,
            repetition=repetition,
            request=self._request,
            **self._identity,
        )["split"]
