"""`tf.train.Checkpoint`: keys, restoring before and after objects exist, status, bad files."""

import logging
import os

import numpy as np
import pytest

import tidefall as tf
from tidefall.proto import TrackableObjectGraph
from tidefall.saving.checkpoint.bundle import BundleReader, BundleWriter


def layer(**values):
    made = tf.Module()
    for name, value in values.items():
        setattr(made, name, value)
    return made


def graph_of(path):
    with BundleReader(path) as reader:
        return TrackableObjectGraph.FromString(reader.read("_CHECKPOINTABLE_OBJECT_GRAPH")[()])


def keys(path):
    return [name for name, _ in tf.train.list_variables(path) if not name.startswith("_")]


VALUE = ".ATTRIBUTES/VARIABLE_VALUE"


# ---- what is written ----


def test_keys_are_paths_from_the_root(tmp_path):
    shared = tf.Variable(1.0)
    module = layer(v=shared, parts=[tf.Variable(2), {"x": tf.Variable(3.0)}])
    checkpoint = tf.train.Checkpoint(m=module, d={"a": shared, "b.c/d": tf.Variable(4.0)})
    path = checkpoint.write(tmp_path / "ckpt")
    # Level by level, so the shared variable is found below `d` first.
    assert keys(path) == [
        f"d/a/{VALUE}", f"d/b..c.Sd/{VALUE}", f"m/parts/0/{VALUE}", f"m/parts/1/x/{VALUE}",
    ]  # fmt: skip


def test_a_root_and_what_is_added_to_it(tmp_path):
    module = layer(v=tf.Variable(1.0))
    checkpoint = tf.train.Checkpoint(module, v=module.v, step=tf.Variable(2))
    assert keys(checkpoint.write(tmp_path / "a")) == [f"step/{VALUE}", f"v/{VALUE}"]
    assert keys(checkpoint.save(tmp_path / "b")) == [
        f"save_counter/{VALUE}", f"step/{VALUE}", f"v/{VALUE}",
    ]  # fmt: skip


def test_nodes_say_whether_there_is_a_value_below_them(tmp_path):
    module = layer(empty=tf.Module(), full=layer(v=tf.Variable(1.0)))
    module.full.up = module
    graph = graph_of(tf.train.Checkpoint(m=module).write(tmp_path / "ckpt"))
    by_name = {c.local_name: c.node_id for n in graph.nodes for c in n.children}
    marks = {name: graph.nodes[i].has_checkpoint_values.value for name, i in by_name.items()}
    assert marks == {"m": True, "empty": False, "full": True, "v": True, "up": True}


@pytest.mark.parametrize("value", [3, "text", None])
def test_only_trackable_objects_can_be_saved(value):
    with pytest.raises(ValueError, match="was expecting a to be a trackable object"):
        tf.train.Checkpoint(a=value)


def test_the_root_has_to_be_trackable():
    with pytest.raises(ValueError, match="was expecting root to be a trackable object"):
        tf.train.Checkpoint(3)


def test_a_name_the_root_uses_for_another_object():
    with pytest.raises(ValueError, match=r"keyword argument v if root\.v already exists"):
        tf.train.Checkpoint(layer(v=tf.Variable(1.0)), v=tf.Variable(1.0))


def test_saving_inside_a_function(tmp_path):
    checkpoint = tf.train.Checkpoint(v=tf.Variable(1.0))

    @tf.function
    def f():
        checkpoint.save(tmp_path / "ckpt")

    with pytest.raises(NotImplementedError, match="from a function is not supported"):
        f()


# ---- save, the counter and the state file ----


def test_save_numbers_its_checkpoints(tmp_path):
    checkpoint = tf.train.Checkpoint(v=tf.Variable(1.0))
    folder = tmp_path / "new" / "folder"
    paths = [checkpoint.save(folder / "ckpt") for _ in range(2)]
    assert paths == [str(folder / "ckpt-1"), str(folder / "ckpt-2")]
    assert tf.train.latest_checkpoint(folder) == paths[1]
    assert checkpoint.save_counter.numpy() == 2
    checkpoint.restore(paths[0])
    assert checkpoint.save_counter.numpy() == 1
    assert (folder / "checkpoint").read_text() == (
        'model_checkpoint_path: "ckpt-2"\nall_model_checkpoint_paths: "ckpt-2"\n'
    )
    assert sorted(os.listdir(folder)) == [
        "checkpoint", "ckpt-1.data-00000-of-00001", "ckpt-1.index",
        "ckpt-2.data-00000-of-00001", "ckpt-2.index",
    ]  # fmt: skip


def test_a_state_file_with_absolute_paths(tmp_path):
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "/elsewhere/ckpt-1"')
    assert tf.train.get_checkpoint_state(tmp_path).model_checkpoint_path == "/elsewhere/ckpt-1"
    assert tf.train.latest_checkpoint(tmp_path) is None


@pytest.mark.parametrize("text", ["", "model_checkpoint_path: 3", "\x00", 'no_such_field: "x"'])
def test_a_damaged_state_file_counts_as_none(tmp_path, text, caplog):
    (tmp_path / "checkpoint").write_text(text)
    assert tf.train.latest_checkpoint(tmp_path) is None
    assert "ignored" in caplog.text


def test_no_checkpoint(tmp_path):
    assert tf.train.latest_checkpoint(tmp_path) is None
    assert tf.train.get_checkpoint_state(tmp_path / "nowhere") is None


# ---- restoring ----


def test_values_come_back(tmp_path):
    rng = np.random.default_rng(1)
    values = [
        rng.normal(size=[3, 2]).astype(np.float32), np.arange(4), np.array([True, False]),
        np.array([b"a", b""], object), rng.normal(size=[2]).astype(np.complex64),
    ]  # fmt: skip
    variables = [tf.Variable(value) for value in values]
    checkpoint = tf.train.Checkpoint(v=variables)
    path = checkpoint.write(tmp_path / "ckpt")
    for variable in variables:
        variable.assign(tf.zeros_like(variable))
    checkpoint.read(path).assert_consumed()
    for variable, value in zip(variables, values, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_restored_variables_can_be_changed(tmp_path):
    v = tf.Variable([1.0, 2.0])
    checkpoint = tf.train.Checkpoint(v=v)
    path = checkpoint.write(tmp_path / "ckpt")
    checkpoint.read(path)
    v.assign_add([1.0, 1.0])
    v.scatter_update(tf.IndexedSlices(tf.constant([9.0]), tf.constant([0])))
    assert v.numpy().tolist() == [9.0, 3.0]
    checkpoint.read(path)
    assert v.numpy().tolist() == [1.0, 2.0]


def test_objects_that_come_later_take_their_values(tmp_path):
    saved = layer(a=tf.Variable(1.0), inner=layer(b=tf.Variable(2.0), parts=[tf.Variable(3.0)]))
    path = tf.train.Checkpoint(m=saved).write(tmp_path / "ckpt")
    module = tf.Module()
    status = tf.train.Checkpoint(m=module).read(path)
    module.a = tf.Variable(0.0)
    assert module.a.numpy() == 1.0
    with pytest.raises(AssertionError, match=r"Unresolved object in checkpoint \(root\)\.m\.inner"):
        status.assert_consumed()
    module.inner = layer(b=tf.Variable(0.0))
    assert module.inner.b.numpy() == 2.0
    module.inner.parts = []
    module.inner.parts.append(tf.Variable(0.0))
    assert module.inner.parts[0].numpy() == 3.0
    status.assert_consumed()


def test_the_later_of_two_checkpoints_counts(tmp_path):
    v = tf.Variable(1.0)
    checkpoint = tf.train.Checkpoint(m=layer(v=v))
    first = checkpoint.write(tmp_path / "first")
    v.assign(2.0)
    second = checkpoint.write(tmp_path / "second")
    module = tf.Module()
    checkpoint = tf.train.Checkpoint(m=module)
    checkpoint.read(first).expect_partial()
    checkpoint.read(second).expect_partial()
    module.v = tf.Variable(0.0)
    assert module.v.numpy() == 2.0


def test_replaced_objects_are_restored_again(tmp_path):
    module = layer(v=tf.Variable(1.0))
    checkpoint = tf.train.Checkpoint(m=module)
    path = checkpoint.write(tmp_path / "ckpt")
    module.v = tf.Variable(5.0)
    checkpoint.read(path).assert_consumed()
    assert module.v.numpy() == 1.0


def test_restoring_inside_a_function_happens_at_once(tmp_path):
    v = tf.Variable(1.0)
    checkpoint = tf.train.Checkpoint(v=v)
    path = checkpoint.write(tmp_path / "ckpt")
    v.assign(2.0)

    @tf.function
    def f():
        checkpoint.read(path)
        return v.read_value()

    assert f().numpy() == 1.0


def test_python_state(tmp_path):
    class Words(tf.train.experimental.PythonState):
        words = ("a", "b")

        def serialize(self):
            return ",".join(self.words)

        def deserialize(self, string_value):
            self.words = tuple(string_value.decode().split(","))

    words = Words()
    checkpoint = tf.train.Checkpoint(words=words)
    path = checkpoint.write(tmp_path / "ckpt")
    words.words = ()
    checkpoint.read(path).assert_consumed()
    assert words.words == ("a", "b")
    assert keys(path) == ["words/.ATTRIBUTES/py_state"]


def test_names_alone(tmp_path):
    """Checkpoints of TensorFlow 1 have no object graph; names of variables are all they know."""
    with BundleWriter(tmp_path / "ckpt") as writer:
        writer.add("dense/kernel", np.float32([1, 2]))
        writer.add("global_step", np.int64(7))
        writer.add("other", np.float32(0))
    kernel, extra = tf.Variable([0.0, 0.0], name="dense/kernel"), tf.Variable(0.0, name="extra")
    status = tf.train.Checkpoint(k=kernel, e=extra).read(tmp_path / "ckpt")
    assert kernel.numpy().tolist() == [1.0, 2.0]
    status.expect_partial()
    with pytest.raises(AssertionError, match="extra"):
        status.assert_existing_objects_matched()
    with pytest.raises(AssertionError, match=r"\['other'\]"):
        status.assert_consumed()


def test_the_variables_of_a_saved_model(tmp_path):
    module = layer(v=tf.Variable(4.0))
    tf.saved_model.save(module, tmp_path / "model")
    again = layer(v=tf.Variable(0.0))
    tf.train.Checkpoint(again).restore(tmp_path / "model").expect_partial()
    assert again.v.numpy() == 4.0


# ---- status ----


def status_of(tmp_path, target):
    path = tf.train.Checkpoint(
        m=layer(v=tf.Variable(1.0), w=tf.Variable(2.0))
    ).write(tmp_path / "ckpt")  # fmt: skip
    return tf.train.Checkpoint(**target).read(path)


def test_status_of_a_program_with_less(tmp_path):
    status = status_of(tmp_path, {"m": layer(v=tf.Variable(0.0))})
    status.assert_existing_objects_matched().assert_nontrivial_match().expect_partial()
    with pytest.raises(AssertionError, match=r"Unresolved object in checkpoint \(root\)\.m\.w"):
        status.assert_consumed()


def test_status_of_a_program_with_more(tmp_path):
    target = layer(v=tf.Variable(0.0), w=tf.Variable(0.0), x=tf.Variable(0.0))
    status = status_of(tmp_path, {"m": target})
    with pytest.raises(AssertionError, match="Found 1 Python objects that were not bound"):
        status.assert_existing_objects_matched()
    with pytest.raises(AssertionError, match="Found 1 Python objects that were not bound"):
        status.assert_consumed()


def test_status_of_another_program(tmp_path):
    status = status_of(tmp_path, {"q": layer(v=tf.Variable(0.0))}).expect_partial()
    with pytest.raises(AssertionError, match="Nothing except the root object matched"):
        status.assert_nontrivial_match()
    status = status_of(tmp_path, {}).expect_partial()
    with pytest.raises(AssertionError, match="Nothing to load"):
        status.assert_nontrivial_match()


def test_status_of_nothing():
    status = tf.train.Checkpoint().restore(None).expect_partial()
    for method in ("assert_consumed", "assert_existing_objects_matched", "assert_nontrivial_match"):
        with pytest.raises(AssertionError, match="No checkpoint specified"):
            getattr(status, method)()


def test_values_that_nobody_took_are_reported_at_the_end(tmp_path, caplog):
    status_of(tmp_path, {"m": layer(v=tf.Variable(0.0))})
    assert "(root).m.w" in caplog.text
    assert "expect_partial" in caplog.text
    caplog.clear()
    status_of(tmp_path, {"m": layer(v=tf.Variable(0.0))}).expect_partial()
    with caplog.at_level(logging.WARNING):
        assert not caplog.text


# ---- what goes wrong ----


def test_no_such_checkpoint(tmp_path):
    with pytest.raises(tf.errors.NotFoundError, match="missing the checkpoint suffix"):
        tf.train.Checkpoint().restore(tmp_path / "nope")
    with pytest.raises(tf.errors.NotFoundError, match=r"nope\.index"):
        tf.train.Checkpoint().read(tmp_path / "nope")


@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        (lambda: tf.Variable([0.0, 0.0]), ValueError, r"shape \(\) when attempting to restore"),
        (lambda: tf.Variable(0), tf.errors.InvalidArgumentError, "expected dtype int32"),
    ],
)
def test_a_value_that_does_not_fit(tmp_path, target, error, message):
    path = tf.train.Checkpoint(v=tf.Variable(1.0)).write(tmp_path / "ckpt")
    with pytest.raises(error, match=message):
        tf.train.Checkpoint(v=target()).read(path)


@pytest.mark.parametrize("suffix", [".index", ".data-00000-of-00001"])
@pytest.mark.parametrize("damage", ["cut", "flip"])
def test_damaged_files(tmp_path, suffix, damage):
    v = tf.Variable(np.arange(100.0))
    path = tf.train.Checkpoint(v=v).write(tmp_path / "ckpt")
    file = tmp_path / f"ckpt{suffix}"
    content = bytearray(file.read_bytes())
    if damage == "cut":
        del content[len(content) // 2 :]
    else:
        content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    v.assign(np.zeros(100))
    with pytest.raises(tf.errors.DataLossError, match="ckpt"):
        tf.train.Checkpoint(v=v).read(path)
    assert not v.numpy().any()


@pytest.mark.parametrize(
    "graph",
    [b"\xff\xff", TrackableObjectGraph(nodes=[{"children": [{"node_id": 9}]}]).SerializeToString()],
)
def test_a_damaged_object_graph(tmp_path, graph):
    with BundleWriter(tmp_path / "ckpt") as writer:
        writer.add("_CHECKPOINTABLE_OBJECT_GRAPH", np.array(graph, object))
    with pytest.raises(tf.errors.DataLossError, match="object graph"):
        tf.train.Checkpoint().read(tmp_path / "ckpt")


def test_a_failed_write_leaves_the_old_checkpoint(tmp_path):
    class Broken(tf.train.experimental.PythonState):
        def serialize(self):
            raise RuntimeError("no")

        def deserialize(self, string_value):
            raise AssertionError

    v = tf.Variable(1.0)
    tf.train.Checkpoint(v=v).write(tmp_path / "ckpt")
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    with pytest.raises(RuntimeError, match="no"):
        tf.train.Checkpoint(v=v, x=Broken()).write(tmp_path / "ckpt")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


# ---- looking in ----


def test_looking_into_a_checkpoint(tmp_path):
    checkpoint = tf.train.Checkpoint(v=tf.Variable([[1.0, 2.0]]), s=tf.Variable("text"))
    path = checkpoint.save(tmp_path / "ckpt")
    for place in (path, tmp_path):
        assert (f"v/{VALUE}", [1, 2]) in tf.train.list_variables(place)
        assert tf.train.load_variable(place, f"s/{VALUE}") == b"text"
    reader = tf.train.load_checkpoint(path)
    value = reader.get_tensor(f"v/{VALUE}")
    value[0, 0] = 5.0  # an array of our own
    assert reader.get_tensor(f"v/{VALUE}")[0, 0] == 1.0
    assert reader.has_tensor(f"v/{VALUE}")
    assert not reader.has_tensor("v")
    assert reader.get_variable_to_dtype_map()[f"s/{VALUE}"] == tf.string
    assert b"v/.ATTRIBUTES/VARIABLE_VALUE (DT_FLOAT) [1,2]\n" in reader.debug_string()
    with pytest.raises(tf.errors.NotFoundError, match="Key nope not found"):
        reader.get_tensor("nope")


def test_looking_where_nothing_is(tmp_path):
    with pytest.raises(ValueError, match="Couldn't find 'checkpoint' file"):
        tf.train.list_variables(tmp_path)
    with pytest.raises(tf.errors.NotFoundError):
        tf.train.list_variables(tmp_path / "nope")


def test_write_callbacks(tmp_path):
    seen = []
    options = tf.train.CheckpointOptions(
        experimental_write_callbacks=[seen.append, lambda: seen.append("done")]
    )
    path = tf.train.Checkpoint().save(tmp_path / "ckpt", options)
    assert seen == [path, "done"]
