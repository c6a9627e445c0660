"""What SQLite, PostgreSQL and MySQL say differently: types, placeholders, upserts, locks, errors.

A dialect is chosen by the URL: a path or `sqlite:///path`, `postgresql://user@host/database`, or
`mysql://user:password@host/database`. Statements are written once, with `?` for a parameter and
names that need no quotes.
"""

from __future__ import annotations

import contextlib
import math
import os
import sqlite3
import sys
import urllib.parse
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

from tidefall.base import errors
from tidefall.lifecycle.metadata.schema import Column, Index, Table

LOCK_SECONDS = 60
"""How long a writer waits for the others."""


class Dialect(Protocol):
    """One database: how to reach it, and how it says what the others say otherwise."""

    where: str
    """What errors call the database; no password is in it."""

    def connect(self) -> Any: ...
    def execute(self, connection: Any, sql: str, parameters: Sequence[Any]) -> Any: ...
    def execute_many(self, connection: Any, sql: str, rows: Sequence[Sequence[Any]]) -> None: ...
    def insert(self, connection: Any, sql: str, parameters: Sequence[Any]) -> int: ...
    def begin(self, connection: Any, is_exclusive: bool, is_durable: bool) -> None: ...
    def end(self, connection: Any) -> None: ...
    def upsert(self, table: str, columns: Sequence[str], keys: Sequence[str]) -> str: ...
    def insert_missing(self, table: str, columns: Sequence[str], keys: Sequence[str]) -> str: ...
    def has_table(self, connection: Any, name: str) -> bool: ...
    def create_table(self, table: Table) -> str: ...
    def create_index(self, index: Index) -> str: ...
    def error(self, error: Exception) -> Exception | None: ...


def dialect_for(url: str) -> Dialect:
    """Return the dialect of a database.

    Args:
        url: a path or a URL.

    Raises:
        InvalidArgumentError: no dialect has the URL's scheme.
    """
    scheme, colon, rest = url.partition("://")
    if not colon or len(scheme) == 1:  # "C://" is a drive.
        return Sqlite(url)
    if scheme == "sqlite":
        return Sqlite(rest.removeprefix("/") if rest.startswith("/") else rest)
    if scheme in ("postgresql", "postgres"):
        return Postgresql(url)
    if scheme in ("mysql", "mysql+pymysql"):
        return Mysql(url)
    raise errors.InvalidArgumentError(
        None,
        None,
        f"metadata store: {_without_password(url)!r} has the scheme {scheme!r}; a path, sqlite://, "
        "postgresql:// or mysql:// was expected",
    )


class Sqlite:
    """A file, with a write-ahead log: readers do not wait for the writer."""

    kinds: ClassVar[dict[str, str]] = {
        "key": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "version": "INTEGER PRIMARY KEY",
        "ref": "INT",
        "int": "INT",
        "bigint": "INT",
        "time": "INT",
        "flag": "TINYINT(1)",
        "flag_number": "TINYINT(1)",
        "bool": "BOOLEAN",
        "double": "DOUBLE",
        "text": "TEXT",
        "name": "VARCHAR(255)",
        "unique_name": "VARCHAR(255) UNIQUE",
        "blob": "BLOB",
    }

    def __init__(self, path: str) -> None:
        self.path = os.path.abspath(os.path.expanduser(path))
        self.where = self.path

    def connect(self) -> sqlite3.Connection:
        with contextlib.suppress(OSError):
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
        connection = sqlite3.connect(
            self.path, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def execute(self, connection: Any, sql: str, parameters: Sequence[Any]) -> Any:
        return connection.execute(sql, parameters)

    def execute_many(self, connection: Any, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        connection.executemany(sql, rows)

    def insert(self, connection: Any, sql: str, parameters: Sequence[Any]) -> int:
        return connection.execute(sql, parameters).lastrowid

    def begin(self, connection: Any, is_exclusive: bool, is_durable: bool) -> None:
        # A transaction that reads first and writes then would fail where another wrote between.
        connection.execute(f"PRAGMA synchronous={'FULL' if is_durable else 'NORMAL'}")
        connection.execute("BEGIN IMMEDIATE")

    def end(self, connection: Any) -> None:
        pass

    def upsert(self, table: str, columns: Sequence[str], keys: Sequence[str]) -> str:
        rest = [column for column in columns if column not in keys]
        changes = ", ".join(f"{column} = excluded.{column}" for column in rest)
        return f"{_insert(table, columns)} ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}"

    def insert_missing(self, table: str, columns: Sequence[str], keys: Sequence[str]) -> str:
        return f"{_insert(table, columns)} ON CONFLICT ({', '.join(keys)}) DO NOTHING"

    def has_table(self, connection: Any, name: str) -> bool:
        sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
        return connection.execute(sql, (name,)).fetchone() is not None

    def create_table(self, table: Table) -> str:
        return _create_table(table, self.kinds)

    def create_index(self, index: Index) -> str:
        where = f" WHERE {index.columns[-1]} IS NOT NULL" if index.is_sparse else ""
        return (
            f"CREATE INDEX IF NOT EXISTS {index.name} ON {index.table}"
            f"({', '.join(index.columns)}){where}"
        )

    def error(self, error: Exception) -> Exception | None:
        if not isinstance(error, sqlite3.Error):
            return None
        text = str(error)
        return _error(_kind_of_sqlite(error, text), f"metadata store {self.where}: {text}")


def _kind_of_sqlite(error: sqlite3.Error, text: str) -> type[errors.OpError]:
    for words, kind in (
        ("UNIQUE", errors.AlreadyExistsError),
        ("disk is full", errors.ResourceExhaustedError),
        ("disk I/O error", errors.ResourceExhaustedError),
        ("locked", errors.UnavailableError),
        ("unable to open", errors.NotFoundError),
        ("readonly", errors.PermissionDeniedError),
        ("not a database", errors.DataLossError),
        ("malformed", errors.DataLossError),
        ("no such", errors.DataLossError),
        ("too large", errors.OutOfRangeError),
    ):
        if words in text:
            return kind
    is_wrong_value = isinstance(error, sqlite3.IntegrityError | sqlite3.DataError)
    return errors.InvalidArgumentError if is_wrong_value else errors.InternalError


class _Served:
    """What the two databases behind a server have in common."""

    kinds: ClassVar[dict[str, str]]

    def execute(self, connection: Any, sql: str, parameters: Sequence[Any]) -> Any:
        cursor = connection.cursor()
        cursor.execute(sql.replace("?", "%s"), tuple(parameters))
        return cursor

    def execute_many(self, connection: Any, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        if rows:
            connection.cursor().executemany(sql.replace("?", "%s"), rows)

    def create_table(self, table: Table) -> str:
        return _create_table(table, self.kinds)


class Postgresql(_Served):
    """A database of a PostgreSQL server, by psycopg 3."""

    kinds: ClassVar[dict[str, str]] = {
        "key": "BIGSERIAL PRIMARY KEY",
        "version": "INT PRIMARY KEY",
        "ref": "INT",
        "int": "BIGINT",
        "bigint": "BIGINT",
        "time": "BIGINT",
        "flag": "BOOLEAN",
        "flag_number": "SMALLINT",
        "bool": "BOOLEAN",
        "double": "DOUBLE PRECISION",
        "text": "TEXT",
        "name": "VARCHAR(255)",
        "unique_name": "VARCHAR(255) UNIQUE",
        "blob": "BYTEA",
    }
    _LOCK = 0x7469_6465  # Any number that other programs do not take.

    def __init__(self, url: str) -> None:
        self.url = url
        self.where = _without_password(url)

    def connect(self) -> Any:
        psycopg = _driver("psycopg", self.where)
        connection = psycopg.connect(self.url, autocommit=True, connect_timeout=10)
        connection.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
        return connection

    def insert(self, connection: Any, sql: str, parameters: Sequence[Any]) -> int:
        return self.execute(connection, f"{sql} RETURNING id", parameters).fetchone()[0]

    def begin(self, connection: Any, is_exclusive: bool, is_durable: bool) -> None:
        connection.execute("BEGIN")
        if is_exclusive:
            connection.execute(f"SELECT pg_advisory_xact_lock({self._LOCK})")

    def end(self, connection: Any) -> None:
        pass  # The lock goes with the transaction.

    upsert = Sqlite.upsert
    insert_missing = Sqlite.insert_missing

    def has_table(self, connection: Any, name: str) -> bool:
        # By a table of the catalogue: `to_regclass` may answer from before the lock was taken.
        sql = (
            "SELECT 1 FROM pg_tables WHERE tablename = %s "
            "AND schemaname = ANY(current_schemas(false))"
        )
        return connection.execute(sql, (name.lower(),)).fetchone() is not None

    def create_index(self, index: Index) -> str:
        # A row of an index holds 2.7 kB, a text property whatever it likes.
        columns = ["left(string_value, 255)" if c == "string_value" else c for c in index.columns]
        if index.columns == ("uri",):
            columns = ["left(uri, 1000)"]
        return f"CREATE INDEX IF NOT EXISTS {index.name} ON {index.table}({', '.join(columns)})"

    def error(self, error: Exception) -> Exception | None:
        import psycopg

        if not isinstance(error, psycopg.Error):
            return None
        text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        state = (getattr(error, "sqlstate", None) or "08")[:2]
        kind = {
            "08": errors.UnavailableError,
            "22": errors.InvalidArgumentError,
            "28": errors.UnauthenticatedError,
            "3D": errors.NotFoundError,
            "40": errors.AbortedError,
            "42": errors.FailedPreconditionError,
            "53": errors.ResourceExhaustedError,
            "55": errors.UnavailableError,
            "57": errors.UnavailableError,
        }.get(state, errors.InternalError)
        if isinstance(error, psycopg.errors.UniqueViolation):
            kind = errors.AlreadyExistsError
        elif state == "23":
            kind = errors.InvalidArgumentError
        return _error(kind, f"metadata store {self.where}: {text}")


class Mysql(_Served):
    """A database of a MySQL or MariaDB server, by PyMySQL."""

    kinds: ClassVar[dict[str, str]] = {
        "key": "BIGINT PRIMARY KEY AUTO_INCREMENT",
        "version": "INT PRIMARY KEY",
        "ref": "INT",
        "int": "BIGINT",
        "bigint": "BIGINT",
        "time": "BIGINT",
        "flag": "TINYINT(1)",
        "flag_number": "TINYINT(1)",
        "bool": "BOOLEAN",
        "double": "DOUBLE",
        "text": "MEDIUMTEXT",
        "name": "VARCHAR(255)",
        "unique_name": "VARCHAR(255) UNIQUE",
        "blob": "MEDIUMBLOB",
    }

    def __init__(self, url: str) -> None:
        self.parts = urllib.parse.urlsplit(url)
        self.where = _without_password(url)

    def connect(self) -> Any:
        pymysql = _driver("pymysql", self.where)
        parts, query = self.parts, dict(urllib.parse.parse_qsl(self.parts.query))
        address: dict[str, Any] = {
            "host": parts.hostname or "localhost",
            "port": parts.port or 3306,
        }
        if "unix_socket" in query:
            address = {"unix_socket": query["unix_socket"]}
        return pymysql.connect(
            **address,
            user=urllib.parse.unquote(parts.username or ""),
            password=urllib.parse.unquote(parts.password or ""),
            database=parts.path.lstrip("/"),
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=10,
            conv=_mysql_conversions(),
            # Names of types, runs and models are told apart by case, as elsewhere.
            init_command="SET NAMES utf8mb4 COLLATE utf8mb4_bin",
        )

    def insert(self, connection: Any, sql: str, parameters: Sequence[Any]) -> int:
        return self.execute(connection, sql, parameters).lastrowid

    def begin(self, connection: Any, is_exclusive: bool, is_durable: bool) -> None:
        if is_exclusive:
            sql = "SELECT GET_LOCK(CONCAT(DATABASE(), '.tidefall'), ?)"
            if self.execute(connection, sql, (LOCK_SECONDS,)).fetchone()[0] != 1:
                message = f"metadata store {self.where}: other writers kept it for {LOCK_SECONDS} s"
                raise errors.UnavailableError(None, None, message)
        # What another committed before this transaction began is seen by its first read.
        self.execute(connection, "SET TRANSACTION ISOLATION LEVEL READ COMMITTED", ())
        connection.begin()

    def end(self, connection: Any) -> None:
        self.execute(connection, "SELECT RELEASE_LOCK(CONCAT(DATABASE(), '.tidefall'))", ())

    def upsert(self, table: str, columns: Sequence[str], keys: Sequence[str]) -> str:
        rest = [column for column in columns if column not in keys]
        changes = ", ".join(f"{column} = VALUES({column})" for column in rest)
        return f"{_insert(table, columns)} ON DUPLICATE KEY UPDATE {changes}"

    def insert_missing(self, table: str, columns: Sequence[str], keys: Sequence[str]) -> str:
        return f"{_insert(table, columns)} ON DUPLICATE KEY UPDATE {keys[0]} = {keys[0]}"

    def has_table(self, connection: Any, name: str) -> bool:
        return self.execute(connection, "SHOW TABLES LIKE ?", (name,)).fetchone() is not None

    def create_table(self, table: Table) -> str:
        collation = " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
        return super().create_table(table) + collation

    def create_index(self, index: Index) -> str:
        columns = [f"{c}(255)" if c in ("string_value", "uri") else c for c in index.columns]
        return f"CREATE INDEX {index.name} ON {index.table}({', '.join(columns)})"

    def error(self, error: Exception) -> Exception | None:
        import pymysql

        if not isinstance(error, pymysql.Error):
            return None
        number, text = (error.args + ("",))[:2] if error.args else (0, "")
        kind = {
            1044: errors.PermissionDeniedError,
            1045: errors.UnauthenticatedError,
            1049: errors.NotFoundError,
            1062: errors.AlreadyExistsError,
            1114: errors.ResourceExhaustedError,
            1205: errors.UnavailableError,
            1213: errors.AbortedError,
            1264: errors.OutOfRangeError,
            1406: errors.InvalidArgumentError,
            2003: errors.UnavailableError,
            2006: errors.UnavailableError,
            2013: errors.UnavailableError,
        }.get(number, errors.InternalError)
        return _error(kind, f"metadata store {self.where}: {text or error}")


def _mysql_conversions() -> dict[Any, Any]:
    """How values go to MySQL and come from it, which has no infinity: the largest float is it."""
    from pymysql import converters
    from pymysql.constants import FIELD_TYPE

    def to_mysql(value: float, mapping: Any = None) -> str:
        if math.isinf(value):
            value = math.copysign(sys.float_info.max, value)
        return converters.escape_float(value, mapping)

    def from_mysql(text: str) -> float:
        value = float(text)
        return math.copysign(math.inf, value) if abs(value) == sys.float_info.max else value

    return {**converters.conversions, float: to_mysql, FIELD_TYPE.DOUBLE: from_mysql}


def _insert(table: str, columns: Sequence[str]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def _create_table(table: Table, kinds: dict[str, str]) -> str:
    lines = [_column(column, kinds) for column in table.columns]
    lines += [f"PRIMARY KEY ({', '.join(table.primary)})"] if table.primary else []
    lines += [f"UNIQUE({', '.join(columns)})" for columns in table.unique]
    return f"CREATE TABLE IF NOT EXISTS {table.name} ({', '.join(lines)})"


def _column(column: Column, kinds: dict[str, str]) -> str:
    words = f"{column.name} {kinds[column.kind]}"
    if column.is_required:
        words += " NOT NULL"
    return f"{words} DEFAULT 0" if column.kind == "time" else words


def _driver(name: str, where: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        message = (
            f"metadata store {where}: the package {name!r} is needed "
            f"(pip install 'tidefall[metadata]'): {error}"
        )
        raise errors.FailedPreconditionError(None, None, message) from None


def _without_password(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    if parts.password is None:
        return url
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{parts.username or ''}@{host}").geturl()


def _error(kind: type[errors.OpError], message: str) -> Exception:
    return kind(None, None, message)  # pyright: ignore[reportCallIssue]
