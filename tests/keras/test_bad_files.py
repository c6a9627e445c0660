"""Files of Keras that are spoiled or hostile: an error, no crash, and no code that runs."""

from __future__ import annotations

import pytest

SPOILED = """
import pathlib
import random
import sys
import warnings

import numpy as np
import tidefall as tf

keras = tf.keras
layers = keras.layers
folder = pathlib.Path(sys.argv[1])


def build():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(5), layers.Dense(2)])
    model.compile("adam", keras.losses.MeanSquaredError())
    return model


model = build()
model.fit(np.ones((4, 4)), np.ones((4, 2)), verbose=0)
good = model.get_weights()
model.save(folder / "good.keras")
model.save_weights(folder / "good.weights.h5")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    model.save(folder / "good.h5")

chance = random.Random(1)
cut = flipped = 0
for kind in ("keras", "weights.h5", "h5"):
    whole = (folder / f"good.{kind}").read_bytes()
    path = folder / f"bad.{kind}"

    def weights_of(content):
        path.write_bytes(content)
        if kind == "weights.h5":
            fresh = build()
            fresh.load_weights(path)
            return fresh.get_weights()
        return keras.models.load_model(path, compile=False).get_weights()

    assert all(map(np.array_equal, weights_of(whole), good))
    for part in range(12):
        try:
            weights_of(whole[: part * len(whole) // 12])
        except (OSError, ValueError):
            cut += 1
    for _ in range(40):
        at = chance.randrange(len(whole))
        content = bytearray(whole)
        content[at] ^= 1 << chance.randrange(8)
        try:
            weights = weights_of(bytes(content))
        except Exception as error:
            assert str(error), repr(error)
            flipped += kind == "keras"
        else:
            # HDF5 has no checksums, as `.keras` files have.
            assert [w.shape for w in weights] == [w.shape for w in good]
print(cut, flipped)
"""


@pytest.mark.process
def test_spoiled_files(run_python, tmp_path):
    cut, flipped = run_python(SPOILED, str(tmp_path)).split()
    assert cut == "36"
    assert flipped == "40"


HOSTILE = """
import json
import os
import pathlib
import sys
import zipfile

import numpy as np
import tidefall as tf

keras = tf.keras
folder = pathlib.Path(sys.argv[1])
mark = folder / "ran"


def refused(path, *parts, **options):
    try:
        keras.models.load_model(path, **options)
    except (ValueError, TypeError) as error:
        for part in parts:
            assert part in str(error), f"{part!r} is not in: {error}"
    else:
        raise AssertionError(f"{path} was loaded")
    assert not mark.exists()


def changed(source, change):
    target = folder / "changed.keras"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "config.json":
                config = json.loads(content)
                change(config)
                content = json.dumps(config).encode()
            new.writestr(name, content)
    return target


inputs = keras.Input((4,))
lambdas = folder / "lambda.keras"
os.environ["MARK"] = str(mark)
touch = keras.layers.Lambda(
    lambda x: (open(__import__("os").environ["MARK"], "w").close(), x)[1], name="sneaky"
)
keras.Model(inputs, touch(inputs)).save(lambdas)
mark.unlink()
refused(lambdas, "lambda", "safe_mode")
keras.models.load_model(lambdas, safe_mode=False)  # what would have happened
assert mark.exists()
mark.unlink()

plain = folder / "plain.keras"
model = keras.Sequential([inputs, keras.layers.Dense(2, name="dense")])
model.save(plain)


def layer_of(config):
    return next(l for l in config["config"]["layers"] if l["class_name"] == "Dense")


def unknown(config):
    layer_of(config).update(module="elsewhere", class_name="Wonder", registered_name="Wonder")


refused(changed(plain, unknown), "Wonder", "register_keras_serializable")


def another_function(config):
    layer_of(config)["config"]["activation"] = {
        "module": "builtins", "class_name": "function", "config": "eval",
        "registered_name": "function",
    }


refused(changed(plain, another_function))


def a_call(config):
    layer_of(config).update(
        module="os", class_name="system", registered_name=None, config={"command": f"touch {mark}"}
    )


refused(changed(plain, a_call), "system")


def too_wide(config):
    layer_of(config)["config"]["units"] = 3


refused(changed(plain, too_wide), "dense")
assert keras.models.load_model(plain).predict(np.ones((1, 4)), verbose=0).shape == (1, 2)
"""


@pytest.mark.process
def test_hostile_files_are_refused_and_run_nothing(run_python, tmp_path):
    run_python(HOSTILE, str(tmp_path))
