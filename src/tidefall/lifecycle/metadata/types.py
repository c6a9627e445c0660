"""Types of artifacts, executions and contexts: the properties that their nodes may have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.metadata import schema
from tidefall.lifecycle.metadata.database import Database
from tidefall.lifecycle.metadata.kinds import Kind

_SELECT = (
    "SELECT id, name, version, description, input_type, output_type, external_id FROM Type WHERE "
)


class TypeTable:
    """The types of a database. A node's type is read again only where it may have changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, kind: Kind, given: Any, can_add: bool, can_omit: bool) -> int:
        """Store a type, or add fields to it; returns its id. See `MetadataStore`."""
        if not given.name:
            raise _invalid(f"a type of {kind.word}s needs a name")
        for name, data_type in given.properties.items():
            if not data_type:
                raise _invalid(f"type {given.name!r}: property {name!r} has the type UNKNOWN")
        with self._database.transaction():
            stored = self.find(kind, given.name, given.version or None)
            type_id = self._insert(kind, given) if stored is None else stored.id
            if stored is not None:
                self._evolve(stored, given, can_add, can_omit)
            if given.HasField("base_type"):
                self._put_base(kind, type_id, given)
        return type_id

    def _insert(self, kind: Kind, given: Any) -> int:
        values: dict[str, Any] = {"name": given.name, "type_kind": kind.type_kind}
        for field in ("version", "description", "external_id"):
            if getattr(given, field):
                values[field] = getattr(given, field)
        if kind.name == "Execution":
            from google.protobuf.json_format import MessageToJson

            for field in ("input_type", "output_type"):
                if given.HasField(field):
                    message = getattr(given, field)
                    values[field] = MessageToJson(message, preserving_proto_field_name=True)
        with self._database.transaction() as transaction:
            type_id = transaction.insert("Type", **values)
            rows = [(type_id, name, kind) for name, kind in given.properties.items()]
            transaction.insert_many("TypeProperty", ("type_id", "name", "data_type"), rows)
        return type_id

    def _evolve(self, stored: Any, given: Any, can_add: bool, can_omit: bool) -> None:
        omitted = sorted(set(stored.properties) - set(given.properties))
        if omitted and not can_omit:
            raise _exists(given.name, f"lacks the stored properties {omitted}", "can_omit_fields")
        added = sorted(set(given.properties) - set(stored.properties))
        if added and not can_add:
            raise _exists(given.name, f"has the new properties {added}", "can_add_fields")
        for name in set(stored.properties) & set(given.properties):
            if stored.properties[name] != given.properties[name]:
                what = f"gives property {name!r} another type than it is stored with"
                raise _exists(given.name, what, "another name or version")
        with self._database.transaction() as transaction:
            rows = [(stored.id, name, given.properties[name]) for name in added]
            transaction.insert_many("TypeProperty", ("type_id", "name", "data_type"), rows)
            if given.external_id and given.external_id != stored.external_id:
                transaction.update("Type", stored.id, external_id=given.external_id)

    def _put_base(self, kind: Kind, type_id: int, given: Any) -> None:
        names = _base_names(kind)
        if given.base_type not in names:  # UNSET
            return
        (base,) = self._database.rows(
            "SELECT id FROM Type WHERE name = ? AND type_kind = ? AND version IS NULL",
            (names[given.base_type], kind.type_kind),
        )
        with self._database.transaction() as transaction:
            had = transaction.rows(
                "SELECT parent_type_id FROM ParentType WHERE type_id = ?", [type_id]
            )
            if had and had[0][0] != base[0]:
                raise _exists(given.name, "has another base type", "a new name or version")
            if not had:
                columns = ("type_id", "parent_type_id")
                transaction.insert_many("ParentType", columns, [(type_id, base[0])])

    def find(self, kind: Kind, name: str, version: str | None) -> Any | None:
        """Return a type by its name and version, or None."""
        condition, parameters = "version IS NULL", [kind.type_kind, name]
        if version:
            condition, parameters = "version = ?", [*parameters, version]
        sql = f"{_SELECT} type_kind = ? AND name = ? AND {condition}"
        found = self._messages(kind, self._database.rows(sql, parameters))
        return found[0] if found else None

    def all(self, kind: Kind) -> list[Any]:
        """Return every type of a kind, by id."""
        sql = f"{_SELECT} type_kind = ? ORDER BY id"
        return self._messages(kind, self._database.rows(sql, [kind.type_kind]))

    def by(self, kind: Kind, column: str, values: Iterable[Any]) -> list[Any]:
        """Return the types whose `id` or `external_id` is among values."""
        sql = f"{_SELECT} {column} IN ({{}}) AND type_kind = ?"
        rows = self._database.rows_in(sql, list(values), [kind.type_kind])
        return self._messages(kind, list(rows))

    def _messages(self, kind: Kind, rows: Sequence[Any]) -> list[Any]:
        found = {}
        for type_id, name, version, description, given, made, external_id in rows:
            message = found[type_id] = kind.type_message()
            message.id, message.name = type_id, name
            for field, value in (
                ("version", version), ("description", description), ("external_id", external_id)
            ):  # fmt: skip
                if value:
                    setattr(message, field, value)
            for field, value in (("input_type", given), ("output_type", made)):
                if value:
                    _parse(getattr(message, field), value, self._database.where)
        self._fill(kind, found)
        return list(found.values())

    def _fill(self, kind: Kind, found: dict[int, Any]) -> None:
        sql = "SELECT type_id, name, data_type FROM TypeProperty WHERE type_id IN ({})"
        for type_id, name, data_type in self._database.rows_in(sql, list(found)):
            found[type_id].properties[name] = data_type
        sql = (
            "SELECT p.type_id, t.name FROM ParentType p JOIN Type t ON t.id = p.parent_type_id "
            "WHERE p.type_id IN ({})"
        )
        bases = {name: value for value, name in _base_names(kind).items()}
        for type_id, name in self._database.rows_in(sql, list(found)):
            if name in bases:
                found[type_id].base_type = bases[name]


def _base_names(kind: Kind) -> dict[int, str]:
    """The names of the types that every store begins with, by the value of `base_type`."""
    enum = kind.type_message().DESCRIPTOR.enum_types_by_name["SystemDefinedBaseType"]
    names = {name.rpartition(".")[2].upper(): name for name, _ in schema.SYSTEM_TYPES}
    return {value.number: names[value.name] for value in enum.values if value.name in names}


def _parse(message: Any, text: str, where: str) -> None:
    from google.protobuf import json_format

    try:
        json_format.Parse(text, message)
    except json_format.ParseError as error:
        raise errors.DataLossError(
            None, None, f"metadata store {where}: damaged type: {error}"
        ) from None


def _exists(name: str, what: str, remedy: str) -> errors.AlreadyExistsError:
    message = f"metadata: type {name!r} exists, and what is given {what}; see {remedy}"
    return errors.AlreadyExistsError(None, None, message)


def _invalid(what: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, f"metadata: {what}")
