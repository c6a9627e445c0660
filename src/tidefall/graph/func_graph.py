"""The graph of a function being traced: its inputs and outputs, and what it captures."""

from __future__ import annotations

import copy
import importlib
import re
import weakref
from collections.abc import Iterable, Iterator
from typing import Any

from tidefall.base import dtypes
from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import NODE_NAME, graph_scope, state
from tidefall.graph.graph import Graph
from tidefall.op import raw
from tidefall.op.definition import Attrs
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import (
    EagerTensor,
    MeshTensor,
    SymbolicTensor,
    Tensor,
    TypedTensor,
    hint_of,
)

INLINE_LIMIT = 128
"""Eager tensors of at most this many elements become constants of the graph that captures them."""


@export("__internal__.FuncGraph")
class FuncGraph(Graph):
    """The graph of a function: inputs, outputs, and what it captured from outside.

    Attributes:
        inputs: placeholders of the arguments, then those of the captures.
        outputs: the tensors the function returns, flat.
        captures: pairs of the outer tensor and the placeholder standing for it.
        captured: those pairs by the id of the outer tensor.
        argument_handles: while tracing, variables' handles that are arguments, and placeholders.
        argument_values: while tracing, what each placeholder of an argument stands for in the call.
        n_returned: how many outputs the function returns, where others follow for its gradient.
        enclosing: the graph it is traced in; None where ops run at once.
        base: the graph that the nodes belong to: this one, but for views of others.
    """

    building_function = True
    n_returned: int | None = None

    def __init__(self, name: str, outer_graph: Graph | None = None):
        super().__init__()
        self.name = name
        self.enclosing = outer_graph if outer_graph is not None else state.graph
        if self.enclosing is not None:
            self.take_collections(self.enclosing)
        self._base: FuncGraph | None = None
        self.arguments: list[SymbolicTensor] = []
        self._outputs: list[SymbolicTensor] = []
        self.captured: dict[int, tuple[Any, SymbolicTensor]] = {}
        self._inlined: dict[int, tuple[Any, SymbolicTensor]] = {}
        self.watched: dict[int, Any] = {}
        self.argument_handles: dict[int, tuple[Any, SymbolicTensor]] = {}
        self.outer_tapes: tuple[Any, ...] = ()
        self.argument_values: dict[int, Any] = {}
        self.structured_input_signature: Any = None
        self.structured_outputs: Any = None

    @property
    def outer_graph(self) -> Any:
        """The graph it is traced in; TensorFlow 1's default graph where ops run at once."""
        if self.enclosing is not None:
            return self.enclosing
        with graph_scope(None):
            return importlib.import_module("tidefall.graph.v1.default_graph").get_default_graph()

    @property
    def outputs(self) -> list[SymbolicTensor]:
        return self._outputs

    @outputs.setter
    def outputs(self, outputs: list[Any]) -> None:
        self._outputs = outputs
        self.changed()

    @property
    def base(self) -> FuncGraph:
        return self if self._base is None else self._base

    @property
    def version(self) -> int:
        """A number that grows with every change: nodes added or replaced, other inputs, outputs."""
        return self._version if self._base is None else self._version + self._base.version

    def view(self, outputs: list[SymbolicTensor], name: str | None = None) -> FuncGraph:
        """This graph with other outputs; nodes and inputs are shared.

        Args:
            outputs: tensors of this graph.
            name: the view's name; the graph's own by default.
        """
        view = copy.copy(self)
        view._begin_anew(self.base)
        view.name = self.name if name is None else name
        view.outputs = outputs
        return view

    def _begin_anew(self, base: FuncGraph) -> None:
        """Be a view of a graph, just copied: what was found out about that one is forgotten."""
        self._base = base
        self._version, self._analyses = 0, {}

    @property
    def inputs(self) -> list[SymbolicTensor]:
        return self.arguments + [inner for _, inner in self.captured.values()]

    @property
    def captures(self) -> list[tuple[Any, SymbolicTensor]]:
        return list(self.captured.values())

    def lift_captures(self) -> None:
        """Make the placeholders of the captures arguments, after the others."""
        self.arguments = self.inputs
        self.captured = {}

    def reset_captures(self, captures: Iterable[tuple[Any, SymbolicTensor]]) -> None:
        """Let these pairs of an outer tensor and its placeholder be all that is captured."""
        self.captured = {id(outer): (outer, inner) for outer, inner in captures}

    def stand_in(self, tensor: Any) -> SymbolicTensor | None:
        """What stands in this graph for a tensor from outside; None if it was not used yet."""
        found = self.captured.get(id(tensor)) or self._inlined.get(id(tensor))
        return None if found is None else found[1]

    @property
    def uses_outside(self) -> bool:
        """Whether anything in this graph stands for a tensor from outside."""
        return bool(self.captured or self._inlined)

    @property
    def external_captures(self) -> list[Any]:
        return [outer for outer, _ in self.captured.values()]

    @property
    def variables(self) -> tuple[Any, ...]:
        """Variables used, in the order they were first used; dead ones are left out."""
        return tuple(v for v in (ref() for ref in self.watched.values()) if v is not None)

    @property
    def trainable_variables(self) -> tuple[Any, ...]:
        return tuple(v for v in self.variables if v.trainable)

    def watch_variable(self, variable: Any) -> None:
        """Note that the function uses `variable`, unless that is one of its arguments."""
        if id(variable.handle) in self.argument_handles:
            return
        key = id(variable)
        if key not in self.watched:
            self.watched[key] = weakref.ref(variable)

    def placeholder(self, dtype: Any, shape: Any, name: str) -> SymbolicTensor:
        """Add a Placeholder node."""
        attrs: Attrs = {"dtype": as_dtype(dtype), "shape": TensorShape(shape)}
        return self.add_node(raw.Placeholder, [], attrs, name).outputs[0]

    def add_argument(self, dtype: Any, shape: Any, name: str) -> SymbolicTensor:
        """Add a placeholder for the next argument; nodes cannot have every name."""
        if not NODE_NAME.match(name):
            name = re.sub(r"\W", "_", name)
            name = f"tensor_{name}" if name.startswith("_") else name
        tensor = self.placeholder(dtype, shape, name)
        self.arguments.append(tensor)
        return tensor

    def capture(self, tensor: Any, name: str | None = None) -> SymbolicTensor:
        if isinstance(tensor, SymbolicTensor) and tensor.op.graph is self:
            return tensor
        if not isinstance(tensor, Tensor):
            raise TypeError(f"Only tensors can be captured by a function. Received: {tensor!r}")
        if isinstance(tensor, SymbolicTensor):
            self._check_reachable(tensor)
        key = id(tensor)
        found = self.captured.get(key) or self._inlined.get(key) or self.argument_handles.get(key)
        if found is None:
            if self._can_inline(tensor):
                found = (tensor, self._inline(tensor))
                self._inlined[id(tensor)] = found
                return found[1]
            found = (tensor, self.placeholder_for(tensor, name))
            self.captured[id(tensor)] = found
        for tape in state.tapes:
            tape.link(tensor, found[1])
        return found[1]

    def placeholder_for(self, tensor: Tensor, name: str | None = None) -> SymbolicTensor:
        """Add a placeholder that is to stand for a tensor from outside."""
        with graph_scope(self):
            saved, state.name_scope = state.name_scope, ""
            dtype = tensor.dtype.base_dtype
            inner = self.placeholder(dtype, tensor.shape, name or _capture_name(tensor))
            state.name_scope = saved
        if tensor.dtype == dtypes.resource:
            # The outermost handle: it knows its variable.
            inner.value_hint = hint_of(tensor)
        elif tensor.dtype == dtypes.variant:
            inner.value_hint = tensor
        return inner

    def _inline(self, tensor: Any) -> SymbolicTensor:
        """A constant of this graph with the value of a small outer tensor."""
        value = (
            tensor.op.attrs["value"] if isinstance(tensor, SymbolicTensor) else tensor.host_array()
        )
        with graph_scope(self):
            saved, state.name_scope = state.name_scope, ""
            inner = self.constant(value, tensor.dtype, name="Const")
            state.name_scope = saved
        return inner

    def _can_inline(self, tensor: Tensor) -> bool:
        if isinstance(tensor, SymbolicTensor) and tensor.op.op_type is raw.Const:
            # One that gradients may be asked for is to be seen as an input.
            small = tensor.op.attrs["value"].size <= INLINE_LIMIT
            return small and not (tensor.dtype.is_floating or tensor.dtype.is_complex)
        if not isinstance(tensor, EagerTensor) or isinstance(tensor, (MeshTensor, TypedTensor)):
            return False
        if tensor.storage.size > INLINE_LIMIT:
            return False
        return not any(tape.watches((tensor,)) for tape in self._tapes_around())

    def _tapes_around(self) -> Iterator[Any]:
        """The tapes that record this graph, and those that record what it is traced inside of."""
        yield from state.tapes
        graph: Any = self
        while graph is not None:
            yield from getattr(graph, "outer_tapes", ())
            graph = graph.enclosing

    def _check_reachable(self, tensor: SymbolicTensor) -> None:
        graph: Graph | None = self.enclosing
        while graph is not None:
            if tensor.op.graph is graph:
                return
            graph = graph.enclosing
        from tidefall.base.errors import InaccessibleTensorError

        where = f" It was created at {tensor.op.user_line}." if tensor.op.user_line else ""
        raise InaccessibleTensorError(
            f"{tensor!r} is out of scope and cannot be used here. Use return values, explicit "
            f"Python locals or TensorFlow collections to access it.{where}"
        )

    def replace_capture(self, old: Any, new: Any) -> None:
        """Let the placeholder that stands for `old` stand for `new` from now on."""
        _, inner = self.captured.pop(id(old))
        self.captured[id(new)] = (new, inner)

    def make_capture(self, node: Any, tensor: Tensor) -> None:
        """Turn a node with one output into the placeholder of a captured resource handle."""
        inner = node.outputs[0]
        node.op_type = raw.Placeholder
        node.attrs = {"dtype": inner.dtype, "shape": TensorShape([])}
        inner.value_hint = tensor
        self.captured[id(tensor)] = (tensor, inner)
        self.changed()

    def capture_call_time_value(self, closure: Any, spec: Any, key: Any = None) -> SymbolicTensor:
        """Capture the value that a function returns at each call of this graph's function.

        Args:
            closure: function without arguments that returns a tensor.
            spec: TensorSpec of the tensor.
            key: captures with the same key share one placeholder.
        """
        for outer, inner in self.captured.values():
            if key is not None and isinstance(outer, DeferredCapture) and outer.key == key:
                return inner
        deferred = DeferredCapture(closure, spec, key)
        with graph_scope(self):
            saved, state.name_scope = state.name_scope, ""
            inner = self.placeholder(spec.dtype, spec.shape, "deferred_capture")
            state.name_scope = saved
        self.captured[id(deferred)] = (deferred, inner)
        return inner


class DeferredCapture:
    """A captured value that is asked for at each call."""

    __slots__ = ("closure", "key", "spec")

    def __init__(self, closure: Any, spec: Any, key: Any = None):
        self.closure = closure
        self.spec = spec
        self.key = key

    def value(self) -> Any:
        """The value for a call made now.

        Raises:
            TypeError: if the function returns a tensor that does not fit its spec.
        """
        graph = state.graph
        if isinstance(graph, FuncGraph):
            return graph.capture_call_time_value(self.closure, self.spec, self.key)
        value = convert_to_tensor(self.closure(), self.spec.dtype)
        if not self.spec.shape.is_compatible_with(value.shape):
            raise TypeError(
                f"A deferred capture gave a tensor of shape {value.shape}; the function was traced "
                f"for {self.spec.shape}."
            )
        return value


def _capture_name(tensor: Tensor) -> str:
    if isinstance(tensor, SymbolicTensor):
        return tensor.op.name.replace("/", "_")
    return "capture"
