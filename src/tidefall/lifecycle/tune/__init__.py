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

import importlib
from typing import Any

_HOME = {
    "callback": ("KerasCallback",),
    "measures": ("latency_ms", "size_bytes"),
    "tuner": ("Result", "Tuner", "search"),
    "trial": ("Trial",),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}
_OPTUNA = {
    "Choice": ("optuna.distributions", "CategoricalDistribution"),
    "Float": ("optuna.distributions", "FloatDistribution"),
    "Int": ("optuna.distributions", "IntDistribution"),
    "TrialPruned": ("optuna", "TrialPruned"),
    "pruners": ("optuna", "pruners"),
    "samplers": ("optuna", "samplers"),
}
"""Names that are Optuna's own."""

__all__ = sorted([*_MODULE_OF, *_OPTUNA])  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name in _OPTUNA:
        from tidefall.lifecycle.tune.space import optuna

        optuna()  # Says what to install where it is not there.
        module, own = _OPTUNA[name]
        value = getattr(importlib.import_module(module), own)
    elif name == "KerasCallback":
        from tidefall.lifecycle.tune.callback import callback_class

        value = callback_class()
    elif name in _MODULE_OF:
        value = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
