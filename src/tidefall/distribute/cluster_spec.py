"""`tf.train.ClusterSpec`: which jobs a cluster has, and where their tasks are."""

from __future__ import annotations

from typing import Any

import tidefall.proto
from tidefall.base.exports import export

_WRONG = (
    "`cluster` must be a dictionary mapping one or more job names to lists of network addresses, "
    "or a `ClusterDef` protocol buffer"
)


def _text(what: str, value: Any) -> Any:
    if isinstance(value, (bytes, str)):
        return value
    raise TypeError(f"{what} {value!r} must be bytes or unicode")


def _tasks(job: str, tasks: Any) -> dict[int, str]:
    if isinstance(tasks, (list, tuple)):
        tasks = dict(enumerate(tasks))
    if not isinstance(tasks, dict):
        raise TypeError(
            f"The tasks for job {job!r} must be a list or a dictionary from integers to strings."
        )
    found = {int(index): _text("Task address", address) for index, address in tasks.items()}
    return dict(sorted(found.items()))


@export("train.ClusterSpec", "compat.v1.train.ClusterSpec")
class ClusterSpec:
    """The jobs of a cluster and the network addresses of their tasks.

    Args:
        cluster: a dict of job names to lists of addresses (the first is task 0) or to dicts of
            task numbers to addresses; a `tf.train.ClusterDef`; or another ClusterSpec.

    Raises:
        TypeError: something else, or names and addresses that are not strings.

    >>> import tidefall as tf
    >>> cluster = tf.train.ClusterSpec({"worker": ["a:2222", "b:2222"], "ps": {3: "c:2222"}})
    >>> cluster.jobs, cluster.num_tasks("worker"), cluster.task_address("ps", 3)
    (['worker', 'ps'], 2, 'c:2222')
    """

    __hash__ = None  # type: ignore[assignment] # compared by value

    def __init__(self, cluster: Any):
        if isinstance(cluster, tidefall.proto.ClusterDef):
            jobs = {job.name: dict(job.tasks) for job in cluster.job}
        elif isinstance(cluster, ClusterSpec):
            jobs = cluster._jobs
        elif isinstance(cluster, dict):
            jobs = cluster
        else:
            raise TypeError(_WRONG)
        tasks = {job: _tasks(job, listed) for job, listed in jobs.items()}
        self._jobs = {_text("Job name", job): listed for job, listed in tasks.items()}

    def __bool__(self) -> bool:
        return bool(self._jobs)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (ClusterSpec, dict)):
            return False
        return self._jobs == ClusterSpec(other)._jobs

    def __repr__(self) -> str:
        listed = self.as_dict()
        return f"ClusterSpec({ {job: listed[job] for job in sorted(listed)} })"

    def as_dict(self) -> dict[str, Any]:
        """Jobs and their tasks: lists where tasks are numbered from 0 on, dicts otherwise."""
        return {
            job: list(tasks.values()) if tasks and list(tasks) == list(range(len(tasks))) else tasks
            for job, tasks in ((job, dict(tasks)) for job, tasks in self._jobs.items())
        }

    def as_cluster_def(self) -> Any:
        """The same as a `tf.train.ClusterDef`, jobs in the order of their names."""
        message = tidefall.proto.ClusterDef()
        for job in sorted(self._jobs):
            added = message.job.add(name=job)
            for index, address in self._jobs[job].items():
                added.tasks[index] = address
        return message

    @property
    def jobs(self) -> list[str]:
        """The names of the jobs."""
        return list(self._jobs)

    def _job(self, job_name: str) -> dict[int, str]:
        if job_name not in self._jobs:
            raise ValueError(f"No such job in cluster: {job_name!r}; it has {self.jobs}")
        return self._jobs[job_name]

    def num_tasks(self, job_name: str) -> int:
        """How many tasks a job has; ValueError if there is no such job."""
        return len(self._job(job_name))

    def task_indices(self, job_name: str) -> list[int]:
        """The numbers of a job's tasks, ascending; ValueError if there is no such job."""
        return list(self._job(job_name))

    def task_address(self, job_name: str, task_index: int) -> str:
        """The address of a task; ValueError if there is no such job or task."""
        tasks = self._job(job_name)
        if task_index not in tasks:
            raise ValueError(
                f"No task with index {task_index!r} in job {job_name!r}, which has {list(tasks)}"
            )
        return tasks[task_index]

    def job_tasks(self, job_name: str) -> list[str | None]:
        """A job's addresses by task number, None for numbers that no task has."""
        tasks = self._job(job_name)
        return [tasks.get(index) for index in range(max(tasks, default=-1) + 1)]
