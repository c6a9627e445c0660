"""How the tables lie in a file: for each field its place in the vtable, its kind and its width."""

from __future__ import annotations

import functools
import types
import typing
from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, Any, get_args, get_origin

from tidefall.lite.schema.enums import WIDTHS
from tidefall.lite.schema.table import Table, UnionOf, field_ids, fields_of, required_of


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a table in a file.

    Args:
        name: the attribute.
        slot: the byte in the vtable where its offset stands.
        kind: "scalar", "string", "bytes", "table", "union" or "vector".
        code: the width of a scalar, or of a vector's elements, in the letters of `struct`; "" for
            vectors of strings and tables.
        type: the class of a table, of an enumeration, or of a vector's elements; bool; or None.
        members: the classes of a union, in order of their numbers from 1.
        default: what an absent scalar is.
        required: whether an empty vector or string is written.
    """

    name: str
    slot: int
    kind: str
    code: str
    type: Any
    members: tuple[type[Table], ...]
    default: Any
    required: bool


@functools.cache
def layout(cls: type[Table]) -> tuple[Field, ...]:
    """The fields of a table, in order of their ids."""
    ids = field_ids(cls)
    required = required_of(cls)
    return tuple(
        _field(name, hint, 4 + 2 * ids[name], getattr(cls, name), name in required)
        for name, hint in fields_of(cls).items()
    )


def _field(name: str, hint: Any, slot: int, default: Any, required: bool) -> Field:
    kind, code, cls, members = _kind(hint)
    return Field(name, slot, kind, code, cls, members, default, required)


def _kind(hint: Any) -> tuple[str, str, Any, tuple[type[Table], ...]]:
    if hint is str:
        return "string", "", None, ()
    if hint is bool:
        return "scalar", "?", bool, ()
    if get_origin(hint) is Annotated:
        note = hint.__metadata__[0]
        if isinstance(note, UnionOf):
            return "union", "", None, note.members
        return ("bytes", "B", None, ()) if note == "bytes" else ("scalar", note, None, ())
    if get_origin(hint) is list:
        _, code, cls, _ = _kind(get_args(hint)[0])
        return "vector", code, cls, ()
    if get_origin(hint) in (types.UnionType, typing.Union):
        hint = next(each for each in get_args(hint) if each is not type(None))
    if issubclass(hint, IntEnum):
        return "scalar", WIDTHS.get(hint, "b"), hint, ()
    return "table", "", hint, ()
