"""An objective made of a builder of Keras models and the arguments of `fit`."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from tidefall.lifecycle.tune.callback import best_epoch_class, callback_class, logged
from tidefall.lifecycle.tune.measures import latency_ms, size_bytes
from tidefall.lifecycle.tune.space import invalid

MEASURES: dict[str, Callable[[Any], float]] = {"latency_ms": latency_ms, "size_bytes": size_bytes}
"""Objectives that are measured of a model; others are what `fit` logs."""
Fit = Mapping[str, Any] | Callable[[Any], Mapping[str, Any]]


class FitObjective:
    """Builds a model, fits it, and returns what is to be small or large.

    The values are those of the epoch that is best by the first objective that `fit` logs, whose
    weights the model keeps.

    Args:
        build: trial to a compiled model.
        fit: arguments of `fit`, or a function from trial to them.
        directions: of objectives by name.
        saves: whether the model is saved with the trial.
    """

    def __init__(self, build: Any, fit: Fit, directions: Mapping[str, str], saves: bool):
        self._build, self._fit = build, fit
        self._directions, self._saves = dict(directions), saves

    def __call__(self, trial: Any) -> dict[str, float]:
        model = self._build(trial)
        if not callable(getattr(model, "fit", None)):
            raise invalid(
                f"a Keras model was expected from {getattr(self._build, '__name__', 'build')}, "
                f"got {type(model).__name__}; an objective that returns numbers takes no fit"
            )
        arguments = dict(self._fit(trial) if callable(self._fit) else self._fit)
        # Callbacks have a state, which is not to go from one trial to the next.
        callbacks = copy.deepcopy(list(arguments.pop("callbacks", None) or []))
        watched = [name for name in self._directions if name not in MEASURES]
        best = None
        if watched:
            best = best_epoch_class()(watched[0], self._directions[watched[0]])
            callbacks += [callback_class()(trial, watched[0]), best]
        model.fit(**{"verbose": 0, **arguments}, callbacks=callbacks)
        values: dict[str, float] = {}
        if best is not None:
            if not best.logs:
                raise invalid("fit ran no epoch; epochs of at least 1 were expected")
            best.restore()
            values = {name: logged(best.logs, name) for name in watched}
        for name in self._directions:
            if name in MEASURES:
                values[name] = MEASURES[name](model)
        if self._saves:
            trial.save(model)
        return values
