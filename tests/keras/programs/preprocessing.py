"""Preprocessing layers, inside models and inside `tf.data`."""

from __future__ import annotations

import os
import tempfile
from typing import Any

import numpy as np

from tests.keras.programs.helpers import fix, integers, table, values

PROGRAMS, program = table()

TEXTS = ["the cat sat", "The dog sat, on the mat!", "a bird", "", "cat; dog: BIRD"]


@program
def normalization(tf: Any, keras: Any) -> Any:
    x = 3 * values(10, 4) + 2
    layer = keras.layers.Normalization()
    layer.adapt(x)
    data = tf.data.Dataset.from_tensor_slices(x).batch(3)
    streamed = keras.layers.Normalization(axis=-1)
    streamed.adapt(data)
    model = keras.Sequential([keras.Input([4]), layer, keras.layers.Dense(1)])
    fix(model.layers[-1])
    model.compile("sgd", "mse")
    history = model.fit(x, values(10, 1), epochs=2, shuffle=False, verbose=0)
    inverted = keras.layers.Normalization(mean=1.0, variance=4.0, invert=True)
    return {
        "mean": [layer.mean, layer.variance],
        "streamed": [streamed.mean, streamed.variance],
        "mapped": list(data.map(layer).as_numpy_iterator()),
        "inverted": inverted(x),
        "loss": history.history["loss"],
        "no axis": _adapted(keras.layers.Normalization(axis=None), x),
    }


def _adapted(layer: Any, x: Any) -> Any:
    layer.adapt(x)
    return layer(x)


@program
def text_vectorization(tf: Any, keras: Any) -> Any:
    layers = keras.layers
    options = {
        "plain": {},
        "short": {"max_tokens": 6, "output_sequence_length": 4},
        "pairs": {"ngrams": 2},
        "multi_hot": {"output_mode": "multi_hot"},
        "count": {"output_mode": "count", "max_tokens": 8, "pad_to_max_tokens": True},
        "tf_idf": {"output_mode": "tf_idf"},
        "characters": {"split": "character", "standardize": "strip_punctuation"},
        "ragged": {"ragged": True},
    }
    result = {}
    data = tf.data.Dataset.from_tensor_slices(TEXTS).batch(2)
    for name, given in options.items():
        layer = layers.TextVectorization(**given)
        layer.adapt(data)
        result[name] = {
            "vocabulary": layer.get_vocabulary(),
            "called": layer(tf.constant(TEXTS)),
            "mapped": [plain_row(row) for row in data.map(layer)],
        }
    given = layers.TextVectorization(vocabulary=["cat", "dog"], output_sequence_length=3)
    result["given"] = given(tf.constant(["dog cat cow", "cat"]))
    return result


def plain_row(row: Any) -> Any:
    return row.to_list() if hasattr(row, "to_list") else row


@program
def text_inside_a_model(tf: Any, keras: Any) -> Any:
    layers = keras.layers
    vectors = layers.TextVectorization(max_tokens=20, output_sequence_length=5)
    vectors.adapt(TEXTS)
    model = keras.Sequential(
        [
            keras.Input([1], dtype="string"),
            vectors,
            layers.Embedding(20, 4),
            layers.GlobalAveragePooling1D(),
            layers.Dense(1, "sigmoid"),
        ]
    )
    for layer in model.layers[1:]:
        fix(layer)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    x = tf.constant(TEXTS)[:, None]
    y = np.array([[1], [1], [0], [0], [1]])
    history = model.fit(x, y, epochs=3, shuffle=False, verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.keras")
        model.save(path)
        again = keras.models.load_model(path)
        loaded = again.predict(x, verbose=0)
    return {"history": history.history, "loaded": loaded, "predict": model.predict(x, verbose=0)}


@program
def string_and_integer_lookup(tf: Any, keras: Any) -> Any:
    layers = keras.layers
    words = np.array([["a", "b"], ["c", "a"], ["z", "b"]])
    numbers = np.array([[12, 36], [36, 7], [-1, 12]])
    result = {}
    for mode in ("int", "one_hot", "multi_hot", "count"):
        shape = words[:, 0] if mode == "one_hot" else words
        layer = layers.StringLookup(vocabulary=["a", "b", "c"], output_mode=mode)
        result["words", mode] = layer(shape)
        ints = layers.IntegerLookup(vocabulary=[12, 36], output_mode=mode)
        result["numbers", mode] = ints(numbers[:, 0] if mode == "one_hot" else numbers)
    adapted = layers.StringLookup(num_oov_indices=2, mask_token="")
    adapted.adapt(words)
    back = layers.StringLookup(vocabulary=adapted.get_vocabulary()[3:], invert=True)
    ints = layers.IntegerLookup(num_oov_indices=3)
    ints.adapt(numbers)
    data = tf.data.Dataset.from_tensor_slices(words).batch(2).map(adapted)
    idf = layers.StringLookup(output_mode="tf_idf")
    idf.adapt(words)
    return {
        **result,
        "adapted": [adapted.get_vocabulary(), adapted(words)],
        "mapped": list(data),
        "back": back(np.array([[1, 2], [0, 3]])),
        "integers": [list(map(int, ints.get_vocabulary())), ints(numbers)],
        "tf_idf": idf(words),
        "ragged": adapted(tf.ragged.constant([["a"], ["b", "q"]])),
        "sparse": tf.sparse.to_dense(adapted(tf.sparse.from_dense(words))),
    }


@program
def hashing_discretization_and_encoding(tf: Any, keras: Any) -> Any:
    layers = keras.layers
    words = np.array([["a"], ["bee"], ["c d"], ["é"]])
    x = values(6, 3)
    edges = layers.Discretization(num_bins=4)
    edges.adapt(x)
    data = tf.data.Dataset.from_tensor_slices(x).batch(2)
    return {
        "hashing": layers.Hashing(7)(words),
        "salted": layers.Hashing(7, salt=13)(words),
        "two salts": layers.Hashing(7, salt=[13, 2])(words),
        "masked": layers.Hashing(7, mask_value="a")(words),
        "integers": layers.Hashing(5)(np.arange(6)[:, None]),
        "one_hot": layers.Hashing(4, output_mode="one_hot")(words),
        "edges": edges.bin_boundaries,
        "discretized": edges(x),
        "mapped": list(data.map(edges)),
        "given": layers.Discretization([-1.0, 0.0, 0.5])(x),
        "multi": layers.Discretization([0.0], output_mode="multi_hot")(x),
        "encoded": layers.CategoryEncoding(4, output_mode="one_hot")(np.array([1, 3, 0])),
        "counted": layers.CategoryEncoding(4, output_mode="count")(
            np.array([[1, 1], [3, 0]]), count_weights=np.array([[0.5, 2.0], [1.0, 3.0]])
        ),
        "crossed": layers.HashedCrossing(5)((np.array(["a", "b"]), np.array([1, 2]))),
    }


@program
def feature_space(tf: Any, keras: Any) -> Any:
    kinds = keras.utils.FeatureSpace
    space = kinds(
        features={
            "color": kinds.string_categorical(num_oov_indices=1),
            "size": kinds.float_normalized(),
            "age": kinds.float_discretized(num_bins=3),
            "rank": kinds.integer_categorical(),
        },
        crosses=[kinds.cross(("color", "rank"), crossing_dim=6)],
        output_mode="concat",
    )
    raw = {
        "color": ["red", "blue", "red", "green"],
        "size": [1.0, 2.0, 4.0, 8.0],
        "age": [10.0, 20.0, 40.0, 80.0],
        "rank": [1, 2, 2, 3],
    }
    data = tf.data.Dataset.from_tensor_slices(raw).batch(2)
    space.adapt(data)
    return list(data.map(space))


@program
def pictures_resized(tf: Any, keras: Any) -> Any:
    layers = keras.layers
    x = integers(256, 2, 8, 6, 3).astype("float32")
    made = {
        "rescaled": layers.Rescaling(1 / 127.5, offset=-1),
        "resized": layers.Resizing(4, 5),
        "nearest": layers.Resizing(3, 3, interpolation="nearest"),
        "cropped to aspect": layers.Resizing(4, 4, crop_to_aspect_ratio=True),
        "padded to aspect": layers.Resizing(4, 4, pad_to_aspect_ratio=True),
        "center": layers.CenterCrop(4, 4),
        "center larger": layers.CenterCrop(10, 10),
        "contrast": layers.RandomContrast(0.0),
        "bicubic": layers.Resizing(5, 5, interpolation="bicubic"),
        "lanczos": layers.Resizing(5, 5, interpolation="lanczos3"),
        "gray": layers.RandomGrayscale(1.0),
    }
    data = tf.data.Dataset.from_tensor_slices(x)
    return {name: [layer(x), list(data.map(layer))] for name, layer in made.items()}


@program
def random_pictures(tf: Any, keras: Any) -> Any:
    layers = keras.layers
    x = integers(256, 2, 8, 8, 3).astype("float32")
    made = {
        "flip": layers.RandomFlip(seed=1),
        "rotation": layers.RandomRotation(0.2, seed=2),
        "zoom": layers.RandomZoom(0.3, seed=3),
        "translation": layers.RandomTranslation(0.2, 0.2, seed=4),
        "brightness": layers.RandomBrightness(0.3, seed=5),
        "contrast": layers.RandomContrast(0.3, seed=6),
        "crop": layers.RandomCrop(5, 5, seed=7),
        "shear": layers.RandomShear(0.2, 0.1, seed=8),
        "hue": layers.RandomHue(0.2, seed=9),
        "saturation": layers.RandomSaturation(0.5, seed=10),
        "sharpness": layers.RandomSharpness(0.5, seed=11),
        "posterization": layers.RandomPosterization(4, seed=12),
        "color": layers.RandomColorJitter((0, 255), 0.2, 0.2, 0.2, 0.1, seed=13),
        "degeneration": layers.RandomColorDegeneration(0.5, seed=14),
        "erasing": layers.RandomErasing(1.0, seed=15),
        "blur": layers.RandomGaussianBlur(1.0, seed=16),
        "perspective": layers.RandomPerspective(1.0, seed=17),
        "invert": layers.RandomInvert(1.0, seed=18),
        "auto contrast": layers.AutoContrast(),
        "equalization": layers.Equalization(),
        "solarization": layers.Solarization(0.5, seed=19),
    }
    data = tf.data.Dataset.from_tensor_slices(x)
    result = {}
    for name, layer in made.items():
        result[name] = {
            "training": layer(x, training=True),
            "not training": layer(x, training=False),
        }
        mapped = data.map(lambda picture, layer=layer: layer(picture, training=True))
        result[name]["mapped"] = [np.asarray(p) for p in mapped]
    return result


@program
def pipelines_of_layers(tf: Any, keras: Any) -> Any:
    layers = keras.layers
    pipeline = layers.Pipeline([layers.Rescaling(0.5), layers.RandomFlip(seed=3)])
    model = keras.Sequential(
        [
            keras.Input([8, 8, 3]),
            pipeline,
            layers.RandomRotation(0.1, seed=1),
            layers.Conv2D(2, 3),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    for layer in model.layers[2:]:
        fix(layer, scale=0.1)
    model.compile("sgd", "mse", jit_compile=False)
    x, y = values(6, 8, 8, 3), values(6, 1)
    history = model.fit(x, y, batch_size=3, epochs=2, shuffle=False, verbose=0)
    return history.history, model.predict(x, verbose=0)


@program
def spectrograms(tf: Any, keras: Any) -> Any:
    x = values(2, 600)
    mel = keras.layers.MelSpectrogram(
        num_mel_bins=8, sampling_rate=800, sequence_stride=64, fft_length=128
    )
    stft = keras.layers.STFTSpectrogram(frame_length=64, frame_step=32, fft_length=64)
    return {
        "mel": mel(x),
        "mapped": list(tf.data.Dataset.from_tensor_slices(x).map(mel)),
        "stft": stft(x[..., None]),
    }
