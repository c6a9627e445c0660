"""A graph's version, and what is known of a graph until it changes."""

import tidefall as tf
from tidefall.graph.analysis import written_inputs
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.passes.pipeline import optimize
from tidefall.runtime.program import analyse

X = tf.TensorSpec([2], tf.float32, "x")


def graph_of(function, *specs):
    return tf.function(function).get_concrete_function(*specs).graph


def test_every_change_makes_a_new_version():
    graph = FuncGraph("g")
    seen = [graph.version]
    with graph.as_default():
        x = graph.add_argument(tf.float32, [2], "x")
        seen.append(graph.version)
        y = tf.tanh(tf.exp(x))
        seen.append(graph.version)
    graph.outputs = [y]
    seen.append(graph.version)
    graph.nodes = [node for node in graph.nodes if node.type != "Tanh"]
    seen.append(graph.version)
    graph.changed()
    seen.append(graph.version)
    assert seen == sorted(set(seen))


def test_reading_is_no_change():
    graph = graph_of(lambda x: tf.reduce_sum(x) + 1.0, X)
    before = graph.version
    graph.as_graph_def()
    optimize(graph)
    analyse(graph)
    assert graph.version == before


def test_what_is_known_is_asked_for_once_per_version():
    graph, asked = graph_of(lambda x: x + 1.0, X), []

    def count(graph):
        asked.append(graph.version)
        return len(graph.nodes)

    assert graph.analysis(count) == graph.analysis(count) == len(graph.nodes)
    with graph.as_default():
        tf.exp(graph.inputs[0])
    assert graph.analysis(count) == len(graph.nodes)
    assert len(asked) == 2


def test_a_view_knows_when_its_graph_changes():
    graph = graph_of(lambda x: tf.tanh(x) * 2.0, X)
    view = graph.view([graph.nodes[1].outputs[0]])
    assert view.base is graph and view.nodes is graph.nodes and graph.base is graph
    before = view.version, graph.version
    with graph.as_default():
        tf.exp(graph.inputs[0])
    assert view.version > before[0] and graph.version > before[1]
    before = graph.version
    view.outputs = list(graph.outputs)
    assert graph.version == before


def test_written_inputs_follow_the_graph():
    variable = tf.Variable(1.0)
    graph = graph_of(lambda x: x + variable, X)
    assert written_inputs(graph) == set()
    assert analyse(graph).reads == (1,)
    with graph.as_default():
        tf.raw_ops.AssignAddVariableOp(resource=graph.inputs[1], value=tf.constant(1.0))
    assert written_inputs(graph) == {1}
    assert analyse(graph).writes == (1,)
    assert not analyse(graph).is_pure


def test_a_program_never_changes():
    program = analyse(graph_of(lambda x: x + 1.0, X), "plus")
    assert program.name == "plus"
    try:
        program.name = "minus"
    except AttributeError:
        pass
    assert program.name == "plus"


def test_copies_carry_what_nodes_declare():
    graph = graph_of(lambda x: tf.nn.relu(tf.matmul([x], [[1.0], [2.0]])), X)
    (product,) = [node for node in graph.nodes if node.type == "MatMul"]
    product.full_type = "type"
    product.users_mark = product.outputs[0].users_mark = "kept"
    from tidefall.graph.passes.copying import copy_graph

    copy = copy_graph(graph)
    (copied,) = [node for node in copy.nodes if node.type == "MatMul"]
    assert copied.origin == (product,) == copied.site == product.site
    assert (copied.full_type, copied.frame) == ("type", product.frame)
    assert copied.users_mark == copied.outputs[0].users_mark == "kept"
    again = copy_graph(copy)
    assert [node.site for node in again.nodes] == [node.site for node in copy.nodes]
