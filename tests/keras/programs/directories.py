"""Datasets made of folders and arrays."""

from __future__ import annotations

import os
import tempfile
import wave
from pathlib import Path
from typing import Any

import numpy as np

from tests.keras.programs.helpers import integers, table, values

PROGRAMS, program = table()


def _pictures(folder: str) -> None:
    from PIL import Image

    for number, kind in enumerate(["ants", "bees", "cats"]):
        os.makedirs(os.path.join(folder, kind))
        for i in range(5):
            pixels = integers(256, 6 + i, 8, 3, seed=10 * number + i).astype("uint8")
            Image.fromarray(pixels).save(os.path.join(folder, kind, f"{i}.png"))


@program
def pictures(tf: Any, keras: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        _pictures(folder)
        read = keras.utils.image_dataset_from_directory
        options = {"image_size": (5, 4), "batch_size": 4, "seed": 3, "verbose": False}
        result = {}
        made = {
            "plain": {"shuffle": False},
            "shuffled": {},
            "classes": {"label_mode": "categorical", "shuffle": False},
            "binary": {"label_mode": "binary", "class_names": ["ants", "bees"]},
            "none": {"label_mode": None, "shuffle": False},
            "gray": {"color_mode": "grayscale", "interpolation": "nearest", "shuffle": False},
            "cropped": {"crop_to_aspect_ratio": True, "shuffle": False},
            "padded": {"pad_to_aspect_ratio": True, "shuffle": False},
            "training": {"validation_split": 0.2, "subset": "training"},
            "validation": {"validation_split": 0.2, "subset": "validation"},
        }
        for name, more in made.items():
            if name == "binary":
                with tempfile.TemporaryDirectory() as other:
                    for kind in more.pop("class_names"):
                        os.symlink(os.path.join(folder, kind), os.path.join(other, kind))
                    data = read(other, **options, **more)
                    result[name] = list(data)
                continue
            data = read(folder, **options, **more)
            result[name] = [list(data), getattr(data, "class_names", None), len(data)]
        both = read(folder, **options, validation_split=0.4, subset="both")
        result["both"] = [list(part) for part in both]
    return result


@program
def texts(tf: Any, keras: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("bad", "good"):
            os.makedirs(os.path.join(folder, kind))
            for i in range(4):
                Path(folder, kind, f"{i}.txt").write_text(f"{kind} text é {i}\n")
        read = keras.utils.text_dataset_from_directory
        return {
            "plain": list(read(folder, batch_size=3, shuffle=False, verbose=False)),
            "shuffled": list(read(folder, batch_size=3, seed=1, verbose=False)),
            "short": list(
                read(folder, max_length=5, label_mode=None, shuffle=False, verbose=False)
            ),
        }


@program
def sounds(tf: Any, keras: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        for number, kind in enumerate(("high", "low")):
            os.makedirs(os.path.join(folder, kind))
            for i in range(3):
                samples = integers(30000, 20 + 5 * i, seed=number + i, low=-30000)
                with wave.open(os.path.join(folder, kind, f"{i}.wav"), "wb") as file:
                    file.setnchannels(1)
                    file.setsampwidth(2)
                    file.setframerate(800)
                    file.writeframes(samples.astype("<i2").tobytes())
        read = keras.utils.audio_dataset_from_directory
        options = {"batch_size": 2, "shuffle": False, "verbose": False}
        return {
            "cut": list(read(folder, output_sequence_length=22, **options)),
            "ragged": [
                [x.to_list() if hasattr(x, "to_list") else x, y]
                for x, y in read(folder, ragged=True, **options)
            ],
            "plain": list(read(folder, label_mode="categorical", **options)),
        }


@program
def series(tf: Any, keras: Any) -> Any:
    read = keras.utils.timeseries_dataset_from_array
    x, y = values(20, 2), np.arange(20)
    return {
        "plain": list(read(x, y, 4, batch_size=3)),
        "strides": list(read(x, None, 3, sequence_stride=2, sampling_rate=2, batch_size=4)),
        "part": list(read(x, y, 3, start_index=4, end_index=14, batch_size=None)),
        "shuffled": list(read(x, y, 3, shuffle=True, seed=2, batch_size=5)),
    }


@program
def padded_and_split(tf: Any, keras: Any) -> Any:
    pad = keras.utils.pad_sequences
    data = tf.data.Dataset.range(10)
    left, right = keras.utils.split_dataset(data, left_size=0.7, shuffle=True, seed=4)
    return {
        "pre": pad([[1, 2], [3], [4, 5, 6, 7]], maxlen=3),
        "post": pad([[1, 2], [3]], padding="post", value=9),
        "left": list(left),
        "right": list(right),
        "one_hot": keras.utils.to_categorical([0, 2, 1], 3),
    }


@program
def fitted_to_a_folder(tf: Any, keras: Any) -> Any:
    layers = keras.layers
    with tempfile.TemporaryDirectory() as folder:
        _pictures(folder)
        data = keras.utils.image_dataset_from_directory(
            folder, image_size=(6, 6), batch_size=5, shuffle=False, verbose=False
        )
        model = keras.Sequential(
            [
                keras.Input([6, 6, 3]),
                layers.Rescaling(1 / 255),
                layers.Conv2D(4, 3, activation="relu", kernel_initializer="ones"),
                layers.GlobalMaxPooling2D(),
                layers.Dense(3, "softmax", kernel_initializer="ones"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        prepared = data.cache().prefetch(tf.data.AUTOTUNE)
        history = model.fit(prepared, epochs=2, verbose=0, validation_data=data)
        return history.history, model.predict(prepared, verbose=0)
