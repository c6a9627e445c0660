"""Floats quantized while a model runs, for kernels with integer weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.interpreter.fixed_point import round_half_away

_VECTOR = 8


def quantize_rows(x: Any, asymmetric: bool) -> tuple[Any, Any, Any]:
    """Quantize each row of a matrix to 8 bits by its own range.

    Args:
        x: `[rows, depth]`, float32.
        asymmetric: whether the range need not have zero in the middle.

    Returns:
        int32 values, float32 scales and int32 zero points.
    """
    if x.shape[1] == 0:
        zeros = np.zeros(x.shape[0], np.int32)
        return x.astype(np.int32), np.ones(x.shape[0], np.float32), zeros
    low, high = x.min(-1).astype(np.float64), x.max(-1).astype(np.float64)
    with np.errstate(all="ignore"):
        if asymmetric:
            return _asymmetric(x, np.minimum(low, 0), np.maximum(high, 0))
        reach = np.maximum(np.abs(low), np.abs(high)).astype(np.float32)
        flat = reach == 0
        scales = np.where(flat, np.float32(1), reach / np.float32(127))
        inverse = np.where(flat, np.float32(0), np.float32(127) / reach)
        values = np.clip(_rounded(x * inverse[:, None]), -127, 127)
    return _integers(values), scales, np.zeros(x.shape[0], np.int32)


def _rounded(x: Any) -> Any:
    """The nearest integers, as the kernels with vectors of eight give them.

    These add a half in float32, by which what is next below a half goes up as well; what is left of
    a row behind the last vector is rounded properly.
    """
    found = np.trunc(x + np.copysign(np.float32(0.5), x))
    if rest := x.shape[-1] % _VECTOR:
        found[..., -rest:] = round_half_away(x[..., -rest:])
    return found


def _integers(values: Any) -> Any:
    return np.nan_to_num(values).astype(np.int32)


def _asymmetric(x: Any, low: Any, high: Any) -> tuple[Any, Any, Any]:
    # In float32 as there: a step of the last place moves values over the middle between two.
    flat = low == high
    reach = high.astype(np.float32) - low.astype(np.float32)
    scales = np.where(flat, np.float32(1), reach / np.float32(255))
    scale = scales.astype(np.float64)
    from_low, from_high = -128 - low / scale, 127 - high / scale
    error_low = 128 + np.abs(low / scale)
    error_high = 127 + np.abs(high / scale)
    zero = np.where(error_low < error_high, from_low, from_high)
    zeros = np.clip(round_half_away(zero), -128, 127)
    zeros = np.where(flat, 0, zeros)
    inverse = np.where(flat, np.float32(0), np.float32(1) / scales)
    steps = _rounded(x * inverse[:, None])
    values = np.clip(steps + zeros.astype(np.float32)[:, None], -128, 127)
    return _integers(values), scales, _integers(zeros)
