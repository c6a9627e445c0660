"""A Keras callback that logs what `fit` tells. Keras is imported when it is made."""

from __future__ import annotations

import functools
from typing import Any


def __getattr__(name: str) -> Any:
    if name == "KerasCallback":
        return callback_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@functools.cache
def callback_class() -> type:
    """Return the class `KerasCallback`."""
    import keras

    import tidefall  # noqa: F401 - before Keras, whose backend it is

    class KerasCallback(keras.callbacks.Callback):
        """Log the metrics of `fit` and `evaluate` to a run.

        Args:
            run: the run.
            every_batches: log each such number of batches too; 0 for epochs alone.
            checkpoints: save the model's weights to the run after each epoch.
        """

        def __init__(self, run: Any, every_batches: int = 0, checkpoints: bool = False) -> None:
            super().__init__()
            self.run = run
            self._every = every_batches
            self._checkpoints = checkpoints
            self._batches = 0

        def on_train_begin(self, logs: Any = None) -> None:
            optimizer = getattr(self.model, "optimizer", None)
            params: dict[str, Any] = {
                "epochs": self.params.get("epochs"),
                "steps": self.params.get("steps"),
                "model": self.model.name,
                "parameters": self.model.count_params() if self.model.built else None,
            }
            if optimizer is not None:
                params["optimizer"] = type(optimizer).__name__
                params["learning_rate"] = _shown(getattr(optimizer, "learning_rate", None))
            known = self.run.tracker.run(self.run.id).params
            new = {k: v for k, v in params.items() if v is not None and k not in known}
            self.run.log_params(new)

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self._batches += 1
            if self._every and self._batches % self._every == 0 and logs:
                named = {f"batch_{k}": float(v) for k, v in logs.items()}
                self.run.log_metrics(named, self._batches)

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.run.log_metrics({k: float(v) for k, v in (logs or {}).items()}, epoch)
            if self._checkpoints:
                import tempfile
                from pathlib import Path

                with tempfile.TemporaryDirectory() as folder:
                    path = Path(folder) / "model.weights.h5"
                    self.model.save_weights(path)
                    self.run.log_checkpoint(path, epoch)

        def on_test_end(self, logs: Any = None) -> None:
            if not getattr(self.model, "_inside_fit", False) and logs:
                self.run.log_metrics({f"evaluate_{k}": float(v) for k, v in logs.items()})

        def on_train_end(self, logs: Any = None) -> None:
            self.run.flush()

    return KerasCallback


def _shown(rate: Any) -> Any:
    try:
        return f"{float(rate):.6g}"
    except (TypeError, ValueError):
        return None if rate is None else type(rate).__name__
