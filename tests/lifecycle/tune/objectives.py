"""What the tests search: small functions and models, and a program that is killed."""

from __future__ import annotations

import os
import sys
import time

import numpy as np

from tidefall import tune

SPACE = {"x": (-5.0, 5.0), "k": (0, 3), "kind": ["plain", "shifted"]}


def parabola(trial):
    shift = 1.0 if trial.params["kind"] == "shifted" else 0.0
    return (trial.params["x"] - 2 + shift) ** 2 + trial.params["k"]


def rising(trial):
    """What gets worse from step to step, by a slope that is searched."""
    for step in range(4):
        trial.report(trial.params["slope"] * (step + 1), step)
        if trial.should_prune():
            raise tune.TrialPruned
    return trial.params["slope"] * 4


def two_sided(trial):
    x = trial.params["x"]
    return x**2, (x - 2) ** 2


def dies_once(trial):
    """Ends its process at the second trial."""
    if trial.number == 1:
        os.kill(os.getpid(), 9)
    return trial.params["x"] ** 2


def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 3)).astype("float32")
    return x, x @ np.array([[1.0], [2.0], [-1.0]], "float32")


def build(trial):
    import tidefall as tf

    keras = tf.keras
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(trial.params["units"], "relu"),
            keras.layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.Adam(trial.params["rate"]), "mse")
    return model


def fit_arguments(trial):
    x, y = data()
    return {
        "x": x[:80], "y": y[:80], "validation_data": (x[80:], y[80:]), "epochs": 3,
        "batch_size": 20, "shuffle": False,
    }  # fmt: skip


def main(store, log, seconds):
    """Search slowly, and write down each trial's beginning and end: a program to kill."""

    def slow(trial):
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"begin {trial.number} {trial.params['x']!r}\n")
        time.sleep(float(seconds))
        value = parabola(trial)
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"end {trial.number} {trial.params['x']!r}\n")
        return value

    tune.search(slow, SPACE, trials=14, seed=3, store=store, name="slow", view="none")


if __name__ == "__main__":
    main(*sys.argv[1:])
