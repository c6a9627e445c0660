"""`SlurmClusterResolver`: the tasks of a Slurm job step."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from typing import Any

from tidefall.base.exports import export
from tidefall.distribute.cluster_resolver.resolver import ClusterResolver, master_url
from tidefall.distribute.cluster_spec import ClusterSpec

_HOSTS = re.compile(r"([^,\[\]]*)(?:\[([^\[\]]+)\])?(?:,(?=.)|$)")


def expand_hosts(text: str) -> list[str]:
    """The hosts that a Slurm list of hosts names.

    Raises:
        ValueError: for text of another form.

    >>> expand_hosts("n[1-2],m5,o[03-04,6]")
    ['n1', 'n2', 'm5', 'o03', 'o04', 'o6']
    """
    hosts: list[str] = []
    position = 0
    while position < len(text):
        match = _HOSTS.match(text, position)
        if match is None or match.end() == position or not (match[1] or match[2]):
            raise ValueError(f'Invalid hostlist format "{text}": {text[position:]!r}')
        position = match.end()
        try:
            numbers = list(_numbers(match[2])) if match[2] else [""]
        except ValueError as error:
            raise ValueError(f'Invalid hostlist format "{text}": {error}') from None
        hosts.extend(match[1] + number for number in numbers)
    return hosts


def _numbers(ranges: str) -> Iterator[str]:
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        for number in range(int(first), int(last or first) + 1):
            yield str(number).zfill(len(first))


def expand_counts(text: str) -> list[int]:
    """How many tasks each host has, from Slurm's short form.

    Raises:
        ValueError: for text of another form.

    >>> expand_counts("3(x2),2,1")
    [3, 3, 2, 1]
    """
    counts: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"(\d+)(?:\(x(\d+)\))?", part)
        if match is None:
            raise ValueError(f'Invalid tasks-per-node list format "{text}": {part!r}')
        counts.extend([int(match[1])] * int(match[2] or 1))
    return counts


def _variable(name: str) -> str:
    name = f"SLURM_{name}"
    if name not in os.environ:
        raise RuntimeError(f"{name} not found in environment. Not running inside a SLURM step?")
    return os.environ[name]


def _count_gpus() -> int:
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return len(visible.split(","))
    try:
        listed = subprocess.check_output(["nvidia-smi", "--list-gpus"], encoding="utf-8")
    except (OSError, subprocess.CalledProcessError) as error:
        raise RuntimeError(
            f"Could not get number of GPUs from nvidia-smi: {error}. "
            "Say `gpus_per_node`, which is 0 for machines without GPUs."
        ) from error
    return sum(line.startswith("GPU ") for line in listed.splitlines())


@export(
    "distribute.cluster_resolver.SlurmClusterResolver",
    "compat.v1.distribute.cluster_resolver.SlurmClusterResolver",
)
class SlurmClusterResolver(ClusterResolver):
    """The tasks of the Slurm job step that this process belongs to.

    What is not given is read from the variables that Slurm sets: SLURM_PROCID,
    SLURM_STEP_NUM_TASKS, SLURM_STEP_NODELIST and SLURM_STEP_TASKS_PER_NODE.

    Args:
        jobs: how many tasks each job has; by default all are workers.
        port_base: port of the first task of each host.
        gpus_per_node: by default as many as nvidia-smi lists.
        gpus_per_task: by default those of a host are parted evenly.
        tasks_per_node: how many tasks each host has: a number, or a dict by host.
        auto_set_gpu: whether `cluster_spec` sets CUDA_VISIBLE_DEVICES to the GPUs of this task.
        rpc_layer: the protocol.

    Raises:
        RuntimeError: outside of a job step, or where hosts have fewer tasks or GPUs than asked for.

    >>> import os
    >>> import tidefall as tf
    >>> os.environ["SLURM_PROCID"] = "2"
    >>> resolver = tf.distribute.cluster_resolver.SlurmClusterResolver(
    ...     {"ps": 1, "worker": 2},
    ...     tasks_per_node={"n1": 1, "n2": 2},
    ...     gpus_per_node=2,
    ...     auto_set_gpu=False,
    ... )
    >>> resolver.cluster_spec(), resolver.get_task_info()
    (ClusterSpec({'ps': ['n1:8888'], 'worker': ['n2:8888', 'n2:8889']}), ('worker', 1))
    >>> del os.environ["SLURM_PROCID"]
    """

    def __init__(
        self,
        jobs: dict[str, int] | None = None,
        port_base: int = 8888,
        gpus_per_node: int | None = None,
        gpus_per_task: int | None = None,
        tasks_per_node: int | dict[str, int] | None = None,
        auto_set_gpu: bool = True,
        rpc_layer: str = "grpc",
    ):
        self._rank = int(_variable("PROCID"))
        self._jobs = {"worker": int(_variable("STEP_NUM_TASKS"))} if jobs is None else jobs
        self._port_base = port_base
        self._tasks_per_host = _tasks_per_host(tasks_per_node)
        most = max(self._tasks_per_host.values())
        available = _count_gpus() if gpus_per_node is None else gpus_per_node
        self._gpus_per_task = available // most if gpus_per_task is None else gpus_per_task
        self._auto_set_gpu = auto_set_gpu
        self.rpc_layer = rpc_layer
        if most * self._gpus_per_task > available:
            raise RuntimeError("Requested more GPUs per node than available.")
        asked, assigned = sum(self._jobs.values()), sum(self._tasks_per_host.values())
        if asked != assigned:
            raise RuntimeError(f"Requested {asked} tasks but only {assigned} were assigned.")

    def cluster_spec(self) -> ClusterSpec:
        """The jobs and the addresses of their tasks, hosts and jobs in the order of their names.

        Finds out which task this process is, and gives it its GPUs.
        """
        addresses: list[str] = []
        gpus: list[str] = []
        for host, tasks in sorted(self._tasks_per_host.items()):
            for i in range(tasks):
                addresses.append(f"{host}:{self._port_base + i}")
                first = i * self._gpus_per_task
                gpus.append(",".join(map(str, range(first, first + self._gpus_per_task))))
        listed: dict[str, list[str]] = {}
        start = 0
        for job, tasks in sorted(self._jobs.items()):
            listed[job] = addresses[start : start + tasks]
            if start <= self._rank < start + tasks:
                self.task_type, self.task_id = job, self._rank - start
            start += tasks
        if self._auto_set_gpu:
            os.environ["CUDA_VISIBLE_DEVICES"] = gpus[self._rank]
        return ClusterSpec(listed)

    def get_task_info(self) -> tuple[Any, Any]:
        """The job and number of this process; None before `cluster_spec` was called."""
        return self.task_type, self.task_id

    def master(
        self, task_type: str | None = None, task_id: int | None = None, rpc_layer: str | None = None
    ) -> str:
        """The address of a task, by default this one's; "" before `cluster_spec` was called."""
        task_type = self.task_type if task_type is None else task_type
        task_id = self.task_id if task_id is None else task_id
        if task_type is None or task_id is None:
            return ""
        address = self.cluster_spec().task_address(task_type, task_id)
        return master_url(address, rpc_layer or self.rpc_layer)

    def num_accelerators(
        self, task_type: str | None = None, task_id: int | None = None, config_proto: Any = None
    ) -> dict[str, int]:
        """How many GPUs each task has."""
        return {"GPU": self._gpus_per_task}


def _tasks_per_host(given: int | dict[str, int] | None) -> dict[str, int]:
    if isinstance(given, dict):
        return given
    hosts = expand_hosts(_variable("STEP_NODELIST"))
    if given is not None:
        return dict.fromkeys(hosts, int(given))
    return dict(zip(hosts, expand_counts(_variable("STEP_TASKS_PER_NODE")), strict=False))
