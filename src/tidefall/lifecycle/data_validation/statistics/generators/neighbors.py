"""Mutual information of columns, estimated from the distances of nearest neighbors.

Numbers: Kraskov, Stögbauer and Grassberger, "Estimating mutual information" (Physical Review E 69,
066138, 2004), their second estimator. Numbers and categories: Ross, "Mutual information between
discrete and continuous data sets" (PLoS ONE 9(2): e87357, 2014). Of sides that have both, the chain
rule: I(C0 D0; C1 D1) = I(C0 C1; D0 D1) + I(C0; C1) + I(D0; D1) - I(C0; D0) - I(C1; D1).

Results are in bits. Seeds give the numbers that TensorFlow Data Validation gives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NEIGHBORS = 3
_NOISE = 1e-10
"""Breaks ties between distances, and is too little to change what is estimated."""
_FAR = 10.0
"""How far from all others a missing number is, in standard deviations."""


@dataclass(frozen=True)
class Side:
    """Columns of one side.

    Args:
        numbers: float64 `[n]` each, NaN where a row has none.
        categories: codes, int64 `[n]` each; what is missing is a category of its own.
    """

    numbers: list[np.ndarray]
    categories: list[np.ndarray]

    def __len__(self) -> int:
        return len((self.numbers + self.categories)[0])

    def taken(self, order: np.ndarray) -> Side:
        """The rows in another order."""
        return Side([c[order] for c in self.numbers], [c[order] for c in self.categories])


def mutual_information(first: Side, second: Side, random: np.random.RandomState) -> float:
    """Return the mutual information of two sides, in bits.

    Args:
        first, second: columns, with the same number of rows.
        random: the noise that breaks ties comes from it.

    Raises:
        ValueError: a column of numbers has none, or each row's categories are unlike all others'.

    >>> column = np.repeat([0, 1, 2, 3], 100)
    >>> side = Side([], [column])
    >>> round(mutual_information(side, side, np.random.RandomState(1)), 3)
    2.0
    """
    c0, c1 = (_noisy(one.numbers, random) for one in (first, second))
    d0, d1 = (_joined(one.categories) for one in (first, second))
    total = 0.0
    if (c0 is not None or c1 is not None) and (d0 is not None or d1 is not None):
        numbers = np.hstack([c for c in (c0, c1) if c is not None])
        total += _mixed(numbers, _all(_joined([d for d in (d0, d1) if d is not None])))
    if c0 is not None and c1 is not None:
        total += _numeric(c0, c1)
    if d0 is not None and d1 is not None:
        both = _all(_joined([d0, d1]))
        total += max(0.0, _entropy(d0) + _entropy(d1) - _entropy(both))
    for numbers, categories in ((c0, d0), (c1, d1)):
        if numbers is not None and categories is not None:
            total -= _mixed(numbers, categories)
    return max(0.0, total)


def adjusted_mutual_information(first: Side, second: Side, seed: int) -> float:
    """Return the mutual information less that of the same columns in an order of chance.

    Args:
        first, second: columns, with the same number of rows.
        seed: of noise and order.

    Raises:
        ValueError: as `mutual_information`.
    """
    random = np.random.RandomState(np.random.RandomState(seed).randint(0, 1000))
    found = mutual_information(first, second, random)
    random = np.random.RandomState(random.randint(0, 1000))
    shuffled = first.taken(random.permutation(len(first)))
    random = np.random.RandomState(random.randint(0, 1000))
    return max(0.0, found - mutual_information(shuffled, second, random))


def _all(found: np.ndarray | None) -> np.ndarray:
    assert found is not None
    return found


def _noisy(columns: list[np.ndarray], random: np.random.RandomState) -> np.ndarray | None:
    """Columns of numbers side by side, of variance one, `[n, columns]`."""
    if not columns:
        return None
    table = np.stack([_filled(column) for column in columns], axis=1)
    means = np.maximum(1, np.abs(table).mean(axis=0))
    return table + _NOISE * means * random.randn(*table.shape)


def _filled(column: np.ndarray) -> np.ndarray:
    there = ~np.isnan(column)
    if not there.any():
        raise ValueError("Continuous feature all missing.")
    if column[there].min() == column[there].max():
        scaled = np.where(there, 0.0, np.nan)
    else:
        scaled = (column - column[there].mean()) / column[there].std(ddof=1)
    known = scaled[there]
    scaled[~there] = 2 * known.max() - known.min() + _FAR
    return scaled


def _joined(columns: list[np.ndarray]) -> np.ndarray | None:
    """One column of codes, equal where all columns are."""
    if not columns:
        return None
    return np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)[1].reshape(-1)


def _entropy(codes: np.ndarray) -> float:
    shares = np.bincount(codes) / len(codes)
    shares = shares[shares > 0]
    return float(-(shares * np.log2(shares)).sum())


def _within(table: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """How many other points are no farther than `radius` from each, in the maximum norm."""
    from scipy.spatial import cKDTree

    found = cKDTree(table).query_ball_point(table, radius, p=np.inf, return_length=True)
    return np.asarray(found) - 1


def _nearest(table: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Distances and places of each point's nearest others, `[n, count]` each."""
    from scipy.spatial import cKDTree

    distances, places = cKDTree(table).query(table, count + 1, p=np.inf)
    # The point itself comes first: noise has made all points different.
    return distances[:, 1:], places[:, 1:]


def _numeric(first: np.ndarray, second: np.ndarray) -> float:
    from scipy.special import digamma

    both = np.hstack([first, second])
    count = min(NEIGHBORS, len(both) - 1)
    _, places = _nearest(both, count)
    off = np.abs(both[:, None] - both[places]).max(axis=1)
    n = first.shape[1]
    inside = [_within(first, off[:, :n].max(axis=1)), _within(second, off[:, n:].max(axis=1))]
    nats = digamma(count) + digamma(len(both)) - 1 / count
    nats -= sum(digamma(one).mean() for one in inside)
    return max(0.0, float(nats) / np.log(2))


def _mixed(numbers: np.ndarray, codes: np.ndarray) -> float:
    from scipy.special import digamma

    sizes = np.bincount(codes)[codes]
    if not (sizes > 1).any():
        raise ValueError("The tuples defined by discrete features (of either side) are all unique.")
    numbers, codes, sizes = (one[sizes > 1] for one in (numbers, codes, sizes))
    radius, counts = np.empty(len(codes)), np.empty(len(codes))
    for code in np.unique(codes):
        chosen = codes == code
        count = min(NEIGHBORS, int(chosen.sum()) - 1)
        radius[chosen], counts[chosen] = _nearest(numbers[chosen], count)[0][:, -1], count
    nats = digamma(len(codes)) + digamma(counts) - digamma(sizes)
    nats -= digamma(_within(numbers, radius))
    return max(0.0, float(nats.mean()) / np.log(2))
