"""The ops behind ragged tensors: padding to dense, conversion to sparse, ranges."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.errors import UnimplementedError
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, jnp, shape_text
from tidefall.tensor.conversion import convert_to_tensor

# ---- RaggedTensorToTensor ----


def _types(row_partition_types: Any) -> list[str]:
    return [t.decode() if isinstance(t, bytes) else t for t in row_partition_types]


def _splits(tensors: list[Any], types: list[str], xp: Any) -> tuple[Any, list[Any]]:
    """The number of rows, and for each partition the row and offset functions' tables."""
    rows: Any = None
    partitions: list[Any] = []
    for tensor, kind in zip(tensors, types, strict=True):
        if kind == "FIRST_DIM_SIZE":
            rows = int(tensor)
        elif kind == "ROW_SPLITS":
            if rows is None:
                rows = tensor.shape[0] - 1
            partitions.append(tensor)
        elif kind == "VALUE_ROWIDS":
            if rows is None:
                raise invalid("VALUE_ROWIDS needs FIRST_DIM_SIZE before it")
            count = rows if not partitions else partitions[-1].shape[0] - 1
            if len(partitions):
                count = int(partitions[-1][-1])
            partitions.append(xp.searchsorted(tensor, xp.arange(count + 1)))
        else:
            raise invalid(f"unsupported row partition type {kind}")
    return rows, partitions


def _to_tensor_shape(c: Inference) -> TensorShape:
    types = _types(c.attr("row_partition_types"))
    ragged = sum(t != "FIRST_DIM_SIZE" for t in types)
    values = c.shape(1)
    rank = None if values.rank is None else values.rank + ragged
    known = c.constant(0)
    if known is None or known.ndim == 0:
        dims: list[int | None] = [None] * rank if rank is not None else []
        if rank is None:
            return TensorShape(None)
    else:
        dims = [None if d < 0 else int(d) for d in known]
        if rank is not None and len(dims) != rank:
            raise ValueError(
                f"rt_input.shape and shape={shape_text(dims)} are incompatible: rt_input.rank = "
                f"{rank} but shape.rank = {len(dims)}"
            )
    for i, size in enumerate(values.as_list()[1:] if values.rank else []):
        at = ragged + 1 + i
        if dims[at] is None:
            dims[at] = size
        elif size is not None and size != dims[at]:
            raise ValueError(
                f"rt_input.shape and shape={shape_text(dims)} are incompatible: "
                f"rt_input.shape[{at}] = {size} but shape[{at}] = {dims[at]}"
            )
    first = c.shape(3)
    if dims and dims[0] is None and types[0] == "ROW_SPLITS" and first.rank == 1:
        dims[0] = None if first[0] is None else first[0] - 1
    return TensorShape(dims)


def _dense_sizes(shape: Any, rows: int, partitions: list[Any], inner: tuple[int, ...]) -> list[int]:
    wanted = (
        [-1] * (1 + len(partitions) + len(inner))
        if np.ndim(shape) == 0
        else [int(d) for d in shape]
    )
    if len(wanted) != 1 + len(partitions) + len(inner):
        raise ValueError("ranks differ")
    longest = [rows]
    for level, splits in enumerate(partitions):
        if wanted[level + 1] >= 0:
            longest.append(wanted[level + 1])
        elif isinstance(splits, np.ndarray):
            longest.append(int(np.diff(splits).max(initial=0)))
        else:
            raise UnimplementedError(
                None,
                None,
                "RaggedTensor.to_tensor inside compiled code needs a static size for each ragged "
                "dimension: pass `shape`, for example to_tensor(shape=[None, 20]).",
            )
    sizes = [w if w >= 0 else m for w, m in zip(wanted, [*longest, *inner], strict=True)]
    if tuple(sizes[len(longest) :]) != tuple(inner):
        raise ValueError("inner sizes differ")
    return sizes


def _row_of_each(splits: Any, count: int, xp: Any) -> Any:
    """The row that each of `count` values is in, those beyond the last row behind it."""
    if xp is np and len(splits) > 1 and splits[0] == 0 and splits[-1] == count:
        lengths = np.diff(splits)
        if (lengths >= 0).all():
            return np.repeat(np.arange(len(lengths)), lengths)
    return xp.searchsorted(splits[1:], xp.arange(count), side="right")


def _positions(sizes: list[int], rows: int, partitions: list[Any], count: int, xp: Any) -> Any:
    """Where each value goes in the dense tensor, flat over the outer dimensions; -1 for nowhere."""
    place = xp.arange(rows)
    place = xp.where(place < sizes[0], place, -1)
    for level, splits in enumerate(partitions):
        last = level + 1 == len(partitions)
        n = count if last else partitions[level + 1].shape[0] - 1
        values = xp.arange(n)
        row = _row_of_each(splits, n, xp)
        row = xp.minimum(row, max(place.shape[0] - 1, 0))
        if place.shape[0] == 0:
            return xp.full((count,), -1)
        offset = values - splits[row]
        parent = place[row]
        fits = (parent >= 0) & (offset < sizes[level + 1]) & (values < splits[-1])
        place = xp.where(fits, parent * sizes[level + 1] + offset, -1)
    return place


def _filled_rows(values: Any, splits: Any, sizes: list[int], default_value: Any) -> np.ndarray:
    """Rows of values side by side, cut off or filled up to one length."""
    column = np.arange(sizes[1])
    lengths = splits[1:] - splits[:-1]
    whole = len(lengths) and splits[0] == 0 and splits[-1] == len(values)
    if whole and lengths.min() >= 0 and lengths.max() <= sizes[1]:
        dense = np.empty((len(lengths), sizes[1], *values.shape[1:]), values.dtype)
        dense[...] = default_value
        dense[column < lengths[:, None]] = values
        return dense
    place = splits[:-1, None] + column
    empty = place >= splits[1:, None]
    place[empty] = 0
    dense = values.take(place, 0)
    dense[empty] = default_value
    return dense


def _to_tensor_host(
    shape: Any,
    values: Any,
    default_value: Any,
    row_partition_tensors: Any,
    *,
    row_partition_types: Any,
) -> Any:
    types = _types(row_partition_types)
    rows, partitions = _splits(row_partition_tensors, types, np)
    sizes = _dense_sizes(shape, rows, partitions, values.shape[1:])
    for splits in partitions[:-1]:
        if splits[-1] > len(values) and len(partitions) == 1:
            raise invalid("row splits reach beyond the values")
    if partitions[-1][-1] > len(values):
        raise invalid(
            f"the last row split is {partitions[-1][-1]} but there are {len(values)} values"
        )
    if len(partitions) == 1 and sizes[0] == rows and default_value.ndim == 0 and len(values):
        return _filled_rows(values, partitions[0], sizes, default_value)
    outer = len(partitions) + 1
    place = _positions(sizes, rows, partitions, len(values), np)
    dense = np.empty((int(np.prod(sizes[:outer], dtype=np.int64)), *values.shape[1:]), values.dtype)
    dense[...] = default_value
    kept = place >= 0
    dense[place[kept]] = values[kept]
    return dense.reshape(sizes)


def _to_tensor_xla(
    shape: Any,
    values: Any,
    default_value: Any,
    row_partition_tensors: Any,
    *,
    row_partition_types: Any,
) -> Any:
    types = _types(row_partition_types)
    if "VALUE_ROWIDS" in types:
        raise UnimplementedError(
            None, None, "RaggedTensorToTensor of VALUE_ROWIDS is not implemented in compiled code."
        )
    rows, partitions = _splits(row_partition_tensors, types, jnp)
    sizes = _dense_sizes(shape, rows, partitions, values.shape[1:])
    outer = len(partitions) + 1
    size = int(np.prod(sizes[:outer], dtype=np.int64))
    place = _positions(sizes, rows, [jnp.asarray(p) for p in partitions], values.shape[0], jnp)
    dense = jnp.broadcast_to(jnp.asarray(default_value), (size, *values.shape[1:])).astype(
        values.dtype
    )
    dense = dense.at[jnp.where(place >= 0, place, size)].set(values, mode="drop")
    return jnp.reshape(dense, sizes)


def _to_tensor_grad(op: Any, dy: Any) -> list[Any]:
    """Each value takes the gradient of where it went; the default value that of all the rest."""
    _, values, default = op.inputs[:3]
    partitions = list(op.inputs[3:])
    inner = values.shape.rank - 1
    count = raw.Shape(values)[0]
    one = convert_to_tensor(1, count.dtype)
    zero = convert_to_tensor(0, count.dtype)
    numbers = raw.Range(one, count + one, one)
    dense = raw.Shape(dy)
    outer = dense[: dy.shape.rank - inner] if dy.shape.rank is not None else dense
    if dy.shape.rank is not None and dy.shape.is_fully_defined():
        outer = convert_to_tensor(dy.shape.as_list()[: dy.shape.rank - inner], count.dtype)
    owner = raw.RaggedTensorToTensor(
        outer, numbers, zero, partitions, row_partition_types=op.get_attr("row_partition_types")
    )
    total = raw.UnsortedSegmentSum(dy, owner, count + one)
    filled = total[0]
    lead = inner - default.shape.rank
    axes = list(range(lead)) + [
        i + lead
        for i, d in enumerate(default.shape.as_list())
        if d == 1 and filled.shape[i + lead] != 1
    ]
    if axes:
        filled = raw.Sum(filled, np.array(axes, np.int32), keep_dims=False)
    return [
        None,
        total[1:],
        raw.Reshape(filled, raw.Shape(default)),
        *[None] * len(partitions),
    ]


op(
    "RaggedTensorToTensor",
    shape=_to_tensor_shape,
    host=_to_tensor_host,
    xla=_to_tensor_xla,
    effects=PURE,
    gradient=_to_tensor_grad,
    static=("shape",),
)


# ---- RaggedTensorToSparse ----


def _to_sparse_shape(c: Inference) -> list[TensorShape]:
    values = c.shape(c.n_inputs - 1)
    ragged = c.attr("RAGGED_RANK")
    rank = None if values.rank is None else values.rank + ragged
    size = values.num_elements() if values.is_fully_defined() else None
    return [TensorShape([size, rank]), TensorShape([size]), TensorShape([rank])]


def _to_sparse_host(rt_nested_splits: Any, rt_dense_values: Any) -> Any:
    size = len(rt_dense_values)
    columns: list[Any] = []
    sizes: list[int] = []
    for splits in rt_nested_splits:
        n = int(splits[-1])
        row = np.repeat(np.arange(len(splits) - 1), np.diff(splits))
        columns = [c[row] for c in columns] if columns else [row]
        columns.append(np.arange(n) - splits[row])
        sizes.append(int(np.diff(splits).max(initial=0)))
    if len(columns[0]) != size:
        raise invalid(f"the row splits cover {len(columns[0])} values, but there are {size}")
    inner = rt_dense_values.shape[1:]
    repeat = int(np.prod(inner, dtype=np.int64))
    columns = [np.repeat(c, repeat) for c in columns]
    if inner:
        columns += [np.tile(c, size) for c in np.indices(inner).reshape(len(inner), -1)]
    indices = np.stack(columns, axis=1).astype(np.int64)
    shape = np.array([len(rt_nested_splits[0]) - 1, *sizes, *inner], np.int64)
    return indices, rt_dense_values.reshape(-1), shape


def _to_sparse_grad(op: Any, *grads: Any) -> list[Any]:
    values = op.inputs[-1]
    dense = raw.Reshape(grads[1], raw.Shape(values))
    return [None] * (len(op.inputs) - 1) + [dense]


op(
    "RaggedTensorToSparse",
    shape=_to_sparse_shape,
    host=_to_sparse_host,
    effects=PURE,
    gradient=_to_sparse_grad,
)


# ---- RaggedRange ----


def _range_shape(c: Inference) -> list[TensorShape]:
    sizes = []
    for i in range(3):
        shape = c.shape(i)
        if shape.rank is not None and shape.rank > 1:
            raise ValueError(f"{('starts', 'limits', 'deltas')[i]} must be a scalar or vector")
        if shape.rank == 1:
            sizes.append(shape[0])
    known = {s for s in sizes if s is not None}
    if len(known) > 1:
        raise ValueError("starts, limits, and deltas must have the same shape")
    scalar = not sizes and all(c.shape(i).rank == 0 for i in range(3))
    rows = 1 if scalar else next(iter(known), None)
    return [TensorShape([None if rows is None else rows + 1]), TensorShape([None])]


def _range_host(starts: Any, limits: Any, deltas: Any, *, Tsplits: Any) -> Any:
    vectors = {v.shape[0] for v in (starts, limits, deltas) if v.ndim}
    if len(vectors) > 1:
        raise invalid("starts, limits, and deltas must have the same shape")
    rows = vectors.pop() if vectors else 1
    start, limit, delta = (np.broadcast_to(v, (rows,)) for v in (starts, limits, deltas))
    if (delta == 0).any():
        raise invalid("Requires delta != 0")
    if starts.dtype.kind in "iu":
        span = (limit - start).astype(np.int64)
        step = delta.astype(np.int64)
        sizes = np.where(
            (step > 0) & (span > 0) | (step < 0) & (span < 0), -(-np.abs(span) // np.abs(step)), 0
        )
    else:
        sizes = np.maximum(np.ceil(np.abs((limit - start) / delta)), 0).astype(np.int64)
        sizes = np.where((delta > 0) & (start >= limit) | (delta < 0) & (start <= limit), 0, sizes)
    splits = np.zeros(rows + 1, Tsplits.as_numpy_dtype)
    np.cumsum(sizes, out=splits[1:])
    row = np.repeat(np.arange(rows), sizes)
    offset = np.arange(int(splits[-1])) - splits[row]
    values = start[row] + offset.astype(starts.dtype) * delta[row]
    return splits, values.astype(starts.dtype)


op("RaggedRange", shape=_range_shape, host=_range_host, effects=PURE, gradient=NOT_DIFFERENTIABLE)
