"""Experiments: runs with their parameters, metrics, files and checkpoints.

Numbers and files of a training run enter; lists, curves and comparisons leave, here and over
MLflow's REST API, so that its client and its dashboards carry over. Read `tracker.py` first; what
is stored is in `records.py`, and `mlflow/` answers MLflow's client.

    from tidefall import track

    with track.Tracker("store").start_run(experiment="taxi", params={"lr": 0.1}) as run:
        model.fit(x, y, epochs=3, callbacks=[track.KerasCallback(run)])
"""

from __future__ import annotations

from tidefall.base.exports import lazy_names

_HOME = {
    ".autolog": ("autolog",),
    ".keras_callback": ("KerasCallback",),
    ".records": ("Experiment", "Metric", "RunRecord"),
    ".tracker": ("Run", "Tracker"),
    ".server": ("TrackingServer",),
}

__getattr__, __dir__, __all__ = lazy_names(__name__, _HOME)
