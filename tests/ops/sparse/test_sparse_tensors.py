"""Sparse tensors cut, joined, reduced and multiplied; the expected values are TensorFlow 2.21's."""

import numpy as np
import pytest

import tidefall as tf

sp = tf.sparse


def a():
    return tf.SparseTensor([[0, 1], [1, 0], [1, 2]], [1.0, 2.0, 3.0], [2, 3])


def b():
    return tf.SparseTensor([[0, 0], [1, 1]], [4.0, 5.0], [2, 2])


SPARSE = {
    "reorder": (
        lambda: sp.reorder(tf.SparseTensor([[1, 0], [0, 1]], [1.0, 2.0], [2, 3])),
        ([[0, 1], [1, 0]], [2, 1], [2, 3]),
    ),
    "reshape": (lambda: sp.reshape(a(), [3, -1]), ([[0, 1], [1, 1], [2, 1]], [1, 2, 3], [3, 2])),
    "transpose": (lambda: sp.transpose(a()), ([[0, 1], [1, 0], [2, 1]], [2, 1, 3], [3, 2])),
    "concat 1": (
        lambda: sp.concat(-1, [a(), b()]),
        ([[0, 1], [0, 3], [1, 0], [1, 2], [1, 4]], [1, 4, 2, 3, 5], [2, 5]),
    ),
    "concat, other dimensions differ": (
        lambda: sp.concat(0, [a(), b()], expand_nonconcat_dims=True),
        ([[0, 1], [1, 0], [1, 2], [2, 0], [3, 1]], [1, 2, 3, 4, 5], [4, 3]),
    ),
    "slice": (lambda: sp.slice(a(), [0, 1], [2, 2]), ([[0, 0], [1, 1]], [1, 3], [2, 2])),
    "expand_dims": (
        lambda: sp.expand_dims(a(), -2),
        ([[0, 0, 1], [1, 0, 0], [1, 0, 2]], [1, 2, 3], [2, 1, 3]),
    ),
    "split": (lambda: sp.split(a(), 2, 1)[0], ([[0, 1], [1, 0]], [1, 2], [2, 2])),
    "retain": (lambda: sp.retain(a(), [True, False, True]), ([[0, 1], [1, 2]], [1, 3], [2, 3])),
    "eye": (lambda: sp.eye(2, 3), ([[0, 0], [1, 1]], [1, 1], [2, 3])),
    "reset_shape": (
        lambda: sp.reset_shape(tf.SparseTensor([[0, 1]], [1.0], [5, 5])),
        ([[0, 1]], [1], [1, 2]),
    ),
    "map_values": (
        lambda: sp.map_values(tf.add, a(), 1.0),
        ([[0, 1], [1, 0], [1, 2]], [2, 3, 4], [2, 3]),
    ),
    "reduce to sparse": (
        lambda: sp.reduce_sum(a(), 0, output_is_sparse=True),
        ([[0], [1], [2]], [2, 1, 3], [3]),
    ),
    "bincount": (lambda: sp.bincount([0, 1, 1, 3]), ([[0], [1], [3]], [1, 2, 1], [4])),
    "bincount of rows": (
        lambda: sp.bincount([[0, 1, 1], [3, 3, 0]], weights=[[1.0, 2, 3], [4, 5, 6]], axis=-1),
        ([[0, 0], [0, 1], [1, 0], [1, 3]], [1, 5, 6, 9], [2, 4]),
    ),
    "bincount, lengths": (
        lambda: sp.bincount([[0, 5]], axis=-1, maxlength=3, binary_output=True),
        ([[0, 0]], [1], [1, 3]),
    ),
    "bincount of sparse": (
        lambda: sp.bincount(tf.SparseTensor([[0, 0], [1, 1]], [2, 2], [2, 2]), axis=-1),
        ([[0, 2], [1, 2]], [1, 1], [2, 3]),
    ),
}


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize("name", SPARSE)
def test_sparse_results(name, traced):
    call, (indices, values, shape) = SPARSE[name]
    result = (tf.function(call) if traced else call)()
    assert result.indices.numpy().tolist() == indices
    assert result.values.numpy().tolist() == values
    assert result.dense_shape.numpy().tolist() == shape


DENSE = {
    "sum": (lambda: sp.reduce_sum(a()), 6),
    "sum 0": (lambda: sp.reduce_sum(a(), 0), [2, 1, 3]),
    "sum 1, kept": (lambda: sp.reduce_sum(a(), -1, keepdims=True), [[1], [5]]),
    "max": (lambda: sp.reduce_max(a(), 1), [1, 3]),
    "max of the elements given": (
        lambda: sp.reduce_max(tf.SparseTensor([[0, 1]], [-1.0], [2, 3]), 1),
        [-1, 0],
    ),
    "matmul": (lambda: sp.sparse_dense_matmul(a(), tf.ones([3, 2])), [[1, 1], [5, 5]]),
    "matmul, adjoint a": (
        lambda: sp.sparse_dense_matmul(a(), tf.reshape(tf.range(4.0), [2, 2]), adjoint_a=True),
        [[4, 6], [0, 1], [6, 9]],
    ),
    "matmul, adjoint b": (
        lambda: sp.sparse_dense_matmul(a(), tf.reshape(tf.range(6.0), [2, 3]), adjoint_b=True),
        [[1, 4], [6, 21]],
    ),
    "dense times sparse": (
        lambda: sp.sparse_dense_matmul(tf.reshape(tf.range(4.0), [2, 2]), a()),
        [[2, 0, 3], [6, 2, 9]],
    ),
}


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize("name", DENSE)
def test_dense_results(name, traced):
    call, expected = DENSE[name]
    assert (tf.function(call) if traced else call)().numpy().tolist() == expected


W = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
GRADIENTS = {
    "matmul": (lambda s: sp.sparse_dense_matmul(s, tf.constant(W)), [7, 3, 11]),
    "sum": (lambda s: sp.reduce_sum(s, 1) * tf.constant([2.0, 3.0]), [2, 3, 3]),
    "transpose": (
        lambda s: sp.to_dense(sp.transpose(s)) * tf.reshape(tf.range(6.0), [3, 2]),
        [2, 1, 5],
    ),
    "reshape": (
        lambda s: sp.to_dense(sp.reshape(s, [3, 2])) * tf.reshape(tf.range(6.0), [3, 2]),
        [1, 3, 5],
    ),
    "slice": (lambda s: sp.to_dense(sp.slice(s, [0, 1], [2, 2])) * 2.0, [2, 0, 2]),
}


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_of_the_values(name, traced):
    function, expected = GRADIENTS[name]

    def gradient(values):
        with tf.GradientTape() as tape:
            tape.watch(values)
            y = function(tf.SparseTensor([[0, 1], [1, 0], [1, 2]], values, [2, 3]))
        return tape.gradient(y, values)

    call = tf.function(gradient) if traced else gradient
    np.testing.assert_allclose(call(tf.constant([1.0, 2.0, 3.0])), expected)


WRONG = [
    (lambda: sp.reshape(a(), [4, 2]), tf.errors.InvalidArgumentError, "requested shape has 8"),
    (
        lambda: sp.concat(0, [a(), b()]),
        tf.errors.InvalidArgumentError,
        "expected 3 for dimension 1",
    ),
    (lambda: sp.expand_dims(a(), 5), tf.errors.InvalidArgumentError, "axis"),
    (
        lambda: sp.sparse_dense_matmul(a(), tf.ones([2, 2])),
        tf.errors.InvalidArgumentError,
        "inner dimension does not match: 3 vs. 2",
    ),
    (lambda: sp.reset_shape(a(), [1, 4]), ValueError, "dimension sizes >="),
    (lambda: sp.map_values(tf.add, 1, 2), ValueError, "No SparseTensor"),
    (lambda: sp.reorder(1), TypeError, "must be a SparseTensor"),
]


@pytest.mark.parametrize(("call", "error", "message"), WRONG)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
