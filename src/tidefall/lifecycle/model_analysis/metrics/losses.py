"""Cross entropies, and how far apart predictions of the two classes are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.model_analysis.inputs import Inputs
from tidefall.lifecycle.model_analysis.metrics.base import Context, Derived, Metric
from tidefall.lifecycle.model_analysis.metrics.confusion import divided
from tidefall.lifecycle.model_analysis.metrics.many_classes import class_scores
from tidefall.lifecycle.model_analysis.metrics.pairs import PairMetric
from tidefall.lifecycle.model_analysis.statistics import Sums, Terms, selected

_EPSILON = 1e-7
"""How near to 0 and 1 a probability may come, as in Keras: the loss stays finite."""


class BinaryCrossEntropy(PairMetric):
    """The mean of -(label * log(prediction) + (1 - label) * log(1 - prediction)).

    Args:
        name: of the value.
        from_logits: whether predictions are logits, not probabilities.
        label_smoothing: how much of a label becomes 0.5.
    """

    def __init__(
        self,
        name: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
    ):
        super().__init__(name, from_logits=from_logits, label_smoothing=label_smoothing)
        self._from_logits, self._smoothing = from_logits, label_smoothing

    @classmethod
    def default_name(cls) -> str:
        """As TFMA calls it."""
        return "binary_crossentropy"

    def settings(self) -> tuple[Any, ...]:
        """Logits and smoothing."""
        return (self._from_logits, self._smoothing)

    def values(self, labels: np.ndarray, predictions: np.ndarray) -> Sequence[np.ndarray]:
        """Losses."""
        labels = labels * (1 - self._smoothing) + 0.5 * self._smoothing
        if self._from_logits:
            x = predictions
            return [np.maximum(x, 0) - x * labels + np.log1p(np.exp(-np.abs(x)))]
        p = np.clip(predictions, _EPSILON, 1 - _EPSILON)
        return [-(labels * np.log(p) + (1 - labels) * np.log(1 - p))]


class CategoricalCrossEntropy(Metric):
    """The mean of -sum(label * log(prediction)) over rows, predictions made to sum to 1.

    Args:
        name: of the value.
        from_logits: whether predictions are logits, not probabilities.
        label_smoothing: how much of a label is spread over all classes.
    """

    def __init__(
        self,
        name: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
    ):
        super().__init__(name, from_logits=from_logits, label_smoothing=label_smoothing)
        self._from_logits, self._smoothing = from_logits, label_smoothing

    @classmethod
    def default_name(cls) -> str:
        """As TFMA calls it."""
        return "categorical_crossentropy"

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value."""

        def terms(inputs: Inputs) -> Terms:
            labels, predictions, weights = class_scores(inputs, context)
            labels = labels * (1 - self._smoothing) + self._smoothing / labels.shape[1]
            if self._from_logits:
                predictions = np.exp(predictions - predictions.max(axis=1, keepdims=True))
            with np.errstate(divide="ignore", invalid="ignore"):
                shares = predictions / predictions.sum(axis=1, keepdims=True)
            loss = -(labels * np.log(np.clip(shares, _EPSILON, 1 - _EPSILON))).sum(axis=1)
            return Terms([weights, weights * loss])

        name = selected("cross entropy", context.selection(), self._from_logits, self._smoothing)
        return [
            Derived(
                context.key(self.name),
                {"sums": Sums(name, terms)},
                lambda f: divided(f["sums"][1, 0], f["sums"][0, 0]),
            )
        ]


class CoefficientOfDiscrimination(PairMetric):
    """The mean prediction of positive labels minus that of negative ones (Tjur, 2009)."""

    def values(self, labels: np.ndarray, predictions: np.ndarray) -> Sequence[np.ndarray]:
        """Labels, predictions, and predictions of positive labels."""
        return [labels, predictions, labels * predictions]

    def outcome(self, sums: np.ndarray) -> float:
        """The difference."""
        weight, positive, predicted, of_positive = sums
        of_negative = divided(predicted - of_positive, weight - positive)
        return divided(of_positive, positive) - of_negative


class RelativeCoefficientOfDiscrimination(CoefficientOfDiscrimination):
    """The mean prediction of positive labels over that of negative ones."""

    def outcome(self, sums: np.ndarray) -> float:
        """The ratio."""
        weight, positive, predicted, of_positive = sums
        of_negative = divided(predicted - of_positive, weight - positive)
        return divided(divided(of_positive, positive), of_negative)
