"""Metrics of two models on the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.inputs import Inputs
from tidefall.lifecycle.model_analysis.keys import MetricKey
from tidefall.lifecycle.model_analysis.metrics.base import Context, Derived, Metric
from tidefall.lifecycle.model_analysis.metrics.confusion import divided
from tidefall.lifecycle.model_analysis.statistics import Sums, Terms, selected


def _both(inputs: Inputs, context: Context) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Baseline's predictions, this model's, weights."""
    old = inputs.pairs(context.selection(context.baseline))
    new = inputs.pairs(context.selection())
    if old.predictions.shape != new.predictions.shape:
        raise invalid(
            f"predictions of {context.baseline!r} have shape {old.predictions.shape}, those of "
            f"{context.model!r} {new.predictions.shape}; expected the same"
        )
    weights = np.ones(len(new.labels)) if new.weights is None else new.weights
    return old.predictions, new.predictions, np.broadcast_to(weights.T, new.predictions.T.shape).T


class FlipRate(Metric, is_base=True):
    """How often the sign of predictions differs from the baseline's, or stays.

    Args:
        name: of the value.
        threshold: above which a prediction is positive.
    """

    def __init__(self, name: str | None = None, threshold: float = 0.5):
        super().__init__(name, threshold=threshold)
        self._threshold = threshold

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value, a difference; none for the baseline itself."""
        return self.at(context, _diff_key(context, self.name))

    def at(self, context: Context, key: MetricKey) -> Sequence[Derived]:
        """The value by a key of one's own; none for the baseline itself."""
        if context.baseline is None or context.baseline == context.model:
            return []

        def value(found: Mapping[str, Any]) -> float:
            weights = found["flips"][0]
            return divided(self.share(*weights), weights.sum())

        return [Derived(key, {"flips": _flips(context, self._threshold)}, value)]

    @staticmethod
    def share(stay_neg: float, to_pos: float, to_neg: float, stay_pos: float) -> float:
        """What counts, of the weights of the four ways from the baseline's sign to the model's."""
        raise NotImplementedError


def _flips(context: Context, threshold: float) -> Sums:
    """Weights by signs: neg to neg, neg to pos, pos to neg, pos to pos."""

    def terms(inputs: Inputs) -> Terms:
        old, new, weights = _both(inputs, context)
        place = 2 * (old > threshold) + (new > threshold)
        return Terms([weights], place.astype(np.int64), 4)

    return Sums(selected("flips", context.selection(), context.baseline, threshold), terms)


def _diff_key(context: Context, name: str) -> MetricKey:
    """The key of a comparison with the baseline, which TFMA marks as a difference."""
    return context.key(name).make_diff_key()


class SymmetricFlipRate(FlipRate):
    """The share of predictions whose sign differs."""

    @staticmethod
    def share(stay_neg: float, to_pos: float, to_neg: float, stay_pos: float) -> float:
        """Both ways."""
        return to_pos + to_neg


class NegToNegFlipRate(FlipRate):
    """The share of predictions that are negative in both models."""

    @staticmethod
    def share(stay_neg: float, to_pos: float, to_neg: float, stay_pos: float) -> float:
        """Negative twice."""
        return stay_neg


class NegToPosFlipRate(FlipRate):
    """The share of predictions that become positive."""

    @staticmethod
    def share(stay_neg: float, to_pos: float, to_neg: float, stay_pos: float) -> float:
        """Negative, then positive."""
        return to_pos


class PosToNegFlipRate(FlipRate):
    """The share of predictions that become negative."""

    @staticmethod
    def share(stay_neg: float, to_pos: float, to_neg: float, stay_pos: float) -> float:
        """Positive, then negative."""
        return to_neg


class PosToPosFlipRate(FlipRate):
    """The share of predictions that are positive in both models."""

    @staticmethod
    def share(stay_neg: float, to_pos: float, to_neg: float, stay_pos: float) -> float:
        """Positive twice."""
        return stay_pos


class BooleanFlipRates(Metric):
    """All rates of flips.

    Args:
        threshold: above which a prediction is positive.
        flip_rate_name: name of `SymmetricFlipRate`'s value.
        neg_to_neg_flip_rate_name: of `NegToNegFlipRate`'s.
        neg_to_pos_flip_rate_name: of `NegToPosFlipRate`'s.
        pos_to_neg_flip_rate_name: of `PosToNegFlipRate`'s.
        pos_to_pos_flip_rate_name: of `PosToPosFlipRate`'s.
    """

    def __init__(
        self,
        threshold: float = 0.5,
        flip_rate_name: str = "flip_rate",
        neg_to_neg_flip_rate_name: str = "neg_to_neg_flip_rate",
        neg_to_pos_flip_rate_name: str = "neg_to_pos_flip_rate",
        pos_to_neg_flip_rate_name: str = "pos_to_neg_flip_rate",
        pos_to_pos_flip_rate_name: str = "pos_to_pos_flip_rate",
    ):
        super().__init__(
            None, threshold=threshold, flip_rate_name=flip_rate_name,
            neg_to_neg_flip_rate_name=neg_to_neg_flip_rate_name,
            neg_to_pos_flip_rate_name=neg_to_pos_flip_rate_name,
            pos_to_neg_flip_rate_name=pos_to_neg_flip_rate_name,
            pos_to_pos_flip_rate_name=pos_to_pos_flip_rate_name,
        )  # fmt: skip
        self._rates: list[FlipRate] = [
            SymmetricFlipRate(flip_rate_name, threshold),
            NegToNegFlipRate(neg_to_neg_flip_rate_name, threshold),
            NegToPosFlipRate(neg_to_pos_flip_rate_name, threshold),
            PosToNegFlipRate(pos_to_neg_flip_rate_name, threshold),
            PosToPosFlipRate(pos_to_pos_flip_rate_name, threshold),
        ]

    def get_config(self) -> dict[str, Any]:
        """The threshold and the names."""
        return {key: value for key, value in super().get_config().items() if key != "name"}

    def derive(self, context: Context) -> Sequence[Derived]:
        """A value for each rate; none for the baseline itself."""
        return [d for rate in self._rates for d in rate.at(context, context.key(rate.name))]


class SymmetricPredictionDifference(Metric):
    """The mean of 2 |a - b| / |a + b| over the predictions a and b of two models."""

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value; none for the baseline itself."""
        if context.baseline is None or context.baseline == context.model:
            return []

        def terms(inputs: Inputs) -> Terms:
            old, new, weights = _both(inputs, context)
            total = np.abs(old + new)
            apart = np.divide(
                2 * np.abs(old - new), total, out=np.zeros_like(total), where=total > 0
            )
            return Terms([weights, weights * apart])

        statistic = Sums(selected("spd", context.selection(), context.baseline), terms)
        return [
            Derived(
                _diff_key(context, self.name),
                {"sums": statistic},
                lambda f: float(divided(f["sums"][1, 0], f["sums"][0, 0])),
            )
        ]


class ModelCosineSimilarity(Metric):
    """The mean cosine between the predictions of two models, which are vectors."""

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value; none for the baseline itself."""
        if context.baseline is None or context.baseline == context.model:
            return []

        def terms(inputs: Inputs) -> Terms:
            old = np.atleast_2d(inputs.predictions(str(context.baseline), context.output).T).T
            new = np.atleast_2d(inputs.predictions(context.model, context.output).T).T
            if old.shape != new.shape:
                raise invalid(f"predictions of shapes {old.shape} and {new.shape} have no cosine")
            with np.errstate(divide="ignore", invalid="ignore"):
                norms = np.linalg.norm(old, axis=1) * np.linalg.norm(new, axis=1)
                cosine = (old * new).sum(axis=1) / norms
            return Terms([np.ones(len(new)), cosine])

        statistic = Sums(selected("cosine", context.selection(), context.baseline), terms)
        return [
            Derived(
                _diff_key(context, self.name),
                {"sums": statistic},
                lambda f: float(divided(f["sums"][1, 0], f["sums"][0, 0])),
            )
        ]
