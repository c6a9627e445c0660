"""Classes of protobuf messages as text for a stub."""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from tidefall.api.stubs.annotations import Scope

_SCALARS = {
    FieldDescriptor.CPPTYPE_BOOL: "bool",
    FieldDescriptor.CPPTYPE_DOUBLE: "float",
    FieldDescriptor.CPPTYPE_ENUM: "int",
    FieldDescriptor.CPPTYPE_FLOAT: "float",
    FieldDescriptor.CPPTYPE_INT32: "int",
    FieldDescriptor.CPPTYPE_INT64: "int",
    FieldDescriptor.CPPTYPE_UINT32: "int",
    FieldDescriptor.CPPTYPE_UINT64: "int",
}


def message_text(name: str, cls: Any, scope: Scope) -> list[str]:
    """The lines of a message class: its fields, and a constructor that takes them."""
    descriptor: Descriptor = cls.DESCRIPTOR
    scope_taken, scope.taken = scope.taken, scope.taken | set(descriptor.fields_by_name)
    base = scope.name("google.protobuf.message", "Message")
    lines = [f"class {name}({base}):"]
    given = ["self"]
    for field in descriptor.fields:
        told = _field_type(field, scope)
        lines.append(f"    {field.name}: {told}")
        given += ["*"] if len(given) == 1 else []
        given.append(f"{field.name}: {scope.any()} = ...")
    for enum in descriptor.enum_types:
        lines += [f"    {value.name}: {scope.name('builtins', 'int')}" for value in enum.values]
    lines.append(f"    def __init__({', '.join(given)}) -> None: ...")
    scope.taken = scope_taken
    return lines


def _field_type(field: FieldDescriptor, scope: Scope) -> str:
    if field.message_type is not None or field.is_repeated:
        # Maps, containers and nested messages have methods of their own, which the pool does
        # not tell by class.
        return scope.any()
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        kind = "bytes" if field.type == FieldDescriptor.TYPE_BYTES else "str"
        return scope.name("builtins", kind)
    return scope.name("builtins", _SCALARS[field.cpp_type])
