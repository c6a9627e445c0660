"""tf.control_dependencies, and placeholders and default graphs of TensorFlow 1."""

import pytest

import tidefall as tf


def _names(node):
    return [n.name for n in node.control_inputs]


def test_nodes_wait():
    with tf.Graph().as_default():
        a, b = tf.constant(1, name="a"), tf.constant(2, name="b")
        with tf.control_dependencies([a, b.op]):
            first = tf.no_op()
            with tf.control_dependencies([first, a]):
                second = tf.no_op()
            with tf.control_dependencies(None):
                free = tf.no_op()
        after = tf.no_op()
    assert _names(first) == ["a", "b"]
    assert _names(second) == ["a", "b", "NoOp"]
    assert _names(free) == _names(after) == []


def test_checks_run_although_nobody_reads_them():
    @tf.function
    def checked(x):
        with tf.control_dependencies([tf.debugging.assert_positive(x), None, tf.constant(1)]):
            return tf.identity(x)

    assert int(checked(tf.constant(2))) == 2
    with pytest.raises(tf.errors.InvalidArgumentError, match="x > 0"):
        checked(tf.constant(0))


def test_values_from_outside_a_function_are_there_already():
    outside = tf.constant([1.0] * 200)
    variable = tf.Variable(1.0)

    @tf.function
    def inside(x):
        with tf.control_dependencies([outside, variable]):
            return x + 1

    assert int(inside(tf.constant(1))) == 2


def test_eager_code_calls_functions():
    called = []
    with tf.control_dependencies([lambda: called.append(1), tf.constant(1), 3]) as nothing:
        assert nothing is None
    assert called == [1]


def test_other_things_are_refused():
    for bad in (3, lambda: 1):
        with (
            tf.Graph().as_default(),
            pytest.raises(TypeError, match="Can not convert"),
            tf.control_dependencies([bad]),
        ):
            pass


def test_placeholders():
    v1 = tf.compat.v1
    with tf.Graph().as_default():
        dense = v1.placeholder(tf.int32, [None, 2], "p")
        assert (dense.name, dense.shape.as_list()) == ("p:0", [None, 2])
        sparse = v1.sparse_placeholder(tf.int32, [None, 2], "s")
        assert [t.name for t in (sparse.indices, sparse.values, sparse.dense_shape)] == [
            "s/indices:0",
            "s/values:0",
            "s/shape:0",
        ]
        assert sparse.indices.shape.as_list() == [None, 2]
        assert v1.sparse_placeholder(tf.int32).dense_shape.shape.as_list() == [None]
    with pytest.raises(RuntimeError, match="not compatible with eager execution"):
        v1.placeholder(tf.int32)


def test_the_default_graph():
    v1 = tf.compat.v1
    first = v1.get_default_graph()
    assert v1.get_default_graph() is first
    v1.reset_default_graph()
    assert v1.get_default_graph() is not first
    with tf.Graph().as_default() as graph:
        assert v1.get_default_graph() is graph
        with pytest.raises(AssertionError, match="nested graphs"):
            v1.reset_default_graph()
