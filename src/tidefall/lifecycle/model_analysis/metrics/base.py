"""What a metric is: a name, settings, the statistics it needs, and how they become a value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.inputs import Selection
from tidefall.lifecycle.model_analysis.keys import (
    AggregationType,
    AttributionsKey,
    MetricKey,
    PlotKey,
    SubKey,
)
from tidefall.lifecycle.model_analysis.statistics import Statistic


@dataclass(frozen=True)
class Context:
    """What a metric is computed for.

    Attributes:
        model: the model's name.
        output: the output's.
        sub_key: a class or rank.
        aggregation: how classes are put together.
        class_weights: their weights then, as sorted pairs.
        weighted: whether examples' weights count; None where the data have none.
        query_key: the feature that says which rows are one query.
        baseline: the name of the model to compare with; None where there is none.
    """

    model: str = ""
    output: str = ""
    sub_key: SubKey | None = None
    aggregation: AggregationType | None = None
    class_weights: tuple[tuple[int, float], ...] = ()
    weighted: bool | None = None
    query_key: str = ""
    baseline: str | None = None

    def selection(self, model: str | None = None, sub_key: SubKey | None = None) -> Selection:
        """Whose pairs of labels and predictions these are."""
        return Selection(
            self.model if model is None else model,
            self.output,
            sub_key or self.sub_key,
            self.aggregation is not None,
            self.class_weights,
            bool(self.weighted),
        )

    def key(self, name: str, sub_key: SubKey | None = None) -> MetricKey:
        """The key of a metric's value."""
        return MetricKey(
            name, self.model, self.output, sub_key or self.sub_key, self.aggregation, self.weighted
        )

    def plot_key(self, name: str, sub_key: SubKey | None = None) -> PlotKey:
        """The key of a plot."""
        return PlotKey(name, self.model, self.output, sub_key or self.sub_key, self.weighted)


@dataclass(frozen=True)
class Derived:
    """A value that is made of statistics.

    Attributes:
        key: what it is the value of.
        statistics: by a name of the metric's own.
        result: makes the value of one slice of what the statistics have of it.
        has_interval: whether a confidence interval says something of it.
    """

    key: MetricKey | PlotKey | AttributionsKey
    statistics: Mapping[str, Statistic]
    result: Callable[[Mapping[str, Any]], Any]
    has_interval: bool = True


REGISTRY: dict[str, type[Metric]] = {}
"""Metrics by class name."""


class Metric:
    """A metric of a configuration.

    Args:
        name: what its value is called; by default the class's name in snake case.
        config: its other settings, which `get_config` gives back.
    """

    is_plot = False

    def __init_subclass__(cls, is_base: bool = False, **settings: Any):
        super().__init_subclass__(**settings)
        if not is_base:
            REGISTRY.setdefault(cls.__name__, cls)

    def __init__(self, name: str | None = None, **config: Any):
        self.name = name or self.default_name()
        self._config = {key: value for key, value in config.items() if value is not None}

    @classmethod
    def default_name(cls) -> str:
        """The class's name in snake case."""
        return snake_case(cls.__name__)

    def get_config(self) -> dict[str, Any]:
        """The settings that make the same metric."""
        return {"name": self.name, **self._config}

    def derive(self, context: Context) -> Sequence[Derived]:
        """What it computes in a context."""
        raise NotImplementedError(type(self).__name__)


def snake_case(name: str) -> str:
    """A class's name as a metric's.

    >>> snake_case("AUCPrecisionRecall"), snake_case("F1Score")
    ('auc_precision_recall', 'f1_score')
    """
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z\d])([A-Z])", r"\1_\2", name).lower()


def rank_of(context: Context, top_k: int | None, class_id: int | None) -> Context:
    """The context of a metric whose own settings choose a class or the first ranks.

    Raises:
        InvalidArgumentError: the configuration chooses as well.
    """
    if top_k is None and class_id is None:
        return context
    from dataclasses import replace

    if context.sub_key is not None:
        raise invalid(
            f"metric with top_k {top_k}, class_id {class_id} in a spec that is binarized to "
            f"{context.sub_key}; only one of them is possible"
        )
    key = SubKey(class_id=class_id) if class_id is not None else SubKey(top_k=top_k)
    return replace(context, sub_key=key)
