"""Native products of two matrices agree with NumPy's."""

from __future__ import annotations

import numpy as np
import pytest

import tidefall as tf
from tidefall.native import matmul as native
from tidefall.native.library import call, enabled, lowered, status
from tidefall.runtime.jax_bridge import load_jax

needs_kernels = pytest.mark.skipif(not enabled(), reason=f"native kernels: {status().reason}")
SIZES = [(128, 512, 200), (512, 33, 65), (1, 1, 1), (7, 300, 3), (300, 7, 1), (70, 70, 70)]
TURNS = [(False, False), (True, False), (False, True), (True, True)]


def _pair(sizes: tuple[int, int, int], turns: tuple[bool, bool]) -> tuple[np.ndarray, ...]:
    rows, columns, inner = sizes
    generator = np.random.default_rng(0)
    a = generator.standard_normal((rows, inner)).astype(np.float32)
    b = generator.standard_normal((inner, columns)).astype(np.float32)
    given = [np.ascontiguousarray(x.T) if t else x for x, t in zip((a, b), turns, strict=True)]
    return *given, a.astype(np.float64) @ b


@needs_kernels
@pytest.mark.parametrize("turns", TURNS, ids=str)
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_agrees(sizes: tuple[int, int, int], turns: tuple[bool, bool]) -> None:
    a, b, expected = _pair(sizes, turns)
    result = native.multiply(call, a, b, *turns)
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4)
    if sizes != SIZES[0]:
        return
    compiled = load_jax().jit(lambda a, b: native.multiply(lowered, a, b, *turns))(a, b)
    np.testing.assert_array_equal(compiled, result)


@pytest.mark.parametrize("turns", TURNS, ids=str)
@pytest.mark.parametrize("stacked", [False, True], ids=["MatMul", "BatchMatMulV2"])
def test_compiled_op(turns: tuple[bool, bool], stacked: bool) -> None:
    """With kernels and without."""
    a, b, expected = _pair((128, 200, 256), turns)

    @tf.function(jit_compile=True)
    def product(a, b):
        if stacked:
            return tf.raw_ops.BatchMatMulV2(x=a, y=b, adj_x=turns[0], adj_y=turns[1])
        return tf.matmul(a, b, *turns)

    np.testing.assert_allclose(product(a, b), expected, rtol=1e-4, atol=1e-4)
