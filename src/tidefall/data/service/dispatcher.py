"""The dispatcher: gives tasks to workers, pieces of sources to tasks, and tasks to clients."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

from tidefall.base.errors import InvalidArgumentError, NotFoundError
from tidefall.data.engine.node import INFINITE
from tidefall.data.report.dataset_graph import node_of_graph
from tidefall.data.service import snapshots, splits
from tidefall.data.service.configs import DispatcherConfig, ShardingPolicy
from tidefall.data.service.jobs import Iteration, Jobs, Registered, Task
from tidefall.data.service.journal import Journal
from tidefall.data.service.rpc import Call, Listener, Message, Peer

_CHECK_SECONDS = 1.0
_JOB_GC_SECONDS = 300.0
_WORKER_SECONDS = 4.0
_CLIENT_SECONDS = 60.0
_TELL_SECONDS = 5.0


class Dispatcher:
    """Answers workers and clients.

    Args:
        config: how it is set up.

    Raises:
        UnavailableError: the port is taken.
    """

    def __init__(self, config: DispatcherConfig):
        self._config = config
        self._lock = threading.RLock()
        self._jobs = Jobs()
        self._sizes: dict[str, list[int]] = {}
        self._peers: dict[str, Peer] = {}
        self._calls: deque[Call] = deque(maxlen=256)  # a call that nobody holds is cancelled
        self._stopped = threading.Event()
        self._journal: Journal | None = None
        if config.fault_tolerant_mode:
            assert config.work_dir is not None
            self._journal = Journal(os.path.join(config.work_dir, "tf_data_dispatcher_journal"))
            try:
                for change in self._journal.read():
                    self._jobs.apply(change)
            except BaseException:
                self._journal.close()
                raise
        now = time.monotonic()
        # Whoever was there before has some time to come again.
        self._seen = dict.fromkeys([*self._jobs.workers, *self._jobs.of_client], now)
        self._unused: dict[int, float] = {}
        self._listener = Listener(
            config.port,
            {
                "RegisterDataset": self._register_dataset,
                "GetDataset": self._get_dataset,
                "GetIteration": self._get_iteration,
                "ClientHeartbeat": self._client_heartbeat,
                "ReleaseClient": self._release_client,
                "WorkerHeartbeat": self._worker_heartbeat,
                "GetSplit": self._get_split,
                "SaveDataset": self._save_dataset,
            },
        )
        self.port = self._listener.port
        self._checker = threading.Thread(target=self._check, daemon=True, name="tf.data dispatcher")

    def start(self) -> None:
        """Begin to answer."""
        self._listener.start()
        self._checker.start()

    def stop(self) -> None:
        """End."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        self._listener.stop()
        for peer in self._peers.values():
            peer.close()
        if self._journal is not None:
            self._journal.close()

    def join(self) -> None:
        """Wait for the end."""
        self._stopped.wait()

    def worker_count(self) -> int:
        """How many workers are there."""
        with self._lock:
            return sum(map(self._is_alive, self._jobs.workers))

    def _change(self, kind: str, **fields: Any) -> None:
        change = {"kind": kind, **fields}
        if self._journal is not None:
            self._journal.write(change)
        self._jobs.apply(change)

    # ---- datasets ----

    def _register_dataset(self, request: Message) -> Message:
        with self._lock:
            number = self._jobs.new_id()
            name = request["dataset_id"] or str(number)
            known = self._jobs.datasets.get(name)
            if known is None:
                fields = {k: request[k] for k in ("graph", "spec", "compression")}
                cardinality = node_of_graph(request["graph"]).cardinality()
                fields |= {"dataset_id": name, "cardinality": cardinality}
                self._change("dataset", number=number, **fields)
            elif known.spec != request["spec"]:
                raise InvalidArgumentError(
                    None,
                    None,
                    "Failed to register dataset: Datasets with the same ID should have the same "
                    f"structure, got diff for dataset ID {name} with different element_spec. To "
                    "fix this error, make sure you're registering the same dataset with the same "
                    "ID.",
                )
            return {"dataset_id": name}

    def _dataset(self, dataset_id: str) -> Registered:
        found = self._jobs.datasets.get(dataset_id)
        if found is None:
            raise NotFoundError(
                None,
                None,
                f"Dataset id {dataset_id} not found. It must be registered with "
                "`register_dataset` before calling `from_dataset_id`.",
            )
        return found

    def _get_dataset(self, request: Message) -> Message:
        with self._lock:
            found = self._dataset(request["dataset_id"])
            return {"spec": found.spec, "compression": found.compression}

    # ---- clients ----

    def _get_iteration(self, request: Message) -> Message:
        with self._lock:
            client, wanted = request["client_id"], request["iteration"]
            if client in self._jobs.of_client:  # the answer was lost
                return {}
            iteration = self._jobs.named.get((wanted["name"], wanted["repetition"]))
            self._check_job(wanted)
            if iteration is None:
                iteration = self._begin(wanted)
            self._seen[client] = time.monotonic()
            self._change("client", client_id=client, iteration_id=iteration.iteration_id)
            return {}

    def _check_job(self, wanted: Message) -> None:
        """InvalidArgumentError where a job of the same name is another one."""
        for (name, _), known in self._jobs.named.items():
            if name != wanted["name"]:
                continue
            policies = known.policy, ShardingPolicy(wanted["policy"])
            pairs = {
                "processing mode": (policies[0].name, policies[1].name),
                "number of consumers": (known.consumers, wanted["consumers"]),
                "target workers": (known.target, wanted["target"]),
                "cross-trainer cache": (known.is_cached, wanted["is_cached"]),
            }
            different = [
                f"Existing {what}: <{old}>; got <{new}>."
                for what, (old, new) in pairs.items()
                if old != new
            ]
            if different:
                raise InvalidArgumentError(
                    None,
                    None,
                    f"Tried to create job with name {name}, but found an existing job with "
                    f"different parameters: {' '.join(different)}",
                )
            return

    def _begin(self, wanted: Message) -> Iteration:
        dataset = self._dataset(wanted["dataset_id"])
        if wanted["is_cached"] and dataset.cardinality != INFINITE:
            raise InvalidArgumentError(
                None,
                None,
                "Cross-trainer caching requires the input dataset to be infinite. Got input with "
                f"cardinality {dataset.cardinality}",
            )
        policy = ShardingPolicy(wanted["policy"])
        if policy is ShardingPolicy.DYNAMIC:
            self._sizes_of(dataset.dataset_id)
        workers = [worker for worker in self._jobs.workers if self._is_alive(worker)]
        if policy.is_static:
            for worker in workers:
                self._place(worker)
        number = self._jobs.new_id()
        self._change("iteration", iteration_id=number, **wanted)
        iteration = self._jobs.iterations[number]
        for worker in workers:
            self._give(iteration, worker)
        return iteration

    def _client_heartbeat(self, request: Message) -> Message:
        with self._lock:
            client = request["client_id"]
            iteration = self._jobs.of_client.get(client)
            if iteration is None:
                raise NotFoundError(None, None, f"Unknown iteration client id {client}.")
            self._seen[client] = time.monotonic()
            self._finish_if_done(iteration)
            tasks = [[t.task_id, t.worker] for t in self._live_tasks(iteration)]
            return {"is_finished": iteration.is_finished, "tasks": tasks}

    def _release_client(self, request: Message) -> Message:
        with self._lock:
            self._release(request["client_id"], request["is_last"])
            return {}

    def _release(self, client: str, is_last: bool) -> None:
        iteration = self._jobs.of_client.get(client)
        if iteration is None:
            return
        self._change("released", client_id=client)
        self._seen.pop(client, None)
        if is_last and not iteration.clients and not iteration.is_finished:
            self._change("iteration_finished", iteration_id=iteration.iteration_id)

    def _live_tasks(self, iteration: Iteration) -> list[Task]:
        return [task for task in iteration.tasks.values() if self._is_alive(task.worker)]

    def _finish_if_done(self, iteration: Iteration) -> None:
        """An iteration ends when all workers that are there have given what they had."""
        tasks = self._live_tasks(iteration)
        if tasks and not iteration.is_finished and all(task.is_finished for task in tasks):
            self._change("iteration_finished", iteration_id=iteration.iteration_id)

    # ---- workers ----

    def _is_alive(self, worker: str) -> bool:
        limit = (self._config.worker_timeout_ms or 0) / 1000 or _WORKER_SECONDS
        return time.monotonic() - self._seen.get(worker, -limit) < limit

    def _place(self, worker: str) -> tuple[int, int]:
        """How many parts a static policy makes, and which one is a worker's."""
        listed = list(self._config.worker_addresses or ())
        host, _, _ = worker.rpartition(":")
        for names in ([worker], [f"{host}:%port%", host]):
            places = [i for i, name in enumerate(listed) if name in names]
            if places:
                # Workers of one host that may have any port take the places as they come.
                alike = [w for w in self._jobs.workers if w not in listed and _host(w) == host]
                place = places[alike.index(worker) % len(places)] if worker in alike else places[0]
                return len(listed), place
        raise NotFoundError(
            None,
            None,
            f"Failed to shard dataset in tf.data service: Worker {worker} is not in the workers "
            f"list. Got workers list {','.join(listed)}.",
        )

    def _give(self, iteration: Iteration, worker: str) -> None:
        """Give a worker its part of an iteration."""
        number = self._jobs.new_id()
        self._change("task", iteration_id=iteration.iteration_id, task_id=number, worker=worker)
        if worker not in self._peers:
            self._peers[worker] = Peer(worker)
        # If this does not arrive, the answer to the next heartbeat says the same.
        task = self._described(iteration, iteration.tasks[number])
        self._calls.append(self._peers[worker].begin("ProcessTask", _TELL_SECONDS, task=task))

    def _described(self, iteration: Iteration, task: Task) -> Message:
        dataset = self._jobs.datasets[iteration.dataset_id]
        is_static = iteration.policy.is_static
        count, index = self._place(task.worker) if is_static else (1, 0)
        return {
            "task_id": task.task_id,
            "iteration_id": iteration.iteration_id,
            "graph": dataset.graph,
            "compression": dataset.compression,
            "policy": int(iteration.policy),
            "shards": [count, index],
            "consumers": iteration.consumers,
            "is_cached": iteration.is_cached,
        }

    def _worker_heartbeat(self, request: Message) -> Message:
        worker = request["address"]
        with self._lock:
            self._seen[worker] = time.monotonic()
            if worker not in self._jobs.workers:
                self._change("worker", address=worker)
            tasks = dict(self._tasks_of(worker))
            for number in request["finished"]:
                iteration = tasks.get(number)
                if iteration is not None and not iteration.tasks[number].is_finished:
                    identity = {"iteration_id": iteration.iteration_id, "task_id": number}
                    self._change("task_finished", **identity)
            self._join_iterations(worker)
            tasks = dict(self._tasks_of(worker))
            running = set(request["tasks"])
            new = [
                self._described(iteration, iteration.tasks[number])
                for number, iteration in tasks.items()
                if number not in running and not iteration.tasks[number].is_finished
            ]
            parts = snapshots.parts_for(self._jobs, worker, self._is_alive, request, self._change)
            dropped = [number for number in running if number not in tasks]
            return {"new": new, "dropped": dropped, "parts": parts}

    def _tasks_of(self, worker: str) -> Iterator[tuple[int, Iteration]]:
        """The tasks that a worker should have."""
        for iteration in self._jobs.iterations.values():
            if not iteration.is_finished:
                for task in iteration.tasks.values():
                    if task.worker == worker:
                        yield task.task_id, iteration

    def _join_iterations(self, worker: str) -> None:
        """Give a worker a part of what is under way; consumers in turns keep those they have."""
        for iteration in self._jobs.iterations.values():
            has_part = any(task.worker == worker for task in iteration.tasks.values())
            is_closed = iteration.consumers > 0 and iteration.tasks
            if not (has_part or is_closed or iteration.is_finished):
                self._give(iteration, worker)

    # ---- splits ----

    def _sizes_of(self, dataset_id: str) -> list[int]:
        if dataset_id not in self._sizes:
            graph = self._jobs.datasets[dataset_id].graph
            self._sizes[dataset_id] = splits.sizes(node_of_graph(graph))
        return self._sizes[dataset_id]

    def _get_split(self, request: Message) -> Message:
        number, source, task = request["iteration_id"], request["source"], request["task_id"]
        with self._lock:
            iteration = self._jobs.iterations.get(number)
            if iteration is None:
                raise NotFoundError(None, None, f"Iteration id {number} not found.")
            before = iteration.answers.get((task, source))
            if before is not None and before[0] == request["request"]:
                return {"split": before[1]}
            repetition, position = iteration.splits.get(source, (0, 0))
            answer = None
            if request["repetition"] > repetition:
                repetition, position = request["repetition"], 0
            is_there = position < self._sizes_of(iteration.dataset_id)[source]
            if request["repetition"] == repetition and is_there and not iteration.is_finished:
                answer, position = position, position + 1
            self._change(
                "split",
                iteration_id=number,
                task_id=task,
                source=source,
                request=request["request"],
                answer=answer,
                at=[repetition, position],
            )
            return {"split": answer}

    # ---- snapshots ----

    def _save_dataset(self, request: Message) -> Message:
        with self._lock:
            if self._journal is None:
                raise InvalidArgumentError(
                    None,
                    None,
                    "Failed to snapshot: tf.data distributed snapshot requires running tf.data "
                    "service in the fault tolerant mode. To enable the fault tolerant mode, set "
                    "`DispatcherConfig.fault_tolerant_mode` to true and provide a valid "
                    "`DispatcherConfig.work_dir`.",
                )
            count = max(1, self.worker_count())
            dataset_id = self._register_dataset({**request, "dataset_id": "", "compression": ""})
            snapshots.begin(self._jobs, {**request, **dataset_id}, count, self._change)
            return {}

    # ---- what nobody reads any more ----

    def _check(self) -> None:
        config = self._config
        interval = config.job_gc_check_interval_ms / 1000 or _CHECK_SECONDS
        limit = config.job_gc_timeout_ms / 1000 or _JOB_GC_SECONDS
        while not self._stopped.wait(interval):
            with self._lock:
                now = time.monotonic()
                for client in list(self._jobs.of_client):
                    if now - self._seen.get(client, now) > _CLIENT_SECONDS:
                        self._release(client, is_last=False)
                for number, iteration in self._jobs.iterations.items():
                    if iteration.is_finished or iteration.clients:
                        self._unused.pop(number, None)
                    elif now - self._unused.setdefault(number, now) > limit >= 0:
                        self._change("iteration_finished", iteration_id=number)


def _host(address: str) -> str:
    return address.rpartition(":")[0]
