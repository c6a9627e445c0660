"""Saving under one strategy, and going on under another.

Run as a program, `python -m tests.oracle.replicas.saving tidefall host write folder mirrored2`, it
trains and writes every kind of file; with `read`, it reads those of a folder under each of the
strategies named, trains on, and prints what came of it, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import numpy as np

from tests.oracle.replicas import harness, training

STRATEGIES = ("none", "one", "central2", "mirrored1", "mirrored2", "mirrored4")
KINDS = ("checkpoint", "keras", "weights")
BEFORE, AFTER = 6, 4


def strategy_of(tf: Any, name: str) -> Any:
    """The strategy with a name of `STRATEGIES`."""
    kind, count = name.rstrip("0123456789"), int(name[-1]) if name[-1].isdigit() else 1
    devices = [f"CPU:{i}" for i in range(count)]
    if kind == "none":
        return tf.distribute.get_strategy()
    if kind == "one":
        return tf.distribute.OneDeviceStrategy("CPU:0")
    if kind == "central":
        return tf.distribute.experimental.CentralStorageStrategy(devices)
    return tf.distribute.MirroredStrategy(devices)


def compiled(tf: Any) -> Any:
    """The model to train; call it in the scope of a strategy."""
    model = training.built(tf.keras, "mlp")
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(tf.keras.optimizers.Adam(0.01, epsilon=1e-3), loss)
    model.optimizer.build(model.trainable_variables)
    return model


def train(tf: Any, model: Any, begin: int, count: int) -> None:
    """Train with some of the batches."""
    x, y = (part[begin * training.BATCH :] for part in training.data("mlp"))
    dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(training.BATCH).take(count)
    model.fit(dataset, verbose=0, shuffle=False)


def state(model: Any) -> list[list[float]]:
    """The values of all weights and slots."""
    return [np.ravel(v.numpy()).tolist() for v in (*model.variables, *model.optimizer.variables)]


def write(tf: Any, folder: str, name: str) -> Any:
    """Train, write files of all kinds, and train on."""
    with strategy_of(tf, name).scope():
        model = compiled(tf)
    train(tf, model, 0, BEFORE)
    tf.train.Checkpoint(model=model, optimizer=model.optimizer).write(f"{folder}/checkpoint")
    model.save(f"{folder}/model.keras")
    model.save_weights(f"{folder}/model.weights.h5")
    model.export(f"{folder}/exported", verbose=False)
    x = training.data("mlp")[0][: training.BATCH]
    predicted = np.asarray(model(x)).tolist()
    train(tf, model, BEFORE, AFTER)
    return {"state": state(model), "predicted": predicted}


def read(tf: Any, folder: str, names: list[str]) -> Any:
    """Read files of all kinds under each strategy, and train on."""
    found: dict[str, Any] = {}
    x = training.data("mlp")[0][: training.BATCH]
    for name in names:
        strategy = strategy_of(tf, name)
        for kind in KINDS:
            tf.keras.backend.clear_session()
            with strategy.scope():
                if kind == "keras":
                    model = tf.keras.models.load_model(f"{folder}/model.keras")
                else:
                    model = compiled(tf)
                if kind == "weights":
                    model.load_weights(f"{folder}/model.weights.h5")
            if kind == "checkpoint":
                checkpoint = tf.train.Checkpoint(model=model, optimizer=model.optimizer)
                checkpoint.read(f"{folder}/checkpoint").assert_existing_objects_matched()
            train(tf, model, BEFORE, AFTER)
            found[f"{name} {kind}"] = state(model)
        with strategy.scope():
            served = tf.saved_model.load(f"{folder}/exported")
        results = strategy.run(lambda x, served=served: served.serve(x), args=(tf.constant(x),))
        for i, result in enumerate(strategy.experimental_local_results(results)):
            found[f"{name} exported {i}"] = np.asarray(result).tolist()
    return found


def check(wanted: Any, found: Any) -> None:
    """See that training went on as it did where the files were written."""
    for key, state in found.items():
        if "exported" in key:
            np.testing.assert_allclose(state, wanted["predicted"], atol=1e-6, err_msg=key)
            continue
        assert len(state) == len(wanted["state"]), key
        for mine, other in zip(state, wanted["state"], strict=True):
            np.testing.assert_allclose(mine, other, atol=1e-6, err_msg=key)


def main() -> None:
    module, tier, what, folder, *names = sys.argv[1:]
    tf = harness.start(module)
    if tier:
        tf.config.experimental.set_execution_tier(tier)
    out = sys.stdout
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - what Keras prints of exports
    found = write(tf, folder, names[0]) if what == "write" else read(tf, folder, names)
    json.dump(found, out)


if __name__ == "__main__":
    main()
