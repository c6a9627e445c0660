"""Real TensorFlow loads the SavedModels and checkpoints that Tidefall writes, and the reverse."""

import json
import os
import subprocess
import warnings

import numpy as np
import pytest

import tidefall as tf
from tests.oracle import saved_models

pytestmark = pytest.mark.oracle

SAVED_HERE = sorted(set(saved_models.MODELS) - saved_models.NOT_WRITTEN.keys())
SAVED_AGAIN = sorted(
    name
    for name, made in saved_models.MODELS.items()
    if made.again and name not in saved_models.NOT_WRITTEN_AGAIN
)


@pytest.fixture(scope="session")
def read_by_tensorflow(oracle_python, repo_root):
    """Gives what TensorFlow computes with the models in a folder, named like those recorded."""

    def read(folder, names):
        script = repo_root / "tests" / "oracle" / "record_saved_models.py"
        command = [str(oracle_python), str(script), "--read", str(folder), *names]
        done = subprocess.run(command, capture_output=True, text=True, env=environment())
        assert done.returncode == 0, done.stderr
        return json.loads((folder / "results.json").read_text())

    return read


def environment():
    """This process's, without the packages of its own environment."""
    left_out = ("PYTHONPATH", "PYTHONHOME")
    return {key: value for key, value in os.environ.items() if key not in left_out}


@pytest.fixture(scope="session")
def saved_here(read_by_tensorflow, tmp_path_factory):
    """What TensorFlow computes with the models saved here."""
    folder = tmp_path_factory.mktemp("models")
    with warnings.catch_warnings():
        # Keras converts its variables without the keyword that NumPy 2 wants.
        warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
        for name in SAVED_HERE:
            saved_models.write(tf, name, str(folder / name))
    return read_by_tensorflow(folder, SAVED_HERE)


@pytest.fixture(scope="session")
def saved_again(read_by_tensorflow, tmp_path_factory):
    """What TensorFlow computes with its own models, loaded and saved here."""
    source, folder = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    for name in SAVED_AGAIN:
        path = str(saved_models.unpack(name, source / name))
        saved_models.write_again(tf, name, path, str(folder / name))
    return read_by_tensorflow(folder, SAVED_AGAIN)


def check(name, found):
    assert "error" not in found[name], found[name]["error"]
    for kind, expected in saved_models.expected(name).items():
        saved_models.assert_same(found[name][kind], expected, f"{name}: {kind}")


@pytest.mark.parametrize("name", SAVED_HERE)
def test_tensorflow_loads_our_models(name, saved_here):
    check(name, saved_here)


@pytest.mark.parametrize("name", SAVED_AGAIN)
def test_tensorflow_loads_its_models_saved_again(name, saved_again):
    check(name, saved_again)


SESSION = """
import json, sys
import tensorflow.compat.v1 as tf
results = []
with tf.Graph().as_default(), tf.Session() as session:
    meta = tf.saved_model.loader.load(session, ["serve"], sys.argv[1])
    for key, feeds in json.loads(sys.argv[2]):
        signature = meta.signature_def[key]
        values = {signature.inputs[name].name: value for name, value in feeds.items()}
        fetches = {name: info.name for name, info in signature.outputs.items()}
        found = session.run(fetches, values)
        results.append({name: value.tolist() for name, value in found.items()})
    saver = meta.saver_def
    session.run(saver.save_tensor_name, {saver.filename_tensor_name: sys.argv[1] + "/again"})
    reader = tf.train.load_checkpoint(sys.argv[1] + "/again")
    results.append({k: reader.get_tensor(k).tolist() for k in reader.get_variable_to_shape_map()
                    if "OBJECT_GRAPH" not in k})
print(json.dumps(results))
"""


def test_a_session_serves_our_model_by_tensor_names(run_oracle, tmp_path):
    obj, signatures = saved_models.MODELS["state"].build(tf)
    tf.saved_model.save(obj, tmp_path, signatures | {"f": obj.f})
    calls = [("swap", {}), ("f", {"x": 3.0}), ("swap", {})]
    *results, saved = json.loads(run_oracle(SESSION, str(tmp_path), json.dumps(calls)))
    assert results[0] == {"sum": 11.0}
    assert results[1] == {
        "output_0": 10.0, "output_1": 30.0, "output_2": 31.0, "output_3": -60.0
    }  # fmt: skip
    assert results[2] == {"sum": -29.0}
    assert saved == {
        "a/.ATTRIBUTES/VARIABLE_VALUE": -60.0,
        "b/.ATTRIBUTES/VARIABLE_VALUE": 31.0,
    }


KERAS = """
import json, sys
import numpy as np
import tensorflow as tf
folder = sys.argv[1]
data = np.load(folder + "/data.npz")
model = tf.saved_model.load(folder + "/model")
errors = [np.abs(model.serve(data["x"]).numpy() - data["y"]).max()]
served = model.signatures["serving_default"]
(name,) = served.structured_input_signature[1]
(result,) = served(**{name: tf.constant(data["x"])}).values()
errors.append(np.abs(result.numpy() - data["y"]).max())
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(model.serve(data["x"])[:, 0])
shapes = [g.shape.as_list() for g in tape.gradient(loss, model.trainable_variables)]
print(json.dumps([float(max(errors)), shapes]))
"""


def test_tensorflow_serves_our_keras_models(run_oracle, tmp_path):
    keras = tf.keras
    model = keras.Sequential(
        [
            keras.layers.Input((8, 8, 1)),
            keras.layers.Normalization(),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.MaxPooling2D(),
            keras.layers.Dropout(0.2),
            keras.layers.Flatten(),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    x = np.random.default_rng(0).normal(size=[32, 8, 8, 1]).astype(np.float32)
    model.layers[0].adapt(x)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, np.arange(32) % 10, verbose=0)
    y = model.predict(x, verbose=0)
    model.export(tmp_path / "model", verbose=False)
    np.savez(tmp_path / "data.npz", x=x, y=y)
    np.testing.assert_allclose(tf.saved_model.load(tmp_path / "model").serve(x), y, atol=1e-5)
    error, shapes = json.loads(run_oracle(KERAS, str(tmp_path)))
    assert error < 1e-5
    assert shapes == [[3, 3, 1, 4], [4], [4], [4], [36, 10], [10]]


CHECKPOINT = """
import sys
import tensorflow as tf

class Layer(tf.Module):
    def __init__(self, scale):
        super().__init__()
        self.w = tf.Variable(scale * tf.ones([2, 3]))
        self.names = tf.Variable(["a", "b"])
        self.parts = [tf.Variable(int(scale)), {"x.y/z": tf.Variable(scale, dtype=tf.bfloat16)}]

layer = Layer(2.0)
checkpoint = tf.train.Checkpoint(layer=layer, step=tf.Variable(0, dtype=tf.int64))
checkpoint.restore(sys.argv[1]).assert_consumed()
assert layer.w.numpy().tolist() == [[5.0] * 3] * 2, layer.w
assert layer.parts[0].numpy() == 5 and float(layer.parts[1]["x.y/z"]) == 5.0
assert checkpoint.step.numpy() == 7 and checkpoint.save_counter.numpy() == 1
layer.w.assign_add(tf.ones([2, 3]))
print(checkpoint.save(sys.argv[2]))
"""


def test_checkpoints_go_both_ways(run_oracle, tmp_path):
    class Layer(tf.Module):
        def __init__(self, scale):
            super().__init__()
            self.w = tf.Variable(scale * tf.ones([2, 3]))
            self.names = tf.Variable(["a", "b"])
            self.parts = [tf.Variable(int(scale)), {"x.y/z": tf.Variable(scale, dtype=tf.bfloat16)}]

    layer = Layer(5.0)
    checkpoint = tf.train.Checkpoint(layer=layer, step=tf.Variable(7, dtype=tf.int64))
    path = checkpoint.save(tmp_path / "ours")
    theirs = run_oracle(CHECKPOINT, path, str(tmp_path / "theirs")).split()[-1]
    layer.parts[0].assign(0)
    checkpoint.restore(theirs).assert_consumed()
    np.testing.assert_array_equal(layer.w, np.full([2, 3], 6.0))
    assert layer.parts[0].numpy() == 5
    assert checkpoint.save_counter.numpy() == 2
    assert tf.train.list_variables(theirs) == tf.train.list_variables(path)
    assert tf.train.latest_checkpoint(tmp_path) == theirs
