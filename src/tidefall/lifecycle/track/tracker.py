"""`Tracker` starts runs and finds them; `Run` takes what a training run has to tell.

Metrics are gathered and written together: a thousand at a time, or whatever there is once a second.
A process that is killed loses what was logged in its last second.
"""

from __future__ import annotations

import atexit
import getpass
import json
import os
import sys
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.metadata.cost import CostMeter, Prices
from tidefall.lifecycle.metadata.database import Database
from tidefall.lifecycle.metadata.places import database_url
from tidefall.lifecycle.metadata.store import MetadataStore
from tidefall.lifecycle.metadata.surroundings import environment
from tidefall.lifecycle.track.artifacts import Artifacts
from tidefall.lifecycle.track.records import (
    DEFAULT_EXPERIMENT,
    Experiment,
    Metric,
    Records,
    RunRecord,
    now_ms,
)
from tidefall.lifecycle.track.search import search_runs

_BATCH = 1000
_SECONDS = 1.0
_open_runs: weakref.WeakSet[Run] = weakref.WeakSet()


class Tracker:
    """The experiments of a store.

    Args:
        store: the store's folder.
        database: another database than the one in the folder, by URL or opened.
        prices: what processors and devices cost; None leaves money out.

    >>> import tempfile
    >>> with Tracker(tempfile.mkdtemp()) as tracker:
    ...     with tracker.start_run(params={"lr": 0.1}) as run:
    ...         run.log_metric("loss", 0.5, step=1)
    ...     found = tracker.runs(filter="metrics.loss < 1")
    >>> found[0].metrics["loss"].value, found[0].status
    (0.5, 'FINISHED')
    """

    def __init__(
        self,
        store: str | os.PathLike[str],
        database: Database | str | None = None,
        prices: Prices | None = None,
    ) -> None:
        self.folder = Path(store).absolute()
        self._owned = not isinstance(database, Database)
        if isinstance(database, Database):
            self.database = database
        else:
            self.database = Database(database or database_url(self.folder))
        self.records = Records(self.database)
        self.artifacts = Artifacts(self.folder / "artifacts")
        self._prices = prices

    def close(self) -> None:
        """Close the database, unless it was given."""
        if self._owned:
            self.database.close()

    def __enter__(self) -> Tracker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start_run(
        self,
        name: str = "",
        experiment: str = DEFAULT_EXPERIMENT,
        params: Mapping[str, Any] | None = None,
        tags: Mapping[str, Any] | None = None,
    ) -> Run:
        """Return a new run; used with `with`, it ends with the block.

        Args:
            name: what to call it.
            experiment: the experiment, which is made if it is new.
            params: parameters.
            tags: tags; the user, the program, the environment and the git commit are added.
        """
        key = self.records.experiment_named(experiment, make=True)
        where = {f"tidefall.{k}": str(v) for k, v in environment().items()}
        own = {"mlflow.user": getpass.getuser(), "mlflow.source.name": sys.argv[0][:1000]}
        if name:
            own["mlflow.runName"] = name
        if "tidefall.git_commit" in where:
            own["mlflow.source.git.commit"] = where["tidefall.git_commit"]
        given = {**where, **own, **_texts(tags or {})}
        assert key is not None
        record = self.records.create_run(key, tags=given, params=_texts(params or {}))
        return Run(self, record, CostMeter(self._prices))

    def experiments(self) -> list[Experiment]:
        """Return the experiments, the newest first."""
        return self.records.experiments()

    def run(self, run_id: str) -> RunRecord:
        """Return what is stored of a run.

        Raises:
            NotFoundError: there is none with this id.
        """
        return self.records.run(run_id)

    def runs(
        self,
        experiment: str | None = None,
        filter: str = "",
        order_by: Sequence[str] = (),
        max_results: int = 1000,
    ) -> list[RunRecord]:
        """Return runs, the newest first.

        Args:
            experiment: of one experiment; None for all.
            filter: conditions, such as "metrics.loss < 1 and params.optimizer = 'adam'".
            order_by: keys, such as "metrics.loss ASC".
            max_results: how many at most.

        Raises:
            NotFoundError: there is no such experiment.
            InvalidArgumentError: the filter or order is none.
        """
        if experiment is None:
            ids = [e.id for e in self.records.experiments()]
        else:
            found = self.records.experiment_named(experiment)
            if found is None:
                known = [e.name for e in self.records.experiments()]
                message = f"no experiment {experiment!r} in {self.folder}; there are {known}"
                raise errors.NotFoundError(None, None, message)
            ids = [found]
        return self.records.runs(search_runs(self.records, ids, filter, order_by, max_results))

    def history(self, run_id: str, name: str) -> list[Metric]:
        """Return the values of a metric of a run, by step."""
        return self.records.history(run_id, name)


class Run:
    """A run that is under way. Any thread may log."""

    def __init__(self, tracker: Tracker, record: RunRecord, meter: CostMeter) -> None:
        self.id = record.id
        self.key = record.key
        self.tracker = tracker
        self._records = tracker.records
        self._folder = f"{record.experiment}/{record.id}/artifacts"
        self._meter = meter
        self._lock = threading.Lock()
        self._waiting: list[Metric] = []
        self._written = time.monotonic()
        self._is_over = False
        _open_runs.add(self)

    def log_metric(self, name: str, value: float, step: int = 0) -> None:
        """Log a value of a metric."""
        self.log_metrics({name: value}, step)

    def log_metrics(self, metrics: Mapping[str, float], step: int = 0) -> None:
        """Log values of metrics at one step.

        Raises:
            InvalidArgumentError: a value is no number.
            FailedPreconditionError: the run is over.
        """
        now = now_ms()
        made = [
            Metric(name, _number(name, value), int(step), now) for name, value in metrics.items()
        ]
        with self._lock:
            self._check_open()
            self._waiting += made
            is_time = time.monotonic() - self._written > _SECONDS
            if len(self._waiting) >= _BATCH or is_time:
                self._write()

    def log_param(self, name: str, value: Any) -> None:
        """Log a parameter, once.

        Raises:
            InvalidArgumentError: it was logged with another value.
        """
        self.log_params({name: value})

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Log parameters, each once."""
        self._check_open()
        self._records.log(self.id, params=_texts(params))

    def set_tag(self, name: str, value: Any) -> None:
        """Set a tag."""
        self.set_tags({name: value})

    def set_tags(self, tags: Mapping[str, Any]) -> None:
        """Set tags."""
        self._records.log(self.id, tags=_texts(tags))

    def log_artifact(self, path: str | os.PathLike[str], name: str = "") -> Path:
        """Copy a file or folder to the run; returns where it is.

        Args:
            path: the file or folder.
            name: what to call it, with folders if it has slashes; its own name for "".

        Raises:
            NotFoundError: it is not there.
        """
        source = Path(path)
        return self.tracker.artifacts.copy(source, f"{self._folder}/{name or source.name}")

    def log_text(self, text: str, name: str) -> Path:
        """Write a text to a file of the run."""
        return self.tracker.artifacts.write(f"{self._folder}/{name}", text.encode())

    def log_dict(self, value: Any, name: str) -> Path:
        """Write a value as JSON to a file of the run."""
        return self.log_text(json.dumps(value, indent=1) + "\n", name)

    def log_figure(self, figure: Any, name: str) -> Path:
        """Write a plot to a file of the run.

        Args:
            figure: SVG or HTML as text, or what has matplotlib's `savefig`.
            name: the file's name; its ending says the format.
        """
        if isinstance(figure, str):
            return self.log_text(figure, name)
        if not hasattr(figure, "savefig"):
            message = (
                f"figure {name!r} is a {type(figure).__name__}; a text or a figure was expected"
            )
            raise errors.InvalidArgumentError(None, None, message)
        import io

        data = io.BytesIO()
        figure.savefig(data, format=Path(name).suffix.lstrip(".") or "png")
        return self.tracker.artifacts.write(f"{self._folder}/{name}", data.getvalue())

    def log_checkpoint(self, path: str | os.PathLike[str], step: int = 0) -> Path:
        """Copy a checkpoint to the run, as an output of it in the metadata store.

        Args:
            path: a file or folder, or the prefix of a TensorFlow checkpoint's files.
            step: the step it was made at.

        Raises:
            NotFoundError: it is not there.
        """
        source = Path(path)
        files = [source] if source.exists() else sorted(source.parent.glob(f"{source.name}.*"))
        if not files:
            raise errors.NotFoundError(None, None, f"there is no checkpoint {source}")
        folder = f"checkpoints/{step}"
        for file in files:
            where = self.log_artifact(file, f"{folder}/{file.name}")
        self._link("Checkpoint", str(where.parent), is_output=True, properties={"step": step})
        return where.parent

    def log_input(self, uri: str, type: str = "Dataset", **properties: Any) -> int:
        """Store that the run read something; returns the artifact's id.

        An artifact of this uri and type that is stored already is the one.
        """
        return self._link(type, uri, is_output=False, properties=properties)

    def log_output(self, uri: str, type: str = "Model", **properties: Any) -> int:
        """Store that the run made something; returns the artifact's id."""
        return self._link(type, uri, is_output=True, properties=properties)

    def _link(self, type: str, uri: str, is_output: bool, properties: Mapping[str, Any]) -> int:
        from tidefall.lifecycle.metadata.publication import ArtifactSpec, store_artifact
        from tidefall.proto import mlmd

        store = MetadataStore(self.tracker.database)
        kind = mlmd.Event.OUTPUT if is_output else mlmd.Event.INPUT
        with store.transaction():
            known = [a for a in store.get_artifacts_by_uri(uri) if a.type == type]
            if known and not is_output:
                key = known[-1].id
            else:
                key = store_artifact(store, ArtifactSpec(type, uri, properties))
            event = mlmd.Event(artifact_id=key, execution_id=self.key, type=kind)
            event.path.steps.add(key=type.lower())
            had = {(e.artifact_id, e.type) for e in store.get_events_by_execution_ids([self.key])}
            if (key, kind) not in had:
                store.put_events([event])
        return key

    def flush(self) -> None:
        """Write what was gathered."""
        with self._lock:
            self._write()

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            self._records.log(self.id, metrics=waiting)
        except errors.OpError:
            self._waiting = waiting + self._waiting  # The next one may succeed.
            raise
        finally:
            self._written = time.monotonic()

    def end(self, status: str = "FINISHED") -> None:
        """End the run: what it cost is stored with it.

        Args:
            status: FINISHED, FAILED or KILLED.
        """
        with self._lock:
            if self._is_over:
                return
            with self.tracker.database.transaction():
                self._write()
                cost = {k: str(v) for k, v in self._meter.read().properties().items()}
                self._records.log(self.id, tags={f"tidefall.{k}": v for k, v in cost.items()})
                self._records.change_run(self.id, status=status, end=now_ms())
            self._is_over = True
        _open_runs.discard(self)

    def _check_open(self) -> None:
        if self._is_over:
            raise errors.FailedPreconditionError(None, None, f"run {self.id} is over")

    def __enter__(self) -> Run:
        return self

    def __exit__(self, kind: Any, *_: object) -> None:
        if kind is None:
            self.end()
        else:
            self.end("KILLED" if issubclass(kind, KeyboardInterrupt) else "FAILED")


def _number(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        message = f"metric {name!r} is {value!r}; a number was expected"
        raise errors.InvalidArgumentError(None, None, message) from None


def _texts(given: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in given.items()}


@atexit.register
def _flush_all() -> None:
    for run in list(_open_runs):
        try:
            run.flush()
        except errors.OpError:
            pass  # The store is gone; there is nobody left to tell.
