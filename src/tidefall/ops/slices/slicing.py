"""Slices of tensors: `x[1:, ..., 0]`, tf.slice, tf.strided_slice and their gradients.

>>> import tidefall as tf
>>> tf.constant([1, 2, 3])[:, tf.newaxis].shape
TensorShape([3, 1])
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import export, export_value
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.op.traits import KEEPS_FINITE, LINEAR, MOVES, SAFE_IN_HALF, TOTAL
from tidefall.ops.array.common import (
    merge_shapes,
    objects,
    plain_array,
    require_rank,
    shortcut,
    unrecorded,
    unwrap,
    zeros_array,
)
from tidefall.ops.array.reshaping import shape_of
from tidefall.ops.batching import Call, Fallback
from tidefall.ops.common import invalid, jnp, known_value, lax, shape_text, unbroadcast
from tidefall.ops.slices.slice_lowering import sliced_xla
from tidefall.ops.slices.slice_spec import Masks, masks_of, numpy_index, sliced_shape, updated
from tidefall.ops.state.resource_slices import make_assignable

export_value(None, "newaxis")


# ---- Slice ----


def _slice_shape(c: Inference) -> TensorShape:
    source = c.shape(0)
    require_rank(c.shape(1), 1)
    require_rank(c.shape(2), 1)
    rank = source.rank
    if rank is None:
        rank = c.shape(1).num_elements()
        rank = c.shape(2).num_elements() if rank is None else rank
    if rank is None:
        return TensorShape(None)
    for i in (1, 2):
        if c.shape(i).num_elements() not in (None, rank):
            raise ValueError(f"Shape must be rank {c.shape(i)[0]} but is rank {rank}")
    begin, size = c.constant(1), c.constant(2)
    sizes = c.constant_shape(2)
    dims: list[int | None] = []
    for i in range(rank):
        total = None if source.rank is None else source[i]
        b = None if begin is None else int(begin[i])
        s = int(size[i]) if size is not None else (sizes[i] if sizes.rank is not None else None)
        dims.append(_slice_size(b, s, total))
    return TensorShape(dims)


def _slice_size(b: int | None, s: int | None, total: int | None) -> int | None:
    if s is not None and s < -1:
        raise ValueError(f"Invalid value in tensor used for shape: {s}")
    if s != -1:
        return s
    if total is None or b is None:
        return None
    if b > total:
        raise ValueError(f"Negative dimension size caused by subtracting {b} from {total}")
    # What a negative begin means is for the kernel to say: it is an error there.
    return total - b if b >= 0 else None


def _slice_index(shape: tuple[int, ...], begin: np.ndarray, size: np.ndarray) -> tuple[Any, ...]:
    starts, sizes = begin.tolist(), size.tolist()
    if len(starts) != len(shape) or len(sizes) != len(shape):
        raise invalid(
            "Expected begin and size arguments to be 1-D tensors of size "
            f"{len(shape)}, but got shapes {shape_text(begin.shape)} and "
            f"{shape_text(size.shape)} instead."
        )
    index = []
    for i, (b, s, total) in enumerate(zip(starts, sizes, shape, strict=True)):
        if not 0 <= b <= total:
            raise invalid(f"Expected begin[{i}] in [0, {total}], but got {b}")
        s = total - b if s == -1 else s
        if not 0 <= s <= total - b:
            raise invalid(f"Expected size[{i}] in [0, {total - b}], but got {s}")
        index.append(slice_object(b, b + s))
    return tuple(index)


slice_object = slice


def _boxed(array: np.ndarray, begin: np.ndarray, size: np.ndarray) -> np.ndarray:
    return array[(*_slice_index(array.shape, begin, size), ...)]


def _slice_host(input: np.ndarray, begin: np.ndarray, size: np.ndarray) -> Any:
    array = objects(input)
    return unwrap(array[(*_slice_index(array.shape, begin, size), ...)])


def _slice_xla(input: Any, begin: Any, size: np.ndarray) -> Any:
    sizes = size.tolist()
    if isinstance(begin, np.ndarray):
        return input[_slice_index(input.shape, begin, size)]
    if -1 in sizes:
        raise invalid("a compiled slice whose begin is not constant needs explicit sizes, not -1")
    return lax.dynamic_slice(input, [begin[i] for i in range(len(sizes))], sizes)


def _slice_grad(op: Any, dy: Any) -> list[Any]:
    x, begin = op.inputs[0], op.inputs[1]
    start, total = known_value(begin), shape_of(x)
    if start is not None and isinstance(total, np.ndarray) and dy.shape.is_fully_defined():
        before = start.astype(np.int32)
        after = total - before - np.array(dy.shape.as_list(), np.int32)
        return [raw.Pad(dy, np.stack([before, after], 1)), None, None]
    # Compiled code can move a window of fixed size, but not pad by amounts it does not know.
    whole, part = (raw.Shape(t, out_type=begin.dtype) for t in (x, dy))
    end = raw.AddV2(begin, part)
    count = begin.shape.num_elements()
    ones = raw.OnesLike(begin) if count is None else [1] * count
    return [strided_slice_grad_op(whole, begin, end, ones, dy), None, None]


def _slice_batching(call: Call) -> Any:
    """All of the runs are taken."""
    begin, size = call.fixed(1), call.fixed(2)
    kind = begin.dtype.as_numpy_dtype
    join = raw.ConcatV2
    return call.run(
        [
            call.tensor(0),
            join([np.array([0], kind), begin], 0),
            join([np.array([-1], kind), size], 0),
        ]
    )


slice_op = op(
    "Slice",
    shape=_slice_shape,
    host=_slice_host,
    xla=_slice_xla,
    effects=PURE,
    traits=(MOVES, LINEAR, TOTAL, SAFE_IN_HALF, KEEPS_FINITE),
    batching=_slice_batching,
    gradient=_slice_grad,
    static=("size",),
)


# ---- StridedSlice ----


def _bounds(c: Inference, index: int, size: int) -> list[int | None]:
    value = c.constant(index)
    return [None] * size if value is None else [int(v) for v in value]


def _strided_shape(c: Inference, source: TensorShape) -> TensorShape:
    merged = merge_shapes(merge_shapes(c.shape(1), c.shape(2)), c.shape(3))
    require_rank(merged, 1)
    if merged.num_elements() is None:
        return TensorShape(None)
    n = merged[0]
    begin, end, strides = (_bounds(c, i, n) for i in (1, 2, 3))
    return sliced_shape(source, begin, end, strides, masks_of(c.attrs))


def _strided_slice_host(
    input: np.ndarray,
    begin: np.ndarray,
    end: np.ndarray,
    strides: np.ndarray,
    *,
    begin_mask: int,
    end_mask: int,
    ellipsis_mask: int,
    new_axis_mask: int,
    shrink_axis_mask: int,
) -> Any:
    masks = Masks(begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    array = objects(input)
    return unwrap(array[numpy_index(begin, end, strides, masks)])


def _strided_slice_xla(
    input: Any,
    begin: Any,
    end: Any,
    strides: np.ndarray,
    *,
    begin_mask: int,
    end_mask: int,
    ellipsis_mask: int,
    new_axis_mask: int,
    shrink_axis_mask: int,
) -> Any:
    masks = Masks(begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    return sliced_xla(input, begin, end, strides, masks)


def _strided_slice_grad(op: Any, dy: Any) -> list[Any]:
    x, begin, end, strides = op.inputs
    shape = shape_of(x)
    if begin.dtype == dtypes.int64:
        shape = (
            shape.astype(np.int64)
            if isinstance(shape, np.ndarray)
            else raw.Shape(x, out_type=dtypes.int64)
        )
    elif begin.dtype == dtypes.int16:
        begin, end, strides = (raw.Cast(v, DstT=dtypes.int32) for v in (begin, end, strides))
    masks = {key: op.get_attr(key) for key in _MASKS}
    return [strided_slice_grad_op(shape, begin, end, strides, dy, **masks), None, None, None]


_MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")


def _strided_slice_batching(call: Call) -> Any:
    """All of the runs are taken; an index that differs from run to run gathers."""
    if any(call.is_stacked(i) for i in (1, 2, 3)):
        return _indexed(call)
    parts, masks = _strides(call, 1)
    return call.run([call.tensor(0), *parts], **masks)


def _strides(call: Call, start: int) -> tuple[list[Any], dict[str, int]]:
    """Begin, end, strides and masks of a slice that takes all of the runs."""
    join = raw.ConcatV2
    parts = []
    for i, value in zip(range(start, start + 3), (0, 0, 1), strict=True):
        given = call.fixed(i)
        parts.append(join([np.array([value], given.dtype.as_numpy_dtype), given], 0))
    masks = {name: call.attrs[name] << 1 for name in _MASKS_batching}
    masks["begin_mask"] |= 1
    masks["end_mask"] |= 1
    return parts, masks


_MASKS_batching = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")


def _indexed(call: Call) -> Any:
    """`x[i]`: the only index is a number."""
    begin = call.node.inputs[1].shape
    if begin.rank != 1 or begin[0] != 1 or call.attrs["shrink_axis_mask"] != 1:
        raise Fallback
    indices = raw.Reshape(call.stacked(1), np.array([-1], np.int32))
    if call.is_stacked(0):
        return raw.GatherV2(
            call.tensor(0), _wrapped(indices, raw.Shape(call.tensor(0))[1]), 1, batch_dims=1
        )
    rows = raw.Shape(call.tensor(0))[0]
    return raw.GatherV2(call.tensor(0), _wrapped(indices, rows), 0)


def _wrapped(indices: Any, rows: Any) -> Any:
    """Indices counted from the front."""
    kind = indices.dtype
    rows = raw.Cast(rows, DstT=kind)
    zero = np.array(0, kind.as_numpy_dtype)
    return raw.SelectV2(raw.Less(indices, zero), indices + rows, indices)


strided_slice_op = op(
    "StridedSlice",
    shape=lambda c: _strided_shape(c, c.shape(0)),
    host=_strided_slice_host,
    xla=_strided_slice_xla,
    effects=PURE,
    traits=(MOVES, LINEAR, TOTAL, SAFE_IN_HALF, KEEPS_FINITE),
    batching=_strided_slice_batching,
    gradient=_strided_slice_grad,
    static=("strides",),
)


def _strided_slice_grad_host(
    shape: np.ndarray,
    begin: np.ndarray,
    end: np.ndarray,
    strides: np.ndarray,
    dy: np.ndarray,
    *,
    begin_mask: int,
    end_mask: int,
    ellipsis_mask: int,
    new_axis_mask: int,
    shrink_axis_mask: int,
) -> np.ndarray:
    masks = Masks(begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    result = zeros_array(shape.tolist(), dy.dtype)
    view = result[numpy_index(begin, end, strides, masks)]
    if view.shape != dy.shape:
        raise invalid(f"shape of dy was {shape_text(dy.shape)} instead of {shape_text(view.shape)}")
    view[...] = dy
    return result


def _strided_slice_grad_xla(
    shape: np.ndarray,
    begin: Any,
    end: Any,
    strides: np.ndarray,
    dy: Any,
    *,
    begin_mask: int,
    end_mask: int,
    ellipsis_mask: int,
    new_axis_mask: int,
    shrink_axis_mask: int,
) -> Any:
    masks = Masks(begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    zeros = jnp.zeros(tuple(shape.tolist()), dy.dtype)
    return sliced_xla(zeros, begin, end, strides, masks, update=dy)


def _strided_slice_grad_grad(op: Any, dy: Any) -> list[Any]:
    begin, end, strides = op.inputs[1:4]
    masks = {key: op.get_attr(key) for key in _MASKS}
    return [None, None, None, None, strided_slice_op(dy, begin, end, strides, **masks)]


def _strided_slice_grad_batching(call: Call) -> Any:
    """The shape gets the number of runs in front."""
    parts, masks = _strides(call, 1)
    shape = call.fixed(0)
    one = raw.Cast(call.runs.vector(), DstT=shape.dtype)
    sizes = raw.ConcatV2([one, shape], 0)
    return call.run([sizes, *parts, call.tensor(4)], **masks)


strided_slice_grad_op = op(
    "StridedSliceGrad",
    shape=lambda c: c.constant_shape(0),
    host=_strided_slice_grad_host,
    xla=_strided_slice_grad_xla,
    effects=PURE,
    traits=(KEEPS_FINITE,),
    batching=_strided_slice_grad_batching,
    gradient=_strided_slice_grad_grad,
    static=("shape", "strides"),
)


def _update_host(
    input: np.ndarray,
    begin: np.ndarray,
    end: np.ndarray,
    strides: np.ndarray,
    value: np.ndarray,
    *,
    begin_mask: int,
    end_mask: int,
    ellipsis_mask: int,
    new_axis_mask: int,
    shrink_axis_mask: int,
) -> np.ndarray:
    masks = Masks(begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    return updated(input, begin, end, strides, value, masks)


def _update_xla(
    input: Any,
    begin: Any,
    end: Any,
    strides: np.ndarray,
    value: Any,
    *,
    begin_mask: int,
    end_mask: int,
    ellipsis_mask: int,
    new_axis_mask: int,
    shrink_axis_mask: int,
) -> Any:
    masks = Masks(begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    return sliced_xla(input, begin, end, strides, masks, update=value)


def _update_grad(op: Any, dy: Any) -> list[Any]:
    begin, end, strides, value = op.inputs[1:5]
    masks = {key: op.get_attr(key) for key in _MASKS}
    dx = tensor_strided_slice_update_op(dy, begin, end, strides, raw.ZerosLike(value), **masks)
    part = strided_slice_op(dy, begin, end, strides, **masks)
    return [dx, None, None, None, unbroadcast(part, value, part)]


tensor_strided_slice_update_op = op(
    "TensorStridedSliceUpdate",
    shape=lambda c: c.shape(0),
    host=_update_host,
    xla=_update_xla,
    effects=PURE,
    gradient=_update_grad,
    static=("strides",),
)


# ---- public ----


@export("slice")
def slice(input_: Any, begin: Any, size: Any, name: str | None = None) -> Any:
    """A box of a tensor, given by its corner and its size.

    Args:
        input_: a tensor of rank n and any dtype.
        begin: n indices, none negative.
        size: n sizes; -1 takes all that is left.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `size`.

    Raises:
        InvalidArgumentError: if the box does not lie inside; ValueError in a graph.

    >>> import tidefall as tf
    >>> tf.slice([[1, 2, 3], [4, 5, 6]], [0, 1], [2, -1]).numpy()
    array([[2, 3],
           [5, 6]], dtype=int32)
    """
    array = plain_array(input_)
    if array is not None and type(begin) is type(size) is list and begin and unrecorded(input_):
        result = shortcut(_boxed, array, np.array(begin), np.array(size))
        if result is not None:
            return result
    return slice_op(input_, begin, size, name=name)


@export("strided_slice")
def strided_slice(
    input_: Any,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
    var: Any = None,
    name: str | None = None,
) -> Any:
    """A slice with strides, as `input_[begin:end:strides]`.

    Args:
        input_: a tensor of any shape and dtype.
        begin: an integer vector, one entry per leading dimension.
        end: a vector like `begin`.
        strides: a vector like `begin`; None means ones.
        begin_mask: bits of the entries whose `begin` is ignored.
        end_mask: bits of the entries whose `end` is ignored.
        ellipsis_mask: bit of the entry that stands for all dimensions not mentioned.
        new_axis_mask: bits of the entries that insert a dimension of size 1.
        shrink_axis_mask: bits of the entries that take one index and drop the dimension.
        var: the variable behind `input_`: the slice gets a method `assign(value)` that sets that
            part of it.
        name: name of the node in a graph.

    Returns:
        A tensor.

    Raises:
        InvalidArgumentError: for an index out of bounds; ValueError in a graph.

    >>> import tidefall as tf
    >>> tf.strided_slice([0, 1, 2, 3, 4], [1], [5], [2]).numpy()
    array([1, 3], dtype=int32)
    """
    if strides is None:
        strides = raw.OnesLike(begin)
    masks = {
        "begin_mask": begin_mask,
        "end_mask": end_mask,
        "ellipsis_mask": ellipsis_mask,
        "new_axis_mask": new_axis_mask,
        "shrink_axis_mask": shrink_axis_mask,
    }
    part = strided_slice_op(input_, begin, end, strides, name=name or "StridedSlice", **masks)
    return part if var is None else make_assignable(part, var, [begin, end, strides], masks)
