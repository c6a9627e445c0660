"""Experiments and runs in the metadata database.

An experiment is a context of type `tidefall.Experiment`, a run an execution of type `tidefall.Run`
whose name is its id. Parameters and tags are custom properties (`p.NAME`, `t.NAME`), the history of
metrics has a table of its own; see `schema.py`.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tidefall.base import errors
from tidefall.lifecycle.metadata.database import Database, Transaction
from tidefall.lifecycle.metadata.kinds import CONTEXT, EXECUTION, Kind
from tidefall.lifecycle.metadata.records import (
    add_context,
    context_named,
    now_ms,
    put_texts,
    take_text,
    texts,
    type_id,
)

EXPERIMENT, RUN = "tidefall.Experiment", "tidefall.Run"
DEFAULT_EXPERIMENT = "Default"
MAX_KEY = 250
MAX_VALUE = 8000

STATES = {1: "SCHEDULED", 2: "RUNNING", 3: "FINISHED", 4: "FAILED", 5: "FINISHED", 6: "KILLED"}
"""MLflow's status, by ML Metadata's `Execution.State`."""
_NUMBERS = {"SCHEDULED": 1, "RUNNING": 2, "FINISHED": 3, "FAILED": 4, "KILLED": 6}


class Metric(NamedTuple):
    """One value of a metric; time is in milliseconds since 1970."""

    name: str
    value: float
    step: int = 0
    time: int = 0


@dataclass
class Experiment:
    """An experiment: a name under which runs are kept together."""

    id: int
    name: str
    tags: dict[str, str] = field(default_factory=dict)
    is_deleted: bool = False
    created: int = 0
    updated: int = 0


@dataclass
class RunRecord:
    """What is stored of a run; metrics hold the last value of each."""

    id: str
    key: int
    experiment: int
    status: str
    start: int
    end: int | None = None
    is_deleted: bool = False
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, Metric] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What people call it."""
        return self.tags.get("mlflow.runName", "")


class Records:
    """The experiments and runs of a database.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.transaction():
            self.experiment_type = type_id(database, CONTEXT, EXPERIMENT)
            self.run_type = type_id(database, EXECUTION, RUN)
        self.default = self.experiment_named(DEFAULT_EXPERIMENT, make=True)

    # -- experiments

    def create_experiment(self, name: str, tags: Mapping[str, str] | None = None) -> int:
        """Return the id of a new experiment.

        Raises:
            InvalidArgumentError: the name is empty or too long.
            AlreadyExistsError: there is one of this name.
        """
        _check_name("experiment", name)
        with self.database.transaction():
            if self.experiment_named(name) is not None:
                message = f"experiment {name!r} exists; names are used once, by deleted ones too"
                raise errors.AlreadyExistsError(None, None, message)
            key = add_context(self.database, self.experiment_type, name)
            self._put_texts(CONTEXT, key, "t.", tags or {})
        return key

    def experiment_named(self, name: str, make: bool = False) -> int | None:
        """Return the id of an experiment, or None; with make, of a new one then."""
        found = context_named(self.database, self.experiment_type, name)
        if found is not None or not make:
            return found
        with self.database.transaction():  # Another process may be making it.
            found = self.experiment_named(name)
            return self.create_experiment(name) if found is None else found

    def experiments(self, ids: Sequence[int] | None = None) -> list[Experiment]:
        """Return experiments, all or those with some ids, the newest first."""
        sql = (
            "SELECT id, name, create_time_since_epoch, last_update_time_since_epoch FROM Context "
            "WHERE type_id = ?"
        )
        if ids is None:
            rows = self.database.rows(sql, (self.experiment_type,))
        else:
            listed = f"SELECT * FROM Context WHERE id IN ({{}}) AND {sql.partition('WHERE ')[2]}"
            listed = listed.replace("*", sql.partition("SELECT ")[2].partition(" FROM")[0])
            rows = list(self.database.rows_in(listed, ids, (self.experiment_type,)))
        found = {row[0]: Experiment(row[0], row[1], {}, False, row[2], row[3]) for row in rows}
        for key, name, text in texts(self.database, CONTEXT, list(found)):
            if name == "deleted":
                found[key].is_deleted = True
            elif name.startswith("t."):
                found[key].tags[name[2:]] = text
        return sorted(found.values(), key=lambda e: -e.id)

    def newest_experiments(self, size: int, first: int = 0) -> list[Experiment]:
        """Return experiments that are not deleted, the newest first, without looking at all."""
        sql = (
            "SELECT c.id FROM Context c WHERE c.type_id = ? AND NOT EXISTS (SELECT 1 FROM "
            "ContextProperty d WHERE d.context_id = c.id AND d.name = 'deleted' AND "
            "d.is_custom_property = ?) ORDER BY c.id DESC LIMIT ? OFFSET ?"
        )
        rows = self.database.rows(sql, (self.experiment_type, True, size, first))
        return self.experiments([row[0] for row in rows])

    def experiment(self, experiment_id: int) -> Experiment:
        """Return an experiment.

        Raises:
            NotFoundError: there is none with this id.
        """
        found = self.experiments([experiment_id])
        if not found:
            raise _missing("experiment", experiment_id, self.database.where)
        return found[0]

    def change_experiment(
        self,
        experiment_id: int,
        name: str | None = None,
        tags: Mapping[str, str] | None = None,
        is_deleted: bool | None = None,
    ) -> None:
        """Rename an experiment, set tags of it, delete or restore it."""
        with self.database.transaction() as transaction:
            self.experiment(experiment_id)
            if name is not None:
                _check_name("experiment", name)
                transaction.update("Context", experiment_id, name=name)
            self._put_texts(CONTEXT, experiment_id, "t.", tags or {})
            if is_deleted is not None:
                self._mark(CONTEXT, experiment_id, is_deleted)
            transaction.update("Context", experiment_id, last_update_time_since_epoch=now_ms())

    # -- runs

    def create_run(
        self,
        experiment_id: int,
        start: int | None = None,
        tags: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        run_id: str | None = None,
    ) -> RunRecord:
        """Return a new run, which is running.

        Raises:
            NotFoundError: there is no such experiment, or it is deleted.
            AlreadyExistsError: run_id is taken.
            InvalidArgumentError: a key or value is too long.
        """
        start = now_ms() if start is None else start
        run_id = uuid.uuid4().hex if run_id is None else run_id
        with self.database.transaction() as transaction:
            if self.experiment(experiment_id).is_deleted:
                raise _missing("experiment", experiment_id, f"{self.database.where} (deleted)")
            key = transaction.insert(
                "Execution",
                type_id=self.run_type,
                last_known_state=2,
                name=run_id,
                create_time_since_epoch=start,
                last_update_time_since_epoch=start,
            )
            transaction.insert("Association", context_id=experiment_id, execution_id=key)
            self._put_texts(EXECUTION, key, "t.", tags or {})
            self._put_texts(EXECUTION, key, "p.", params or {})
        return RunRecord(
            run_id, key, experiment_id, "RUNNING", start, None, False,
            dict(params or {}), dict(tags or {}),
        )  # fmt: skip

    def key_of(self, run_id: str) -> int:
        """Return the execution of a run.

        Raises:
            NotFoundError: there is none.
        """
        sql = "SELECT id FROM Execution WHERE type_id = ? AND name = ?"
        rows = self.database.rows(sql, (self.run_type, run_id))
        if not rows:
            raise _missing("run", run_id, self.database.where)
        return rows[0][0]

    def run(self, run_id: str) -> RunRecord:
        """Return a run with its parameters, tags and the last values of its metrics.

        Raises:
            NotFoundError: there is none.
        """
        return self.runs([self.key_of(run_id)])[0]

    def runs(self, keys: Sequence[int]) -> list[RunRecord]:
        """Return the runs with some executions' ids, in order."""
        rows = self.database.rows_in
        sql = (
            "SELECT e.id, e.name, e.last_known_state, e.create_time_since_epoch, a.context_id "
            "FROM Execution e JOIN Association a ON a.execution_id = e.id "
            "JOIN Context c ON c.id = a.context_id "
            "WHERE e.id IN ({}) AND c.type_id = ?"
        )
        found = {
            key: RunRecord(name, key, experiment, STATES.get(state or 0, "RUNNING"), start)
            for key, name, state, start, experiment in rows(sql, keys, (self.experiment_type,))
        }
        for key, name, text in texts(self.database, EXECUTION, list(found)):
            run = found[key]
            if name.startswith("p."):
                run.params[name[2:]] = text
            elif name.startswith("t."):
                run.tags[name[2:]] = text
            elif name == "deleted":
                run.is_deleted = True
            elif name == "end_time":
                run.end = int(text)
        sql = (
            "SELECT execution_id, name, value, step, time FROM TidefallLatest "
            "WHERE execution_id IN ({})"
        )
        for key, name, value, step, when in rows(sql, list(found)):
            found[key].metrics[name] = Metric(name, _number(value), step, when)
        return [found[key] for key in keys if key in found]

    def log(
        self,
        run_id: str,
        metrics: Sequence[Metric] = (),
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Store metrics, parameters and tags of a run, in one transaction.

        Raises:
            NotFoundError: there is no such run.
            InvalidArgumentError: a parameter has another value already, or a key, value or number
                cannot be stored.
        """
        for metric in metrics:
            _check_key("metric", metric.name)
            if not -(2**63) <= metric.step < 2**63:
                raise _invalid(f"step {metric.step} of metric {metric.name!r} is beyond 64 bits")
        with self.database.transaction() as transaction:
            key = self.key_of(run_id)
            if params:
                self._put_params(key, run_id, params)
            if tags:
                self._put_texts(EXECUTION, key, "t.", tags)
            if metrics:
                self._put_metrics(transaction, key, metrics)

    def _put_metrics(self, transaction: Transaction, key: int, metrics: Sequence[Metric]) -> None:
        columns = ("execution_id", "name", "value", "step", "time")
        rows = [
            (key, m.name, None if math.isnan(m.value) else m.value, m.step, m.time) for m in metrics
        ]
        transaction.insert_many("TidefallMetric", columns, rows)
        last: dict[str, tuple[Any, ...]] = {}
        for row in rows:
            if row[1] not in last or _order(row) >= _order(last[row[1]]):
                last[row[1]] = row
        sql = "SELECT execution_id, name, value, step, time FROM TidefallLatest WHERE {}"
        for stored in transaction.rows(sql.format("execution_id = ?"), [key]):
            if stored[1] in last and _order(stored) > _order(last[stored[1]]):
                del last[stored[1]]
        transaction.put_many("TidefallLatest", columns, columns[:2], list(last.values()))

    def _put_params(self, key: int, run_id: str, params: Mapping[str, str]) -> None:
        stored = {name: text for _, name, text in texts(self.database, EXECUTION, [key])}
        new = {}
        for name, value in params.items():
            had = stored.get(f"p.{name}")
            if had is None:
                new[name] = value
            elif had != value:
                raise _invalid(
                    f"parameter {name!r} of run {run_id} is {had!r}, and a parameter is logged "
                    f"once; {value!r} was given"
                )
        self._put_texts(EXECUTION, key, "p.", new)

    def change_run(
        self,
        run_id: str,
        status: str | None = None,
        end: int | None = None,
        is_deleted: bool | None = None,
        without_tag: str | None = None,
    ) -> None:
        """Set the status and end of a run, delete or restore it, or take a tag away.

        Raises:
            NotFoundError: there is no such run or tag.
            InvalidArgumentError: the status is unknown.
        """
        if status is not None and status not in _NUMBERS:
            raise _invalid(f"status {status!r} of run {run_id}; one of {[*_NUMBERS]} was expected")
        with self.database.transaction() as transaction:
            key = self.key_of(run_id)
            if status is not None:
                transaction.update(
                    "Execution", key, last_known_state=_NUMBERS[status],
                    last_update_time_since_epoch=now_ms(),
                )  # fmt: skip
            if end is not None:
                self._put_texts(EXECUTION, key, "", {"end_time": str(end)})
            if is_deleted is not None:
                self._mark(EXECUTION, key, is_deleted)
            if without_tag is not None and not take_text(
                self.database, EXECUTION, key, f"t.{without_tag}"
            ):
                raise _missing("tag", without_tag, f"run {run_id}")

    def history(self, run_id: str, name: str, limit: int | None = None) -> list[Metric]:
        """Return the values of a metric, by step, then by time."""
        sql = (
            "SELECT name, value, step, time FROM TidefallMetric WHERE execution_id = ? "
            "AND name = ? ORDER BY step, time, id"
        )
        if limit is not None:
            sql += f" LIMIT {int(limit)}"
        rows = self.database.rows(sql, (self.key_of(run_id), name))
        return [Metric(n, _number(value), step, when) for n, value, step, when in rows]

    # -- properties that are texts

    def _put_texts(self, kind: Kind, key: int, prefix: str, given: Mapping[str, str]) -> None:
        for name, text in given.items():
            _check_key("tag" if prefix == "t." else "parameter", name)
            if len(text) > MAX_VALUE:
                raise _invalid(
                    f"the value of {name!r} has {len(text)} characters; {MAX_VALUE} are the most"
                )
        put_texts(self.database, kind, key, {prefix + name: text for name, text in given.items()})

    def _mark(self, kind: Kind, key: int, is_deleted: bool) -> None:
        if is_deleted:
            self._put_texts(kind, key, "", {"deleted": str(now_ms())})
        else:
            take_text(self.database, kind, key, "deleted")


def _order(row: Sequence[Any]) -> tuple[Any, ...]:
    return row[3], row[4], -math.inf if row[2] is None else row[2]


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _check_name(what: str, name: str) -> None:
    if not name.strip() or len(name) > MAX_KEY:
        raise _invalid(f"{what} name {name[:50]!r}; 1 to {MAX_KEY} characters were expected")


def _check_key(what: str, name: str) -> None:
    if not name or len(name) > MAX_KEY or not name.isprintable():
        raise _invalid(
            f"{what} {name[:50]!r}; a name of 1 to {MAX_KEY} printable characters was expected"
        )


def _missing(what: str, which: object, where: str) -> errors.NotFoundError:
    return errors.NotFoundError(None, None, f"no {what} {which!r} in {where}")


def _invalid(what: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, what)
