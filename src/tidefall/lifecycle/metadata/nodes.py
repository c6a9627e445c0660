"""Artifacts, executions and contexts: rows and properties, to messages and back."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.metadata import values
from tidefall.lifecycle.metadata.database import Database, Transaction
from tidefall.lifecycle.metadata.kinds import CONTEXT, Kind
from tidefall.lifecycle.metadata.types import TypeTable

_TIMES = ("create_time_since_epoch", "last_update_time_since_epoch")


class NodeTable:
    """The nodes of one kind."""

    def __init__(self, database: Database, kind: Kind, types: TypeTable) -> None:
        self._database = database
        self._kind = kind
        self._types = types

    # -- writing

    def put(self, nodes: Sequence[Any], force_update_time: bool = False) -> list[int]:
        """Insert nodes without an id, update those with one; returns their ids, in order."""
        with self._database.transaction() as transaction:
            types = self._types_of(nodes)
            stored = {n.id: n for n in self.by("id", [n.id for n in nodes if n.HasField("id")])}
            ids = []
            for node in nodes:
                if not node.HasField("id"):
                    ids.append(self._insert(transaction, node, types))
                    continue
                if node.id not in stored:
                    raise _invalid(f"there is no {self._kind.word} with id {node.id}")
                self._update(transaction, node, stored[node.id], types, force_update_time)
                ids.append(node.id)
        return ids

    def _types_of(self, nodes: Sequence[Any]) -> dict[int, Any]:
        wanted = {node.type_id for node in nodes if node.HasField("type_id")}
        return {found.id: found for found in self._types.by(self._kind, "id", wanted)}

    def _insert(self, transaction: Transaction, node: Any, types: dict[int, Any]) -> int:
        kind = self._kind
        if not node.HasField("type_id"):
            raise _invalid(f"the {kind.word} to be stored has no type_id")
        if node.type_id not in types:
            raise errors.NotFoundError(
                None, None, f"metadata: there is no {kind.word} type with id {node.type_id}"
            )
        if kind is CONTEXT and not node.name:
            raise _invalid("a context needs a name")
        self._check(node, types[node.type_id])
        now = int(time.time() * 1000)
        row = {c: getattr(node, c) for c in kind.columns if node.HasField(c)}
        for name in ("name", "external_id"):
            if row.get(name) == "":
                del row[name]
        node_id = transaction.insert(kind.name, **row, **dict.fromkeys(_TIMES, now))
        self._insert_properties(transaction, node_id, node)
        return node_id

    def _update(
        self, transaction: Transaction, node: Any, stored: Any, types: dict[int, Any], force: bool
    ) -> None:
        kind = self._kind
        if node.HasField("type_id") and node.type_id != stored.type_id:
            raise _invalid(
                f"{kind.word} {node.id} has the type {stored.type_id}, and {node.type_id} was given"
            )
        if node.HasField("name") and node.name != stored.name:
            raise _invalid(
                f"{kind.word} {node.id} is named {stored.name!r}, and {node.name!r} was given"
            )
        found = types.get(stored.type_id) or self._types.by(kind, "id", [stored.type_id])[0]
        self._check(node, found)
        changes = {
            c: (getattr(node, c) or None)
            for c in kind.columns
            if c not in ("type_id", "name") and getattr(node, c) != getattr(stored, c)
        }
        same = dict(node.properties) == dict(stored.properties)
        same &= dict(node.custom_properties) == dict(stored.custom_properties)
        if not same:
            transaction.execute(
                f"DELETE FROM {kind.name}Property WHERE {kind.owner} = ?", [node.id]
            )
            self._insert_properties(transaction, node.id, node)
        if changes or not same or force:
            changes["last_update_time_since_epoch"] = int(time.time() * 1000)
            transaction.update(kind.name, node.id, **changes)

    def _check(self, node: Any, its_type: Any) -> None:
        """The properties must be among the type's, each of its type."""
        for name, value in node.properties.items():
            expected = its_type.properties.get(name)
            if expected is None:
                known = sorted(its_type.properties)
                raise _invalid(
                    f"type {its_type.name!r} has no property {name!r}; it has {known}. What the "
                    "type does not name belongs to custom_properties"
                )
            if values.type_of(value) != expected:
                from tidefall.proto import mlmd

                name_of = mlmd.PropertyType.Name
                raise _invalid(
                    f"property {name!r} of type {its_type.name!r} is {name_of(expected)}, and "
                    f"{name_of(values.type_of(value))} was given"
                )

    def _insert_properties(self, transaction: Transaction, node_id: int, node: Any) -> None:
        rows = [
            (node_id, name, is_custom, *values.to_columns(value, f"property {name!r}"))
            for is_custom, properties in ((False, node.properties), (True, node.custom_properties))
            for name, value in properties.items()
        ]
        columns = (self._kind.owner, "name", "is_custom_property", *values.COLUMNS)
        transaction.insert_many(f"{self._kind.name}Property", columns, rows)

    # -- reading

    def by(self, column: str, wanted: Iterable[Any]) -> list[Any]:
        """Return the nodes whose column has one of some values, by id."""
        rows = self._database.rows_in(f"{self._select()} WHERE n.{column} IN ({{}})", list(wanted))
        return self._messages(list(rows))

    def where(self, condition: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Return the nodes that meet a condition on `n`, by id unless it says an order."""
        return self._messages(self._database.rows(f"{self._select()} {condition}", parameters))

    def of_type(self, name: str, version: str | None) -> list[Any]:
        """Return the nodes of a type; none where there is no such type."""
        found = self._types.find(self._kind, name, version)
        return [] if found is None else self.by("type_id", [found.id])

    def named(self, type_name: str, name: str, version: str | None) -> Any | None:
        """Return the node of a type and a name, or None."""
        found = self._types.find(self._kind, type_name, version)
        if found is None:
            return None
        nodes = self.where("WHERE n.type_id = ? AND n.name = ?", (found.id, name))
        return nodes[0] if nodes else None

    def _select(self) -> str:
        columns = ", ".join(f"n.{c}" for c in ("id", *self._kind.columns, *_TIMES))
        return (
            f"SELECT {columns}, t.name FROM {self._kind.name} n LEFT JOIN Type t "
            "ON t.id = n.type_id"
        )

    def _messages(self, rows: Sequence[Any]) -> list[Any]:
        fields = ("id", *self._kind.columns, *_TIMES, "type")
        found = {}
        for row in rows:
            message = found[row[0]] = self._kind.message()
            for field, value in zip(fields, row, strict=True):
                if value is not None:
                    setattr(message, field, value)
        self._fill(found)
        return list(found.values())

    def _fill(self, found: dict[int, Any]) -> None:
        kind = self._kind
        sql = (
            f"SELECT {kind.owner}, name, is_custom_property, {', '.join(values.COLUMNS)} "
            f"FROM {kind.name}Property WHERE {kind.owner} IN ({{}})"
        )
        for node_id, name, is_custom, *columns in self._database.rows_in(sql, list(found)):
            node = found[node_id]
            properties = node.custom_properties if is_custom else node.properties
            values.from_columns(columns, properties[name], self._database.where)


def _invalid(what: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, f"metadata: {what}")
