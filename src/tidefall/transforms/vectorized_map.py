"""`tf.vectorized_map`, and the vectorization of Jacobians."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes, nest
from tidefall.base.composite import CompositeTensor
from tidefall.base.exports import export
from tidefall.base.state import graph_scope, state, tapes_paused
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.control_flow.functional import map_fn
from tidefall.control_flow.subgraphs import branch_output, watch_in_outer
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.op import raw
from tidefall.ops.batching import Value
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import Tensor
from tidefall.transforms.pfor.convert import Runs


@export("vectorized_map")
def vectorized_map(
    fn: Callable[..., Any], elems: Any, fallback_to_while_loop: bool = True, warn: bool = True
) -> Any:
    """Apply a function to the slices of tensors, all at once.

    The function is traced for one slice, and every op of it is replaced by one that works on all
    slices. It must not depend on the order of the slices.

    Args:
        fn: called with a slice, or a nest of slices like `elems`.
        elems: tensor `[n, ...]`, or a nest of them, whose first dimensions are `n` or 1; those of
            size 1 are repeated.
        fallback_to_while_loop: run an op that cannot work on all slices once for each of them,
            instead of raising an error.
        warn: accepted for TensorFlow's sake.

    Returns:
        The results, stacked: each `[n, ...]`.

    Raises:
        ValueError: if an element is a scalar or the first dimensions do not agree; and, without
            `fallback_to_while_loop`, for an op that cannot work on all slices.

    >>> import tidefall as tf
    >>> tf.vectorized_map(lambda x: tf.reduce_sum(x), tf.constant([[1.0, 2.0], [3.0, 4.0]])).numpy()
    array([3., 7.], dtype=float32)
    """
    flat = [_as_value(e) for e in nest.flatten(elems)]
    if not flat:
        raise ValueError(f"elems must contain at least one tensor. Received: {elems!r}")
    for value in flat:
        if value.shape.rank == 0:
            raise ValueError("Elements in elems must be 1+ dimensional Tensors, not scalars")
    if any(isinstance(v, CompositeTensor) for v in flat):
        return _mapped(fn, nest.pack_sequence_as(elems, flat), flat)
    flat, count, static = _repeated(flat)
    graph = FuncGraph("loop_body")
    graph.outer_tapes = state.tapes
    with graph_scope(graph), tapes_paused():
        slices = [
            graph.add_argument(v.dtype, v.shape[1:] if v.shape.rank else None, "slice")
            for v in flat
        ]
        structure = nest.map_structure(_output, fn(nest.pack_sequence_as(elems, slices)))
        leaves = nest.flatten(structure)
        composite = any(isinstance(t, CompositeTensor) for t in leaves)
        if not composite:
            graph.outputs = [graph.capture(t) for t in leaves if t is not None]
    if composite:
        return _mapped(fn, nest.pack_sequence_as(elems, flat), flat)
    runs = Runs(count, static, fallback_to_while_loop)
    results = iter(run_all(runs, graph, [Value(v, True) for v in flat]))
    packed = [None if t is None else next(results) for t in leaves]
    return nest.pack_sequence_as(structure, packed)


def _output(item: Any) -> Any:
    if isinstance(item, Operation):
        raise TypeError(
            "The function of tf.vectorized_map must return tensors, composite tensors or None; it "
            f"returned the operation '{item.name}'."
        )
    return branch_output(item)


def _as_value(value: Any) -> Any:
    return value if isinstance(value, CompositeTensor) else convert_to_tensor(value)


def _repeated(flat: list[Any]) -> tuple[list[Any], Any, int | None]:
    """The tensors with first dimensions of size 1 repeated, and how many slices there are."""
    sizes = {v.shape[0] for v in flat if v.shape.rank is not None} - {None, 1}
    if len(sizes) > 1:
        raise ValueError(f"The first dimensions of elems differ: {sorted(sizes)}")  # type: ignore[type-var]
    unknown = [v for v in flat if v.shape.rank is None or v.shape[0] is None]
    if not sizes and unknown:
        count = raw.Shape(unknown[0])[0]
        return flat, count, None
    static = next(iter(sizes), 1)
    count = convert_to_tensor(static, dtypes.int32)
    return [_broadcast(v, static) for v in flat], count, static  # type: ignore[arg-type]


def _broadcast(value: Any, size: int) -> Any:
    if value.shape.rank is None or value.shape[0] != 1 or size == 1:
        return value
    shape = raw.Shape(value)[1:]
    full = raw.ConcatV2([np.array([size], np.int32), shape], 0)
    return raw.BroadcastTo(value, full)


def run_all(runs: Runs, graph: FuncGraph, stacked: list[Value]) -> list[Any]:
    """The outputs of a traced function for all runs, each with a dimension for them."""
    watch_in_outer([graph])
    if state.graph is None:
        for variable in graph.variables:
            for tape in state.tapes:
                tape.watch_variable(variable)
    captured = [Value(outer, False) for outer in graph.external_captures]
    return [runs.stack(v) for v in runs.convert(graph, [*stacked, *captured])]


def run_vectorized(step: Any, rows: Any, parallel: bool, limit: int | None) -> list[Any]:
    """What a function of one tensor returns for each row of a tensor, stacked.

    Args:
        step: takes a row, returns a list of tensors and Nones, the same for every row.
        rows: tensor `[n, ...]`.
        parallel: all rows at once; else one after the other.
        limit: at most so many rows at once.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"parallel_iterations must be None or positive. Received: {limit}")
    graph = FuncGraph("loop_body")
    graph.outer_tapes = state.tapes
    with graph_scope(graph), tapes_paused():
        row = graph.add_argument(rows.dtype, rows.shape[1:], "row")
        results = step(row)
        graph.outputs = [graph.capture(t) for t in results if t is not None]
    if parallel:
        found = _in_parts(graph, rows, limit)
    else:
        specs = [TensorSpec(t.shape, t.dtype) for t in graph.outputs]
        found = _one_after_the_other(step, rows, specs)
    given = iter(found)
    return [None if r is None else next(given) for r in results]


def _one_after_the_other(step: Any, rows: Any, specs: list[TensorSpec]) -> list[Any]:
    if not specs:
        return []
    found = map_fn(
        lambda r: tuple(t for t in step(r) if t is not None), rows, fn_output_signature=tuple(specs)
    )
    return list(found)


def _in_parts(graph: FuncGraph, rows: Any, limit: int | None) -> list[Any]:
    static = rows.shape[0]
    count = raw.Shape(rows)[0] if static is None else convert_to_tensor(static, dtypes.int32)
    if limit is None or static is None or limit >= static:
        return run_all(Runs(count, static), graph, [Value(rows, True)])
    parts = []
    for start in range(0, static, limit):
        part = rows[start : start + limit]
        size = min(limit, static - start)
        runs = Runs(convert_to_tensor(size, dtypes.int32), size)
        parts.append(run_all(runs, graph, [Value(part, True)]))
    return [raw.ConcatV2(list(p), 0) for p in zip(*parts, strict=True)]


# ---- ragged and sparse elements and results: one after the other ----


def _mapped(fn: Callable[..., Any], elems: Any, flat: list[Any]) -> Any:
    return map_fn(fn, elems, fn_output_signature=_output_specs(fn, elems, flat))


def _output_specs(fn: Callable[..., Any], elems: Any, flat: list[Any]) -> Any:
    """What the function returns, found by tracing it once."""
    graph = FuncGraph("vectorized_map")
    with graph_scope(graph), tapes_paused():
        slices = [
            _row_like(graph, v)
            if isinstance(v, CompositeTensor)
            else graph.placeholder(v.dtype, v.shape[1:], "slice")
            for v in flat
        ]
        result = fn(nest.pack_sequence_as(elems, slices))
        return nest.map_structure(_traced_spec, result)


def _row_like(graph: FuncGraph, value: Any) -> Any:
    if isinstance(value, RaggedTensor):
        return value[0]
    assert isinstance(value, SparseTensor)
    rank = value.shape.rank
    inner = None if rank is None else rank - 1
    return SparseTensor(
        graph.placeholder(dtypes.int64, [None, inner], "indices"),
        graph.placeholder(value.dtype, [None], "values"),
        graph.placeholder(dtypes.int64, [inner], "dense_shape"),
    )


def _traced_spec(value: Any) -> Any:
    if isinstance(value, CompositeTensor):
        return value._type_spec
    tensor = value if isinstance(value, Tensor) else convert_to_tensor(value)
    return TensorSpec(tensor.shape, tensor.dtype)
