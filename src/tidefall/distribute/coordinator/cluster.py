"""The workers of a coordinator and what they share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from tidefall.distribute.coordinator.closure import make_closure
from tidefall.distribute.coordinator.closure_queue import ClosureQueue
from tidefall.distribute.coordinator.failures import ParameterServers
from tidefall.distribute.coordinator.liveness import Liveness
from tidefall.distribute.coordinator.per_worker_values import PerWorkerResource, ResourceOwner
from tidefall.distribute.coordinator.remote_value import RemoteValue
from tidefall.distribute.coordinator.tasks import Task, WorkerTask
from tidefall.distribute.coordinator.worker import Worker


class Cluster:
    """Workers that run what is scheduled.

    It knows nothing of the coordinator, whose end ends the threads.

    Args:
        workers: the tasks that run functions.
        servers: the tasks that hold variables.

    Raises:
        UnavailableError: if a parameter server cannot be reached.
    """

    def __init__(self, workers: Sequence[WorkerTask], servers: Sequence[Task]):
        self._stopped = threading.Event()
        self._servers = ParameterServers(servers, len(workers))
        self._servers.connect()
        self._queue = ClosureQueue()
        self._workers = [
            Worker(index, task, self._queue, self._servers, self._stopped)
            for index, task in enumerate(workers)
        ]
        self._liveness = Liveness(self._workers, self._servers, self._stopped)

    def schedule(self, fn: Any, args: Any, kwargs: Any) -> RemoteValue:
        """Trace a function and queue it; see `ClusterCoordinator.schedule`."""
        closure, value = make_closure(fn, args, kwargs)
        self._queue.put(closure)
        return value

    def join(self) -> None:
        """Wait until the queue is empty and nothing runs."""
        self._queue.join()

    def done(self) -> bool:
        """Whether the queue is empty and nothing runs."""
        return self._queue.done()

    def create_per_worker_resources(
        self, build: Callable[[ResourceOwner], Any], type_spec: Any
    ) -> tuple[PerWorkerResource, ...]:
        """Give each worker a resource.

        Args:
            build: makes it for a worker.
            type_spec: its type.
        """
        return tuple(PerWorkerResource(build, worker, type_spec) for worker in self._workers)

    def stop(self) -> None:
        """Let the threads end; what is queued is cancelled."""
        self._stopped.set()
        self._queue.stop()
