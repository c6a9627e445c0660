"""`Study`: what was tried, in Optuna's storage, and the runs of it in the tracker.

One process searches a study at a time, and it alone writes: trials elsewhere tell it. A trial is
finished first in Optuna's storage, then in the tracker; what a kill left between the two, and
trials that were under way, are put right when the study is opened again.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import re
import shutil
import sqlite3
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.metadata.places import disk_error
from tidefall.lifecycle.metadata.records import now_ms
from tidefall.lifecycle.track.tracker import Run, Tracker
from tidefall.lifecycle.tune.space import invalid, optuna
from tidefall.lifecycle.tune.trial import Outcome, TrialStart

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ \-]{0,199}")
_RUN, _ERROR, _REPEATS, _SEED, _ENDED = "run_id", "error", "repeats", "seed", "ended"
_STATUS = {"COMPLETE": "FINISHED", "PRUNED": "KILLED", "FAIL": "FAILED"}
NUMBER, STATE = "tidefall.trial", "tidefall.trial_state"
"""Tags of runs."""


@dataclass(frozen=True)
class Setup:
    """What a study is made with.

    Attributes:
        name: the study's, and that of the experiment with its runs.
        store: the folder of the tracker, and of models.
        storage: the URL of Optuna's database; "" for a file of SQLite in the store.
        objectives: the direction of each by its name.
        space: distributions by name.
        sampler: Optuna's, or None for TPE with one objective and NSGA-II with several.
        pruner: Optuna's, or None for the median of others with one objective, and for none with
            several.
        seed: of the sampler that is made; None for any.
    """

    name: str
    store: str
    storage: str = ""
    objectives: dict[str, str] = field(default_factory=dict)
    space: dict[str, Any] = field(default_factory=dict)
    sampler: Any = None
    pruner: Any = None
    seed: int | None = None


def storage_url(store: str | os.PathLike[str], storage: str = "") -> str:
    """Return the URL of the database that Optuna keeps the studies of a store in."""
    return storage or f"sqlite:///{Path(store).absolute() / 'studies.db'}"


@contextlib.contextmanager
def opened_study(setup: Setup) -> Iterator[Study]:
    """Open a study, or make it, and hold it: no other process searches it meanwhile.

    Raises:
        FailedPreconditionError: another process does.
        InvalidArgumentError: it has other objectives, or its name is none.
    """
    if not _NAME.fullmatch(setup.name):
        raise invalid(
            f"a search is called {setup.name[:60]!r}: letters, digits, '.', '_' and '-' were "
            "expected, and a letter or digit first"
        )
    folder = Path(setup.store).absolute() / "tune" / setup.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk_error(folder, error) from None
    with open(folder / ".lock", "a+", encoding="utf-8") as lock, Tracker(setup.store) as tracker:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            message = f"search {setup.name!r} in {setup.store} goes on in another process"
            raise errors.FailedPreconditionError(None, None, message) from None
        yield Study(setup, tracker, folder)


class Study:
    """A study that is held by this process. Any of its threads may call."""

    def __init__(self, setup: Setup, tracker: Tracker, folder: Path):
        self.tracker, self.folder, self._setup = tracker, folder, setup
        self.names = tuple(setup.objectives)
        self._lock = threading.RLock()
        self.optuna = self._opened()
        # A sampler that has tried all there is says so by this, which outside of `optimize` raises.
        self.optuna.stop = self._end
        attributes = self.optuna.user_attrs
        if _SEED not in attributes:
            seed = setup.seed if setup.seed is not None else int.from_bytes(os.urandom(4), "big")
            self.optuna.set_user_attr(_SEED, seed)
        self._seed = int(self.optuna.user_attrs[_SEED])
        self.prunes = len(self.names) == 1 and not isinstance(
            self.optuna.pruner, optuna().pruners.NopPruner
        )
        self.recover()

    def _opened(self) -> Any:
        own, setup = optuna(), self._setup
        pruner = setup.pruner
        if pruner is None:
            pruner = own.pruners.MedianPruner() if len(self.names) == 1 else own.pruners.NopPruner()
        directions = list(setup.objectives.values())
        url = storage_url(setup.store, setup.storage)
        if not setup.storage:
            _prepare_sqlite(url)
        try:
            with _quiet():
                study = own.create_study(
                    storage=url, study_name=setup.name, load_if_exists=True, pruner=pruner,
                    sampler=setup.sampler, directions=directions,
                )  # fmt: skip
        except Exception as error:  # SQLAlchemy's, by the database's kind
            message = f"the studies in {url.rpartition('@')[2]} cannot be opened: {error}"
            raise errors.UnavailableError(None, None, message) from error
        had = dict(
            zip(
                study.metric_names or [],
                [direction.name.lower() for direction in study.directions],
                strict=bool(study.metric_names),
            )
        )
        if not had and not study.trials:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", own.exceptions.ExperimentalWarning)
                study.set_metric_names(list(self.names))
        elif had != setup.objectives:
            raise invalid(
                f"search {setup.name!r} was begun with the objectives {had}, and now is asked for "
                f"{setup.objectives}; give it another name, or the objectives that it has"
            )
        return study

    @contextlib.contextmanager
    def _storage_errors(self) -> Iterator[None]:
        """Raise what the storage raises, such as that the disk is full, as an error of ours."""
        try:
            yield
        except optuna().exceptions.StorageInternalError as error:
            url = storage_url(self._setup.store, self._setup.storage).rpartition("@")[2]
            message = (
                f"search {self._setup.name!r} cannot write its study in {url}: "
                f"{error.__cause__ or error}. What ended is kept; search again to go on"
            )
            raise errors.UnavailableError(None, None, message) from error

    def _end(self) -> None:
        self.optuna.set_user_attr(_ENDED, True)

    @property
    def is_exhausted(self) -> bool:
        """Whether the sampler has tried all that there is to try."""
        return bool(self.optuna.user_attrs.get(_ENDED))

    def _trials(self, *states: str) -> list[Any]:
        wanted = tuple(optuna().trial.TrialState[state] for state in states)
        return self.optuna.get_trials(deepcopy=False, states=wanted)

    def counted(self) -> int:
        """Return how many trials ended well, or were pruned."""
        with self._lock:
            return len(self._trials("COMPLETE", "PRUNED"))

    def front(self) -> list[Any]:
        """Return the best trials: one, or those that no other is better than in every objective."""
        with self._lock:
            if not self._trials("COMPLETE"):
                return []
            if len(self.names) == 1:
                return [self.optuna.best_trial]
            return list(self.optuna.best_trials)

    # -- trials

    def ask(self) -> TrialHost:
        """Return a new trial, and begin its run.

        Raises:
            InvalidArgumentError: the space is not what it was, in a way that Optuna refuses.
        """
        with self._lock, self._storage_errors():
            if self._setup.sampler is None:
                self.optuna.sampler = self._fresh_sampler()
            try:
                trial = self.optuna.ask(fixed_distributions=self._setup.space)
            except ValueError as error:
                raise invalid(
                    f"search {self._setup.name!r} was begun with another space: {error}; give it "
                    "another name, or the space that it has"
                ) from None
            run = self.tracker.start_run(
                f"{self._setup.name}-{trial.number}",
                self._setup.name,
                params=trial.params,
                tags={NUMBER: trial.number},
            )
            trial.set_user_attr(_RUN, run.id)
            start = TrialStart(
                trial.number, dict(trial.params), self.model_folder(trial.number), self.names,
                self.prunes,
            )  # fmt: skip
            return TrialHost(start, trial, run, self._lock)

    def _fresh_sampler(self) -> Any:
        """A sampler whose draws hang on the number of the trial, and not on how often it was begun.

        A search that was killed then goes on as it would have gone. Trials that were cut short do
        not count, since they are repeated under new numbers.
        """
        states = ("RUNNING", "COMPLETE", "PRUNED", "FAIL")
        number = len(self._trials(*states)) - len(self._cut_short())
        samplers = optuna().samplers
        kind = samplers.TPESampler if len(self.names) == 1 else samplers.NSGAIISampler
        return kind(seed=(self._seed + 7919 * number) % 2**32)

    def finish(self, host: TrialHost, outcome: Outcome) -> None:
        """Store how a trial went, and remove the models of those that are not among the best."""
        with self._lock, self._storage_errors():
            host.log_new_params()
            if outcome.state == "COMPLETE":
                # Behind what was reported, so that it is the last value of the metric.
                values = dict(zip(self.names, outcome.values, strict=True))
                host.run.log_metrics(values, host.last_step + 1)
            elif outcome.error:
                host.trial.set_user_attr(_ERROR, outcome.error[-2000:])
                host.run.set_tag("tidefall.error", outcome.error[-2000:])
            host.run.set_tag(STATE, outcome.state)
            host.run.flush()
            told = self.optuna.tell(
                host.trial.number,
                list(outcome.values) or None,
                optuna().trial.TrialState[outcome.state],
            )
            if not told.state.is_finished():  # Of a refused row Optuna says nothing.
                message = f"the storage did not take the values of trial {host.trial.number}"
                raise errors.UnavailableError(None, None, message)
            host.run.end(_STATUS[outcome.state])
            self._drop_models()

    def model_folder(self, number: int) -> str:
        """Return where the model of a trial is, if it saved one."""
        return str(self.folder / "trials" / str(number) / "model")

    def _drop_models(self) -> None:
        kept = {str(trial.number) for trial in [*self.front(), *self._trials("RUNNING")]}
        there = self.folder / "trials"
        for path in sorted(there.iterdir()) if there.exists() else ():
            if path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)

    # -- what a kill left

    def _cut_short(self) -> set[int]:
        """The numbers of trials that a kill ended: of others that failed it is known why."""
        return {t.number for t in self._trials("FAIL") if _ERROR not in t.user_attrs}

    def recover(self) -> None:
        """Repeat trials that were cut short, and end runs that nothing writes to any more."""
        with self._storage_errors():
            self._recover()

    def _recover(self) -> None:
        for trial in self._trials("RUNNING"):
            self.optuna.tell(trial.number, state=optuna().trial.TrialState.FAIL)
        trials = {trial.number: trial for trial in self.optuna.get_trials(deepcopy=False)}
        cut = self._cut_short()
        repeated = {trial.user_attrs.get(_REPEATS) for trial in trials.values()}
        for number in sorted(cut - repeated):
            if _RUN not in trials[number].user_attrs:
                continue  # It was not begun: its values will be drawn again.
            self.optuna.enqueue_trial(trials[number].params, user_attrs={_REPEATS: number})
        records = self.tracker.records
        for run in self._running_runs():
            number = int(run.tags[NUMBER])
            state = trials[number].state.name if number in trials else "FAIL"
            status = "KILLED" if number in cut else _STATUS.get(state, "KILLED")
            records.log(run.id, tags={STATE: state})
            records.change_run(run.id, status=status, end=now_ms())
        self._drop_models()

    def _running_runs(self) -> list[Any]:
        if self.tracker.records.experiment_named(self._setup.name) is None:
            return []
        found = self.tracker.runs(self._setup.name, "status = 'RUNNING'", max_results=100_000)
        return [run for run in found if NUMBER in run.tags]


class TrialHost:
    """The searching process's end of a trial: Optuna's trial and the run."""

    def __init__(self, start: TrialStart, trial: Any, run: Run, lock: threading.RLock):
        self.start, self.trial, self.run = start, trial, run
        self.last_step = -1
        self._lock, self._logged = lock, set(start.params)

    def answer(self, method: str, *arguments: Any) -> Any:
        """Return what a method of the trial gives; a `Trial`'s link leads here."""
        with self._lock:
            return self._METHODS[method](self, *arguments)

    def _suggest(self, kind: str, name: str, arguments: Any, options: Any) -> Any:
        return getattr(self.trial, f"suggest_{kind}")(name, *arguments, **options)

    def _report(self, value: float, step: int) -> None:
        if len(self.start.objectives) > 1:
            raise invalid(
                "Trial.report: a study of several objectives has no one number to prune by; "
                "Trial.log puts metrics into the run"
            )
        self.trial.report(value, step)
        self.last_step = max(self.last_step, step)
        self.run.log_metric(self.start.objectives[0], value, step)

    def _should_prune(self) -> bool:
        return self.start.prunes and self.trial.should_prune()

    def _log(self, metrics: dict[str, float], step: int) -> None:
        self.last_step = max(self.last_step, step)
        self.run.log_metrics(metrics, step)

    def _set_user_attr(self, key: str, value: Any) -> None:
        try:
            json.dumps(value)
        except TypeError:
            raise invalid(f"user attribute {key!r} is {value!r}, which JSON cannot say") from None
        if key in (_RUN, _ERROR, _REPEATS):
            raise invalid(f"user attribute {key!r} is the search's own; take another name")
        self.trial.set_user_attr(key, value)

    def log_new_params(self) -> None:
        """Log parameters that the objective asked for itself."""
        params = self.trial.params
        self.run.log_params({name: params[name] for name in params if name not in self._logged})
        self._logged |= set(params)

    _METHODS = {  # noqa: RUF012
        "suggest": _suggest, "report": _report, "should_prune": _should_prune, "log": _log,
        "set_user_attr": _set_user_attr,
    }  # fmt: skip


def _prepare_sqlite(url: str) -> None:
    """Let SQLite write ahead: it then waits for the disk once for each change, not three times."""
    path = url.removeprefix("sqlite:///")
    try:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.Error as error:
        message = f"the studies in {path} cannot be opened: {error}"
        raise errors.UnavailableError(None, None, message) from None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep Optuna from telling that it makes a study, which ours tells in its own way."""
    logger = logging.getLogger("optuna")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
