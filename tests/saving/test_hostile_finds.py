"""What spoiled files taught (`make fuzz-files`): each was a crash, a hang or an unclear error."""

import numpy as np
import pytest

import tidefall as tf
from tidefall.io import bundle_format
from tidefall.proto import SavedModel, TrackableObjectGraph
from tidefall.saving.bundle import BundleReader, BundleWriter


class Line(tf.Module):
    def __init__(self):
        super().__init__()
        self.v = tf.Variable([1.0, 2.0])

    @tf.function(input_signature=[tf.TensorSpec([2], tf.float32, name="x")])
    def f(self, x):
        return tf.reshape(self.v * x, tf.constant([2, 1]))


@pytest.fixture
def folder(tmp_path):
    line = Line()
    tf.saved_model.save(line, tmp_path / "model", signatures=line.f)
    return tmp_path / "model"


def change(folder, edit):
    """Edit the MetaGraphDef of a model."""
    path = folder / "saved_model.pb"
    proto = SavedModel.FromString(path.read_bytes())
    edit(proto.meta_graphs[0])
    path.write_bytes(proto.SerializeToString())


def nodes(meta):
    return [node for function in meta.graph_def.library.function for node in function.node_def]


def load_and_call(folder):
    loaded = tf.saved_model.load(folder)
    return loaded.signatures["serving_default"](x=tf.constant([1.0, 1.0]))


def damaged(folder, match="", kind=tf.errors.DataLossError):
    with pytest.raises(kind, match=match) as caught:
        load_and_call(folder)
    assert str(folder) in caught.value.message


def test_errors_of_parts_name_the_model(folder):
    def edit(meta):
        for node in nodes(meta):
            if node.op == "Reshape":
                node.attr["T"].list.i.append(1)

    change(folder, edit)
    damaged(folder, "bad attribute 'T'")


def test_missing_ops_name_the_model(folder):
    def edit(meta):
        for node in nodes(meta):
            if node.op == "Reshape":
                node.op = "NoSuchOp"

    change(folder, edit)
    damaged(folder, "unknown op NoSuchOp", tf.errors.UnimplementedError)


def test_an_argument_signature_that_is_not_args_and_kwargs(folder):
    def edit(meta):
        for function in meta.object_graph_def.concrete_functions.values():
            del function.canonicalized_input_signature.tuple_value.values[1:]

    change(folder, edit)
    damaged(folder, "signature of the function")


@pytest.mark.parametrize("size", [10**9, 10**12])
def test_a_constant_that_claims_to_be_enormous(folder, size):
    """It was looked at element by element, as the shape that it stands for."""

    def edit(meta):
        for node in nodes(meta):
            if node.op == "Const" and node.attr["dtype"].type == 3:
                tensor = node.attr["value"].tensor
                tensor.ClearField("tensor_content")
                tensor.int_val.append(1)
                tensor.tensor_shape.dim[0].size = size

    change(folder, edit)
    damaged(folder, "filling it up would take")


def test_a_shape_of_too_many_dimensions_is_not_looked_at(folder):
    def edit(meta):
        for node in nodes(meta):
            if node.op == "Const" and node.attr["dtype"].type == 3:
                tensor = node.attr["value"].tensor
                tensor.ClearField("tensor_content")
                tensor.int_val.append(1)
                tensor.tensor_shape.dim[0].size = 1000

    change(folder, edit)
    with pytest.raises((tf.errors.InvalidArgumentError, tf.errors.DataLossError)):
        load_and_call(folder)


def test_memory_that_is_not_there_is_a_resource_error():
    with pytest.raises(tf.errors.ResourceExhaustedError, match="Unable to allocate"):
        tf.fill([10**7, 10**8], "x")

    @tf.function
    def enormous(size):
        return tf.zeros([size, 10**8])

    with pytest.raises(tf.errors.ResourceExhaustedError, match="Unable to allocate"):
        enormous(tf.constant(10**7))


def test_values_of_another_kind_than_the_object_takes(tmp_path):
    prefix = str(tmp_path / "ckpt")
    tf.train.Checkpoint(v=tf.Variable(1.0)).write(prefix)
    reader = BundleReader(prefix)
    graph = TrackableObjectGraph.FromString(reader.read("_CHECKPOINTABLE_OBJECT_GRAPH")[()])
    for node in graph.nodes:
        for attribute in node.attributes:
            attribute.name = "OTHER"
    with BundleWriter(prefix) as writer:
        writer.add("v/.ATTRIBUTES/VARIABLE_VALUE", np.float32(1))
        writer.add("_CHECKPOINTABLE_OBJECT_GRAPH", np.array(graph.SerializeToString(), object))
    with pytest.raises(tf.errors.DataLossError, match=r"\(root\).v has the values \['OTHER'\]"):
        tf.train.Checkpoint(v=tf.Variable(1.0)).restore(prefix)


def test_names_that_are_no_text_can_be_listed(tmp_path):
    prefix = str(tmp_path / "ckpt")
    with BundleWriter(prefix) as writer:
        writer.add(bundle_format.decode_name(b"a\xc4"), np.float32(1))
    assert tf.train.load_checkpoint(prefix).debug_string() == b"a\xc4 (DT_FLOAT) []\n"


def test_restore_ops_with_names_for_other_results(tmp_path):
    prefix = str(tmp_path / "ckpt")
    tf.train.Checkpoint(v=tf.Variable(1.0)).write(prefix)
    for names in (tf.constant(["x", "y"]), tf.broadcast_to("x", [1000])):
        with pytest.raises(tf.errors.InvalidArgumentError, match="for 1 results"):
            tf.raw_ops.RestoreV2(
                prefix=prefix, tensor_names=names, shape_and_slices=[""], dtypes=[tf.float32]
            )
