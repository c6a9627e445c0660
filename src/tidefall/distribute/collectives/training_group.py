"""A group of workers that goes on training when some are lost, and when some come back.

Every collective of a program is one *unit*, and the units are counted. When a worker is lost in
one, those that are left form the group again. A unit may have come to its end for some of them and
not for others, and then only the last one: who has its result gives it to those who have not. If
nobody has, they repeat it among themselves. So all that are left have the same results, bit for
bit, and nothing that any of them finished is lost. Whenever the group was formed again, its members
begin by saying how many units they have finished: newcomers too, who cannot know why it was.

A worker that comes back finds the others somewhere in a step, and is itself at the beginning of its
program. From then on every unit begins with a *header*, in which each worker says what it has come
to: the boundary between two steps, or work in one. A worker that is elsewhere than the first of
those who are up to date takes part in their unit with a value that changes nothing, and goes on by
itself; but from a boundary only when all have come to one. Whoever took part in work without doing
it is *stale*, as a newcomer is: at the next boundary of all it takes over the state of the others.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Literal

import numpy as np

from tidefall.base.errors import AbortedError, UnavailableError
from tidefall.base.logs import get_logger
from tidefall.base.replica_group import Merge
from tidefall.distribute.collectives.process_group import ProcessGroup

Kind = Literal["boundary", "reduce", "gather"]

PATIENCE = 3600.0
"""Seconds to wait for workers that live but do not come, since they compile, say."""
_NEUTRAL: dict[str, tuple[Merge, Callable[[np.dtype[Any]], Any]]] = {
    "add": (np.add, lambda dtype: 0),
    "multiply": (np.multiply, lambda dtype: 1),
    "minimum": (np.minimum, lambda dtype: _limits(dtype).max),
    "maximum": (np.maximum, lambda dtype: _limits(dtype).min),
}
"""Ways to combine arrays by name, and the value that changes nothing."""


def _limits(dtype: np.dtype[Any]) -> Any:
    return np.iinfo(dtype) if dtype.kind in "iu" else np.finfo(dtype)


@dataclass(frozen=True)
class _Unit:
    """One collective of the program.

    Attributes:
        kind: what it is.
        value: this worker's array.
        merge: how arrays are combined.
    """

    kind: Kind
    value: np.ndarray
    merge: Merge = np.add


@dataclass(frozen=True)
class _Header:
    """What a worker has come to.

    Attributes:
        kind, merge, dtype, shape: of its unit.
        done: how many units it has finished; -1 for a newcomer, which cannot know.
    """

    kind: Kind
    merge: str
    dtype: str
    shape: tuple[int, ...]
    done: int

    @classmethod
    def of(cls, unit: _Unit, done: int) -> _Header:
        value = unit.value
        name = getattr(unit.merge, "__name__", "add")
        return cls(unit.kind, name, value.dtype.name, value.shape, done)

    def encoded(self) -> np.ndarray:
        """As an array of bytes."""
        return np.frombuffer(json.dumps(astuple(self)).encode(), np.uint8)

    def is_like(self, other: _Header) -> bool:
        """Whether two workers have come to the same unit, as far as can be seen."""
        start = 1 if self.kind == "gather" else 0
        mine = (self.kind, self.merge, self.dtype, self.shape[start:])
        return mine == (other.kind, other.merge, other.dtype, other.shape[start:])

    @classmethod
    def decoded(cls, data: np.ndarray) -> _Header:
        """The header in an array of bytes."""
        kind, merge, dtype, shape, done = json.loads(data.tobytes())
        return cls(kind, merge, dtype, tuple(shape), done)


class TrainingGroup:
    """A `ReplicaGroup` of processes that survives the loss of any of them.

    Args:
        group: the processes.

    Attributes:
        fixed: False, as its size changes.
        state: gives the arrays that newcomers take over, at a boundary between steps; the workers
            have them in one order.
        take: is called with these arrays at a newcomer.
    """

    fixed = False

    def __init__(self, group: ProcessGroup):
        self._group = group
        self._turn = threading.RLock()
        self._done = 0
        self._last: list[np.ndarray] = []
        self._is_newcomer = group.generation > 1
        self._is_stale = self._is_uneven = self._is_newcomer
        self._takes_part = False
        self.state: Callable[[], Sequence[Any]] = list
        self.take: Callable[[Sequence[Any]], None] = lambda arrays: None

    @property
    def index(self) -> int:
        """This worker's rank among those that train now."""
        return self._group.index

    @property
    def workers(self) -> int:
        """How many workers the job has, whether they are there or not."""
        return self._group.workers

    @property
    def size(self) -> int:
        """How many workers train now."""
        return self._group.size

    @property
    def is_stale(self) -> bool:
        """Whether this worker lacks what the others have trained meanwhile."""
        return self._is_stale

    def close(self) -> None:
        """Leave the group."""
        self._group.close()

    # ---- what programs do ----

    def all_reduce(self, value: Any, merge: Merge) -> Any:
        """See `ReplicaGroup.all_reduce`."""
        return self._unit(_Unit("reduce", np.asarray(value), merge))[0]

    def all_gather(self, value: Any) -> list[Any]:
        """See `ReplicaGroup.all_gather`."""
        return self._unit(_Unit("gather", np.asarray(value)))

    def boundary(self, have: bool) -> tuple[int, int]:
        """Come to the end of a step.

        Args:
            have: whether this worker has an element for another one.

        Returns:
            How many workers have, and how many there are. Newcomers are let in here.
        """
        counts = self._unit(_Unit("boundary", np.array([have, 1, 0], np.int64)))[0]
        return int(counts[0]), int(counts[1])

    # ---- one unit ----

    def _unit(self, unit: _Unit) -> list[np.ndarray]:
        with self._turn:
            while True:
                try:
                    return self._run(unit)
                except (UnavailableError, AbortedError) as error:
                    took_part, self._takes_part = self._takes_part, False
                    found = self._recover(error)
                    if found is not None:
                        self._finish(found)
                        if not took_part:
                            return found

    def _run(self, unit: _Unit) -> list[np.ndarray]:
        group = self._group
        if self._is_newcomer:
            self._settle()
        if group.size == 1 and not group.applicants:
            return self._finish([np.array(unit.value)])
        if self._is_uneven:
            alone = self._meet(unit)
            if alone is not None:
                return alone
        if unit.kind == "gather":
            return self._finish(group.all_gather(unit.value))
        if unit.kind == "reduce":
            return self._finish([group.all_reduce(unit.value, unit.merge)])
        asked = np.array([0, 0, len(group.applicants)], np.int64)
        counts = group.all_reduce(unit.value + asked, np.add)
        if counts[2]:
            self._let_in()
            return self._run(unit)
        return self._finish([counts])

    def _finish(self, result: list[np.ndarray]) -> list[np.ndarray]:
        self._done += 1
        self._last = result
        return result

    def _let_in(self) -> None:
        before = self._group.members
        self._group.reform(PATIENCE)
        came = sorted(set(self._group.members) - set(before))
        get_logger().info("Workers %s take part from now on", came)
        self._settle()

    # ---- newcomers ----

    def _meet(self, unit: _Unit) -> list[np.ndarray] | None:
        """Find out what all have come to, and take part in it where that is something else.

        Returns:
            None if all run the unit; the result for a worker that goes by itself.
        """
        while True:
            own = _Header.of(unit, self._known_done())
            headers = [_Header.decoded(h) for h in self._group.all_gather(own.encoded())]
            at = next((h for h in headers if h.done >= 0), headers[0])
            if all(h.kind == "boundary" for h in headers):
                if any(h.done < 0 for h in headers):
                    self._hand_over(headers.index(at), at.done)
                return None
            if not self._is_stale and own.is_like(at):
                return None
            self._takes_part = True
            self._take_part(at)
            self._takes_part = False
            if unit.kind != "boundary":
                return [np.array(unit.value)]

    def _known_done(self) -> int:
        return -1 if self._is_stale else self._done

    def _take_part(self, at: _Header) -> None:
        """Run the unit of the others with a value that changes nothing."""
        dtype = np.dtype(at.dtype)
        if at.kind == "gather":
            self._finish(self._group.all_gather(np.zeros((0, *at.shape[1:]), dtype)))
        else:
            merge, neutral = _NEUTRAL[at.merge]
            given = np.full(at.shape, neutral(dtype), dtype)
            total = self._group.all_reduce(given, merge)
            if at.kind == "boundary" and total[2]:
                self._let_in()
                return
            self._finish([total])
        if at.kind != "boundary":
            self._is_stale = True  # it does not know what the others make of it

    def _hand_over(self, giver: int, done: int) -> None:
        """Give the state of one who trained to those who lack it."""
        arrays = self._group.broadcast_from(giver, [np.asarray(a) for a in self.state()])
        if self._is_stale:
            self.take(arrays)
            self._is_stale, self._done = False, done

    # ---- losses ----

    def _recover(self, error: Exception) -> list[np.ndarray] | None:
        """Form the group of those that are left.

        Returns:
            The result of the unit, if another worker has it; None if it is to be repeated.

        Raises:
            AbortedError: the others went on without this worker.
        """
        get_logger().warning("Training goes on without a worker: %s", error)
        while True:
            self._group.reform(PATIENCE)
            try:
                return self._settle()
            except (UnavailableError, AbortedError) as another:
                get_logger().warning("Another worker was lost: %s", another)

    def _settle(self) -> list[np.ndarray] | None:
        """Find out where all are, after the group was formed again.

        Returns:
            The result of the unit, if another worker has it and this one has not; else None.
        """
        self._is_newcomer = False
        known = self._known_done()
        done = [int(count[0]) for count in self._group.all_gather(np.array([known]))]
        self._is_uneven = self._is_uneven or -1 in done
        newest = max(done)
        if all(count in (-1, newest) for count in done):
            return None
        last = self._group.broadcast_from(done.index(newest), self._last)
        return last if known not in (-1, newest) else None
