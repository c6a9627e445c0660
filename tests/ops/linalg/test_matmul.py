"""Gradients of products of a stack of matrices with a single one."""

from __future__ import annotations

import numpy as np
import pytest

import tidefall as tf

CASES = {
    "3 by 2": ((2, 3, 4), False),
    "more leading dimensions": ((2, 1, 3, 4), False),
    "adjoint": ((2, 3, 4), True),
    "no rows": ((2, 0, 4), False),
}


def _arrays(shape: tuple[int, ...], adjoint: bool, dtype: str) -> list[np.ndarray]:
    generator = np.random.default_rng(0)
    sizes = [shape, (5, 4) if adjoint else (4, 5), (*shape[:-1], 5)]
    arrays = [generator.standard_normal(s) for s in sizes]
    if dtype == "complex64":
        arrays = [a + 1j * generator.standard_normal(a.shape) for a in arrays]
    return [a.astype(dtype) for a in arrays]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", ["float32", "complex64"])
@pytest.mark.parametrize("known", [True, False], ids=["known shapes", "unknown rows"])
def test_gradients(name: str, dtype: str, known: bool) -> None:
    shape, adjoint = CASES[name]
    x, w, dy = _arrays(shape, adjoint, dtype)
    rows = tf.TensorSpec(shape if known else [None] * (len(shape) - 1) + [shape[-1]], dtype)

    @tf.function(input_signature=[rows, tf.TensorSpec(w.shape, dtype)])
    def gradients(x, w):
        with tf.GradientTape() as tape:
            tape.watch([x, w])
            y = tf.matmul(x, w, adjoint_b=adjoint)
        return tape.gradient(y, [x, w], dy)

    dx, dw = gradients(x, w)
    flat, flat_dy = x.reshape(-1, 4), dy.reshape(-1, 5)
    np.testing.assert_allclose(dx, dy @ (w if adjoint else w.conj().T), rtol=1e-5, atol=1e-5)
    expected = flat_dy.conj().T @ flat if adjoint else flat.conj().T @ flat_dy
    np.testing.assert_allclose(dw, expected, rtol=1e-5, atol=1e-5)


def test_no_stack_of_weight_gradients_is_made() -> None:
    @tf.function(input_signature=[tf.TensorSpec([8, 3, 4]), tf.TensorSpec([4, 5])])
    def gradients(x, w):
        return tf.gradients(tf.matmul(x, w), [x, w])

    shapes = [t.shape.as_list() for op in gradients.get_concrete_function().graph.get_operations()
              for t in op.outputs]  # fmt: skip
    assert [8, 4, 5] not in shapes


def _matrices(dtype: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    generator = np.random.default_rng(1)
    whole = generator.standard_normal((16, 16))
    if dtype.startswith("complex"):
        whole = whole + 1j * generator.standard_normal((16, 16))
    whole = whole.astype(dtype)
    return {
        "contiguous": (whole, whole[::-1].copy()),
        "columns first": (whole.T, np.asfortranarray(whole)),
        "every other": (whole[::2, ::2], whole[1::2, ::-2]),
        "rows repeated": (np.broadcast_to(whole[0], (4, 16)), whole),
        "its own transpose": (whole, whole.T),
        "no rows": (whole[:0], whole),
        "nothing to add": (whole[:, :0], whole[:0]),
        "one column": (whole[:, :1], whole[:1]),
    }


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
@pytest.mark.parametrize("name", _matrices("float32"))
@pytest.mark.parametrize("turned", [(False, False), (True, False), (False, True), (True, True)])
def test_eager_products_of_arrays_however_they_lie(name, dtype, turned) -> None:
    x, y = _matrices(dtype)[name]
    a = tf.constant(x.T if turned[0] else x)
    b = tf.constant(y.T if turned[1] else y)
    a.storage, b.storage = (x.T if turned[0] else x), (y.T if turned[1] else y)
    product = tf.matmul(a, b, transpose_a=turned[0], transpose_b=turned[1])
    assert product.dtype == dtype and product.shape == (len(x), y.shape[1])
    tolerance = 1e-5 if dtype in ("float32", "complex64") else 1e-12
    np.testing.assert_allclose(product, np.einsum("ij,jk", x, y), tolerance, tolerance * 10)


def test_eager_products_give_infinities_and_nan_without_a_word() -> None:
    large = tf.fill([2, 2], np.float32(3e38))
    assert np.isposinf(tf.matmul(large, large).numpy()).all()
    assert np.isnan(tf.matmul(large * np.inf, tf.zeros([2, 2])).numpy()).all()
    with pytest.raises(tf.errors.InvalidArgumentError, match="Matrix size-incompatible"):
        tf.matmul(large, tf.ones([3, 2]))
