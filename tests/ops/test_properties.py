"""Properties that hold for any input: gradients are slopes, shapes broadcast as in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tidefall as tf

FEW = settings(max_examples=15, deadline=None, derandomize=True, database=None)
STEP = 1e-6

# Smooth functions with the range in which their arguments are drawn.
SMOOTH: dict[str, tuple[float, float, Callable[..., Any]]] = {
    "add": (-2, 2, lambda x, y: x + y),
    "subtract": (-2, 2, lambda x, y: x - y),
    "multiply": (-2, 2, lambda x, y: x * y),
    "divide": (0.5, 2, lambda x, y: x / y),
    "pow": (0.5, 2, lambda x, y: x**y),
    "squared_difference": (-2, 2, tf.math.squared_difference),
    "atan2": (0.5, 2, tf.math.atan2),
    "exp": (-2, 2, lambda x, y: tf.exp(x * y)),
    "log": (0.5, 2, lambda x, y: tf.math.log(x + y)),
    "tanh": (-2, 2, lambda x, y: tf.tanh(x) * tf.sigmoid(y)),
    "sqrt": (0.5, 2, lambda x, y: tf.sqrt(x) * tf.math.rsqrt(y)),
    "erf": (-2, 2, lambda x, y: tf.math.erf(x - y)),
    "softmax": (-2, 2, lambda x, y: tf.nn.softmax(x + y)),
    "log_softmax": (-2, 2, lambda x, y: tf.nn.log_softmax(x * y)),
    "logsumexp": (-2, 2, lambda x, y: tf.reduce_logsumexp(x * y, -1)),
    "mean": (-2, 2, lambda x, y: tf.reduce_mean(x * y, 0)),
    "prod": (0.5, 2, lambda x, y: tf.reduce_prod(x + y, -1)),
    "std": (-2, 2, lambda x, y: tf.math.reduce_std(x * tf.exp(y) + tf.range(3.0, dtype=x.dtype))),
    "cumsum": (-2, 2, lambda x, y: tf.cumsum(x * y, -1, reverse=True)),
    "matmul": (-2, 2, lambda x, y: tf.matmul(x + y, x - y, transpose_b=True)),
    "stack": (-2, 2, lambda x, y: tf.stack([x, x * y], axis=1)),
    "slices": (-2, 2, lambda x, y: (x * y)[::-1, 1:]),
    "pad": (-2, 2, lambda x, y: tf.pad(x * y, [[1, 0], [2, 1]])),
    "l2_normalize": (0.5, 2, lambda x, y: tf.math.l2_normalize(x + y, -1)),
}

PAIRS = [((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 3), (2, 1)), ((2, 3), ())]


@pytest.mark.parametrize("name", SMOOTH)
@given(data=st.data())
@FEW
def test_gradient_is_the_slope(name: str, data: st.DataObject) -> None:
    """The gradient predicts what a small step in any direction changes."""
    low, high, function = SMOOTH[name]
    numbers = st.floats(low, high, width=32)
    shapes = data.draw(st.sampled_from(PAIRS))
    x, y, u, v = (
        data.draw(arrays.arrays(np.float64, s, elements=numbers)) for s in (*shapes, *shapes)
    )
    tensors = [tf.constant(x), tf.constant(y)]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        total = tf.reduce_sum(function(*tensors) * 0.7)
    grads = tape.gradient(total, tensors, unconnected_gradients="zero")
    slope = sum(float(np.sum(g.numpy() * d)) for g, d in zip(grads, (u, v), strict=True))

    def along(t: float) -> float:
        return float(tf.reduce_sum(function(tf.constant(x + t * u), tf.constant(y + t * v)) * 0.7))

    measured = (along(STEP) - along(-STEP)) / (2 * STEP)
    assert slope == pytest.approx(measured, rel=1e-5, abs=1e-6)


@given(shapes=arrays.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3))
@FEW
def test_shapes_broadcast_as_in_numpy(shapes: Any) -> None:
    x, y = (np.ones(s, np.float32) for s in shapes.input_shapes)
    assert tuple(tf.add(x, y).shape) == shapes.result_shape
    static = tf.broadcast_static_shape(tf.TensorShape(x.shape), tf.TensorShape(y.shape))
    assert tuple(static) == shapes.result_shape
    traced = tf.function(tf.add).get_concrete_function(
        tf.TensorSpec(x.shape, tf.float32), tf.TensorSpec(y.shape, tf.float32)
    )
    assert tuple(traced.output_shapes) == shapes.result_shape


@given(
    shapes=arrays.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3),
    data=st.data(),
)
@FEW
def test_inferred_shapes_hold_when_dimensions_are_unknown(shapes: Any, data: st.DataObject) -> None:
    """What is inferred from part of the dimensions never contradicts the result."""
    x, y = (np.ones(s, np.float32) for s in shapes.input_shapes)
    specs = [
        tf.TensorSpec([None if data.draw(st.booleans()) else d for d in a.shape], tf.float32)
        for a in (x, y)
    ]
    traced = tf.function(tf.multiply).get_concrete_function(*specs)
    assert traced.output_shapes.is_compatible_with(shapes.result_shape)
    assert tuple(traced(tf.constant(x), tf.constant(y)).shape) == shapes.result_shape


@given(
    array=arrays.arrays(
        np.float32,
        arrays.array_shapes(min_dims=1, max_dims=3, max_side=4),
        elements=st.floats(-4, 4, width=32),
    ),
    data=st.data(),
)
@FEW
def test_indexing_is_numpys(array: np.ndarray, data: st.DataObject) -> None:
    index = data.draw(arrays.basic_indices(array.shape, allow_newaxis=True))
    assert tf.constant(array)[index].numpy().tolist() == array[index].tolist()
