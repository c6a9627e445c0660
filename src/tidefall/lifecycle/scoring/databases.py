"""Scores as rows of a table in SQLite, PostgreSQL or MySQL: a transaction for each part.

The table has a column `part_` beside the scores'; `TABLE_parts` has a row for each part with its
note, written in the same transaction, so that a part is there whole and once, or not. Lists become
JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tidefall.base.errors import FailedPreconditionError
from tidefall.lifecycle.data_validation.failures import invalid, unimplemented
from tidefall.lifecycle.metadata.dialects import Mysql, dialect_for
from tidefall.lifecycle.metadata.schema import Column, Table

PART = "part_"
_ABOUT = ""
"""The name of the part whose note says what the scores are of."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


class DatabaseTable:
    """A table of a database.

    Args:
        url: a `sqlite://`, `postgresql://` or `mysql://` URL.
        table: its name.
        quarantine: a folder for rows that break the schema.

    Raises:
        InvalidArgumentError: what is no name of a table.
    """

    def __init__(self, url: str, table: str, quarantine: str | None = None):
        _check_name(table)
        self._url, self._table, self._quarantine = url, table, quarantine

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[tuple[Any, Any]]:
        dialect = dialect_for(self._url)
        connection = None
        try:
            connection = dialect.connect()
            dialect.begin(connection, True, False)
            yield dialect, connection
            dialect.execute(connection, "COMMIT", ())
            dialect.end(connection)
        except Exception as error:
            told = dialect.error(error)
            if told is None:
                raise
            raise told from error
        finally:
            if connection is not None:
                connection.close()  # which takes back what was not committed

    def begin(self, about: dict[str, Any]) -> None:
        """Remember what the scores are of, or see that they are of the same."""
        with self._transaction() as (dialect, connection):
            notes = f"{self._table}_parts"
            if not dialect.has_table(connection, notes):
                if dialect.has_table(connection, self._table):
                    raise FailedPreconditionError(
                        None,
                        None,
                        f"{dialect.where} has a table {self._table}, and no scores in it",
                    )
                columns = (Column("name", "unique_name"), Column("note", "text"))
                dialect.execute(connection, dialect.create_table(Table(notes, columns)), ())
            known = self._known(dialect, connection, _ABOUT)
            if known is None:
                self._keep(dialect, connection, _ABOUT, about)
            elif known != about:
                raise FailedPreconditionError(
                    None,
                    None,
                    f"the table {self._table} of {dialect.where} has scores of another model, "
                    "signature or format. Give another table",
                )

    def _known(self, dialect: Any, connection: Any, name: str) -> dict[str, Any] | None:
        sql = f"SELECT note FROM {self._table}_parts WHERE name = ?"
        row = dialect.execute(connection, sql, (name,)).fetchone()
        return None if row is None else json.loads(row[0])

    def _keep(self, dialect: Any, connection: Any, name: str, note: dict[str, Any]) -> None:
        sql = f"INSERT INTO {self._table}_parts (name, note) VALUES (?, ?)"
        dialect.execute(connection, sql, (name, json.dumps(note)))

    def notes(self) -> dict[str, dict[str, Any]]:
        """What was noted with the parts that are written, by name."""
        with self._transaction() as (dialect, connection):
            sql = f"SELECT name, note FROM {self._table}_parts WHERE name <> ?"
            rows = dialect.execute(connection, sql, (_ABOUT,)).fetchall()
        return {name: json.loads(note) for name, note in rows}

    def write(self, name: str, batches: Iterable[Any], note: dict[str, Any]) -> None:
        """Write a part and its note, in one transaction."""
        # The model is asked first, so that nobody waits for it with the database locked.
        made = list(batches)
        with self._transaction() as (dialect, connection):
            if self._known(dialect, connection, name) is not None:
                return  # another process was faster
            for batch in made:
                self._insert(dialect, connection, name, batch)
            self._keep(dialect, connection, name, note)

    def _insert(self, dialect: Any, connection: Any, name: str, batch: Any) -> None:
        mark = "`" if isinstance(dialect, Mysql) else '"'

        def quoted(column: str) -> str:
            _check_name(column)
            return f"{mark}{column}{mark}"

        columns = [PART, *map(quoted, batch.schema.names)]
        if not dialect.has_table(connection, self._table):
            kinds = [f"{PART} {dialect.kinds['name']}"]
            kinds += [f"{quoted(f.name)} {dialect.kinds[_kind(f)]}" for f in batch.schema]
            sql = f"CREATE TABLE {self._table} ({', '.join(kinds)})"
            dialect.execute(connection, sql, ())
        marks = ", ".join("?" * len(columns))
        sql = f"INSERT INTO {self._table} ({', '.join(columns)}) VALUES ({marks})"
        values = [column.to_pylist() for column in batch.columns]
        rows = [(name, *map(_plain, row)) for row in zip(*values, strict=True)]
        dialect.execute_many(connection, sql, rows)

    def refused(self, name: str) -> str:
        """The file for the rows of a part that break the schema."""
        if self._quarantine is None:
            raise invalid(
                "the model has a schema, and rows may break it: say with quarantine where these go"
            )
        return os.path.join(self._quarantine, f"{name}.jsonl")

    def end(self, names: Sequence[str], about: dict[str, Any]) -> None:
        """Remove parts other than these."""
        with self._transaction() as (dialect, connection):
            sql = f"SELECT name FROM {self._table}_parts"
            there = {row[0] for row in dialect.execute(connection, sql, ()).fetchall()}
            for name in there - {*names, _ABOUT}:
                for table, column in ((self._table, PART), (f"{self._table}_parts", "name")):
                    sql = f"DELETE FROM {table} WHERE {column} = ?"
                    dialect.execute(connection, sql, (name,))


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise invalid(f"{name!r} is no name of a table or column: expected letters and digits")


def _kind(field: Any) -> str:
    import pyarrow as pa

    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    for is_one, name in (
        (pa.types.is_boolean, "bool"),
        (pa.types.is_integer, "bigint"),
        (pa.types.is_floating, "double"),
        (pa.types.is_string, "text"),
        (pa.types.is_large_string, "text"),
        (pa.types.is_binary, "text"),
        (pa.types.is_large_binary, "text"),
        (pa.types.is_nested, "text"),
    ):
        if is_one(kind):
            return name
    raise unimplemented(f"column {field.name!r} of {kind} in a database; use files")


def _plain(value: Any) -> Any:
    if isinstance(value, (list, dict)):
        return json.dumps(value, default=lambda inner: inner.decode(errors="replace"))
    return value.decode(errors="replace") if isinstance(value, bytes) else value
