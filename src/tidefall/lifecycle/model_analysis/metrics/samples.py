"""Samples of rows: of all of them, of false positives, of false negatives."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.inputs import Inputs, values_of
from tidefall.lifecycle.model_analysis.metrics.base import Context, Derived, Metric, rank_of
from tidefall.lifecycle.model_analysis.slicing import Group
from tidefall.lifecycle.model_analysis.statistics import Accumulator, Statistic, selected

Columns = Callable[[Inputs], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Sampled(Statistic):
    """Rows drawn at random, at most so many of a slice.

    Attributes:
        name: what is drawn, with all that matters to it.
        columns: makes a batch's values [rows] and weights [rows]; 0 is never drawn.
        size: how many.
        seed: of the draws.
    """

    name: Hashable
    columns: Columns = field(compare=False)
    size: int
    seed: int | None

    @property
    def key(self) -> Hashable:
        """The name."""
        return self.name

    def new(self) -> Accumulator:
        """No rows."""
        return SampleAccumulator(self)


class SampleAccumulator(Accumulator):
    """The rows with the highest tags: uniform draws u^(1 / weight) (Efraimidis, Spirakis, 2006)."""

    def __init__(self, sampled: Sampled):
        self._sampled = sampled
        self._random = np.random.default_rng(sampled.seed)
        self.ids = np.zeros(0, np.int64)
        self.tags = np.zeros(0)
        self.rows = np.zeros(0, object)

    def add(self, inputs: Inputs, groups: Sequence[Group], times: np.ndarray | None) -> None:
        """Take a batch; in samples of intervals a row counts as often as it was drawn."""
        values, weights = self._sampled.columns(inputs)
        if times is not None:
            weights = weights * times
        drawn = weights > 0
        tags = np.zeros(inputs.rows)
        tags[drawn] = self._random.random(int(drawn.sum())) ** (1 / weights[drawn])
        rows = np.empty(inputs.rows, object)
        rows[:] = values.tolist()
        for group in groups:
            place = np.arange(inputs.rows) if group.rows is None else group.rows
            ids = np.broadcast_to(np.asarray(group.ids, np.int64), len(place))
            kept = drawn[place]
            self._take(ids[kept], tags[place][kept], rows[place][kept])

    def _take(self, ids: np.ndarray, tags: np.ndarray, rows: np.ndarray) -> None:
        ids, tags, rows = (
            np.concatenate(pair) for pair in ((self.ids, ids), (self.tags, tags), (self.rows, rows))
        )
        order = np.lexsort((-tags, ids))
        ids = ids[order]
        first = np.flatnonzero(np.diff(ids, prepend=-1))
        lengths = np.diff(first, append=len(ids))
        kept = np.arange(len(ids)) - np.repeat(first, lengths) < self._sampled.size
        self.ids, self.tags, self.rows = ids[kept], tags[order][kept], rows[order][kept]

    def merge(self, other: Any, numbers: np.ndarray) -> None:
        """Take another one's rows."""
        self._take(numbers[other.ids], other.tags, other.rows)

    def value(self, number: int) -> np.ndarray:
        """What was drawn of a slice: object [size or fewer]."""
        return self.rows[self.ids == number]


class FixedSizeSample(Metric):
    """Values of a column, of rows drawn at random; with weights, in proportion to them.

    Args:
        sampled_key: the column.
        size: how many rows of a slice.
        name: of the value.
        random_seed: of the draws; the same one gives the same rows for the same batches.
    """

    def __init__(
        self,
        sampled_key: str,
        size: int,
        name: str | None = None,
        random_seed: int | None = None,
    ):
        _checked(size)
        super().__init__(name, sampled_key=sampled_key, size=size, random_seed=random_seed)
        self._column, self._size, self._seed = sampled_key, size, random_seed

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value."""

        def columns(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
            weights = inputs.weights(context.model, context.output) if context.weighted else None
            values = values_of(inputs.batch, self._column)
            return values, np.ones(inputs.rows) if weights is None else weights

        name = selected(
            "sample", context.selection(), self._column, self._size, self._seed, self.name
        )
        statistic = Sampled(name, columns, self._size, self._seed)
        return [Derived(context.key(self.name), {"rows": statistic}, lambda f: f["rows"])]


class FeatureSampler(Metric, is_base=True):
    """Values of a column, of rows that a model of two classes takes for the wrong one.

    Args:
        feature_key: the column.
        sample_size: how many rows of a slice.
        threshold: above which a prediction is positive.
        name: of the value.
        top_k: predictions that are not among the k highest are negative.
        class_id: the class that is positive.
    """

    def __init__(
        self,
        feature_key: str,
        sample_size: int,
        threshold: float = 0.5,
        name: str | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
    ):
        _checked(sample_size)
        super().__init__(
            name, feature_key=feature_key, sample_size=sample_size, threshold=threshold,
            top_k=top_k, class_id=class_id,
        )  # fmt: skip
        self._column, self._size, self._threshold = feature_key, sample_size, threshold
        self._top_k, self._class_id = top_k, class_id

    def wrong(self, labels: np.ndarray, above: np.ndarray) -> np.ndarray:
        """How much of each row is wrong in this way, from 0 to 1."""
        raise NotImplementedError(type(self).__name__)

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value."""
        context = rank_of(context, self._top_k, self._class_id)
        selection = context.selection()

        def columns(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
            pairs = inputs.pairs(selection)
            wrong = self.wrong(pairs.labels, pairs.predictions > self._threshold)
            if pairs.weights is not None:
                wrong = wrong * pairs.weights
            wrong = wrong if wrong.ndim == 1 else wrong.sum(axis=1)
            return values_of(inputs.batch, self._column), wrong

        kind = type(self).__name__
        name = selected(kind, selection, self._column, self._size, self._threshold)
        statistic = Sampled(name, columns, self._size, None)
        return [Derived(context.key(self.name), {"rows": statistic}, lambda f: f["rows"])]


class FalsePositiveFeatureSampler(FeatureSampler):
    """Values of a column, of rows that are false positives."""

    def wrong(self, labels: np.ndarray, above: np.ndarray) -> np.ndarray:
        """What is no label but predicted."""
        return (1 - labels) * above


class FalseNegativeFeatureSampler(FeatureSampler):
    """Values of a column, of rows that are false negatives."""

    def wrong(self, labels: np.ndarray, above: np.ndarray) -> np.ndarray:
        """What is a label but not predicted."""
        return labels * ~above


def _checked(size: int) -> None:
    if size < 1:
        raise invalid(f"a sample of {size} rows: expected 1 or more")
