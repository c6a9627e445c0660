"""The traces of one `tf.function`, and which of them serves a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidefall.function.call_keys import Identity
from tidefall.function.number_arguments import Numbers

if TYPE_CHECKING:
    from tidefall.function.concrete import ConcreteFunction

TRACE_LIMIT = 256
"""Traces kept per function; beyond them the oldest go, and are made again when needed."""
KEY_LIMIT = 4096
"""Calls remembered by their exact shapes and numbers, to find their trace at once."""

Shapes = list[Any]


class Trace:
    """One trace: what it was made for, and how general it is.

    Attributes:
        function: the concrete function.
        skeleton: structure, dtypes and Python values of the arguments.
        shapes: shape of each tensor; None stands for an unknown rank or dimension.
        blank: the skeleton without the values of its numbers.
        numbers: these values, in order.
        labels: what each argument was, in words, by its name.
        relaxed: it is more general than the call it was made for.
    """

    __slots__ = ("blank", "function", "labels", "numbers", "relaxed", "shapes", "skeleton")

    def __init__(
        self,
        function: ConcreteFunction,
        skeleton: Any,
        shapes: Shapes,
        blank: Any,
        numbers: Numbers = (),
        labels: Any = None,
        relaxed: bool = False,
    ):
        self.function = function
        self.skeleton = skeleton
        self.shapes = shapes
        self.blank = blank
        self.numbers = numbers
        self.labels = labels
        self.relaxed = relaxed

    @property
    def free(self) -> tuple[int, ...]:
        """Positions of the numbers that the function takes as tensors."""
        return self.function.free_numbers or ()

    def accepts(self, shapes: Shapes) -> bool:
        """Whether tensors of these shapes can be given."""
        return all(_accepts(a, b) for a, b in zip(self.shapes, shapes, strict=True))

    def accepts_numbers(self, numbers: Numbers) -> bool:
        """Whether the numbers differ from those traced at free positions only."""
        free = self.free
        return all(
            i in free or mine == given
            for i, (mine, given) in enumerate(zip(self.numbers, numbers, strict=True))
        )


class TraceCache:
    """The traces, found by the exact call, by its skeleton, or by its skeleton without numbers.

    Attributes:
        exact: the trace for each call by its skeleton and shapes.
        direct: for calls with nothing but tensors, by their dtypes and shapes: `exact`, in short.
        traces: all of them.
        unrelaxable: what cannot be traced for more than one call.
    """

    def __init__(self) -> None:
        self.exact: dict[Any, ConcreteFunction] = {}
        self.direct: dict[Any, ConcreteFunction] = {}
        self.traces: list[Trace] = []
        self.unrelaxable: set[Any] = set()

    @property
    def functions(self) -> list[ConcreteFunction]:
        return [trace.function for trace in self.traces]

    def remember(self, key: Any, function: ConcreteFunction) -> None:
        """Let calls described by `key` find `function` at once."""
        _put(self.exact, key, function)

    def remember_direct(self, key: Any, function: ConcreteFunction) -> None:
        """The same for calls with tensors only, unless the trace has gone meanwhile."""
        if any(trace.function is function for trace in self.traces):
            _put(self.direct, key, function)

    def add(self, trace: Trace) -> None:
        """Keep a trace; traces for objects that are gone, and the oldest of too many, go."""
        dead = [t for t in self.traces if not _alive(t.skeleton)]
        if len(self.traces) - len(dead) >= TRACE_LIMIT:
            dead.append(next(t for t in self.traces if t not in dead))
        if dead:
            gone = {id(t.function) for t in dead}
            self.traces = [t for t in self.traces if id(t.function) not in gone]
            self.exact = {k: f for k, f in self.exact.items() if id(f) not in gone}
            self.direct = {k: f for k, f in self.direct.items() if id(f) not in gone}
        self.traces.append(trace)

    def accepting(self, skeleton: Any, shapes: Shapes) -> Trace | None:
        """The trace for this skeleton whose shapes are general enough, and no more than needed."""
        return _least_general(self._accepting(skeleton, shapes))

    def asked_for(
        self, skeleton: Any, shapes: Shapes, names: tuple[str | None, ...]
    ) -> Trace | None:
        """Like `accepting`, of the traces that are as general as somebody wanted them.

        Args:
            skeleton: structure, dtypes and Python values of the arguments.
            shapes: the shape of each tensor.
            names: those given to arguments, which the trace has to have.
        """
        found = self._accepting(skeleton, shapes)
        return _least_general([t for t in found if not t.relaxed and is_called(t.function, names)])

    def _accepting(self, skeleton: Any, shapes: Shapes) -> list[Trace]:
        return [
            trace
            for trace in self.traces
            if trace.skeleton == skeleton and not trace.free and trace.accepts(shapes)
        ]

    def accepting_numbers(self, blank: Any, numbers: Numbers, shapes: Shapes) -> Trace | None:
        """The newest trace that takes numbers as tensors and can serve this call."""
        for trace in reversed(self.traces):
            if (
                trace.free
                and trace.blank == blank
                and trace.accepts_numbers(numbers)
                and trace.accepts(shapes)
            ):
                return trace
        return None

    def with_skeleton(self, skeleton: Any) -> Trace | None:
        """The newest trace for this skeleton."""
        return next((t for t in reversed(self.traces) if t.skeleton == skeleton), None)


def _put(known: dict[Any, ConcreteFunction], key: Any, function: ConcreteFunction) -> None:
    """Add an entry; of too many, the older half goes."""
    if len(known) >= KEY_LIMIT:
        for old in list(known)[: KEY_LIMIT // 2]:
            known.pop(old, None)
    known[key] = function


def _accepts(traced: Any, given: Any) -> bool:
    if traced is None:
        return True
    if given is None or len(traced) != len(given):
        return False
    return all(t is None or t == g for t, g in zip(traced, given, strict=True))


def _least_general(traces: list[Trace]) -> Trace | None:
    """The first that accepts nothing that another one does not."""
    if len(traces) < 2:
        return traces[0] if traces else None
    return next(
        trace
        for trace in traces
        if all(other.accepts(trace.shapes) for other in traces if trace.accepts(other.shapes))
    )


def is_called(function: ConcreteFunction, names: tuple[str | None, ...]) -> bool:
    """Whether the arguments of a function have these names, as far as they are given."""
    traced = [tensor.op.name for tensor in function.graph.arguments]
    if len(traced) != len(names):
        return not any(names)
    return all(name is None or name == own for name, own in zip(names, traced, strict=True))


def merge_shapes(traced: Any, given: Any) -> Any:
    """The least general shape that takes both; None when their ranks differ."""
    if traced is None or given is None or len(traced) != len(given):
        return None
    return tuple(t if t == g else None for t, g in zip(traced, given, strict=True))


def _alive(skeleton: Any) -> bool:
    """False when an object that the trace is for does not exist any more."""
    if type(skeleton) is tuple:
        return all(_alive(part) for part in skeleton)
    return not isinstance(skeleton, Identity) or skeleton.alive
