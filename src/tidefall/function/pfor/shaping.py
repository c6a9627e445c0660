"""Converters of ops that make, reshape, join and cut arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.core import raw
from tidefall.core.convert import convert_to_tensor
from tidefall.core.op import find_op
from tidefall.core.shapes import TensorShape
from tidefall.function.pfor.convert import (
    Call,
    Fallback,
    Value,
    converter,
    joined,
    shape_vector,
)
from tidefall.function.pfor.elementwise import raised


def shifted(axis: Any) -> Any:
    """Axes counted from the front, behind the dimension of the runs; from the back, unchanged."""
    return np.where(np.asarray(axis) >= 0, np.asarray(axis) + 1, axis).astype(
        np.asarray(axis).dtype
    )


def shifted_input(call: Call, index: int) -> Any:
    """An input that holds axes, shifted."""
    return shifted(call.constant(index))


@converter("Reshape")
def reshape(call: Call) -> Any:
    """The new shape gets the number of runs in front."""
    return raw.Reshape(call.tensor(0), call.runs.before(call.fixed(1)))


@converter("BroadcastTo")
def broadcast_to(call: Call) -> Any:
    """Both shapes get the number of runs in front."""
    sizes = call.fixed(1)
    length = sizes.shape[0]
    if length is None:
        raise Fallback
    tensor = raised(call.stacked(0), length - call.rank(0))
    return raw.BroadcastTo(tensor, call.runs.before(sizes))


@converter("Fill")
def fill(call: Call) -> Any:
    """A stacked value is spread over the dimensions."""
    sizes = call.fixed(0)
    length = sizes.shape[0]
    if length is None:
        raise Fallback
    return raw.BroadcastTo(raised(call.tensor(1), length), call.runs.before(sizes))


@converter("Transpose", "ConjugateTranspose")
def transpose(call: Call) -> Any:
    """The dimension of the runs stays in front."""
    perm = np.concatenate([[0], call.constant(1) + 1]).astype(np.int32)
    return find_op(call.node.type)(call.tensor(0), perm)


@converter("ExpandDims")
def expand_dims(call: Call) -> Any:
    """The axis moves by one."""
    return call.run([call.tensor(0), shifted_input(call, 1)])


@converter("Squeeze")
def squeeze(call: Call) -> Any:
    """The dimension of the runs is never removed."""
    axes = list(call.attrs["squeeze_dims"])
    if not axes:
        shape = call.node.inputs[0].shape
        if not shape.is_fully_defined():
            raise Fallback
        axes = [i for i, d in enumerate(shape.as_list()) if d == 1]
        if not axes:
            return call.tensor(0)
    return call.run([call.tensor(0)], squeeze_dims=[int(shifted(a)) for a in axes])


@converter("ConcatV2")
def concat(call: Call) -> Any:
    """All parts are stacked, and the axis moves by one."""
    parts = [call.stacked(i) for i in range(len(call) - 1)]
    return call.run([*parts, shifted_input(call, len(call) - 1)])


@converter("Concat")
def old_concat(call: Call) -> Any:
    """The same with the axis in front."""
    parts = [call.stacked(i) for i in range(1, len(call))]
    return call.run([shifted_input(call, 0), *parts])


@converter("Pack", "ParallelConcat")
def pack(call: Call) -> Any:
    """All parts are stacked, and the axis moves by one."""
    if call.node.op_type is raw.ParallelConcat:
        raise Fallback
    parts = [call.stacked(i) for i in range(len(call))]
    return call.run(parts, axis=int(shifted(call.attrs["axis"])))


@converter("Unpack")
def unpack(call: Call) -> Any:
    """The axis moves by one."""
    found = call.run([call.tensor(0)], axis=int(shifted(call.attrs["axis"])))
    return found if isinstance(found, list) else [found]


@converter("Split")
def split(call: Call) -> Any:
    """The axis moves by one."""
    found = call.run([shifted_input(call, 0), call.tensor(1)])
    return found if isinstance(found, list) else [found]


@converter("SplitV")
def split_v(call: Call) -> Any:
    """The axis moves by one."""
    found = call.run([call.tensor(0), call.fixed(1), shifted_input(call, 2)])
    return found if isinstance(found, list) else [found]


@converter("Pad", "PadV2", "MirrorPad", "MirrorPadGrad")
def pad(call: Call) -> Any:
    """No padding along the runs."""
    rest = [call.fixed(i) for i in range(2, len(call))]
    return call.run([call.tensor(0), _rows_before(call.fixed(1), 0), *rest])


def _rows_before(paddings: Any, value: int) -> Any:
    kind = paddings.dtype.as_numpy_dtype
    return raw.ConcatV2([np.full((1, 2), value, kind), paddings], 0)


@converter("Tile")
def tile(call: Call) -> Any:
    """The runs are not repeated."""
    multiples = call.fixed(1)
    one = np.array([1], multiples.dtype.as_numpy_dtype)
    return call.run([call.tensor(0), raw.ConcatV2([one, multiples], 0)])


@converter("Slice")
def slice_op(call: Call) -> Any:
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


_MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")


def _strides(call: Call, start: int) -> tuple[list[Any], dict[str, int]]:
    """Begin, end, strides and masks of a slice that takes all of the runs."""
    join = raw.ConcatV2
    parts = []
    for i, value in zip(range(start, start + 3), (0, 0, 1), strict=True):
        given = call.fixed(i)
        parts.append(join([np.array([value], given.dtype.as_numpy_dtype), given], 0))
    masks = {name: call.attrs[name] << 1 for name in _MASKS}
    masks["begin_mask"] |= 1
    masks["end_mask"] |= 1
    return parts, masks


@converter("StridedSlice")
def strided_slice(call: Call) -> Any:
    """All of the runs are taken; an index that differs from run to run gathers."""
    if any(call.is_stacked(i) for i in (1, 2, 3)):
        return _indexed(call)
    parts, masks = _strides(call, 1)
    return call.run([call.tensor(0), *parts], **masks)


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


@converter("StridedSliceGrad")
def strided_slice_grad(call: Call) -> Any:
    """The shape gets the number of runs in front."""
    parts, masks = _strides(call, 1)
    shape = call.fixed(0)
    one = raw.Cast(call.runs.vector(), DstT=shape.dtype)
    sizes = raw.ConcatV2([one, shape], 0)
    return call.run([sizes, *parts, call.tensor(4)], **masks)


@converter("Shape")
def shape(call: Call) -> Value:
    """The shape of one run is the same for all."""
    known = call.node.inputs[0].shape
    if known.is_fully_defined():
        kind = call.attrs["out_type"].as_numpy_dtype
        return Value(convert_to_tensor(np.array(known.as_list(), kind)), False)
    return Value(call.run([call.tensor(0)])[1:], False)


@converter("ShapeN")
def shape_n(call: Call) -> list[Value]:
    """The shapes of one run are the same for all."""
    found = call.run([v.tensor for v in call.values])
    found = found if isinstance(found, list) else [found]
    return [
        Value(t[1:] if v.stacked else t, False) for t, v in zip(found, call.values, strict=True)
    ]


@converter("Size")
def size(call: Call) -> Value:
    """The size of one run is the same for all."""
    kind = call.attrs["out_type"]
    dims = raw.Shape(call.tensor(0), out_type=kind)[1:]
    return Value(raw.Prod(dims, np.array([0], np.int32)), False)


@converter("Rank")
def rank(call: Call) -> Value:
    """The rank of one run is the same for all."""
    return Value(call.run([call.tensor(0)]) - 1, False)


@converter("EnsureShape")
def ensure_shape(call: Call) -> Any:
    """The shape gets the number of runs in front."""
    expected = TensorShape(call.attrs["shape"])
    if expected.rank is None:
        return call.tensor(0)
    full = TensorShape([call.runs.static]).concatenate(expected)
    return call.run([call.tensor(0)], shape=full)


@converter("ReverseV2")
def reverse(call: Call) -> Any:
    """The axes move by one."""
    return call.run([call.tensor(0), shifted_input(call, 1)])


@converter("Roll")
def roll(call: Call) -> Any:
    """The axes move by one."""
    return call.run([call.tensor(0), call.fixed(1), shifted_input(call, 2)])


@converter("ReverseSequence")
def reverse_sequence(call: Call) -> Any:
    """Runs and batch are one dimension for the op."""
    sequence, batch = call.attrs["seq_dim"], call.attrs["batch_dim"]
    if batch != 0:
        raise Fallback
    lengths = raw.Reshape(call.stacked(1), np.array([-1], np.int32))
    folded, unfold = fold(call.stacked(0))
    return unfold(call.run([folded, lengths], seq_dim=sequence, batch_dim=0))


def fold(tensor: Any) -> tuple[Any, Any]:
    """Runs and first dimension as one, and a function that takes them apart again."""
    full = shape_vector(tensor)
    folded = raw.Reshape(
        tensor,
        joined([-1], full[2:]) if _known_rest(tensor) else (joined(_product(full[:2]), full[2:])),
    )

    def unfold(result: Any) -> Any:
        return raw.Reshape(result, joined(full[:2], shape_vector(result)[1:]))

    return folded, unfold


def _known_rest(tensor: Any) -> bool:
    sizes = tensor.shape.as_list()[2:]
    return None not in sizes and 0 not in sizes


def _product(sizes: Any) -> Any:
    if isinstance(sizes, np.ndarray):
        return np.array([np.prod(sizes)], np.int32)
    return raw.Prod(sizes, np.array([0], np.int32), keep_dims=True)
