"""What spoiled files taught (`make fuzz-files`): each was a crash, a hang or an unclear error."""

import numpy as np
import pytest

import tidefall as tf
from tidefall.io.bundles import bundle_format
from tidefall.proto import SavedModel, TrackableObjectGraph
from tidefall.saving.checkpoint.bundle import BundleReader, BundleWriter


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


# ---- paths ----


class Words(tf.Module):
    def __init__(self, path):
        super().__init__()
        self.asset = tf.saved_model.Asset(str(path))


@pytest.fixture
def with_words(tmp_path):
    (tmp_path / "words.txt").write_text("word")
    tf.saved_model.save(Words(tmp_path / "words.txt"), tmp_path / "model")
    return tmp_path / "model"


def test_an_asset_that_is_a_link_to_another_place(with_words, tmp_path):
    asset = with_words / "assets" / "words.txt"
    asset.unlink()
    asset.symlink_to(tmp_path / "words.txt")
    with pytest.raises(tf.errors.DataLossError, match="outside of itself"):
        tf.saved_model.load(with_words)


def test_a_model_of_links_into_one_store(with_words, tmp_path):
    """As caches of downloaded models are made."""
    store = tmp_path / "store"
    store.mkdir()
    for number, path in enumerate(sorted(p for p in with_words.rglob("*") if p.is_file())):
        path.rename(store / str(number))
        path.symlink_to(store / str(number))
    loaded = tf.saved_model.load(with_words)
    assert tf.io.read_file(loaded.asset.asset_path).numpy() == b"word"


def test_an_asset_with_a_zero_byte_in_its_name(with_words):
    def edit(meta):
        meta.asset_file_def[0].filename = "words.txt\0"

    change(with_words, edit)
    with pytest.raises(tf.errors.DataLossError, match="outside of itself"):
        tf.saved_model.load(with_words)


def test_old_checkpoints_elsewhere_are_not_deleted(tmp_path):
    other, folder = tmp_path / "other", tmp_path / "folder"
    checkpoint = tf.train.Checkpoint(v=tf.Variable(1.0))
    precious = checkpoint.write(str(other / "precious"))
    folder.mkdir()
    for name in (precious, "../other/precious"):
        (folder / "checkpoint").write_text(
            f'model_checkpoint_path: "{name}"\nall_model_checkpoint_paths: "{name}"\n'
        )
        manager = tf.train.CheckpointManager(checkpoint, str(folder), 1)
        manager.save()
        assert manager.checkpoints == [manager.latest_checkpoint]
        assert tf.train.load_checkpoint(precious).has_tensor("v/.ATTRIBUTES/VARIABLE_VALUE")


def test_initialization_that_would_write_a_file(tmp_path):
    class Sly(tf.saved_model.experimental.TrackableResource):
        def __init__(self):
            super().__init__()
            self.count = 0

        def _create_resource(self):
            return tf.raw_ops.HashTableV2(key_dtype=tf.int64, value_dtype=tf.int64)

        def _initialize(self):
            tf.io.write_file(str(tmp_path / "written"), "x")

    module = tf.Module()
    module.resource = Sly()
    module.resource.resource_handle  # noqa: B018 - makes it
    tf.saved_model.save(module, tmp_path / "model")
    with pytest.raises(tf.errors.PermissionDeniedError, match="would run WriteFile"):
        tf.saved_model.load(tmp_path / "model")
    assert not (tmp_path / "written").exists()


# ---- shapes of the object graph ----


@pytest.mark.parametrize("other", ["v", "f"])
def test_a_signature_that_is_no_function_or_has_several(folder, other):
    def edit(meta):
        graph = meta.object_graph_def
        numbers = {child.local_name: child.node_id for child in graph.nodes[0].children}
        graph.nodes[numbers["signatures"]].children[0].node_id = numbers[other]

    change(folder, edit)
    damaged(folder, "its signature serving_default is no function of one signature")


def test_an_old_collection_of_assets_that_does_not_parse(tmp_path):
    proto = SavedModel()
    meta = proto.meta_graphs.add()
    meta.collection_def["saved_model_assets"].any_list.value.add(value=b"\xff\xff")
    (tmp_path / "saved_model.pb").write_bytes(proto.SerializeToString())
    with pytest.raises(tf.errors.DataLossError, match="parsing") as caught:
        tf.saved_model.load(tmp_path)
    assert str(tmp_path) in caught.value.message


def test_functions_that_call_each_other(folder):
    def edit(meta):
        for function in meta.graph_def.library.function:
            for node in function.node_def:
                if "f" in node.attr:
                    node.attr["f"].func.name = function.signature.name

    change(folder, edit)
    with pytest.raises((tf.errors.DataLossError, tf.errors.UnimplementedError)) as caught:
        load_and_call(folder)
    assert str(folder) in caught.value.message


def test_a_list_of_very_many_elements_is_loaded_in_linear_time(folder):
    def edit(meta):
        graph = meta.object_graph_def
        wrapper = graph.nodes.add()
        wrapper.user_object.identifier = "trackable_list_wrapper"
        for number in range(20_000):
            wrapper.children.add(node_id=0, local_name=str(number))
        graph.nodes[0].children.add(node_id=len(graph.nodes) - 1, local_name="many")

    change(folder, edit)
    assert len(tf.saved_model.load(folder).many) == 20_000


def test_a_long_chain_of_objects_and_of_tuples(folder):
    for identifier in ("_generic_user_object", "trackable_tuple_wrapper"):

        def edit(meta, identifier=identifier):
            graph = meta.object_graph_def
            first = len(graph.nodes)
            graph.nodes[0].children.add(node_id=first, local_name=identifier)
            for number in range(3000):
                node = graph.nodes.add()
                node.user_object.identifier = identifier
                node.children.add(node_id=first + number + 1, local_name="0")
            graph.nodes.add().user_object.identifier = "_generic_user_object"

        change(folder, edit)
        try:
            tf.saved_model.load(folder)
        except tf.errors.DataLossError as error:
            assert str(folder) in error.message  # noqa: PT017


def test_a_text_that_is_nested_too_deeply(tmp_path):
    (tmp_path / "saved_model.pbtxt").write_text(
        "meta_graphs { object_graph_def { concrete_functions { value { output_signature { "
        + "list_value { values { " * 5000
    )
    with pytest.raises(OSError, match=r"Cannot parse file .*saved_model\.pbtxt"):
        tf.saved_model.load(tmp_path)
