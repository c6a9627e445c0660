"""Files read: bytes to `Model`. Every offset is checked before it is followed."""

from __future__ import annotations

import struct
from typing import Any, TypeVar

from tidefall.base import errors
from tidefall.lite.schema.enums import BuiltinOperator
from tidefall.lite.schema.layout import Field, layout
from tidefall.lite.schema.model import Model
from tidefall.lite.schema.table import Table

IDENTIFIER = b"TFL3"
VERSION = 3

_T = TypeVar("_T", bound=Table)
_MAX_DEPTH = 16
_MAX_SHARING = 8
_LEAST_BUDGET = 1 << 16


def read_model(data: Any, name: str = "the model") -> Model:
    """Read a `.tflite` file.

    Buffers are views of `data`, not copies; those that lie behind the flatbuffer (files of more
    than 2 GB) are found by their offset and size. `builtin_code` of the operator codes is the one
    that counts, whichever of the two fields the file has.

    Args:
        data: the file's bytes: `bytes`, or a buffer such as an `mmap`.
        name: what errors call the file.

    Returns:
        The model.

    Raises:
        tf.errors.InvalidArgumentError: if this is not a TensorFlow Lite model, or one of another
            version of the format.
        tf.errors.DataLossError: if an offset, a length or a value is not possible; it names the
            byte.

    >>> from tidefall.lite.schema import Model, SubGraph, read_model, write_model
    >>> data = write_model(Model(version=3, subgraphs=[SubGraph(name="main")]))
    >>> read_model(data).subgraphs[0].name
    'main'
    """
    view = memoryview(data).cast("B").toreadonly()
    if len(view) < 8 or bytes(view[4:8]) != IDENTIFIER:
        found = f"bytes 4 to 8 are {bytes(view[4:8])!r}" if len(view) >= 8 else f"{len(view)} bytes"
        raise errors.InvalidArgumentError(
            None, None, f"{name} is not a TensorFlow Lite model: {found}, not {IDENTIFIER!r}."
        )
    model = _Reader(view, name).root(Model)
    if model.version != VERSION:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"{name} has version {model.version} of the TensorFlow Lite format; "
            f"only version {VERSION} is known.",
        )
    _resolve(model, view, name)
    return model


def _resolve(model: Model, view: memoryview, name: str) -> None:
    """Fetch what lies behind the flatbuffer, and settle which operator codes count."""
    for index, buffer in enumerate(model.buffers):
        if buffer.offset > 1:
            buffer.data = _behind(view, buffer.offset, buffer.size, f"buffer {index}", name)
        buffer.offset = buffer.size = 0
    for subgraph in model.subgraphs:
        for operator in subgraph.operators:
            start = operator.large_custom_options_offset
            if start > 1:
                size = operator.large_custom_options_size
                operator.custom_options = _behind(view, start, size, "custom options", name)
            operator.large_custom_options_offset = operator.large_custom_options_size = 0
    for index, code in enumerate(model.operator_codes):
        number = max(code.builtin_code, code.deprecated_builtin_code)
        try:
            code.builtin_code = BuiltinOperator(number)
        except ValueError:
            raise errors.DataLossError(
                None, None, f"{name}: operator code {index} is {number}, which no operator has."
            ) from None
        code.deprecated_builtin_code = min(number, BuiltinOperator.PLACEHOLDER_FOR_GREATER_OP_CODES)


def _behind(view: memoryview, start: int, size: int, what: str, name: str) -> memoryview:
    if start + size > len(view):
        raise errors.DataLossError(
            None,
            None,
            f"{name} is damaged: {what} is said to be {size} bytes at byte {start}, and the file "
            f"ends at {len(view)}.",
        )
    return view[start : start + size]


class _Reader:
    """Follows offsets in a flatbuffer, and counts bytes so that sharing cannot blow it up."""

    def __init__(self, view: memoryview, name: str):
        self.view = view
        self.size = len(view)
        self.name = name
        # A table may be pointed at more than once. A small file that says so a million times is
        # not a model.
        self.budget = max(_LEAST_BUDGET, _MAX_SHARING * self.size)

    def root(self, cls: type[_T]) -> _T:
        return self.table(cls, self.offset(0), 0)

    def damage(self, position: int, why: str) -> errors.DataLossError:
        return errors.DataLossError(
            None, None, f"{self.name} is damaged at byte {position} of {self.size}: {why}."
        )

    def unpack(self, code: str, position: int) -> Any:
        width = struct.calcsize("<" + code)
        if not 0 <= position <= self.size - width:
            raise self.damage(position, f"{width} bytes are expected there")
        return struct.unpack_from("<" + code, self.view, position)[0]

    def spend(self, size: int, position: int) -> None:
        self.budget -= size
        if self.budget < 0:
            raise self.damage(position, "parts of the file are used over and over")

    def offset(self, position: int) -> int:
        """Where the offset at `position` leads to."""
        distance = self.unpack("I", position)
        target = position + distance
        if distance < 4 or target > self.size - 4:
            raise self.damage(position, f"the offset {distance} leads out of the file")
        return target

    def vector(self, position: int, width: int) -> tuple[int, int]:
        """Start and length of the vector whose offset is at `position`."""
        start = self.offset(position)
        length = self.unpack("I", start)
        if length * width > self.size - start - 4:
            raise self.damage(
                start, f"{length} elements of {width} bytes are more than the file has left"
            )
        return start + 4, length

    def table(self, cls: type[_T], position: int, depth: int) -> _T:
        if depth > _MAX_DEPTH:
            raise self.damage(position, "tables are nested too deeply")
        vtable = position - self.unpack("i", position)
        vtable_size = self.unpack("H", vtable)
        table_size = self.unpack("H", vtable + 2)
        if vtable_size < 4 or vtable_size % 2 or vtable + vtable_size > self.size:
            raise self.damage(vtable, f"a vtable of {vtable_size} bytes is not possible")
        if table_size < 4 or position + table_size > self.size:
            raise self.damage(vtable + 2, f"a table of {table_size} bytes is not possible")
        self.spend(table_size, position)
        made = cls.__new__(cls)
        values = made.__dict__
        for field in layout(cls):
            place = self.unpack("H", vtable + field.slot) if field.slot < vtable_size else 0
            if place >= table_size:
                raise self.damage(
                    vtable + field.slot, f"{cls.__name__}.{field.name} lies outside its table"
                )
            kind_place = 0
            if field.kind == "union" and field.slot - 2 < vtable_size:
                kind_place = self.unpack("H", vtable + field.slot - 2)
            values[field.name] = self.value(
                field, position + place if place else 0, kind_place and position + kind_place, depth
            )
        return made

    def value(self, field: Field, position: int, kind_position: int, depth: int) -> Any:
        """A field's value; `position` is 0 for one that is absent."""
        if field.kind == "scalar":
            if not position:
                return field.default
            found = self.unpack("B" if field.type is bool else field.code, position)
            return self.converted(field, found, position)
        if field.kind == "union":
            return self.union(field, position, kind_position, depth)
        if not position:
            return [] if field.kind == "vector" else field.default
        if field.kind == "table":
            return self.table(field.type, self.offset(position), depth + 1)
        if field.kind == "vector" and not field.code:
            start, length = self.vector(position, 4)
            self.spend(4 * length, position)
            return [
                self.table(field.type, self.offset(start + 4 * index), depth + 1)
                for index in range(length)
            ]
        width = struct.calcsize("<" + field.code) if field.code else 1
        start, length = self.vector(position, width)
        part = self.view[start : start + length * width]
        if field.kind == "bytes":
            return part
        self.spend(width * length, position)
        if field.kind == "string":
            return str(part, "utf-8", "surrogateescape")
        if field.code == "?":
            return [bool(each) for each in part]
        elements = list(struct.unpack(f"<{length}{field.code}", part))
        if field.type is None:
            return elements
        return [self.converted(field, each, start) for each in elements]

    def union(self, field: Field, position: int, kind_position: int, depth: int) -> Table | None:
        number = self.unpack("B", kind_position) if kind_position else 0
        if not number or not position:
            return None
        if number > len(field.members):
            raise self.damage(
                kind_position, f"{field.name} are of kind {number}, and {len(field.members)} exist"
            )
        return self.table(field.members[number - 1], self.offset(position), depth + 1)

    def converted(self, field: Field, value: Any, position: int) -> Any:
        if field.type is None:
            return value
        try:
            return field.type(value)
        except ValueError:
            raise self.damage(position, f"{value} is no {field.type.__name__}") from None
