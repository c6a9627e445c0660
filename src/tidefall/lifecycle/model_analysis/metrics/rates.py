"""Rates of a confusion matrix, one class each: what a metric says of TP, TN, FP and FN."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lifecycle.model_analysis.metrics.confusion import (
    MatrixMetric,
    RateMetric,
    Thresholds,
    divided,
)


class TruePositives(RateMetric):
    """The weight of positive labels whose predictions are above the threshold."""

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """TP."""
        return tp


class TrueNegatives(RateMetric):
    """The weight of negative labels whose predictions are not above the threshold."""

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """TN."""
        return tn


class FalsePositives(RateMetric):
    """The weight of negative labels whose predictions are above the threshold."""

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """FP."""
        return fp


class FalseNegatives(RateMetric):
    """The weight of positive labels whose predictions are not above the threshold."""

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """FN."""
        return fn


class BinaryAccuracy(RateMetric):
    """The share of predictions that are right.

    Args:
        threshold: above which a prediction is positive; by default 0.5.
        top_k: predictions that are not among the k highest are negative, the others positive.
        class_id: the class that is positive.
        name: of the value.
    """

    def __init__(
        self,
        threshold: Thresholds = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
    ):
        super().__init__(threshold, name, top_k, class_id)

    def get_config(self) -> dict[str, Any]:
        """The settings, with `threshold` as TFMA calls it."""
        config = super().get_config()
        return {"threshold" if key == "thresholds" else key: v for key, v in config.items()}

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """(TP + TN) / (TP + TN + FP + FN)."""
        return divided(tp + tn, tp + tn + fp + fn)


class _TopFirst(RateMetric, is_base=True):
    """A rate that TFMA gives its parameters in another order."""

    def __init__(
        self,
        thresholds: Thresholds = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
    ):
        super().__init__(thresholds, name, top_k, class_id)


class Precision(_TopFirst):
    """The share of positive predictions that are right.

    Args:
        thresholds: above which a prediction is positive; by default 0.5.
        top_k: predictions that are not among the k highest are negative, the others positive.
        class_id: the class that is positive.
        name: of the value.

    >>> Precision.rate(tp=3.0, tn=5.0, fp=1.0, fn=2.0)
    0.75
    """

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """TP / (TP + FP)."""
        return divided(tp, tp + fp)


class Recall(_TopFirst):
    """The share of positive labels that are found.

    Args:
        thresholds: above which a prediction is positive; by default 0.5.
        top_k: predictions that are not among the k highest are negative, the others positive.
        class_id: the class that is positive.
        name: of the value.

    >>> Recall.rate(tp=3.0, tn=5.0, fp=1.0, fn=2.0)
    0.6
    """

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """TP / (TP + FN)."""
        return divided(tp, tp + fn)


class Specificity(RateMetric):
    """The share of negative labels whose predictions are negative."""

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """TN / (TN + FP)."""
        return divided(tn, tn + fp)


class FallOut(RateMetric):
    """The share of negative labels whose predictions are positive."""

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """FP / (FP + TN)."""
        return divided(fp, fp + tn)


class MissRate(RateMetric):
    """The share of positive labels that are not found."""

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """FN / (FN + TP)."""
        return divided(fn, fn + tp)


class NegativePredictiveValue(RateMetric):
    """The share of negative predictions that are right."""

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """TN / (TN + FN)."""
        return divided(tn, tn + fn)


class FalseDiscoveryRate(RateMetric):
    """The share of positive predictions that are wrong."""

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """FP / (FP + TP)."""
        return divided(fp, fp + tp)


class FalseOmissionRate(RateMetric):
    """The share of negative predictions that are wrong."""

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """FN / (FN + TN)."""
        return divided(fn, fn + tn)


class Prevalence(RateMetric):
    """The share of positive labels."""

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """(TP + FN) / (TP + TN + FP + FN)."""
        return divided(tp + fn, tp + tn + fp + fn)


class PrevalenceThreshold(RateMetric):
    """The prevalence below which a positive prediction is more often wrong than right soon."""

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """(sqrt(TPR (1 - TNR)) + TNR - 1) / (TPR + TNR - 1)."""
        tpr, tnr = divided(tp, tp + fn), divided(tn, tn + fp)
        numerator = np.sqrt(np.maximum(tpr * (1 - tnr), 0)) + tnr - 1
        return numerator / np.asarray(tpr + tnr - 1)


class ThreatScore(RateMetric):
    """True positives among all that is positive by label or prediction (Jaccard's index)."""

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """TP / (TP + FN + FP)."""
        return divided(tp, tp + fn + fp)


class BalancedAccuracy(RateMetric):
    """The mean of the two classes' recalls."""

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """(TPR + TNR) / 2."""
        return (divided(tp, tp + fn) + divided(tn, tn + fp)) / 2


class F1Score(RateMetric):
    """The harmonic mean of precision and recall."""

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """2 TP / (2 TP + FP + FN)."""
        return divided(2 * tp, 2 * tp + fp + fn)


class MatthewsCorrelationCoefficient(RateMetric):
    """The correlation between labels and decisions, from -1 to 1.

    >>> MatthewsCorrelationCoefficient.rate(tp=4.0, tn=4.0, fp=0.0, fn=0.0)
    1.0
    """

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """(TP TN - FP FN) / sqrt((TP + FP)(TP + FN)(TN + FP)(TN + FN))."""
        spread = np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
        return divided(tp * tn - fp * fn, spread)


class FowlkesMallowsIndex(RateMetric):
    """The geometric mean of precision and recall."""

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """sqrt(precision * recall)."""
        return np.sqrt(divided(tp, tp + fp) * divided(tp, tp + fn))


class Informedness(RateMetric):
    """How much better than chance labels are found (Youden's J)."""

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """TPR + TNR - 1."""
        return divided(tp, tp + fn) + divided(tn, tn + fp) - 1


class Markedness(RateMetric):
    """How much better than chance predictions are right."""

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """PPV + NPV - 1."""
        return divided(tp, tp + fp) + divided(tn, tn + fn) - 1


class PositiveLikelihoodRatio(RateMetric):
    """How much likelier a positive prediction is for a positive label."""

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """TPR / FPR."""
        return divided(divided(tp, tp + fn), divided(fp, fp + tn))


class NegativeLikelihoodRatio(RateMetric):
    """How much likelier a negative prediction is for a positive label."""

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """FNR / TNR."""
        return divided(divided(fn, fn + tp), divided(tn, tn + fp))


class DiagnosticOddsRatio(RateMetric):
    """The ratio of the two likelihood ratios."""

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """(TP / FN) / (FP / TN)."""
        return divided(divided(tp, fn), divided(fp, tn))


class PredictedPositiveRate(RateMetric):
    """The share of positive predictions."""

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """(TP + FP) / (TP + TN + FP + FN)."""
        return divided(tp + fp, tp + tn + fp + fn)


class TP(TruePositives):
    """`TruePositives` by its short name."""


class TN(TrueNegatives):
    """`TrueNegatives` by its short name."""


class FP(FalsePositives):
    """`FalsePositives` by its short name."""


class FN(FalseNegatives):
    """`FalseNegatives` by its short name."""


class TNR(Specificity):
    """`Specificity` by its short name."""


class FPR(FallOut):
    """`FallOut` by its short name."""


class FNR(MissRate):
    """`MissRate` by its short name."""


class NPV(NegativePredictiveValue):
    """`NegativePredictiveValue` by its short name."""


class PPV(RateMetric):
    """`Precision` by its short name."""

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """TP / (TP + FP)."""
        return divided(tp, tp + fp)


class TPR(RateMetric):
    """`Recall` by its short name."""

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """TP / (TP + FN)."""
        return divided(tp, tp + fn)


class MaxRecall(MatrixMetric):
    """The recall of predictions above 0, the highest there can be.

    Args:
        top_k: as in `Recall`.
        class_id: the class that is positive.
        name: of the value.
    """

    def __init__(
        self, top_k: int | None = None, class_id: int | None = None, name: str | None = None
    ):
        super().__init__(1e-12, None, top_k, class_id, name)
        self._config.pop("thresholds")

    def result(self, matrices: Any) -> float:
        """A float."""
        return float(Recall.rate(matrices.tp, matrices.tn, matrices.fp, matrices.fn)[0])
