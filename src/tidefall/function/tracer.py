"""Which trace of a function serves a call, and how general a new one is made."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from tidefall.base.shapes import TensorShape
from tidefall.base.state import state
from tidefall.function.binding import Signature
from tidefall.function.call_keys import encode
from tidefall.function.concrete import ConcreteFunction
from tidefall.function.number_arguments import fits, split_numbers
from tidefall.function.retracing import closest, describe_call, report_retracing
from tidefall.function.trace_cache import Trace, TraceCache, is_called, merge_shapes
from tidefall.function.tracing import created_again, trace
from tidefall.graph.func_graph import FuncGraph
from tidefall.tensor.device_scope import GraphDeviceScope
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import SymbolicTensor

_log = logging.getLogger("tidefall.function")


class Call:
    """One call that no trace was found for at once.

    Attributes:
        blank: the skeleton without the values of its numbers.
        numbers: these, in order.
    """

    __slots__ = ("args", "blank", "key", "kwargs", "numbers", "shapes", "skeleton")

    def __init__(
        self,
        key: Any,
        skeleton: Any,
        shapes: list[Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ):
        self.key = key
        self.skeleton = skeleton
        self.shapes = shapes
        self.args = args
        self.kwargs = kwargs
        self.blank, self.numbers = split_numbers(skeleton)


def _in_surroundings(skeleton: Any) -> Any:
    """A skeleton and what else a trace depends on."""
    if state.checks or state.surroundings or state.exporting:
        return state.checks, state.surroundings, state.exporting, skeleton
    return skeleton


class Tracer:
    """Traces one Python function, as seldom as its calls allow.

    Args:
        python_function: the function.
        name: its name.
        signature: its parameters.
        autograph: whether its control flow is converted.
        jit_compile: whether its traces are compiled by XLA.
    """

    def __init__(
        self,
        python_function: Callable[..., Any],
        name: str,
        signature: Signature,
        autograph: bool,
        jit_compile: bool,
    ):
        self._python_function = python_function
        self._name = name
        self._signature = signature
        self._autograph = autograph
        self._jit_compile = jit_compile
        self._lock = threading.RLock()
        self._created_variables: list[Any] = []
        self.traces = TraceCache()
        self.count = 0

    def find(
        self, skeleton: Any, shapes: list[Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> ConcreteFunction:
        skeleton = _in_surroundings(skeleton)
        key = (skeleton, tuple(shapes))
        found = self.traces.exact.get(key)
        if found is not None:
            return found
        if state.graph is not None:
            found = self.traces.exact.get((id(state.graph), key))
            if found is not None:
                return found
        with self._lock:
            return self._serve(Call(key, skeleton, shapes, args, kwargs))

    def concrete(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> ConcreteFunction:
        """The trace for these arguments, or a more general one that somebody asked for.

        TensorSpecs may stand for tensors.
        """
        leaves: list[Any] = []
        shapes: list[Any] = []
        skeleton = encode((args, kwargs) if kwargs else args, leaves, shapes)
        names = tuple(leaf.name if isinstance(leaf, TensorSpec) else None for leaf in leaves)
        key = (skeleton, tuple(shapes))
        with self._lock:
            if self._signature.input_signature is not None:
                return self.find(skeleton, shapes, args, kwargs)
            key = (_in_surroundings(skeleton), key[1])
            for known in (key, (*key, names)):
                found = self.traces.exact.get(known)
                if found is not None and _is_exact(found, shapes) and is_called(found, names):
                    return found
            general = self.traces.asked_for(key[0], shapes, names)
            if general is not None:
                return general.function
            # Names given to arguments are part of what the function is saved with.
            key = (*key, names) if any(names) else key
            return self._trace(Call(key, key[0], shapes, args, kwargs), shapes)

    def explain(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        """Whether a call would be traced, and why: "be traced: ..." or "not be traced: ..."."""
        shapes: list[Any] = []
        skeleton = encode((args, kwargs) if kwargs else args, [], shapes)
        call = Call((skeleton, tuple(shapes)), skeleton, shapes, args, kwargs)
        traces = self.traces
        if (
            call.key in traces.exact
            or traces.accepting(skeleton, shapes)
            or (self._signature.input_signature is not None and traces.traces)
            or traces.accepting_numbers(call.blank, call.numbers, shapes)
        ):
            return "not be traced: an earlier trace serves this call"
        if not traces.traces:
            return "be traced: it has not been called yet"
        lines = closest(traces.traces, describe_call(self._signature.names, args, kwargs))
        return "be traced: " + "\n  ".join(lines or ["an object was replaced"])

    def _serve(self, call: Call) -> ConcreteFunction:
        if self._signature.input_signature is not None:
            return self._signature_trace(call)
        traces = self.traces
        found = traces.accepting(call.skeleton, call.shapes)
        if found is None and call.numbers:
            found = traces.accepting_numbers(call.blank, call.numbers, call.shapes)
        if found is not None:
            traces.remember(call.key, found.function)
            return found.function
        for attempt in (self._with_free_numbers, self._with_free_shapes):
            function = attempt(call)
            if function is not None:
                return function
        return self._trace(call, call.shapes)

    def _signature_trace(self, call: Call) -> ConcreteFunction:
        wanted = self._signature_shapes(call.args, call.kwargs)
        found = self.traces.exact.get((call.skeleton, tuple(wanted)))
        if found is None:
            found = self._trace(call, wanted, relax=True)
        if found.belongs_to is None:
            self.traces.remember(call.key, found)
            self.traces.remember((call.skeleton, tuple(wanted)), found)
        return found

    def _with_free_shapes(self, call: Call) -> ConcreteFunction | None:
        """A trace that leaves open the dimensions in which this call differs from the last."""
        earlier = self.traces.with_skeleton(call.skeleton)
        if earlier is None or call.skeleton in self.traces.unrelaxable:
            return None
        shapes = [merge_shapes(a, b) for a, b in zip(earlier.shapes, call.shapes, strict=True)]
        return self._general(call, call.skeleton, shapes)

    def _with_free_numbers(self, call: Call) -> ConcreteFunction | None:
        """A trace that takes as tensors the Python numbers that are different at each call."""
        if not call.numbers or call.blank in self.traces.unrelaxable or not fits(call.numbers):
            return None
        similar = [t for t in self.traces.traces if t.blank == call.blank]
        if len({t.numbers for t in similar}) < 2:
            return None
        free = tuple(
            i
            for i, number in enumerate(call.numbers)
            if any(t.numbers[i] != number for t in similar)
        )
        shapes = call.shapes
        for earlier in similar:
            shapes = [merge_shapes(a, b) for a, b in zip(earlier.shapes, shapes, strict=True)]
        return self._general(call, call.blank, shapes, free)

    def _general(
        self, call: Call, kind: Any, shapes: list[Any], free: tuple[int, ...] = ()
    ) -> ConcreteFunction | None:
        """A trace for more than this call; None, and no further try, where the program needs to
        know what would be left open."""
        try:
            return self._trace(call, shapes, relax=True, free=free)
        except Exception as error:  # noqa: BLE001 - whatever it is, the exact trace decides
            _log.info("%s is traced for each of its calls: %s", self._name, error)
            self.traces.unrelaxable.add(kind)
            return None

    def _signature_shapes(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        signature = self._signature.input_signature
        assert signature is not None
        wanted: list[Any] = []
        encode((*signature, *args[len(signature) :]), [], wanted)
        if kwargs:
            encode(kwargs, [], wanted)
        return wanted

    def _trace(
        self, call: Call, shapes: list[Any], relax: bool = False, free: tuple[int, ...] = ()
    ) -> ConcreteFunction:
        given = [TensorShape(s) for s in shapes] if relax else None
        graph, created = self._graph(call, given, free)
        if created:
            # Programs ask whether their variables are there, as optimizers do that are built by
            # the first step: what they do while creating them is not what further calls do.
            graph, _ = self._graph(call, given, free)
        function = ConcreteFunction(graph, self._jit_compile, spec=self._signature)
        if any(isinstance(c, SymbolicTensor) for c in graph.external_captures):
            function.belongs_to = state.graph
            self.traces.remember((id(state.graph), call.key), function)
            return function
        labels = describe_call(self._signature.names, call.args, call.kwargs)
        if free:
            function.free_numbers = free
        made = Trace(function, call.skeleton, shapes, call.blank, call.numbers, labels, relax)
        report_retracing(self._name, self.traces.traces, made)
        self.traces.add(made)
        self.traces.remember(call.key, function)
        return function

    def _graph(
        self, call: Call, shapes: list[Any] | None, free: tuple[int, ...]
    ) -> tuple[FuncGraph, bool]:
        """The graph of the function, and whether variables were created, inside or lifted out."""
        around, state.variables_created = state.variables_created, 0
        try:
            with GraphDeviceScope(None):  # nodes take the device of the call, not of the tracing
                graph = trace(
                    self.converted(),
                    self._name,
                    call.args,
                    call.kwargs,
                    self._signature.names,
                    shapes,
                    free,
                    name_outputs=True,
                )
            created = state.variables_created > 0
        finally:
            state.variables_created = around
        self._check_variables(graph)
        self.count += 1
        return graph, created

    def converted(self) -> Callable[..., Any]:
        """The Python function, its control flow converted if it is to be."""
        if not self._autograph:
            return self._python_function
        from tidefall.function.autograph.calls import traced

        return traced(self._python_function, self._name)

    def _check_variables(self, graph: Any) -> None:
        created = [ref() for ref in graph.created_variables]
        if not created:
            return
        if self._created_variables or any(v is None for v in created):
            raise created_again(graph)
        self._created_variables = graph.created_variables


def _is_exact(function: ConcreteFunction, shapes: list[Any]) -> bool:
    """Whether a trace is for these shapes and no others."""
    if function.free_numbers is not None:
        return False
    traced = [t.shape for t in function.graph.arguments]
    if len(traced) != len(shapes):
        return True
    return all(
        t == TensorShape(s) or (t.rank is None and s is None)
        for t, s in zip(traced, shapes, strict=True)
    )
