"""Running one model on one set of arrays in every runtime."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.export.agreement.runtimes import RUNTIMES, Run, Subject
from tidefall.export.sources import chosen, sources_of


@dataclass(frozen=True)
class Row:
    """What one runtime showed.

    Attributes:
        runtime: its name.
        difference: the largest difference from the first runtime, relative to the largest number
            of that output, at least 1; None if it did not run.
        latency: median seconds of a call; None if it did not run.
        note: why it did not run.
    """

    runtime: str
    difference: float | None = None
    latency: float | None = None
    note: str = ""


def compare(
    model: str,
    arrays: Sequence[np.ndarray],
    *,
    signature: str | None = None,
    runtimes: Sequence[str] | None = None,
    repeats: int = 10,
) -> list[Row]:
    """Return a row for each runtime.

    Args:
        model: the folder of a SavedModel, or a `.keras` file.
        arrays: one for each input, all with the same batch.
        signature: which signature of a SavedModel.
        runtimes: which of `RUNTIMES`; all by default. The first that runs is what others are
            compared with.
        repeats: calls whose median time is told.

    Raises:
        ValueError: for arrays that do not fit, or an unknown runtime.
    """
    names = list(RUNTIMES) if runtimes is None else list(runtimes)
    unknown = [n for n in names if n not in RUNTIMES]
    if unknown:
        raise ValueError(f"There is no runtime {unknown[0]!r}; there are {', '.join(RUNTIMES)}.")
    sources, alive = sources_of(model, signature)
    source = chosen(sources, signature)
    if len(arrays) != len(source.inputs):
        raise ValueError(f"The inputs are {', '.join(source.inputs)}; {len(arrays)} arrays came.")
    given = [
        np.asarray(a, None if t.dtype.name == "string" else t.dtype.as_numpy_dtype)
        for a, t in zip(arrays, source.arguments, strict=True)
    ]
    rows: list[Row] = []
    with ExitStack() as stack:
        keras = None if os.path.isdir(model) else alive
        folder = model
        if keras is not None:
            folder = os.path.join(stack.enter_context(tempfile.TemporaryDirectory()), "model")
            keras.export(folder, verbose=False)
        batch = next((len(a) for a in given if a.ndim), 1)
        subject = Subject(source, keras, folder, stack, batch)
        reference: list[np.ndarray] | None = None
        for name in names:
            row, outputs = _row(name, subject, given, reference, repeats)
            reference = outputs if reference is None else reference
            rows.append(row)
    return rows


def _row(
    name: str, subject: Subject, arrays: list[np.ndarray], reference: Any, repeats: int
) -> tuple[Row, list[np.ndarray] | None]:
    try:
        run = RUNTIMES[name](subject)
        outputs = run(arrays)
        latency = _median(run, arrays, repeats)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is said in the runtime's row
        text = error.message if isinstance(error, errors.OpError) else str(error)
        return Row(name, note=f"{type(error).__name__}: {text}"), None
    apart = 0.0 if reference is None else difference(outputs, reference)
    return Row(name, apart, latency), outputs


def _median(run: Run, arrays: Sequence[np.ndarray], repeats: int) -> float:
    times: list[float] = []
    for _ in range(max(repeats, 1)):
        start = time.perf_counter()
        run(arrays)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def difference(got: Sequence[np.ndarray], wanted: Sequence[np.ndarray]) -> float:
    """The largest difference, relative to the largest number of each output, at least 1.

    >>> difference([np.array([1.0, 20.0])], [np.array([1.0, 10.0])])
    1.0
    """
    worst = 0.0
    if len(got) != len(wanted):
        return float("inf")
    for a, b in zip(got, wanted, strict=True):
        if a.shape != b.shape:
            return float("inf")
        if b.dtype.kind not in "fiub":
            worst = max(worst, 0.0 if np.array_equal(a, b) else float("inf"))
            continue
        x, y = a.astype(np.float64), b.astype(np.float64)
        same = (x == y) | (np.isnan(x) & np.isnan(y))
        with np.errstate(invalid="ignore"):
            apart = np.where(same, 0.0, np.abs(x - y))
        if apart.size:
            finite = np.abs(y[np.isfinite(y)])
            worst = max(worst, float(apart.max()) / max(1.0, float(finite.max(initial=0.0))))
    return worst
