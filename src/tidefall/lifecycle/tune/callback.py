"""A Keras callback that reports to a trial, and ends `fit` where the trial is to be pruned."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from tidefall.lifecycle.tune.space import invalid, optuna


def logged(logs: Mapping[str, Any], name: str) -> float:
    """Return a value that Keras logged.

    Raises:
        InvalidArgumentError: it did not log one of this name.
    """
    if name not in logs:
        raise invalid(
            f"the search looks at {name!r}, and fit logged {sorted(logs)}; give fit validation "
            "data, compile the model with that metric, or name another in `directions`"
        )
    return float(logs[name])


def __getattr__(name: str) -> Any:
    if name == "KerasCallback":
        return callback_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@functools.cache
def callback_class() -> type:
    """Return the class `KerasCallback`. Keras is imported when it is made."""
    import tidefall  # noqa: F401  # isort: skip - before Keras, whose backend it is
    import keras

    class KerasCallback(keras.callbacks.Callback):
        """Report an epoch's metric to a trial; raise `TrialPruned` where it is to be pruned.

        Args:
            trial: the trial.
            monitor: which of the metrics that Keras logs.
        """

        def __init__(self, trial: Any, monitor: str = "val_loss") -> None:
            super().__init__()
            self._trial, self._monitor = trial, monitor

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            logs = logs or {}
            value = logged(logs, self._monitor)
            self._trial.log({name: float(one) for name, one in logs.items()}, epoch)
            if self._trial.prunes:
                self._trial.report(value, epoch)
                if self._trial.should_prune():
                    raise optuna().TrialPruned(f"{self._monitor} {value:.6g} at epoch {epoch}")

    return KerasCallback


@functools.cache
def best_epoch_class() -> type:
    """Return the class `BestEpoch`."""
    import tidefall  # noqa: F401  # isort: skip
    import keras

    class BestEpoch(keras.callbacks.Callback):
        """Remember the logs and weights of the epoch that was best.

        Args:
            monitor: which metric.
            direction: "minimize" or "maximize".
        """

        def __init__(self, monitor: str, direction: str) -> None:
            super().__init__()
            self._monitor, self._sign = monitor, 1 if direction == "minimize" else -1
            self.logs: dict[str, float] = {}
            self._weights: list[Any] = []

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            logs = {name: float(value) for name, value in (logs or {}).items()}
            value = self._sign * logged(logs, self._monitor)
            # The first one is taken as it is: it may be nan.
            if not self.logs or value < self._sign * self.logs[self._monitor]:
                self.logs, self._weights = logs, self.model.get_weights()

        def restore(self) -> None:
            """Give the model the weights of that epoch."""
            if self._weights:
                self.model.set_weights(self._weights)

    return BestEpoch
