"""Replicas that are threads of this process, and where they meet."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import reduce
from typing import Any

from tidefall.base.errors import AbortedError, InvalidArgumentError
from tidefall.base.replica_group import Merge


class Rendezvous:
    """Where the replicas of one run meet.

    Args:
        size: how many there are.
    """

    def __init__(self, size: int):
        self.size = size
        self._given: list[Any] = [None] * size
        self._result: Any = None
        self._barrier = threading.Barrier(size)
        self._error: BaseException | None = None

    def member(self, index: int) -> ThreadGroup:
        """The group as one replica sees it."""
        return ThreadGroup(self, index)

    def meet(self, index: int, value: Any, combine: Callable[[list[Any]], Any]) -> Any:
        """What `combine` makes of the values of all, in their order; it is called once."""
        try:
            self._given[index] = value
            if self._barrier.wait() == 0:
                try:
                    self._result = combine(self._given)
                except Exception as error:
                    self.abort(error)
                    raise
            self._barrier.wait()
            found = self._result
            self._barrier.wait()  # all have it before the next values are given
        except threading.BrokenBarrierError:
            raise AbortedError(
                None, None, f"Replica {index} waits for others, one of which failed: {self._error}"
            ) from self._error
        return found

    def abort(self, error: BaseException) -> None:
        """Let nobody wait any more, since a replica failed."""
        if self._error is None:
            self._error = error
        self._barrier.abort()


class ThreadGroup:
    """The replicas of one run, as one of them sees them.

    Attributes:
        index: which of the replicas this is.
        size: how many there are.
    """

    fixed = True

    def __init__(self, rendezvous: Rendezvous, index: int):
        self._rendezvous = rendezvous
        self.index = index
        self.size = rendezvous.size

    def all_reduce(self, value: Any, merge: Merge) -> Any:
        """See `ReplicaGroup.all_reduce`."""

        def combine(values: list[Any]) -> Any:
            check_shapes(values)
            return reduce(merge, values)

        return self._rendezvous.meet(self.index, value, combine)

    def all_gather(self, value: Any) -> list[Any]:
        """See `ReplicaGroup.all_gather`."""
        return self._rendezvous.meet(self.index, value, list)


def check_shapes(values: list[Any]) -> None:
    """See that the replicas gave arrays of one shape.

    Raises:
        InvalidArgumentError: if they did not.
    """
    for i, value in enumerate(values):
        if value.shape != values[0].shape:
            raise InvalidArgumentError(
                None,
                None,
                "The replicas disagree about the shape of what they reduce: replica 0 gives "
                f"{list(values[0].shape)}, replica {i} gives {list(value.shape)}.",
            )
