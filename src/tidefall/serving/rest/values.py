"""Single JSON values as elements of tensors: which types each dtype takes, base64, bounds."""

from __future__ import annotations

import base64
import binascii
import importlib
import json
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from tidefall.base import errors

Json: TypeAlias = dict[str, Any] | list[Any] | str | int | float | None
"""What a JSON document, or a part of one, is in Python."""


class Mismatch(Exception):
    """JSON values that do not form a tensor of the wanted type."""


@dataclass(frozen=True, slots=True)
class JsonDtype:
    """How one TensorFlow dtype appears in JSON.

    Args:
        label: what TensorFlow calls it in messages ("float" for float32).
        numpy: the array type; `object` for strings, which are bytes inside.
        accepts: the Python types of the JSON values it may come from.
    """

    label: str
    numpy: Any
    accepts: frozenset[type]


_NUMBER = frozenset({int, float})
_INTEGER = frozenset({int})
_DTYPES = {
    "float16": JsonDtype("half", np.float16, _NUMBER),
    "float32": JsonDtype("float", np.float32, _NUMBER),
    "float64": JsonDtype("double", np.float64, _NUMBER),
    "bool": JsonDtype("bool", np.bool_, frozenset({bool})),
    "string": JsonDtype("string", object, frozenset({str, dict})),
    **{
        name: JsonDtype(name, np.dtype(name), _INTEGER)
        for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
    },
}


def json_dtype(name: str) -> JsonDtype:
    """How the dtype of this name appears in JSON.

    Raises:
        UnimplementedError: JSON has no form for it.
    """
    name = name.removesuffix("_ref")
    if name == "bfloat16" and name not in _DTYPES:
        bfloat16 = importlib.import_module("ml_dtypes").bfloat16
        _DTYPES[name] = JsonDtype("bfloat16", bfloat16, _NUMBER)
    kind = _DTYPES.get(name)
    if kind is None:
        message = f"Conversion of JSON values to type: {name} is not supported"
        raise errors.UnimplementedError(None, None, message)
    return kind


def check_leaf(value: Any, kind: JsonDtype) -> None:
    """Raises `Mismatch` where one JSON value cannot be an element of a tensor of that kind."""
    if type(value) not in kind.accepts:
        raise Mismatch(_type_error(value, kind))
    if kind.numpy is object:
        string_bytes(value)
        return
    try:
        np.array(value, kind.numpy)
    except OverflowError:
        raise Mismatch(_type_error(value, kind) + _bounds(kind)) from None


def _type_error(value: Any, kind: JsonDtype) -> str:
    return (
        f"JSON Value: {preview(value)} Type: {type_name(value)} "
        f"is not of expected type: {kind.label}"
    )


def _bounds(kind: JsonDtype) -> str:
    dtype = np.dtype(kind.numpy)
    if dtype.kind not in "iu":
        return " (too large)"
    bounds = np.iinfo(dtype)
    return f" (from {bounds.min} to {bounds.max})"


def string_bytes(value: str | dict[str, Any]) -> bytes:
    """The bytes of an element of a string tensor: text in UTF-8, or a base64 object's content."""
    if not isinstance(value, str):
        return _decode_base64(value)
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise Mismatch("a string has a surrogate that is not part of a pair") from None


def is_base64(value: Json) -> bool:
    """Whether a JSON value is an object with the one key `b64` and a string in it."""
    return type(value) is dict and len(value) == 1 and type(value.get("b64")) is str


def _decode_base64(value: dict[str, Any]) -> bytes:
    if not is_base64(value):
        raise Mismatch(f"JSON Value: {preview(value)} not formatted correctly for base64 data")
    # As in TensorFlow Serving, padding may be left out and white space is skipped.
    text = "".join(value["b64"].split()).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise Mismatch(f"Unable to base64 decode {preview(value)}") from None


def type_name(value: Json) -> str:
    """The JSON type of a value, as TensorFlow Serving's messages name it."""
    if value is None or isinstance(value, bool):
        return {None: "Null", False: "False", True: "True"}[value]
    names: dict[type, str] = {dict: "Object", list: "Array", str: "String"}
    return names.get(type(value), "Number")


PREVIEW_CHARACTERS = 256


def preview(value: Json) -> str:
    """The JSON text of a value, cut off where it becomes long; for messages."""
    text = _preview(value, PREVIEW_CHARACTERS, depth=8)
    return text if len(text) <= PREVIEW_CHARACTERS else text[:PREVIEW_CHARACTERS] + "..."


def _preview(value: Json, budget: int, depth: int) -> str:
    if isinstance(value, str):
        return json.dumps(value[: budget + 1])
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 1024:
        return "<integer of more than 300 digits>"
    if not isinstance(value, dict | list):
        return json.dumps(value)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    if value and not depth:
        return f"{opening}...{closing}"
    parts: list[str] = []
    used = 0
    for item in value:
        text = _preview(item, budget - used, depth - 1)
        if isinstance(value, dict):
            text += ": " + _preview(value[item], budget - used, depth - 1)
        parts.append(text)
        used += len(text) + 2
        if used > budget:
            break
    return opening + ", ".join(parts) + closing
