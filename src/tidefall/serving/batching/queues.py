"""Requests that wait for their batch. Everything here is guarded by the scheduler's lock."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from tidefall.serving.models.execution import Done
from tidefall.serving.models.servable import Arrays

NEVER = math.inf


@dataclass(slots=True, eq=False)
class Task:
    """A request, or a part of a large one. Times are on the clock of `time.monotonic`.

    Args:
        inputs: arrays `[rows, ...]` by name.
        rows: how many rows they have.
        deadline: when nobody waits for the answer any more.
        done: takes the outputs or the error.
        enqueued: when it began to wait.
    """

    inputs: Arrays
    rows: int
    deadline: float | None
    done: Done
    enqueued: float


class Policy(Protocol):
    """How large the batches of one signature get, and how long requests wait for others."""

    one_at_a_time: bool
    """Whether a batch that is not full waits until the one before is done."""

    @property
    def rows(self) -> int:
        """How many rows a batch may have now."""
        ...

    def due(self, first: float, last: float) -> float:
        """When to stop waiting for more, given when the first and the last request came."""
        ...

    def size(self, rows: int) -> int:
        """How many rows to pad a batch to."""
        ...

    def ran(self, batch: Batch) -> None:
        """Is told of a batch that ran; called by the thread that ran it, under the lock."""
        ...

    def sizes(self) -> Iterator[int]:
        """The sizes that batches may be padded to, smallest first, as far as they can be used."""
        ...

    def learn(self, size: int, seconds: float) -> None:
        """Is told, under the lock, how long a batch of a size takes that was run as a trial."""
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batch was like, for policies and metrics. Times are in seconds.

    Args:
        model: the model's name.
        signature_name: the signature.
        requests: how many requests, or parts of large ones, it held.
        rows: how many rows they had.
        size: how many rows were run, padding included.
        limit: how many rows it might have had.
        waited: how long the first request waited.
        idle: how long the batch might have been run before it was, but for waiting for more.
        joined: how many requests came in that time.
        seconds: how long the model ran.
    """

    model: str
    signature_name: str
    requests: int
    rows: int
    size: int
    limit: int
    waited: float
    idle: float
    joined: int
    seconds: float


class _Lane:
    """Requests of shapes that fit together."""

    __slots__ = ("rows", "tasks")

    def __init__(self) -> None:
        self.tasks: deque[Task] = deque()
        self.rows = 0


class SignatureQueue:
    """The requests for one signature.

    Args:
        run: runs the requests of a batch.
        policy: decides on batches.
        capacity: how many rows may wait.
    """

    def __init__(
        self, run: Callable[[Sequence[Task]], None], policy: Policy, capacity: int
    ) -> None:
        self.run = run
        self.policy = policy
        self.capacity = capacity
        self.running = 0
        self.waiting = 0
        self._lanes: dict[Hashable, _Lane] = {}

    def add(self, key: Hashable, task: Task) -> bool:
        """Takes a request. Returns whether a thread that waits should look at the queue again."""
        lane = self._lanes.get(key)
        is_new = lane is None
        if lane is None:
            lane = self._lanes[key] = _Lane()
        lane.tasks.append(task)
        lane.rows += task.rows
        self.waiting += task.rows
        return is_new or lane.rows >= self.policy.rows

    def next_due(self) -> tuple[float, Hashable]:
        """When the next batch may run, and the shapes of its requests."""
        soonest, chosen = NEVER, None
        limit = self.policy.rows
        for key, lane in self._lanes.items():
            if lane.rows >= limit:
                due = lane.tasks[0].enqueued
            elif self.running and self.policy.one_at_a_time:
                continue
            else:
                due = self.policy.due(lane.tasks[0].enqueued, lane.tasks[-1].enqueued)
            if due < soonest:
                soonest, chosen = due, key
        return soonest, chosen

    def take(self, key: Hashable) -> list[Task]:
        """The requests of the next batch, oldest first; at least one."""
        lane, limit = self._lanes[key], self.policy.rows
        taken = [lane.tasks.popleft()]
        rows = taken[0].rows
        while lane.tasks and rows + lane.tasks[0].rows <= limit:
            task = lane.tasks.popleft()
            rows += task.rows
            taken.append(task)
        lane.rows -= rows
        self.waiting -= rows
        if not lane.tasks:
            del self._lanes[key]
        return taken

    @property
    def is_empty(self) -> bool:
        """Whether no request waits."""
        return not self._lanes
