"""Jacobians: the gradient of every element of a tensor, for all elements side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.autodiff.backprop import backprop
from tidefall.base import dtypes
from tidefall.base.services import services
from tidefall.base.state import state
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor


def jacobian_of(
    records: Sequence[Any],
    target: Any,
    sources: Sequence[Any],
    parallel: bool,
    limit: int | None = None,
) -> list[Any]:
    """The derivative of each element of a tensor of shape `T` by each source of shape `S`.

    Args:
        records: what happened, in order.
        target: the tensor.
        sources: tensors, or handles of variables.
        parallel: work on the elements side by side instead of one after the other.
        limit: how many at a time.

    Returns:
        For each source a tensor of shape `T + S`, or None.
    """
    shape = shape_of(target)
    count = _product(shape)
    eye = _identity_matrix(count, target.dtype)
    seeds = raw.Reshape(eye, _joined(count, shape))
    if target.shape.is_fully_defined():
        rows = target.shape.num_elements()
        _set_shape(seeds, [rows, *target.shape.as_list()])
    found = _rows(records, target, sources, seeds, parallel, limit)
    results = [None if g is None else _unfolded(g, shape, target.shape) for g in found]
    for result, source in zip(results, sources, strict=True):
        _set_known(result, target.shape, source, 0)
    return results


def batch_jacobian_of(
    records: Sequence[Any], target: Any, source: Any, parallel: bool, limit: int | None = None
) -> Any:
    """The derivative of each row of a tensor `[b, ...]` by the same row of `source`.

    Returns:
        A tensor `[b, ..., ...]`, or None if there is no dependence.
    """
    shape = shape_of(target)
    slice_op = raw.Slice
    one, all_of = np.array([1], np.int32), np.array([-1], np.int32)
    inner = slice_op(shape, one, all_of)
    batch = slice_op(shape, np.array([0], np.int32), one)
    count = _product(inner)
    eye = _identity_matrix(count, target.dtype)
    spread = raw.Reshape(eye, _joined(count, one, inner))
    seeds = raw.BroadcastTo(spread, _joined(count, batch, inner))
    (found,) = _rows(records, target, [source], seeds, parallel, limit)
    if found is None:
        return None
    rank = found.shape.rank
    if rank is None:
        perm = raw.ConcatV2([np.array([1, 0], np.int32), raw.Range(2, raw.Rank(found), 1)], 0)
    else:
        perm = np.array([1, 0, *range(2, rank)], np.int32)
    rows = raw.Transpose(found, perm)
    rest = slice_op(shape_of(found), np.array([2], np.int32), all_of)
    result = raw.Reshape(rows, raw.ConcatV2([shape, rest], 0))
    if found.shape.rank is not None and target.shape.rank is not None:
        _set_shape(result, [*target.shape.as_list(), *found.shape.as_list()[2:]])
    _set_known(result, target.shape, source, 1)
    return result


def _rows(
    records: Sequence[Any],
    target: Any,
    sources: Sequence[Any],
    seeds: Any,
    parallel: bool,
    limit: int | None,
) -> list[Any]:
    def step(seed: Any) -> list[Any]:
        found = backprop(records, [target], [seed], sources)
        return [None if g is None else convert_to_tensor(g) for g in found]

    rows = seeds.shape[0] if seeds.shape.rank is not None else None
    if not parallel and state.graph is None and rows is not None:
        return _one_by_one(step, seeds, rows)
    return services.run_vectorized(step, seeds, parallel, limit)


def _one_by_one(step: Callable[[Any], list[Any]], seeds: Any, rows: int) -> list[Any]:
    if not rows:
        found = step(raw.Reshape(seeds, shape_of(seeds)[1:]))
        return [None if g is None else raw.ExpandDims(g, 0)[:0] for g in found]
    results = [step(seed) for seed in raw.Unpack(seeds, num=rows, axis=0)]
    columns = zip(*results, strict=True)
    return [None if column[0] is None else raw.Pack(list(column)) for column in columns]


def shape_of(tensor: Any) -> Any:
    """The shape of a tensor, as an int32 vector; a constant if it is known."""
    if tensor.shape.is_fully_defined():
        return convert_to_tensor(np.array(tensor.shape.as_list(), np.int32))
    return raw.Shape(tensor)


def _product(sizes: Any) -> Any:
    known = _known(sizes)
    if known is not None:
        return convert_to_tensor(np.array(int(np.prod(known)), np.int32))
    return raw.Prod(sizes, np.array([0], np.int32))


def _known(tensor: Any) -> Any:
    if hasattr(tensor, "host_array"):
        return tensor.host_array()
    return tensor.op.attrs["value"] if tensor.op.op_type is raw.Const else None


def _identity_matrix(count: Any, dtype: Any) -> Any:
    """`count` by `count`, ones on the diagonal."""
    known = _known(count)
    if known is not None:
        matrix = np.eye(int(known), dtype=dtype.as_numpy_dtype)
        return convert_to_tensor(matrix)
    one, zero = convert_to_tensor(1, dtype), convert_to_tensor(0, dtype)
    return raw.OneHot(raw.Range(0, count, 1), count, one, zero)


def _joined(count: Any, *shapes: Any) -> Any:
    first = raw.Reshape(count, np.array([1], np.int32))
    return raw.ConcatV2([first, *shapes], 0)


def _unfolded(rows: Any, shape: Any, static: Any) -> Any:
    """`[n, ...]` as `T + [...]`, where `n` is the number of elements of a tensor of shape `T`."""
    rest = raw.Slice(shape_of(rows), np.array([1], np.int32), np.array([-1], np.int32))
    result = raw.Reshape(rows, raw.ConcatV2([shape, rest], 0))
    if rows.shape.rank is not None and static.rank is not None:
        _set_shape(result, [*static.as_list(), *rows.shape.as_list()[1:]])
    return result


def _set_shape(tensor: Any, shape: list[int | None]) -> None:
    if getattr(tensor, "is_symbolic", False):
        tensor.set_shape(shape)


def _set_known(tensor: Any, target: Any, source: Any, skipped: int) -> None:
    """What the shapes of target and source tell of a Jacobian's."""
    if tensor is None or source.dtype == dtypes.resource:
        return
    if target.rank is not None and source.shape.rank is not None:
        _set_shape(tensor, [*target.as_list(), *source.shape.as_list()[skipped:]])
