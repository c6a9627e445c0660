"""What travels between tasks: values of tensors, ops, functions."""

from __future__ import annotations

from typing import Any

import numpy as np

import tidefall.proto
from tidefall.base.errors import InvalidArgumentError
from tidefall.graph.codec.attributes import attr_from_proto, attr_to_proto
from tidefall.op.registry import find_op


def plain_value(value: Any) -> dict[str, Any]:
    """The value of a tensor that is no resource, for a message.

    Raises:
        InvalidArgumentError: for what exists in this process only.
    """
    array = value if isinstance(value, np.ndarray) else np.asarray(value)
    if array.dtype == object and not all(isinstance(item, bytes) for item in array.flat):
        raise InvalidArgumentError(
            None,
            None,
            f"{value!r} exists in this process only and cannot be sent to another task.",
        )
    return {"value": array}


def value_of(plain: dict[str, Any]) -> Any:
    """The array in a message."""
    return plain["value"]


def op_to_bytes(op: Any, attrs: dict[str, Any]) -> bytes:
    """An op with its attributes: a serialized NodeDef."""
    node = tidefall.proto.NodeDef(op=op.name)
    for name, attr in op.definition.attrs.items():
        value = attrs.get(name)
        if value is not None:
            node.attr[name].CopyFrom(attr_to_proto(attr.kind, value, _no_function))
    return node.SerializeToString()


def op_of_bytes(data: bytes) -> tuple[Any, dict[str, Any]]:
    """The op and its attributes."""
    node = tidefall.proto.NodeDef.FromString(data)
    op = find_op(node.op)
    attrs = dict(op.definition.defaults)
    for name, attr in op.definition.attrs.items():
        if name in node.attr:
            attrs[name] = attr_from_proto(attr.kind, node.attr[name], _no_function)
    return op, attrs


def _no_function(given: Any) -> Any:
    raise InvalidArgumentError(None, None, f"{given!r}: ops with functions are not sent alone.")
