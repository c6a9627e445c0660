"""Why JSON values do not form a tensor, and where; worked out only once that is known.

The checks and their order are TensorFlow Serving's, value by value, so that its clients find the
messages they know. A position follows each message.
"""

from __future__ import annotations

from typing import Any

from tidefall.serving.rest.values import Json, JsonDtype, Mismatch, check_leaf, json_dtype, preview

MAX_RANK = 32


def explain_rows(rows: list[Any], dtype: str) -> tuple[int, str] | None:
    """The index of the first bad row and what is wrong with it, or None when all are good."""
    kind = json_dtype(dtype)
    first: tuple[int, ...] | None = None
    for index, row in enumerate(rows):
        shape = _leading_shape(row)
        try:
            _check(row, shape, kind, (index,))
        except Mismatch as error:
            return index, str(error)
        first = shape if first is None else first
        if shape != first:
            return index, f"{_difference(first, shape)} at position [{index}]"
    return None


def explain_tensor(value: Any, dtype: str) -> str | None:
    """What is wrong with the first bad value of a tensor, or None when all are good."""
    try:
        _check(value, _leading_shape(value), json_dtype(dtype), ())
    except Mismatch as error:
        return str(error)
    return None


def _difference(expected: tuple[int, ...], received: tuple[int, ...]) -> str:
    sizes = _product(expected), _product(received)
    if sizes[0] != sizes[1]:
        return f"Expecting tensor size: {sizes[0]} but got: {sizes[1]}"
    return f"Expecting shape {_brackets(expected)} but got: {_brackets(received)}"


def _product(shape: tuple[int, ...]) -> int:
    result = 1
    for size in shape:
        result *= size
    return result


def _brackets(shape: tuple[int, ...]) -> str:
    return "[" + ",".join(map(str, shape)) + "]"


def _leading_shape(value: Json) -> tuple[int, ...]:
    """The shape that the first element of each list suggests."""
    shape: list[int] = []
    while isinstance(value, list) and len(shape) <= MAX_RANK:
        shape.append(len(value))
        value = value[0] if value else None
    return tuple(shape)


def _check(value: Any, shape: tuple[int, ...], kind: JsonDtype, where: tuple[int, ...]) -> None:
    if len(shape) > MAX_RANK:
        raise Mismatch(f"lists are nested more than {MAX_RANK} deep{_at(where)}")
    _check_level(value, 0, shape, kind, where)


def _check_level(
    value: Json, level: int, shape: tuple[int, ...], kind: JsonDtype, where: tuple[int, ...]
) -> None:
    if not isinstance(value, list):
        if level != len(shape):
            raise Mismatch(
                f"JSON Value: {preview(value)} found at incorrect level: {level + 1} in the JSON "
                f"DOM. Expected at level: {len(shape)}{_at(where)}"
            )
        try:
            check_leaf(value, kind)
        except Mismatch as error:
            raise Mismatch(f"{error}{_at(where)}") from None
        return
    if level >= len(shape):
        raise Mismatch(
            f"Encountered list at unexpected level: {level} expected < {len(shape)}{_at(where)}"
        )
    if len(value) != shape[level]:
        raise Mismatch(
            f"Encountered list at unexpected size: {len(value)} at level: {level} "
            f"expected size: {shape[level]}{_at(where)}"
        )
    for index, item in enumerate(value):
        _check_level(item, level + 1, shape, kind, (*where, index))


def _at(where: tuple[int, ...]) -> str:
    return " at position " + "".join(f"[{index}]" for index in where) if where else ""
