"""`Trial`: what an objective is given; and how an objective is run.

A trial's methods go by a link: a call of the same name on the `TrialHost` of the process that
searches, which is this process or another.
"""

from __future__ import annotations

import math
import os
import shutil
import traceback
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.tune.space import invalid, optuna

Link = Callable[..., Any]


@dataclass(frozen=True)
class TrialStart:
    """What a trial begins with.

    Attributes:
        number: its number in the study.
        params: values for the space.
        folder: where its model is saved.
        objectives: the names of what the objective returns.
        prunes: whether trials may be ended early.
    """

    number: int
    params: dict[str, Any]
    folder: str
    objectives: tuple[str, ...]
    prunes: bool


class Trial:
    """One trial: values to try, and what came of them. Its methods are those of Optuna's trials.

    Attributes:
        number: its number in the study.
        params: the values by name: of the space, and of what was suggested since.
        user_attrs: what `set_user_attr` was given.
        prunes: whether trials may be ended early: there is one objective, and a pruner.
    """

    def __init__(self, start: TrialStart, link: Link):
        self.number, self.params = start.number, dict(start.params)
        self.user_attrs: dict[str, Any] = {}
        self.prunes = start.prunes
        self._folder, self._link = start.folder, link

    def _suggest(self, kind: str, name: str, *arguments: Any, **options: Any) -> Any:
        value = self._link("suggest", kind, name, arguments, options)
        self.params[name] = value
        return value

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Return a number between two, both included."""
        return self._suggest("float", name, low, high, step=step, log=log)

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """Return an integer between two, both included."""
        return self._suggest("int", name, low, high, step=step, log=log)

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Return one of several values."""
        return self._suggest("categorical", name, list(choices))

    def report(self, value: float, step: int) -> None:
        """Tell how good it is after a step; `should_prune` goes by it, and the run has it.

        Raises:
            InvalidArgumentError: the study has several objectives.
        """
        self._link("report", float(value), int(step))

    def should_prune(self) -> bool:
        """Return whether the trial is so bad already that it should raise `TrialPruned`."""
        return self._link("should_prune")

    def log(self, metrics: Mapping[str, float], step: int = 0) -> None:
        """Log metrics to the trial's run; the search does not look at them."""
        self._link("log", {name: float(value) for name, value in metrics.items()}, int(step))

    def set_user_attr(self, key: str, value: Any) -> None:
        """Store something with the trial: what JSON can say."""
        self._link("set_user_attr", key, value)
        self.user_attrs[key] = value

    def save(self, model: Any) -> None:
        """Save the trial's model; those of trials that are not among the best are removed again.

        Args:
            model: a Keras model, a `tf.Module`, or the folder of a SavedModel.

        Raises:
            NotFoundError: the folder is no SavedModel.
        """
        staged = f"{self._folder}.new-{uuid.uuid4().hex}"
        os.makedirs(os.path.dirname(staged), exist_ok=True)
        try:
            _export(model, staged)
            shutil.rmtree(self._folder, ignore_errors=True)
            os.rename(staged, self._folder)
        finally:
            shutil.rmtree(staged, ignore_errors=True)


def _export(model: Any, folder: str) -> None:
    if isinstance(model, str | os.PathLike):
        if not os.path.exists(os.path.join(model, "saved_model.pb")):
            raise errors.NotFoundError(None, None, f"Trial.save: {model} is no SavedModel")
        shutil.copytree(model, folder)
    elif callable(getattr(model, "export", None)):  # Keras
        model.export(folder, verbose=False)
    else:
        import tidefall as tf

        tf.saved_model.save(model, folder)


@dataclass(frozen=True)
class Outcome:
    """How a trial went.

    Attributes:
        state: "COMPLETE", "PRUNED" or "FAIL".
        values: of a trial that is complete, one for each objective.
        error: what a failed one raised, with its stack, as text.
        exception: the same as it was raised, where it was in this process.
    """

    state: str
    values: tuple[float, ...] = ()
    error: str = ""
    exception: BaseException | None = None


def run_objective(objective: Callable[[Any], Any], start: TrialStart, link: Link) -> Outcome:
    """Return how an objective does in a trial. Whatever it raises is an outcome, too."""
    pruned = optuna().TrialPruned
    try:
        values = _checked(objective(Trial(start, link)), start.objectives)
    except pruned:
        return Outcome("PRUNED")
    except Exception as error:  # noqa: BLE001 - the user's code
        return Outcome("FAIL", error="".join(traceback.format_exception(error)), exception=error)
    return Outcome("COMPLETE", values)


def _checked(returned: Any, names: tuple[str, ...]) -> tuple[float, ...]:
    if isinstance(returned, Mapping):
        lacking = [name for name in names if name not in returned]
        if lacking:
            raise invalid(f"the objective returned {[*returned]}, without {lacking}")
        given = [returned[name] for name in names]
    elif isinstance(returned, list | tuple):
        given = list(returned)
    else:
        given = [returned]
    if len(given) != len(names):
        raise invalid(
            f"the objective returned {len(given)} values, {returned!r}; the study has "
            f"{len(names)} objectives: {', '.join(names)}"
        )
    try:
        values = tuple(float(one) for one in given)
    except (TypeError, ValueError):
        raise invalid(f"the objective returned {returned!r}; numbers were expected") from None
    for name, value in zip(names, values, strict=True):
        if math.isnan(value):
            raise invalid(f"the objective returned nan for {name!r}")
    return values
