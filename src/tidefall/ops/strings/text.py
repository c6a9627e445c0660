"""Ops on each string by itself: case, blanks, length, parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dispatch import UNARY
from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import ELEMENTWISE
from tidefall.ops.common import broadcast, invalid, shape_text, unchanged
from tidefall.ops.strings.byte_arrays import each, lengths_of, text_tensor, to_array, to_splits
from tidefall.tensor.conversion import convert_to_tensor

# ---- case ----


def _check_encoding(encoding: str) -> bool:
    """Whether it is UTF-8; else it must be none."""
    if encoding not in ("", "utf-8"):
        raise invalid(f"only utf-8 or '' (no encoding) is supported, received {encoding}")
    return encoding == "utf-8"


def _lower(input: np.ndarray, *, encoding: str) -> np.ndarray:
    if _check_encoding(encoding):
        return each(lambda s: s.decode("utf-8", "replace").lower().encode(), input)
    return each(bytes.lower, input)


def _upper(input: np.ndarray, *, encoding: str) -> np.ndarray:
    if _check_encoding(encoding):
        return each(lambda s: s.decode("utf-8", "replace").upper().encode(), input)
    return each(bytes.upper, input)


lower_op = op(
    "StringLower",
    shape=unchanged,
    host=_lower,
    effects=PURE,
    traits=(ELEMENTWISE,),
    gradient=NOT_DIFFERENTIABLE,
)
upper_op = op(
    "StringUpper",
    shape=unchanged,
    host=_upper,
    effects=PURE,
    traits=(ELEMENTWISE,),
    gradient=NOT_DIFFERENTIABLE,
)


@export("strings.lower", dispatch=UNARY)
def lower(input: Any, encoding: str = "", name: str | None = None) -> Any:
    """Strings in lower case.

    Args:
        input: a string tensor of any shape, dense or ragged.
        encoding: "" changes the letters of ASCII only; "utf-8" all of Unicode's.
        name: name of the node in a graph.

    Returns:
        A string tensor of the same shape.

    Raises:
        InvalidArgumentError: for another encoding.

    >>> import tidefall as tf
    >>> tf.strings.lower("CamelCase string and ALL CAPS").numpy()
    b'camelcase string and all caps'
    """
    return lower_op(text_tensor(input), encoding=encoding, name=name)


@export("strings.upper", dispatch=UNARY)
def upper(input: Any, encoding: str = "", name: str | None = None) -> Any:
    """Strings in upper case.

    Args:
        input: a string tensor of any shape, dense or ragged.
        encoding: "" changes the letters of ASCII only; "utf-8" all of Unicode's.
        name: name of the node in a graph.

    Returns:
        A string tensor of the same shape.

    Raises:
        InvalidArgumentError: for another encoding.

    >>> import tidefall as tf
    >>> tf.strings.upper(["tide", "fall"]).numpy()
    array([b'TIDE', b'FALL'], dtype=object)
    """
    return upper_op(text_tensor(input), encoding=encoding, name=name)


# ---- blanks ----


def _strip(input: np.ndarray) -> np.ndarray:
    return each(bytes.strip, input)


strip_op = op(
    "StringStrip",
    shape=unchanged,
    host=_strip,
    effects=PURE,
    traits=(ELEMENTWISE,),
    gradient=NOT_DIFFERENTIABLE,
)


@export("strings.strip", dispatch=UNARY)
def strip(input: Any, name: str | None = None) -> Any:
    """Strings without the blanks of ASCII at both ends.

    Args:
        input: a string tensor of any shape, dense or ragged.
        name: name of the node in a graph.

    Returns:
        A string tensor of the same shape.

    >>> import tidefall as tf
    >>> tf.strings.strip(["\\nTensorFlow", "     The python library    "]).numpy()
    array([b'TensorFlow', b'The python library'], dtype=object)
    """
    return strip_op(text_tensor(input), name=name)


# ---- length ----


def character_starts(text: bytes) -> np.ndarray:
    """Whether each byte begins a character of UTF-8."""
    return (np.frombuffer(text, np.uint8) & 0xC0) != 0x80


def _length(input: np.ndarray, *, unit: str) -> np.ndarray:
    items = input.reshape(-1).tolist()
    lengths = lengths_of(items)
    if unit == "UTF8_CHAR":
        before = to_splits(character_starts(b"".join(items)))
        splits = to_splits(lengths)
        lengths = before[splits[1:]] - before[splits[:-1]]
    return lengths.astype(np.int32).reshape(input.shape)


length_op = op(
    "StringLength",
    shape=unchanged,
    host=_length,
    effects=PURE,
    traits=(ELEMENTWISE,),
    gradient=NOT_DIFFERENTIABLE,
)


@export("strings.length", dispatch=UNARY)
def length(input: Any, unit: str = "BYTE", name: str | None = None) -> Any:
    """The length of each string.

    Args:
        input: a string tensor of any shape, dense or ragged.
        unit: "BYTE", or "UTF8_CHAR" for characters.
        name: name of the node in a graph.

    Returns:
        An int32 tensor of the same shape.

    Raises:
        InvalidArgumentError: for another unit.

    >>> import tidefall as tf
    >>> tf.strings.length(["Hello", "höhe"], unit="UTF8_CHAR").numpy()
    array([5, 4], dtype=int32)
    """
    return length_op(text_tensor(input), unit=unit, name=name)


# ---- parts ----


def _substr_shape(c: Inference) -> TensorShape:
    pos, count = c.shape(1), c.shape(2)
    if not pos.is_compatible_with(count):
        raise ValueError(
            f"pos and len should have the same shape, got: {shape_text(pos)} vs. "
            f"{shape_text(count)}"
        )
    return broadcast(c)


def _part(text: bytes, start: int, count: int) -> bytes | None:
    size = len(text)
    if not -size <= start <= size:
        return None
    start = start + size if start < 0 else start
    return text[start:] if count < 0 else text[start : start + count]


def _part_of_characters(text: bytes, start: int, count: int) -> bytes | None:
    if text.isascii():
        return _part(text, start, max(count, 0))
    starts = np.flatnonzero(character_starts(text))
    size = len(starts)
    if not -size <= start <= size:
        return None
    start = start + size if start < 0 else start
    edges = [*starts.tolist(), len(text)]
    return text[edges[start] : edges[min(start + max(count, 0), size)]]


def _substr(input: np.ndarray, pos: np.ndarray, len: np.ndarray, *, unit: str) -> np.ndarray:
    if pos.shape != len.shape:
        raise invalid(
            f"pos and len should have the same shape, got: {shape_text(pos.shape)} vs. "
            f"{shape_text(len.shape)}"
        )
    if input.shape != pos.shape and pos.ndim:
        try:
            input, pos, len = np.broadcast_arrays(input, pos, len)
        except ValueError:
            raise invalid(
                f"Incompatible shapes: {shape_text(input.shape)} vs. {shape_text(pos.shape)}"
            ) from None
        if input.ndim > 2:
            raise UnimplementedError(
                None, None, f"Substr broadcast not implemented for {input.ndim} dimensions"
            )
    items = input.reshape(-1).tolist()
    where = np.broadcast_to(pos, input.shape).reshape(-1).tolist()
    counts = np.broadcast_to(len, input.shape).reshape(-1).tolist()
    cut = _part_of_characters if unit == "UTF8_CHAR" else _part
    parts = list(map(cut, items, where, counts))
    if None in parts:
        i = parts.index(None)
        shown = "" if unit == "UTF8_CHAR" else f" {items[i]!r}"
        raise invalid(f"pos {where[i]} out of range for string{shown} at index {i}")
    return to_array(parts, input.shape)  # type: ignore[arg-type]


substr_op = op(
    "Substr", shape=_substr_shape, host=_substr, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


@export("strings.substr", dispatch=UNARY)
def substr(input: Any, pos: Any, len: Any, unit: str = "BYTE", name: str | None = None) -> Any:
    """A part of each string.

    Args:
        input: a string tensor of any shape, dense or ragged.
        pos: int32 or int64: where the parts begin. Negative numbers count from the end. It is a
            scalar, or broadcasts against `input` (up to two dimensions).
        len: of the same shape as `pos`: how long the parts are at most.
        unit: "BYTE", or "UTF8_CHAR" for characters.
        name: name of the node in a graph.

    Returns:
        A string tensor of the broadcast shape.

    Raises:
        InvalidArgumentError: if a part begins behind the end of its string, or before it begins, or
            if the shapes do not fit.

    >>> import tidefall as tf
    >>> tf.strings.substr(["Hello", "World"], 1, 3).numpy()
    array([b'ell', b'orl'], dtype=object)
    """
    pos = convert_to_tensor(pos, name="pos")
    return substr_op(text_tensor(input), pos, len, unit=unit, name=name)
