"""Autologging: every `fit` becomes a run, without a change to the code that calls it."""

from __future__ import annotations

import functools
from typing import Any

from tidefall.lifecycle.track.keras_callback import callback_class
from tidefall.lifecycle.track.records import DEFAULT_EXPERIMENT
from tidefall.lifecycle.track.tracker import Tracker

_plain: dict[str, Any] = {}


def autolog(
    tracker: Tracker | None = None,
    experiment: str = DEFAULT_EXPERIMENT,
    *,
    disable: bool = False,
    every_batches: int = 0,
) -> None:
    """Have each `keras.Model.fit` log to a run of its own.

    A `fit` that is given a `KerasCallback` logs to that one's run alone.

    Args:
        tracker: where; needed unless disable is set.
        experiment: the experiment of the runs.
        disable: stop it.
        every_batches: log each such number of batches too.

    Raises:
        InvalidArgumentError: there is no tracker.
    """
    import keras

    import tidefall  # noqa: F401 - before Keras, whose backend it is
    from tidefall.base import errors

    if "fit" in _plain:
        keras.Model.fit = _plain.pop("fit")
    if disable:
        return
    if tracker is None:
        raise errors.InvalidArgumentError(None, None, "autolog: a tracker was expected")
    plain = _plain["fit"] = keras.Model.fit
    kind = callback_class()

    @functools.wraps(plain)
    def fit(self: Any, *args: Any, **kwargs: Any) -> Any:
        given = kwargs.get("callbacks") or []
        listed = list(given) if isinstance(given, list | tuple) else [given]
        inner = getattr(given, "callbacks", listed)  # A CallbackList holds them.
        if any(isinstance(callback, kind) for callback in inner):
            return plain(self, *args, **kwargs)
        with tracker.start_run(experiment=experiment, tags={"tidefall.autolog": "fit"}) as run:
            run.log_params({"batch_size": kwargs["batch_size"]} if "batch_size" in kwargs else {})
            kwargs["callbacks"] = [*listed, kind(run, every_batches=every_batches)]
            return plain(self, *args, **kwargs)

    keras.Model.fit = fit
