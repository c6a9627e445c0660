"""What joins nodes: events, attributions, associations, and the parents of contexts."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.metadata.database import Database, Transaction

INPUTS = (2, 3, 5)
"""The types of events by which an execution reads an artifact."""

OUTPUTS = (1, 4, 6, 7)
"""The types of events by which an execution makes an artifact."""


class LinkTable:
    """The links of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_events(self, events: Sequence[Any], may_exist: bool = False) -> None:
        """Store events. One that is there already, and may be, gets the new path."""
        with self._database.transaction() as transaction:
            self._check(transaction, "Artifact", (event.artifact_id for event in events))
            self._check(transaction, "Execution", (event.execution_id for event in events))
            for event in events:
                self._put_event(transaction, event, may_exist)

    def _put_event(self, transaction: Transaction, event: Any, may_exist: bool) -> None:
        if not event.type:
            message = (
                f"metadata: the event of artifact {event.artifact_id} and execution "
                f"{event.execution_id} has no type"
            )
            raise errors.InvalidArgumentError(None, None, message)
        key = (event.artifact_id, event.execution_id, event.type)
        had = transaction.rows(
            "SELECT id FROM Event WHERE artifact_id = ? AND execution_id = ? AND type = ?", key
        )
        if had and not may_exist:
            message = (
                f"metadata: artifact {event.artifact_id} and execution {event.execution_id} have "
                f"an event of type {event.type} already"
            )
            raise errors.AlreadyExistsError(None, None, message)
        if had:
            event_id = had[0][0]
            transaction.execute("DELETE FROM EventPath WHERE event_id = ?", [event_id])
        else:
            event_id = transaction.insert(
                "Event",
                artifact_id=event.artifact_id,
                execution_id=event.execution_id,
                type=event.type,
                milliseconds_since_epoch=event.milliseconds_since_epoch or int(time.time() * 1000),
            )
        rows = [
            (event_id, True, step.index, None)
            if step.HasField("index")
            else (event_id, False, None, step.key)
            for step in event.path.steps
        ]
        columns = ("event_id", "is_index_step", "step_index", "step_key")
        transaction.insert_many("EventPath", columns, rows)

    def put_pairs(
        self, table: str, columns: tuple[str, str], pairs: Sequence[tuple[int, int]]
    ) -> None:
        """Store pairs of ids; those that are there already stay."""
        with self._database.transaction() as transaction:
            for index, column in enumerate(columns):
                of = column.removeprefix("parent_").removesuffix("_id").capitalize()
                self._check(transaction, of, (pair[index] for pair in pairs))
            for pair in pairs:
                transaction.insert_missing(table, columns, columns, pair)

    @staticmethod
    def _check(transaction: Transaction, table: str, ids: Iterable[int]) -> None:
        for node_id in set(ids):
            if not transaction.rows(f"SELECT 1 FROM {table} WHERE id = ?", [node_id]):
                message = f"metadata: there is no {table.lower()} with id {node_id}"
                raise errors.InvalidArgumentError(None, None, message)

    def events(self, column: str, ids: Iterable[int]) -> list[Any]:
        """Return the events of some executions or artifacts, in the order they were stored."""
        from tidefall.proto import mlmd

        sql = (
            "SELECT id, artifact_id, execution_id, type, milliseconds_since_epoch FROM Event "
            f"WHERE {column} IN ({{}}) ORDER BY id"
        )
        found: dict[int, Any] = {}
        for event_id, artifact, execution, kind, when in self._database.rows_in(sql, list(ids)):
            found[event_id] = mlmd.Event(
                artifact_id=artifact,
                execution_id=execution,
                type=kind,
                milliseconds_since_epoch=when,
            )
        # The steps of a path have no number; they are read in the order of the table.
        sql = (
            "SELECT event_id, is_index_step, step_index, step_key FROM EventPath "
            "WHERE event_id IN ({})"
        )
        for event_id, is_index, index, key in self._database.rows_in(sql, list(found)):
            step = found[event_id].path.steps.add()
            if is_index:
                step.index = index
            else:
                step.key = key
        return list(found.values())
