"""How far the outputs of two versions of a model have drifted apart.

The two answer different requests, so their outputs are compared as distributions. Two measures are
taken, because each is blind where the other sees:

- The population stability index compares shares: of classes, of texts, of bins between quantiles.
  It is a symmetric Kullback-Leibler divergence of binned values (Siddiqi, "Credit Risk Scorecards",
  2006, who calls less than 0.1 no change and more than 0.25 a large one). It sees new classes, NaN
  and moves that are large beside the spread, and hardly any of values that spread over decades.
- The relative shift is the 1-Wasserstein distance (the area between two distribution functions)
  over the mean absolute value of the stable version. Values that are all 1.5 times too large have
  one of 0.5, whatever their distribution. Normalized Wasserstein distances stand beside the index
  in what watches models in production: Azure Machine Learning's `NormalizedWassersteinDistance`,
  Evidently's `wasserstein`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

CLASSES = "classes"
VALUES = "values"
KINDS = (CLASSES, VALUES)
"""What may be compared of an output: the place of each row's largest value, or the values."""

MIN_VALUES = 40
"""Fewer values of one version than this say nothing."""

_PER_REQUEST = 16
_COLUMNS = 8
_CATEGORIES = 64
_BINS = 10
# Scores that were computed in half precision add up to 1 only so far.
_SUM_TOLERANCE = 1e-2
_MOSTLY = 0.95
Z = 2.326
"""One-sided confidence of 99 %, in standard deviations."""


class Row(NamedTuple):
    """What is remembered of one row of an output.

    Args:
        category: a text or boolean itself; of a row of several floats, the place of the largest.
        is_distribution: whether the row is the scores of classes: none negative, and 1 in all.
        width: how many numbers the row has; 0 for texts and booleans.
        values: the numbers, where they are at most 8.
        figures: of several numbers, their mean, root mean square, minimum and maximum.
    """

    category: str | None
    is_distribution: bool
    width: int
    values: tuple[float, ...] = ()
    figures: tuple[float, ...] = ()


class Estimate(NamedTuple):
    """A measure of two samples.

    Args:
        value: the measure less what chance alone brings, 0 or more.
        least: what it is at least, with the confidence asked for.
    """

    value: float
    least: float


class Drift(NamedTuple):
    """What two samples of an output say.

    Args:
        estimate: how far they are apart; None where that cannot be measured.
        detail: the figure in words, or why there is none.
    """

    estimate: Estimate | None
    detail: str


def output_rows(array: np.ndarray) -> list[Row]:
    """Return rows that stand for an output, at most 16.

    Args:
        array: the output, `[batch, ...]`, of any dtype that is served.

    >>> [row] = output_rows(np.float32([[0.25, 0.75]]))
    >>> row.category, row.is_distribution, row.values
    ('1', True, (0.25, 0.75))
    """
    kind = array.dtype.kind
    if kind in "OSU":
        return [Row(_short(value), False, 0) for value in array.ravel()[:_PER_REQUEST].tolist()]
    if kind == "b":
        return [Row(str(value), False, 0) for value in _spread(array.ravel()).tolist()]
    if kind == "c":
        array = np.stack([np.real(array), np.imag(array)], -1)
    if array.ndim < 2:
        array = array.reshape(-1, 1)
    if not array.size:
        return []
    matrix = _spread(array.reshape(len(array), -1)).astype(np.float64)
    width = matrix.shape[1]
    if width == 1:
        return [Row(None, False, 1, (value,)) for value in matrix[:, 0].tolist()]
    columns = matrix.tolist() if width <= _COLUMNS else [()] * len(matrix)
    figures = _figures(matrix).tolist()
    if array.ndim > 2 or kind in "iuc":
        categories, distributions = [None] * len(matrix), [False] * len(matrix)
    else:
        categories = [str(place) for place in matrix.argmax(1).tolist()]
        distributions = _are_distributions(matrix).tolist()
    return [
        Row(category, is_distribution, width, tuple(values), tuple(found))
        for category, is_distribution, values, found in zip(
            categories, distributions, columns, figures, strict=True
        )
    ]


def _short(value: object) -> str:
    return (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))[:80]


def _spread(rows: np.ndarray) -> np.ndarray:
    """At most 16 of the rows, evenly spaced."""
    if len(rows) <= _PER_REQUEST:
        return rows
    return rows[:: len(rows) // _PER_REQUEST][:_PER_REQUEST]


def _are_distributions(matrix: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        return (matrix >= 0).all(1) & (np.abs(matrix.sum(1) - 1) <= _SUM_TOLERANCE)


def _figures(matrix: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):  # NaN and infinities are values like others here.
        mean, square = matrix.mean(1), np.sqrt(np.mean(matrix * matrix, 1))
        return np.stack([mean, square, matrix.min(1), matrix.max(1)], 1)


def drift(
    stable: Sequence[Row], candidate: Sequence[Row], kind: str | None = None, z: float = Z
) -> Drift:
    """Return how far two samples of one output are apart.

    Texts and booleans are compared by their shares. So are the classes of rows that the stable
    version gives as scores of classes, whose values a new version may well change; a candidate's
    rows that are no such scores count as a class of their own. All else is compared by its values:
    each column by itself where rows have at most 8, and else the rows' means, root mean squares,
    minima and maxima. What is furthest apart counts.

    Args:
        stable: rows of the version that is trusted.
        candidate: rows of the version on trial.
        kind: `CLASSES` or `VALUES`; None finds it from the rows.
        z: the confidence of `Estimate.least`, in standard deviations of a normal distribution.
    """
    for name, rows in (("stable", stable), ("candidate", candidate)):
        if len(rows) < MIN_VALUES:
            count = f"{len(rows)} of the {MIN_VALUES} values it takes"
            return Drift(None, f"cannot be measured: the {name} version gave {count}")
    if kind == CLASSES:
        if any(row.category is None for row in (*stable, *candidate)):
            return Drift(None, "cannot be measured: its values are no scores of classes")
        return _of_classes([r.category for r in stable], [r.category for r in candidate], z)
    if kind is None and _are_scores(stable):
        return _of_classes(_classes(stable), _classes(candidate), z)
    widths, others = {row.width for row in stable}, {row.width for row in candidate}
    if widths == {0} == others:
        texts = ([str(row.category) for row in rows] for rows in (stable, candidate))
        return _of_texts(*texts, z)
    if len(widths) == len(others) == 1 and widths != others:
        (a,), (b,) = widths, others
        return Drift(Estimate(math.inf, math.inf), f"rows of {b} values, {a} of the stable version")
    return _of_numbers(stable, candidate, z)


def _are_scores(rows: Sequence[Row]) -> bool:
    return sum(row.is_distribution for row in rows) >= _MOSTLY * len(rows)


def _classes(rows: Sequence[Row]) -> list[str]:
    return [str(row.category) if row.is_distribution else "no scores" for row in rows]


def _of_classes(stable: Sequence[str | None], candidate: Sequence[str | None], z: float) -> Drift:
    index = population_stability_index([str(c) for c in stable], [str(c) for c in candidate], z)
    return _index(index, " of the classes")


def _of_texts(stable: Sequence[str], candidate: Sequence[str], z: float) -> Drift:
    places, kept = _places(stable, candidate)
    named = sum(text in places for text in stable)
    if named < len(stable) / 2:
        detail = (
            f"cannot be measured: {len(set(stable))} different texts among {len(stable)}, and the "
            f"{kept} most frequent are less than half of them. drift_outputs can leave them out"
        )
        return Drift(None, detail)
    return _index(population_stability_index(stable, candidate, z))


def _of_numbers(stable: Sequence[Row], candidate: Sequence[Row], z: float) -> Drift:
    worst, furthest = Drift(None, "cannot be measured"), Estimate(-1.0, -1.0)
    for name, a, b in _columns(stable, candidate):
        for found in (
            _index(population_stability_index(a, b, z), name),
            _shift(relative_shift(a, b, z), name),
        ):
            if found.estimate is None:
                return found
            # What is certain counts most: the verdict hangs on it.
            if found.estimate[::-1] > furthest[::-1]:
                worst, furthest = found, found.estimate
    return worst


def _columns(
    stable: Sequence[Row], candidate: Sequence[Row]
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """The numbers to compare, and how to call them."""
    widths = {row.width for row in (*stable, *candidate)}
    if len(widths) == 1 and stable[0].values:
        [width] = widths
        names = [f" in column {place}" for place in range(width)] if width > 1 else [""]
        a, b = (np.array([row.values for row in rows]).T for rows in (stable, candidate))
    else:
        figures = ("means", "root mean squares", "minima", "maxima")
        names = [f" of the rows' {figure}" for figure in figures]
        a, b = (np.array([_row_figures(row) for row in rows]).T for rows in (stable, candidate))
    yield from zip(names, a, b, strict=True)


def _row_figures(row: Row) -> tuple[float, ...]:
    if row.figures:
        return row.figures
    [value] = row.values or (math.nan,)  # A text among numbers is none.
    return value, abs(value), value, value


def _index(found: Estimate | None, where: str = "") -> Drift:
    if found is None:
        return Drift(None, f"cannot be measured{where}: too few values")
    return Drift(found, f"a population stability index of {found.value:.3g}{where}")


def _shift(found: Estimate, where: str) -> Drift:
    return Drift(found, f"a relative shift of {found.value:.3g}{where}")


# --- measures -------------------------------------------------------------------------------------


def population_stability_index(
    stable: Sequence[str] | np.ndarray, candidate: Sequence[str] | np.ndarray, z: float = Z
) -> Estimate | None:
    """Return the population stability index between two samples.

    Numbers are put into bins between quantiles of the stable sample, deciles where there are enough
    values; other values are their own categories. With B categories and samples of n and m, equal
    distributions have (1/n + 1/m) times a chi-squared value of B - 1 degrees of freedom (Yurdakul,
    "Statistical Properties of Population Stability Index", 2018).

    Args:
        stable: numbers, `[n]`, or strings.
        candidate: the same, m of them.
        z: the confidence of the least index, in standard deviations.

    Returns:
        The index; None where there are too few values to say.

    >>> population_stability_index(["a", "b"] * 50, ["a", "b"] * 50).value
    0.0
    """
    n, m = len(stable), len(candidate)
    if min(n, m) < MIN_VALUES:
        return None
    if isinstance(stable, np.ndarray) and isinstance(candidate, np.ndarray):
        p, q = _bin_counts(stable, candidate)
    else:
        p, q = _category_counts([str(v) for v in stable], [str(v) for v in candidate])
    seen = (p + q) > 0
    p, q = p[seen], q[seen]
    # Half a count where there is none, or the logarithm would be infinite.
    p, q = np.maximum(p, 0.5) / n, np.maximum(q, 0.5) / m
    index, freedom, chance = float(np.sum((p - q) * np.log(p / q))), len(p) - 1, 1 / n + 1 / m
    if not freedom:
        return Estimate(0.0, 0.0)
    # The percentile by Wilson and Hilferty (1931).
    part = 2 / (9 * freedom)
    most = freedom * (1 - part + z * math.sqrt(part)) ** 3
    return Estimate(max(0.0, index - freedom * chance), max(0.0, index - most * chance))


def relative_shift(stable: np.ndarray, candidate: np.ndarray, z: float = Z) -> Estimate:
    """Return the 1-Wasserstein distance of two samples over the mean absolute value of the first.

    What is not finite is left out. Equal distributions F have a distance of about
    `sqrt(2 / pi * (1/n + 1/m))` times the integral of `sqrt(F (1 - F))`: the mean of the absolute
    value of a Brownian bridge (del Barrio, Gine and Matran, "Central limit theorems for the
    Wasserstein distance", 1999).

    Args:
        stable: values, `[n]`.
        candidate: values, `[m]`.
        z: the confidence of the least shift, in standard deviations.

    >>> values = np.random.default_rng(1).uniform(size=2000)
    >>> round(relative_shift(values, 1.5 * values).value, 1)
    0.5
    """
    a, b = (np.sort(values[np.isfinite(values)]) for values in (stable, candidate))
    if not a.size or not b.size:
        return Estimate(0.0, 0.0)  # The other measure sees it.
    with np.errstate(all="ignore"):
        size = float(np.mean(np.abs(a)))
        distance, chance, error = _distance(a, b)
    if not distance:
        return Estimate(0.0, 0.0)
    if not size:
        return Estimate(math.inf, math.inf)  # The stable version gives nothing but zeros.
    index = max(0.0, distance - math.sqrt(2 / math.pi) * chance)
    least = max(0.0, index - z * error) if distance > z * chance else 0.0
    return Estimate(index / size, least / size)


def _distance(a: np.ndarray, b: np.ndarray) -> tuple[float, float, float]:
    """The 1-Wasserstein distance of two sorted samples, how far equal ones are apart, in units of
    the docstring above, and the standard error of the distance of those that are not."""
    both = np.concatenate([a, b])
    both.sort()
    gaps = np.diff(both)
    below = np.arange(1, both.size) / both.size
    apart = np.searchsorted(a, both[:-1], "right") / a.size
    apart -= np.searchsorted(b, both[:-1], "right") / b.size
    distance = float(np.sum(np.abs(apart) * gaps))
    chance = math.sqrt(1 / a.size + 1 / b.size)
    chance *= float(np.sum(np.sqrt(below * (1 - below)) * gaps))
    # Its influence function: how far the distance grows with each value.
    grows = np.concatenate([[0.0], np.cumsum(np.sign(apart) * gaps)])
    of_a, of_b = (np.var(grows[np.searchsorted(both, values)]) / values.size for values in (a, b))
    return distance, chance, math.sqrt(of_a + of_b)


def _places(stable: Sequence[str], candidate: Sequence[str]) -> tuple[dict[str, int], int]:
    """The categories that count by themselves: as many as there are ten values for."""
    count = min(_CATEGORIES, min(len(stable), len(candidate)) // 10 - 1)
    labels, counts = np.unique(stable, return_counts=True)
    kept = labels[np.argsort(-counts, kind="stable")][:count].tolist()
    return {label: place for place, label in enumerate(kept)}, len(kept)


def _category_counts(
    stable: Sequence[str], candidate: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    places, kept = _places(stable, candidate)

    def count(values: Sequence[str]) -> np.ndarray:
        # All the stable version never or seldom gives count as one.
        return np.bincount([places.get(v, kept) for v in values], minlength=kept + 1)

    return count(stable), count(candidate)


def _bin_counts(stable: np.ndarray, candidate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    finite = stable[np.isfinite(stable)]
    bins = min(_BINS, min(len(stable), len(candidate)) // 20)
    edges = (
        np.unique(np.quantile(finite, np.linspace(0, 1, bins + 1)[1:-1])) if finite.size else finite
    )

    def count(values: np.ndarray) -> np.ndarray:
        odd = ~np.isfinite(values)
        usual = values[~odd]
        # Between two edges, or at one: outputs that are often the same lie at edges.
        bins = np.searchsorted(edges, usual, "left") + np.searchsorted(edges, usual, "right")
        return np.append(np.bincount(bins, minlength=2 * len(edges) + 1), np.count_nonzero(odd))

    return count(stable), count(candidate)
