"""Ops that TensorFlow runs in graphs of its first versions only.

Values come from TensorFlow 2.21, which imported graphs whose producer was old enough.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tidefall as tf

A = np.array([[[2.0, 1.0], [1.0, 3.0]], [[1.0, 0.0], [0.5, 1.0]]], np.float32)
PAIRS = np.array([[2.0, 1.0], [1.0, 3.0]], np.float32)


@pytest.mark.parametrize(
    "old, new, inputs",
    [
        ("BatchCholesky", "Cholesky", {"input": A[:1]}),
        ("BatchCholeskyGrad", "CholeskyGrad", {"l": np.tril(A), "grad": np.tril(A)}),
        ("BatchMatrixBandPart", "MatrixBandPart", {"input": A, "num_lower": 0, "num_upper": 1}),
        ("BatchMatrixDeterminant", "MatrixDeterminant", {"input": A}),
        ("BatchMatrixDiag", "MatrixDiag", {"diagonal": PAIRS}),
        ("BatchMatrixDiagPart", "MatrixDiagPart", {"input": A}),
        ("BatchMatrixInverse", "MatrixInverse", {"input": A, "adjoint": True}),
        ("BatchMatrixSetDiag", "MatrixSetDiag", {"input": A, "diagonal": PAIRS}),
        ("BatchMatrixSolve", "MatrixSolve", {"matrix": A, "rhs": A[::-1]}),
        (
            "BatchMatrixSolveLs",
            "MatrixSolveLs",
            {"matrix": A, "rhs": A[::-1], "l2_regularizer": np.float64(0.1)},
        ),
        ("BatchMatrixTriangularSolve", "MatrixTriangularSolve", {"matrix": A, "rhs": A[::-1]}),
        ("BatchSelfAdjointEigV2", "SelfAdjointEigV2", {"input": A}),
        ("BatchSvd", "Svd", {"input": A}),
    ],
)
def test_old_names_of_ops_on_matrices(old: str, new: str, inputs: dict[str, Any]) -> None:
    found, wanted = (tf.nest.flatten(getattr(tf.raw_ops, name)(**inputs)) for name in (old, new))
    for a, b in zip(found, wanted, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def _eigen(name: str) -> Any:
    return lambda x: getattr(tf.raw_ops, name)(input=x)


@pytest.mark.parametrize("name", ["SelfAdjointEig", "BatchSelfAdjointEig"])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_eigenvalues_stand_above_the_eigenvectors(name: str, jit_compile: bool) -> None:
    traced = tf.function(_eigen(name), jit_compile=jit_compile)
    found = traced(tf.constant(A)).numpy()
    assert traced.get_concrete_function(tf.TensorSpec([None, 2, 2])).outputs[0].shape == [
        None,
        3,
        2,
    ]
    np.testing.assert_allclose(found[:, 0], [[1.381966, 3.618034], [0.5, 1.5]], rtol=1e-5)
    vectors = [[[0.8507, 0.5257], [0.5257, 0.8507]], [[0.7071, 0.7071], [0.7071, 0.7071]]]
    np.testing.assert_allclose(np.abs(found[:, 1:]), vectors, atol=1e-4)


@pytest.mark.parametrize("name", ["SelfAdjointEig", "BatchMatrixInverse", "BatchCholesky"])
def test_matrices_must_be_square(name: str) -> None:
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError)):
        _eigen(name)(tf.zeros([2, 3]))


@pytest.mark.parametrize(
    "x, options, wanted",
    [
        (A[0], {}, [[2.007874, 0.992126], [0.992126, 3.0]]),
        (
            A[0],
            {"range_given": True, "input_min": -2.0, "input_max": 2.0},
            [[2.0, 1.007874], [1.007874, 2.0]],
        ),
        (A[0], {"signed_input": False, "num_bits": 4}, [[2.0, 1.0], [1.0, 3.0]]),
        ([0.5, 1.5, 2.5, 15.0], {"signed_input": False, "num_bits": 4}, [0.0, 2.0, 2.0, 15.0]),
        (
            [-0.5, -1.5, 2.5, 7.0],
            {"num_bits": 4, "range_given": True, "input_min": -8.0, "input_max": 7.0},
            [0.0, -2.0, 2.0, 7.0],
        ),
    ],
)
@pytest.mark.parametrize("jit_compile", [False, True])
def test_quantize_and_dequantize(x: Any, options: Any, wanted: Any, jit_compile: bool) -> None:
    @tf.function(jit_compile=jit_compile)
    def rounded(x: Any) -> Any:
        return tf.raw_ops.QuantizeAndDequantize(input=x, **options)

    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = rounded(x)
    np.testing.assert_allclose(y.numpy(), wanted, rtol=1e-6)
    np.testing.assert_array_equal(tape.gradient(y, x).numpy(), np.ones(x.shape))


def test_random_poisson_draws_the_numbers_of_tensorflow() -> None:
    @tf.function
    def draw() -> Any:
        rate = tf.constant([2.0, 50.0])
        return tf.raw_ops.RandomPoisson(shape=[3], rate=rate, seed=3, seed2=4)

    assert draw().numpy().tolist() == [[3.0, 56.0], [1.0, 47.0], [2.0, 42.0]]


def test_several_pictures_are_padded_and_convolved_each() -> None:
    """TensorFlow reads the first picture for all of them."""
    pictures = tf.reshape(tf.range(120.0), [2, 5, 6, 2])
    window = tf.reshape(tf.range(36.0), [3, 3, 2, 2])
    widths = [[0, 0], [1, 2], [2, 1], [0, 0]]
    how = {"mode": "REFLECT", "strides": [1, 1, 1, 1], "padding": "VALID"}
    found = tf.raw_ops.FusedPadConv2D(input=pictures, paddings=widths, filter=window, **how)
    wanted = tf.nn.conv2d(tf.pad(pictures, widths, "REFLECT"), window, 1, "VALID")
    np.testing.assert_allclose(found.numpy(), wanted.numpy(), rtol=1e-6)
