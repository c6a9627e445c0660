"""Rows of requests as Arrow tables: one column for each input and output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid, need

INPUT, OUTPUT = "input.", "output."
LABEL, OUTCOME = "label", "outcome."
MAX_VALUES = 65_536
"""Values of one row of a column; larger ones are left out."""
MAX_CHARACTERS = 4096
"""Of a text; what is longer is cut."""
MICROSECONDS = 1_000_000


def arrow() -> Any:
    """Return pyarrow.

    Raises:
        ImportError: it is not installed.
    """
    try:
        import pyarrow
    except ImportError:
        raise need("pyarrow", "monitoring") from None
    return pyarrow


def event_table(
    ids: Sequence[str],
    times: np.ndarray,
    inputs: Mapping[str, Any],
    outputs: Mapping[str, Any],
    *,
    signature: str = "serving_default",
    status: str = "OK",
    seconds: np.ndarray | float = 0.0,
    redact: frozenset[str] = frozenset(),
) -> Any:
    """Return an Arrow table of requests, one row each.

    Args:
        ids: their names, to join labels by.
        times: float64 `[n]`, seconds since the epoch.
        inputs: by name, arrays `[n, ...]` of numbers, booleans, strings or bytes.
        outputs: likewise.
        signature: what was run.
        status: "OK", or the code of the error.
        seconds: how long the answer took, `[n]` or one for all.
        redact: columns that are left out, such as "input.name".

    Raises:
        InvalidArgumentError: an array has another number of rows, or a dtype that cannot be kept.
    """
    pa = arrow()
    count = len(ids)
    columns: dict[str, Any] = {
        "id": pa.array([str(each) for each in ids], pa.string()),
        "time": pa.array(microseconds(times, count), pa.int64()),
        "signature": pa.array([signature] * count).dictionary_encode(),
        "status": pa.array([status] * count).dictionary_encode(),
        "seconds": pa.array(np.broadcast_to(np.asarray(seconds, np.float32), (count,)).copy()),
    }
    for prefix, arrays in ((INPUT, inputs), (OUTPUT, outputs)):
        for name, values in arrays.items():
            column = prefix + name
            if column in redact:
                continue
            array = np.asarray(values)
            if array.ndim == 0 or len(array) != count:
                raise invalid(f"{column} has shape {array.shape}, expected [{count}, ...]")
            if array[:1].size <= MAX_VALUES:
                columns[column] = arrow_column(column, array)
    return pa.table(columns)


def microseconds(times: Any, count: int) -> np.ndarray:
    """Return times in microseconds, int64 `[count]`.

    Args:
        times: seconds since the epoch, `[count]` or one for all.
        count: how many.

    Raises:
        InvalidArgumentError: there are others, or some are not finite.
    """
    given = np.asarray(times, np.float64)
    if given.shape not in ((), (count,)):
        raise invalid(f"times have shape {list(given.shape)}, expected [{count}]")
    if not np.isfinite(given).all() or np.abs(given).max(initial=0) > 1e11:
        raise invalid("times must be finite seconds since the epoch")
    return np.broadcast_to(np.rint(given * MICROSECONDS).astype(np.int64), (count,))


def arrow_column(name: str, array: np.ndarray) -> Any:
    """Return an array `[n, ...]` as an Arrow column; rows of several values are lists of one size.

    Args:
        name: for messages.
        array: numbers, booleans, strings or bytes.

    Raises:
        InvalidArgumentError: a dtype that cannot be kept.
    """
    pa = arrow()
    kind = array.dtype.kind
    flat = array.reshape(len(array), -1)
    if kind == "O" and all(isinstance(value, str | bytes | None) for value in flat[:50].flat):
        kind = "U"
    if kind in "US":
        values = pa.array([_text(value) for value in flat.ravel().tolist()], pa.string())
    elif kind in "biuf" and array.dtype != np.float16:
        values = pa.array(np.ascontiguousarray(flat).ravel())
    elif kind in "fV":  # float16, bfloat16 and float8
        try:
            values = pa.array(flat.astype(np.float32).ravel())
        except (TypeError, ValueError):
            raise invalid(f"{name}: {array.dtype} cannot be kept") from None
    else:
        message = f"{name}: {array.dtype} cannot be kept; give numbers, booleans, strings or bytes"
        raise invalid(message)
    if array.ndim == 1:
        return values.dictionary_encode() if kind in "US" else values
    width = flat.shape[1]
    if width == 1:
        return values.dictionary_encode() if kind in "US" else values
    return pa.FixedSizeListArray.from_arrays(values, width)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bytes):
        value = value[: 4 * MAX_CHARACTERS].decode("utf-8", "backslashreplace")
    text = str(value)[:MAX_CHARACTERS]
    return text.encode("utf-8", "backslashreplace").decode()


def label_table(
    ids: Sequence[str], labels: Any, times: Any, outcomes: Mapping[str, Any], count: int
) -> Any:
    """Return an Arrow table of labels; of those with one id the latest counts.

    Args:
        ids: of the predictions.
        labels: `[count]` numbers, booleans or strings; None where only outcomes are known.
        times: when they became known, seconds since the epoch.
        outcomes: other figures by name, such as what was earned, numbers `[count]`.
        count: how many.

    Raises:
        InvalidArgumentError: they are not as many as ids.
    """
    pa = arrow()
    columns: dict[str, Any] = {
        "id": pa.array([str(each) for each in ids], pa.string()),
        "time": pa.array(microseconds(times, count), pa.int64()),
    }
    given = {} if labels is None else {LABEL: labels}
    given.update({OUTCOME + name: values for name, values in outcomes.items()})
    for name, values in given.items():
        array = np.asarray(values)
        if array.shape != (count,):
            raise invalid(f"{name} has shape {list(array.shape)}, expected [{count}]")
        if array.dtype.kind in "biuf":
            array = array.astype(np.float64)
        elif name != LABEL:
            raise invalid(f"{name} has dtype {array.dtype}, expected numbers")
        columns[name] = arrow_column(name, array)
    return pa.table(columns)
