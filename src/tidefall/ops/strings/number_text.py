"""Numbers as text and text as numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import UNARY
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.op.effects import PURE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import ELEMENTWISE
from tidefall.ops.common import invalid, unchanged
from tidefall.ops.strings.byte_arrays import text_tensor, to_array
from tidefall.tensor.conversion import convert_to_tensor

# ---- numbers as text ----


def _checked_format(
    dtype: DType, precision: int, scientific: bool, shortest: bool, width: int, fill: str
) -> str:
    """The format of one number, as the operator % takes it.

    Raises:
        InvalidArgumentError: if the options do not go with each other or the dtype.
    """
    real = dtype.is_floating or dtype.is_complex
    if dtype == dtypes.variant:
        raise UnimplementedError(None, None, "AsString does not take variants in Tidefall.")
    if dtype != dtypes.string and not real:
        if scientific or shortest:
            raise invalid(f"scientific and shortest format not supported for datatype {dtype.name}")
        if precision >= 0:
            raise invalid(f"precision not supported for datatype {dtype.name}")
    if scientific and shortest:
        raise invalid("Cannot select both scientific and shortest notation")
    if len(fill) > 1:
        raise invalid(f"Fill string must be one or fewer characters, got {fill!r}")
    if fill not in ("", " ", "+", "-", "0", "#"):
        raise invalid(f'Fill argument not supported: "{fill}"')
    if dtype == dtypes.bool:
        return ""
    fill = {"0": "", "#": ""}.get(fill, fill) if dtype == dtypes.string else fill
    text = "%" + fill
    if dtype == dtypes.string:
        return f"{text}{width if width >= 0 else ''}s"
    if dtype.is_unsigned and fill in ("+", " "):
        text = "%"  # these are for signed numbers
    if width >= 0:
        text += str(width)
    if not real:
        return text + "d"
    if precision >= 0:
        text += f".{precision}"
    return text + ("e" if scientific else "g" if shortest else "f")


def _formatter(dtype: DType, form: str) -> Callable[[Any], bytes]:
    """What makes text of one value."""
    if dtype == dtypes.bool:
        return lambda value: b"true" if value else b"false"
    if dtype == dtypes.string:
        raw = form.encode()
        return lambda value: raw % value
    if dtype.is_complex:
        part = _real_formatter(form)
        return lambda value: f"({part(value.real)},{part(value.imag)})".encode()
    if dtype.is_floating:
        one = _real_formatter(form)
        return lambda value: one(value).encode()
    return lambda value: (form % value).encode()


def _real_formatter(form: str) -> Callable[[float], str]:
    plain = form.replace("%0", "%", 1)  # infinities are filled with blanks

    def text(value: float) -> str:
        if math.isfinite(value):
            return form % value
        shown = plain % value
        if value != value and math.copysign(1.0, value) < 0:
            shown = (plain % -math.inf).replace("inf", "nan")
        return shown

    return text


def _as_string(
    input: np.ndarray,
    *,
    T: DType,
    precision: int,
    scientific: bool,
    shortest: bool,
    width: int,
    fill: str,
) -> np.ndarray:
    form = _checked_format(T, precision, scientific, shortest, width, fill)
    if T in (dtypes.float16, dtypes.bfloat16):
        input = input.astype(np.float32)
    return to_array(map(_formatter(T, form), input.reshape(-1).tolist()), input.shape)


as_string_op = op(
    "AsString",
    shape=unchanged,
    host=_as_string,
    effects=PURE,
    traits=(ELEMENTWISE,),
    gradient=NOT_DIFFERENTIABLE,
)


@export("strings.as_string", "as_string", dispatch=UNARY)
def as_string(
    input: Any,
    precision: int = -1,
    scientific: bool = False,
    shortest: bool = False,
    width: int = -1,
    fill: str = "",
    name: str | None = None,
) -> Any:
    """Numbers as text.

    Args:
        input: a tensor of any shape, dense or ragged, of numbers, booleans or strings.
        precision: digits behind the point of floating-point numbers; 6 if it is negative.
        scientific: write floating-point numbers with exponents.
        shortest: write them with or without, whichever is shorter.
        width: least number of characters of a number; none if it is negative.
        fill: what to fill them with: "0" or " " on the left; "-" means blanks on the right, "+"
            a sign before positive numbers.
        name: name of the node in a graph.

    Returns:
        A string tensor of the same shape.

    Raises:
        InvalidArgumentError: for options that do not go with the dtype or with each other.

    >>> import tidefall as tf
    >>> tf.strings.as_string([3, 2]).numpy()
    array([b'3', b'2'], dtype=object)
    >>> tf.strings.as_string([3.1415926, 2.71828], precision=2).numpy()
    array([b'3.14', b'2.72'], dtype=object)
    """
    return as_string_op(
        convert_to_tensor(input),
        precision=precision,
        scientific=scientific,
        shortest=shortest,
        width=width,
        fill=fill,
        name=name,
    )


# ---- text as numbers ----

_BLANKS = b" \t\n\r\x0b\x0c"
_INTEGER = re.compile(rb"[+-]?[0-9]+\Z")
_UNSIGNED = re.compile(rb"\+?[0-9]+\Z")
_HEXADECIMAL = re.compile(
    rb"[+-]?0[xX]([0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)([pP][+-]?[0-9]+)?\Z"
)


def _to_integers(items: list[bytes], dtype: np.dtype) -> np.ndarray:
    limits = np.iinfo(dtype)
    pattern = _UNSIGNED if dtype.kind == "u" else _INTEGER
    numbers = []
    for item in items:
        text = item.strip(_BLANKS)
        number = int(text) if pattern.match(text) and len(text) < 400 else None
        if number is None or not limits.min <= number <= limits.max:
            raise _no_number(item)
        numbers.append(number)
    return np.array(numbers, dtype)


def _to_floats(items: list[bytes], dtype: np.dtype) -> np.ndarray:
    if not any(b"_" in item for item in items):
        try:  # all at once where nothing is unusual
            return np.array(list(map(float, items))).astype(dtype)
        except (ValueError, OverflowError):
            pass
    return np.array(list(map(_to_float, items))).astype(dtype)


def _to_float(item: bytes) -> float:
    text = item.strip(_BLANKS)
    try:
        if b"_" in text:
            raise _no_number(item)
        if _HEXADECIMAL.match(text):
            return float.fromhex(text.decode())
        return float(text)
    except (ValueError, OverflowError):
        raise _no_number(item) from None


def _no_number(item: bytes) -> Exception:
    return invalid(
        f"StringToNumberOp could not correctly convert string: {item.decode(errors='replace')}"
    )


def parse_numbers(items: list[bytes], out_type: DType) -> np.ndarray:
    """The numbers that strings spell.

    Raises:
        InvalidArgumentError: if one is not a number of that dtype.
    """
    dtype = np.dtype(out_type.as_numpy_dtype)
    convert = _to_floats if dtype.kind == "f" else _to_integers
    return convert(items, dtype)


def _to_number(string_tensor: np.ndarray, *, out_type: DType) -> np.ndarray:
    items = string_tensor.reshape(-1).tolist()
    return parse_numbers(items, out_type).reshape(string_tensor.shape)


to_number_op = op(
    "StringToNumber",
    shape=unchanged,
    host=_to_number,
    effects=PURE,
    traits=(ELEMENTWISE,),
    gradient=NOT_DIFFERENTIABLE,
)


@export("strings.to_number", dispatch=UNARY)
def to_number(input: Any, out_type: Any = dtypes.float32, name: str | None = None) -> Any:
    """The numbers that strings spell.

    Args:
        input: a string tensor of any shape, dense or ragged. Blanks around a number are skipped.
        out_type: float32, float64, int32, int64, uint32 or uint64.
        name: name of the node in a graph.

    Returns:
        A tensor of that dtype and the same shape.

    Raises:
        InvalidArgumentError: if a string is not a number, or an integer is too large for the dtype.

    >>> import tidefall as tf
    >>> tf.strings.to_number(["1.5", "-2e3"]).numpy()
    array([ 1.5e+00, -2.0e+03], dtype=float32)
    >>> tf.strings.to_number("42", tf.int32).numpy()
    np.int32(42)
    """
    return to_number_op(text_tensor(input), out_type=as_dtype(out_type), name=name)
