"""Damaged graphs are refused, naming the node."""

import pytest

import tidefall as tf
from tidefall.base.shapes import TensorShape
from tidefall.graph.verifier import verify


def _graph():
    @tf.function
    def f(x, n):
        y = tf.tanh(x, name="tanh")
        z = tf.matmul(y, y, name="product")
        picked = tf.cond(n > 0, lambda: z * 2.0, lambda: z, name="choice")
        (count,) = tf.while_loop(lambda i: i < 3, lambda i: i + 1, [tf.constant(0)])
        return tf.add(picked, tf.cast(count, tf.float32), name="sum")

    return f.get_concrete_function(tf.TensorSpec([2, 2]), tf.TensorSpec([])).graph


def _node(graph, name):
    return graph.get_operation_by_name(name)


def _swap(graph):
    tanh = _node(graph, "tanh")
    graph.nodes.remove(tanh)
    graph.nodes.append(tanh)


def _rename(graph):
    _node(graph, "product").name = "tanh"


def _drop_attr(graph):
    del _node(graph, "product").attrs["transpose_a"]


def _wrong_dtype(graph):
    _node(graph, "product").attrs["T"] = tf.float64


def _refused_dtype(graph):
    _node(graph, "product").attrs["T"] = tf.string


def _wrong_shape(graph):
    _node(graph, "product").outputs[0]._shape = TensorShape([3, 3])


def _impossible(graph):
    _node(graph, "tanh").outputs[0]._shape = TensorShape([2, 5])
    _node(graph, "tanh").inputs[0]._shape = TensorShape(None)


def _missing_input(graph):
    _node(graph, "product").inputs.pop()


def _foreign_input(graph):
    other = _graph()
    _node(graph, "product").inputs[0] = _node(other, "tanh").outputs[0]


def _foreign_control(graph):
    _node(graph, "product").control_inputs.append(_node(_graph(), "tanh"))


def _later_control(graph):
    _node(graph, "tanh").control_inputs.append(_node(graph, "product"))


def _no_function(graph):
    node = next(n for n in graph.nodes if n.type == "StatelessIf")
    node.attrs["then_branch"] = "somewhere_else"


def _other_function(graph):
    node = next(n for n in graph.nodes if n.type == "StatelessIf")
    loop = next(n for n in graph.nodes if n.type == "StatelessWhile")
    node.attrs["then_branch"] = loop.attrs["body"]


def _inside(graph):
    node = next(n for n in graph.nodes if n.type == "StatelessWhile")
    node.attrs["body"].graph.nodes[-1].attrs.clear()


def _lost_output(graph):
    graph.nodes.remove(_node(graph, "Identity"))


def _other_graph(graph):
    _node(graph, "tanh").graph = tf.Graph()


DAMAGE = [
    (_swap, "product", "no node before it makes"),
    (_rename, "tanh", "another node has the same name"),
    (_drop_attr, "product", "lacks the attribute 'transpose_a'"),
    (_wrong_dtype, "product", "should be float64"),
    (_refused_dtype, "product", "string is not allowed"),
    (_wrong_shape, "product", "the shape rule says"),
    (_impossible, "product", "its shape rule refuses it"),
    (_missing_input, "product", "takes 2 inputs, it has 1"),
    (_foreign_input, "product", "no node before it makes"),
    (_foreign_control, "product", "not a node before it"),
    (_later_control, "tanh", "it waits for product"),
    (_no_function, "choice", "not a function with a graph"),
    (_other_function, "choice", "has the"),
    (_inside, "add", "lacks the attribute"),
    (_lost_output, "Identity", "is not in it"),
    (_other_graph, "tanh", "belongs to another graph"),
]


def test_a_traced_graph_is_good():
    verify(_graph())


@pytest.mark.parametrize("damage, name, problem", DAMAGE, ids=[d[0].__name__ for d in DAMAGE])
def test_damage_is_found(damage, name, problem):
    graph = _graph()
    damage(graph)
    with pytest.raises(tf.errors.InternalError) as caught:
        verify(graph)
    assert problem in caught.value.message
    assert f"{{{{node {name}" in caught.value.message
