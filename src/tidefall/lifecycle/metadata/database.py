"""Connections and transactions: one connection for each thread, one writer at a time.

    with Database("runs/metadata.db") as database, database.transaction() as transaction:
        transaction.insert("Artifact", type_id=1, name="census")

Work inside a transaction is kept whole or not at all, whatever ends the process. A transaction
begun inside another of the same thread is part of it.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.metadata import migrations
from tidefall.lifecycle.metadata.dialects import Dialect, dialect_for

MAX_PARAMETERS = 900
"""Parameters of one statement; SQLite takes 999 in its oldest versions."""


class Database:
    """A metadata database: its tables are made, or brought up to date, when it is opened.

    Args:
        url: a path to a SQLite file, or a `sqlite://`, `postgresql://` or `mysql://` URL.

    Raises:
        UnavailableError: it cannot be reached, or was locked for a minute.
        DataLossError: the file is no database, or is damaged.
        FailedPreconditionError: its tables are of a version that is not known here, or the
            driver of the database is not installed.
    """

    def __init__(self, url: str | os.PathLike[str]) -> None:
        self.url = os.fspath(url)
        self.dialect: Dialect = dialect_for(self.url)
        self._local = threading.local()
        self._guard = threading.Lock()
        self._connections: list[Any] = []
        self._is_closed = False
        try:
            with self._errors():
                migrations.prepare(self)
        except BaseException:
            self.close()
            raise

    @property
    def where(self) -> str:
        """What to call the database in an error; no password is in it."""
        return self.dialect.where

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Return the rows of a query."""
        with self._errors():
            return self.dialect.execute(self._connection(), sql, parameters).fetchall()

    def has_table(self, name: str) -> bool:
        """Return whether there is a table of this name."""
        with self._errors():
            return self.dialect.has_table(self._connection(), name)

    def rows_in(
        self, sql: str, values: Sequence[Any], parameters: Sequence[Any] = ()
    ) -> Iterator[Any]:
        """Yield the rows of a query whose `{}` stands for a list of values of any length."""
        for first in range(0, len(values), MAX_PARAMETERS):
            some = values[first : first + MAX_PARAMETERS]
            yield from self.rows(sql.format(", ".join("?" * len(some))), [*some, *parameters])

    @contextlib.contextmanager
    def transaction(
        self, *, is_exclusive: bool = True, is_durable: bool = False
    ) -> Iterator[Transaction]:
        """Run a block as one change.

        Args:
            is_exclusive: no other exclusive transaction runs meanwhile, in any process; with SQLite
                no other at all.
            is_durable: when the block has ended its change also outlasts a loss of power.

        Raises:
            OpError: what the database raised, as an error of this library; nothing was changed.
        """
        running = getattr(self._local, "transaction", None)
        if running is not None and running.process == os.getpid():
            yield running
            return
        connection = self._connection()
        with self._errors():
            self.dialect.begin(connection, is_exclusive, is_durable)
            self._local.transaction = transaction = Transaction(self, connection)
            is_done = False
            try:
                yield transaction
                self.dialect.execute(connection, "COMMIT", ())
                is_done = True
            finally:
                self._local.transaction = None
                self._finish(connection, is_done)

    def _finish(self, connection: Any, is_done: bool) -> None:
        try:
            if not is_done:
                with contextlib.suppress(Exception):  # The first error is the one to tell.
                    self.dialect.execute(connection, "ROLLBACK", ())
            self.dialect.end(connection)
        except Exception as error:
            if is_done and self.dialect.error(error) is None:
                raise
            self._forget(connection)

    def _connection(self) -> Any:
        local = self._local
        # A child process must not use its parent's connections.
        if getattr(local, "process", None) == os.getpid() and local.connection is not None:
            return local.connection
        if self._is_closed:
            raise errors.FailedPreconditionError(
                None, None, f"metadata store {self.where} is closed"
            )
        local.connection = self.dialect.connect()
        local.process, local.transaction = os.getpid(), None
        with self._guard:
            self._connections.append(local.connection)
        return local.connection

    def _forget(self, connection: Any) -> None:
        with contextlib.suppress(Exception):
            connection.close()
        with self._guard:
            if connection in self._connections:
                self._connections.remove(connection)
        self._local.connection = None

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            known = None if isinstance(error, errors.OpError) else self.dialect.error(error)
            if known is None:
                raise
            if isinstance(known, errors.UnavailableError) and self.dialect_is_served:
                self._forget(getattr(self._local, "connection", None))
            raise known from None

    @property
    def dialect_is_served(self) -> bool:
        """Whether the database is behind a server, so that a lost connection is made again."""
        return not hasattr(self.dialect, "path")

    def close(self) -> None:
        """Close every connection."""
        self._is_closed = True
        with self._guard:
            connections, self._connections = self._connections, []
        for connection in connections:
            with contextlib.suppress(Exception):
                connection.close()
        self._local = threading.local()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Transaction:
    """What may be written: statements of one change."""

    def __init__(self, database: Database, connection: Any) -> None:
        self.database = database
        self.process = os.getpid()
        self._connection = connection
        self._dialect = database.dialect

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run a statement; returns how many rows it changed."""
        return self._dialect.execute(self._connection, sql, parameters).rowcount

    def insert(self, table: str, **values: Any) -> int:
        """Insert a row into a table with a key; returns the key."""
        sql = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})"
        return self._dialect.insert(self._connection, sql, list(values.values()))

    def insert_many(
        self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> None:
        """Insert rows."""
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        self._dialect.execute_many(self._connection, sql, rows)

    def put_many(
        self,
        table: str,
        columns: Sequence[str],
        keys: Sequence[str],
        rows: Sequence[Sequence[Any]],
    ) -> None:
        """Insert rows, or give the rest of their columns to those that are there."""
        sql = self._dialect.upsert(table, columns, keys)
        self._dialect.execute_many(self._connection, sql, rows)

    def insert_missing(
        self, table: str, columns: Sequence[str], keys: Sequence[str], row: Sequence[Any]
    ) -> None:
        """Insert a row, if there is none with its keys."""
        sql = self._dialect.insert_missing(table, columns, keys)
        self._dialect.execute(self._connection, sql, row)

    def update(self, table: str, row_id: int, **values: Any) -> None:
        """Change a row by its key."""
        changes = ", ".join(f"{name} = ?" for name in values)
        self.execute(f"UPDATE {table} SET {changes} WHERE id = ?", [*values.values(), row_id])

    def rows(self, sql: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> list[Any]:
        """Return the rows of a query, as they stand within the change."""
        return self._dialect.execute(self._connection, sql, list(parameters)).fetchall()
