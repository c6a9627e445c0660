"""`search`: trials of an objective until there are enough, the best model, and the result."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.metadata.cli import DEFAULT_STORE
from tidefall.lifecycle.tune.models import Fit, FitObjective
from tidefall.lifecycle.tune.progress import VIEWS, Progress
from tidefall.lifecycle.tune.space import Directions, distributions, invalid, named_directions
from tidefall.lifecycle.tune.space import optuna as optuna_module
from tidefall.lifecycle.tune.study import Setup, Study, opened_study
from tidefall.lifecycle.tune.trial import Outcome
from tidefall.lifecycle.tune.workers import Worker, worker_factory


@dataclass
class Result:
    """What a search found.

    Attributes:
        study: Optuna's study, for its plots, importances and data frames.
        trials: Optuna's trials, by number.
        best_trials: the best one, or those that no other is better than in every objective.
        models: the folder of each saved model, by the number of its trial.
        version: the model version that was registered, or None.
    """

    study: Any
    trials: list[Any]
    best_trials: list[Any]
    models: dict[int, str] = field(default_factory=dict)
    version: Any = None

    @property
    def best(self) -> Any:
        """The best trial.

        Raises:
            FailedPreconditionError: there are several objectives, or no trial ended well.
        """
        if len(self.study.directions) > 1:
            message = "a search with several objectives has no one best trial; see best_trials"
            raise errors.FailedPreconditionError(None, None, message)
        if not self.best_trials:
            raise errors.FailedPreconditionError(None, None, "no trial of the search ended well")
        return self.best_trials[0]

    @property
    def best_params(self) -> dict[str, Any]:
        """The values of the best trial by name."""
        return self.best.params


@dataclass
class Tuner:
    """A search that is not begun yet: `search`'s arguments, for `search(**fit)` later.

    A pipeline's `tuner_fn` returns one in a `TunerFnResult`. See the function `search`.
    """

    objective: Callable[[Any], Any]
    space: Mapping[str, Any] | None = None
    trials: int = 20
    directions: Directions = "minimize"
    pruner: Any = None
    sampler: Any = None
    seed: int | None = None
    name: str = "search"
    store: str | os.PathLike[str] = DEFAULT_STORE
    storage: str = ""
    workers: int = 1
    on: str = "processes"
    timeout: float | None = None
    max_failures: int = 5
    register: str = ""
    choose: Callable[[list[Any]], Any] | None = None
    registry: Mapping[str, Any] = field(default_factory=dict)
    keep_models: bool = False
    view: str = "auto"

    def search(self, **fit: Any) -> Result:
        """Return what the search found.

        Args:
            **fit: arguments of `fit`, where the objective builds a Keras model.
        """
        return self.search_with(fit or None)

    def search_with(self, fit: Fit | None) -> Result:
        """Return what the search found; fit may be a function from trial to arguments."""
        named = named_directions(self.directions, fit is not None)
        self._check(named)
        space = distributions(self.space)
        objective: Any = self.objective
        if fit is not None:
            saves = bool(self.register) or self.keep_models
            objective = FitObjective(objective, fit, named, saves)
        setup = Setup(
            self.name, os.fspath(self.store), self.storage, named, space, self.sampler,
            self.pruner, self.seed,
        )  # fmt: skip
        with opened_study(setup) as study:
            progress = Progress(self.trials, self.view)
            try:
                with worker_factory(objective, self.workers, self.on) as make_worker:
                    _Search(self, study, make_worker, progress).run()
            except BaseException:
                # Runs of what was cut short end here, unless it is the store that fails.
                with contextlib.suppress(errors.OpError):
                    study.recover()
                raise
            finally:
                progress.end()
            result = _result(study)
            if self.register:
                result = replace(result, version=self._registered(study, result))
            return result

    def _check(self, named: Mapping[str, str]) -> None:
        optuna_module()
        if self.trials < 1 or self.max_failures < 1:
            raise invalid(
                f"trials={self.trials}, max_failures={self.max_failures}: at least 1 each"
            )
        if self.view not in VIEWS:
            raise invalid(f"view={self.view!r}; one of {VIEWS} was expected")
        if len(named) > 1 and self.pruner is not None:
            raise invalid(
                "a pruner goes by one number, and there are several objectives: "
                f"{', '.join(named)}; leave pruner out"
            )
        if len(named) > 1 and self.register and self.choose is None:
            raise invalid(
                f"register={self.register!r} with several objectives needs choose=..., a function "
                "from the trials that no other is better than to the one to register"
            )

    def _registered(self, study: Study, result: Result) -> Any:
        from tidefall.lifecycle.registry.registry import Registry

        if not result.best_trials:
            message = f"no trial of search {self.name!r} ended well; nothing is registered"
            raise errors.FailedPreconditionError(None, None, message)
        best = (self.choose or (lambda trials: trials[0]))(result.best_trials)
        if best.number not in result.models:
            raise errors.NotFoundError(
                None, None, f"trial {best.number} of search {self.name!r} saved no model to "
                "register; call trial.save(model) in the objective",
            )  # fmt: skip
        run_id = best.user_attrs["run_id"]
        with Registry(self.store, database=study.tracker.database, **self.registry) as models:
            known = {one.name for one in models.models()}
            # A search that is asked for again finds what it registered.
            for version in models.versions(self.register) if self.register in known else ():
                if version.run_id == run_id:
                    return version
            return models.register(
                self.register,
                result.models[best.number],
                run_id=run_id,
                description=f"Trial {best.number} of the search {self.name}.",
                tags={"tidefall.study": self.name, "tidefall.trial": str(best.number)},
            )


def search(
    objective: Callable[[Any], Any],
    space: Mapping[str, Any] | None = None,
    *,
    fit: Fit | None = None,
    **options: Any,
) -> Result:
    """Return the best that trials of an objective found. A search that was killed goes on.

    The study's name says which search it is: what ended is not run again, what was cut short is
    repeated with the same values, and once `trials` have ended well nothing more is run. Each trial
    is a run of `tidefall.track`, in an experiment of that name.

    Args:
        objective: a function of a `Trial` that returns a number, or one for each objective. With
            `fit`, one that returns a compiled Keras model.
        space: by name a list of choices, a pair (low, high) of integers or floats, `tune.Float`,
            `tune.Int` or `tune.Choice`; values are in `trial.params`. The objective may ask for
            more by `trial.suggest_float` and the like.
        fit: the arguments of the model's `fit`, or a function from a trial to them. The values are
            those of the best epoch, whose weights the model keeps.
        **options: as follows.
        trials: how many are to end well or be pruned, those of earlier processes included; 20.
        directions: "minimize" (by default) or "maximize"; several; or one by each name. With `fit`
            names are what Keras logs, "latency_ms" and "size_bytes"; {"val_loss": "minimize"} by
            default.
        pruner: one of `tune.pruners`; by default the median of the others, with one objective.
        sampler: one of `tune.samplers`; by default TPE, or NSGA-II with several objectives.
        seed: of the default sampler.
        name: the study's; "search" by default.
        store: the folder of the runs, the studies and the registry.
        storage: URL of another database for the study than a file of SQLite in the store.
        workers: how many trials run at once; with more than one in processes of their own.
        on: "processes", or "ray": tasks of the Ray cluster, or of one that is started.
        timeout: seconds after which no trial begins.
        max_failures: how many trials may fail one after another.
        register: the model to register the best trial's as a version of.
        choose: with several objectives, which of `best_trials` that is.
        registry: arguments of `Registry`, such as its signing key.
        keep_models: with `fit`, save the best trials' models also where none is registered.
        view: "auto": a line on a terminal, else a line for each trial; "lines" or "none".

    Returns:
        A `Result`.

    Raises:
        ImportError: Optuna is not installed.
        InvalidArgumentError: an argument, or the study has other objectives or another space.
        FailedPreconditionError: another process searches this study.
        Exception: what the objective raised, where it failed too often one after another; a
            process's is an InternalError.

    >>> import tempfile
    >>> found = search(
    ...     lambda trial: (trial.params["x"] - 2) ** 2, {"x": (-5.0, 5.0)},
    ...     trials=30, seed=1, store=tempfile.mkdtemp(), view="none",
    ... )
    >>> abs(found.best_params["x"] - 2) < 0.5
    True
    """
    try:
        tuner = Tuner(objective, space, **options)
    except TypeError as error:
        raise invalid(f"search: {str(error).partition(' ')[2]}") from None
    return tuner.search_with(fit)


def _result(study: Study) -> Result:
    trials = study.optuna.trials
    best = study.front()
    folders = {trial.number: study.model_folder(trial.number) for trial in best}
    saved = {number: folder for number, folder in folders.items() if os.path.isdir(folder)}
    return Result(study.optuna, trials, best, saved)


class _Search:
    """A search that goes on."""

    def __init__(
        self, tuner: Tuner, study: Study, make_worker: Callable[[], Worker], progress: Progress
    ):
        self._tuner, self._study, self._make_worker = tuner, study, make_worker
        self._progress = progress
        self._lock = threading.Lock()
        self._workers: list[Worker] = []
        self._running = self._failures = 0
        self._is_interrupted = False
        self._failed: BaseException | None = None
        self._deadline = time.monotonic() + (tuner.timeout or float("inf"))

    def run(self) -> None:
        """Run trials until there are enough; raise what ended the search, if something did."""
        if self._tuner.workers == 1:
            self._work()
        else:
            threads = [
                threading.Thread(target=self._work_in_thread, name=f"tune-{i}")
                for i in range(self._tuner.workers)
            ]
            for thread in threads:
                thread.start()
            try:
                for thread in threads:
                    thread.join()
            except BaseException as error:  # Ctrl-C
                self._interrupt(error)
                for thread in threads:
                    thread.join()
                raise
        if self._failed is not None:
            raise self._failed

    def _interrupt(self, error: BaseException) -> None:
        with self._lock:
            self._failed, self._is_interrupted = error, True
            for worker in self._workers:
                worker.kill()

    def _work_in_thread(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - `run` raises it
            with self._lock:
                self._failed = self._failed or error

    def _work(self) -> None:
        worker: Worker | None = None
        try:
            while (host := self._next()) is not None:
                if worker is None:
                    worker = self._make_worker()
                    with self._lock:
                        self._workers.append(worker)
                began = time.monotonic()
                self._end(host, worker.run(host), time.monotonic() - began)
        finally:
            if worker is not None:
                worker.close()

    def _next(self) -> Any:
        with self._lock:
            is_over = (
                self._failed is not None
                or self._study.is_exhausted
                or time.monotonic() > self._deadline
                or self._study.counted() + self._running >= self._tuner.trials
            )
            if is_over:
                return None
            host = self._study.ask()
            self._running += 1
            return host

    def _end(self, host: Any, outcome: Outcome, seconds: float) -> None:
        with self._lock:
            self._running -= 1
            if self._is_interrupted:
                return  # It was cut short.
            self._study.finish(host, outcome)
            if outcome.state == "FAIL":
                self._failures += 1
                if self._failures >= self._tuner.max_failures:
                    self._failed = self._failed or self._error(outcome)
            else:
                self._failures = 0
            front = self._study.front()
            trial = self._study.optuna.get_trials(deepcopy=False)[host.start.number]
            best = front[0] if front and len(self._study.names) == 1 else None
            self._progress.tell(trial, seconds, self._study.counted(), best, outcome.error)

    def _error(self, outcome: Outcome) -> BaseException:
        error = outcome.exception
        if error is None:
            error = errors.InternalError(None, None, outcome.error[-4000:])
        error.add_note(
            f"search {self._tuner.name!r} ended: {self._failures} trials failed one after another "
            "(max_failures). After mending the objective, search again: what ended well is kept."
        )
        return error
