"""`keras.distribution` in unmodified Keras: variables and batches are divided, and a model trains
as it does on one device."""

import pytest

pytestmark = [pytest.mark.process, pytest.mark.compiles]

PRELUDE = """
import keras, pytest
K = keras.distribution
names = ["cpu:0", "cpu:1", "cpu:2", "cpu:3"]
grid = K.DeviceMesh((2, 2), ["batch", "model"], names)
def model_parallel(layouts):
    found = K.LayoutMap(grid)
    for path, layout in layouts.items():
        found[path] = layout
    return K.ModelParallel(layout_map=found, batch_dim_name="batch")
rng = np.random.default_rng(0)
X = rng.normal(size=[21, 8]).astype("f")
Y = rng.normal(size=[21, 2]).astype("f")
def mlp(**compiled):
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential([
        layers.Input([8]), layers.Dense(16, activation="relu", name="d1"),
        layers.Dropout(0.2), layers.Dense(2, name="d2")])
    model.compile("adam", "mse", metrics=["mae"], **compiled)
    return model
DIVIDED = {".*d1/kernel": (None, "model"), ".*d1/bias": ("model",), ".*d2/kernel": ("model", None)}
"""

MODELS = """
layers = keras.layers
tokens, labels = rng.integers(0, 50, [32, 12]), rng.integers(0, 2, [32])
images = rng.normal(size=[32, 8, 8, 3]).astype("f")
def cnn():
    return [layers.Input([8, 8, 3]), layers.Conv2D(8, 3, use_bias=False, name="conv"),
            layers.BatchNormalization(), layers.ReLU(), layers.MaxPooling2D(), layers.Flatten(),
            layers.Dense(2)]
def lstm():
    return [layers.Input([12]), layers.Embedding(50, 8, name="embedding"), layers.LSTM(16),
            layers.Dense(2)]
def transformer():
    i = layers.Input([12])
    x = layers.Embedding(50, 16, name="embedding")(i)
    x = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 8)(x, x))
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(i, layers.Dense(2, name="head")(x))
CASES = [
    (cnn, images, {".*conv/kernel": (None, None, None, "model")}),
    (lstm, tokens, {".*embedding/embeddings": ("model", None)}),
    (transformer, tokens, {".*embedding/embeddings": (None, "model"),
                           ".*(query|key|value)/kernel": (None, "model", None),
                           "head/output": ("batch", "model")}),
]
def trained(build, x):
    keras.utils.set_random_seed(0)
    made = build()
    model = keras.Sequential(made) if isinstance(made, list) else made
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9, clipnorm=1.0), loss)
    losses = model.fit(x, labels, batch_size=8, epochs=5, shuffle=False, verbose=0)
    return losses.history["loss"], model.get_weights(), model
for build, x, layouts in CASES:
    losses, weights, _ = trained(build, x)
    for distribution in (K.DataParallel(), model_parallel(layouts)):
        with distribution.scope():
            found, found_weights, model = trained(build, x)
        np.testing.assert_allclose(found, losses, atol=1e-5)
        for a, b in zip(found_weights, weights):
            np.testing.assert_allclose(a, b, atol=1e-5)
"""

TRAINING = """
def everything(distribution, **compiled):
    K.set_distribution(distribution)
    model = mlp(**compiled)
    fitted = model.fit(X, Y, batch_size=8, epochs=3, validation_data=(X, Y), verbose=0).history
    evaluated = model.evaluate(X, Y, batch_size=8, verbose=0)
    predicted = model.predict(X, batch_size=8, verbose=0)
    stepped = [model.train_on_batch(X, Y), model.test_on_batch(X, Y)]
    called = [model.predict_on_batch(X), model(X).numpy()]
    K.set_distribution(None)
    numbers = [np.ravel(v) for v in (*fitted.values(), evaluated, predicted, *stepped, *called)]
    return model, np.concatenate(numbers)
for compiled in ({}, {"steps_per_execution": 2}, {"run_eagerly": True}, {"jit_compile": True}):
    _, wanted = everything(None, **compiled)
    _, found = everything(K.DataParallel(), **compiled)
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    model, found = everything(model_parallel(DIVIDED), **compiled)
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    for part in (model, model.optimizer):
        found = {v.path.replace("/", "_"): specs(v.value) for v in part.variables}
        kernels = [layout for path, layout in found.items() if "d1_kernel" in path]
        assert kernels and all(layout == [U, "model"] for layout in kernels)
    first = dtensor.unpack(model.layers[0].kernel.value)[0]
    assert first.shape == [8, 8]  # half of 8 x 16
"""

DATASETS = """
def batches():
    for i in range(0, 21, 4):
        yield X[i:i + 4], Y[i:i + 4]
signature = tf.TensorSpec([None, 8]), tf.TensorSpec([None, 2])
class Rows(keras.utils.PyDataset):
    def __len__(self):
        return 3
    def __getitem__(self, i):
        return X[i * 8:i * 8 + 8], Y[i * 8:i * 8 + 8]
def losses(distribution, steps):
    K.set_distribution(distribution)
    model = mlp(steps_per_execution=steps)
    unknown = tf.data.Dataset.from_generator(batches, output_signature=signature)
    found = model.fit(unknown, epochs=2, verbose=0, shuffle=False).history["loss"]
    found += model.fit(unknown.repeat(), epochs=2, steps_per_epoch=4, verbose=0).history["loss"]
    found += model.fit(Rows(), epochs=2, verbose=0, shuffle=False).history["loss"]
    K.set_distribution(None)
    return found
import warnings
warnings.simplefilter("ignore")
for steps in (1, 4):
    found, wanted = losses(model_parallel(DIVIDED), steps), losses(None, steps)
    np.testing.assert_allclose(found, wanted, atol=1e-5)
"""

FILES = """
import tempfile
folder = tempfile.mkdtemp()
distribution = model_parallel(DIVIDED)
K.set_distribution(distribution)
model = mlp()
before, empty = model.predict(X, verbose=0), model.get_weights()
model.fit(X, Y, batch_size=8, verbose=0)
after = model.predict(X, verbose=0)
assert np.abs(after - before).max() > 1e-4
model.save(folder + "/model.keras")
model.save_weights(folder + "/model.weights.h5")
checkpoint = tf.train.Checkpoint(model).save(folder + "/checkpoint")
model.export(folder + "/exported", verbose=False)
same = lambda found, wanted: np.testing.assert_allclose(found, wanted, atol=1e-6)
model.set_weights(empty)
same(model.predict(X, verbose=0), before)
model.load_weights(folder + "/model.weights.h5")
same(model.predict(X, verbose=0), after)
model.set_weights(empty)
tf.train.Checkpoint(model).restore(checkpoint)
same(model.predict(X, verbose=0), after)
again = keras.models.load_model(folder + "/model.keras")
assert specs(again.layers[0].kernel.value) == [U, "model"]
same(again.predict(X, verbose=0), after)
K.set_distribution(None)
plain = keras.models.load_model(folder + "/model.keras")
assert not dtensor.is_dtensor(plain.layers[0].kernel.value)
same(plain.predict(X, verbose=0), after)
same(tf.saved_model.load(folder + "/exported").serve(X).numpy(), after)
"""

PIECES = """
assert K.list_devices() == K.list_devices("cpu") == names and K.get_device_count() == 4
wanted = dtensor.create_mesh([("batch", 2), ("model", 2)])
assert grid.backend_mesh == wanted
layout = K.TensorLayout([None, "model"], grid)
assert layout.backend_layout == Layout([U, "model"], wanted)
divided = K.distribute_tensor(np.arange(16, dtype="f").reshape(4, 4), layout)
assert specs(divided) == [U, "model"]
assert parts(divided)[1] == [[2.0, 3.0], [6.0, 7.0], [10.0, 11.0], [14.0, 15.0]]
K.initialize()
K.initialize(num_processes=1, process_id=0)
fails(errors.UnimplementedError, "MultiWorkerMirroredStrategy", K.initialize, "a:1,b:2", 2, 0)
def dense(units, layout):
    with model_parallel({"d/kernel": layout}).scope():
        keras.layers.Dense(units, name="d").build([None, 4])
fails(ValueError, "Variable 'd/kernel': A tensor of shape (4, 7)", dense, 7, (None, "model"))
fails(ValueError, "Variable 'd/kernel': A tensor of shape (4, 8)", dense, 8, ("model",))
with K.DataParallel().scope():
    model = mlp()
    ragged = tf.data.Dataset.from_tensor_slices(tf.ragged.constant([[1.0, 2.0], [3.0]])).batch(2)
    fails(errors.UnimplementedError, "RaggedTensor", model.predict, ragged, verbose=0)
with K.DataParallel(devices=["cpu:0", "cpu:9"]).scope():
    fails(errors.InvalidArgumentError, "CPU:9", mlp)
# A model that was built before stays where it is, and trains.
model = mlp()
with K.DataParallel().scope():
    model.fit(X, Y, verbose=0)
assert not dtensor.is_dtensor(model.layers[0].kernel.value)
"""

CUSTOM_LOOP = """
def losses(distribution):
    K.set_distribution(distribution)
    model, optimizer = mlp(), keras.optimizers.Adam()
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(X) - Y) ** 2)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        return loss
    compiled = tf.function(step)
    found = [float(compiled()) for _ in range(4)] + [float(step()) for _ in range(3)]
    K.set_distribution(None)
    return found
np.testing.assert_allclose(losses(model_parallel(DIVIDED)), losses(None), atol=1e-5)
"""

PROGRAMS = {
    "pieces": PIECES,
    "every way of training": TRAINING,
    "models": MODELS,
    "datasets": DATASETS,
    "files": FILES,
    "a loop of one's own": CUSTOM_LOOP,
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_keras_distribution(run_on_logical_devices, program):
    run_on_logical_devices(4, PRELUDE + PROGRAMS[program])
