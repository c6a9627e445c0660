"""Functions of quantized values by lookup: 256 entries for 8 bits, 513 samples for 16."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidefall.lite.interpreter.fixed_point import round_half_away
from tidefall.lite.interpreter.tensors import TensorInfo

Function = Callable[[Any], Any]


def table_8_bit(function: Function, source: TensorInfo, target: TensorInfo) -> NDArray[Any]:
    """The function's values for all 256 inputs, in order of the unsigned byte."""
    info = np.iinfo(source.dtype)
    values = np.arange(info.min, info.max + 1, dtype=np.int32)
    real = source.scale * (values - source.zero_point).astype(np.float32)
    inverse = np.float32(1) / target.scale
    with np.errstate(all="ignore"):
        scaled = round_half_away(np.float32(function(real)) * inverse) + target.zero_point
    bounds = np.iinfo(target.dtype)
    found = np.clip(np.nan_to_num(scaled), bounds.min, bounds.max).astype(target.dtype)
    return np.roll(found, -128) if info.min else found


def apply_8_bit(table: NDArray[Any], x: NDArray[Any]) -> NDArray[Any]:
    """Look up 8-bit values."""
    # Several times as fast as indexing, which makes eight bytes of each first.
    found = x.tobytes().translate(table.tobytes())
    return np.frombuffer(found, table.dtype).reshape(x.shape)


def table_16_bit(
    function: Function,
    input_scale: Any,
    input_zero_point: int,
    output_scale: Any,
    output_zero_point: int,
    dtype: Any = np.float32,
) -> NDArray[np.int64]:
    """513 samples of a function for values of 16 bits."""
    real = dtype
    low, high = -32768, 32767
    in_scale, out_scale = real(input_scale), real(output_scale)
    first = in_scale * real(low - input_zero_point)
    last = in_scale * real(high - input_zero_point)
    least = out_scale * real(low - output_zero_point)
    most = out_scale * real(high - output_zero_point)
    step = (last - first) / real(512)
    half = step / real(2)
    inverse = real(65536) / (most - least)
    index = np.arange(512).astype(real)
    with np.errstate(all="ignore"):
        here = function(first + index * step).astype(real)
        middle = function(first + index * step + half).astype(real)
        after = function(first + (index + real(1)) * step).astype(real)
        sample = round_half_away(here * inverse)
        interpolated = round_half_away((after * inverse + sample) / real(2))
        error = interpolated - round_half_away(middle * inverse)
        bias = round_half_away(error / real(2))
        end = round_half_away(function(np.array([last], real)).astype(real) * inverse)
    found = np.concatenate([sample - bias, end])
    return np.clip(found, low, high).astype(np.int64)


def apply_16_bit(table: NDArray[np.int64], x: Any) -> NDArray[np.int64]:
    """Look up 16-bit values, with linear interpolation."""
    x = np.asarray(x, np.int64)
    index = 256 + (x >> 7)
    slope = table[index + 1] - table[index]
    return table[index] + ((slope * (x & 0x7F) + 64) >> 7)


# One more than the nearest integer to 65536 / (1 + exp(-i / 24)) stands at these places.
_ONE_MORE = (
    4, 8, 12, 14, 15, 16, 17, 19, 20, 21, 22, 25, 27, 28, 29, 30, 31, 33, 34, 35, 37, 39, 40, 41,
    43, 44, 45, 46, 49, 50, 54, 62, 63, 64, 66, 82, 86, 93, 100, 103, 112, 116, 135, 255,
)  # fmt: skip


def sigmoid_table() -> NDArray[np.int64]:
    """The logistic function at multiples of 1/24, in units of 1/65536."""
    found = np.floor(65536 / (1 + np.exp(-np.arange(256) / 24)) + 0.5).astype(np.int64)
    found[list(_ONE_MORE)] += 1
    return np.minimum(found, 65535)
