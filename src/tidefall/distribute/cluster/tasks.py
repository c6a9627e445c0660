"""The tasks of a cluster that this process is connected to."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from functools import cache

from tidefall.base.device_spec import DeviceSpec
from tidefall.base.errors import UnavailableError
from tidefall.distribute.cluster.remote import RemoteDevice, device_named, device_of_call
from tidefall.distribute.cluster.task import Task, task_name
from tidefall.distribute.cluster.worker_task import ConnectedWorker
from tidefall.distribute.cluster_spec import ClusterSpec
from tidefall.tensor.placement import meshes, other_tasks


class Tasks:
    """The tasks of a cluster, without this process's own.

    Args:
        addresses: of the tasks of each job.
        own: the name of this process's task, "" if it has none.
    """

    def __init__(self, addresses: dict[str, dict[int, str]], own: str = ""):
        self._lock = threading.Lock()
        self._made: dict[str, Task] = {}
        self.own = own
        self.addresses = {
            (job, index): address
            for job, listed in addresses.items()
            for index, address in listed.items()
        }

    def of_job(self, job: str) -> list[Task]:
        """The other tasks of a job, in their order."""
        return [
            self.named(task_name(job, index))
            for name, index in sorted(self.addresses)
            if name == job and task_name(job, index) != self.own
        ]

    def __iter__(self) -> Iterator[Task]:
        jobs = sorted({job for job, _ in self.addresses})
        return iter([task for job in jobs for task in self.of_job(job)])

    def named(self, name: str) -> Task:
        """The task of a name.

        Raises:
            UnavailableError: the cluster has none of this name.
        """
        with self._lock:
            found = self._made.get(name)
            if found is None:
                for (job, index), address in self.addresses.items():
                    if task_name(job, index) == name:
                        found = self._made[name] = Task(job, index, address)
            if found is None:
                raise UnavailableError(None, None, f"The cluster has no {name}.")
            return found

    def close(self) -> None:
        """End the connections."""
        with self._lock:
            for task in self._made.values():
                task.close()
            self._made.clear()


_connected: list[Tasks] = []
PATIENCE = 60.0
"""Seconds to wait for a task that is not there when this process connects to it."""


def connect(cluster: ClusterSpec, job: str, index: int, seen: Sequence[str] | None = None) -> Tasks:
    """Connect this process to the tasks of a cluster.

    Args:
        cluster: their addresses.
        job, index: this process's own task.
        seen: beginnings of the names of the tasks to connect to; all by default.

    Raises:
        UnavailableError: a task did not come.
    """
    jobs = {
        name: {i: cluster.task_address(name, i) for i in cluster.task_indices(name)}
        for name in cluster.jobs
    }
    if seen is not None:
        jobs = {
            name: {
                i: address
                for i, address in listed.items()
                if any(task_name(name, i)[1:].startswith(_full(each)) for each in seen)
            }
            for name, listed in jobs.items()
        }
    tasks = Tasks(jobs, own=task_name(job, index))
    end = time.monotonic() + PATIENCE
    for task in tasks:
        if task.job in ("ps", "worker", "chief", "localhost") or len(jobs) == 1:
            task.wait_until_there(max(end - time.monotonic(), 1.0))
    disconnect()
    _connected[:] = [tasks]
    other_tasks.device = remote_device
    _look_for_resources()
    return tasks


def disconnect() -> None:
    """Let the tasks go that this process is connected to."""
    for old in _connected:
        old.close()
    _connected.clear()
    other_tasks.device = None


def _full(name: str) -> str:
    """A device filter such as "job:ps" or "job:worker/task:1" as names of tasks begin."""
    spec = DeviceSpec.from_string("/" + name)
    found = f"job:{spec.job}/replica:0"
    return found if spec.task is None else f"{found}/task:{spec.task}"


@cache
def _look_for_resources() -> None:
    meshes.add(device_of_call)


def connected() -> Tasks | None:
    """The tasks that this process is connected to; None if there are none."""
    return _connected[0] if _connected else None


def worker_tasks() -> list[ConnectedWorker]:
    """The workers of the cluster that this process is connected to."""
    tasks = connected()
    return [] if tasks is None else [ConnectedWorker(task) for task in tasks.of_job("worker")]


def ps_tasks() -> list[Task]:
    """Its parameter servers."""
    tasks = connected()
    return [] if tasks is None else tasks.of_job("ps")


def remote_device(name: str) -> RemoteDevice | None:
    """The device of another task for a name; None if the cluster has no such task."""
    tasks = connected()
    spec = DeviceSpec.from_string(name)
    if tasks is None or spec.job is None:
        return None
    index = spec.task or 0
    if (spec.job, index) not in tasks.addresses:
        return None
    return device_named(name, tasks.named(task_name(spec.job, index)))
