"""Graphs as TensorFlow's users see them: names, lookups, scopes, collections."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tidefall as tf
from tidefall.op.gradients import override_gradient

v1 = tf.compat.v1


@pytest.fixture
def graph() -> Any:
    graph = tf.Graph()
    with graph.as_default():
        yield graph


@pytest.fixture
def x(graph: tf.Graph) -> Any:
    return v1.placeholder(tf.float32, [2], name="x")


LOOKUPS = (
    ("get_operation_by_name", "y", KeyError, "refers to an Operation not in the graph"),
    ("get_operation_by_name", "x:0", ValueError, "appears to refer to a Tensor"),
    ("get_operation_by_name", 3, TypeError, "Operation names are strings"),
    ("get_tensor_by_name", "y:0", KeyError, "does not exist in the graph"),
    ("get_tensor_by_name", "x:3", KeyError, "exists but only has 1 outputs"),
    ("get_tensor_by_name", "x", ValueError, "refers to an Operation, not a Tensor"),
    ("get_tensor_by_name", "y", ValueError, "looks like an (invalid) Operation name"),
    ("as_graph_element", "a:b", ValueError, "looks a like a Tensor name"),
    ("as_graph_element", 3, TypeError, "Can not convert a int into a Tensor or Operation"),
)


@pytest.mark.parametrize("method, name, error, text", LOOKUPS)
def test_failed_lookups_say_why(
    graph: tf.Graph, x: Any, method: str, name: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error) as caught:
        getattr(graph, method)(name)
    assert text in str(caught.value)


def test_lookups(graph: tf.Graph, x: Any) -> None:
    assert graph.get_tensor_by_name("x:0") is x
    assert graph.as_graph_element("x:0") is x
    assert graph.as_graph_element("x") is x.op is graph.get_operation_by_name("x")
    assert graph.version == graph.num_operations() == 1


def test_an_element_of_another_graph_is_refused(x: Any) -> None:
    with pytest.raises(ValueError, match="is not an element of this graph"):
        tf.Graph().as_graph_element(x)
    with pytest.raises(ValueError, match="not an element of this graph"), tf.Graph().as_default():
        tf.identity(x)


def test_constants_are_named_after_the_op_that_takes_them(x: Any) -> None:
    nodes = [
        (x - 1.0).op, (2.0 * x).op, tf.add(x, 1.0).op, tf.maximum(x, 0.0).op,
        tf.reduce_mean(x, 0).op, tf.concat([x, [1.0]], 0).op, x[1:].op,
    ]  # fmt: skip
    names = [[t.op.name for t in node.inputs if t is not x] for node in nodes]
    assert names == [
        ["sub/y"],
        ["mul/x"],
        ["Add/y"],
        ["Maximum/y"],
        ["Mean/reduction_indices"],
        ["concat/values_1", "concat/axis"],
        ["strided_slice/stack", "strided_slice/stack_1", "strided_slice/stack_2"],
    ]


def test_names_are_unique_whatever_their_case(graph: tf.Graph) -> None:
    names = [tf.constant(0, name=name).op.name for name in ("h", "H", "h", "h_1")]
    assert names == ["h", "H_1", "h_2", "h_1_1"]
    assert graph.unique_name("h", mark_as_used=False) == graph.unique_name("h") == "h_3"


def test_name_scopes(graph: tf.Graph) -> None:
    with graph.name_scope("a") as scope, graph.name_scope("b"):
        assert graph.get_name_scope() == "a/b"
        with graph.as_default():  # goes on in the scope it is in
            assert tf.constant(0).op.name == "a/b/Const"
        with graph.name_scope(None):
            assert tf.constant(0).op.name == "Const"
    with graph.name_scope("a") as second, graph.name_scope(scope):
        assert (second, tf.constant(0, name="z").op.name) == ("a_1/", "a/z")
    with graph.name_scope(b"c"):
        assert tf.constant(0).op.name == "c/Const"
    with pytest.raises(TypeError, match="expected string or bytes"):
        graph.name_scope(3).__enter__()


def test_a_scope_for_values_from_outside_of_a_function_is_one_of_the_function(
    graph: tf.Graph,
) -> None:
    outer = tf.constant(1.0)

    @tf.function
    def inner(x: tf.Tensor) -> tf.Tensor:
        with tf.compat.v1.name_scope("s", values=[outer]):
            assert (x + 1.0).op.name == "s/add"
        return x

    with tf.name_scope("out"):
        inner(outer)


@pytest.mark.parametrize("name", ["a b", "_a", "a:0"])
def test_names_no_node_can_have(graph: tf.Graph, name: str) -> None:
    with pytest.raises(ValueError, match="is not a valid node name"):
        tf.constant(1, name=name)
    with pytest.raises(ValueError, match="is not a valid root scope name"):
        graph.name_scope(name).__enter__()


def test_eager_scopes_have_any_name_and_those_of_graphs_have_not() -> None:
    with tf.name_scope("cross entropy") as scope, tf.name_scope("_a") as inner:
        assert (scope, inner) == ("cross entropy/", "cross entropy/_a/")
        assert tf.Variable(1.0, name="v").name == "cross entropy/_a/v:0"

    @tf.function
    def function():
        with tf.name_scope("a"):
            with tf.name_scope("_b") as scope:
                assert scope == "a/_b/"
            with tf.name_scope("cross entropy"):
                pass

    with pytest.raises(ValueError, match="'cross entropy' is not a valid scope name"):
        function()


def test_collections(graph: tf.Graph, x: Any) -> None:
    graph.add_to_collections(["a", "b", "a"], x)
    graph.add_to_collection("a", "text")
    assert graph.get_collection("a") == [x, "text"]
    assert graph.get_collection("a", "x") == [x]
    assert sorted(graph.get_all_collection_keys()) == ["a", "b"]
    graph.get_collection_ref("c").append(1)
    graph.clear_collection("a")
    assert (graph.get_collection("a"), graph.get_collection("c")) == ([], [1])


def test_a_finished_graph_refuses_nodes_and_values(graph: tf.Graph) -> None:
    graph.finalize()
    assert graph.finalized
    with pytest.raises(RuntimeError, match="finalized"):
        tf.constant(1)
    with pytest.raises(RuntimeError, match="finalized"):
        graph.add_to_collection("a", 1)


def test_devices_and_colocation(graph: tf.Graph, x: Any) -> None:
    with graph.device("/job:worker"), graph.device(lambda node: "/cpu:1"):
        assert tf.identity(x).device == "/job:worker/device:CPU:1"
    with graph.colocate_with(x.op):
        assert tf.identity(x).op.colocation_groups() == [b"loc:@x"]
    assert x.op.colocation_groups() == [b"loc:@x"]


def test_create_op(graph: tf.Graph, x: Any) -> None:
    node = graph.create_op("AddV2", [x, x], [tf.float32], name="sum")
    assert (node.name, node.type, node.outputs[0].shape) == ("sum", "AddV2", [2])
    joined = graph.create_op("ConcatV2", [x, x, tf.constant(0)])
    assert joined.get_attr("N") == 2
    again = tf.Operation.from_node_def(x.op.node_def, tf.Graph())
    assert (again.name, again.type, again.outputs[0].shape) == ("x", "Placeholder", [2])


def test_attributes_and_messages(graph: tf.Graph, x: Any) -> None:
    assert [d.size for d in x.op.get_attr("shape").dim] == [2]
    assert x.op.get_attr("dtype") is tf.float32
    assert tf.make_ndarray(tf.constant([1.5]).op.get_attr("value")).tolist() == [1.5]
    assert x.op.node_def.op == "Placeholder"
    assert [a.name for a in (x + x).op.op_def.input_arg] == ["x", "y"]
    assert graph.op_def_for_type("AddN").input_arg[0].number_attr == "N"
    with pytest.raises(ValueError, match="has no attr"):
        x.op.get_attr("nothing")
    assert x.op.traceback[-1].filename == __file__


def test_gradients_by_another_name(graph: tf.Graph, x: Any) -> None:
    override_gradient("TwiceTheGradient", lambda op, dy: dy * 2.0)
    with graph.gradient_override_map({"Identity": "TwiceTheGradient"}):
        y = tf.identity(x)
    (slope,) = v1.gradients(y, x)
    with v1.Session() as session:
        assert session.run(slope, {x: [0.0, 0.0]}).tolist() == [2.0, 2.0]
    assert y.op.node_def.attr["_gradient_op_type"].s == b"TwiceTheGradient"


def test_tensors_are_compared_by_identity_and_are_keys(x: Any) -> None:
    assert {x: 1}[x] == 1
    assert (x == x, x != x, x == x + 0.0) == (True, False, False)


def test_graph_defs_can_start_late(graph: tf.Graph, x: Any) -> None:
    before = graph.version
    _ = x + 1.0
    later = graph.as_graph_def(from_version=before, add_shapes=True)
    assert [node.name for node in later.node] == ["add/y", "add"]
    assert later.node[1].attr["_output_shapes"].list.shape[0].dim[0].size == 2


def test_importing_a_graph(graph: tf.Graph, x: Any) -> None:
    message = tf.identity(x * 2.0, name="y").graph.as_graph_def()
    with tf.Graph().as_default() as other, v1.Session() as session:
        three = tf.constant([3.0, 4.0])
        y, node = tf.graph_util.import_graph_def(message, {"x:0": three}, ["y:0", "mul"], "in")
        assert (y.name, node.name) == ("in/y:0", "in/mul")
        assert session.run(y).tolist() == [6.0, 8.0]
        tf.import_graph_def(message, name="")
        assert session.run("y:0", {"x:0": [1.0, 2.0]}).tolist() == [2.0, 4.0]
        with pytest.raises(ValueError, match="already exists in the Graph"):
            tf.import_graph_def(message, name="")
        with pytest.raises(ValueError, match="not found in graph_def"):
            tf.import_graph_def(message, {"z:0": three})
        with pytest.raises(ValueError, match="Requested return_element 'z:0'"):
            tf.import_graph_def(message, return_elements=["z:0"])
        count = other.version
    with pytest.raises(TypeError, match="must be a GraphDef"):
        tf.import_graph_def("graph")
    assert other.version == count


def test_imported_graphs_are_written_as_they_were(graph: tf.Graph, x: Any) -> None:
    with graph.colocate_with(x.op), graph.control_dependencies([x]):
        tf.concat([x, tf.constant(np.ones(3, np.float32))], 0)
    message = graph.as_graph_def()
    with tf.Graph().as_default() as other:
        tf.import_graph_def(message, name="")
    assert other.as_graph_def() == message


def test_ops_that_are_not_there_can_be_in_graphs_but_not_run(graph: tf.Graph) -> None:
    message = graph.as_graph_def()
    message.node.add(name="odd", op="TPUReplicateMetadata").attr["num_replicas"].i = 1
    tf.import_graph_def(message, name="")
    assert graph.get_operation_by_name("odd").type == "TPUReplicateMetadata"
    with v1.Session() as session, pytest.raises(tf.errors.UnimplementedError, match="TPURepl"):
        session.run("odd")


def test_functions_of_imported_graphs_are_written_as_they_were(graph: tf.Graph, x: Any) -> None:
    @tf.function
    def double(value: Any) -> Any:
        return tf.cond(value[0] > 0.0, lambda: value * 2.0, lambda: value)

    tf.identity(double(x), name="y")
    message = graph.as_graph_def()
    assert len(message.library.function) >= 3
    with tf.Graph().as_default() as other, v1.Session() as session:
        tf.import_graph_def(message, name="")
        assert session.run("y:0", {"x:0": [1.0, 2.0]}).tolist() == [2.0, 4.0]
    assert other.as_graph_def() == message


def test_short_messages_of_constants_stay_short(graph: tf.Graph) -> None:
    message = graph.as_graph_def()
    node = message.node.add(name="zeros", op="Const")
    node.attr["dtype"].type = tf.float32.as_datatype_enum
    value = node.attr["value"].tensor
    value.dtype = tf.float32.as_datatype_enum
    value.tensor_shape.dim.add(size=1000)
    value.float_val.append(1.0)
    tf.import_graph_def(message, name="")
    assert graph.as_graph_def() == message
    with v1.Session() as session:
        assert session.run("zeros:0").sum() == 1000.0


def test_gradients_are_named_after_the_nodes_they_are_of():
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float32, [2, 3], "x")
        w = tf.compat.v1.placeholder(tf.float32, [3, 4], "w")
        tf.gradients(tf.matmul(x, w) * 2.0, [x, w])
    names = {node.name for node in graph.get_operations()}
    assert {"gradients/MatMul_grad/MatMul", "gradients/MatMul_grad/MatMul_1"} <= names
    assert "gradients/mul_grad/Mul" in names


def test_nodes_with_arrays_among_their_attributes_are_described():
    with tf.Graph().as_default():
        value = tf.constant([1.0, 2.0], name="value")
        total = tf.reduce_sum(value, 0, name="total")
    assert value.op.describe() == "{{node value}} = Const[dtype=DT_FLOAT, value=<tensor>]()"
    assert total.op.describe().endswith("= Sum[T=DT_FLOAT](value, total/reduction_indices)")
