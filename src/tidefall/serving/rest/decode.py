"""The body of a predict request: JSON values to the arrays a signature asks for."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from itertools import chain
from typing import Any

import numpy as np

from tidefall.serving.models.servable import Signature, TensorInfo
from tidefall.serving.rest.explain import MAX_RANK, explain_rows, explain_tensor
from tidefall.serving.rest.values import (
    Json,
    Mismatch,
    is_base64,
    json_dtype,
    preview,
    string_bytes,
)
from tidefall.serving.status import invalid


class Format(Enum):
    """How the tensors of a request and of its reply are laid out."""

    ROW = "instances"
    COLUMN = "inputs"


def decode_inputs(document: dict[str, Any], signature: Signature) -> dict[str, np.ndarray]:
    """The input arrays of a predict request.

    Args:
        document: the parsed body.
        signature: what the inputs must be; shapes are not checked here.

    Raises:
        InvalidArgumentError: a value is of the wrong type, a list is ragged, an input is missing.
    """
    if request_format(document) is Format.ROW:
        return _decode_rows(document["instances"], signature.inputs)
    return _decode_columns(document["inputs"], signature.inputs)


def request_format(document: dict[str, Any]) -> Format:
    """Whether the tensors come as rows (`instances`) or as columns (`inputs`)."""
    rows, columns = "instances" in document, "inputs" in document
    if rows and columns:
        raise invalid(
            f"JSON Value: {preview(document)} Not formatted correctly expecting only one of "
            "'inputs' or 'instances' keys to exist"
        )
    if rows:
        _check_rows(document)
        return Format.ROW
    if columns:
        return Format.COLUMN
    found = ", ".join(repr(key) for key in document) or "none"
    raise invalid(f"Missing 'inputs' or 'instances' key. Keys received: {found[:200]}")


def _check_rows(document: dict[str, Any]) -> None:
    rows = document["instances"]
    if not isinstance(rows, list):
        raise invalid(f"JSON Value: {preview(document)} Expecting 'instances' to be an list/array")
    if not rows:
        raise invalid(f"JSON Value: {preview(document)} No values in 'instances' array")


def signature_name(document: Json) -> str:
    """The signature a request names, or ""."""
    if not isinstance(document, dict):
        raise invalid(f"JSON Value: {preview(document)} Is not object")
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise invalid(
            f"JSON Value: {preview(document)} not formatted correctly. "
            "'signature_name' key must be a string value."
        )
    return name


def _decode_rows(rows: list[Any], inputs: Mapping[str, TensorInfo]) -> dict[str, np.ndarray]:
    if not _is_named(rows[0]):
        if len(inputs) > 1:
            raise invalid(
                "instances is a plain list, but expecting list of objects as multiple input "
                f"tensors required as per tensorinfo_map: {_names(inputs)}"
            )
        for index, row in enumerate(rows):
            if _is_named(row):
                raise invalid(f"Expecting value/list but got object at item {index} of input list")
        name, info = next(iter(inputs.items()))
        return {name: _row_tensor(rows, info, name, named=False)}
    for index, row in enumerate(rows):
        _check_named_row(row, index, inputs)
    return {
        name: _row_tensor([row[name] for row in rows], info, name, named=True)
        for name, info in inputs.items()
    }


def _check_named_row(row: Any, index: int, inputs: Mapping[str, TensorInfo]) -> None:
    if not _is_named(row):
        raise invalid(f"Expecting object but got list at item {index} of input list")
    if row.keys() == inputs.keys():
        return
    where = f"Failed to process element: {index}"
    for name in row:
        if name not in inputs:
            raise invalid(
                f"{where} key: {name[:200]} of 'instances' list. Error: INVALID_ARGUMENT: JSON "
                f"object: does not have named input: {name[:200]}. Inputs: {_names(inputs)}"
            )
    raise invalid(
        f"{where} of 'instances' list. JSON object: {preview(row)} keys must be equal to: "
        + ",".join(sorted(inputs))
    )


def _row_tensor(rows: list[Any], info: TensorInfo, name: str, named: bool) -> np.ndarray:
    try:
        return to_array(rows, info)
    except Mismatch as error:
        index, reason = explain_rows(rows, info.dtype) or (0, str(error))
        key = f" key: {name}" if named else ""
        raise invalid(
            f"Failed to process element: {index}{key} of 'instances' list. "
            f"Error: INVALID_ARGUMENT: {reason}. Input {name!r} expects {info}"
        ) from None


def _decode_columns(value: Any, inputs: Mapping[str, TensorInfo]) -> dict[str, np.ndarray]:
    if not _is_named(value):
        if len(inputs) > 1:
            raise invalid(
                "inputs is a plain value/list, but expecting an object as multiple input tensors "
                f"required as per tensorinfo_map: {_names(inputs)}"
            )
        name, info = next(iter(inputs.items()))
        return {name: _column_tensor(value, info, name)}
    arrays: dict[str, np.ndarray] = {}
    for name, info in inputs.items():
        if name not in value:
            raise invalid(f"Missing named input: {name} in 'inputs' object.")
        arrays[name] = _column_tensor(value[name], info, name)
    return arrays


def _column_tensor(value: Any, info: TensorInfo, name: str) -> np.ndarray:
    try:
        return to_array(value, info)
    except Mismatch as error:
        reason = explain_tensor(value, info.dtype) or str(error)
        raise invalid(f"{reason}. Input {name!r} expects {info}") from None


def to_array(value: Any, info: TensorInfo) -> np.ndarray:
    """An array of the dtype of `info` from a number, string, boolean or nested lists of them.

    Raises:
        Mismatch: the lists are ragged, or a value is of another type or out of range.
        UnimplementedError: JSON has no form for that dtype.
    """
    kind = json_dtype(info.dtype)
    leaves, shape, types = _flatten(value)
    if not types <= kind.accepts:
        raise Mismatch(f"a value is not of expected type: {kind.label}")
    if kind.numpy is object:
        leaves = [string_bytes(leaf) for leaf in leaves]
    try:
        return _filled(leaves, kind.numpy).reshape(shape)
    except (OverflowError, ValueError) as error:
        raise Mismatch(str(error)) from None


def _filled(leaves: list[Any], dtype: Any) -> np.ndarray:
    # Values beyond float32's range become infinite, as in TensorFlow Serving.
    with np.errstate(over="ignore"):
        return np.array(leaves, dtype)


def _flatten(value: Any) -> tuple[list[Any], list[int], set[type]]:
    """The values of nested lists in order, the lists' shape, and the types of the values."""
    level: list[Any] = [value]
    shape: list[int] = []
    types: set[type] = {type(value)}
    while types == {list}:
        sizes = set(map(len, level))
        if len(sizes) > 1 or len(shape) == MAX_RANK:
            raise Mismatch(f"lists of one level differ in length, or are nested over {MAX_RANK}")
        shape.append(sizes.pop())
        level = list(chain.from_iterable(level))
        types = set(map(type, level))
    if list in types:
        raise Mismatch("lists and values are mixed at one level")
    return level, shape, types


def _is_named(value: Json) -> bool:
    return isinstance(value, dict) and not is_base64(value)


def _names(inputs: Mapping[str, TensorInfo]) -> str:
    return ", ".join(f"{name} ({info})" for name, info in sorted(inputs.items()))
