"""`tf.CriticalSection`: code that one program runs at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from tidefall.base import nest
from tidefall.base.exports import export
from tidefall.base.state import init_scope, name_scope, state
from tidefall.graph.control_dependencies import control_dependencies
from tidefall.graph.operation import Operation
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, Tensor

_KEY = ("critical_section_executions",)


class _Running(threading.local):
    """The handles of the critical sections that this thread is inside."""

    def __init__(self) -> None:
        self.handles: list[Any] = []


_running = _Running()


@export("CriticalSection")
class CriticalSection:
    """Code that nobody else runs at the same time, in other threads, functions or sessions.

    Args:
        name: name of the node that makes the lock.
        shared_name: a name under which the lock is shared.
        critical_section_def: not supported, as in TensorFlow.
        import_scope: accepted.

    >>> import tidefall as tf
    >>> section, total = tf.CriticalSection(), tf.Variable(1.0)
    >>> section.execute(lambda: total.assign(total * 2.0)).numpy()
    np.float32(2.0)
    """

    def __init__(
        self,
        name: str | None = None,
        shared_name: str | None = None,
        critical_section_def: Any = None,
        import_scope: str | None = None,
    ):
        if critical_section_def and name is not None:
            raise ValueError(
                "Arguments critical_section_def and shared_name are mutually exclusive. "
                f"Received critical_section_def={critical_section_def}, shared_name={shared_name}."
            )
        if critical_section_def:
            raise ValueError("Argument `critical_section_def` is not supported.")
        with init_scope(), name_scope(name or "CriticalSection"):
            self._handle = raw.MutexV2(shared_name=shared_name or "", name="mutex")
        self._signature = (shared_name or "", id(self._handle))

    @property
    def name(self) -> str:
        """Name of the node that makes the lock; only in graphs."""
        return self._handle.op.name

    def execute(
        self,
        fn: Callable[[], Any],
        exclusive_resource_access: bool = True,
        name: str | None = None,
    ) -> Any:
        """Run a function while nobody else is in this critical section.

        Args:
            fn: the function, without arguments.
            exclusive_resource_access: let no other critical section of the graph use the
                resources that `fn` uses.
            name: name scope of the nodes.

        Returns:
            What `fn` returns, as tensors.

        Raises:
            ValueError: inside the section itself, or if another section uses a resource.
        """
        if any(handle is self._handle for handle in _running.handles):
            raise ValueError(
                f"Attempting to lock a CriticalSection (signature={self._signature}) in which we "
                "are already running. This is illegal and may cause deadlocks."
            )
        with name_scope(name or "critical_section_execute"):
            if state.graph is None:
                return self._execute_eagerly(fn)
            return self._execute_in_graph(fn, exclusive_resource_access)

    def _execute_eagerly(self, fn: Callable[[], Any]) -> Any:
        lock = raw.MutexLock(self._handle)
        try:
            return nest.map_structure(_as_tensor, self._call(fn))
        finally:
            raw.ConsumeMutexLock(lock)

    def _call(self, fn: Callable[[], Any]) -> Any:
        _running.handles.append(self._handle)
        try:
            return fn()
        finally:
            _running.handles.pop()

    def _execute_in_graph(self, fn: Callable[[], Any], exclusive: bool) -> Any:
        graph: Any = state.graph
        lock = raw.MutexLock(self._handle)
        before = len(graph.nodes)
        with control_dependencies([lock]):
            result = self._call(fn)
            given = nest.map_structure(_as_tensor, result)
        made = list(graph.nodes[before:])
        self._check_resources(made, exclusive)
        with control_dependencies(made):
            consumed = raw.ConsumeMutexLock(lock)
        node = consumed if isinstance(consumed, Operation) else graph.nodes[-1]
        if result is None:
            return node
        with control_dependencies([node]):
            return nest.map_structure(_after, given)

    def _check_resources(self, made: list[Operation], exclusive: bool) -> None:
        graph: Any = state.graph
        used = {id(t): t for n in made for t in n.inputs if t.dtype.name == "resource"}
        for handle, theirs, alone in graph.get_collection(_KEY):
            shared = [t for key, t in used.items() if key in theirs]
            if handle is not self._handle and shared and (exclusive or alone):
                raise ValueError(
                    f"This execution would access resources: {shared}. Either this lock "
                    f"(CriticalSection: {self._handle}) or lock '{handle}' requested exclusive "
                    "resource access of this resource. Did you mean to call execute with keyword "
                    "argument exclusive_resource_access=False?"
                )
        graph.add_to_collection(_KEY, (self._handle, used, exclusive))


def _as_tensor(value: Any) -> Any:
    if value is None or isinstance(value, (Operation, EagerTensor)):
        return value
    return raw.Identity(value if isinstance(value, Tensor) else convert_to_tensor(value))


def _after(value: Any) -> Any:
    return value if value is None or isinstance(value, Operation) else raw.Identity(value)
