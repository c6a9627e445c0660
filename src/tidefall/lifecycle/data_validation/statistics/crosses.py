"""What features have to do with each other: covariance, and lengths of those that go together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.paths import FeaturePath
from tidefall.lifecycle.data_validation.statistics.columns import Column
from tidefall.lifecycle.data_validation.statistics.features import univalent_numbers
from tidefall.lifecycle.data_validation.statistics.roles import Roles


class Comoments:
    """Covariance and correlation of two features, over the rows that have one number of each."""

    __slots__ = ("count", "means", "squares")

    def __init__(self) -> None:
        self.count = 0
        self.means = np.zeros(2)
        self.squares = np.zeros((2, 2))

    def add(self, x: np.ndarray, y: np.ndarray) -> None:
        """Take in pairs: float64 `[n]` each, NaN where a row has none."""
        both = np.isfinite(x) & np.isfinite(y)
        pairs = np.stack([x[both], y[both]])
        if pairs.shape[1]:
            means = pairs.mean(axis=1)
            off = pairs - means[:, None]
            self._combine(pairs.shape[1], means, off @ off.T)

    def merge(self, other: Comoments) -> None:
        """Take in what another one has seen."""
        if other.count:
            self._combine(other.count, other.means, other.squares)

    def _combine(self, count: int, means: np.ndarray, squares: np.ndarray) -> None:
        total = self.count + count
        off = means - self.means
        self.squares = self.squares + squares + np.outer(off, off) * (self.count * count / total)
        self.means = self.means + off * (count / total)
        self.count = total

    @property
    def covariance(self) -> float:
        """Of the population."""
        return float(self.squares[0, 1] / self.count) if self.count else 0.0

    @property
    def correlation(self) -> float | None:
        """None where one of them is always the same."""
        scale = float(np.sqrt(self.squares[0, 0] * self.squares[1, 1]))
        return float(self.squares[0, 1]) / scale if scale else None


class Crosses:
    """Statistics of all pairs that are asked for.

    Args:
        wanted: pairs of names; True for all pairs of numeric features, False for none.
        label: a feature that is paired with each other one, too; "" for none.
    """

    def __init__(self, wanted: bool | Sequence[tuple[str, str]], label: str = ""):
        self._wanted, self._label = wanted, label
        self.pairs: dict[tuple[str, str], Comoments] = {}

    def add(self, columns: Iterable[Column], rows: int) -> None:
        """Take in the features of a batch."""
        if not self._wanted and not self._label:
            return
        given = {(x, y) for x, y in self._wanted} if not isinstance(self._wanted, bool) else set()
        every = self._wanted is True or self._label
        names = None if every else {name for pair in given for name in pair}
        numbers = {
            str(column.path): univalent_numbers(column, rows)
            for column in columns
            if len(column.path) == 1
            and column.kind in ("INT", "FLOAT")
            and (names is None or str(column.path) in names)
        }
        if self._wanted is True:
            pairs = {*combinations(sorted(numbers), 2)}
        else:
            pairs = given
            if self._label:
                pairs |= {(x, self._label) for x in numbers} - {(self._label, self._label)}
        for x, y in sorted(pairs):
            if x in numbers and y in numbers:
                self.pairs.setdefault((x, y), Comoments()).add(numbers[x], numbers[y])

    def merge(self, other: Crosses) -> None:
        """Take in what another one has seen."""
        for pair, theirs in other.pairs.items():
            self.pairs.setdefault(pair, Comoments()).merge(theirs)

    def fill(self, message: Any) -> None:
        """Add them to a DatasetFeatureStatistics."""
        for (x, y), found in sorted(self.pairs.items()):
            told = message.cross_features.add(count=found.count)
            told.path_x.step.append(x)
            told.path_y.step.append(y)
            if found.count:
                told.num_cross_stats.covariance = found.covariance
                if found.correlation is not None:
                    told.num_cross_stats.correlation = found.correlation

    def state(self) -> list[Any]:
        """What `restore` takes."""
        return [[*pair, c.count, c.means, c.squares] for pair, c in self.pairs.items()]

    def restore(self, state: list[Any]) -> None:
        """Take in what `state` said."""
        for x, y, count, means, squares in state:
            found = self.pairs[x, y] = Comoments()
            found.count, found.means, found.squares = count, means, squares


class Companions:
    """Sparse and weighted features: whether their parts are there together and equally long.

    Args:
        roles: the features and their parts.

    Attributes:
        missing: rows that lack a part though they have another one, by feature and part.
        spans: the least and greatest difference of a part's length and the value's.
    """

    def __init__(self, roles: Roles):
        self._groups = [(path, value, parts) for path, value, parts in roles.sparse] + [
            (path, value, (weight,)) for path, value, weight in roles.weighted
        ]
        self._sparse = {path for path, _, _ in roles.sparse}
        self.missing: dict[tuple[FeaturePath, FeaturePath], int] = {}
        self.spans: dict[tuple[FeaturePath, FeaturePath], tuple[int, int]] = {}

    def add(self, columns: Iterable[Column], rows: int) -> None:
        """Take in the features of a batch."""
        if not self._groups:
            return
        by_path = {column.path: column for column in columns}
        for path, value, parts in self._groups:
            # In a structure, its places are what has the parts or not; all have the same.
            there = [by_path[part] for part in (value, *parts) if part in by_path]
            places = there[0].levels[0].rows if there else rows
            found = {part: _lengths(by_path.get(part), places) for part in (value, *parts)}
            some = np.any([one >= 0 for one in found.values()], axis=0)
            for part, length in found.items():
                count = int((some & (length < 0)).sum())
                self.missing[path, part] = self.missing.get((path, part), 0) + count
            for part in parts:
                off = np.maximum(found[part], 0)[some] - np.maximum(found[value], 0)[some]
                if len(off):
                    self._span(path, part, int(off.min()), int(off.max()))

    def _span(self, path: FeaturePath, part: FeaturePath, low: int, high: int) -> None:
        before = self.spans.get((path, part))
        self.spans[path, part] = (
            (low, high) if before is None else (min(low, before[0]), max(high, before[1]))
        )

    def merge(self, other: Companions) -> None:
        """Take in what another one has seen."""
        for key, count in other.missing.items():
            self.missing[key] = self.missing.get(key, 0) + count
        for (path, part), (low, high) in other.spans.items():
            self._span(path, part, low, high)

    def fill(self, message: Any) -> None:
        """Add them to a DatasetFeatureStatistics, as features that have custom statistics only."""
        for path, value, parts in self._groups:
            told = message.features.add(path=path.to_proto())
            if path in self._sparse:
                self._fill_sparse(told, path, value, parts)
                continue
            (weight,) = parts
            low, high = self.spans.get((path, weight), (0, 0))
            for name, number in (
                ("missing_weight", self.missing.get((path, weight), 0)),
                ("missing_value", self.missing.get((path, value), 0)),
                ("min_weight_length_diff", low),
                ("max_weight_length_diff", high),
            ):
                told.custom_stats.add(name=name, num=number)

    def _fill_sparse(
        self, told: Any, path: FeaturePath, value: FeaturePath, parts: Sequence[FeaturePath]
    ) -> None:
        told.custom_stats.add(name="missing_value", num=self.missing.get((path, value), 0))
        missing = told.custom_stats.add(name="missing_index").rank_histogram
        high = told.custom_stats.add(name="max_length_diff").rank_histogram
        low = told.custom_stats.add(name="min_length_diff").rank_histogram
        for part in sorted(parts):
            label = part.steps()[-1]
            least, most = self.spans.get((path, part), (0, 0))
            missing.buckets.add(label=label, sample_count=self.missing.get((path, part), 0))
            high.buckets.add(label=label, sample_count=most)
            low.buckets.add(label=label, sample_count=least)

    def state(self) -> dict[str, Any]:
        """What `restore` takes."""
        return {
            "missing": [[p.steps(), q.steps(), n] for (p, q), n in self.missing.items()],
            "spans": [[p.steps(), q.steps(), *span] for (p, q), span in self.spans.items()],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take in what `state` said."""
        for path, part, count in state["missing"]:
            self.missing[FeaturePath(path), FeaturePath(part)] = count
        for path, part, low, high in state["spans"]:
            self.spans[FeaturePath(path), FeaturePath(part)] = (low, high)


def _lengths(column: Column | None, places: int) -> np.ndarray:
    """How many values each place has, int64 `[places]`; -1 where it has no list."""
    found = np.full(places, -1)
    if column is not None and column.kind and len(column.levels) == 1:
        (level,) = column.levels
        there = np.ones(places, bool) if level.valid is None else level.valid
        found[there] = 1 if level.lengths is None else level.lengths
    return found
