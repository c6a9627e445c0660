"""What a dispatcher knows: datasets, iterations over them, tasks of workers, splits handed out.

All of it changes by `Jobs.apply` alone, with changes that can be written down and applied again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tidefall.data.service.configs import ShardingPolicy

Change = dict[str, Any]
"""What happened: "kind" names the method of `Jobs`, the rest are its arguments."""


@dataclass
class Registered:
    """A dataset.

    Attributes:
        dataset_id: its name.
        graph: a serialized GraphDef.
        spec: its element spec, serialized; empty where it was registered in a graph.
        compression: "" or "SNAPPY".
        cardinality: the number of its elements, or a negative number as of `Dataset.cardinality`.
    """

    dataset_id: str
    graph: bytes
    spec: bytes
    compression: str
    cardinality: int


@dataclass
class Task:
    """One worker's part of an iteration."""

    task_id: int
    worker: str
    is_finished: bool = False


@dataclass
class Iteration:
    """One time through a dataset, by all consumers of a job.

    Attributes:
        iteration_id: its number.
        dataset_id: the dataset.
        name: the job's name.
        repetition: how many iterations of the job there were before.
        policy: how elements are split among workers.
        consumers: how many consumers read in turns; -1 for first come, first served.
        target: the workers to read from.
        is_cached: workers keep elements for several trainers.
        tasks: by number.
        clients: who reads.
        splits: for each source, the repetition it is in and the next number.
        answers: for each task and source, the last request and its answer: when an answer is lost
            the request comes again.
        is_finished: nothing more will come.
    """

    iteration_id: int
    dataset_id: str
    name: str
    repetition: int
    policy: ShardingPolicy
    consumers: int
    target: str
    is_cached: bool
    tasks: dict[int, Task] = field(default_factory=dict)
    clients: set[str] = field(default_factory=set)
    splits: dict[int, tuple[int, int]] = field(default_factory=dict)
    answers: dict[tuple[int, int], tuple[int, int | None]] = field(default_factory=dict)
    is_finished: bool = False


@dataclass
class Snapshot:
    """A dataset that workers write to files.

    Attributes:
        path: the folder.
        dataset_id: the dataset.
        run: the folder in it for the elements.
        count: the number of parts.
        types: DataType numbers of the components of an element.
        compression: "", "GZIP" or "SNAPPY".
        written: how many elements each part has that is done.
        writers: the workers that write the other ones.
        error: why it failed, code and message.
    """

    path: str
    dataset_id: str
    run: str
    count: int
    types: list[int]
    compression: str
    written: dict[int, int] = field(default_factory=dict)
    writers: dict[int, str] = field(default_factory=dict)
    error: tuple[int, str] | None = None
    is_finished: bool = False


class Jobs:
    """The state of a dispatcher."""

    def __init__(self) -> None:
        self.datasets: dict[str, Registered] = {}
        self.iterations: dict[int, Iteration] = {}
        self.named: dict[tuple[str, int], Iteration] = {}
        self.of_client: dict[str, Iteration] = {}
        self.snapshots: dict[str, Snapshot] = {}
        self.workers: list[str] = []
        self.next_id = 1000

    def apply(self, change: Change) -> None:
        """Make a change."""
        arguments = dict(change)
        getattr(self, arguments.pop("kind"))(**arguments)

    def new_id(self) -> int:
        """A number that nothing else has; it counts as used once it stands in a change."""
        return self.next_id

    def _use(self, number: int) -> None:
        self.next_id = max(self.next_id, number + 1)

    def dataset(self, number: int, **fields: Any) -> None:
        """A dataset was registered."""
        self._use(number)
        self.datasets[fields["dataset_id"]] = Registered(**fields)

    def worker(self, address: str) -> None:
        """A worker was seen for the first time."""
        self.workers.append(address)

    def iteration(self, iteration_id: int, policy: int, **fields: Any) -> None:
        """An iteration began."""
        self._use(iteration_id)
        made = Iteration(iteration_id=iteration_id, policy=ShardingPolicy(policy), **fields)
        self.iterations[iteration_id] = self.named[made.name, made.repetition] = made

    def task(self, iteration_id: int, task_id: int, worker: str) -> None:
        """A worker got a part of an iteration."""
        self._use(task_id)
        self.iterations[iteration_id].tasks[task_id] = Task(task_id, worker)

    def task_finished(self, iteration_id: int, task_id: int) -> None:
        """A worker has given all elements of its part."""
        self.iterations[iteration_id].tasks[task_id].is_finished = True

    def iteration_finished(self, iteration_id: int) -> None:
        """All elements were given, or nobody wants them any more."""
        iteration = self.iterations[iteration_id]
        iteration.is_finished = True
        iteration.answers.clear()

    def client(self, client_id: str, iteration_id: int) -> None:
        """Somebody reads."""
        self.of_client[client_id] = self.iterations[iteration_id]
        self.iterations[iteration_id].clients.add(client_id)

    def released(self, client_id: str) -> None:
        """Somebody reads no more."""
        self.of_client.pop(client_id).clients.discard(client_id)

    def split(
        self,
        iteration_id: int,
        task_id: int,
        source: int,
        request: int,
        answer: int | None,
        at: list[int],
    ) -> None:
        """A worker got the next piece of a source, or was told that there is none."""
        iteration = self.iterations[iteration_id]
        iteration.splits[source] = at[0], at[1]
        iteration.answers[task_id, source] = request, answer

    def snapshot(self, **fields: Any) -> None:
        """Workers were asked to write a dataset to files."""
        self.snapshots[fields["path"]] = Snapshot(**fields)

    def part_written(self, path: str, part: int, count: int) -> None:
        """A part of a snapshot is done."""
        self.snapshots[path].written[part] = count

    def snapshot_finished(self, path: str, error: list[Any] | None) -> None:
        """A snapshot is done, or has failed."""
        snapshot = self.snapshots[path]
        snapshot.is_finished = True
        snapshot.error = None if error is None else (error[0], error[1])
