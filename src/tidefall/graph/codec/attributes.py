"""Attribute values as messages: between what a node holds in memory and `AttrValue`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.shapes import TensorShape
from tidefall.op.definition import OpDef
from tidefall.op.table import op_def

FLAGS = frozenset({"_XlaMustCompile", "_noinline"})
"""Private attributes that are kept as booleans; the others are kept as messages."""
LIBRARY = "_custom_op_library"
"""The private attribute that says where the custom op of a node comes from."""
NOT_KEPT = frozenset({"_output_shapes", "_gradient_op_type", LIBRARY})
"""Private attributes that become properties of the node they are on."""

NameOf = Callable[[Any], str]
FunctionOf = Callable[[str], Any]


def _messages() -> Any:
    import tidefall.proto as proto

    return proto


def attr_to_proto(kind: str, value: Any, name_of: NameOf, dtype: DType | None = None) -> Any:
    """The AttrValue of an attribute.

    Args:
        kind: the attribute's kind in the op table: "int", "list(type)", "func", ...
        value: its value in memory.
        name_of: gives the name in the file of a graph function.
        dtype: the dtype of a "tensor" value, where NumPy has no word for it.

    Raises:
        InvalidArgumentError: for a value that is not of that kind.
    """
    proto = _messages().AttrValue()
    try:
        if kind.startswith("list("):
            proto.list.SetInParent()
            for item in value:
                _add_item(proto.list, kind[5:-1], item, name_of)
        else:
            _set_single(proto, kind, value, name_of, dtype)
    except (TypeError, ValueError, AttributeError) as error:
        raise InvalidArgumentError(
            None, None, f"{value!r} cannot be written as an attribute of kind {kind}: {error}"
        ) from error
    return proto


def _set_single(proto: Any, kind: str, value: Any, name_of: NameOf, dtype: DType | None) -> None:
    if kind == "string":
        proto.s = _bytes(value)
    elif kind == "int":
        proto.i = int(value)
    elif kind == "float":
        proto.f = float(value)
    elif kind == "bool":
        proto.b = bool(value)
    elif kind == "type":
        proto.type = as_dtype(value).as_datatype_enum
    elif kind == "shape":
        proto.shape.CopyFrom(TensorShape(value).as_proto())
        proto.shape.SetInParent()
    elif kind == "tensor":
        proto.tensor.CopyFrom(tensor_to_proto(value, dtype))
    elif kind == "func":
        _set_function(proto.func, value, name_of)
    else:
        raise ValueError(f"unknown kind of attribute {kind}")


def _add_item(items: Any, kind: str, value: Any, name_of: NameOf) -> None:
    if kind == "string":
        items.s.append(_bytes(value))
    elif kind == "int":
        items.i.append(int(value))
    elif kind == "float":
        items.f.append(float(value))
    elif kind == "bool":
        items.b.append(bool(value))
    elif kind == "type":
        items.type.append(as_dtype(value).as_datatype_enum)
    elif kind == "shape":
        items.shape.append(TensorShape(value).as_proto())
    elif kind == "tensor":
        items.tensor.append(tensor_to_proto(value, None))
    elif kind == "func":
        _set_function(items.func.add(), value, name_of)
    else:
        raise ValueError(f"unknown kind of attribute list({kind})")


def _set_function(proto: Any, value: Any, name_of: NameOf) -> None:
    # An unset function attribute, such as an optional branch, is the empty string.
    proto.name = name_of(value) if value not in (None, "") else ""


def _bytes(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)


def tensor_to_proto(value: Any, dtype: DType | None) -> Any:
    """The TensorProto of a constant."""
    from tidefall.proto.tensors import make_tensor_proto

    if not isinstance(value, np.ndarray) and hasattr(value, "dtype"):
        value = np.asarray(value)
    return make_tensor_proto(value, None if dtype is None else dtype.as_datatype_enum)


def attr_from_proto(kind: str, proto: Any, function_of: FunctionOf) -> Any:
    """The value in memory of an attribute.

    Args:
        kind: the attribute's kind in the op table.
        proto: an AttrValue.
        function_of: gives the graph function of a name.

    Raises:
        InvalidArgumentError: if the message holds a value of another kind.
    """
    wanted = "list" if kind.startswith("list(") else _FIELDS[kind]
    given = proto.WhichOneof("value")
    if given != wanted:
        raise InvalidArgumentError(
            None, None, f"an attribute of kind {kind} is expected, but it holds a {given}"
        )
    if wanted == "list":
        inner = kind[5:-1]
        return [_decode(inner, item, function_of) for item in getattr(proto.list, _FIELDS[inner])]
    return _decode(kind, getattr(proto, wanted), function_of)


_FIELDS = {
    "string": "s", "int": "i", "float": "f", "bool": "b", "type": "type", "shape": "shape",
    "tensor": "tensor", "func": "func",
}  # fmt: skip


def _decode(kind: str, value: Any, function_of: FunctionOf) -> Any:
    if kind == "string":
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value
    if kind == "type":
        return as_dtype(value)
    if kind == "shape":
        return TensorShape(value)
    if kind == "tensor":
        from tidefall.proto.tensors import tensor_proto_to_array

        try:
            return tensor_proto_to_array(value)
        except (TypeError, ValueError) as error:
            raise InvalidArgumentError(None, None, f"a damaged tensor: {error}") from error
    if kind == "func":
        return function_of(value.name) if value.name else None
    return value


def plain_to_proto(value: Any, dtype: DType | None = None) -> Any:
    """The AttrValue of a value whose kind is seen by looking at it."""
    kind = next(k for k, types in _BY_TYPE if isinstance(value, types))
    return attr_to_proto(kind, value, lambda f: f.name, dtype)


_BY_TYPE: tuple[tuple[str, Any], ...] = (
    ("bool", bool), ("int", int), ("float", float), ("string", (str, bytes)), ("type", DType),
    ("shape", TensorShape), ("tensor", np.ndarray), ("func", object),
)  # fmt: skip


def value_of_proto(proto: Any) -> Any:
    """What an AttrValue holds, as `Operation.get_attr` gives it: dtypes as such, else messages."""
    kind = proto.WhichOneof("value")
    if kind is None:
        return []
    if kind == "type":
        return as_dtype(proto.type)
    if kind != "list":
        return getattr(proto, kind)
    for field, values in proto.list.ListFields():
        found = list(values)
        return [as_dtype(v) for v in found] if field.name == "type" else found
    return []


def write_attrs(
    proto: Any,
    definition: OpDef,
    attrs: dict[str, Any],
    name_of: NameOf,
    all_attrs: bool = False,
) -> None:
    """Write a node's attributes into its NodeDef.

    Args:
        proto: the NodeDef.
        definition: the signature of its op.
        attrs: the attributes.
        name_of: gives the name in the file of a graph function.
        all_attrs: also write those that equal their default.
    """
    defaults = {} if all_attrs else _default_protos(definition.name)
    for name, attr in definition.attrs.items():
        if name not in attrs:
            raise InvalidArgumentError(
                None, None, f"{proto.name} ({definition.name}) has no attribute '{name}'."
            )
        dtype = attrs.get("dtype") if attr.kind == "tensor" else None
        encoded = attr_to_proto(attr.kind, attrs[name], name_of, dtype)
        if encoded.SerializeToString(deterministic=True) != defaults.get(name):
            proto.attr[name].CopyFrom(encoded)
    for name, value in attrs.items():
        if name[0] == "_":
            proto.attr[name].CopyFrom(value if _is_attr_value(value) else plain_to_proto(value))


def _is_attr_value(value: Any) -> bool:
    return hasattr(value, "WhichOneof")


@cache
def _default_protos(name: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for key, attr in op_def(name).attrs.items():
        if attr.has_default and attr.kind != "tensor":
            encoded = attr_to_proto(attr.kind, attr.default, lambda f: str(f))
            found[key] = encoded.SerializeToString(deterministic=True)
    return found
