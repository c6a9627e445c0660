"""Arguments that do not fit are refused with an error that says which, eagerly and in graphs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tidefall as tf

CALLS: dict[str, tuple[Callable[[], Any], str]] = {
    "lists of different lengths": (
        lambda: tf.dynamic_stitch([[0], [1]], [[1.0], [2.0], [3.0]]),
        "List argument 'data' to 'DynamicStitch' Op with length 3 must match length 2",
    ),
    "diagonals of different lengths": (
        lambda: tf.linalg.tridiagonal_solve(
            [np.ones(4), np.ones(4), np.ones(6)], np.ones(4), diagonals_format="sequence"
        ),
        "one shorter",
    ),
    "bounds that are vectors": (
        lambda: tf.random.uniform([3], [1, 2], 4, tf.int32),
        "minval must be a scalar",
    ),
    "shapes of one dimension": (
        lambda: tf.raw_ops.EditDistance(
            hypothesis_indices=[[0]],
            hypothesis_values=["a"],
            hypothesis_shape=[1],
            truth_indices=[[0]],
            truth_values=["a"],
            truth_shape=[1],
        ),
        "hypothesis_shape rank is: 1",
    ),
    "a text that is no tensor": (
        lambda: tf.io.parse_tensor("bogus", tf.int32),
        "base64: Ym9ndXM=",
    ),
    "too many pixels": (
        lambda: tf.raw_ops.ResizeNearestNeighborGrad(
            grads=np.ones([1, 2, 2, 1], np.float32), size=[1879048192, 1879048192]
        ),
        "overflow when multiplying",
    ),
    "too many outputs": (
        lambda: tf.dynamic_partition([1.0], [0], 2**40),
        "would have 1099511627776 outputs",
    ),
    "a tensor where a variable is changed": (
        lambda: tf.raw_ops.ScatterAdd(ref=[1.0], indices=[0], updates=[1.0]),
        "requires l-value input",
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_refused(name: str) -> None:
    call, message = CALLS[name]
    with pytest.raises((ValueError, TypeError, tf.errors.OpError), match=message):
        call()


@pytest.mark.parametrize("axes", ([[0], [7]], [[5], [0]]))
def test_axes_that_are_known_when_a_graph_runs(axes: list[list[int]]) -> None:
    product = tf.function(
        lambda axes: tf.tensordot(tf.ones([2, 2]), tf.ones([2, 2]), axes),
        input_signature=[tf.TensorSpec([2, 1], tf.int32)],
    )
    with pytest.raises(tf.errors.InvalidArgumentError):
        product(tf.constant(axes))


@pytest.mark.parametrize("dtype", (np.float32, np.float64))
def test_cosine_transforms_keep_the_dtype(dtype: type) -> None:
    signal = np.sin(np.arange(256)).astype(dtype)
    there = tf.signal.mdct(signal, 32, norm="ortho")
    back = tf.signal.inverse_mdct(there, norm="ortho").numpy()
    assert there.dtype == dtype
    assert back[16:240] == pytest.approx(signal[16:240], abs=1e-5 if dtype is np.float32 else 1e-12)


def test_samples_of_every_run_are_drawn_together() -> None:
    draw = lambda alpha: tf.random.gamma([3], alpha)  # noqa: E731
    found = tf.vectorized_map(draw, tf.constant([1.0, 2.0]), fallback_to_while_loop=False)
    assert found.shape == [2, 3]
    assert len(np.unique(found)) == 6
