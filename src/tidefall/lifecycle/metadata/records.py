"""What the records of runs and of registered models share: their types, names and texts.

A record is a node of a type of this project's; what is told of it are custom properties that hold
texts.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

from tidefall.lifecycle.metadata.database import Database
from tidefall.lifecycle.metadata.kinds import CONTEXT, Kind


def type_id(database: Database, kind: Kind, name: str) -> int:
    """Return the id of a type without a version; it is made if it is new."""
    sql = "SELECT id FROM Type WHERE name = ? AND type_kind = ? AND version IS NULL"
    with database.transaction() as transaction:
        rows = transaction.rows(sql, (name, kind.type_kind))
        return (
            rows[0][0] if rows else transaction.insert("Type", name=name, type_kind=kind.type_kind)
        )


def context_named(database: Database, type_of: int, name: str) -> int | None:
    """Return the id of a context of a type, or None."""
    sql = "SELECT id FROM Context WHERE type_id = ? AND name = ?"
    rows = database.rows(sql, (type_of, name))
    return rows[0][0] if rows else None


def add_context(database: Database, type_of: int, name: str) -> int:
    """Insert a context of a type; returns its id."""
    now = now_ms()
    with database.transaction() as transaction:
        return transaction.insert(
            CONTEXT.name,
            type_id=type_of,
            name=name,
            create_time_since_epoch=now,
            last_update_time_since_epoch=now,
        )


def texts(database: Database, kind: Kind, keys: Sequence[int]) -> Iterable[tuple[int, str, str]]:
    """Yield id, name and value of the texts of nodes; those of a node in order of name."""
    sql = (
        f"SELECT {kind.owner}, name, string_value FROM {kind.name}Property "
        f"WHERE {kind.owner} IN ({{}}) AND is_custom_property = ? AND string_value IS NOT NULL "
        f"ORDER BY {kind.owner}, name"
    )
    return database.rows_in(sql, keys, (True,))


def put_texts(database: Database, kind: Kind, key: int, given: Mapping[str, str]) -> None:
    """Set texts of a node."""
    columns = (kind.owner, "name", "is_custom_property", "string_value")
    rows = [(key, name, True, text) for name, text in given.items()]
    with database.transaction() as transaction:
        transaction.put_many(f"{kind.name}Property", columns, columns[:3], rows)


def take_text(database: Database, kind: Kind, key: int, name: str) -> bool:
    """Delete a text of a node; returns whether it was there."""
    sql = f"DELETE FROM {kind.name}Property WHERE {kind.owner} = ? AND name = ?"
    with database.transaction() as transaction:
        return transaction.execute(sql, (key, name)) > 0


def now_ms() -> int:
    """Return the time in milliseconds since 1970."""
    return int(time.time() * 1000)
