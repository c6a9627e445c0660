"""What features gave to predictions, over the rows of a slice: sums and means by feature.

Attributions come from an extractor of one's own (see `stages.py`), which asks an explainer.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.inputs import Inputs
from tidefall.lifecycle.model_analysis.keys import AttributionsKey, SubKey
from tidefall.lifecycle.model_analysis.metrics.base import Context, Derived, Metric
from tidefall.lifecycle.model_analysis.slicing import Group
from tidefall.lifecycle.model_analysis.statistics import (
    Accumulator,
    Statistic,
    SumAccumulator,
    Terms,
    selected,
)


@dataclass(frozen=True)
class FeatureSums(Statistic):
    """Weights, and weighted attributions of each feature, over rows."""

    context: Context
    is_absolute: bool

    @property
    def key(self) -> Hashable:
        """By model, output, class or rank, and kind."""
        return selected("attributions", self.context.selection(), self.is_absolute)

    def new(self) -> Accumulator:
        """No feature yet."""
        return FeatureAccumulator(self)

    def terms(self, inputs: Inputs) -> dict[str, Terms]:
        """What the rows of a batch add, by feature; of a feature with several values in places."""
        context = self.context
        weights = inputs.weights(context.model, context.output) if context.weighted else None
        weights = np.ones(inputs.rows) if weights is None else weights
        found = {}
        for name, values in inputs.attributions(context.model, context.output).items():
            values = _chosen(values, context.sub_key, name)
            values = np.abs(values) if self.is_absolute else values
            wide = values.reshape(inputs.rows, -1)
            places = np.broadcast_to(np.arange(wide.shape[1]), wide.shape)
            spread = np.broadcast_to(weights[:, None], wide.shape)
            found[name] = Terms([spread, wide * weights[:, None]], places, wide.shape[1])
        return found


class FeatureAccumulator(Accumulator):
    """Sums of each feature."""

    def __init__(self, statistic: FeatureSums):
        self._statistic = statistic
        self._parts: dict[str, SumAccumulator] = {}

    def add(self, inputs: Inputs, groups: Sequence[Group], times: np.ndarray | None) -> None:
        """Take a batch."""
        for name, terms in self._statistic.terms(inputs).items():
            self._part(name).add_terms(terms, groups, times)

    def merge(self, other: Any, numbers: np.ndarray) -> None:
        """Add what another one has."""
        for name, part in other.parts.items():
            self._part(name).merge(part, numbers)

    @property
    def parts(self) -> Mapping[str, SumAccumulator]:
        """Sums by feature."""
        return self._parts

    def _part(self, name: str) -> SumAccumulator:
        return self._parts.setdefault(name, SumAccumulator())

    def value(self, number: int) -> dict[str, np.ndarray]:
        """Float64 [2, values] by feature: weights, and what they weigh."""
        return {name: part.value(number) for name, part in self._parts.items()}


def _chosen(values: np.ndarray, key: SubKey | None, name: str) -> np.ndarray:
    """The values of a class, of a rank, or of the first ranks in their order."""
    if key is None:
        return values
    count = values.shape[1] if values.ndim == 2 else 1
    wanted = max(key.k or 0, key.top_k or 0, (key.class_id or 0) + 1)
    if values.ndim != 2 or wanted > count:
        raise invalid(f"attributions of {name!r} have {count} values in a row, {key} was asked for")
    if key.class_id is not None:
        return values[:, key.class_id]
    ordered = -np.sort(-values, axis=1)
    return ordered[:, key.k - 1] if key.k is not None else ordered[:, : key.top_k]


class AttributionsMetric(Metric, is_base=True):
    """A metric of attributions; its values are by feature, and in files of their own.

    Args:
        name: of the values.
    """

    is_absolute = False
    is_mean = False

    def __init__(self, name: str | None = None):
        super().__init__(name)

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value for each feature."""
        if context.aggregation is not None:
            raise invalid(f"{self.name}: attributions are not aggregated over classes")
        key = AttributionsKey(
            self.name, context.model, context.output, context.sub_key, context.weighted
        )

        def values(found: Mapping[str, Any]) -> dict[str, Any]:
            return {name: self._value(sums) for name, sums in found["sums"].items()}

        statistic = FeatureSums(context, self.is_absolute)
        return [Derived(key, {"sums": statistic}, values, has_interval=False)]

    def _value(self, sums: np.ndarray) -> Any:
        found = sums[1]
        if self.is_mean:
            with np.errstate(divide="ignore", invalid="ignore"):
                found = np.where(sums[0] > 0, found / sums[0], np.nan)
        return float(found[0]) if len(found) == 1 else found


class TotalAttributions(AttributionsMetric):
    """The weighted sum of attributions, by feature."""


class TotalAbsoluteAttributions(AttributionsMetric):
    """The weighted sum of the absolute values of attributions, by feature."""

    is_absolute = True


class MeanAttributions(AttributionsMetric):
    """The weighted mean of attributions, by feature."""

    is_mean = True


class MeanAbsoluteAttributions(AttributionsMetric):
    """The weighted mean of the absolute values of attributions, by feature."""

    is_absolute = is_mean = True
