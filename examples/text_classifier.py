"""Whose words are these? A classifier of text, trained on paragraphs of installed packages' source.

    python examples/text_classifier.py [--short] [--folder FOLDER]

The paragraphs are those of docstrings of Python itself, NumPy and Keras; the test is on files that
training did not see. `TextVectorization` turns words into numbers inside `tf.data` while training,
and inside the model afterwards, which then takes strings: it is saved as a `.keras` file, exported
as a SavedModel, and both are loaded again.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np

import tidefall as tf

keras = tf.keras
layers = keras.layers

SOURCES = {
    "Python": (Path(os.__file__).parent, "*.py"),
    "NumPy": (Path(np.__file__).parent, "**/*.py"),
    "Keras": (Path(find_spec("keras").origin).parent, "**/*.py"),
}
WORDS, LENGTH, BATCH = 8000, 48, 64


def paragraphs(file: Path) -> list[str]:
    """Paragraphs of the docstrings of a file, without examples and very short ones."""
    docstrings = re.findall(r'"""(.+?)"""', file.read_text(encoding="utf-8"), re.DOTALL)
    found = [p for text in docstrings for p in re.split(r"\n\s*\n", text)]
    return [p for p in found if len(p) > 80 and ">>>" not in p and p.count("=") < 3]


def columns(pairs: list[tuple[str, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Texts and labels."""
    return np.array([text for text, _ in pairs], object), np.array([label for _, label in pairs])


def load_data(each: int) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """`each` paragraphs of each source to train on, and a quarter as many of other files."""
    train, test = [], []
    for label, (folder, pattern) in enumerate(SOURCES.values()):
        files = sorted(folder.glob(pattern))
        files = [file for file in files if "test" not in str(file.relative_to(folder))]
        np.random.default_rng(label).shuffle(files)
        parts = [[], []]
        wanted = (each, each // 4)
        for number, file in enumerate(files):
            part = int(number % 5 == 0)
            if len(parts[part]) < wanted[part]:
                parts[part] += [(text, label) for text in sorted(set(paragraphs(file)))]
        train += parts[0][: wanted[0]]
        test += parts[1][: wanted[1]]
    return columns(train), columns(test)


def build_classifier() -> keras.Model:
    """From the numbers of words `[batch, LENGTH]` to probabilities of the sources."""
    words = keras.Input((LENGTH,), dtype="int64")
    x = layers.Embedding(WORDS, 32, mask_zero=True)(words)
    x = layers.Dropout(0.3)(x)
    x = layers.GlobalAveragePooling1D()(x)
    x = layers.Dense(32, activation="relu")(x)
    return keras.Model(words, layers.Dense(len(SOURCES), activation="softmax")(x))


def main() -> None:
    """Train, test, save, load, serve."""
    parser = argparse.ArgumentParser(description="A text classifier.")
    parser.add_argument("--short", action="store_true", help="less data, fewer epochs")
    parser.add_argument("--folder", default=None, help="where to save the model")
    arguments = parser.parse_args()
    each, epochs, required = (800, 8, 0.65) if arguments.short else (3000, 10, 0.80)
    keras.utils.set_random_seed(1)

    (texts, labels), (test_texts, test_labels) = load_data(each)
    vectorize = layers.TextVectorization(WORDS, output_sequence_length=LENGTH)
    vectorize.adapt(texts)
    print(f"{len(texts)} paragraphs, {vectorize.vocabulary_size()} words")

    def numbers(text, label):
        return vectorize(text), label

    train = tf.data.Dataset.from_tensor_slices((texts, labels)).shuffle(len(texts), seed=1)
    train = train.batch(BATCH).map(numbers, num_parallel_calls=tf.data.AUTOTUNE).prefetch(2)
    test = tf.data.Dataset.from_tensor_slices((test_texts, test_labels)).batch(BATCH).map(numbers)

    classifier = build_classifier()
    classifier.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    classifier.fit(train, epochs=epochs, shuffle=False, validation_data=test, verbose=2)
    _, accuracy = classifier.evaluate(test, verbose=0)

    # From strings to probabilities, in one model.
    strings = keras.Input((), dtype="string")
    model = keras.Model(strings, classifier(vectorize(strings)))
    expected = model.predict(tf.constant(test_texts), verbose=0)
    agreed = np.mean(expected.argmax(1) == test_labels)

    folder = arguments.folder or tempfile.mkdtemp()
    path = os.path.join(folder, "text_classifier.keras")
    model.save(path)
    again = keras.models.load_model(path).predict(tf.constant(test_texts), verbose=0)
    model.export(os.path.join(folder, "served"), verbose=False)
    loaded = tf.saved_model.load(os.path.join(folder, "served"))
    served = loaded.serve(tf.constant(test_texts))

    majority = np.bincount(test_labels).max() / len(test_labels)
    print(f"accuracy {accuracy:.3f} (at least {required}; always the same answer: {majority:.3f})")
    if not (accuracy >= required and abs(agreed - accuracy) < 1e-6):
        raise SystemExit(f"The classifier is worse than it should be: {accuracy}, {agreed}")
    np.testing.assert_allclose(again, expected, atol=1e-5)
    np.testing.assert_allclose(served, expected, atol=1e-5)


if __name__ == "__main__":
    main()
