"""Searching for good hyperparameters, over Optuna.

An objective or a builder of Keras models enters, with the space that is searched; what leaves are
trials, each of them a run of `tidefall.track`, and the best model, in the registry if asked.
Optuna proposes and prunes and keeps the study; this package runs trials, in this process, in
several, or on Ray, and takes up a search that was killed. Read `tuner.py` first, then `study.py`.

    from tidefall import tune

    def build(trial):
        model = keras.Sequential([keras.layers.Dense(trial.params["units"]), ...])
        model.compile(keras.optimizers.Adam(trial.params["rate"]), "mse")
        return model

    found = tune.search(
        build, {"units": (8, 128), "rate": tune.Float(1e-4, 1e-1, log=True)},
        fit={"x": x, "y": y, "validation_split": 0.2, "epochs": 10}, trials=30,
    )
"""

from __future__ import annotations

from tidefall.base.exports import lazy_names

_HOME = {
    ".callback": ("KerasCallback",),
    ".measures": ("latency_ms", "size_bytes"),
    ".space": ("Choice", "Float", "Int", "TrialPruned", "pruners", "samplers"),
    ".trial": ("Trial",),
    ".tuner": ("Result", "Tuner", "search"),
}

__getattr__, __dir__, __all__ = lazy_names(__name__, _HOME)
