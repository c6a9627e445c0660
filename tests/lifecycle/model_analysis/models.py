"""Small data with a linear model, saved in each way in which a model can be saved."""

from __future__ import annotations

import numpy as np
import pandas as pd

import tidefall as tf

WEIGHTS = {"good": (2.0, -1.0), "poor": (0.2, 1.5)}


def frame(rows: int = 600, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    a, b = random.normal(size=(2, rows)).astype(np.float32)
    chance = 1 / (1 + np.exp(-(2 * a - b)))
    return pd.DataFrame(
        {
            "a": a,
            "b": b,
            "tip": np.where(random.random(rows) < chance, 3.0, 0.5).astype(np.float32),
            "city": random.choice(["Bonn", "Köln", "Ulm"], rows),
            "hour": random.integers(0, 4, rows),
        }
    ).assign(y=lambda f: (f.tip > 1).astype(np.int64))


def predicted(data: pd.DataFrame, kind: str = "good") -> np.ndarray:
    """What the model says, by the formula."""
    w, v = WEIGHTS[kind]
    return 1 / (1 + np.exp(-(w * data.a.to_numpy() + v * data.b.to_numpy())))


class _Linear(tf.Module):
    SPEC = {  # noqa: RUF012
        "a": tf.io.FixedLenFeature([1], tf.float32),
        "b": tf.io.FixedLenFeature([1], tf.float32),
        "tip": tf.io.FixedLenFeature([1], tf.float32, default_value=[0.0]),
    }

    def __init__(self, kind):
        w, v = WEIGHTS[kind]
        self.w, self.v = tf.Variable(w), tf.Variable(v)

    def score(self, a, b):
        return tf.sigmoid(self.w * a + self.v * b)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(self, examples):
        parsed = tf.io.parse_example(examples, self.SPEC)
        return {"score": self.score(parsed["a"], parsed["b"])}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def transform_features(self, examples):
        parsed = tf.io.parse_example(examples, self.SPEC)
        # `y` is here what the rows' own `y` is not: the label of transformed features.
        return {
            "a": parsed["a"],
            "b": parsed["b"],
            "y": tf.cast(parsed["tip"] > 1.0, tf.int64),
            "generous": tf.cast(parsed["tip"] > 1.0, tf.int64),
        }

    @tf.function(
        input_signature=[tf.TensorSpec([None, 1], tf.float32, name=name) for name in ("a", "b")]
    )
    def by_features(self, a, b):
        score = self.score(a, b)
        return {"probabilities": score, "twice": 2 * score, "words": tf.as_string(score)}

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.string, name="city"),
            tf.TensorSpec([None], tf.int64, name="hour"),
        ]
    )
    def by_words(self, city, hour):
        return {"size": tf.strings.length(city) + tf.cast(hour, tf.int32)}


def save(folder, kind: str = "good") -> str:
    """A SavedModel with signatures over Examples and over features."""
    model = _Linear(kind)
    signatures = {
        "serving_default": model.serve,
        "transform_features": model.transform_features,
        "by_features": model.by_features,
        "by_words": model.by_words,
    }
    tf.saved_model.save(model, str(folder), signatures=signatures)
    return str(folder)


def keras_model(kind: str = "good") -> tf.keras.Model:
    inputs = [tf.keras.Input((1,), name=name) for name in ("a", "b")]
    joined = tf.keras.layers.concatenate(inputs)
    layer = tf.keras.layers.Dense(1, "sigmoid")
    model = tf.keras.Model(inputs, layer(joined))
    layer.set_weights([np.array(WEIGHTS[kind], np.float32)[:, None], np.zeros(1, np.float32)])
    return model


def write_records(data: pd.DataFrame, path) -> str:
    with tf.io.TFRecordWriter(str(path)) as writer:
        for row in data.to_dict("records"):
            example = tf.train.Example()
            for name, value in row.items():
                feature = example.features.feature[name]
                if isinstance(value, str):
                    feature.bytes_list.value.append(value.encode())
                elif isinstance(value, int):
                    feature.int64_list.value.append(value)
                else:
                    feature.float_list.value.append(value)
            writer.write(example.SerializeToString())
    return str(path)
