"""Weights of a loaded SavedModel stay in their file until they are used."""

import os
import shutil

import numpy as np
import pytest

import tidefall as tf
from tidefall.composite.variables.storage import StoredValue

DATA = "variables/variables.data-00000-of-00001"


class Line(tf.Module):
    def __init__(self, factor=2.0):
        super().__init__()
        self.w = tf.Variable(np.full([64, 64], factor, np.float32))
        self.names = tf.Variable(["a", "b"])

    @tf.function(input_signature=[tf.TensorSpec([None, 64])])
    def __call__(self, x):
        return tf.matmul(x, self.w)

    @tf.function(input_signature=[], jit_compile=True)
    def grow(self):
        self.w.assign_add(tf.ones_like(self.w))
        return tf.reduce_sum(self.w)


@pytest.fixture
def folder(tmp_path):
    line = Line()
    tf.saved_model.save(line, tmp_path / "model", signatures=line.__call__)
    return tmp_path / "model"


def is_in_file(variable):
    return type(variable._storage.value) is StoredValue


def change_first_weight(folder):
    path = folder / DATA
    content = bytearray(path.read_bytes())
    position = content.index(np.float32(2).tobytes() * 8)
    content[position] ^= 1
    path.write_bytes(content)
    return position


USES = {
    "read": lambda model: model.w.value(),
    "numpy": lambda model: model.w.numpy(),
    "eager op": lambda model: model.w + 1.0,
    "call": lambda model: model(tf.ones([1, 64])),
    "compiled": lambda model: model.grow(),
    "update": lambda model: model.w.assign_add(tf.ones([64, 64])),
}


def test_loading_reads_no_weight(folder):
    loaded = tf.saved_model.load(folder)
    assert is_in_file(loaded.w) and loaded.w.shape == [64, 64] and loaded.w.dtype == tf.float32
    assert loaded.w.is_initialized()
    assert is_in_file(loaded.w)
    assert loaded(tf.ones([1, 64])).numpy()[0, 0] == 128.0
    assert not is_in_file(loaded.w)
    assert loaded.names.numpy().tolist() == [b"a", b"b"]


@pytest.mark.parametrize("use", USES)
def test_a_damaged_weight_is_told_when_it_is_first_used(folder, use):
    position = change_first_weight(folder)
    loaded = tf.saved_model.load(folder)
    for _ in range(2):  # it stays an error
        with pytest.raises(tf.errors.DataLossError, match="checksum does not match") as caught:
            USES[use](loaded)
    assert str(folder / DATA) in caught.value.message
    assert f"at byte {position}" in caught.value.message
    assert "'w/.ATTRIBUTES/VARIABLE_VALUE'" in caught.value.message


def test_a_damaged_weight_is_not_saved_again(folder, tmp_path):
    change_first_weight(folder)
    loaded = tf.saved_model.load(folder)
    with pytest.raises(tf.errors.DataLossError, match="checksum does not match"):
        tf.saved_model.save(loaded, tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_damaged_weight_may_be_assigned(folder):
    change_first_weight(folder)
    loaded = tf.saved_model.load(folder)
    loaded.w.assign(tf.ones([64, 64]))
    assert loaded(tf.ones([1, 64])).numpy()[0, 0] == 64.0


@pytest.mark.parametrize("change", ["deleted", "replaced by save", "replaced by rename"])
def test_a_model_may_go_while_it_is_loaded(folder, tmp_path, change):
    loaded = tf.saved_model.load(folder)
    if change == "deleted":
        shutil.rmtree(folder)
    elif change == "replaced by save":
        tf.saved_model.save(Line(3.0), folder)
    else:
        (tmp_path / "other").write_bytes(b"short")
        os.replace(tmp_path / "other", folder / DATA)
    assert loaded(tf.ones([1, 64])).numpy()[0, 0] == 128.0


def test_a_file_cut_short_while_it_is_loaded_is_an_error(folder):
    loaded = tf.saved_model.load(folder)
    os.truncate(folder / DATA, 100)
    with pytest.raises(tf.errors.DataLossError, match="was cut to 100 bytes after it was opened"):
        loaded.w.numpy()


@pytest.mark.parametrize("first", ["compiled", "call"])
def test_updates_never_reach_the_file(folder, first):
    before = (folder / DATA).read_bytes()
    loaded = tf.saved_model.load(folder)
    USES[first](loaded)
    total = loaded.grow().numpy()
    assert total == 64 * 64 * (4.0 if first == "compiled" else 3.0)
    loaded.w.assign_add(tf.ones([64, 64]))
    loaded.w[0, 0].assign(7.0)
    tf.raw_ops.ResourceScatterUpdate(
        resource=loaded.w.handle, indices=[1], updates=np.zeros([1, 64], np.float32)
    )
    assert (folder / DATA).read_bytes() == before
    assert tf.saved_model.load(folder).w.numpy()[0, 0] == 2.0


def test_many_threads_may_ask_first(folder):
    from concurrent.futures import ThreadPoolExecutor

    loaded = tf.saved_model.load(folder)
    with ThreadPoolExecutor(8) as pool:
        values = list(pool.map(lambda _: loaded.w.value().numpy()[0, 0], range(32)))
    assert set(values) == {2.0}


# ---- functions ----


def test_functions_are_read_when_they_are_called(folder):
    loaded = tf.saved_model.load(folder)
    function = loaded.__call__.get_concrete_function(tf.TensorSpec([None, 64]))
    served = loaded.signatures["serving_default"]
    assert served.structured_input_signature == ((), {"x": tf.TensorSpec([None, 64], name="x")})
    assert served.structured_outputs == {"output_0": tf.TensorSpec([None, 64], name="output_0")}
    assert not {"graph", "graph_function"} & (set(vars(function)) | set(vars(served)))
    loaded(tf.ones([1, 64]))
    assert "graph" in vars(function) and "graph" not in vars(served)
    assert [v.name for v in served.variables] == [v.name for v in function.variables]


def test_functions_may_be_read_inside_of_others(folder):
    loaded = tf.saved_model.load(folder)

    @tf.function
    def twice(x):
        with tf.GradientTape() as tape:
            result = loaded(loaded(x))
        return result, tape.gradient(result, loaded.w)

    result, gradient = twice(tf.ones([1, 64]))
    assert result.numpy()[0, 0] == 128.0 * 128
    assert gradient.shape == [64, 64]


def test_functions_outlive_the_model_and_its_files(folder):
    served = tf.saved_model.load(folder).signatures["serving_default"]
    shutil.rmtree(folder)
    assert served(x=tf.ones([1, 64]))["output_0"].numpy()[0, 0] == 128.0


def test_a_damaged_function_is_told_when_it_is_called(folder):
    from tidefall.proto import SavedModel

    path = folder / "saved_model.pb"
    proto = SavedModel.FromString(path.read_bytes())
    for function in proto.meta_graphs[0].graph_def.library.function:
        for node in function.node_def:
            if node.op == "MatMul":
                node.input[0] = "nothing"
    path.write_bytes(proto.SerializeToString())
    loaded = tf.saved_model.load(folder)
    assert loaded.grow().numpy() == 64 * 64 * 3.0
    for _ in range(2):
        with pytest.raises(
            tf.errors.DataLossError, match=r"node MatMul has the input nothing"
        ) as e:
            loaded(tf.ones([1, 64]))
    assert str(folder) in e.value.message


def test_many_threads_may_call_first(folder):
    from concurrent.futures import ThreadPoolExecutor

    loaded = tf.saved_model.load(folder)
    x = tf.ones([1, 64])
    with ThreadPoolExecutor(8) as pool:
        values = list(pool.map(lambda _: loaded(x).numpy()[0, 0], range(32)))
    assert set(values) == {128.0}


def test_compiled_code_uses_large_weights_where_they_are_mapped(folder):
    loaded = tf.saved_model.load(folder)

    @tf.function(jit_compile=True)
    def total():
        return tf.reduce_sum(loaded.w)

    mapped = loaded.w._storage.read()
    assert mapped.ctypes.data % 64 == 0 and not mapped.flags.writeable
    assert total().numpy() == 64 * 64 * 2.0
    assert np.asarray(loaded.w._storage.value).ctypes.data == mapped.ctypes.data
