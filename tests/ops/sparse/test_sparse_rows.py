"""Sparse segments, empty rows, softmax and sets beyond the records: properties, gradients."""

import numpy as np
import pytest

import tidefall as tf


@pytest.mark.parametrize("kind", ["sum", "mean", "sqrt_n"])
def test_segments_have_second_gradients(kind):
    reduce = getattr(tf.sparse, f"segment_{kind}")
    data = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    rows, ids = [0, 2, 0, 1], [0, 0, 1, 1]
    with tf.GradientTape() as outer:
        outer.watch(data)
        with tf.GradientTape() as inner:
            inner.watch(data)
            total = tf.reduce_sum(reduce(data, rows, ids) ** 3)
        slope = inner.gradient(total, data)
    second = outer.gradient(slope, data)
    matrix = np.zeros((2, 3), np.float32)
    np.add.at(matrix, (ids, rows), {"sum": 1.0, "mean": 0.5, "sqrt_n": 0.5**0.5}[kind])
    reduced = matrix @ data.numpy()
    np.testing.assert_allclose(
        second, matrix.T @ (6 * reduced * (matrix @ np.ones((3, 2), np.float32))), rtol=1e-5
    )


def test_compiled_segments_agree_with_the_host_when_ids_are_not_constant():
    data = tf.random.stateless_normal([7, 3], [1, 2])

    def mean(indices, ids):
        return tf.sparse.segment_mean(data, indices, ids, num_segments=5)

    arguments = tf.constant([6, 0, 0, 3, 2]), tf.constant([0, 0, 2, 2, 4])
    compiled = tf.function(mean, jit_compile=True)(*arguments)
    np.testing.assert_allclose(compiled, mean(*arguments), rtol=1e-6)


def test_softmax_of_elements_in_any_order_belongs_to_their_places():
    places = np.array([[1, 0], [0, 2], [1, 3], [0, 0]])
    values = np.array([1.0, 2.0, 3.0, 4.0], np.float32)
    shuffled = tf.sparse.softmax(tf.SparseTensor(places, values, [2, 4]))
    expected = tf.sparse.softmax(tf.sparse.reorder(tf.SparseTensor(places, values, [2, 4])))
    np.testing.assert_array_equal(
        tf.sparse.to_dense(tf.sparse.reorder(shuffled)), tf.sparse.to_dense(expected)
    )


def test_filling_rows_twice_changes_nothing():
    sparse = tf.SparseTensor([[3, 1], [0, 4], [3, 0]], [1, 2, 3], [6, 5])
    filled, empty = tf.sparse.fill_empty_rows(sparse, 9)
    again, none = tf.sparse.fill_empty_rows(filled, 9)
    np.testing.assert_array_equal(again.indices, filled.indices)
    np.testing.assert_array_equal(again.values, filled.values)
    assert empty.numpy().tolist() == [False, True, True, False, True, True]
    assert not none.numpy().any()


def test_sets_agree_with_pythons():
    rng = np.random.default_rng(3)
    a, b = (rng.integers(-9, 9, (20, width)) for width in (6, 8))
    for function, operator in (
        (tf.sets.union, set.union),
        (tf.sets.intersection, set.intersection),
        (tf.sets.difference, set.difference),
    ):
        found = function(a, b)
        rows = [found.values.numpy()[found.indices.numpy()[:, 0] == i].tolist() for i in range(20)]
        wanted = [sorted(operator(set(x), set(y))) for x, y in zip(a, b, strict=True)]
        assert rows == [[int(v) for v in row] for row in wanted]
        assert tf.sets.size(found).numpy().tolist()[: len(wanted)] == [len(row) for row in wanted]
