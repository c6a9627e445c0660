"""A new version beside the live one, row by row, on rows that training never saw."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.lifecycle.retrain.plan import Comparison
from tidefall.lifecycle.retrain.rows import HOLDOUT, LABEL
from tidefall.serving.models.prediction import check_inputs, find_signature, run_checked
from tidefall.serving.models.saved_model import load_saved_model

_ROWS = 1024
_Z = 1.959964


@dataclass(frozen=True)
class Compared:
    """What the rows say.

    Args:
        rows: how many.
        live: the metric of the live version.
        candidate: that of the new one.
        gain: how much better the new one is.
        low, high: bounds of the gain that hold with 95 % confidence.
        passed: whether it is as much as asked.
    """

    rows: int
    live: float
    candidate: float
    gain: float
    low: float
    high: float
    passed: bool

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


def compare(wanted: Comparison, data: Path, live: Path, candidate: Path) -> Compared:
    """Return how a new version does beside the live one.

    The rows are the same for both, so their difference is that of pairs.

    Raises:
        InvalidArgumentError: an input is not among the rows, or an output is none to compare.
    """
    import pyarrow.parquet as pq

    table = pq.read_table(data / HOLDOUT / "rows.parquet")
    labels = table.column(LABEL).to_pylist()
    wrong = [_wrongness(wanted, predictions(f, table, wanted.output), labels)
             for f in (live, candidate)]  # fmt: skip
    gains = wrong[0] - wrong[1]
    gain, n = float(gains.mean()), len(gains)
    spread = _Z * float(gains.std(ddof=1)) / math.sqrt(n) if n > 1 else math.inf
    shown = [float(1 - w.mean() if wanted.metric == "accuracy" else w.mean()) for w in wrong]
    return Compared(n, shown[0], shown[1], gain, gain - spread, gain + spread, gain >= wanted.gain)


def predictions(folder: Path, table: Any, output: str) -> np.ndarray:
    """Return what a SavedModel answers for rows of a table.

    Args:
        folder: the SavedModel.
        table: an Arrow table with a column for each of its inputs.
        output: which output; the only one for "".

    Raises:
        InvalidArgumentError: an input is not there, or there are several outputs and none is named.
    """
    servable = load_saved_model(folder)
    signature = find_signature(servable, "")
    absent = sorted(signature.inputs.keys() - set(table.column_names))
    if absent:
        message = f"{folder}: inputs {', '.join(absent)} are not among the rows' columns"
        raise errors.InvalidArgumentError(None, None, message)
    name = output.removeprefix("output.") or next(iter(signature.outputs))
    if name not in signature.outputs or (not output and len(signature.outputs) > 1):
        known = ", ".join(signature.outputs)
        message = f"{folder}: which output is it? {output or 'none'} was named; there are {known}"
        raise errors.InvalidArgumentError(None, None, message)
    found: list[np.ndarray] = []
    for begin in range(0, table.num_rows, _ROWS):
        part = table.slice(begin, _ROWS)
        inputs = {
            key: _array(part.column(key).to_pylist(), info.dtype)
            for key, info in signature.inputs.items()
        }
        check_inputs(signature, inputs)
        found.append(np.asarray(run_checked(signature, inputs)[name]))
    return np.concatenate(found)


def _array(values: list[Any], dtype: str) -> np.ndarray:
    if dtype == "string":
        made = np.empty(len(values), object)
        made[:] = [v.encode() if isinstance(v, str) else v for v in values]
        return made
    return np.asarray(values, dtype)


def _wrongness(wanted: Comparison, answers: np.ndarray, labels: list[Any]) -> np.ndarray:
    """How wrong each row is: 0 or 1, or how far off."""
    flat = answers.reshape(len(labels), -1)
    if wanted.metric == "mae":
        if flat.shape[1] != 1:
            message = f"mae takes one number a row, received {flat.shape[1]}"
            raise errors.InvalidArgumentError(None, None, message)
        return np.abs(flat[:, 0].astype(float) - np.asarray(labels, float))
    if flat.shape[1] > 1:
        chosen = flat.argmax(1)
    elif flat.dtype.kind == "f":
        chosen = (flat[:, 0] > 0.5).astype(int)
    else:
        chosen = flat[:, 0]
    if chosen.dtype.kind == "O":
        chosen = np.array([v.decode() if isinstance(v, bytes) else str(v) for v in chosen])
        labels = [str(label) for label in labels]
    return (chosen != np.asarray(labels)).astype(float)
