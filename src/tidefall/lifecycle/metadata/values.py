"""Values of properties: between Python, ML Metadata's `Value` and the columns of a row.

A structure is a text that begins with `mlmd-struct::`, and a message is text in base 64, as ML
Metadata writes them. Neither SQLite nor ML Metadata stores NaN, so it is refused.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from typing import Any

from tidefall.base import errors

COLUMNS = ("int_value", "double_value", "string_value", "proto_value", "bool_value")
_STRUCT = "mlmd-struct::"
_FIELDS_OF_TYPES = {
    "int_value": 1,
    "double_value": 2,
    "string_value": 3,
    "struct_value": 4,
    "proto_value": 5,
    "bool_value": 6,
}


def type_of(value: Any) -> int:
    """Return the `PropertyType` of a `Value`; 0 where it is empty."""
    return _FIELDS_OF_TYPES.get(value.WhichOneof("value"), 0)


def to_columns(value: Any, of: str) -> tuple[Any, ...]:
    """Return what stands in COLUMNS for a `Value`.

    Args:
        value: the message.
        of: what to call the property in an error.

    Raises:
        InvalidArgumentError: it is empty, or is not a number.
    """
    field = value.WhichOneof("value")
    if field is None:
        raise errors.InvalidArgumentError(None, None, f"metadata: {of} has no value")
    given: Any = getattr(value, field)
    if field == "double_value" and math.isnan(given):
        message = f"metadata: {of} is NaN, which the database cannot hold; leave it out"
        raise errors.InvalidArgumentError(None, None, message)
    if field == "struct_value":
        field = "string_value"
        given = _STRUCT + base64.b64encode(given.SerializeToString(deterministic=True)).decode()
    elif field == "proto_value":
        given = base64.b64encode(given.SerializeToString(deterministic=True))
    return tuple(given if column == field else None for column in COLUMNS)


def from_columns(columns: Sequence[Any], value: Any, where: str) -> None:
    """Fill a `Value` from a row's COLUMNS.

    Raises:
        DataLossError: the row does not hold what can be read.
    """
    whole, number, text, message, truth = columns
    if text is not None:
        if text.startswith(_STRUCT):
            _parse(value.struct_value, _decoded(text.removeprefix(_STRUCT), where), where)
        else:
            value.string_value = text
    elif number is not None:
        value.double_value = number
    elif whole is not None:
        value.int_value = whole
    elif message is not None:
        _parse(value.proto_value, _decoded(message, where), where)
    elif truth is not None:
        value.bool_value = bool(truth)


def _decoded(text: str | bytes, where: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise _damaged(where, error) from None


def _parse(message: Any, data: bytes, where: str) -> None:
    from google.protobuf.message import DecodeError

    try:
        message.ParseFromString(data)
    except DecodeError as error:
        raise _damaged(where, error) from None
    message.SetInParent()


def _damaged(where: str, error: Exception) -> errors.DataLossError:
    return errors.DataLossError(None, None, f"metadata store {where}: damaged property: {error}")


def set_value(value: Any, given: Any, of: str) -> None:
    """Put a Python value into a `Value`.

    Args:
        value: the message.
        given: a bool, int, float or text; a dict or list becomes a structure; a message is packed.
        of: what to call the property in an error.

    Raises:
        InvalidArgumentError: it is none of these, or a structure holds what is none.
    """
    import numpy as np

    if isinstance(given, np.generic):
        given = given.item()
    if isinstance(given, bool):
        value.bool_value = given
    elif isinstance(given, int):
        if not -(2**63) <= given < 2**63:
            message = f"metadata: {of} is {given}; a signed integer of 64 bits was expected"
            raise errors.InvalidArgumentError(None, None, message)
        value.int_value = given
    elif isinstance(given, float):
        value.double_value = given
    elif isinstance(given, str):
        value.string_value = given
    elif isinstance(given, dict):
        try:
            value.struct_value.update(given)
        except (ValueError, TypeError) as error:
            message = f"metadata: {of} holds what is not JSON: {error}"
            raise errors.InvalidArgumentError(None, None, message) from None
    elif hasattr(given, "SerializeToString"):
        value.proto_value.Pack(given)
    else:
        message = (
            f"metadata: {of} is a {type(given).__name__}; a bool, int, float, str, dict or message "
            "was expected"
        )
        raise errors.InvalidArgumentError(None, None, message)


def python_value(value: Any) -> Any:
    """Return what a `Value` holds, as Python; None where it is empty."""
    field = value.WhichOneof("value")
    if field is None:
        return None
    given = getattr(value, field)
    if field == "struct_value":
        from google.protobuf.json_format import MessageToDict

        return MessageToDict(given)
    return given
