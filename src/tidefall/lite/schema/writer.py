"""Files written: `Model` to bytes, by the builder of the package `flatbuffers`."""

from __future__ import annotations

import struct
from typing import Any

from tidefall.base import errors
from tidefall.lite.schema.enums import BuiltinOperator
from tidefall.lite.schema.layout import Field, layout
from tidefall.lite.schema.model import Buffer, Model
from tidefall.lite.schema.reader import IDENTIFIER
from tidefall.lite.schema.table import Table

ALIGNMENT = 16
"""Of buffers, in bytes: what the schema asks for, so that kernels may read them in place."""
_MAX_FLATBUFFER = 2**31 - 2**24
_PREPEND = {
    "?": "Bool", "b": "Int8", "B": "Uint8", "h": "Int16", "H": "Uint16", "i": "Int32",
    "I": "Uint32", "q": "Int64", "Q": "Uint64", "f": "Float32",
}  # fmt: skip


def write_model(model: Model, external_buffers: bool | None = None) -> bytes:
    """Write a `.tflite` file.

    Both fields for the number of an operator are written, as readers of different age need.

    Args:
        model: the model; it is left as it is.
        external_buffers: True to place the buffers behind the flatbuffer, which can hold 2 GB
            itself; None to do so for models that need it.

    Returns:
        The file's bytes.

    Raises:
        tf.errors.InvalidArgumentError: if a value does not fit its field.
        ModuleNotFoundError: if the package flatbuffers is not installed.
    """
    sizes = [_as_bytes(buffer.data).nbytes for buffer in model.buffers]
    if external_buffers is None:
        external_buffers = sum(sizes) > _MAX_FLATBUFFER
    if not external_buffers:
        return bytes(_build(model))
    # The offsets are as wide whatever they are, so a first writing tells where the end is.
    where = [(2, 1) if size else None for size in sizes]
    end = len(_build(model, where))
    parts: list[Any] = []
    position = end
    for index, size in enumerate(sizes):
        if size:
            padding = -position % ALIGNMENT
            parts += [bytes(padding), _as_bytes(model.buffers[index].data)]
            where[index] = (position + padding, size)
            position += padding + size
    return b"".join([bytes(_build(model, where)), *parts])


def _build(model: Model, external: list[tuple[int, int] | None] | None = None) -> bytearray:
    flatbuffers = _flatbuffers()
    writer = _Writer(flatbuffers.Builder(1024))
    changed = Model(**model.__dict__)
    if external is not None:
        changed.buffers = [
            buffer if place is None else Buffer(offset=place[0], size=place[1])
            for buffer, place in zip(model.buffers, external, strict=True)
        ]
    changed.operator_codes = [
        type(code)(
            **{
                **code.__dict__,
                "deprecated_builtin_code": min(
                    code.builtin_code, BuiltinOperator.PLACEHOLDER_FOR_GREATER_OP_CODES
                ),
            }
        )
        for code in model.operator_codes
    ]
    writer.builder.Finish(writer.table(changed), file_identifier=IDENTIFIER)
    return writer.builder.Output()


def _flatbuffers() -> Any:
    try:
        import flatbuffers
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "Writing .tflite files takes the package flatbuffers: pip install tidefall[lite]."
        ) from error
    return flatbuffers


def _as_bytes(data: Any) -> memoryview:
    view = memoryview(data)
    if not view.c_contiguous:
        return memoryview(view.tobytes())
    return view.cast("B") if view.nbytes else memoryview(b"")


class _Writer:
    """Writes tables after what they point to, as the format wants."""

    def __init__(self, builder: Any):
        self.builder = builder

    def table(self, table: Table) -> int:
        fields = layout(type(table))
        parts = {field.name: self.part(table, field) for field in fields}
        self.builder.StartObject(max((field.slot - 2) // 2 for field in fields) if fields else 0)
        for field in fields:
            number = (field.slot - 4) // 2
            value = parts[field.name]
            if value is None:
                continue
            if field.kind == "union":
                kind = field.members.index(type(table.__dict__[field.name])) + 1
                self.builder.PrependUint8Slot(number - 1, kind, 0)
            if field.kind == "scalar":
                prepend = getattr(self.builder, f"Prepend{_PREPEND[field.code]}Slot")
                prepend(number, value, field.default)
            else:
                self.builder.PrependUOffsetTRelativeSlot(number, value, 0)
        return self.builder.EndObject()

    def part(self, table: Table, field: Field) -> Any:
        """A scalar itself, or where the value was written; None for nothing."""
        value = table.__dict__[field.name]
        try:
            if field.kind == "scalar":
                return self.scalar(field, value)
            if value is None:
                return None
            if field.kind in ("table", "union"):
                allowed = field.members or (field.type,)
                if type(value) not in allowed:
                    raise TypeError(f"{type(value).__name__} is not one of {len(allowed)} kinds")
                return self.table(value)
            if not (len(value) or field.required):
                return None
            if field.kind == "string":
                return self.builder.CreateString(value, "utf-8", "surrogateescape")
            if field.kind == "bytes":
                return self.bytes(_as_bytes(value), ALIGNMENT)
            return self.vector(field, value)
        except (TypeError, ValueError, struct.error, AttributeError) as error:
            raise errors.InvalidArgumentError(
                None, None, f"{type(table).__name__}.{field.name} cannot be {value!r:.200}: {error}"
            ) from error

    def scalar(self, field: Field, value: Any) -> Any:
        struct.pack("<" + field.code, value)
        return value

    def vector(self, field: Field, value: Any) -> int:
        if field.code:
            packed = struct.pack(f"<{len(value)}{field.code}", *value)
            return self.bytes(memoryview(packed), 4, struct.calcsize("<" + field.code))
        offsets = [self.table(each) for each in value]
        self.builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self.builder.PrependUOffsetTRelative(offset)
        return self.builder.EndVector()

    def bytes(self, data: memoryview, alignment: int, width: int = 1) -> int:
        size = data.nbytes
        self.builder.StartVector(width, size // width, max(alignment, width))
        self.builder.head = self.builder.head - size
        self.builder.Bytes[self.builder.head : self.builder.head + size] = data
        return self.builder.EndVector()
