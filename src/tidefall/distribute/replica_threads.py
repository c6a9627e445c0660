"""Replicas as threads: the function of `Strategy.run`, run eagerly once for each replica.

One thread runs at a time, replica 0 first, each to the end or to its next `merge_call`; so what a
function prints or counts comes in the same order in every run. When all replicas wait in a
`merge_call`, the caller's thread runs the function they gave, and each goes on with its part of
the result.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tidefall.base.state import name_scope, refresh, state
from tidefall.composite.variables.creation import variable_creator_scope
from tidefall.distribute import context
from tidefall.distribute.replica_context import ReplicaContext
from tidefall.distribute.values import regroup, select_replica
from tidefall.tensor.device_scope import device

if TYPE_CHECKING:
    from tidefall.distribute.strategy import Strategy


def run_in_threads(
    strategy: Strategy,
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    devices: Sequence[str],
) -> Any:
    """Run a function once for each replica, in step.

    Args:
        strategy: whose replicas they are.
        fn: the function.
        args, kwargs: its arguments; of `PerReplica` values each replica gets its own.
        devices: the device of each replica.

    Returns:
        What the replicas returned, regrouped.

    Raises:
        RuntimeError: if the replicas make different numbers of `merge_call`s.
        Exception: what a replica raised; the others are given up.
    """
    created: list[Any] = []
    replicas = [
        _Replica(strategy, i, name, fn, select_replica(i, args), select_replica(i, kwargs), created)
        for i, name in enumerate(devices)
    ]
    try:
        while True:
            for replica in replicas:
                replica.advance()
            if all(r.done for r in replicas):
                return regroup([r.result for r in replicas])
            if any(r.done for r in replicas):
                raise RuntimeError(
                    "Some replicas made a different number of replica_context().merge_call() calls."
                )
            _merge(strategy, replicas)
    finally:
        for replica in replicas:
            replica.give_up()


def _merge(strategy: Strategy, replicas: list[_Replica]) -> None:
    calls = [replica.call for replica in replicas]
    merge_fn = calls[0][0]
    args = regroup([call[1] for call in calls])
    kwargs = regroup([call[2] for call in calls])
    scope = replicas[0].scope
    with context.entered(context.Entry(strategy)), name_scope(f"{scope}/" if scope else None):
        result = merge_fn(strategy, *args, **kwargs)
    for i, replica in enumerate(replicas):
        replica.merged = select_replica(i, result)


class _GivenUp(BaseException):
    """Ends the thread of a replica whose result nobody waits for any more."""


class ThreadReplicaContext(ReplicaContext):
    """The context of a replica that is a thread."""

    def __init__(self, strategy: Strategy, index: int, replica: _Replica):
        super().__init__(strategy, strategy.extended.replica_id(index))
        self._index = index
        self._replica = replica

    @property
    def component(self) -> int:
        return self._index

    def _merge_call(self, merge_fn: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if state.graph is not self._replica.graph:
            raise RuntimeError(
                "`merge_call` called while defining a new graph or a tf.function, which was called "
                "eagerly by the function given to `strategy.run()`: optimizers and all_reduce need "
                "one. Put the call of `strategy.run()` itself into a tf.function, or give it the "
                "tf.function."
            )
        return self._replica.merge(merge_fn, args, kwargs)


class _Replica:
    """One replica and its thread.

    Attributes:
        done: whether the function has returned.
        result: what it returned.
        call: the `merge_call` it waits in: function, positional and named arguments.
        merged: what to go on with.
        scope: the name scope it was in.
    """

    def __init__(
        self,
        strategy: Strategy,
        index: int,
        device_name: str,
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        created: list[Any],
    ):
        self.done = False
        self.result: Any = None
        self.call: tuple[Callable[..., Any], Any, Any]
        self.merged: Any = None
        self.graph = state.graph
        self.scope = state.name_scope
        self._error: BaseException | None = None
        self._given_up = False
        self._go, self._paused = threading.Event(), threading.Event()
        self._context = ThreadReplicaContext(strategy, index, self)
        self._device = device_name
        self._work = (fn, args, kwargs)
        self._creator = _creator(index, created)
        self._inherited = {name: getattr(state, name) for name in _INHERITED}
        self._entries = context.entries()
        if index:
            self._inherited["name_scope"] = f"{self.scope}/replica_{index}".lstrip("/")
        self._thread = threading.Thread(
            target=self._main, name=f"tidefall replica {index}", daemon=True
        )
        self._started = False

    def advance(self) -> None:
        """Let the replica run to its end or its next `merge_call`.

        Raises:
            Exception: what its function raised.
        """
        self._paused.clear()
        if self._started:
            self._go.set()
        else:
            self._started = True
            self._thread.start()
        self._paused.wait()
        if self._error is not None:
            raise self._error

    def give_up(self) -> None:
        """End the thread, if it waits."""
        self._given_up = True
        self._go.set()
        if self._started:
            self._thread.join()

    def merge(self, merge_fn: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Wait for the others, in this replica's thread; returns its part of the result."""
        self.call = merge_fn, args, kwargs
        self.scope = state.name_scope
        self._paused.set()
        self._go.wait()
        self._go.clear()
        if self._given_up:
            raise _GivenUp
        return self.merged

    def _main(self) -> None:
        for name, value in self._inherited.items():
            setattr(state, name, value)
        refresh()
        fn, args, kwargs = self._work
        try:
            with (
                context.continued(self._entries),
                self._context,
                device(self._device),
                variable_creator_scope(self._creator),
            ):
                self.result = fn(*args, **kwargs)
            self.done = True
        except _GivenUp:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            self._error = error
        finally:
            self._paused.set()


_INHERITED = (
    *("graph", "tapes", "name_scope", "hooks", "checks", "control_inputs"),
    "variable_creators",
)
"""What of the caller's state holds in the replicas."""


def _creator(index: int, created: list[Any]) -> Callable[..., Any]:
    """Lets replica 0 make the variables, and gives the others the same ones in the same order."""
    if index == 0:

        def make(next_creator: Callable[..., Any], **kwargs: Any) -> Any:
            variable = next_creator(**kwargs)
            created.append(variable)
            return variable

        return make
    remaining = iter(created)

    def reuse(next_creator: Callable[..., Any], **kwargs: Any) -> Any:
        found = next(remaining, None)
        if found is None:
            raise RuntimeError(
                f"Replica {index} makes a variable that replica 0 did not make "
                f"({kwargs.get('name') or 'without a name'}): all replicas must make the same "
                "variables in the same order."
            )
        return found

    return reuse
