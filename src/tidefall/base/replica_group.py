"""The replicas that run together, as code sees them that belongs to one of them."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

Merge = Callable[[Any, Any], Any]


class ReplicaGroup(Protocol):
    """What a replica knows of the group it is in, and how it meets the others.

    Attributes:
        index: which of the replicas this is.
        size: how many there are.
        fixed: whether there are always as many.
    """

    @property
    def index(self) -> int: ...

    @property
    def size(self) -> int: ...

    @property
    def fixed(self) -> bool: ...

    # All replicas must come to the same calls in the same order. They raise AbortedError if a
    # replica failed, so that it will not come.

    def all_reduce(self, value: Any, merge: Merge) -> Any:
        """Combine an array of each replica, in the order of the replicas.

        Args:
            value: this replica's; its shape is that of the others.
            merge: combines two arrays element by element.

        Raises:
            InvalidArgumentError: if the shapes differ; it names the replicas.
        """
        ...

    def all_gather(self, value: Any) -> list[Any]:
        """The arrays of all replicas, in their order."""
        ...


_group: ContextVar[ReplicaGroup | None] = ContextVar("replica_group", default=None)

running_group = _group.get
"""Return the replicas of this process that what runs in this thread belongs to, None if there are
none."""

REPLICAS = 1
"""The group key of collectives between the replicas of one process."""
WORKERS = 2
"""The group key of collectives between processes."""

_workers: list[ReplicaGroup] = []


def worker_group() -> ReplicaGroup | None:
    """Return the processes that train together with this one, None if there are none."""
    return _workers[0] if _workers else None


def use_workers(group: ReplicaGroup | None) -> None:
    """Let this process train together with others; None: by itself."""
    _workers[:] = [] if group is None else [group]


@contextmanager
def in_group(group: ReplicaGroup) -> Generator[None]:
    """Belong to a group inside the block."""
    token = _group.set(group)
    try:
        yield
    finally:
        _group.reset(token)


_axis: ContextVar[str | None] = ContextVar("replica_axis", default=None)

compiled_axis = _axis.get
"""Return the axis of devices that the replicas lie along which are being compiled into one program,
None if none are."""


@contextmanager
def compiling_along(axis: str) -> Generator[None]:
    """Compile replicas along an axis of devices inside the block."""
    token = _axis.set(axis)
    try:
        yield
    finally:
        _axis.reset(token)
