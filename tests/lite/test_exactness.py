"""Short cuts for many elements give what the plain arithmetic gives."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from tidefall.lite.interpreter.fixed_functions import INT16, INT32, reciprocal
from tidefall.lite.interpreter.fixed_point import (
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    round_half_away,
)
from tidefall.lite.interpreter.interpreter import Interpreter
from tidefall.lite.interpreter.kernels.hybrid import quantize_rows
from tidefall.lite.interpreter.program import Program
from tidefall.lite.interpreter.requantize import Requantize
from tidefall.lite.schema import ActivationFunctionType, read_model, write_model

sys.path.insert(0, str(Path(__file__).parent))

from op_models import Record, T, records

_RECORDS = {each.name: each for each in records()}


@pytest.mark.parametrize("scale", [1.0, 30.0, 0.05])
@pytest.mark.parametrize("with_bias", [False, True])
def test_sums_are_requantized_alike(scale: float, with_bias: bool) -> None:
    draw = np.random.default_rng(3)
    channels = 5
    record = Record(
        "conv", "CONV_2D",
        [T("i8", (1, 1, 1, 1), 0.02, 3), T("i8", (channels, 1, 1, 1), [0.01 * scale] * channels)],
        [T("i8", (1,), 0.9, -7)],
    )  # fmt: skip
    record.inputs[1].scale = [float(each) for each in draw.uniform(1e-3, 2e-2, channels) * scale]
    program = Program(read_model(write_model(record.model())))
    node = program.graphs[0].steps[0].node
    requantize = Requantize(node, node.input(1), channels, ActivationFunctionType.NONE)
    sums = draw.integers(-(2**21), 2**21, (7001, channels)) // draw.integers(1, 9000, (7001, 1))
    bias = draw.integers(-(2**20), 2**20, channels).astype(np.int32) if with_bias else None
    found = requantize(sums.astype(np.float32), bias)
    np.testing.assert_array_equal(found, requantize(sums.astype(np.int64), bias))


def test_it_is_rounded_twice() -> None:
    multiplier, shift = quantize_multiplier(2.0**-9)
    sums = np.arange(-5000, 5000)
    found = multiply_by_quantized_multiplier(sums, multiplier, shift)
    np.testing.assert_array_equal(found, round_half_away(np.floor(sums / 2 + 0.5) / 256))


@pytest.mark.parametrize("name", ["ADD_i8_NONE", "MUL_u8_RELU6", "SUB_i8_RELU6"])
def test_tables_of_pairs(name: str) -> None:
    record = _RECORDS[name]
    small = Interpreter(model_content=write_model(record.model()))
    dtype = small.get_input_details()[0]["dtype"]
    info = np.iinfo(dtype)
    draw = np.random.default_rng(5)
    x = draw.integers(info.min, info.max + 1, (300, 64, 4)).astype(dtype)
    y = draw.integers(info.min, info.max + 1, (1, 4)).astype(dtype)

    def run(value: np.ndarray) -> np.ndarray:
        small.resize_tensor_input(0, value.shape)
        small.resize_tensor_input(1, y.shape)
        small.allocate_tensors()
        small.set_tensor(0, value)
        small.set_tensor(1, y)
        small.invoke()
        return small.get_tensor(2)

    parts = np.concatenate([run(x[row : row + 20]) for row in range(0, 300, 20)])
    np.testing.assert_array_equal(run(x), parts)


def test_softmax_of_few_elements() -> None:
    small = Interpreter(model_content=write_model(_RECORDS["SOFTMAX_i8_0.0500"].model()))
    x = np.random.default_rng(6).integers(-128, 128, (200, 9)).astype(np.int8)

    def run(value: np.ndarray) -> np.ndarray:
        small.resize_tensor_input(0, value.shape)
        small.allocate_tensors()
        small.set_tensor(0, value)
        small.invoke()
        return small.get_tensor(1)

    np.testing.assert_array_equal(run(x), np.concatenate([run(row[None]) for row in x]))


def test_fixed_point_functions_are_near_the_real_ones() -> None:
    a = -np.linspace(0, 31, 4001)
    found = INT32.exp_on_negative_values((a * 2**26).astype(np.int64), 5) / 2**31
    np.testing.assert_allclose(found, np.exp(a), atol=2e-7)
    x = np.linspace(-7.9, 7.9, 801)
    raw = np.round(x * 2**12).astype(np.int64)
    np.testing.assert_allclose(INT16.tanh(raw, 3) / 2**15, np.tanh(x), atol=1e-3)
    np.testing.assert_allclose(INT16.logistic(raw, 3) / 2**15, 1 / (1 + np.exp(-x)), atol=1e-3)
    values = np.array([1, 2, 3, 1000, 2**30])
    inverse, over = reciprocal(values, 31)
    np.testing.assert_allclose(inverse / 2.0**31 / 2.0**over, 1 / values, rtol=1e-6)


@pytest.mark.parametrize("asymmetric", [False, True])
def test_floats_are_rounded_as_by_vectors_of_eight(asymmetric: bool) -> None:
    # As LiteRT's kernels for x86 do, measured by layers of unit weights. Steps are 1 here.
    row = [0.0, 255.0 if asymmetric else 127.0, *[0.49999997, 1.5, 2.4] * 3]
    values, scales, zeros = quantize_rows(np.array([row], np.float32), asymmetric)
    assert scales == 1
    assert zeros == (-128 if asymmetric else 0)
    whole = [0, row[1], 1, 2, 2, 1, 2, 2, 0, 2, 2]
    np.testing.assert_array_equal(values[0] - zeros[0], whole)
