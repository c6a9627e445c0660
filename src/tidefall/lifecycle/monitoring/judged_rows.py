"""Rows with what was predicted and what became true, as arrays; a fair part of very many."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.monitoring.columns import INPUT, LABEL, MICROSECONDS, OUTPUT, arrow
from tidefall.lifecycle.monitoring.features import numbers, vectors
from tidefall.lifecycle.monitoring.reading import LABEL_TIME, column_types, window_parts
from tidefall.lifecycle.monitoring.reports import ALL, Window

if TYPE_CHECKING:
    from tidefall.lifecycle.monitoring.store import MonitoringStore

BINARY, CLASSES, REGRESSION = "binary", "classes", "regression"
MAX_ROWS = 1_000_000
"""That are held; of more, every second, fourth, ... row is taken."""
_MAX_FEATURES = 50


@dataclass
class Rows:
    """Rows of a window that were answered.

    Args:
        kind: BINARY, CLASSES, REGRESSION; None where nothing tells.
        scores: float64 `[n]`: of the positive class, of the chosen class, or the value.
        chosen: which class has the highest score, `[n]`.
        labels: float64 `[n]`, NaN where there is none.
        times: seconds since the epoch, `[n]`.
        delays: seconds until the label came, `[n]`, NaN where there is none.
        inputs: numbers by column; codes of texts.
        segments: the segment of each row, by column of segments.
        class_count: how many classes there are.
    """

    kind: str | None
    scores: np.ndarray
    chosen: np.ndarray
    labels: np.ndarray
    times: np.ndarray
    delays: np.ndarray
    inputs: dict[str, np.ndarray]
    segments: dict[str, np.ndarray]
    class_count: int

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def has_label(self) -> np.ndarray:
        """Which rows have a label."""
        return ~np.isnan(self.labels)

    def take(self, chosen: np.ndarray) -> Rows:
        """Return some of the rows."""
        return dataclasses.replace(
            self,
            scores=self.scores[chosen],
            chosen=self.chosen[chosen],
            labels=self.labels[chosen],
            times=self.times[chosen],
            delays=self.delays[chosen],
            inputs={name: values[chosen] for name, values in self.inputs.items()},
            segments={name: values[chosen] for name, values in self.segments.items()},
        )

    def labelled(self) -> Rows:
        """Return the rows that have a label, one that makes sense."""
        good = self.has_label & np.isfinite(self.scores)
        if self.kind == BINARY:
            good &= np.isin(self.labels, (0.0, 1.0))
        return self.take(np.flatnonzero(good))

    def by_segment(self) -> Iterator[tuple[str, Rows]]:
        """All rows, and then those of each segment."""
        yield ALL, self
        for column, values in self.segments.items():
            for value in sorted({*values.tolist()} - {None}):
                yield f"{column}={value}", self.take(np.flatnonzero(values == value))

    def as_correctness(self) -> Rows:
        """Return rows whose label is whether the chosen class was right."""
        right = np.where(self.has_label, (self.chosen == self.labels).astype(float), np.nan)
        return dataclasses.replace(self, labels=right)

    def features(self) -> np.ndarray:
        """Return inputs and predictions as numbers, float64 `[n, width]`."""
        return np.stack([*self.inputs.values(), self.scores], 1)


def read_judged(
    store: MonitoringStore,
    model: str,
    window: Window,
    prediction: str | None,
    segments: Sequence[str],
    classes: Sequence[str] | None,
) -> Rows:
    """Read the answered rows of a window.

    Args:
        store: where they are.
        model: the model's name.
        window: which rows.
        prediction: the output; the only one for None.
        segments: columns whose values are segments.
        classes: what labels that are strings are called, by number.

    Raises:
        InvalidArgumentError: a column is unknown, or labels are strings and there are no classes.
    """
    types = column_types(window_parts(store, model, window))
    if prediction is None:
        outputs = [name for name in types if name.startswith(OUTPUT)]
        if len(outputs) != 1:
            known = ", ".join(sorted(outputs)) or "none"
            raise invalid(f"name the prediction among the outputs of {model!r}: there are {known}")
        [prediction] = outputs
    inputs = [name for name, kind in types.items() if name.startswith(INPUT) and "list" not in kind]
    inputs = sorted(inputs)[:_MAX_FEATURES]
    columns = list(dict.fromkeys(["time", prediction, *inputs, *segments]))
    batches = list(_thinned(store.read(model, window, columns, labels=True)))
    return _rows(batches, prediction, inputs, segments, classes)


def _thinned(batches: Iterator[Any]) -> Iterator[Any]:
    """At most about MAX_ROWS of the rows."""
    held: list[Any] = []
    count, step = 0, 1
    for batch in batches:
        if step > 1:
            batch = batch.take(arrow().array(np.arange(0, batch.num_rows, step)))
        held.append(batch)
        count += batch.num_rows
        if count > MAX_ROWS:
            step *= 2
            held = [b.take(arrow().array(np.arange(0, b.num_rows, 2))) for b in held]
            count = sum(b.num_rows for b in held)
    yield from held


def _rows(
    batches: Sequence[Any],
    prediction: str,
    inputs: Sequence[str],
    segments: Sequence[str],
    classes: Sequence[str] | None,
) -> Rows:
    pa = arrow()
    if not batches:
        empty = np.zeros(0)
        none = dict.fromkeys(inputs, empty)
        return Rows(
            None, empty, empty, empty, empty, empty, none, dict.fromkeys(segments, empty), 0
        )
    table = pa.Table.from_batches(batches)
    columns = {name: table[name].combine_chunks() for name in dict.fromkeys(table.column_names)}
    answered = columns[prediction].is_valid().to_numpy(zero_copy_only=False)
    columns = {name: c.filter(pa.array(answered)) for name, c in columns.items()}
    labels = _labels(columns[LABEL], classes)
    scores, chosen, width = _scores(columns[prediction])
    times = columns["time"].to_numpy(zero_copy_only=False) / MICROSECONDS
    delays = numbers(columns[LABEL_TIME]).astype(np.float64) / MICROSECONDS - times
    return Rows(
        kind=_kind(scores, labels, width, classes),
        scores=scores,
        chosen=chosen,
        labels=labels,
        times=times,
        delays=delays,
        inputs={name: _codes(columns[name]) for name in inputs},
        segments={
            name: np.array(columns[name].cast("string").to_pylist(), object) for name in segments
        },
        class_count=max(width, 2),
    )


def _scores(column: Any) -> tuple[np.ndarray, np.ndarray, int]:
    """The score, the chosen class, and how many values a row has."""
    if "list" not in str(column.type):
        scores = numbers(column).astype(np.float64)
        return scores, (scores >= 0.5).astype(np.int64), 1
    matrix = vectors(column).astype(np.float64)
    chosen = np.nan_to_num(matrix, nan=-np.inf).argmax(1)
    if matrix.shape[1] == 2:
        return matrix[:, 1], chosen, 2
    return matrix.max(1), chosen, matrix.shape[1]


def _labels(column: Any, classes: Sequence[str] | None) -> np.ndarray:
    """Labels as numbers; those that are no class are -1."""
    kind = str(column.type)
    if "string" not in kind:
        return numbers(column).astype(np.float64)
    if classes is None:
        raise invalid("labels are strings: name the classes, in the order of the scores")
    places = {name: float(place) for place, name in enumerate(classes)}
    values = column.cast("string").to_pylist()
    return np.array([np.nan if v is None else places.get(v, -1.0) for v in values])


def _kind(
    scores: np.ndarray, labels: np.ndarray, width: int, classes: Sequence[str] | None
) -> str | None:
    finite = scores[np.isfinite(scores)]
    if not len(finite):
        return None
    if width > 2:
        return CLASSES
    is_share = finite.min() >= 0 and finite.max() <= 1
    if width == 2:
        return BINARY if is_share else None
    known = labels[~np.isnan(labels)]
    if classes is not None:
        return BINARY
    if not len(known):
        return None
    # Some odd labels are a mistake in labels, and no other kind of model.
    return BINARY if is_share and np.isin(known, (0.0, 1.0)).mean() >= 0.5 else REGRESSION


def _codes(column: Any) -> np.ndarray:
    """Numbers as they are; texts as numbers that are the same in every window."""
    kind = str(column.type)
    if kind == "null":
        return np.full(len(column), np.nan)
    if "string" not in kind:
        return numbers(column).astype(np.float64)
    import zlib

    if not kind.startswith("dictionary"):
        column = column.dictionary_encode()
    places = [zlib.crc32(v.encode()) % 1024 if v is not None else np.nan
              for v in column.dictionary.to_pylist()]  # fmt: skip
    indices = column.indices.fill_null(len(places)).to_numpy(zero_copy_only=False)
    return np.array([*places, np.nan], np.float64)[indices]
