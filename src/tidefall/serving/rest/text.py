"""JSON text to Python values and back, with orjson where it is installed.

TensorFlow Serving's JSON has three tokens that JSON itself lacks: `NaN`, `Infinity` and
`-Infinity`. Python's `json` reads and writes them; orjson refuses them on reading and would
write `null`, so it only ever gets what it can represent.
"""

from __future__ import annotations

import importlib
import json
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.base.type_guards import is_numeric


def _find_orjson() -> Any:
    try:
        return importlib.import_module("orjson")
    except ImportError:
        return None


orjson = _find_orjson()


def loads(text: bytes) -> Any:
    """The value of a JSON document.

    Raises:
        InvalidArgumentError: the text is not JSON; says why and where.
    """
    if not text:
        raise _parse_error("The document is empty")
    if orjson is not None:
        try:
            return orjson.loads(text)
        except ValueError:
            pass  # NaN and Infinity, or an error that the code below words.
    try:
        return json.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _parse_error(f"Invalid UTF-8 at offset: {error.start}") from None
    except json.JSONDecodeError as error:
        reason = "Invalid value." if error.msg == "Expecting value" else f"{error.msg}."
        raise _parse_error(f"{reason} at offset: {error.pos}") from None
    except RecursionError:
        raise _parse_error("The document is nested too deeply.") from None
    except ValueError as error:  # Python refuses integers of thousands of digits.
        raise _parse_error(f"{error}.") from None


def _parse_error(reason: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, f"JSON Parse error: {reason}")


def dumps(value: Any, *, finite: bool = True) -> bytes:
    """JSON text, compact and in UTF-8, of Python values and of what `encodable` returned.

    Args:
        value: lists, dicts with string keys, strings, numbers, booleans, None, NumPy arrays.
        finite: whether no number in `value` is NaN or infinite.
    """
    if orjson is not None and finite:
        return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY, default=as_list)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=as_list).encode()


def encodable(array: np.ndarray) -> Any:
    """What `dumps` writes fastest for an array of numbers or booleans, digits as few as exact.

    float32 values become the shortest decimals that read back as the same float32 (0.1, where
    the float64 nearest to it would print as 0.10000000149011612).
    """
    if orjson is None:
        return as_list(array)
    return np.ascontiguousarray(array) if array.ndim else array[()]


def as_list(value: Any) -> Any:
    """An array of numbers or booleans as nested lists, with digits as few as exact."""
    if is_numeric(value):
        wide = np.asarray(value)
        return (_shortened(wide) if wide.dtype == np.float32 else wide).tolist()
    raise TypeError(f"{type(value).__name__} has no JSON form")


_POWERS = 10.0 ** np.arange(23)  # 10^22 is the last power of ten that float64 holds exactly.
_SMALL = 32


def _shortened(array: np.ndarray) -> np.ndarray:
    """float64 values that print with at most nine digits and round to the same float32."""
    if array.size <= _SMALL:
        short = [float(str(value)) for value in array.ravel()]
        return np.array(short, np.float64).reshape(array.shape)
    wide = array.astype(np.float64)
    with np.errstate(all="ignore"):
        exponent = np.floor(np.log10(np.abs(wide)))
        # Outside this range the scaling below is not exact; the full digits are right, only long.
        usual = (exponent > -14) & (exponent < 9)
        exponent = np.where(usual, exponent, 0).astype(np.intp)
        six = _rounded(wide, 5 - exponent)
        nine = _rounded(wide, 8 - exponent)
        short = np.where(six.astype(np.float32) == array, six, nine)
    return np.where(usual, short, wide)


def _rounded(values: np.ndarray, decimals: np.ndarray) -> np.ndarray:
    # Dividing an integer by an exact power of ten gives the float64 nearest to the decimal.
    up = _POWERS[np.maximum(decimals, 0)]
    down = _POWERS[np.maximum(-decimals, 0)]
    return np.rint(values * up / down) / up * down
