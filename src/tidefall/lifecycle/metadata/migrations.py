"""Makes the tables of a new database, and brings those of an older version up to date.

ML Metadata's schema is versioned in `MLMDEnv`, the project's own tables in `TidefallEnv`. Files of
ML Metadata's versions 6 to 9 are rebuilt as version 10, in one transaction: every table is made
anew, and its rows are copied.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from tidefall.base import errors
from tidefall.lifecycle.metadata import schema

if TYPE_CHECKING:
    from tidefall.lifecycle.metadata.database import Database, Transaction


def prepare(database: Database) -> None:
    """Make or update the tables.

    Raises:
        FailedPreconditionError: the schema is older than 6 or newer than 10, or tables of these
            names belong to something else.
    """
    # MySQL shows the tables that another process is making one by one: who finds some waits for it.
    with contextlib.suppress(errors.FailedPreconditionError):
        if _versions(database) == (schema.VERSION, schema.OWN_VERSION):
            return
    with database.transaction() as transaction:
        # Another process may have been first.
        found, own = _versions(database)
        if found is None:
            _create(database, transaction)
        elif found != schema.VERSION:
            _upgrade(database, transaction, found)
        if own is None:
            _create_own(database, transaction)
        elif own != schema.OWN_VERSION:
            raise _refused(database, f"its own tables are of version {own}", schema.OWN_VERSION)


def _versions(database: Database) -> tuple[int | None, int | None]:
    found = _version(database, "MLMDEnv")
    if found is None and database.has_table("Artifact"):
        raise _refused(database, "it has a table Artifact and no MLMDEnv", schema.VERSION)
    return found, _version(database, "TidefallEnv")


def _version(database: Database, table: str) -> int | None:
    if not database.has_table(table):
        return None
    rows = database.rows(f"SELECT schema_version FROM {table}")
    if len(rows) != 1:
        raise _refused(database, f"{table} has {len(rows)} rows instead of one", schema.VERSION)
    return rows[0][0]


def _create(database: Database, transaction: Transaction) -> None:
    for table in schema.TABLES:
        transaction.execute(database.dialect.create_table(table))
    _create_indices(database, transaction, schema.INDICES)
    for name, kind in schema.SYSTEM_TYPES:
        transaction.insert("Type", name=name, type_kind=kind)
    transaction.execute("INSERT INTO MLMDEnv (schema_version) VALUES (?)", [schema.VERSION])


def _create_own(database: Database, transaction: Transaction) -> None:
    for table in schema.OWN_TABLES:
        transaction.execute(database.dialect.create_table(table))
    _create_indices(database, transaction, schema.OWN_INDICES)
    transaction.execute("INSERT INTO TidefallEnv (schema_version) VALUES (?)", [schema.OWN_VERSION])


def _create_indices(database: Database, transaction: Transaction, indices: Any) -> None:
    for index in indices:
        transaction.execute(database.dialect.create_index(index))


def _upgrade(database: Database, transaction: Transaction, found: int) -> None:
    if database.dialect_is_served or not schema.OLDEST <= found < schema.VERSION:
        raise _refused(database, f"its schema is of version {found}", schema.VERSION)
    for table in schema.TABLES:
        _rebuild(database, transaction, table)
    _create_indices(database, transaction, schema.INDICES)
    transaction.execute("UPDATE MLMDEnv SET schema_version = ?", [schema.VERSION])


def _rebuild(database: Database, transaction: Transaction, table: schema.Table) -> None:
    if not database.has_table(table.name):  # ML Metadata made ParentType and others on the way.
        transaction.execute(database.dialect.create_table(table))
        return
    had = {row[1] for row in transaction.rows(f"PRAGMA table_info({table.name})")}
    # Their names would be taken.
    sql = "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL"
    for (index,) in transaction.rows(sql, [table.name]):
        transaction.execute(f"DROP INDEX {index}")
    transaction.execute(f"ALTER TABLE {table.name} RENAME TO {table.name}Before")
    transaction.execute(database.dialect.create_table(table))
    names = ", ".join(column.name for column in table.columns if column.name in had)
    # Of events that version 8 no longer tells apart, the last stays, as ML Metadata does it.
    order = " ORDER BY id DESC" if table.name == "Event" else ""
    transaction.execute(
        f"INSERT OR IGNORE INTO {table.name} ({names}) "
        f"SELECT {names} FROM {table.name}Before{order}"
    )
    transaction.execute(f"DROP TABLE {table.name}Before")
    if table.name == "EventPath":
        transaction.execute("DELETE FROM EventPath WHERE event_id NOT IN (SELECT id FROM Event)")


def _refused(database: Database, what: str, expected: int) -> errors.FailedPreconditionError:
    return errors.FailedPreconditionError(
        None,
        None,
        f"metadata store {database.where}: {what}; version {expected} of the schema is "
        f"known here (SQLite files from version {schema.OLDEST} on are brought up to date)",
    )
