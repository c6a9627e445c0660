"""Histograms from quantiles, as TensorFlow Metadata's messages."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.sketches.quantiles import QuantileSketch

FINE = 100
"""Fine quantiles for each bucket that is told."""


def quantiles_histogram(boundaries: np.ndarray, cumulative: np.ndarray) -> Any:
    """Buckets of about equal weight.

    Args:
        boundaries: float64 `[n + 1]`, ascending.
        cumulative: the weight up to and with each boundary.
    """
    from tidefall.proto import metadata

    result = metadata.Histogram(type=metadata.Histogram.QUANTILES)
    for low, high, weight in zip(*bin_weights(boundaries, cumulative), strict=True):
        result.buckets.add(low_value=low, high_value=high, sample_count=weight)
    return result


def bin_weights(
    boundaries: np.ndarray, cumulative: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lower bounds, upper bounds and weights of the bins between boundaries.

    Bins with the same upper bound share their weight evenly. The weight of the smallest value
    belongs to the first bin, or to all that are like it.
    """
    low, high = boundaries[:-1], boundaries[1:]
    weights = np.diff(cumulative).astype(np.float64)
    starts = np.flatnonzero(np.append(True, high[1:] != high[:-1]))
    sizes = np.diff(np.append(starts, len(high)))
    shared = np.add.reduceat(weights, starts) / sizes
    weights = np.repeat(shared, sizes)
    alike = (low == low[0]) & (high == high[0])
    first = len(alike) if alike.all() else int(np.argmin(alike))
    weights[:first] += cumulative[0] / first
    return low, high, weights


def coarse(boundaries: np.ndarray, cumulative: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every hundredth of fine quantiles."""
    return boundaries[::FINE], cumulative[::FINE]


def median(boundaries: np.ndarray) -> float:
    """The middle of the quantiles."""
    middle = len(boundaries) // 2
    if len(boundaries) % 2:
        return float(boundaries[middle])
    return float((boundaries[middle - 1] + boundaries[middle]) / 2)


def standard_histogram(
    boundaries: np.ndarray,
    cumulative: np.ndarray,
    low: float,
    high: float,
    buckets: int,
    infinite: float,
) -> Any:
    """Buckets of equal width between the finite extremes, from fine quantiles.

    The weight of each fine bin is spread evenly over its width. Infinities stand in buckets of
    their own at the ends.

    Args:
        boundaries: fine quantiles, ascending.
        cumulative: the weight up to and with each.
        low, high: the finite extremes; infinities the wrong way round if there are none.
        buckets: how many.
        infinite: the weight of positive infinity.
    """
    from tidefall.proto import metadata

    result = metadata.Histogram(type=metadata.Histogram.STANDARD)
    if not math.isfinite(low) and not math.isfinite(high):
        result.buckets.add(low_value=low, high_value=high, sample_count=cumulative[-1])
        return result
    negative = int(np.searchsorted(boundaries, -np.inf, side="right"))
    below = float(cumulative[negative - 1]) if negative else 0.0
    boundaries, cumulative = boundaries[negative:], cumulative[negative:] - below
    if infinite:
        finite = int(np.searchsorted(boundaries, np.inf, side="left"))
        total = cumulative[-1] - infinite
        boundaries = np.append(boundaries[:finite], high)
        cumulative = np.append(cumulative[:finite], total)
    if below:
        result.buckets.add(low_value=-math.inf, high_value=-math.inf, sample_count=below)
    edges = np.array([low, high]) if low == high else np.linspace(low, high, buckets + 1)
    if not np.isfinite(edges).all():
        return result
    if len(boundaries) > 1:
        counts = spread(*bin_weights(boundaries, cumulative), edges)
    else:
        counts = np.zeros(len(edges) - 1)
        counts[0] = cumulative[0]
    for start, end, count in zip(edges[:-1], edges[1:], counts, strict=True):
        result.buckets.add(low_value=start, high_value=end, sample_count=count)
    if infinite:
        result.buckets.add(low_value=math.inf, high_value=math.inf, sample_count=infinite)
    return result


def spread(low: np.ndarray, high: np.ndarray, weights: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The weight of bins, spread evenly over each, between edges.

    A bin without width belongs to the bucket that it is in; on an edge, to the one below it.
    """
    counts = np.zeros(len(edges) - 1)
    width = high - low
    wide = width > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        for i, (start, end) in enumerate(pairwise(edges)):
            part = np.minimum(high, end) - np.maximum(low, start)
            share = np.where(wide, np.clip(part / width, 0, 1), 0.0)
            counts[i] = float((share * weights)[wide].sum())
    points = np.flatnonzero(~wide)
    if len(points):
        at = np.searchsorted(edges, low[points], side="left") - 1
        np.add.at(counts, np.clip(at, 0, len(counts) - 1), weights[points])
    return counts


def lengths_histogram(lengths: QuantileSketch, buckets: int) -> Any:
    """The distribution of the numbers of values that rows have."""
    return quantiles_histogram(*lengths.quantiles(buckets))
