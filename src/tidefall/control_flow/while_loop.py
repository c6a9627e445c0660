"""`tf.while_loop`, and the While op."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tidefall.base import dtypes, nest
from tidefall.base.composite import CompositeTensor
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import graph_scope, state, tapes_paused
from tidefall.control_flow.loop_gradient import while_gradient
from tidefall.control_flow.loop_lowering import while_xla
from tidefall.control_flow.subgraphs import (
    branch_output,
    loop_condition,
    numbers,
    op_for,
    scalar_condition,
    share_captures,
    truth,
    watch_in_outer,
)
from tidefall.graph.func_graph import FuncGraph
from tidefall.op import raw
from tidefall.op.effects import calls
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.op.traits import LOOP
from tidefall.runtime.graph_function import GraphFunction
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.type_spec import TypeSpec


@export("while_loop")
def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    maximum_iterations: Any = None,
    name: str | None = None,
) -> Any:
    """Repeat `body` while `cond` holds.

    Args:
        cond: function of the loop variables that returns a bool scalar.
        body: function of the loop variables that returns their next values.
        loop_vars: initial values: tensors, or nests of them.
        shape_invariants: shapes that hold in every iteration, where they change.
        parallel_iterations, swap_memory: accepted for TensorFlow's sake.
        back_prop: False stops gradients at the results, in a graph.
        maximum_iterations: stop after as many.

    Returns:
        The loop variables after the last iteration.

    Raises:
        TypeError: for functions that are not callable.
        ValueError: if a variable changes its shape without a shape invariant.

    >>> import tidefall as tf
    >>> tf.while_loop(lambda i: i < 5, lambda i: [i + 1], [tf.constant(0)])[0].numpy()
    np.int32(5)
    """
    if not callable(cond):
        raise TypeError(f"'cond' must be callable. Received: {cond!r}")
    if not callable(body):
        raise TypeError(f"'body' must be callable. Received: {body!r}")
    if parallel_iterations < 1:
        raise TypeError(
            f"'parallel_iterations' must be a positive integer. Received: {parallel_iterations!r}"
        )
    if not nest.flatten(loop_vars):
        raise ValueError("'loop_vars' must be provided.")
    if maximum_iterations is not None:
        limit = convert_to_tensor(maximum_iterations)
        if limit.shape.rank not in (None, 0):
            raise ValueError(
                f"'maximum_iterations' must be a scalar. Received shape: {limit.shape}"
            )
    if state.graph is None:
        return _eager_loop(cond, body, loop_vars, maximum_iterations)
    out = _graph_loop(cond, body, loop_vars, shape_invariants, maximum_iterations, name or "while")
    return out if back_prop else nest.map_structure(raw.StopGradient, out, expand_composites=True)


def _eager_loop(cond: Any, body: Any, loop_vars: Any, maximum: Any) -> Any:
    """Call the functions with the loop variables as they are; what comes out are tensors."""
    limit = None if maximum is None else int(np.asarray(maximum))
    packed = isinstance(loop_vars, (list, tuple))
    values = list(loop_vars) if packed else [loop_vars]
    structure = nest.map_structure(branch_output, values)
    count = 0
    kind = loop_vars
    while (limit is None or count < limit) and bool(np.asarray(cond(*values))):
        result = body(*values)
        if isinstance(result, (list, tuple)) and packed and len(values) == len(result):
            kind, values = result, list(result)
        else:
            values = [result]
        if not count:
            nest.assert_same_structure(structure, values)
        count += 1
    values = nest.map_structure(branch_output, values)
    return _as_given(kind, values) if packed else values[0]


def _graph_loop(
    cond: Any, body: Any, loop_vars: Any, invariants: Any, maximum: Any, name: str
) -> Any:
    packed = isinstance(loop_vars, (list, tuple))
    structure = list(loop_vars) if packed else [loop_vars]
    structure = nest.map_structure(branch_output, structure)
    flat = nest.flatten(structure, expand_composites=True)
    shapes = _loop_shapes(flat, structure, invariants, packed)
    counted = maximum is not None
    start = [convert_to_tensor(0, dtypes.int32), *flat] if counted else flat
    kept = [TensorShape(()), *shapes] if counted else shapes
    limit = convert_to_tensor(maximum, dtypes.int32) if counted else None
    outer = state.graph

    def trace(function: Callable[..., Any], label: str, shapes_in: list[TensorShape]) -> FuncGraph:
        graph = FuncGraph(f"{label}_{next(numbers)}")
        graph.outer_tapes = state.tapes
        with graph_scope(graph), tapes_paused():
            arguments = [
                graph.add_argument(t.dtype, s, f"loop_var_{i}")
                for i, (t, s) in enumerate(zip(start, shapes_in, strict=True))
            ]
            results = function(graph, arguments)
            graph.outputs = [graph.capture(t) for t in results]
        return graph

    def restore(arguments: list[Any]) -> Any:
        values = arguments[1:] if counted else arguments
        return nest.pack_sequence_as(structure, values, expand_composites=True)

    def run_cond(graph: FuncGraph, arguments: list[Any]) -> list[Any]:
        result = scalar_condition(cond(*restore(arguments)), "tf.while_loop")
        if counted:
            below = raw.Less(arguments[0], limit)
            result = raw.LogicalAnd(result, below)
        return [result]

    def run_body(graph: FuncGraph, arguments: list[Any]) -> list[Any]:
        result = body(*restore(arguments))
        if result is None:
            raise TypeError("tf.while_loop: the body returned None instead of the loop variables.")
        values = list(result) if isinstance(result, (list, tuple)) and packed else [result]
        values = nest.map_structure(branch_output, values)
        nest.assert_same_structure(structure, values, check_types=False, expand_composites=True)
        outputs = nest.flatten(values, expand_composites=True)
        for i, (before, after) in enumerate(zip(flat, outputs, strict=True)):
            if before.dtype != after.dtype:
                raise TypeError(
                    f"tf.while_loop: Loop var {_name_of(flat[i])} enters the loop with type "
                    f"{before.dtype} but has type {after.dtype} after 1 iteration. Its dtype "
                    "must not change."
                )
        if counted:
            return [raw.AddV2(arguments[0], convert_to_tensor(1, dtypes.int32)), *outputs]
        return outputs

    body_graph = trace(run_body, "while_body", kept)
    given = invariants is not None
    relaxed = _checked_shapes(kept, body_graph.outputs, given)
    if relaxed != kept:
        kept = relaxed
        body_graph = trace(run_body, "while_body", kept)
    cond_graph = trace(run_cond, "while_cond", kept)
    graphs = [cond_graph, body_graph]
    captures = _loop_captures(graphs, len(start))
    watch_in_outer(graphs)
    assert outer is not None
    n = len(start)
    body_graph.outputs = body_graph.outputs + body_graph.arguments[n:]
    outputs = op_for(graphs, raw.While, raw.StatelessWhile)(
        [*start, *captures],
        cond=GraphFunction(cond_graph.name, cond_graph),
        body=GraphFunction(body_graph.name, body_graph),
        output_shapes=[*kept, *(t.shape for t in captures)],
        name=name,
    )
    values = restore(list(outputs[:n]))
    if not packed:
        return values[0]
    return _as_given(loop_vars, values)


def _as_given(given: Any, values: list[Any]) -> Any:
    """A list of values as a list, tuple or named tuple, like what was given."""
    if hasattr(given, "_fields"):
        return type(given)(*values)
    return tuple(values) if isinstance(given, tuple) else values


def _loop_shapes(
    flat: list[Any], structure: list[Any], invariants: Any, packed: bool
) -> list[TensorShape]:
    if invariants is None:
        return [t.shape for t in flat]
    given = list(invariants) if packed and isinstance(invariants, (list, tuple)) else [invariants]
    leaves: list[TensorShape] = []
    for item, value in _pairs(given, structure):
        if isinstance(value, CompositeTensor):
            spec = item if isinstance(item, TypeSpec) else value._shape_invariant_to_type_spec(item)
            leaves += [c.shape for c in nest.flatten(spec, expand_composites=True)]
        else:
            leaves.append(_invariant(item))
    if len(leaves) != len(flat):
        raise ValueError(
            f"shape_invariants has {len(leaves)} shapes for {len(flat)} loop variables."
        )
    return leaves


def _invariant(item: Any) -> TensorShape:
    """The shape that a loop variable keeps."""
    if isinstance(item, TensorShape):
        return item
    if not isinstance(item, TypeSpec):
        raise TypeError(
            f"shape_invariants must hold tf.TensorShape or tf.TypeSpec objects. Received: {item!r}"
        )
    return TensorShape(item.shape)


def _pairs(invariants: list[Any], structure: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Each shape with the loop variable it is for."""
    if len(invariants) != len(structure):
        raise ValueError(
            f"shape_invariants has {len(invariants)} items for {len(structure)} loop variables."
        )
    values = nest.flatten(structure)
    shapes = nest.flatten(invariants)
    if len(values) != len(shapes):
        raise ValueError(
            f"shape_invariants has {len(shapes)} shapes for {len(values)} loop variables."
        )
    return zip(shapes, values, strict=True)


def _checked_shapes(
    before: list[TensorShape], outputs: list[Any], given: bool
) -> list[TensorShape]:
    """The shapes that hold before and after an iteration."""
    result = []
    for i, (shape, out) in enumerate(zip(before, outputs, strict=True)):
        if out.shape.is_subtype_of(shape):
            result.append(shape)
            continue
        merged = shape.most_specific_compatible_shape(out.shape)
        if shape.is_fully_defined() and out.shape.is_fully_defined():
            raise ValueError(
                f"tf.while_loop: loop variable {i} enters the loop with shape {shape}, but has "
                f"shape {out.shape} after one iteration. To allow the shape to vary across "
                "iterations, use the `shape_invariants` argument of tf.while_loop to specify a "
                "less-specific shape."
            )
        result.append(merged)
    return result


def _loop_captures(graphs: list[FuncGraph], n: int) -> list[Any]:
    heads = [graph.arguments[:n] for graph in graphs]
    for graph in graphs:
        graph.arguments = []
    captures = share_captures(graphs)
    for graph, head in zip(graphs, heads, strict=True):
        graph.arguments = head + graph.arguments
    return captures


def _while_shape(c: Inference) -> list[TensorShape]:
    given = c.attr("output_shapes")
    return list(given) if given else [t.shape for t in c.inputs]


def _while_host(input: list[Any], *, cond: Any, body: Any) -> list[Any]:
    values = list(input)
    while truth(loop_condition(cond.run(values)[0])):
        values = body.run(values)
    return values


_while_host.takes_device_arrays = True  # type: ignore[attr-defined]


for _name in ("While", "StatelessWhile"):
    op(
        _name,
        shape=_while_shape,
        host=_while_host,
        xla=while_xla,
        effects=calls("input"),
        traits=(LOOP,),
        gradient=while_gradient,
    )


def _name_of(tensor: Any) -> str:
    """What a message calls a loop variable."""
    return getattr(tensor, "name", "")
