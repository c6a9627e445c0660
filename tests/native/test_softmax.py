"""Native softmax agrees with NumPy's."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from tests.native.ways import ALL
from tidefall.native import softmax as native
from tidefall.native.library import call, enabled, lowered, status
from tidefall.ops.nn.softmax import softmax_op
from tidefall.runtime.xla.jax_bridge import load_jax

needs_kernels = pytest.mark.skipif(not enabled(), reason=f"native kernels: {status().reason}")
COLUMNS = [1, 3, 7, 8, 15, 16, 17, 31, 64, 100, 1000]


def _expected(x: np.ndarray) -> np.ndarray:
    powers = np.exp((x - x.max(-1, keepdims=True)).astype(np.float64))
    return powers / powers.sum(-1, keepdims=True)


@needs_kernels
@pytest.mark.parametrize("columns", COLUMNS)
@ALL
def test_agrees(run: Any, columns: int) -> None:
    generator = np.random.default_rng(0)
    x = generator.standard_normal((37, columns)).astype(np.float32) * 20
    np.testing.assert_allclose(native.softmax(run, x), _expected(x), rtol=1e-6, atol=2e-38)


@needs_kernels
def test_compiled() -> None:
    x = np.random.default_rng(0).standard_normal((5, 7, 33)).astype(np.float32)
    compiled = load_jax().jit(partial(native.softmax, lowered))
    np.testing.assert_array_equal(compiled(x), native.softmax(call, x))


@pytest.mark.parametrize("columns", [5, 40])
def test_op_with_values_that_are_no_numbers(columns: int) -> None:
    """Compiled, with kernels and without: as many rows as a kernel takes."""
    inf, nan = np.inf, np.nan
    x = np.zeros((400, columns), np.float32)
    x[0, -1], x[1, 0], x[2], x[3], x[4, 1] = nan, inf, -inf, nan, -inf
    x[5] = np.linspace(-200, 200, columns)
    result = np.asarray(load_jax().jit(softmax_op.xla)(x))
    assert np.isnan(result[:4]).all()
    np.testing.assert_allclose(result[4:], _expected(x[4:]), rtol=1e-5, atol=2e-38)


@needs_kernels
@pytest.mark.parametrize(
    ("shape", "expected"), [((4, 256), True), ((3, 1000), False), ((100, 5), False)]
)
def test_few_rows_are_left_to_xla(shape: tuple[int, int], expected: bool) -> None:
    text = load_jax().jit(softmax_op.xla).lower(np.zeros(shape, np.float32)).as_text()
    assert ("tidefall_softmax" in text) == expected
