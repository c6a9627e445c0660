"""Graphs as text."""

import numpy as np

import tidefall as tf
from tidefall.graph.analysis import nested_graphs
from tidefall.graph.printer import graph_text, node_text


def test_text_of_a_function():
    v = tf.Variable([1.0, 2.0], name="v")

    @tf.function
    def inner(x):
        return tf.square(x, name="square")

    @tf.function
    def f(x, n):
        v.assign(x)
        with tf.control_dependencies([tf.no_op(name="before")]):
            y = tf.reduce_sum(inner(x) * 2.0, 0, name="sum")
        return tf.cast(n, tf.float32) + y, tf.zeros([20, 2])[0]

    graph = f.get_concrete_function(tf.TensorSpec([2]), tf.TensorSpec(None, tf.int32)).graph
    text = graph_text(graph)
    first = text.splitlines()[0]
    assert first.startswith("graph f(x: float32[2], n: int32[...], ") and "-> (" in first
    assert "  AssignVariableOp = AssignVariableOp(" in text
    assert "f=inner" in text and "^before" in text
    assert "graph inner(x: float32[2]) -> (Identity)\n  square: float32[2] = Square(x)" in text
    assert "graph inner" not in graph_text(graph, nested=False)
    assert f"# {__file__}:" in graph_text(graph, lines=True)
    assert [g.name for g in nested_graphs(graph)] == ["inner"]


def test_only_telling_attributes_are_shown():
    with tf.Graph().as_default() as graph:
        x = tf.constant(np.zeros((3, 3), np.float32), name="x")
        tf.matmul(x, x, transpose_b=True, name="product")
        tf.constant([1, 2], name="small")
    texts = [node_text(n) for n in graph.nodes]
    assert texts == [
        "x: float32[3,3] = Const(value=<9 elements>)",
        "product: float32[3,3] = MatMul(x, x, transpose_b=True)",
        "small: int32[2] = Const(value=[1, 2])",
    ]
    assert graph_text(graph).splitlines()[0] == "graph"
