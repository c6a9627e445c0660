"""Real TensorFlow loads the SavedModels and checkpoints that Tidefall writes, and the reverse."""

import json

import numpy as np
import pytest

import tidefall as tf
from tests.oracle import saved_models

pytestmark = pytest.mark.oracle

LOAD = """
import json, sys
sys.path.insert(0, sys.argv[1])
import tensorflow as tf
from tests.oracle import saved_models
found = {
    name: saved_models.results(tf, name, tf.saved_model.load(f"{sys.argv[2]}/{name}"))
    for name in saved_models.MODELS
}
with open(sys.argv[3], "w") as file:
    json.dump(found, file)
"""


@pytest.fixture(scope="session")
def loaded_by_tensorflow(run_oracle, repo_root, tmp_path_factory):
    """What TensorFlow computes with the models saved here."""
    folder = tmp_path_factory.mktemp("models")
    for name in saved_models.MODELS:
        obj, signatures = saved_models.build(tf, name)
        tf.saved_model.save(obj, folder / name, signatures)
    target = folder / "results.json"
    run_oracle(LOAD, str(repo_root), str(folder), str(target))
    return json.loads(target.read_text())


@pytest.mark.parametrize("name", sorted(saved_models.MODELS))
def test_tensorflow_loads_our_models(name, loaded_by_tensorflow):
    expected = saved_models.recorded()[name]["results"]
    saved_models.assert_same(loaded_by_tensorflow[name], expected, name)


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
    obj, signatures = saved_models.build(tf, "state")
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
