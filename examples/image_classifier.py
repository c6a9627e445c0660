"""A network that reads handwritten digits, trained on pictures that are changed a little.

    python examples/image_classifier.py [--short] [--folder FOLDER]

The pictures are scikit-learn's digits: 1,797 of 8x8. Layers in the model enlarge them and, while it
trains, move, turn and zoom them at random. The test is on digits that training did not see, as they
are and moved aside, where only a model that learned from moved ones does well. It is saved as a
`.keras` file, exported as a SavedModel, and both are loaded again.
"""

from __future__ import annotations

import argparse
import os
import tempfile

import numpy as np
from sklearn.datasets import load_digits

import tidefall as tf

keras = tf.keras
layers = keras.layers

TEST, BATCH = 360, 32


def load_data() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Pictures `[n, 8, 8, 1]` with values 0 to 16 and labels, to train on and to test."""
    digits = load_digits()
    order = np.random.default_rng(1).permutation(len(digits.target))
    pictures = digits.images[order, ..., np.newaxis].astype(np.float32)
    labels = digits.target[order]
    return (pictures[TEST:], labels[TEST:]), (pictures[:TEST], labels[:TEST])


def build_model() -> keras.Model:
    """From pictures `[batch, 8, 8, 1]` to logits `[batch, 10]`."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Rescaling(1 / 16),
            layers.Resizing(16, 16),
            layers.RandomTranslation(0.15, 0.15, fill_mode="constant", seed=1),
            layers.RandomRotation(0.04, fill_mode="constant", seed=2),
            layers.RandomZoom((-0.1, 0.1), fill_mode="constant", seed=3),
            layers.Conv2D(16, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.2, seed=4),
            layers.Dense(64, activation="relu"),
            layers.Dense(10),
        ]
    )


def aside(pictures: np.ndarray) -> np.ndarray:
    """The pictures one pixel to the right, an eighth of their width."""
    return np.pad(pictures, ((0, 0), (0, 0), (1, 0), (0, 0)))[:, :, :-1]


def main() -> None:
    """Train, test, save, load, serve."""
    parser = argparse.ArgumentParser(description="An image classifier with augmentation.")
    parser.add_argument("--short", action="store_true", help="fewer epochs")
    parser.add_argument("--folder", default=None, help="where to save the model")
    arguments = parser.parse_args()
    epochs, required = (6, 0.93) if arguments.short else (30, 0.97)
    keras.utils.set_random_seed(1)

    (pictures, labels), (test_pictures, test_labels) = load_data()
    train = tf.data.Dataset.from_tensor_slices((pictures, labels))
    train = train.shuffle(len(labels), seed=1).batch(BATCH).prefetch(2)
    model = build_model()
    steps = epochs * len(train)
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(4e-3, steps)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(
        train, epochs=epochs, shuffle=False, validation_data=(test_pictures, test_labels), verbose=2
    )
    _, accuracy = model.evaluate(test_pictures, test_labels, verbose=0)
    _, accuracy_aside = model.evaluate(aside(test_pictures), test_labels, verbose=0)

    # Layers that change pictures do so while training, and only then.
    expected = model.predict(test_pictures, verbose=0)
    np.testing.assert_allclose(model(test_pictures, training=False), expected, atol=1e-3)
    for layer in model.layers[2:5]:
        assert not np.allclose(layer(test_pictures, training=True), test_pictures, atol=1.0)

    folder = arguments.folder or tempfile.mkdtemp()
    path = os.path.join(folder, "image_classifier.keras")
    model.save(path)
    again = keras.models.load_model(path).predict(test_pictures, verbose=0)
    # Layers for augmentation are exported at work unless they are told that this is no training.
    inputs = keras.Input((8, 8, 1))
    fixed = keras.Model(inputs, model(inputs, training=False))
    fixed.export(os.path.join(folder, "served"), verbose=False)
    loaded = tf.saved_model.load(os.path.join(folder, "served"))
    served = loaded.serve(test_pictures)

    print(f"accuracy {accuracy:.3f}, aside {accuracy_aside:.3f} (at least {required})")
    if not (accuracy >= required and accuracy_aside >= required):
        raise SystemExit(f"The classifier is worse than it should be: {accuracy}, {accuracy_aside}")
    np.testing.assert_allclose(again, expected, atol=1e-3)
    np.testing.assert_allclose(served, expected, atol=1e-3)


if __name__ == "__main__":
    main()
