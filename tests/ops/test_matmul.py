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
