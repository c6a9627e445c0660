"""Native products of two matrices agree with NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tidefall as tf
from tidefall.native import matmul as native
from tidefall.native.library import call, enabled, lowered, status, takes_integers, takes_products
from tidefall.ops.linalg.matmul import batch_matmul_mixed_op
from tidefall.runtime.xla.jax_bridge import load_jax

needs_kernels = pytest.mark.skipif(not enabled(), reason=f"native kernels: {status().reason}")
SIZES = [(128, 512, 200), (512, 33, 65), (1, 1, 1), (7, 300, 3), (300, 7, 1), (70, 70, 70)]
TURNS = [(False, False), (True, False), (False, True), (True, True)]


BFLOAT16 = tf.bfloat16.as_numpy_dtype


def _pair(
    sizes: tuple[int, int, int], turns: tuple[bool, bool], dtype: type = np.float32
) -> tuple[np.ndarray, ...]:
    rows, columns, inner = sizes
    generator = np.random.default_rng(0)
    a = generator.standard_normal((rows, inner)).astype(dtype)
    b = generator.standard_normal((inner, columns)).astype(dtype)
    given = [np.ascontiguousarray(x.T) if t else x for x, t in zip((a, b), turns, strict=True)]
    return *given, a.astype(np.float64) @ b.astype(np.float64)


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


@needs_kernels
@pytest.mark.parametrize("turns", TURNS, ids=str)
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_bfloat16_agrees(sizes: tuple[int, int, int], turns: tuple[bool, bool]) -> None:
    a, b, expected = _pair(sizes, turns, BFLOAT16)
    if not takes_products(a, b):
        pytest.skip("the processor does not multiply bfloat16")
    result = native.multiply(call, a, b, *turns)
    assert result.dtype == BFLOAT16
    np.testing.assert_allclose(result.astype(np.float32), expected, rtol=1e-2, atol=1e-2)
    if sizes != SIZES[0]:
        return
    compiled = load_jax().jit(lambda a, b: native.multiply(lowered, a, b, *turns))(a, b)
    np.testing.assert_array_equal(np.asarray(compiled), result)


@pytest.mark.parametrize("turns", TURNS, ids=str)
@pytest.mark.parametrize("stacked", [False, True], ids=["MatMul", "BatchMatMulV2"])
@pytest.mark.parametrize("dtype", [np.float32, BFLOAT16], ids=["float32", "bfloat16"])
def test_compiled_op(turns: tuple[bool, bool], stacked: bool, dtype: type) -> None:
    """With kernels and without."""
    a, b, expected = _pair((128, 200, 256), turns, dtype)

    @tf.function(jit_compile=True)
    def product(a, b):
        if stacked:
            return tf.raw_ops.BatchMatMulV2(x=a, y=b, adj_x=turns[0], adj_y=turns[1])
        return tf.matmul(a, b, *turns)

    close = 1e-4 if dtype is np.float32 else 1e-2
    result = tf.cast(product(a, b), tf.float32)
    np.testing.assert_allclose(result, expected, rtol=close, atol=close)


@pytest.mark.parametrize("adjoint", [False, True])
@pytest.mark.parametrize("rows", [64, 0])
def test_compiled_stacks_of_bfloat16_times_one_matrix(adjoint: bool, rows: int) -> None:
    a, b, expected = _pair((3 * rows, 200, 256), (False, adjoint), BFLOAT16)

    @tf.function(jit_compile=True)
    def product(a, b):
        return tf.raw_ops.BatchMatMulV2(x=a, y=b, adj_y=adjoint)

    result = tf.cast(product(a.reshape(3, rows, 256), b), tf.float32)
    np.testing.assert_allclose(result, expected.reshape(3, rows, 200), rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("turns", TURNS, ids=str)
@pytest.mark.parametrize("leading", [(), (3,)], ids=["matrix", "stack"])
def test_compiled_int8(turns: tuple[bool, bool], leading: tuple[int, ...]) -> None:
    """Exact, for the largest sums too, with kernels and without."""
    generator = np.random.default_rng(0)
    a = generator.integers(-128, 128, (*leading, 200, 256)).astype(np.int8)
    b = generator.integers(-128, 128, (256, 65)).astype(np.int8)
    a[..., 0, :], b[:, 0] = -128, -128
    expected = a.astype(np.int32) @ b.astype(np.int32)
    a = np.ascontiguousarray(a.swapaxes(-1, -2)) if turns[0] else a
    b = np.ascontiguousarray(b.T) if turns[1] else b

    @tf.function(jit_compile=True)
    def product(a, b):
        return tf.matmul(a, b, *turns, output_type=tf.int32)

    np.testing.assert_array_equal(product(a, b), expected)


@needs_kernels
def test_int8_is_native_where_the_processor_adds_it_up_exactly() -> None:
    x = np.ones((256, 256), np.int8)
    attrs = {"adj_x": False, "adj_y": False, "Tout": tf.int32}
    traced = load_jax().jit(lambda x, y: batch_matmul_mixed_op.xla(x, y, **attrs))
    assert ("tidefall_matmul" in traced.lower(x, x).as_text()) == takes_integers(x)


@needs_kernels
@pytest.mark.parametrize("turns", TURNS, ids=str)
@pytest.mark.parametrize("stack", [(), (2, 3)], ids=str)
def test_host_products_are_native_however_matrices_lie(
    turns: tuple[bool, bool], stack: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[bool, bool]] = []

    def multiply(run: Any, a: Any, b: Any, turn_a: bool, turn_b: bool) -> Any:
        asked.append((turn_a, turn_b))
        return native.multiply(run, a, b, turn_a, turn_b)

    monkeypatch.setattr("tidefall.ops.linalg.matmul.multiply", multiply)
    a, b, expected = _pair((128, 512, 200), turns)
    if stack:
        a, expected = (np.broadcast_to(x, (*stack, *x.shape)).copy() for x in (a, expected))
    result = tf.matmul(a, b, transpose_a=turns[0], transpose_b=turns[1])
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4)
    # A stack with transposed matrices is not one large matrix.
    assert asked == ([] if stack and turns[0] else [turns])


@needs_kernels
def test_host_products_of_other_matrices_are_numpys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("tidefall.ops.linalg.matmul.multiply")
    large, small = np.ones((128, 200), np.float32), np.ones((4, 4), np.float32)
    np.testing.assert_array_equal(tf.matmul(small, small), 4 * small)
    wide = large.astype(np.float64)
    np.testing.assert_array_equal(tf.matmul(wide, wide.T), np.full((128, 128), 200.0))
    strided = np.ones((128, 400), np.float32)[:, ::2]
    with pytest.raises(tf.errors.InvalidArgumentError, match="Matrix size-incompatible"):
        tf.matmul(strided, large)
