"""What a table of the schema is: a class whose annotations are its fields, in order of ids."""

from __future__ import annotations

import inspect
import typing
from typing import Annotated, Any, ClassVar, dataclass_transform

int8 = Annotated[int, "b"]
uint8 = Annotated[int, "B"]
int16 = Annotated[int, "h"]
uint16 = Annotated[int, "H"]
int32 = Annotated[int, "i"]
uint32 = Annotated[int, "I"]
int64 = Annotated[int, "q"]
uint64 = Annotated[int, "Q"]
float32 = Annotated[float, "f"]
Bytes = Annotated[Any, "bytes"]
"""A vector of bytes: `bytes`, or anything with a buffer such as a NumPy array."""


EMPTY: Any = ()
"""The default of a vector; a new object has a new list."""


class UnionOf:
    """Says that a field is a union: one of several tables, told apart by a number.

    Args:
        members: the classes, in order of their numbers from 1.
    """

    def __init__(self, *members: type[Table]):
        self.members = members


@dataclass_transform(kw_only_default=True, eq_default=True)
class Table:
    """A table of the schema. Fields are given by name; the rest have the schema's defaults.

    >>> from tidefall.lite.schema import Conv2DOptions, Padding
    >>> Conv2DOptions(padding=Padding.VALID, stride_w=2, stride_h=2).dilation_w_factor
    1
    """

    _fields: ClassVar[tuple[str, ...]] = ()
    _ids: ClassVar[dict[str, int]] = {}
    _required: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(
        cls, ids: dict[str, int] | None = None, required: tuple[str, ...] = ()
    ) -> None:
        """Note the fields.

        Args:
            ids: ids of fields that do not follow the one before, where others were withdrawn.
            required: vectors and strings that are written even if they are empty.
        """
        cls._fields = tuple(inspect.get_annotations(cls))
        cls._ids = ids or {}
        cls._required = frozenset(required)

    def __init__(self, **fields: Any) -> None:
        for name in self._fields:
            if name in fields:
                value = fields.pop(name)
            else:
                value = getattr(type(self), name)
                if type(value) is tuple:
                    value = []
            self.__dict__[name] = value
        if fields:
            raise TypeError(
                f"{type(self).__name__} has no field {', '.join(map(repr, fields))}; "
                f"it has {', '.join(self._fields) or 'none'}."
            )

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(
            _same(mine, theirs)
            for mine, theirs in zip(
                self.__dict__.values(),
                (other.__dict__[name] for name in self.__dict__),
                strict=True,
            )
        )

    __hash__ = None  # pyright: ignore[reportAssignmentType]  # changeable, like a list

    def __repr__(self) -> str:
        shown: list[str] = []
        for name in self._fields:
            value = self.__dict__[name]
            default = getattr(type(self), name)
            if _same(value, [] if type(default) is tuple else default):
                continue
            if isinstance(value, (bytes, memoryview)):
                shown.append(f"{name}=<{len(value)} bytes>")
            else:
                shown.append(f"{name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"


def _same(first: Any, second: Any) -> bool:
    if isinstance(first, float) and isinstance(second, float):
        return first == second or (first != first and second != second)
    return bool(first == second)


def fields_of(cls: type[Table]) -> dict[str, Any]:
    """The fields of a table, in order of their ids, with their annotations resolved."""
    hints = typing.get_type_hints(cls, include_extras=True)
    return {name: hints[name] for name in cls._fields}


def field_ids(cls: type[Table]) -> dict[str, int]:
    """The id of each field; that of a union is the second of its two."""
    found: dict[str, int] = {}
    following = 0
    for name, hint in fields_of(cls).items():
        is_union = any(isinstance(note, UnionOf) for note in getattr(hint, "__metadata__", ()))
        following = cls._ids.get(name, following + is_union)
        found[name] = following
        following += 1
    return found


def required_of(cls: type[Table]) -> frozenset[str]:
    """Vectors and strings that are written even if they are empty."""
    return cls._required
