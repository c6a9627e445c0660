"""All that is gathered about one feature."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.data_validation.options import StatsOptions
from tidefall.lifecycle.data_validation.paths import FeaturePath
from tidefall.lifecycle.data_validation.sketches.quantiles import RAW, QuantileSketch
from tidefall.lifecycle.data_validation.statistics.columns import Column, numbers_of
from tidefall.lifecycle.data_validation.statistics.numbers import NumberStatistics
from tidefall.lifecycle.data_validation.statistics.presence import Presence
from tidefall.lifecycle.data_validation.statistics.roles import Roles
from tidefall.lifecycle.data_validation.statistics.semantic import SemanticStatistics
from tidefall.lifecycle.data_validation.statistics.texts import TextStatistics, new_counts


class FeatureStatistics:
    """What is known of a feature, merged over batches and shards.

    Args:
        path: the feature.
        options: what to gather.
        roles: what the schema says of it.
        weighted: whether rows have weights for it.
        features: how many features share the memory.

    Attributes:
        kind: "INT", "FLOAT", "STRING" or "STRUCT"; "" while it had no value.
    """

    def __init__(
        self,
        path: FeaturePath,
        options: StatsOptions,
        roles: Roles,
        weighted: bool,
        features: int = 1,
    ):
        self.path = path
        self.kind = ""
        self.weighted = weighted
        self.levels: list[Presence] = []
        self.totals: Presence | None = None
        self.numbers: NumberStatistics | None = None
        self.texts: TextStatistics | None = None
        self.semantic: SemanticStatistics | None = None
        self._options = options
        self._roles = roles
        self._features = features

    def add(self, column: Column) -> None:
        """Take in what a batch says.

        Raises:
            InvalidArgumentError: the feature was of another type, or nested to another depth.
        """
        self._take_kind(column.kind)
        self._take_levels(len(column.levels))
        for presence, level in zip(self.levels, column.levels, strict=True):
            presence.add(level)
        if column.totals is not None and self.totals is not None:
            self.totals.add_lengths(column.totals)
        if column.values is None or not len(column.values):
            return
        path, options, roles = self.path, self._options, self._roles
        is_number = column.kind in ("INT", "FLOAT")
        if is_number:
            if self.numbers is None:
                histograms = options.has_histograms(path)
                raw = raw_values(options, self._features)
                self.numbers = NumberStatistics(options.epsilon, self.weighted, histograms, raw)
            self.numbers.add(numbers_of(column.values), column.weights)
        if not is_number or (column.kind == "INT" and roles.is_category(path)):
            if self.texts is None:
                self.texts = TextStatistics(new_counts(options, self._features))
            counted = not roles.is_bytes(path)
            self.texts.add(column.values, column.weights, counted)
        if roles.semantic_of(path) or options.enable_semantic_domain_stats:
            if self.semantic is None:
                self.semantic = SemanticStatistics(roles.language_of(path))
            self.semantic.add(column)

    def _take_kind(self, kind: str) -> None:
        if not kind or kind == self.kind:
            return
        if not self.kind:
            self.kind = kind
        elif {kind, self.kind} == {"INT", "FLOAT"}:
            # Of numbers both kinds know the same; a file of whole numbers is as good as any.
            self.kind = "FLOAT"
        else:
            raise invalid(
                f"feature {self.path}: values of type {kind}, and before of type {self.kind}. Make "
                "them of one type, or give the schema with infer_type_from_schema=True"
            )

    def _take_levels(self, depth: int) -> None:
        if not self.levels:
            epsilon = self._options.epsilon
            self.levels = [Presence(epsilon) for _ in range(depth)]
            self.totals = Presence(epsilon) if depth > 1 else None
        elif depth != len(self.levels):
            raise invalid(
                f"feature {self.path}: values in lists of depth {depth}, and before of depth "
                f"{len(self.levels)}"
            )

    def merge(self, other: FeatureStatistics) -> None:
        """Take in what another one has seen; it is used up by that.

        Raises:
            InvalidArgumentError: its type or depth is another one.
        """
        self._take_kind(other.kind)
        if not other.levels:
            return
        if not self.levels:
            self.levels, self.totals = other.levels, other.totals
        else:
            self._take_levels(len(other.levels))
            for mine, theirs in zip(self.levels, other.levels, strict=True):
                mine.merge(theirs)
            if self.totals is not None and other.totals is not None:
                self.totals.merge(other.totals)
        for name in ("numbers", "texts", "semantic"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine is None:
                setattr(self, name, theirs)
            elif theirs is not None:
                mine.merge(theirs)

    def miss(self, rows: int) -> None:
        """Rows of a batch that knows nothing of this feature."""
        if self.levels:
            self.levels[0].rows += rows

    @property
    def values_per_row(self) -> tuple[int, int]:
        """Fewest and most innermost values of a row that has any list; zeros if none has."""
        counted = self.totals if self.totals is not None else self.levels[0]
        return counted.low or 0, counted.high

    @property
    def lengths(self) -> QuantileSketch:
        """The distribution of the numbers of innermost values."""
        return (self.totals if self.totals is not None else self.levels[0]).lengths

    def errors(self) -> dict[str, float]:
        """How wrong what is told may be: 0 where it is exact.

        Returns:
            "quantiles": of ranks, as a share; "counts": of a value's count; "unique": the standard
            deviation of the number of distinct values, as a share.
        """
        found = {"quantiles": 0.0, "counts": 0.0, "unique": 0.0}
        if self.numbers is not None and self.numbers.quantiles is not None:
            found["quantiles"] = self.numbers.quantiles.error
        if self.texts is not None and not self.texts.counts.is_exact:
            found["counts"], found["unique"] = self.texts.counts.error, 0.008125
        return found

    _PARTS = (("numbers", NumberStatistics), ("texts", TextStatistics))

    def state(self) -> dict[str, Any]:
        """What `from_state` makes an equal one from."""
        return {
            "path": list(self.path.steps()),
            "kind": self.kind,
            "weighted": self.weighted,
            "levels": [level.state() for level in self.levels],
            "totals": None if self.totals is None else self.totals.state(),
            "numbers": None if self.numbers is None else self.numbers.state(),
            "texts": None if self.texts is None else self.texts.state(),
            "semantic": None if self.semantic is None else self.semantic.state(),
        }

    @classmethod
    def from_state(
        cls, state: dict[str, Any], options: StatsOptions, roles: Roles
    ) -> FeatureStatistics:
        """The one that `state` was taken of."""
        made = cls(FeaturePath(state["path"]), options, roles, state["weighted"])
        made.kind = state["kind"]
        made.levels = [Presence.from_state(level) for level in state["levels"]]
        made.totals = None if state["totals"] is None else Presence.from_state(state["totals"])
        for name, kind in cls._PARTS:
            setattr(made, name, None if state[name] is None else kind.from_state(state[name]))
        if state["semantic"] is not None:
            made.semantic = SemanticStatistics.from_state(
                state["semantic"], roles.language_of(made.path)
            )
        return made


def raw_values(options: StatsOptions, features: int) -> int:
    """How many numbers of a feature are kept as they are, within its part of the memory."""
    threads = options.threads or os.cpu_count() or 1
    share = options.memory_budget // (4 * max(1, features) * (threads + 2))
    return int(np.clip(share // 8, 512, RAW))


def univalent_numbers(column: Column, rows: int) -> np.ndarray:
    """A feature as one number for each row, float64 `[rows]`, NaN where there is not just one."""
    found = np.full(rows, np.nan)
    if column.values is None or column.kind not in ("INT", "FLOAT"):
        return found
    values = numbers_of(column.values)
    at = np.arange(rows) if column.row_of is None else column.row_of
    if column.is_univalent:
        found[at] = values
        return found
    counts = np.bincount(at, minlength=rows)
    found[at] = values
    found[counts != 1] = np.nan
    return found
