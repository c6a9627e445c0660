"""Counts of a window by feature and segment, in one pass over its files, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.monitoring.features import (
    GROUPS,
    Feature,
    codes_of,
    plan,
    values_of,
    vectors,
)
from tidefall.lifecycle.monitoring.manifest import Part
from tidefall.lifecycle.monitoring.reading import open_part, part_batches, window_parts
from tidefall.lifecycle.monitoring.reports import ALL, Window

if TYPE_CHECKING:
    from tidefall.lifecycle.monitoring.store import MonitoringStore

_SAMPLE_ROWS = 200_000
_SAMPLE_GROUPS = 64
_VECTORS = 1000
_ROWS = 65_536
MAX_SEGMENTS = 100
"""Of one column; the rest are counted as others."""


@dataclass
class Plan:
    """What is counted.

    Args:
        features: of the columns.
        segments: columns whose values are segments, with the places of the values.
        wide: columns whose rows are compared as vectors.
    """

    features: list[Feature]
    segments: list[Feature]
    wide: list[str]

    @property
    def columns(self) -> list[str]:
        """The columns to read."""
        names = [f.column for f in (*self.features, *self.segments)]
        return list(dict.fromkeys(names))

    def segment_names(self) -> list[str]:
        """All segments, that of all rows first."""
        return [ALL, *(f"{s.column}={value}" for s in self.segments for value in s.categories)]


class Profile:
    """Counts of one window. Those of several windows may be added up.

    Attributes:
        counts: by feature, int64 `[segments, width]`, in the order of `Plan.segment_names`.
        sums: of numbers, float64 `[segments]`, by feature.
        rows: int64 `[segments]`.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        size = len(plan.segment_names())
        self.counts = {f.name: np.zeros((size, f.width), np.int64) for f in plan.features}
        self.sums = {f.name: np.zeros(size) for f in plan.features if f.edges is not None}
        self.rows = np.zeros(size, np.int64)

    def add(self, other: Profile) -> None:
        """Take in what another one has counted."""
        for name, counts in other.counts.items():
            self.counts[name] += counts
        for name, sums in other.sums.items():
            self.sums[name] += sums
        self.rows += other.rows

    def add_batch(self, batch: Any) -> None:
        """Take in the rows of an Arrow record batch."""
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        places = [codes_of(s, columns[s.column]) for s in self.plan.segments]
        starts = self._starts()
        self.rows[0] += batch.num_rows
        for place, segment, start in zip(places, self.plan.segments, starts, strict=True):
            size = len(segment.categories)
            self.rows[start : start + size] += np.bincount(place, minlength=size + 2)[:size]
        for feature in self.plan.features:
            self._add_feature(feature, columns[feature.column], places, starts)

    def _starts(self) -> list[int]:
        """Where the segments of each column begin."""
        found, at = [], 1
        for segment in self.plan.segments:
            found.append(at)
            at += len(segment.categories)
        return found

    def _add_feature(
        self, feature: Feature, column: Any, places: Sequence[np.ndarray], starts: Sequence[int]
    ) -> None:
        counts, width = self.counts[feature.name], feature.width
        values: np.ndarray | None = None
        if feature.edges is None:
            codes = codes_of(feature, column)
        else:
            values = values_of(feature, column)
            codes = feature.bins_of(values)
            if values.dtype.kind == "f":
                odd = codes == width - 1
                values = np.where(odd, 0, values) if odd.any() else values
        if not places:
            counts[0] += np.bincount(codes, minlength=width)
            if values is not None:
                self.sums[feature.name][0] += values.sum(dtype=np.float64)
        for index, (place, start) in enumerate(zip(places, starts, strict=True)):
            size = len(self.plan.segments[index].categories)
            joint = np.bincount(place * width + codes, minlength=(size + 2) * width)
            joint = joint.reshape(size + 2, width)
            counts[start : start + size] += joint[:size]
            if index == 0:
                counts[0] += joint.sum(0)
            if values is not None:
                sums = np.bincount(place, weights=values, minlength=size + 2)
                self.sums[feature.name][start : start + size] += sums[:size]
                if index == 0:
                    self.sums[feature.name][0] += sums.sum()


def make_plan(
    store: MonitoringStore,
    model: str,
    window: Window,
    columns: Sequence[str],
    segments: Sequence[str],
) -> Plan:
    """Find what to count, from a sample of a window.

    Args:
        store: where the rows are.
        model: the model's name.
        window: the reference.
        columns: what is compared.
        segments: columns whose values are segments.

    Raises:
        InvalidArgumentError: a segment's column is no text or boolean, or there is none.
    """
    names = list(dict.fromkeys([*columns, *segments]))
    samples = sample(store, model, window, names)
    if not samples:
        raise invalid(f"model {model!r} has no rows in the reference {window}")
    features, wide = plan(samples, columns)
    made, _ = plan(samples, segments)
    for name in segments:
        found = next((f for f in made if f.column == name), None)
        if found is None or found.edges is not None or found.take != "value":
            raise invalid(f"segment {name!r} is no column of texts or booleans in the reference")
        kept = list(found.categories)[:MAX_SEGMENTS]
        found.categories = {value: place for place, value in enumerate(kept)}
    group(features, samples)
    return Plan(features, made, wide)


def group(features: Sequence[Feature], samples: Sequence[Any]) -> None:
    """Put the bins of numbers into groups that have about equally many rows of a sample."""
    for feature in features:
        if feature.edges is None:
            feature.groups = np.arange(feature.width)
            continue
        counts = np.zeros(feature.width)
        for batch in samples:
            codes = feature.bins_of(values_of(feature, batch.column(feature.column)))
            counts += np.bincount(codes, minlength=feature.width)
        values = counts[:-1]
        before = np.cumsum(values) - values
        groups = np.floor(before / max(1.0, values.sum()) * GROUPS + 1e-9).astype(np.intp)
        feature.groups = np.append(np.minimum(groups, GROUPS - 1), GROUPS)


def sample(
    store: MonitoringStore,
    model: str,
    window: Window,
    columns: Sequence[str],
    rows: int = _SAMPLE_ROWS,
) -> list[Any]:
    """Return record batches of row groups that lie evenly over a window's files.

    Args:
        store: where the rows are.
        model: the model's name.
        window: which rows.
        columns: which columns.
        rows: about how many.
    """
    parts = window_parts(store, model, window)
    total = sum(part.rows for part in parts)
    if total > rows and len(parts) > _SAMPLE_GROUPS:
        step = len(parts) / _SAMPLE_GROUPS
        parts = [parts[int(place * step)] for place in range(_SAMPLE_GROUPS)]
    share = max(1, -(-rows // max(1, len(parts))))
    found = []
    for part in parts:
        with open_part(store, part, columns) as file:
            count = file.num_row_groups
            size = max(1, part.rows // count)
        wanted = min(count, max(1, share // size))
        groups = sorted({int(place * count / wanted) for place in range(wanted)})
        each = max(1, share // len(groups))
        for batch in part_batches(store, part, window, columns, _ROWS, groups):
            if batch.num_rows > each and total > rows:
                step = batch.num_rows / each
                batch = batch.take(_indices(step, each))
            found.append(batch)
    return found


def _indices(step: float, count: int) -> Any:
    from tidefall.lifecycle.monitoring.columns import arrow

    return arrow().array((np.arange(count) * step).astype(np.int64))


def count_window(store: MonitoringStore, model: str, window: Window, plan: Plan) -> Profile:
    """Count the rows of a window, on two threads or as many as there are processors."""
    from tidefall.serving.operations.process import usable_cpus

    parts = window_parts(store, model, window)
    tasks = list(_tasks(store, parts))

    def count(task: tuple[Part, list[int]]) -> Profile:
        part, groups = task
        found = Profile(plan)
        for batch in part_batches(store, part, window, plan.columns, _ROWS, groups):
            found.add_batch(batch)
        return found

    total = Profile(plan)
    with ThreadPoolExecutor(max(1, min(8, round(usable_cpus())))) as pool:
        for found in pool.map(count, tasks):
            total.add(found)
    return total


def _tasks(
    store: MonitoringStore, parts: Iterable[Part]
) -> Iterable[tuple[Part, list[int] | None]]:
    for part in parts:
        if part.rows <= 4 * _ROWS:
            yield part, None
            continue
        with open_part(store, part, []) as file:
            groups = file.num_row_groups
        for first in range(0, groups, 4):
            yield part, list(range(first, min(groups, first + 4)))


def sample_vectors(
    store: MonitoringStore, model: str, window: Window, column: str, count: int = _VECTORS
) -> np.ndarray:
    """Return rows of a wide column, float `[count, width]`."""
    batches = sample(store, model, window, [column], count * 4)
    batches = [b for b in batches if "list" in str(b.column(column).type)]
    if not batches:
        return np.zeros((0, 1))
    matrices = [vectors(batch.column(column)).astype(np.float32) for batch in batches]
    widths = {matrix.shape[1] for matrix in matrices}
    if len(widths) > 1:
        raise invalid(f"{column} has rows of {sorted(widths)} values in one window")
    matrix = np.concatenate(matrices)
    matrix = matrix[np.isfinite(matrix).all(1)]
    if len(matrix) <= count:
        return matrix
    return matrix[(np.arange(count) * (len(matrix) / count)).astype(np.intp)]
