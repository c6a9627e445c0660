"""Tracing the parts of control flow: branches and loop bodies as graphs with the same inputs."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes, nest
from tidefall.base.composite import CompositeTensor
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.shapes import TensorShape
from tidefall.base.state import graph_scope, state, tapes_paused
from tidefall.composite.indexed_slices import IndexedSlices
from tidefall.graph.control_dependencies import control_dependencies
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.op import raw
from tidefall.op.op import Op
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor

numbers = itertools.count()


@contextlib.contextmanager
def part(name: str) -> Iterator[FuncGraph]:
    """A graph for a part of the one being built: ops inside the block are added to it."""
    graph = FuncGraph(f"{name}_{next(numbers)}")
    graph.outer_tapes = state.tapes
    with reopened(graph):
        yield graph


@contextlib.contextmanager
def reopened(graph: FuncGraph) -> Iterator[FuncGraph]:
    """Add the ops inside the block to a graph of `part`."""
    with graph_scope(graph), tapes_paused():
        yield graph


def trace_branch(function: Callable[[], Any], name: str) -> FuncGraph:
    with part(name) as graph:
        result = function()
        structured = nest.map_structure(branch_output, result)
        _set_outputs(graph, structured)
    return graph


def _set_outputs(graph: FuncGraph, structured: Any) -> None:
    graph.outputs = [
        graph.capture(t)
        for t in nest.flatten(structured, expand_composites=True)
        if isinstance(t, Tensor)
    ]
    graph.structured_outputs = structured


def branch_output(item: Any) -> Any:
    if item is None or isinstance(item, CompositeTensor):
        return item
    if isinstance(item, Operation):  # `tf.group(...)`: what is returned is that it ran
        with control_dependencies([item]):
            return raw.Identity(convert_to_tensor(True))
    return convert_to_tensor(item)


def share_captures(graphs: Sequence[FuncGraph]) -> list[Any]:
    """Give all graphs the same inputs: the captures of any of them, in one order."""
    outer: dict[int, Any] = {}
    for graph in graphs:
        for tensor in graph.external_captures:
            outer.setdefault(id(tensor), tensor)
    captures = list(outer.values())
    for graph in graphs:
        own = graph.captured
        graph.arguments = [
            own[id(t)][1] if id(t) in own else graph.placeholder_for(t) for t in captures
        ]
        graph.reset_captures([])
    return captures


def _match_indices(graphs: Sequence[FuncGraph]) -> None:
    """Make the indices of slices int64 where one branch has int32 and another int64."""
    flat = [nest.flatten(graph.structured_outputs) for graph in graphs]
    for row in zip(*flat, strict=False):
        if not all(isinstance(item, IndexedSlices) for item in row):
            continue
        if len({item.indices.dtype for item in row}) == 1:
            continue
        for graph, item in zip(graphs, row, strict=True):
            with reopened(graph):
                indices = raw.Cast(item.indices, DstT=dtypes.int64)
                wide = IndexedSlices(item.values, indices, item.dense_shape)
                _set_outputs(graph, _replaced(graph.structured_outputs, item, wide))


def _replaced(structure: Any, old: Any, new: Any) -> Any:
    return nest.map_structure(lambda item: new if item is old else item, structure)


def check_branches(name: str, graphs: Sequence[FuncGraph]) -> None:
    """See that the branches return the same, after making them agree where that is possible.

    Raises:
        TypeError, ValueError: if they return other structures or dtypes.
    """
    _match_indices(graphs)
    first = graphs[0]
    for other in graphs[1:]:
        try:
            nest.assert_same_structure(
                first.structured_outputs, other.structured_outputs, expand_composites=True
            )
        except (ValueError, TypeError) as error:
            raise type(error)(
                f"{name}: the branches must return the same structure. {error}"
            ) from None
        for i, (a, b) in enumerate(zip(first.outputs, other.outputs, strict=True)):
            if a.dtype != b.dtype:
                raise TypeError(
                    f"{name}: the branches must return the same dtypes, but output {i} is "
                    f"{a.dtype.name} in one and {b.dtype.name} in another."
                )


def watch_in_outer(graphs: Sequence[FuncGraph]) -> None:
    """Tell the graph being built, and the tapes, which variables the inner graphs use."""
    graph = state.graph
    if graph is None or not graph.building_function:
        return
    for inner in graphs:
        for variable in inner.variables:
            graph.watch_variable(variable)  # type: ignore[attr-defined]
            for tape in state.tapes:
                tape.watch_variable(variable)


def merged_shapes(graphs: Sequence[FuncGraph]) -> list[TensorShape]:
    merged = []
    for outputs in zip(*(g.outputs for g in graphs), strict=True):
        shape = outputs[0].shape
        for other in outputs[1:]:
            shape = shape.most_specific_compatible_shape(other.shape)
        merged.append(shape)
    return merged


def truth(value: Any) -> bool:
    """What a condition means: numbers by value, strings and other shapes by being non-empty."""
    array = np.asarray(value)
    if array.ndim:
        return array.size > 0
    return bool(array)


def scalar_condition(value: Any, what: str) -> Any:
    """The condition of an If or While node: a bool scalar, or one bool of any rank.

    Raises:
        InvalidArgumentError: for another dtype, or a shape known to have more or fewer elements.
    """
    pred = convert_to_tensor(value)
    if pred.dtype != dtypes.bool:
        raise InvalidArgumentError(
            None,
            None,
            f"The condition of {what} must be a bool scalar, but it is {pred.dtype.name}. Compare "
            "it with something, or use tf.cast(..., tf.bool).",
        )
    if not pred.shape.is_fully_defined() or pred.shape.rank == 0:
        return pred
    if pred.shape.num_elements() != 1:
        raise InvalidArgumentError(
            None,
            None,
            f"The condition of {what} must be a scalar, but it has shape {pred.shape}. "
            "tf.reduce_all and tf.reduce_any make one of it.",
        )
    return raw.Reshape(pred, convert_to_tensor([], dtypes.int32))


def loop_condition(value: Any) -> Any:
    """The condition of a loop as it is; one that is not a scalar would be true for ever."""
    if np.ndim(value):
        raise InvalidArgumentError(
            None,
            None,
            f"The condition of a loop must be a scalar, but it has shape {list(np.shape(value))}. "
            "Reduce it with tf.reduce_any or tf.reduce_all.",
        )
    return value


def is_stateful(graph: FuncGraph) -> bool:
    """True if a graph has a node that TensorFlow calls stateful, so that the node that runs it is
    an If and not a StatelessIf."""
    return any(
        node.op_type.is_stateful for node in graph.nodes if node.op_type is not raw.Placeholder
    )


def op_for(graphs: Sequence[FuncGraph], stateful: Op, stateless: Op) -> Op:
    """Which of two ops runs these graphs: If or StatelessIf, While or StatelessWhile."""
    return stateful if any(is_stateful(g) for g in graphs) else stateless


def announce(node: Any, outputs: Sequence[Any]) -> None:
    """Tell the tapes that outputs are used that a node may have got after they recorded it."""
    for tape in state.tapes:
        if tape.watches(node.inputs):
            tape.extended(node, outputs)
