"""Graphs are read as the version of their producer meant them; values are TensorFlow's."""

import pytest

import tidefall as tf


@pytest.mark.parametrize(("producer", "shape"), [(0, None), (21, None), (22, []), (1000, [])])
def test_placeholders_of_early_graphs_without_sizes_have_any_shape(producer, shape):
    with tf.Graph().as_default() as graph:
        tf.compat.v1.placeholder(tf.float32, [], name="x")
        tf.compat.v1.placeholder(tf.float32, [2, None], name="y")
    message = graph.as_graph_def()
    message.versions.producer, message.versions.min_consumer = producer, 0
    with tf.Graph().as_default() as imported:
        tf.import_graph_def(message, name="")
    assert imported.get_tensor_by_name("x:0").shape == tf.TensorShape(shape)
    assert imported.get_tensor_by_name("y:0").shape.as_list() == [2, None]
