"""Keras's TensorBoard callback with everything turned on, read by TensorBoard."""

import json

import numpy as np
import pytest

import tidefall as tf
from tidefall.proto.tensors import tensor_proto_to_array

WEIGHTS = {
    f"sequential/{layer}/{weight}/{kind}"
    for layer in ("first", "second")
    for weight in ("kernel", "bias")
    for kind in ("histogram", "image")
} - {"sequential/second/bias/image"}  # Keras makes no picture of a single number.
EPOCH = {"epoch_accuracy", "epoch_loss"}


@pytest.mark.parametrize("update_freq", ["epoch", "batch"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_callback_writes_what_it_writes_on_tensorflow(update_freq, tmp_path):
    accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    keras = tf.keras
    x = np.random.default_rng(0).uniform(size=(32, 4)).astype(np.float32)
    y = (x.sum(1) > 2).astype(np.int32)
    keras.backend.clear_session()
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(3, name="first"),
            keras.layers.Dense(1, activation="sigmoid", name="second"),
        ],
        name="sequential",
    )
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    callback = keras.callbacks.TensorBoard(
        str(tmp_path),
        histogram_freq=1,
        write_images=True,
        write_steps_per_second=True,
        update_freq=update_freq,
        embeddings_freq=1,
    )
    model.fit(
        x, y, batch_size=16, epochs=2, verbose=0, validation_data=(x, y), callbacks=[callback]
    )

    found = {}
    for part in ("train", "validation"):
        found[part] = accumulators.EventAccumulator(str(tmp_path / part)).Reload()
    batch = {"batch_accuracy", "batch_loss", "batch_steps_per_second"}
    assert set(found["train"].Tags()["tensors"]) == (
        WEIGHTS | EPOCH | {"keras", "epoch_learning_rate", "epoch_steps_per_second"}
    ) | (batch if update_freq == "batch" else set())
    assert set(found["validation"].Tags()["tensors"]) == EPOCH | {
        "evaluation_accuracy_vs_iterations",
        "evaluation_loss_vs_iterations",
    }
    steps = [event.step for event in found["train"].Tensors("epoch_loss")]
    assert steps == [0, 1]
    if update_freq == "batch":
        assert [e.step for e in found["train"].Tensors("batch_loss")] == [1, 2, 3, 4]
    (described,) = found["train"].Tensors("keras")
    config = json.loads(tensor_proto_to_array(described.tensor_proto).item())
    assert config["class_name"] == "Sequential"
    assert found["train"].SummaryMetadata("keras").plugin_data.plugin_name == "graph_keras_model"
    assert (tmp_path / "projector_config.pbtxt").exists()
