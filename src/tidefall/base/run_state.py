"""What a program keeps from one run to the next: random streams, mutexes, queues without a name.

Nothing of it hangs on the nodes of a graph, which may be run by several executables and replicas.
Each of those has a `RunState`. A node is known there by the calls that lead to it: a function that
is called in two places keeps two states, whether or not the calls were inlined.

Whoever runs a program enters its state; the functions that are called inside find it there.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import Any, TypeVar

from tidefall.base.errors import InternalError

T = TypeVar("T")


class RunState:
    """The state of one program, or of a function that it calls in one place.

    Args:
        follows_seed: whether random streams begin again after `tf.random.set_seed`.
        root: the state of the whole, if this one is of a part of it.
        replica: which of several replicas of the program it is of, each of which draws other
            random numbers.

    >>> state = RunState()
    >>> state.root is state, state.part("first") is state.part("first")
    (True, True)
    """

    __slots__ = ("__weakref__", "_children", "_kept", "_parts", "follows_seed", "replica", "root")

    def __init__(self, follows_seed: bool = True, root: RunState | None = None, replica: int = 0):
        self.follows_seed = follows_seed
        self.replica = replica
        self.root = self if root is None else root
        self._kept: dict[Any, Any] = {}
        self._children: dict[Any, RunState] = {}
        self._parts: dict[Any, RunState] = {}

    def at(self, calls: tuple[Any, ...]) -> RunState:
        """The state of the function that is reached by these calls, nodes from the outermost on."""
        state = self
        for call in calls:
            found = state._children.get(call)
            if found is None:
                new = RunState(self.follows_seed, self.root, self.replica)
                found = state._children.setdefault(call, new)
            state = found
        return state

    def keep(
        self,
        site: tuple[Any, ...],
        make: Callable[[], T],
        is_stale: Callable[[T], bool] | None = None,
    ) -> T:
        """What a node keeps.

        Args:
            site: the calls that lead to it, and the node.
            make: makes it when it is first asked for.
            is_stale: whether it has to be made again.
        """
        node = site[-1]
        kept = self._kept if len(site) == 1 else self.at(site[:-1])._kept
        found = kept.get(node)
        if found is None:
            found = kept.setdefault(node, make())
        elif is_stale is not None and is_stale(found):
            found = kept[node] = make()
        return found

    def part(self, key: Any) -> RunState:
        """The state of a part that runs by itself, the same one for the same key."""
        return self._part(key, self.replica)

    def of_replica(self, index: int) -> RunState:
        """The state of one of several replicas that run at the same time."""
        return self._part(("replica", index), index)

    def _part(self, key: Any, replica: int) -> RunState:
        found = self._parts.get(key)
        if found is None:
            found = RunState(self.follows_seed, self.root, replica)
            found = self._parts.setdefault(key, found)
        return found


_current: ContextVar[RunState | None] = ContextVar("run_state", default=None)

current_state = _current.get
"""Return the state of what runs in this thread, None if that has none."""


def running_state() -> RunState:
    """Return the state of what runs in this thread.

    Raises:
        InternalError: if no program runs that has one.
    """
    state = _current.get()
    if state is None:
        raise InternalError(None, None, "No program runs in this thread that keeps a state.")
    return state


def enter_state(state: RunState | None) -> Token[RunState | None]:
    """Let what runs in this thread keep its state there, until `leave_state` gets the result."""
    return _current.set(state)


leave_state = _current.reset


class running_with:  # noqa: N801 - a context manager on a hot path, named like a function
    """While it is entered, what runs keeps its state there; None: each function its own."""

    __slots__ = ("_state", "_token")

    def __init__(self, state: RunState | None):
        self._state = state

    def __enter__(self) -> None:
        self._token = _current.set(self._state)

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)
