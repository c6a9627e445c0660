"""The whole path on real data: train, export, serve and query a digit classifier.

`python -m tidefall.demo [--output DIR]` trains a small Keras CNN on the handwritten digits of
scikit-learn (1,797 images of 8x8), once with `fit` and once with a loop of its own, exports it as a
SavedModel, serves it over REST, and compares what comes back with the model in this process.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import tidefall as tf

TEST_IMAGES = 360
VALIDATION_IMAGES = 180
BATCH = 64
TOLERANCE = 1e-5
REQUIRED_ACCURACY = 0.97


@dataclass(frozen=True)
class Digits:
    """Images `[n, 8, 8, 1]` float32 with values 0 to 16, and labels `[n]` int64."""

    train: tuple[np.ndarray, np.ndarray]
    validation: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]


def load_digits(seed: int = 7) -> Digits:
    """The digits, shuffled and divided into three parts."""
    try:
        from sklearn import datasets
    except ImportError as error:
        raise SystemExit(
            "The demo's data comes with scikit-learn: pip install 'tidefall[demo]'"
        ) from error
    bunch: Any = datasets.load_digits()
    images = bunch.images[..., np.newaxis].astype(np.float32)
    labels = bunch.target.astype(np.int64)
    order = np.random.default_rng(seed).permutation(len(images))
    images, labels = images[order], labels[order]
    last, middle = TEST_IMAGES, TEST_IMAGES + VALIDATION_IMAGES
    return Digits(
        train=(images[middle:], labels[middle:]),
        validation=(images[last:middle], labels[last:middle]),
        test=(images[:last], labels[:last]),
    )


def pipeline(images: np.ndarray, labels: np.ndarray, training: bool) -> Any:
    """Batches of images and labels; shuffled and slightly shifted in brightness for training."""
    dataset = tf.data.Dataset.from_tensor_slices((images, labels))
    if training:
        dataset = dataset.shuffle(len(images), seed=1)
        dataset = dataset.map(_vary_brightness, num_parallel_calls=tf.data.AUTOTUNE)
    return dataset.batch(BATCH).prefetch(tf.data.AUTOTUNE)


def _vary_brightness(image: Any, label: Any) -> Any:
    factor = tf.random.uniform([], 0.9, 1.1)
    return tf.clip_by_value(image * factor, 0.0, 16.0), label


def build_model(images: np.ndarray) -> Any:
    """A small CNN that takes raw pixels and gives class probabilities."""
    layers = tf.keras.layers
    normalization = layers.Normalization()
    normalization.adapt(images)
    return tf.keras.Sequential(
        [
            layers.Input((8, 8, 1), name="image"),
            normalization,
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ],
        name="digits",
    )


def train_with_fit(model: Any, digits: Digits, output: Path) -> float:
    """Train with Keras's `fit`; returns the test accuracy."""
    callbacks = tf.keras.callbacks
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(
        pipeline(*digits.train, training=True),
        validation_data=pipeline(*digits.validation, training=False),
        epochs=30,
        shuffle=False,  # the pipeline shuffles
        callbacks=[
            callbacks.ModelCheckpoint(output / "best.keras", save_best_only=True),
            callbacks.EarlyStopping(patience=6, restore_best_weights=True),
            callbacks.TensorBoard(output / "logs", histogram_freq=5),
        ],
    )
    _, accuracy = model.evaluate(*digits.test, verbose=0)
    return float(accuracy)


def train_with_own_loop(digits: Digits, epochs: int = 12) -> float:
    """Train the same model with a compiled loop of our own; returns the test accuracy."""
    model = build_model(digits.train[0])
    optimizer = tf.keras.optimizers.Adam(2e-3)
    loss_of = tf.keras.losses.SparseCategoricalCrossentropy()
    optimizer.build(model.trainable_variables)

    @tf.function(jit_compile=True)
    def step(images: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = loss_of(labels, model(images, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    images, labels = digits.train
    whole = len(images) // BATCH * BATCH
    for epoch in range(epochs):
        dataset = pipeline(images, labels, training=True).take(whole // BATCH)
        losses = [step(x, y) for x, y in dataset]
        if epoch % 4 == 3:
            print(f"  epoch {epoch + 1}: loss {np.mean([float(v) for v in losses]):.4f}")
    probabilities = model(digits.test[0], training=False).numpy()
    return float(np.mean(probabilities.argmax(axis=1) == digits.test[1]))


def export(model: Any, directory: Path) -> None:
    """Write the model as version 1 of a servable SavedModel."""
    model.export(directory / "1", format="tf_saved_model", verbose=False)


def check_reloaded(directory: Path, images: np.ndarray, expected: np.ndarray) -> float:
    """Load the SavedModel back and compare; returns the largest difference."""
    signature = tf.saved_model.load(str(directory / "1")).signatures["serving_default"]
    name = next(iter(signature.structured_input_signature[1]))
    outputs = signature(**{name: tf.constant(images)})
    return _difference(next(iter(outputs.values())).numpy(), expected)


def _difference(actual: Any, expected: np.ndarray) -> float:
    return float(np.abs(np.asarray(actual, np.float32) - expected).max())


@dataclass(frozen=True)
class Served:
    """What querying the server showed: the largest difference, and latencies in seconds."""

    difference: float
    latencies: np.ndarray
    batch_rate: float


def serve_and_query(directory: Path, images: np.ndarray, expected: np.ndarray) -> Served:
    """Serve the model on a free port, send every image, and stop the server."""
    from tidefall.serving import Client, ServerProcess

    with ServerProcess("digits", str(directory)) as server:
        client = Client(server.url, "digits")
        latencies, answers = [], []
        client.predict(images[:1].tolist())
        for image in images:
            start = time.perf_counter()
            answers.append(client.predict([image.tolist()])[0])
            latencies.append(time.perf_counter() - start)
        start = time.perf_counter()
        together = client.predict(images.tolist())
        batch_rate = len(images) / (time.perf_counter() - start)
        client.close()
    difference = max(_difference(answers, expected), _difference(together, expected))
    return Served(difference, np.array(latencies), batch_rate)


def _step(number: int, text: str) -> None:
    print(f"\n[{number}/5] {text}", flush=True)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise SystemExit(f"The demo failed: {message}")


def run(output: Path) -> None:
    """Run the demo and leave its files in `output`."""
    started = time.perf_counter()
    output.mkdir(parents=True, exist_ok=True)
    for made_before in ("logs", "digits"):
        shutil.rmtree(output / made_before, ignore_errors=True)
    tf.keras.utils.set_random_seed(1)
    digits = load_digits()
    images = digits.test[0]

    _step(1, f"Training with Keras on {len(digits.train[0])} images")
    model = build_model(digits.train[0])
    accuracy = train_with_fit(model, digits, output)
    print(f"  test accuracy {accuracy:.4f}")
    _require(accuracy >= REQUIRED_ACCURACY, f"test accuracy {accuracy:.4f} < {REQUIRED_ACCURACY}")

    _step(2, "Training again with a GradientTape and @tf.function(jit_compile=True)")
    own = train_with_own_loop(digits)
    print(f"  test accuracy {own:.4f}")
    _require(own >= REQUIRED_ACCURACY, f"test accuracy {own:.4f} < {REQUIRED_ACCURACY}")

    _step(3, "Exporting a SavedModel and loading it back")
    expected = model(images, training=False).numpy()
    servable = output / "digits"
    export(model, servable)
    reloaded = check_reloaded(servable, images, expected)
    print(f"  largest difference of the predictions: {reloaded:.1e}")
    _require(reloaded <= TOLERANCE, f"the reloaded model differs by {reloaded:.1e}")

    _step(4, "Serving it and asking for every test image")
    served = serve_and_query(servable, images, expected)
    p50, p99 = np.percentile(served.latencies, [50, 99]) * 1e3
    rate = len(images) / served.latencies.sum()
    print(f"  largest difference of the predictions: {served.difference:.1e}")
    print(f"  latency p50 {p50:.2f} ms, p99 {p99:.2f} ms; {rate:.0f} requests/s one at a time,")
    print(f"  {served.batch_rate:.0f} images/s in one request")
    _require(served.difference <= TOLERANCE, f"the served model differs by {served.difference:.1e}")

    _step(5, f"Done in {time.perf_counter() - started:.1f} s")
    _summary(output, servable, accuracy, own)


def _summary(output: Path, servable: Path, accuracy: float, own: float) -> None:
    lines = [
        ("test accuracy", f"{accuracy:.4f} with fit, {own:.4f} with the loop"),
        ("best weights", str(output / "best.keras")),
        ("SavedModel", str(servable / "1")),
        ("TensorBoard", f"tensorboard --logdir {output / 'logs'}"),
        (
            "serve again",
            (
                f"{Path(sys.executable).name} -m tidefall.serving --model_name=digits "
                f"--model_base_path={servable.resolve()} --rest_api_port=8501"
            ),
        ),
    ]
    for name, value in lines:
        print(f"  {name + ':':<15}{value}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tidefall.demo", description=__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("demo-output"), help="folder for what the demo makes"
    )
    try:
        run(parser.parse_args().output)
    except KeyboardInterrupt:
        print("\nInterrupted; the model server, if it was running, has been stopped.")
        return 130
    return 0
