"""The values of summaries computed with ops, for graphs; eagerly NumPy computes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.shapes import TensorShape
from tidefall.control_flow.cond import cond, while_loop
from tidefall.io.codecs.png import encode_png
from tidefall.io.codecs.wav import encode_wav
from tidefall.op import raw
from tidefall.ops.array import constants, joining, ranges, reshaping
from tidefall.ops.array.shapes_of import shape as shape_of
from tidefall.ops.array.shapes_of import size
from tidefall.ops.math import comparison, elementwise
from tidefall.ops.math.cast import cast
from tidefall.ops.reductions import functions
from tidefall.summary.events.buckets import DEFAULT_BUCKETS
from tidefall.tensor.conversion import constant, convert_to_tensor


def histogram_buckets(data: Any, count: int | None = None) -> Any:
    """`tidefall.summary.events.buckets.histogram_buckets` of a symbolic float64 tensor."""
    count = max(DEFAULT_BUCKETS if count is None else count, 0)
    data = reshaping.reshape(data, [-1])
    if count == 0:
        return constants.zeros([0, 3], dtypes.float64)
    return cond(
        comparison.equal(size(data), 0),
        lambda: constants.zeros([count, 3], dtypes.float64),
        lambda: _buckets(data, count),
    )


def _buckets(data: Any, count: int) -> Any:
    least, greatest = functions.reduce_min(data), functions.reduce_max(data)
    span = elementwise.subtract(greatest, least)
    return cond(
        comparison.equal(span, 0.0),
        lambda: _one_value(data, least, count),
        lambda: _spread(data, least, greatest, span, count),
    )


def _one_value(data: Any, least: Any, count: int) -> Any:
    edges = constants.fill([count, 2], least)
    total = reshaping.reshape(cast(size(data), dtypes.float64), [1, 1])
    counts = joining.concat([constants.zeros([count - 1, 1], dtypes.float64), total], 0)
    return joining.concat([edges, counts], 1)


def _spread(data: Any, least: Any, greatest: Any, span: Any, count: int) -> Any:
    width = span / float(count)
    positions = cast(raw.Floor((data - least) / width), dtypes.int32)
    positions = raw.ClipByValue(positions, np.int32(0), np.int32(count - 1))
    # 0 times an infinite width is NaN, and so are its positions: such values are in no bucket.
    within = cast(raw.IsFinite((data - least) / width), dtypes.float64)
    counts = raw.UnsortedSegmentSum(within, positions, np.int32(count))
    steps = cast(ranges.range(1, count), dtypes.float64)
    inner = least + steps * width
    left = joining.concat([reshaping.reshape(least, [1]), inner], 0)
    right = joining.concat([inner, reshaping.reshape(greatest, [1])], 0)
    return raw.Pack([left, right, counts], axis=1)


def image_strings(images: Any, max_outputs: Any) -> Any:
    """Width, height and each picture as PNG, of symbolic pictures."""
    pictures = encode_png(_pixels(images)[:max_outputs])
    return joining.concat([_width_height(images), pictures], 0)


def _width_height(images: Any) -> Any:
    if images.shape.rank == 4 and None not in images.shape[1:3].as_list():
        return constant([str(images.shape[2]), str(images.shape[1])])
    dims = shape_of(images)
    return raw.AsString(raw.Pack([dims[2], dims[1]], axis=0))


def _pixels(images: Any) -> Any:
    """Floats from 0 to 1, or integers of any width, as uint8."""
    dtype = images.dtype
    if dtype == dtypes.uint8:
        return images
    if dtype.is_floating:
        wide = images if dtype == dtypes.float64 else cast(images, dtypes.float32)
        zero, top = convert_to_tensor([0.0, 255.0], wide.dtype)
        return cast(raw.ClipByValue(wide * 255.5, zero, top), dtypes.uint8)
    if not dtype.is_integer:
        raise TypeError(f"Image pixels are floats or integers, not {dtype.name}.")
    bits = 8 * dtype.size - (not dtype.is_unsigned)
    if bits < 8:
        wide = cast(raw.Maximum(images, constant(0, dtype)), dtypes.int16)
        return cast(wide * (1 << (8 - bits)), dtypes.uint8)
    positive = images if dtype.is_unsigned else raw.Maximum(images, constant(0, dtype))
    return cast(raw.FloorDiv(positive, constant(1 << (bits - 8), dtype)), dtypes.uint8)


def audio_strings(audio: Any, sample_rate: Any, max_outputs: Any) -> Any:
    """Each clip as WAV and an empty label, `[clips, 2]`, of symbolic sound."""
    audio = audio[:max_outputs]
    count = shape_of(audio)[0]

    def encode(index: Any, clips: Any) -> tuple[Any, Any]:
        clip = reshaping.reshape(encode_wav(audio[index], sample_rate), [1])
        return index + 1, joining.concat([clips, clip], 0)

    none = constants.zeros([0], dtypes.string)
    _, clips = while_loop(
        lambda index, clips: index < count,
        encode,
        [constant(0), none],
        shape_invariants=[TensorShape([]), TensorShape([None])],
    )
    return raw.Pack([clips, constants.fill(shape_of(clips), b"")], axis=1)
