"""Math functions and their gradients in functions traced without knowing even the rank."""

import numpy as np
import pytest

import tidefall as tf


def numbers(*shape):
    return np.random.default_rng(sum(shape)).uniform(0.2, 1.5, shape).astype(np.float32)


BINARY = ["add", "subtract", "multiply", "divide", "pow", "maximum", "xlogy", "floormod", "atan2"]
REDUCTIONS = [
    "reduce_sum",
    "reduce_mean",
    "reduce_prod",
    "reduce_max",
    "reduce_logsumexp",
    "reduce_std",
    "reduce_euclidean_norm",
]
SEGMENTS = ["sum", "mean", "prod", "max", "min"]

CASES = {
    **{name: (getattr(tf.math, name), numbers(2, 3), numbers(3)) for name in BINARY},
    **{
        f"{name} {axis}": (
            lambda x, name=name, axis=axis: getattr(tf.math, name)(x, axis, axis == -1),
            numbers(2, 3),
        )
        for name in REDUCTIONS
        for axis in (None, 0, -1)
    },
    **{
        f"segment_{name}": (
            lambda x, name=name: getattr(tf.math, f"segment_{name}")(x, [0, 0, 2]),
            numbers(3, 2),
        )
        for name in SEGMENTS
    },
    **{
        f"unsorted_segment_{name}": (
            lambda x, name=name: getattr(tf.math, f"unsorted_segment_{name}")(x, [1, -1, 1], 3),
            numbers(3, 2),
        )
        for name in SEGMENTS
    },
    "matmul": (tf.matmul, numbers(2, 3), numbers(3, 4)),
    "matmul of stacks": (tf.matmul, numbers(5, 2, 3), numbers(3, 4)),
    "matvec": (tf.linalg.matvec, numbers(2, 3), numbers(3)),
    "tensordot": (lambda x, y: tf.tensordot(x, y, 1), numbers(2, 3), numbers(3, 2)),
    "tensordot of axes": (
        lambda x, y: tf.tensordot(x, y, [[0, 2], [1, 0]]),
        numbers(2, 3, 4),
        numbers(4, 2),
    ),
    "einsum": (lambda x, y: tf.einsum("ij,jk->ik", x, y), numbers(2, 3), numbers(3, 2)),
    "einsum diagonal": (lambda x: tf.einsum("ii->i", x), numbers(3, 3)),
    "einsum sum": (lambda x: tf.einsum("ij->j", x), numbers(2, 3)),
    "einsum ellipsis": (
        lambda x, y: tf.einsum("...ij,...jk->...ik", x, y),
        numbers(5, 1, 2, 3),
        numbers(4, 3, 2),
    ),
    "cumsum": (lambda x: tf.cumsum(x, -1, True, True), numbers(2, 3)),
    "cumprod": (lambda x: tf.math.cumprod(x, 0), numbers(2, 3)),
    "cumulative_logsumexp": (lambda x: tf.math.cumulative_logsumexp(x, 1), numbers(2, 3)),
    "clip_by_value": (lambda x: tf.clip_by_value(x, 0.4, 1.0), numbers(2, 3)),
    "clip_by_norm": (lambda x: tf.clip_by_norm(x, 0.5), numbers(2, 3)),
    "ClipByValue": (
        lambda x: tf.raw_ops.ClipByValue(t=x, clip_value_min=0.4, clip_value_max=1.0),
        numbers(2, 3),
    ),
    "add_n": (lambda x, y: tf.add_n([x, y, x]), numbers(2, 3), numbers(2, 3)),
    "lbeta": (tf.math.lbeta, numbers(2, 3)),
}


@pytest.mark.parametrize("name", CASES)
def test_same_without_the_rank(name) -> None:
    function, *arrays = CASES[name]

    def with_gradients(*inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            result = function(*inputs)
        return [result, *tape.gradient(result, inputs)]

    spec = [tf.TensorSpec(None, tf.float32)] * len(arrays)
    traced = tf.function(with_gradients, input_signature=spec)
    tensors = [tf.constant(a) for a in arrays]
    for expected, got in zip(with_gradients(*tensors), traced(*tensors), strict=True):
        np.testing.assert_allclose(got.numpy(), expected.numpy(), rtol=1e-5, atol=1e-7)


def test_a_tensor_of_unknown_rank_has_minus_one_dimensions() -> None:
    ranks = []

    @tf.function(input_signature=[tf.TensorSpec(None), tf.TensorSpec([None, 2])])
    def trace(x, y):
        ranks.extend([x.ndim, y.ndim])

    trace(1.0, [[1.0, 2.0]])
    assert ranks == [-1, 2]
