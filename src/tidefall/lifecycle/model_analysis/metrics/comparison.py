"""Metrics of two models on the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.inputs import Inputs
from tidefall.lifecycle.model_analysis.metrics.base import Context, Derived, Metric
from tidefall.lifecycle.model_analysis.metrics.confusion import divided
from tidefall.lifecycle.model_analysis.statistics import Sums, Terms, selected

_FLIPS = {
    "symmetric_flip_rate": (1, 2), "neg_to_neg_flip_rate": (0,), "neg_to_pos_flip_rate": (1,),
    "pos_to_neg_flip_rate": (2,), "pos_to_pos_flip_rate": (3,),
}  # fmt: skip


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


class _Flips(Metric):
    """How often the sign of predictions differs from the baseline's.

    Args:
        name: of the value.
        threshold: above which a prediction is positive.
    """

    rates: Mapping[str, tuple[int, ...]] = {}

    def __init__(self, name: str | None = None, threshold: float = 0.5):
        super().__init__(name, threshold=threshold)
        self._threshold = threshold

    def derive(self, context: Context) -> Sequence[Derived]:
        """A value for each rate; none for the baseline itself."""
        if context.baseline is None or context.baseline == context.model:
            return []

        def terms(inputs: Inputs) -> Terms:
            old, new, weights = _both(inputs, context)
            place = 2 * (old > self._threshold) + (new > self._threshold)
            return Terms([weights], place.astype(np.int64), 4)

        name = selected("flips", context.selection(), context.baseline, self._threshold)
        statistic = Sums(name, terms)
        single = len(self.rates) == 1
        return [
            Derived(
                context.key(self.name if single else rate),
                {"flips": statistic},
                lambda f, places=places: float(
                    divided(f["flips"][0, list(places)].sum(), f["flips"][0].sum())
                ),
            )
            for rate, places in self.rates.items()
        ]


class BooleanFlipRates(_Flips):
    """All rates of flips."""

    rates = _FLIPS


for _class, _rate in (
    ("SymmetricFlipRate", "symmetric_flip_rate"), ("NegToNegFlipRate", "neg_to_neg_flip_rate"),
    ("NegToPosFlipRate", "neg_to_pos_flip_rate"), ("PosToNegFlipRate", "pos_to_neg_flip_rate"),
    ("PosToPosFlipRate", "pos_to_pos_flip_rate"),
):  # fmt: skip
    globals()[_class] = type(
        _class, (_Flips,), {"rates": {_rate: _FLIPS[_rate]}, "__module__": __name__}
    )


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
                context.key(self.name),
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
                context.key(self.name),
                {"sums": statistic},
                lambda f: float(divided(f["sums"][1, 0], f["sums"][0, 0])),
            )
        ]
