"""Which files of a store count: a SQLite database beside them.

A file counts from the transaction on that names it. Whoever is killed before leaves a file that
nobody reads and the next writer removes; so nothing is there twice, and nothing by half.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.metadata.places import disk_error

DATABASE = "manifest.db"
EVENTS, LABELS = "events", "labels"
_VERSION = "1"
_TABLES = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS files (
  path TEXT PRIMARY KEY, kind TEXT NOT NULL, model TEXT NOT NULL, version INTEGER NOT NULL,
  row_count INTEGER NOT NULL, bytes INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
  added REAL NOT NULL, columns TEXT NOT NULL, retired REAL);
CREATE INDEX IF NOT EXISTS files_by_model ON files (kind, model, first);
CREATE TABLE IF NOT EXISTS sources (name TEXT PRIMARY KEY, position INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS deleted (digest BLOB PRIMARY KEY);
CREATE TABLE IF NOT EXISTS incidents (
  id TEXT PRIMARY KEY, model TEXT NOT NULL, version INTEGER, opened REAL NOT NULL,
  updated REAL NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS silences (
  model TEXT NOT NULL, feature TEXT NOT NULL, begin REAL NOT NULL, until REAL NOT NULL,
  reason TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Part:
    """A Parquet file.

    Args:
        path: below the store's folder.
        kind: EVENTS or LABELS.
        model: the model's name.
        version: what answered; 0 for labels.
        rows: how many.
        size: bytes.
        first, last: the earliest and the latest time, in microseconds since the epoch.
        added: when it was added, in seconds since the epoch.
        columns: their types as Arrow spells them, by name.
    """

    path: str
    kind: str
    model: str
    version: int
    rows: int
    size: int
    first: int
    last: int
    added: float
    columns: dict[str, str]


_PART = "path, kind, model, version, row_count, bytes, first, last, added, columns"


def digest(model: str, row_id: str) -> bytes:
    """Return what is kept of an id that was deleted."""
    return hashlib.sha256(f"{model}\0{row_id}".encode()).digest()[:16]


class Manifest:
    """The database of one store. Safe for threads and processes.

    Args:
        folder: of the store; made where it is not there.

    Raises:
        DataLossError: what is there is no such database.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._local = threading.local()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise disk_error(folder, error) from None
        self._lock = threading.RLock()
        with self._errors():
            self._connection().executescript(_TABLES)
            version = self.setting("format", _VERSION)
            if version != _VERSION:
                message = f"{folder} is a monitoring store of format {version}, not {_VERSION}"
                raise errors.UnimplementedError(None, None, message)
            self.set_setting("format", _VERSION)

    def _connection(self) -> sqlite3.Connection:
        # A connection does not outlive a fork: SQLite's locks would be shared with the parent.
        if getattr(self._local, "process", None) != os.getpid():
            path = self._folder / DATABASE
            made = sqlite3.connect(path, timeout=60.0, isolation_level=None)
            made.execute("PRAGMA journal_mode=WAL")
            made.execute("PRAGMA synchronous=FULL")
            self._local.connection, self._local.process = made, os.getpid()
        return self._local.connection

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        path = self._folder / DATABASE
        try:
            yield
        except sqlite3.OperationalError as error:
            if "full" in str(error):
                raise errors.ResourceExhaustedError(None, None, f"{path}: {error}") from None
            raise errors.UnavailableError(None, None, f"{path}: {error}") from None
        except sqlite3.DatabaseError as error:
            raise errors.DataLossError(None, None, f"{path}: {error}") from None

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the store: nobody else adds or removes files meanwhile. Ends with the process."""
        with self._lock, (self._folder / ".lock").open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it, or nothing."""
        with self._errors():
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self._errors():
            return self._connection().execute(sql, values).fetchall()

    def setting(self, name: str, default: str) -> str:
        """Return a setting of the store."""
        found = self.query("SELECT value FROM settings WHERE name = ?", (name,))
        return found[0][0] if found else default

    def set_setting(self, name: str, value: str) -> None:
        """Change a setting of the store."""
        with self.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    def parts(
        self,
        kind: str = EVENTS,
        model: str | None = None,
        version: int | None = None,
        begin: int | None = None,
        end: int | None = None,
    ) -> list[Part]:
        """Return the files that may hold rows of a model between two times, by time.

        Args:
            kind: EVENTS or LABELS.
            model: None for all.
            version: None for all.
            begin, end: microseconds since the epoch; the end is not included.
        """
        where, values = ["kind = ?", "retired IS NULL"], [kind]
        given = {"model = ?": model, "version = ?": version, "last >= ?": begin, "first < ?": end}
        for clause, value in given.items():
            if value is not None:
                where.append(clause)
                values.append(value)
        sql = f"SELECT {_PART} FROM files WHERE {' AND '.join(where)} ORDER BY first, path"
        return [Part(*row[:-1], json.loads(row[-1])) for row in self.query(sql, values)]

    def replace(
        self,
        added: Iterable[Part],
        removed: Iterable[str] = (),
        *,
        sources: dict[str, int] | None = None,
        deleted: Iterable[bytes] = (),
        keeps_removed: bool = False,
    ) -> None:
        """Name files from now on, and no longer name others, all at once.

        Args:
            added: new files, on the disk already.
            removed: paths of files that no longer count.
            sources: how far logs have been read, by name.
            deleted: what must not come again.
            keeps_removed: whether readers may finish what they read of the removed ones.
        """
        now = time.time()
        removed = list(removed)
        with self.transaction() as connection:
            connection.executemany(
                f"INSERT INTO files ({_PART}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        p.path, p.kind, p.model, p.version, p.rows, p.size, p.first, p.last,
                        p.added, json.dumps(p.columns),
                    )
                    for p in added
                ],
            )  # fmt: skip
            if keeps_removed:
                sql = "UPDATE files SET retired = ? WHERE path = ?"
                connection.executemany(sql, [(now, path) for path in removed])
            else:
                connection.executemany("DELETE FROM files WHERE path = ?", [(p,) for p in removed])
            connection.executemany(
                "INSERT OR REPLACE INTO sources VALUES (?, ?)", list((sources or {}).items())
            )
            sql = "INSERT OR IGNORE INTO deleted VALUES (?)"
            connection.executemany(sql, [(each,) for each in deleted])

    def position(self, source: str) -> int:
        """Return how far a log has been read."""
        found = self.query("SELECT position FROM sources WHERE name = ?", (source,))
        return found[0][0] if found else 0

    def is_deleted(self, model: str, ids: Sequence[str]) -> set[str]:
        """Return those of the ids that were deleted on demand."""
        if not self.query("SELECT 1 FROM deleted LIMIT 1"):
            return set()
        with self._errors():
            find = self._connection().execute
            sql = "SELECT 1 FROM deleted WHERE digest = ?"
            return {each for each in ids if find(sql, (digest(model, each),)).fetchone()}

    def named(self) -> set[str]:
        """Return the paths of all files that count or are still being read."""
        return {row[0] for row in self.query("SELECT path FROM files")}

    def retired(self, before: float) -> list[str]:
        """Return the paths of files that no longer count since before a time."""
        return [row[0] for row in self.query("SELECT path FROM files WHERE retired < ?", (before,))]
