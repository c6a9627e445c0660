"""Metrics of queries: rows with the same query key are ranked by prediction.

A query's rows may come in any batch, so what ranking needs of each row is kept: about 50 bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.inputs import Inputs
from tidefall.lifecycle.model_analysis.keys import SubKey
from tidefall.lifecycle.model_analysis.metrics.base import Context, Derived, Metric
from tidefall.lifecycle.model_analysis.metrics.confusion import divided
from tidefall.lifecycle.model_analysis.slicing import Group, encode
from tidefall.lifecycle.model_analysis.statistics import Accumulator, Statistic, selected


@dataclass(frozen=True)
class Ranked:
    """The rows of a slice by query, best predictions first.

    Attributes:
        starts: int64 [queries], their first rows.
        lengths: int64 [queries].
        ranks: int64 [rows], from 1.
        gains: float64 [rows].
        weights: float64 [queries], of their first rows.
    """

    starts: np.ndarray
    lengths: np.ndarray
    ranks: np.ndarray
    gains: np.ndarray
    weights: np.ndarray

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sums by query of values by row."""
        return np.add.reduceat(values, self.starts) if len(values) else np.zeros(0)


@dataclass(frozen=True)
class Queries(Statistic):
    """The rows of queries."""

    context: Context
    gain: str

    @property
    def key(self) -> Hashable:
        """By model, output, query and gain."""
        return selected("queries", self.context.selection(), self.context.query_key, self.gain)

    @property
    def unit(self) -> str:
        """The query."""
        return self.context.query_key

    def new(self) -> Accumulator:
        """None."""
        return QueryRows(self.context, self.gain)


class QueryRows(Accumulator):
    """What ranking needs of rows that came."""

    def __init__(self, context: Context, gain: str):
        if not context.query_key:
            raise invalid("metrics of ranking need query_key in their metrics_spec")
        self._context, self._gain = context, gain
        self._names: dict[Any, int] = {}
        self._blocks: list[tuple[np.ndarray, ...]] = []
        self._sorted: tuple[np.ndarray, ...] | None = None

    def add(self, inputs: Inputs, groups: Sequence[Group], times: np.ndarray | None) -> None:
        """Take a batch."""
        name = self._context.query_key
        if name not in inputs.batch.schema.names:
            raise invalid(f"query_key {name!r}: the data have no such column")
        coded = encode(inputs.batch.column(name))
        if coded.rows is not None:
            raise invalid(f"query_key {name!r}: rows have other than one value")
        numbers = np.array(
            [self._names.setdefault(v, len(self._names)) for v in coded.values], np.int64
        )
        pairs = inputs.pairs(self._context.selection())
        gains = inputs.column(self._gain) if self._gain else pairs.labels
        weights = np.ones(inputs.rows) if pairs.weights is None else pairs.weights
        if pairs.predictions.ndim != 1:
            raise invalid("metrics of ranking take one prediction per row")
        rows = (numbers[coded.codes], pairs.predictions, gains, weights)
        for group in groups:
            picked = rows if group.rows is None else tuple(v[group.rows] for v in rows)
            ids = np.broadcast_to(np.asarray(group.ids, np.int64), picked[0].shape)
            if times is not None:
                # A query is drawn as a whole: that often, or not at all.
                often = times if group.rows is None else times[group.rows]
                drawn = often > 0
                ids, picked = ids[drawn], tuple(v[drawn] for v in picked)
                picked = (*picked[:-1], picked[-1] * often[drawn])
            self._blocks.append((ids, *picked))
        self._sorted = None

    def merge(self, other: Any, numbers: np.ndarray) -> None:
        """Take another one's rows."""
        mapping = np.array(
            [self._names.setdefault(v, len(self._names)) for v in other._names], np.int64
        )
        for ids, queries, *rest in other._blocks:
            self._blocks.append((numbers[ids], mapping[queries], *rest))
        self._sorted = None

    def value(self, number: int) -> Ranked:
        """The queries of a slice."""
        if self._sorted is None:
            blocks = self._blocks
            columns = [np.concatenate(c) for c in zip(*blocks, strict=True)] if blocks else []
            columns = columns or [np.zeros(0, np.int64)] * 5
            order = np.lexsort((-columns[2], columns[1], columns[0]))
            self._sorted = tuple(column[order] for column in columns)
        ids = self._sorted[0]
        low, high = np.searchsorted(ids, [number, number + 1])
        _, queries, _, gains, weights = (c[low:high] for c in self._sorted)
        first = np.flatnonzero(np.diff(queries, prepend=-1))
        lengths = np.diff(first, append=len(queries))
        ranks = np.arange(len(queries)) - np.repeat(first, lengths) + 1
        return Ranked(first, lengths, ranks, gains, weights[first])


class RankingMetric(Metric, is_base=True):
    """A mean over queries.

    Args:
        gain_key: the feature that says how good a row is; by default the label.
        top_k_list: ranks to look at; a value for each.
        name: of the value.
    """

    def __init__(
        self,
        gain_key: str | None = None,
        top_k_list: Sequence[int] | None = None,
        name: str | None = None,
    ):
        if any(k < 1 for k in top_k_list or []):
            raise invalid(f"top_k_list {list(top_k_list or [])}: expected ranks from 1")
        super().__init__(name, top_k_list=top_k_list, gain_key=gain_key)
        self._ranks, self._gain = list(top_k_list or []), gain_key or ""

    def derive(self, context: Context) -> Sequence[Derived]:
        """A value for each rank."""
        from dataclasses import replace

        ranks: list[int | None] = list(self._ranks)
        if context.sub_key is not None and context.sub_key.top_k is not None:
            ranks.append(context.sub_key.top_k)
            context = replace(context, sub_key=None)
        if not ranks:
            ranks = [None]
        statistic = Queries(context, self._gain)

        def value(found: Mapping[str, Any], k: int | None) -> float:
            values, weights = self.by_query(found["rows"], k)
            return divided((values * weights).sum(), weights.sum())

        return [
            Derived(
                context.key(self.name, None if k is None else SubKey(top_k=k)),
                {"rows": statistic},
                lambda found, k=k: value(found, k),
            )
            for k in ranks
        ]

    def by_query(self, rows: Ranked, k: int | None) -> tuple[np.ndarray, np.ndarray]:
        """Values and weights of queries."""
        raise NotImplementedError(type(self).__name__)


class NDCG(RankingMetric):
    """Normalized discounted cumulative gain: sum(gain / log2(rank + 1)), over the best possible."""

    @classmethod
    def default_name(cls) -> str:
        """As TFMA calls it."""
        return "ndcg"

    def by_query(self, rows: Ranked, k: int | None) -> tuple[np.ndarray, np.ndarray]:
        """Queries without a gain count for nothing."""
        query = np.repeat(np.arange(len(rows.starts)), rows.lengths)
        discount = np.where(rows.ranks <= (k or np.inf), 1 / np.log2(rows.ranks + 1), 0.0)
        best = rows.gains[np.lexsort((-rows.gains, query))]
        found, most = rows.sums(rows.gains * discount), rows.sums(best * discount)
        useful = np.maximum.reduceat(rows.gains, rows.starts) > 0 if len(query) else query > 0
        values = np.divide(found, most, out=np.zeros_like(most), where=most > 0)
        return values, rows.weights * useful


class MeanAveragePrecision(RankingMetric):
    """The mean over queries of the mean precision at the ranks of relevant rows."""

    def by_query(self, rows: Ranked, k: int | None) -> tuple[np.ndarray, np.ndarray]:
        """Queries without a relevant row count for nothing."""
        relevant = (rows.gains > 0).astype(float)
        before = np.cumsum(relevant) - relevant
        hits = before + relevant - np.repeat(before[rows.starts], rows.lengths)
        counted = relevant * (rows.ranks <= (k or np.inf))
        found, total = rows.sums(counted * hits / rows.ranks), rows.sums(relevant)
        most = total if k is None else np.minimum(total, k)
        values = np.divide(found, most, out=np.zeros_like(found), where=most > 0)
        return values, rows.weights * (total > 0)


class MinLabelPosition(RankingMetric):
    """The mean rank of the first row with a positive label; queries without one do not count."""

    def __init__(self, name: str | None = None, label_key: str | None = None):
        super().__init__(label_key, None, name)
        self._config = {"label_key": label_key} if label_key else {}

    def by_query(self, rows: Ranked, k: int | None) -> tuple[np.ndarray, np.ndarray]:
        """Ranks."""
        del k
        if not len(rows.ranks):
            return np.zeros(0), np.zeros(0)
        ranks = np.where(rows.gains > 0, rows.ranks, np.inf)
        first = np.minimum.reduceat(ranks, rows.starts)
        known = np.isfinite(first)
        return np.where(known, first, 0.0), rows.weights * known


class QueryStatistics(Metric):
    """Numbers of queries and of their rows, each times the query's weight.

    Args:
        total_queries_name: name of the number of queries.
        total_documents_name: of rows.
        min_documents_name: of the fewest rows of a query.
        max_documents_name: of the most.
    """

    def __init__(
        self,
        total_queries_name: str = "total_queries",
        total_documents_name: str = "total_documents",
        min_documents_name: str = "min_documents",
        max_documents_name: str = "max_documents",
    ):
        super().__init__(
            None, total_queries_name=total_queries_name, total_documents_name=total_documents_name,
            min_documents_name=min_documents_name, max_documents_name=max_documents_name,
        )  # fmt: skip
        self._names = (
            total_queries_name, total_documents_name, min_documents_name, max_documents_name,
        )  # fmt: skip

    def get_config(self) -> dict[str, Any]:
        """The names."""
        return {key: value for key, value in super().get_config().items() if key != "name"}

    def derive(self, context: Context) -> Sequence[Derived]:
        """Four values."""
        statistic = Queries(context, "")

        def rows(found: Mapping[str, Any]) -> np.ndarray:
            return found["rows"].lengths * found["rows"].weights

        values: list[Callable[[Mapping[str, Any]], float]] = [
            lambda f: float(f["rows"].weights.sum()),
            lambda f: float(rows(f).sum()),
            lambda f: float(rows(f).min()) if len(rows(f)) else 0.0,
            lambda f: float(rows(f).max(initial=0.0)),
        ]
        return [
            Derived(context.key(name), {"rows": statistic}, value)
            for name, value in zip(self._names, values, strict=True)
        ]
