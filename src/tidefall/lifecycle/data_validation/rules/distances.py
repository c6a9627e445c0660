"""Distances between distributions: of counts of values, and of histograms of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.rules.views import FeatureView

Counts = Mapping[str, float]


def l_infinity(a: Counts, b: Counts) -> tuple[str, float]:
    """The largest difference of a value's shares, and the value.

    >>> l_infinity({"x": 3, "y": 1}, {"x": 1, "y": 3})
    ('y', 0.5)
    """
    return _largest(a, b, sum(a.values()), sum(b.values()))


def normalized_absolute_difference(a: Counts, b: Counts) -> tuple[str, float]:
    """The largest difference of a value's counts, as a share of all counts, and the value."""
    total = sum(a.values()) + sum(b.values())
    return _largest(a, b, total, total)


def _largest(a: Counts, b: Counts, a_total: float, b_total: float) -> tuple[str, float]:
    best, most = "", 0.0
    for value in sorted({*a, *b}, key=str.encode):
        share = a.get(value, 0.0) / a_total if a_total else 0.0
        other = b.get(value, 0.0) / b_total if b_total else 0.0
        if abs(share - other) >= most:
            best, most = value, abs(share - other)
    return best, most


def contributions(a: Counts, b: Counts) -> list[tuple[str, float, float]]:
    """Values with their shares in both, those that differ most first."""
    a_total, b_total = sum(a.values()) or 1.0, sum(b.values()) or 1.0
    shares = [(v, a.get(v, 0.0) / a_total, b.get(v, 0.0) / b_total) for v in {*a, *b}]
    return sorted(shares, key=lambda one: (-abs(one[1] - one[2]), one[0]))


def divergence(p: np.ndarray, q: np.ndarray) -> float:
    """Jensen-Shannon divergence of two vectors of weights, with logarithms to base 2: 0 to 1.

    >>> divergence(np.array([1.0, 0.0]), np.array([0.0, 2.0]))
    1.0
    """
    p, q = p / p.sum(), q / q.sum()
    middle = (p + q) / 2
    total = 0.0
    for one in (p, q):
        some = one > 0
        total += float((one[some] * np.log2(one[some] / middle[some])).sum())
    return min(total / 2, 1.0)


def jensen_shannon(a: FeatureView, b: FeatureView, source: str = "STANDARD") -> float | None:
    """The divergence of two features; None where their statistics do not say it.

    Counts of values are compared where both have them, and histograms of numbers otherwise.

    Args:
        source: which histogram: "STANDARD" or "QUANTILES".
    """
    one, other = a.value_counts, b.value_counts
    if one and other:
        values = sorted({*one, *other})
        p = np.array([one.get(value, 0.0) for value in values])
        q = np.array([other.get(value, 0.0) for value in values])
        return divergence(p, q) if (p >= 0).all() and (q >= 0).all() else None
    histograms = a.histogram(source), b.histogram(source)
    if histograms[0] is None or histograms[1] is None:
        return None
    p, q, _ = aligned(*histograms)
    return divergence(p, q) if p.sum() and q.sum() else None


def aligned(a: Any, b: Any) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """The weights of two histograms over the same buckets, and what the buckets are called.

    Buckets are cut at the bounds of both, and their weight is spread evenly. Those without width
    are matched by value. What is infinite or NaN in one matches nothing in the other.
    """
    wide_a, points_a, endless_a = _taken_apart(a)
    wide_b, points_b, endless_b = _taken_apart(b)
    edges = np.unique(np.concatenate([wide_a[:, :2].ravel(), wide_b[:, :2].ravel()]))
    p, q = _cut(wide_a, edges), _cut(wide_b, edges)
    names = [f"{low:.4g} to {high:.4g}" for low, high in pairwise(edges)]
    points = sorted({*points_a, *points_b})
    p_more = [points_a.get(point, 0.0) for point in points]
    q_more = [points_b.get(point, 0.0) for point in points]
    names += [f"{point:.4g}" for point in points]
    for name, one, other in (
        ("infinite", endless_a, endless_b),
        ("NaN", float(a.num_nan), float(b.num_nan)),
    ):
        if one or other:
            p_more += [one, 0.0]
            q_more += [0.0, other]
            names += [f"{name}, here", f"{name}, there"]
    return np.concatenate([p, p_more]), np.concatenate([q, q_more]), names


def _taken_apart(histogram: Any) -> tuple[np.ndarray, dict[float, float], float]:
    wide: list[tuple[float, float, float]] = []
    points: dict[float, float] = {}
    endless = 0.0
    for bucket in histogram.buckets:
        low, high, count = bucket.low_value, bucket.high_value, bucket.sample_count
        if not np.isfinite([low, high]).all():
            endless += count
        elif low == high:
            points[low] = points.get(low, 0.0) + count
        else:
            wide.append((low, high, count))
    return np.array(wide).reshape(-1, 3), points, endless


def _cut(wide: np.ndarray, edges: np.ndarray) -> np.ndarray:
    counts = np.zeros(max(0, len(edges) - 1))
    for low, high, count in wide:
        first, last = np.searchsorted(edges, [low, high])
        counts[first:last] += np.diff(edges[first : last + 1]) / (high - low) * count
    return counts
