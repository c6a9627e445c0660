"""OpDef messages of the op table."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from tidefall.graph.codec.attributes import attr_to_proto
from tidefall.op.definition import ArgDef
from tidefall.op.table import op_def


def op_def_message(name: str) -> Any:
    """The OpDef message of the op called `name`, a new one for each caller.

    Raises:
        NotFoundError: if TensorFlow has no such op.
    """
    from tidefall.proto import OpDef

    return OpDef.FromString(_serialized(name))


def op_list(names: Iterable[str]) -> Any:
    """The OpList message of ops."""
    from tidefall.proto import OpList

    return OpList(op=[op_def_message(name) for name in names])


@cache
def _serialized(name: str) -> bytes:
    from tidefall.proto import OpDef

    definition = op_def(name)
    message = OpDef(
        name=name, is_stateful=definition.is_stateful, is_commutative=definition.is_commutative
    )
    for arguments, target in (
        (definition.inputs, message.input_arg),
        (definition.outputs, message.output_arg),
    ):
        for argument in arguments:
            _fill(target.add(name=argument.name), argument)
    for attr in definition.attrs.values():
        added = message.attr.add(name=attr.name, type=attr.kind)
        if attr.minimum is not None:
            added.has_minimum, added.minimum = True, attr.minimum
        if attr.allowed_order:
            kind = "list(type)" if "type" in attr.kind else "list(string)"
            added.allowed_values.CopyFrom(attr_to_proto(kind, list(attr.allowed_order), str))
        if attr.has_default and attr.kind != "tensor":
            added.default_value.CopyFrom(attr_to_proto(attr.kind, attr.default, str))
    return message.SerializeToString()


def _fill(message: Any, argument: ArgDef) -> None:
    message.is_ref = argument.is_ref
    if argument.type_list_attr is not None:
        message.type_list_attr = argument.type_list_attr
        return
    if argument.type_attr is not None:
        message.type_attr = argument.type_attr
    elif argument.dtype is not None:
        message.type = argument.dtype.as_datatype_enum
    if argument.number_attr is not None:
        message.number_attr = argument.number_attr
