"""Running a Python function once with placeholders, to record the graph of what it does."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from typing import Any

from tidefall.base import dtypes, nest
from tidefall.base.composite import CompositeTensor
from tidefall.base.dtypes import DType
from tidefall.base.shapes import TensorShape
from tidefall.base.state import graph_scope, state, tapes_paused
from tidefall.composite.weak_number import WeakNumber
from tidefall.function.binding import placeholders
from tidefall.function.call_keys import LITERALS, Identity
from tidefall.function.number_arguments import with_placeholders
from tidefall.function.variable_arguments import is_argument, spec_of
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.graph.user_code import user_frame
from tidefall.op import raw
from tidefall.tensor.context import context
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import Tensor, TypedTensor
from tidefall.tensor.type_spec import TypeSpec


def created_again(graph: FuncGraph) -> ValueError:
    """The error for a function that creates variables whenever it is traced."""
    frame = graph.first_created
    where = f"\n  at {frame[0]}:{frame[1]}, in {frame[2]}" if frame else ""
    return ValueError(
        "tf.function only supports singleton tf.Variables created on the first call. Make "
        "sure the tf.Variable is only created once or created outside tf.function. See "
        "https://www.tensorflow.org/guide/function#creating_tfvariables for more "
        f"information.{where}"
    )


def trace(
    function: Callable[..., Any],
    name: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    names: Sequence[str] = (),
    shapes: Sequence[TensorShape] | None = None,
    free_numbers: Collection[int] = (),
    name_outputs: bool = False,
) -> FuncGraph:
    """The graph of `function` for arguments like these.

    Args:
        function: the Python function.
        name: name of the graph.
        args, kwargs: example arguments; their tensors (or TensorSpecs) become placeholders.
        names: parameter names, for the placeholders.
        shapes: shapes for the placeholders, in order; the arguments' own by default.
        free_numbers: positions, among the Python numbers in the arguments, of those that become
            tensors; their placeholders come first.
        name_outputs: give each output a node of its own, called Identity as TensorFlow does.
    """
    context.initialize()
    graph = FuncGraph(name)
    graph.outer_tapes = state.tapes
    graph.traced_in = sys._getframe(), user_frame(depth=1)
    try:
        _trace_into(graph, function, name, args, kwargs, names, shapes, free_numbers, name_outputs)
    finally:
        del graph.traced_in
    return graph


def _trace_into(
    graph: FuncGraph,
    function: Callable[..., Any],
    name: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    names: Sequence[str],
    shapes: Sequence[TensorShape] | None,
    free_numbers: Collection[int],
    name_outputs: bool,
) -> None:
    remaining = None if shapes is None else iter(shapes)
    with graph_scope(graph), tapes_paused():
        if free_numbers:
            args, kwargs = with_placeholders(args, kwargs, free_numbers, graph)
        built_args = tuple(
            placeholders(a, graph, names[i] if i < len(names) else f"args_{i}", remaining)
            for i, a in enumerate(args)
        )
        # In the order in which calls flatten them.
        built_kwargs = {k: placeholders(kwargs[k], graph, k, remaining) for k in sorted(kwargs)}
        graph.structured_input_signature = _as_specs((built_args, built_kwargs), graph)
        result = function(*built_args, **built_kwargs)
        structure = nest.map_structure(lambda item: _output(item, name), result)
        graph.structured_outputs = _named(structure) if name_outputs else structure
        graph.outputs = [
            graph.capture(t)
            for t in nest.flatten(graph.structured_outputs, expand_composites=True)
            if isinstance(t, Tensor)
        ]
        graph.structured_outputs = _recaptured(graph.structured_outputs, graph)
    graph.argument_values = {}
    graph.argument_handles = {}


def _named(structure: Any) -> Any:
    identity = raw.Identity

    def own(item: Any) -> Any:
        if not isinstance(item, Tensor) or item.dtype in (dtypes.resource, dtypes.variant):
            return item
        return identity(item)

    return nest.map_structure(own, structure, expand_composites=True)


def _recaptured(structure: Any, graph: FuncGraph) -> Any:
    """The structure with tensors from outside replaced by this graph's."""

    def own(item: Any) -> Any:
        if isinstance(item, CompositeTensor):
            parts = [graph.capture(t) for t in nest.flatten(item, expand_composites=True)]
            return nest.pack_sequence_as(item._type_spec, parts, expand_composites=True)
        return graph.capture(item) if isinstance(item, Tensor) else item

    return nest.map_structure(own, structure)


def _as_specs(structure: Any, graph: FuncGraph) -> Any:
    def spec(item: Any) -> Any:
        if isinstance(item, CompositeTensor):
            return item._type_spec
        if isinstance(item, Tensor):
            return TensorSpec(item.shape, item.dtype, item.op.name)  # type: ignore[attr-defined]
        if isinstance(item, WeakNumber):
            spec = item.tensor
            return TensorSpec(spec.shape, spec.dtype, spec.op.name)
        if is_argument(item):
            return spec_of(item, [handle for handle, _ in graph.argument_handles.values()])
        # The trace must not keep alive the objects it was made for.
        return item if isinstance(item, (*LITERALS, TypeSpec, DType)) else Identity(item)

    return nest.map_structure(spec, structure)


def _output(item: Any, name: str) -> Any:
    if item is None or isinstance(item, (CompositeTensor, TypedTensor)):
        return item
    if isinstance(item, Operation):
        return None
    if isinstance(item, TypeSpec):
        return item
    try:
        return convert_to_tensor(item)
    except (ValueError, TypeError):
        raise TypeError(
            f"To be compatible with tf.function, Python functions must return zero or more Tensors "
            f"or ExtensionTypes or None values; in compilation of {name}, found return value of "
            f"type {type(item).__name__}, which is not a Tensor or ExtensionType."
        ) from None
