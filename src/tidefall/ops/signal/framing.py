"""A signal cut into frames that may overlap, and put together again."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.op import raw
from tidefall.ops.array.padding import pad
from tidefall.ops.array.ranges import range as range_
from tidefall.ops.array.reshaping import reshape
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.common import known_value
from tidefall.ops.reductions.functions import reduce_sum
from tidefall.ops.signal.windows import scalar_int
from tidefall.ops.slices.gathering import gather
from tidefall.tensor.conversion import convert_to_tensor


def _known(value: Any) -> int | None:
    array = known_value(value)
    return None if array is None else int(array)


@export("signal.frame")
def frame(
    signal: Any,
    frame_length: Any,
    frame_step: Any,
    pad_end: bool = False,
    pad_value: Any = 0,
    axis: int = -1,
    name: str | None = None,
) -> Any:
    """Cut one axis into frames, which overlap if the step is smaller than they are long.

    Args:
        signal: tensor `[..., samples, ...]` of any dtype.
        frame_length: int32 of shape (): samples in a frame.
        frame_step: int32 of shape (): samples from the start of a frame to that of the next.
        pad_end: make frames as long as one starts within the signal, filled up with `pad_value`.
        pad_value: scalar.
        axis: axis of the samples.
        name: unused.

    Returns:
        A tensor `[..., frames, frame_length, ...]`.

    Raises:
        ValueError: for a scalar signal, or an axis out of range.

    >>> import tidefall as tf
    >>> tf.signal.frame([1, 2, 3, 4, 5], frame_length=3, frame_step=2).numpy().tolist()
    [[1, 2, 3], [3, 4, 5]]
    """
    signal = convert_to_tensor(signal)
    signal.shape.with_rank_at_least(1)
    length = scalar_int(frame_length, "frame_length")
    step = scalar_int(frame_step, "frame_step")
    rank = signal.shape.rank
    if rank is None:
        return _frame_any_rank(signal, length, step, pad_end, pad_value, axis)
    if not -rank <= axis < rank:
        raise IndexError(f"axis {axis} must be in the range [{-rank}, {rank})")
    axis %= rank
    size, fixed, stride = signal.shape[axis], _known(length), _known(step)
    if size is not None and fixed is not None and stride:
        return _frame_known(signal, size, fixed, stride, pad_end, pad_value, axis)
    length, step = (convert_to_tensor(v) for v in (length, step))
    total = shape(signal)[axis]
    if pad_end:
        frames = -(-total // step)
        missing = raw.Maximum(0, length + step * (frames - 1) - total)
        signal = _pad_axis(signal, missing, pad_value, axis)
    else:
        frames = raw.Maximum(0, 1 + (total - length) // step)
    starts = reshape(range_(frames) * step, [-1, 1])
    return _take(signal, starts + reshape(range_(length), [1, -1]), axis)


def _frame_any_rank(
    signal: Any, length: Any, step: Any, pad_end: bool, value: Any, axis: int
) -> Any:
    """The dimensions before the axis and behind it are made one each, and parted again."""
    sizes = shape(signal)
    at = raw.Size(sizes) + axis if axis < 0 else axis
    before, behind = sizes[:at], sizes[at + 1 :]
    flat = [raw.Prod(before, 0), sizes[at], raw.Prod(behind, 0)]
    framed = frame(reshape(signal, raw.Pack(flat)), length, step, pad_end, value, axis=1)
    return reshape(framed, raw.ConcatV2([before, shape(framed)[1:3], behind], 0))


def _take(signal: Any, places: Any, axis: int) -> Any:
    """Gather along an axis; one in front keeps the gradient dense where that axis is the first."""
    return gather(signal[None], places, axis=axis + 1)[0]


def _frame_known(
    signal: Any, size: int, length: int, step: int, pad_end: bool, value: Any, axis: int
) -> Any:
    if pad_end:
        frames = -(-size // step)
        missing = max(0, length + step * (frames - 1) - size)
        if missing:
            signal = _pad_axis(signal, missing, value, axis)
    else:
        frames = max(0, 1 + (size - length) // step)
    starts = np.arange(frames, dtype=np.int32)[:, None] * step
    return _take(signal, starts + np.arange(length, dtype=np.int32), axis)


def _pad_axis(signal: Any, count: Any, value: Any, axis: int) -> Any:
    rank = signal.shape.rank
    if isinstance(count, int):
        paddings: Any = np.zeros((rank, 2), np.int32)
        paddings[axis, 1] = count
    else:
        nothing = np.zeros((), np.int32)
        row = raw.Pack([nothing, count])
        none = np.zeros(2, np.int32)
        paddings = raw.Pack([row if i == axis else none for i in range(rank)])
    return pad(signal, paddings, constant_values=value)


@export("signal.overlap_and_add")
def overlap_and_add(signal: Any, frame_step: Any, name: str | None = None) -> Any:
    """Put frames together again: each starts `frame_step` after the one before, overlaps add up.

    Args:
        signal: tensor `[..., frames, frame_length]`.
        frame_step: integer of shape ().
        name: unused.

    Returns:
        A tensor `[..., (frames - 1) * frame_step + frame_length]`.

    Raises:
        ValueError: for fewer dimensions, or a step that is not an integer scalar.

    >>> import tidefall as tf
    >>> tf.signal.overlap_and_add([[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]], 2).numpy().tolist()
    [1.0, 1.0, 3.0, 2.0, 2.0]
    """
    signal = convert_to_tensor(signal)
    signal.shape.with_rank_at_least(2)
    step = convert_to_tensor(frame_step)
    if not step.dtype.is_integer:
        raise ValueError(f"frame_step must be an integer. Got {step.dtype!r}")
    step = scalar_int(step, "frame_step")
    stride, dims = _known(step), signal.shape.as_list() if signal.shape.rank else [None]
    if stride == dims[-1] and stride is not None:
        outer = shape(signal)[:-2] if None in dims else np.array(dims[:-2], np.int32)
        return reshape(signal, raw.ConcatV2([outer, np.array([-1], np.int32)], 0))
    if stride and None not in dims:
        return _skewed_sum(signal, dims[:-2], dims[-2], dims[-1], stride)
    sizes = shape(signal)
    step = raw.Cast(step, DstT=sizes.dtype)
    result = _skewed_sum(signal, sizes[:-2], sizes[-2], sizes[-1], step)
    if signal.shape.rank is not None:
        result.set_shape([*dims[:-2], None])
    return result


def _skewed_sum(signal: Any, outer: Any, frames: Any, length: Any, step: Any) -> Any:
    """Sum of frames, each moved by one more step.

    Frames are cut into pieces of one step, and the pieces of the same number laid out in a row of
    `frames + pieces` places. Read with one place less to the row, each row begins one step later.
    """
    pieces = -(-length // step)
    signal = _pad_last(signal, pieces * step - length)
    cut = reshape(signal, _dims(outer, [frames, pieces, step]))
    rank = cut.shape.rank
    if rank is None:
        order = raw.ConcatV2([range_(raw.Size(outer)), _tail(outer)], 0)
    else:
        order = np.array([*range(rank - 3), rank - 2, rank - 3, rank - 1], np.int32)
    rows = raw.Transpose(cut, order)
    rows = _pad_rows(rows, pieces)
    flat = reshape(rows, _dims(outer, [pieces * (frames + pieces) * step]))
    keep = pieces * (frames + pieces - 1) * step
    skewed = reshape(flat[..., :keep], _dims(outer, [pieces, (frames + pieces - 1) * step]))
    return reduce_sum(skewed, -2)[..., : (frames - 1) * step + length]


def _tail(outer: Any) -> Any:
    return raw.Size(outer) + np.array([1, 0, 2], np.int32)


def _dims(outer: Any, inner: list[Any]) -> Any:
    if isinstance(outer, list):
        return np.array([*outer, *inner], np.int32)
    return raw.ConcatV2([outer, raw.Pack(inner)], 0)


def _pad_last(signal: Any, count: Any) -> Any:
    if isinstance(count, int) and not count:
        return signal
    return _pad_from_back(signal, count, 1)


def _pad_rows(rows: Any, count: Any) -> Any:
    return _pad_from_back(rows, count, 2)


def _pad_from_back(x: Any, count: Any, axis: int) -> Any:
    """Zeros behind the elements of the axis counted from the back, of a tensor of any rank."""
    if x.shape.rank is not None:
        return _pad_axis(x, count, 0, x.shape.rank - axis)
    rank = raw.Rank(x)
    place = raw.Equal(range_(rank), rank - axis)
    after = raw.Cast(place, DstT=shape(x).dtype) * count
    return pad(x, raw.Pack([raw.ZerosLike(after), after], axis=1))
