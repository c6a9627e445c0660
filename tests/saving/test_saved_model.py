"""`tf.saved_model`: signatures, objects, functions, files, and what goes wrong."""

import os

import numpy as np
import pytest

import tidefall as tf
from tidefall.composite.trackable.trackable import Trackable
from tidefall.proto import SavedModel
from tidefall.saving.saved_model.restored import UserObject


class Scale(tf.Module):
    """A variable and a function that uses it."""

    def __init__(self, factor=2.0):
        super().__init__()
        self.v = tf.Variable(factor)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
    def f(self, x):
        return self.v * x


def read(folder):
    return SavedModel.FromString((folder / "saved_model.pb").read_bytes()).meta_graphs[0]


def reloaded(obj, folder, signatures=None, options=None):
    tf.saved_model.save(obj, folder, signatures, options)
    return tf.saved_model.load(folder)


# ---- files ----


def test_what_is_written(tmp_path):
    tf.saved_model.save(Scale(), tmp_path / "a" / "b")
    found = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*"))
    assert found == [
        "a", "a/b", "a/b/assets", "a/b/fingerprint.pb", "a/b/saved_model.pb", "a/b/variables",
        "a/b/variables/variables.data-00000-of-00001", "a/b/variables/variables.index",
    ]  # fmt: skip
    meta = read(tmp_path / "a" / "b")
    assert list(meta.meta_info_def.tags) == ["serve"]
    assert meta.meta_info_def.stripped_default_attrs
    assert tf.saved_model.contains_saved_model(tmp_path / "a" / "b")
    assert not tf.saved_model.contains_saved_model(tmp_path)


def test_tensors_of_the_signature_are_in_the_main_graph(tmp_path):
    tf.saved_model.save(Scale(), tmp_path)
    meta = read(tmp_path)
    nodes = {node.name: node for node in meta.graph_def.node}
    signature = meta.signature_def["serving_default"]
    assert signature.method_name == "tensorflow/serving/predict"
    assert nodes[signature.inputs["x"].name.partition(":")[0]].op == "Placeholder"
    (output,) = signature.outputs.values()
    assert nodes[output.name.partition(":")[0]].op == "StatefulPartitionedCall"
    for name in (
        meta.saver_def.filename_tensor_name,
        meta.saver_def.save_tensor_name,
        meta.saver_def.restore_op_name,
        meta.collection_def["saved_model_main_op"].node_list.value[0],
    ):
        assert name.partition(":")[0] in nodes
    handles = [n.attr["shared_name"].s for n in meta.graph_def.node if n.op == "VarHandleOp"]
    assert len(handles) == len(set(handles)) == 1


def test_variables_of_one_name_have_their_own_handles(tmp_path):
    module = tf.Module()
    module.parts = [tf.Variable(float(i), name="v") for i in range(3)]
    tf.saved_model.save(module, tmp_path)
    nodes = read(tmp_path).graph_def.node
    names = [n.attr["shared_name"].s for n in nodes if n.op == "VarHandleOp"]
    assert names == [b"v", b"v_1", b"v_2"]


def test_saving_over_an_older_model(tmp_path):
    tf.saved_model.save(Scale(1.0), tmp_path)
    (tmp_path / "assets.extra").mkdir()
    (tmp_path / "assets.extra" / "notes.txt").write_text("kept")
    tf.saved_model.save(Scale(5.0), tmp_path)
    assert tf.saved_model.load(tmp_path).v.numpy() == 5.0
    assert (tmp_path / "assets.extra" / "notes.txt").read_text() == "kept"
    assert [p.name for p in tmp_path.parent.iterdir() if p.name.endswith((".tmp", ".old"))] == []


def test_a_failed_save_leaves_the_older_model(tmp_path):
    tf.saved_model.save(Scale(1.0), tmp_path / "model")
    broken = Scale(5.0)
    broken.asset = tf.saved_model.Asset(tmp_path / "no such file")
    with pytest.raises(tf.errors.NotFoundError, match="no such file"):
        tf.saved_model.save(broken, tmp_path / "model")
    assert tf.saved_model.load(tmp_path / "model").v.numpy() == 1.0
    assert os.listdir(tmp_path) == ["model"]


def test_saving_where_a_file_is(tmp_path):
    (tmp_path / "file").write_text("text")
    with pytest.raises(tf.errors.FailedPreconditionError, match="is a file"):
        tf.saved_model.save(Scale(), tmp_path / "file")
    assert (tmp_path / "file").read_text() == "text"


def test_two_saves_of_one_model_differ_only_in_their_uuid(tmp_path):
    module = Scale()
    for name in "ab":
        tf.saved_model.save(module, tmp_path / name)
    first, second = (read(tmp_path / name) for name in "ab")
    assert {n.op for n in first.graph_def.node} == {n.op for n in second.graph_def.node}
    prints = [tf.saved_model.experimental.read_fingerprint(tmp_path / name) for name in "ab"]
    assert prints[0].checkpoint_hash == prints[1].checkpoint_hash


def test_no_fingerprint(tmp_path):
    with pytest.raises(FileNotFoundError, match="Could not find fingerprint"):
        tf.saved_model.experimental.read_fingerprint(tmp_path)


# ---- signatures ----


def test_the_only_function_with_a_signature_is_served(tmp_path):
    loaded = reloaded(Scale(), tmp_path)
    assert list(loaded.signatures) == ["serving_default"]
    served = loaded.signatures["serving_default"]
    assert served.structured_input_signature == (
        (), {"x": tf.TensorSpec([None], tf.float32, name="x")},
    )  # fmt: skip
    assert list(served.structured_outputs) == ["output_0"]
    for result in (served(x=tf.constant([1.0])), served(tf.constant([1.0]))):
        assert result["output_0"].numpy().tolist() == [2.0]


def test_none_is_served_when_it_is_not_clear_which(tmp_path):
    class Two(Scale):
        @tf.function(input_signature=[])
        def g(self):
            return self.v + 1.0

    loaded = reloaded(Two(), tmp_path)
    assert dict(loaded.signatures) == {}
    assert loaded.g().numpy() == 3.0


def test_no_signatures_at_all(tmp_path):
    assert dict(reloaded(Scale(), tmp_path, signatures={}).signatures) == {}


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda: 3, "Expected a TensorFlow function for which to generate a signature, but got 3"),
        (lambda: tf.function(lambda x: x), "Only `tf.functions` with an input signature"),
        (lambda: tf.function(lambda: (tf.constant(1), None), input_signature=[]),
         "non-Tensor value None for key 'output_1'"),
        (lambda: tf.function(lambda: {3: tf.constant(1)}, input_signature=[]), "non-string key 3"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_signature(tmp_path, function, message):
    with pytest.raises(ValueError, match=message):
        tf.saved_model.save(tf.Module(), tmp_path, function())
    assert os.listdir(tmp_path) == []


def test_arguments_that_do_not_fit_a_signature(tmp_path):
    served = reloaded(Scale(), tmp_path).signatures["serving_default"]
    with pytest.raises(TypeError, match="expects the tensors"):
        served()
    with pytest.raises(TypeError, match="expects the tensors"):
        served(y=tf.constant([1.0]))
    with pytest.raises(tf.errors.InvalidArgumentError, match="float32 tensor but is a int32"):
        served(x=tf.constant([1]))
    with pytest.raises(TypeError):
        reloaded(Scale(), tmp_path).signatures["new"] = served


def test_a_signature_of_composite_tensors(tmp_path):
    @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
    def f(x):
        return {"ragged": tf.RaggedTensor.from_row_splits(x, [0, 1, 3]), "dense": x}

    module = tf.Module()
    module.f = f
    loaded = reloaded(module, tmp_path)
    for result in (loaded.f, loaded.signatures["serving_default"]):
        assert result(tf.constant([1.0, 2.0, 3.0]))["ragged"].to_list() == [[1.0], [2.0, 3.0]]
    info = read(tmp_path).signature_def["serving_default"].outputs["ragged"]
    assert len(info.composite_tensor.components) == 2


# ---- what is loaded ----


def test_attributes_and_containers(tmp_path):
    module = Scale()
    module.child = Scale(3.0)
    module.child.parent = module
    module.parts = [module.v, {"a": tf.Variable("text")}]
    module.plain = 5
    loaded = reloaded(module, tmp_path)
    assert isinstance(loaded, UserObject)
    assert loaded.child.parent is loaded
    assert loaded.parts[0] is loaded.v
    assert loaded.parts[1]["a"].numpy() == b"text"
    assert loaded.v.trainable
    assert not hasattr(loaded, "plain")
    assert not callable(loaded)
    assert loaded.tensorflow_version == "2.21.0"


def test_properties_of_variables(tmp_path):
    module = tf.Module()
    module.v = tf.Variable(
        [[1.0]],
        trainable=False,
        name="given",
        shape=[None, 1],
        aggregation=tf.VariableAggregation.MEAN,
        synchronization=tf.VariableSynchronization.ON_READ,
    )
    loaded = reloaded(module, tmp_path).v
    assert (loaded.name, loaded.trainable, loaded.shape.as_list()) == ("given:0", False, [None, 1])
    assert loaded.aggregation is tf.VariableAggregation.MEAN
    assert loaded.synchronization is tf.VariableSynchronization.ON_READ
    loaded.assign([[1.0], [2.0]])


def test_names_that_would_break_the_object(tmp_path):
    module = tf.Module()
    for name in ("_track_trackable", "__class__", "_self_setattr_tracking"):
        module._track_trackable(tf.Variable(1.0), name)
    loaded = reloaded(module, tmp_path)
    loaded.new = tf.Variable(2.0)
    assert type(loaded).__name__ == "_UserObject"


def test_objects_that_share_a_variable_are_one(tmp_path):
    """Keras's variables are objects of their own around ours; both are reached."""

    class Outer(Trackable):
        _should_act_as_resource_variable = True

        def __init__(self, value):
            self.value = value

        handle = property(lambda self: self.value.handle)

        def _serialize_to_tensors(self):
            return self.value._serialize_to_tensors()

        def _write_object_proto(self, proto, options):
            self.value._write_object_proto(proto, options)

    module = Scale()
    module.outer = Outer(module.v)
    loaded = reloaded(module, tmp_path)
    assert loaded.outer is loaded.v
    loaded.outer.assign(10.0)
    assert loaded.f([1.0]).numpy().tolist() == [10.0]
    assert len(tf.train.list_variables(str(tmp_path / "variables" / "variables"))) == 2


def test_loaded_variables_train(tmp_path):
    loaded = reloaded(Scale(), tmp_path)
    served = loaded.signatures["serving_default"]
    assert [v is loaded.v for v in served.trainable_variables] == [True]
    for function in (loaded.f, lambda x: served(x)["output_0"]):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(function(tf.constant([1.0, 2.0])) ** 2.0)
        assert tape.gradient(loss, loaded.v).numpy() == 20.0


def test_a_function_lives_without_its_object(tmp_path):
    served = reloaded(Scale(), tmp_path).signatures["serving_default"]
    assert served(x=tf.constant([1.0]))["output_0"].numpy().tolist() == [2.0]
    assert len(served.variables) == 1


def test_loaded_functions_inside_functions(tmp_path):
    loaded = reloaded(Scale(), tmp_path)

    @tf.function
    def twice(x):
        return loaded.f(loaded.f(x))

    assert twice(tf.constant([1.0])).numpy().tolist() == [4.0]
    compiled = tf.function(lambda x: loaded.f(x), jit_compile=True)
    assert compiled(tf.constant([3.0])).numpy().tolist() == [6.0]


class Options(tf.Module):
    @tf.function
    def f(self, x, training=False):
        return x + (1.0 if training else 0.0)


def test_choosing_a_trace(tmp_path):
    module = Options()
    module.f(tf.ones([2]))
    module.f(tf.ones([2]), training=True)
    module.f(tf.ones([2], tf.float64), training=True)
    f = reloaded(module, tmp_path).f
    assert f(tf.zeros([2])).numpy().tolist() == [0.0, 0.0]
    assert f(np.zeros(2, np.float32), True).numpy().tolist() == [1.0, 1.0]
    assert f([0.0, 0.0], training=True).numpy().tolist() == [1.0, 1.0]
    assert f(tf.zeros([2]), 1).numpy().tolist() == [1.0, 1.0]  # 1 equals True
    concrete = f.get_concrete_function(tf.TensorSpec([2], tf.float32), True)
    assert concrete.structured_input_signature[0][1] is True
    assert len(f.concrete_functions) == 3
    with pytest.raises(ValueError, match="Could not find matching concrete function") as caught:
        f(tf.zeros([2]), 2)
    message = str(caught.value)
    assert "Got:\n  Positional arguments (2 total):\n    * TensorSpec(shape=(2,)" in message
    assert "following 3 option(s)" in message
    assert "Option 3:\n  Positional arguments (2 total):\n    * TensorSpec(shape=(2,)" in message
    with pytest.raises(TypeError, match="too many positional arguments"):
        f(tf.zeros([2]), True, 3)


def test_a_function_that_was_never_called(tmp_path):
    f = reloaded(Options(), tmp_path).f
    with pytest.raises(ValueError, match="Found zero restored functions"):
        f(tf.zeros([2]))


def test_traces_with_arguments_that_no_file_can_hold(tmp_path):
    module = Options()
    module.f(tf.ones([2]), training=object())
    module.f(tf.ones([2]))
    assert len(reloaded(module, tmp_path).f.concrete_functions) == 1


def test_constants_are_captured_not_copied_twice(tmp_path):
    big = tf.constant(np.arange(1000.0))
    module = tf.Module()
    module.f = tf.function(lambda: big[3], input_signature=[])
    module.g = tf.function(lambda: big[4], input_signature=[])
    loaded = reloaded(module, tmp_path)
    assert (loaded.f().numpy(), loaded.g().numpy()) == (3.0, 4.0)
    assert sum(n.op == "Const" and len(n.attr["value"].tensor.tensor_content) > 1000
               for n in read(tmp_path).graph_def.node) == 1  # fmt: skip


def test_options_of_loading(tmp_path):
    tf.saved_model.save(Scale(), tmp_path)
    options = tf.saved_model.LoadOptions(experimental_skip_checkpoint=True)
    loaded = tf.saved_model.load(tmp_path, options=options)
    with pytest.raises(tf.errors.FailedPreconditionError):
        loaded.f([1.0])


def test_options_of_saving(tmp_path):
    module = Scale()
    options = tf.saved_model.SaveOptions(
        extra_tags=["gpu"],
        function_aliases={"alias": module.f},
        experimental_skip_saver=True,
        experimental_variable_policy="save_variable_devices",
    )
    loaded = reloaded(module, tmp_path, options=options)
    meta = read(tmp_path)
    assert list(meta.meta_info_def.tags) == ["serve", "gpu"]
    assert list(meta.meta_info_def.function_aliases.values()) == ["alias"]
    assert not meta.saver_def.restore_op_name
    assert loaded.f([1.0]).numpy().tolist() == [2.0]
    variable = next(n for n in meta.object_graph_def.nodes if n.HasField("variable"))
    assert "CPU:0" in variable.variable.device
    with pytest.raises(ValueError, match="invalid VariablePolicy"):
        tf.saved_model.SaveOptions(experimental_variable_policy="nope")


# ---- files and resources that go along ----


class Table(tf.saved_model.experimental.TrackableResource):
    """A resource that is filled from a file."""

    def __init__(self, path):
        super().__init__()
        self.asset = tf.saved_model.Asset(path)
        self._track_trackable(self.asset, "asset")
        self._initialize()

    def _create_resource(self):
        return tf.raw_ops.VarHandleOp(dtype=tf.string, shape=[], shared_name="table")

    def _initialize(self):
        tf.raw_ops.AssignVariableOp(resource=self.resource_handle, value=self.asset.asset_path)

    def lookup(self):
        return tf.raw_ops.ReadVariableOp(resource=self.resource_handle, dtype=tf.string)


def test_resources_and_assets(tmp_path):
    for folder in "ab":
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "words.txt").write_text(folder)

    class Lookup(tf.Module):
        def __init__(self):
            super().__init__()
            self.first = Table(tmp_path / "a" / "words.txt")
            self.second = Table(tmp_path / "b" / "words.txt")

        @tf.function(input_signature=[])
        def f(self):
            return self.first.lookup(), self.second.lookup(), self.first.asset.asset_path

    loaded = reloaded(Lookup(), tmp_path / "model")
    for path in (tmp_path / "a" / "words.txt", tmp_path / "b" / "words.txt"):
        path.unlink()
    again = reloaded(loaded, tmp_path / "again")
    for folder, obj in (("model", loaded), ("again", again)):
        names = [os.path.relpath(p.decode(), tmp_path / folder) for p in map(bytes, _bytes(obj))]
        assert names == ["assets/words.txt", "assets/words.txt_1", "assets/words.txt"]
        texts = [(tmp_path / folder / name).read_text() for name in names]
        assert texts == ["a", "b", "a"]
    assert len(read(tmp_path / "model").asset_file_def) == 2


def _bytes(obj):
    return [tensor.numpy() for tensor in obj.f()]


# ---- what goes wrong ----


def test_an_untracked_variable(tmp_path):
    v = tf.Variable(1.0, name="lost")
    module = tf.Module()
    module.f = tf.function(lambda x: x + v, input_signature=[tf.TensorSpec([])])
    with pytest.raises(AssertionError, match="function which references an 'untracked' resource"):
        tf.saved_model.save(module, tmp_path / "model")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("obj", [3, [tf.Variable(1.0)], lambda: 1])
def test_only_trackable_objects_can_be_saved(tmp_path, obj):
    with pytest.raises(ValueError, match="Expected an object of type `Trackable`"):
        tf.saved_model.save(obj, tmp_path)


def test_saving_inside_a_function(tmp_path):
    @tf.function
    def f():
        tf.saved_model.save(tf.Module(), tmp_path / "model")

    with pytest.raises(AssertionError, match=r"not supported inside a traced @tf\.function"):
        f()


def test_an_attribute_called_signatures(tmp_path):
    module = tf.Module()
    module.signatures = tf.Variable(1.0)
    with pytest.raises(ValueError, match="reserved attribute used to store SavedModel signatures"):
        tf.saved_model.save(module, tmp_path)


def test_a_list_whose_elements_were_replaced(tmp_path):
    module = tf.Module()
    module.parts = [tf.Variable(1.0)]
    module.parts[0] = tf.Variable(2.0)
    with pytest.raises(ValueError, match="A list element was replaced"):
        tf.saved_model.save(module, tmp_path)


def test_no_model(tmp_path):
    with pytest.raises(OSError, match=r"SavedModel file does not exist at: .*nope"):
        tf.saved_model.load(tmp_path / "nope")


def test_tags(tmp_path):
    tf.saved_model.save(Scale(), tmp_path)
    for tags in (None, "serve", ["serve"], {"serve"}):
        assert tf.saved_model.load(tmp_path, tags).v.numpy() == 2.0
    with pytest.raises(ValueError, match=r"incompatible argument to `tags`.*with tags \['serve'\]"):
        tf.saved_model.load(tmp_path, ["train"])
    proto = SavedModel.FromString((tmp_path / "saved_model.pb").read_bytes())
    proto.meta_graphs.add().CopyFrom(proto.meta_graphs[0])
    proto.meta_graphs[1].meta_info_def.tags.append("gpu")
    (tmp_path / "saved_model.pb").write_bytes(proto.SerializeToString())
    with pytest.raises(ValueError, match="requires a `tags=` argument"):
        tf.saved_model.load(tmp_path)
    with pytest.raises(ValueError, match="could not be found"):
        tf.saved_model.load(tmp_path, "gpu")
    assert tf.saved_model.load(tmp_path, ["gpu", "serve"]).v.numpy() == 2.0


def test_a_model_in_text_form(tmp_path):
    from google.protobuf import text_format

    tf.saved_model.save(Scale(), tmp_path)
    proto = SavedModel.FromString((tmp_path / "saved_model.pb").read_bytes())
    (tmp_path / "saved_model.pb").unlink()
    (tmp_path / "saved_model.pbtxt").write_text(text_format.MessageToString(proto))
    assert tf.saved_model.load(tmp_path).f([3.0]).numpy().tolist() == [6.0]
    (tmp_path / "saved_model.pbtxt").write_text("meta_graphs {")
    with pytest.raises(OSError, match="Cannot parse file"):
        tf.saved_model.load(tmp_path)


def test_ops_that_are_not_there_are_all_listed(tmp_path):
    tf.saved_model.save(Scale(), tmp_path)
    proto = SavedModel.FromString((tmp_path / "saved_model.pb").read_bytes())
    for function in proto.meta_graphs[0].graph_def.library.function:
        for node in function.node_def:
            missing = {"Mul": "NoSuchOp", "ReadVariableOp": "AnotherOpThatIsNot"}
            node.op = missing.get(node.op, node.op)
    (tmp_path / "saved_model.pb").write_bytes(proto.SerializeToString())
    with pytest.raises(tf.errors.UnimplementedError) as caught:
        tf.saved_model.load(tmp_path)
    lines = caught.value.message.splitlines()[1:]
    names = [line.partition(":")[0] for line in lines]
    assert names == ["  unknown op AnotherOpThatIsNot", "  unknown op NoSuchOp"]
    assert all("__inference_f_" in line for line in lines)
