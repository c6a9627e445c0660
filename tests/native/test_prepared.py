"""Convolutions with packed weights: integers as TensorFlow Lite's reference kernels round them."""

from __future__ import annotations

import numpy as np
import pytest

from tidefall.base import errors
from tidefall.lite.interpreter.fixed_point import multiply_by_quantized_multiplier, round_half_away
from tidefall.native.library import enabled
from tidefall.native.prepared import PreparedLayer

if not enabled():
    pytest.skip("there are no native kernels here", allow_module_level=True)


def sums(x, w, strides, dilations, groups):
    """The convolution of an image that was padded: x `[n, h, w, c]`, w `[h, w, c / groups, f]`."""
    rows, columns, depth, filters = w.shape
    high = (x.shape[1] - (rows - 1) * dilations - 1) // strides + 1
    wide = (x.shape[2] - (columns - 1) * dilations - 1) // strides + 1
    found = np.zeros(
        (x.shape[0], high, wide, filters), np.int64 if x.dtype.kind == "i" else x.dtype
    )
    each = filters // groups
    for row in range(rows):
        for column in range(columns):
            top, left = row * dilations, column * dilations
            part = x[:, top : top + (high - 1) * strides + 1 : strides]
            part = part[:, :, left : left + (wide - 1) * strides + 1 : strides]
            for g in range(groups):
                found[..., g * each : (g + 1) * each] += (
                    part[..., g * depth : (g + 1) * depth]
                    @ w[row, column, :, g * each : (g + 1) * each]
                )
    return found


SHAPES = {  # image, window, channels, filters, groups, stride, dilation, padding
    "pointwise": ((2, 9, 7), (1, 1), 24, 40, 1, 1, 1, 0),
    "strided": ((1, 21, 20), (3, 3), 3, 17, 1, 2, 1, 1),
    "dilated": ((1, 12, 12), (3, 3), 8, 16, 1, 1, 2, 2),
    "depthwise": ((1, 30, 31), (3, 3), 48, 48, 48, 1, 1, 1),
    "depthwise_5x5": ((1, 28, 28), (5, 5), 33, 33, 33, 2, 1, 2),
    "grouped": ((1, 8, 8), (3, 3), 8, 12, 2, 1, 1, 1),
    "large": ((1, 56, 56), (3, 3), 64, 96, 1, 1, 1, 1),
}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("threads", [1, 0])
@pytest.mark.parametrize("shifts_left", [False, True])
def test_integers_are_exact(name, threads, shifts_left):
    image, window, channels, filters, groups, stride, dilation, pad = SHAPES[name]
    draw = np.random.default_rng(len(name))
    x = draw.integers(-128, 128, (*image, channels)).astype(np.int8)
    w = draw.integers(-127, 128, (*window, channels // groups, filters)).astype(np.int8)
    bias = draw.integers(-3000, 3000, filters).astype(np.int32)
    multipliers = draw.integers(1 << 30, 1 << 31, filters)
    shifts = draw.integers(-13, 2 if shifts_left else 0, filters)
    zero, out_zero, low, high = 7, -5, -120, 127
    wide = np.pad(x.astype(np.int64) - zero, [(0, 0), (pad, pad), (pad, pad), (0, 0)])
    total = sums(wide, w.astype(np.int64), stride, dilation, groups) + bias
    wanted = multiply_by_quantized_multiplier(total, multipliers, shifts) + out_zero
    wanted = np.clip(wanted, low, high).astype(np.int8)
    around = (groups, 0, *[stride] * 2, *[dilation] * 2, *[pad] * 4, threads)
    settings = (*around, zero, out_zero, low, high, 0)
    factors = [each.astype(np.int32) for each in (multipliers, shifts)]
    run = PreparedLayer("integer_convolution", [x, w, bias, *factors], wanted.shape, settings)
    for _ in range(2):
        np.testing.assert_array_equal(run(x)[0], wanted)


def test_sums_are_multiplied_by_a_float64_and_rounded_once():
    draw = np.random.default_rng(0)
    x = draw.integers(-128, 128, (1, 40, 1, 64)).astype(np.int8)
    w = draw.integers(-127, 128, (1, 1, 64, 50)).astype(np.int8)
    bias = draw.integers(-3000, 3000, 50).astype(np.int32)
    scales = draw.uniform(1e-5, 2e-3, 50)
    scales[:10] = 2.0**-9  # halves are frequent
    total = (x.astype(np.int64) + 3).reshape(40, 64) @ w.reshape(64, 50) + bias
    wanted = np.clip(round_half_away(total * scales) + 4, -128, 127).astype(np.int8)
    settings = (1, 0, *[1] * 4, *[0] * 4, 1, -3, 4, -128, 127, 1)
    halves = [each.copy() for each in scales.view(np.int32).reshape(-1, 2).T]
    run = PreparedLayer("integer_convolution", [x, w, bias, *halves], (1, 40, 1, 50), settings)
    np.testing.assert_array_equal(run(x)[0].reshape(40, 50), wanted)


@pytest.mark.parametrize("activation", [0, 1, 2])
@pytest.mark.parametrize("name", SHAPES)
def test_floats(name, activation):
    image, window, channels, filters, groups, stride, dilation, pad = SHAPES[name]
    draw = np.random.default_rng(0)
    x = draw.standard_normal((*image, channels)).astype(np.float32)
    w = draw.standard_normal((*window, channels // groups, filters)).astype(np.float32)
    bias = draw.standard_normal(filters).astype(np.float32)
    wide = np.pad(x, [(0, 0), (pad, pad), (pad, pad), (0, 0)])
    wanted = sums(wide, w, stride, dilation, groups) + bias
    if activation:
        wanted = np.clip(wanted, 0, 6 if activation == 2 else None)
    settings = (groups, 0, *[stride] * 2, *[dilation] * 2, *[pad] * 4, 0, activation)
    run = PreparedLayer("float_convolution", [x, w, bias], wanted.shape, settings)
    np.testing.assert_allclose(run(x)[0], wanted, rtol=1e-4, atol=1e-4)


def test_what_is_missing_is_said():
    x = np.zeros((1, 4, 4, 1), np.float32)
    with pytest.raises(errors.InternalError, match="expected 3 arrays"):
        PreparedLayer("float_convolution", [x, x], (1, 4, 4, 1), (1, 0, *[1] * 4, *[0] * 6))
    with pytest.raises(errors.InternalError, match="no layer of_glass"):
        PreparedLayer("of_glass", [x], (1, 4, 4, 1), ())
