"""Experiments: runs with their parameters, metrics, files and checkpoints.

Numbers and files of a training run enter; lists, curves and comparisons leave, here and over
MLflow's REST API, so that its client and its dashboards carry over. Read `tracker.py` first; what
is stored is in `records.py`, and `mlflow/` answers MLflow's client.

    from tidefall import track

    with track.Tracker("store").start_run(experiment="taxi", params={"lr": 0.1}) as run:
        model.fit(x, y, epochs=3, callbacks=[track.KerasCallback(run)])
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "autolog": ("autolog",),
    "keras_callback": ("KerasCallback",),
    "records": ("Experiment", "Metric", "RunRecord"),
    "tracker": ("Run", "Tracker"),
    "server": ("TrackingServer",),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "KerasCallback":
        from tidefall.lifecycle.track.keras_callback import callback_class

        value: Any = callback_class()
    else:
        value = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
