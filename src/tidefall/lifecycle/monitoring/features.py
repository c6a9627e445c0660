"""What is counted of columns: which bins and categories, found in a sample of the reference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.sketches.quantiles import QuantileSketch
from tidefall.lifecycle.monitoring.columns import INPUT, LABEL, OUTPUT

BINS = 256
GROUPS = 10
"""Of bins, for distances that compare shares."""
MAX_CATEGORIES = 100
MAX_ELEMENTS = 8
"""Of a row; wider rows are compared as vectors."""
_DISCRETE = 64
_OUTER = np.append(0.0, 2.0 ** np.arange(9))
_SUM_TOLERANCE = 1e-2
_LARGEST = float(np.finfo(np.float64).max) / 8

VALUE, ELEMENT, CLASS, TOP = "value", "element", "class", "top"


@dataclass
class Feature:
    """Something that is counted.

    Args:
        name: such as "output.scores[1]" or "output.scores.class".
        column: where it comes from.
        take: VALUE, ELEMENT, CLASS (the place of the largest value) or TOP (the largest value).
        element: which one, for ELEMENT.
        edges: between the bins of numbers; None for categories.
        centers: of those bins.
        spread: the standard deviation in the sample.
        categories: their places.
        groups: the group of each bin, for distances that compare shares.
        importance: how much it tells of the prediction: mutual information over entropy, 0 to 1.
    """

    name: str
    column: str
    take: str = VALUE
    element: int = 0
    edges: np.ndarray | None = None
    centers: np.ndarray = field(default_factory=lambda: np.zeros(0))
    spread: float = 1.0
    categories: dict[str, int] = field(default_factory=dict)
    groups: np.ndarray = field(default_factory=lambda: np.zeros(0, np.intp))
    importance: float = 0.0
    _narrow: np.ndarray | None = field(default=None, repr=False)

    @property
    def kind(self) -> str:
        """What it is of: "input", "prediction" or "label"."""
        if self.column.startswith(INPUT):
            return "input"
        return "label" if self.column == LABEL else "prediction"

    @property
    def width(self) -> int:
        """How many places there are: bins or categories, others, and what is missing."""
        return (len(self.edges) + 2) if self.edges is not None else len(self.categories) + 2

    def bins_of(self, values: np.ndarray) -> np.ndarray:
        """Return the bin of each number; the last one for NaN and infinities."""
        assert self.edges is not None
        edges = self.edges
        if values.dtype == np.float32:  # Without copies of values as float64.
            if self._narrow is None:
                with np.errstate(over="ignore"):
                    self._narrow = edges.astype(np.float32)
            edges = self._narrow
        found = edges.searchsorted(values, "right")
        if values.dtype.kind == "f":
            odd = ~np.isfinite(values)
            if odd.any():
                found[odd] = len(edges) + 1
        return found


def values_of(feature: Feature, column: Any) -> np.ndarray:
    """Return a feature's numbers, `[rows]`, of an Arrow column.

    NaN where there is none, such as in a column that has come to hold something else.
    """
    kind = str(column.type)
    if feature.take == VALUE:
        if _is_list(column) or "string" in kind:
            return np.full(len(column), np.nan)
        return numbers(column)
    if not _is_list(column):
        return np.full(len(column), np.nan)
    matrix = vectors(column)
    if feature.take == TOP:
        return matrix.max(1)
    if feature.element >= matrix.shape[1]:
        return np.full(len(column), np.nan)
    return matrix[:, feature.element]


def _is_list(column: Any) -> bool:
    return "list" in str(column.type)


def numbers(column: Any) -> np.ndarray:
    """Return an Arrow column of numbers or booleans as an array; NaN for null."""
    if str(column.type) == "null":
        return np.full(len(column), np.nan)
    if str(column.type) == "bool" or str(column.type).startswith("decimal"):
        column = column.cast("float64")
    return column.to_numpy(zero_copy_only=False)


def vectors(column: Any) -> np.ndarray:
    """Return an Arrow column of lists of one size as an array `[rows, width]`; NaN for null."""
    if not column.null_count:
        return column.flatten().to_numpy(zero_copy_only=False).reshape(len(column), -1)
    there = column.is_valid().to_numpy(zero_copy_only=False)
    found = column.drop_null().flatten().to_numpy(zero_copy_only=False)
    width = getattr(column.type, "list_size", None) or max(1, len(found) // max(1, there.sum()))
    matrix = np.full((len(column), width), np.nan)
    matrix[there] = found.reshape(-1, width)
    return matrix


def codes_of(feature: Feature, column: Any) -> np.ndarray:
    """Return the place of each row's category; the last but one for others, the last for null."""
    other, missing = len(feature.categories), len(feature.categories) + 1
    if feature.take == CLASS:
        if not _is_list(column):
            return np.full(len(column), missing)
        matrix = vectors(column)
        lost = np.isnan(matrix).any(1)
        places = np.full(matrix.shape[1], other)
        for name, place in feature.categories.items():
            if int(name) < len(places):
                places[int(name)] = place
        found = places[np.where(lost[:, None], 0, matrix).argmax(1)]
        found[lost] = missing
        return found
    if str(column.type) == "null" or _is_list(column):
        return np.full(len(column), missing)
    if not str(column.type).startswith("dictionary"):
        column = column.cast("string").dictionary_encode()
    places = [feature.categories.get(v, other) for v in column.dictionary.to_pylist()]
    indices = column.indices
    if column.null_count:
        indices = indices.fill_null(len(places))
    return np.array([*places, missing], np.intp)[indices.to_numpy(zero_copy_only=False)]


def plan(samples: Sequence[Any], columns: Iterable[str]) -> tuple[list[Feature], list[str]]:
    """Find what to count of columns.

    Args:
        samples: Arrow record batches of the reference.
        columns: their names.

    Returns:
        The features, and the columns whose rows are too wide for bins: they are vectors.
    """
    features: list[Feature] = []
    wide: list[str] = []
    for name in columns:
        parts = [batch.column(name) for batch in samples]
        parts = [part for part in parts if str(part.type) != "null"]
        if not parts:
            continue
        kind = str(parts[0].type)
        if _is_list(parts[0]):
            parts = [part for part in parts if part.type == parts[0].type]
            matrix = np.concatenate([vectors(part) for part in parts])
            features += _of_vectors(name, matrix)
            if matrix.shape[1] > MAX_ELEMENTS:
                wide.append(name)
        elif kind.startswith("dictionary") or kind in ("string", "bool"):
            features.append(_categories(Feature(name, name), parts))
        else:
            values = np.concatenate([values_of(Feature(name, name), part) for part in parts])
            features.append(with_bins(Feature(name, name), values))
    _weigh(features, samples)
    return features, wide


def _of_vectors(name: str, matrix: np.ndarray) -> list[Feature]:
    found = []
    width = matrix.shape[1]
    if name.startswith(OUTPUT) and _are_scores(matrix):
        feature = Feature(f"{name}.class", name, CLASS)
        counts = np.bincount(matrix.argmax(1), minlength=width)
        for place in np.argsort(-counts, kind="stable")[:MAX_CATEGORIES].tolist():
            feature.categories[str(place)] = len(feature.categories)
        found.append(feature)
        if width > 2:
            found.append(with_bins(Feature(f"{name}.top", name, TOP), matrix.max(1)))
    if width <= MAX_ELEMENTS:
        # The last of scores that add up to 1 says nothing new.
        elements = 1 if found and width == 2 else width
        for place in range(width - elements, width):
            made = Feature(f"{name}[{place}]", name, ELEMENT, place)
            found.append(with_bins(made, matrix[:, place]))
    return found


def _are_scores(matrix: np.ndarray) -> bool:
    if matrix.dtype.kind != "f" or not len(matrix):
        return False
    with np.errstate(all="ignore"):
        good = (matrix >= 0).all(1) & (np.abs(matrix.sum(1) - 1) <= _SUM_TOLERANCE)
    return bool(good.mean() >= 0.95)


def with_bins(feature: Feature, values: np.ndarray) -> Feature:
    """Return a feature with bins between quantiles of values, `[n]`."""
    finite = values[np.isfinite(values)].astype(np.float64)
    distinct = np.unique(finite[:20_000])
    if not len(finite):
        edges = np.zeros(1)
    elif len(distinct) <= _DISCRETE and len(np.unique(finite)) <= _DISCRETE:
        distinct = np.unique(finite)
        edges = (distinct[1:] + distinct[:-1]) / 2
        edges = np.concatenate([[distinct[0] - 0.5], edges, [distinct[-1] + 0.5]])
    else:
        sketch = QuantileSketch(0.001)
        sketch.add(finite)
        edges = np.unique(sketch.quantiles(BINS)[0][1:-1])
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    with np.errstate(over="ignore", invalid="ignore"):
        spread = float(finite.std()) if len(finite) else 0.0
        if not 0 < spread < _LARGEST:
            spread = min(max(abs(low), abs(high)), _LARGEST) or 1.0
        # Beyond what the reference has, bins grow by powers of two.
        edges = np.concatenate([low - spread * _OUTER, edges, high + spread * _OUTER])
    edges = np.unique(np.clip(edges, -_LARGEST, _LARGEST))
    middles = (edges[1:] + edges[:-1]) / 2
    feature.edges, feature.spread = edges, spread
    feature.centers = np.concatenate([[edges[0]], middles, [edges[-1]]])
    return feature


def _categories(feature: Feature, parts: Sequence[Any]) -> Feature:
    totals: dict[str, int] = {}
    for part in parts:
        for entry in part.cast("string").value_counts().to_pylist():
            if entry["values"] is not None:
                totals[entry["values"]] = totals.get(entry["values"], 0) + entry["counts"]
    ranked = sorted(totals, key=lambda value: (-totals[value], value))[:MAX_CATEGORIES]
    feature.categories = {value: place for place, value in enumerate(ranked)}
    return feature


def _weigh(features: Sequence[Feature], samples: Sequence[Any]) -> None:
    """Say how much each input tells of the prediction."""
    target = next((f for f in features if f.kind == "prediction"), None)
    if target is None:
        return
    wanted = [f for f in features if f.kind == "input"]
    codes = _coarse(target, samples)
    for feature in wanted:
        feature.importance = _information(_coarse(feature, samples), codes)


def _coarse(feature: Feature, samples: Sequence[Any]) -> np.ndarray:
    """Deciles or the ten most frequent categories of a sample."""
    columns = [batch.column(feature.column) for batch in samples]
    if feature.edges is None:
        return np.minimum(np.concatenate([codes_of(feature, c) for c in columns]), 9)
    values = np.concatenate([values_of(feature, c) for c in columns]).astype(np.float64)
    finite = values[np.isfinite(values)]
    if not len(finite):
        return np.zeros(len(values), np.intp)
    edges = np.unique(np.quantile(finite, np.linspace(0, 1, 10)[1:-1]))
    return np.where(np.isfinite(values), edges.searchsorted(values, "right"), 9)


def _information(a: np.ndarray, b: np.ndarray) -> float:
    joint = np.bincount(a * 10 + b, minlength=100).reshape(-1, 10)[:10] / max(1, len(a))
    outer = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
    some = joint > 0
    information = float((joint[some] * np.log(joint[some] / outer[some])).sum())
    shares = joint.sum(0)
    entropy = -float((shares[shares > 0] * np.log(shares[shares > 0])).sum())
    chance = 81 / (2 * max(1, len(a)))
    return min(1.0, max(0.0, information - chance) / entropy) if entropy > 0 else 0.0
