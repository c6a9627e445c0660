"""Which strategy and which replica the running code belongs to: a stack for each thread.

Code is in one of two contexts. In a *replica context* it runs once for each replica and sees that
replica's values; in a *cross-replica context* it runs once for all of them: inside of
`strategy.scope()`, and in the function that `merge_call` is given.
"""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from tidefall.base.state import refresh, state

if TYPE_CHECKING:
    from tidefall.distribute.replica_context import ReplicaContext
    from tidefall.distribute.strategy import Strategy


class Entry(NamedTuple):
    """One entered context.

    Attributes:
        strategy: the strategy in force.
        replica: the replica context; None in a cross-replica one.
        update: the replica whose variables `StrategyExtended.update` is changing, else None.
        traced: whether a replica function is being traced, once for all replicas: what stands for
            replica 0 stands for each of them.
    """

    strategy: Strategy
    replica: ReplicaContext | None = None
    update: int | None = None
    traced: bool = False


class _Stack(threading.local):
    entries: tuple[Entry, ...] = ()


_stack = _Stack()
_default: list[Entry] = []


def set_default(strategy: Strategy, replica: ReplicaContext) -> None:
    """Say what is in force where nothing was entered."""
    _default[:] = [Entry(strategy, replica)]


def current() -> Entry:
    """The innermost context of this thread."""
    entries = _stack.entries
    return entries[-1] if entries else _default[0]


def _be_in(entries: tuple[Entry, ...]) -> None:
    _stack.entries = entries
    state.surroundings = _surroundings(entries[-1]) if entries else None
    refresh()


def _surroundings(entry: Entry) -> Any:
    """What of a context a trace depends on."""
    if entry.strategy is _default[0].strategy:
        return None
    replica = None if entry.replica is None else entry.replica.component
    return weakref.ref(entry.strategy), replica, entry.update, entry.traced


def is_default() -> bool:
    """Whether no context was entered in this thread, so that there is one replica."""
    return not _stack.entries


def entries() -> tuple[Entry, ...]:
    """All entered contexts of this thread, for a thread that continues its work."""
    return _stack.entries


@contextlib.contextmanager
def entered(entry: Entry) -> Iterator[None]:
    """Be in a context inside the block."""
    saved = _stack.entries
    _be_in((*saved, entry))
    try:
        yield
    finally:
        _be_in(saved)


@contextlib.contextmanager
def continued(saved: tuple[Entry, ...]) -> Iterator[None]:
    """Be in the contexts that another thread was in."""
    before = _stack.entries
    _be_in(saved)
    try:
        yield
    finally:
        _be_in(before)


def push(entry: Entry) -> None:
    """Enter a context until `pop`."""
    _be_in((*_stack.entries, entry))


def pop(entry: Entry) -> None:
    """Leave the innermost context.

    Raises:
        RuntimeError: if that is another one.
    """
    entries = _stack.entries
    if not entries or entries[-1] is not entry:
        raise RuntimeError(
            "Variable creator scope nesting error: move call to "
            "tf.distribute.experimental_set_strategy() out of `with` scope."
        )
    _be_in(entries[:-1])


# ---- checks ----


def require_cross_replica(strategy: Strategy) -> None:
    """Check that code runs once for all replicas of a strategy.

    Raises:
        RuntimeError: if it does not.
    """
    entry = current()
    if entry.replica is None and entry.strategy is strategy:
        return
    if strategy is _default[0].strategy:
        return
    if entry.strategy is not strategy:
        _raise_wrong_strategy(strategy, entry.strategy)
    raise RuntimeError(
        "Method requires being in cross-replica context, use get_replica_context().merge_call()"
    )


def _raise_wrong_strategy(strategy: Strategy, found: Any) -> None:
    if found is _default[0].strategy:
        raise RuntimeError(f'Need to be inside "with strategy.scope()" for {strategy}')
    raise RuntimeError(
        f"Mixing different tf.distribute.Strategy objects: {found} is not {strategy}"
    )


def require_replica(context: ReplicaContext) -> None:
    """Check that code runs in this replica context.

    Raises:
        RuntimeError: if it does not.
    """
    entry = current()
    if entry.replica is context:
        return
    if entry.replica is None:
        raise RuntimeError("Need to be inside `call_for_each_replica()`")
    if entry.strategy is context.strategy:
        raise RuntimeError("Mismatching ReplicaContext.")
    raise RuntimeError(
        f"Mismatching tf.distribute.Strategy objects: {entry.strategy} is not {context.strategy}."
    )
