"""Where clusters begin."""

from __future__ import annotations

import enum
from collections.abc import Callable

import numpy as np


class CentroidInitialization(enum.StrEnum):
    """Where the centroids of clusters begin.

    LINEAR: evenly between the least and the largest weight. RANDOM: uniformly drawn between them.
    DENSITY_BASED: evenly over the cumulative distribution. KMEANS_PLUS_PLUS: weights drawn one
    after the other, the farther from those before the likelier (Arthur and Vassilvitskii, 2007).
    """

    LINEAR = "CentroidInitialization.LINEAR"
    RANDOM = "CentroidInitialization.RANDOM"
    DENSITY_BASED = "CentroidInitialization.DENSITY_BASED"
    KMEANS_PLUS_PLUS = "CentroidInitialization.KMEANS_PLUS_PLUS"


class GradientAggregation(enum.StrEnum):
    """How a centroid's gradient comes of those of its weights: their sum or average."""

    SUM = "GradientAggregation.SUM"
    AVG = "GradientAggregation.AVG"


def _linear(weights: np.ndarray, count: int) -> np.ndarray:
    return np.linspace(weights.min(), weights.max(), count)


def _random(weights: np.ndarray, count: int) -> np.ndarray:
    return np.random.default_rng(9).uniform(weights.min(), weights.max(), count)


_POINTS = 30
"""Of the cumulative distribution, between which it is taken for straight."""


def _by_density(weights: np.ndarray, count: int) -> np.ndarray:
    grid = np.linspace(weights.min(), weights.max(), _POINTS)
    below = np.searchsorted(np.sort(weights), grid, side="right") / weights.size
    below[0] = 0.0
    return np.interp(np.linspace(0.01, 1.0, count), below, grid)


def _kmeans_plus_plus(weights: np.ndarray, count: int) -> np.ndarray:
    rng = np.random.default_rng(9)
    chosen = [weights[rng.integers(weights.size)]]
    distances = np.square(weights - chosen[0], dtype=np.float64)
    while len(chosen) < count:
        total = distances.sum()
        if total <= 0:  # fewer different weights than clusters
            chosen += [chosen[-1]] * (count - len(chosen))
            break
        at = np.searchsorted(np.cumsum(distances), rng.random() * total)
        chosen.append(weights[min(int(at), weights.size - 1)])
        distances = np.minimum(distances, np.square(weights - chosen[-1], dtype=np.float64))
    return np.array(chosen)


_WAYS: dict[CentroidInitialization, Callable[[np.ndarray, int], np.ndarray]] = {
    CentroidInitialization.LINEAR: _linear,
    CentroidInitialization.RANDOM: _random,
    CentroidInitialization.DENSITY_BASED: _by_density,
    CentroidInitialization.KMEANS_PLUS_PLUS: _kmeans_plus_plus,
}


def centroids(
    weights: np.ndarray, count: int, way: CentroidInitialization, keeps_zero: bool = False
) -> np.ndarray:
    """The first centroids.

    Args:
        weights: of any shape.
        count: how many.
        way: how they are chosen.
        keeps_zero: let one be zero, and the others be shared between negative and positive weights
            by how many of these there are.

    Returns:
        A float vector of `count` numbers, sorted.
    """
    flat = np.asarray(weights, np.float32).reshape(-1)
    choose = _WAYS[way]
    if not keeps_zero:
        return np.sort(choose(flat, count)).astype(np.float32)
    negative, positive = flat[flat < 0], flat[flat > 0]
    if not negative.size and not positive.size:
        return np.zeros(count, np.float32)
    below = round((count - 1) * negative.size / (negative.size + positive.size))
    parts = [np.zeros(1)]
    if below:
        parts.append(choose(negative, below))
    if count - 1 - below:
        parts.append(choose(positive, count - 1 - below))
    return np.sort(np.concatenate(parts)).astype(np.float32)
