"""What metrics that are functions of sums over pairs of labels and predictions have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.model_analysis.inputs import Inputs
from tidefall.lifecycle.model_analysis.metrics.base import Context, Derived, Metric
from tidefall.lifecycle.model_analysis.metrics.confusion import divided
from tidefall.lifecycle.model_analysis.statistics import Statistic, Sums, Terms, selected

Values = Callable[[np.ndarray, np.ndarray], Sequence[np.ndarray]]


def pair_sums(context: Context, name: Any, values: Values) -> Statistic:
    """Weighted sums of functions of labels and predictions, after the sum of weights.

    Args:
        context: whose labels and predictions.
        name: equal for equal functions.
        values: labels and predictions, [rows] or [rows, classes], to arrays of that shape.
    """
    selection = context.selection()

    def terms(inputs: Inputs) -> Terms:
        pairs = inputs.pairs(selection)
        labels, predictions = np.broadcast_arrays(pairs.labels, pairs.predictions)
        found = [np.ones(labels.shape), *values(labels, predictions)]
        if pairs.weights is not None:
            weights = pairs.weights
            if weights.ndim < labels.ndim:
                weights = weights[:, None]
            found = [value * weights for value in found]
        return Terms([v if v.ndim == 1 else v.sum(axis=1) for v in found])

    return Sums(selected("pairs", selection, name), terms)


class PairMetric(Metric, is_base=True):
    """A number that is made of weighted sums of functions of label and prediction."""

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value."""
        values = self.values
        name = (values.__module__, values.__qualname__, self.settings())
        statistic = pair_sums(context, name, values)
        return [
            Derived(
                context.key(self.name),
                {"sums": statistic},
                lambda found: float(self.outcome(found["sums"][:, 0])),
            )
        ]

    def settings(self) -> tuple[Any, ...]:
        """What `values` depends on beside labels and predictions."""
        return ()

    def values(self, labels: np.ndarray, predictions: np.ndarray) -> Sequence[np.ndarray]:
        """What is added up: arrays of the shape of the labels, which is that of the predictions."""
        raise NotImplementedError(type(self).__name__)

    def outcome(self, sums: np.ndarray) -> float:
        """The value, of the sum of weights and then the weighted sums; here the mean."""
        return divided(sums[1], sums[0])
