"""Metrics of two classes: rates of a confusion matrix, areas, bests under constraints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.metrics.base import Context, Derived, Metric, rank_of
from tidefall.lifecycle.model_analysis.metrics.matrices import (
    Matrices,
    at_thresholds,
    histogram,
    interpolated,
    matrices_at,
    matrices_of_histogram,
)

Rate = Callable[[Any, Any, Any, Any], Any]


def divided(numerator: Any, denominator: Any) -> Any:
    """A quotient; NaN where the denominator is not positive."""
    numerator, denominator = np.broadcast_arrays(numerator, denominator)
    out = np.full(np.shape(denominator), np.nan)
    found = np.divide(numerator, denominator, out=out, where=np.asarray(denominator) > 0)
    return found if np.ndim(found) else float(found)


class MatrixMetric(Metric):
    """A metric of confusion matrices.

    Args:
        name: of the value.
        thresholds: where predictions become positive; or
        num_thresholds: how many, at equal distances, from a histogram.
        top_k: predictions that are not among the k highest are negative, the others positive.
        class_id: the class that is positive.
        config: further settings.
    """

    default_thresholds: Sequence[float] | None = None
    default_count: int | None = None

    def __init__(
        self,
        name: str | None = None,
        thresholds: float | Sequence[float] | None = None,
        num_thresholds: int | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        **config: Any,
    ):
        if thresholds is not None and num_thresholds is not None:
            raise invalid("thresholds and num_thresholds: only one of them is possible")
        super().__init__(
            name, thresholds=thresholds, num_thresholds=num_thresholds, top_k=top_k,
            class_id=class_id, **config,
        )  # fmt: skip
        self._top_k, self._class_id = top_k, class_id
        self._thresholds = None
        if thresholds is not None:
            self._thresholds = sorted(np.atleast_1d(thresholds).astype(float).tolist())
        self._count = num_thresholds
        if num_thresholds is not None:
            interpolated(num_thresholds)

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value."""
        context = rank_of(context, self._top_k, self._class_id)
        selection = context.selection()
        thresholds, count = self._thresholds, self._count
        if thresholds is None and count is None:
            count = self.default_count
            ranked = selection.sub_key is not None and selection.sub_key.top_k is not None
            if count is None:
                thresholds = [-np.inf] if ranked else self.default_thresholds
        if count is not None:
            cuts = interpolated(count)
            statistic = histogram(selection)

            def matrices(found: Mapping[str, Any]) -> Matrices:
                return matrices_of_histogram(cuts, found["counts"])
        else:
            assert thresholds is not None
            statistic = at_thresholds(selection, thresholds)

            def matrices(found: Mapping[str, Any]) -> Matrices:
                return matrices_at(thresholds, found["counts"])

        return [
            Derived(
                context.key(self.name), {"counts": statistic}, lambda f: self.result(matrices(f))
            )
        ]

    def result(self, matrices: Matrices) -> Any:
        """The value."""
        raise NotImplementedError(type(self).__name__)


class RateMetric(MatrixMetric):
    """A number for each threshold; by default one, 0.5."""

    default_thresholds = (0.5,)
    rate: Rate

    def result(self, matrices: Matrices) -> Any:
        """A float, or float64 [thresholds] where there are several."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found = type(self).rate(matrices.tp, matrices.tn, matrices.fp, matrices.fn)
        return float(found[0]) if len(matrices.thresholds) == 1 else np.asarray(found)


def _balanced(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
    return (divided(tp, tp + fn) + divided(tn, tn + fp)) / 2


def _prevalence_threshold(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
    tpr, tnr = divided(tp, tp + fn), divided(tn, tn + fp)
    return (np.sqrt(np.maximum(tpr * (1 - tnr), 0)) + tnr - 1) / (tpr + tnr - 1)


def _likelihood(one: Any, other: Any) -> Any:
    return divided(one, other)


RATES: dict[str, Rate] = {
    "TruePositives": lambda tp, tn, fp, fn: tp,
    "TrueNegatives": lambda tp, tn, fp, fn: tn,
    "FalsePositives": lambda tp, tn, fp, fn: fp,
    "FalseNegatives": lambda tp, tn, fp, fn: fn,
    "BinaryAccuracy": lambda tp, tn, fp, fn: divided(tp + tn, tp + tn + fp + fn),
    "Precision": lambda tp, tn, fp, fn: divided(tp, tp + fp),
    "Recall": lambda tp, tn, fp, fn: divided(tp, tp + fn),
    "Specificity": lambda tp, tn, fp, fn: divided(tn, tn + fp),
    "FallOut": lambda tp, tn, fp, fn: divided(fp, fp + tn),
    "MissRate": lambda tp, tn, fp, fn: divided(fn, fn + tp),
    "NegativePredictiveValue": lambda tp, tn, fp, fn: divided(tn, tn + fn),
    "FalseDiscoveryRate": lambda tp, tn, fp, fn: divided(fp, fp + tp),
    "FalseOmissionRate": lambda tp, tn, fp, fn: divided(fn, fn + tn),
    "Prevalence": lambda tp, tn, fp, fn: divided(tp + fn, tp + tn + fp + fn),
    "PrevalenceThreshold": _prevalence_threshold,
    "ThreatScore": lambda tp, tn, fp, fn: divided(tp, tp + fn + fp),
    "BalancedAccuracy": _balanced,
    "F1Score": lambda tp, tn, fp, fn: divided(2 * tp, 2 * tp + fp + fn),
    "MatthewsCorrelationCoefficient": lambda tp, tn, fp, fn: divided(
        tp * tn - fp * fn, np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    ),
    "FowlkesMallowsIndex": lambda tp, tn, fp, fn: np.sqrt(
        divided(tp, tp + fp) * divided(tp, tp + fn)
    ),
    "Informedness": lambda tp, tn, fp, fn: divided(tp, tp + fn) + divided(tn, tn + fp) - 1,
    "Markedness": lambda tp, tn, fp, fn: divided(tp, tp + fp) + divided(tn, tn + fn) - 1,
    "PositiveLikelihoodRatio": lambda tp, tn, fp, fn: divided(
        divided(tp, tp + fn), divided(fp, fp + tn)
    ),
    "NegativeLikelihoodRatio": lambda tp, tn, fp, fn: divided(
        divided(fn, fn + tp), divided(tn, tn + fp)
    ),
    "DiagnosticOddsRatio": lambda tp, tn, fp, fn: divided(divided(tp, fn), divided(fp, tn)),
    "PredictedPositiveRate": lambda tp, tn, fp, fn: divided(tp + fp, tp + tn + fp + fn),
}
"""What each metric says of true and false positives and negatives."""
SHORT = {
    "TP": "TruePositives", "TN": "TrueNegatives", "FP": "FalsePositives", "FN": "FalseNegatives",
    "PPV": "Precision", "TPR": "Recall", "TNR": "Specificity", "FPR": "FallOut",
    "FNR": "MissRate", "NPV": "NegativePredictiveValue",
}  # fmt: skip

for _name, _rate in RATES.items():
    globals()[_name] = type(
        _name, (RateMetric,), {"rate": staticmethod(_rate), "__module__": __name__}
    )
for _short, _name in SHORT.items():
    globals()[_short] = type(
        _short, (RateMetric,), {"rate": staticmethod(RATES[_name]), "__module__": __name__}
    )


class AUC(MatrixMetric):
    """Area under a curve, by the trapezoids between 10,000 thresholds.

    Args:
        name: of the value.
        num_thresholds: how many.
        curve: "ROC" or "PR".
        summation_method: "interpolation", "minoring" or "majoring".
        thresholds: instead of `num_thresholds`.
        config: as other metrics of two classes.
    """

    default_count = 10_000

    def __init__(
        self,
        name: str | None = None,
        num_thresholds: int | None = None,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        thresholds: Sequence[float] | None = None,
        **config: Any,
    ):
        if thresholds is not None:
            inside = sorted(float(t) for t in thresholds)
            thresholds = [-1e-7, *(t for t in inside if 0 < t < 1), 1 + 1e-7]
        self._curve, self._method = str(curve).upper(), str(summation_method).lower()
        if self._curve not in ("ROC", "PR"):
            raise invalid(f"curve {curve!r}: expected ROC or PR")
        if self._method not in ("interpolation", "minoring", "majoring"):
            raise invalid(
                f"summation_method {summation_method!r}: expected interpolation, minoring, majoring"
            )
        super().__init__(
            name, thresholds, num_thresholds, curve=self._curve, summation_method=self._method,
            **config,
        )  # fmt: skip

    def result(self, matrices: Matrices) -> float:
        """The area; NaN where a class has no weight."""
        m = matrices
        if np.isnan(m.tp).any():
            return float("nan")
        if self._curve == "PR" and self._method == "interpolation":
            return _pr_area(m)
        with np.errstate(divide="ignore", invalid="ignore"):
            recall = m.tp / (m.tp + m.fn)
            if self._curve == "ROC":
                x, y = m.fp / (m.fp + m.tn), recall
            else:
                x, y = recall, m.tp / (m.tp + m.fp)
        if np.isnan(recall).all() or (self._curve == "ROC" and np.isnan(x).all()):
            return float("nan")
        heights = {
            "interpolation": (y[:-1] + y[1:]) / 2,
            "minoring": np.minimum(y[:-1], y[1:]),
            "majoring": np.maximum(y[:-1], y[1:]),
        }[self._method]
        return float(np.nansum((x[:-1] - x[1:]) * heights))


def _pr_area(m: Matrices) -> float:
    """The area below precision over recall, interpolated as Davis and Goadrich (2006) say."""
    tp, positives = m.tp, m.tp + m.fp
    labelled = tp[0] + m.fn[0]
    if labelled <= 0:
        return float("nan")
    gained, marked = tp[:-1] - tp[1:], np.maximum(positives[:-1] - positives[1:], 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.where(marked > 0, gained / marked, np.nan)
        intercept = tp[1:] - slope * positives[1:]
        usable = (positives[:-1] > 0) & (positives[1:] > 0)
        ratio = np.where(usable, positives[:-1] / positives[1:], 1.0)
        pieces = slope * (gained + intercept * np.log(ratio)) / labelled
    return float(np.nansum(pieces))


class AUCPrecisionRecall(AUC):
    """Area under precision over recall."""

    def __init__(self, name: str | None = None, num_thresholds: int | None = None, **config: Any):
        config.pop("curve", None)
        super().__init__(name, num_thresholds, curve="PR", **config)

    def get_config(self) -> dict[str, Any]:
        """The settings, without the curve."""
        return {key: value for key, value in super().get_config().items() if key != "curve"}


def best_under(constrained: np.ndarray, dependent: np.ndarray, allowed: np.ndarray) -> float:
    """The highest dependent value where it is allowed; 0 where it never is."""
    del constrained
    values = dependent[allowed & ~np.isnan(dependent)]
    return float(values.max()) if len(values) else 0.0


class Constrained(MatrixMetric):
    """The best of one rate where another keeps a bound; by default of 1,000 thresholds."""

    default_count = 1000
    constraint: str
    bound: str
    best: str

    def __init__(self, *given: Any, name: str | None = None, **config: Any):
        bound = config.pop(self.bound, given[0] if given else None)
        if bound is None:
            raise invalid(f"{type(self).__name__} takes {self.bound!r}")
        bounds = np.atleast_1d(np.asarray(bound, float))
        if ((bounds < 0) | (bounds > 1)).any():
            raise invalid(f"{self.bound} {bound}: expected from 0 to 1")
        super().__init__(name, **config)
        self._config[self.bound] = bound
        self._bounds = bounds

    def result(self, matrices: Matrices) -> Any:
        """A float, or float64 [bounds]."""
        m = matrices
        with np.errstate(divide="ignore", invalid="ignore"):
            held = RATES[self.constraint](m.tp, m.tn, m.fp, m.fn)
            best = RATES[self.best](m.tp, m.tn, m.fp, m.fn)
            if np.isnan(m.tp).any():
                return float("nan")
            found = [
                best_under(held, best, held <= b if self.constraint == "FallOut" else held >= b)
                for b in self._bounds
            ]
        return found[0] if len(found) == 1 else np.array(found)


def _constrained(name: str, best: str, constraint: str, bound: str) -> type[Constrained]:
    words = {"best": best, "constraint": constraint, "bound": bound, "__module__": __name__}
    return type(name, (Constrained,), words)


SensitivityAtSpecificity = _constrained(
    "SensitivityAtSpecificity", "Recall", "Specificity", "specificity"
)
SpecificityAtSensitivity = _constrained(
    "SpecificityAtSensitivity", "Specificity", "Recall", "sensitivity"
)
PrecisionAtRecall = _constrained("PrecisionAtRecall", "Precision", "Recall", "recall")
RecallAtPrecision = _constrained("RecallAtPrecision", "Recall", "Precision", "precision")
RecallAtFalsePositiveRate = _constrained(
    "RecallAtFalsePositiveRate", "Recall", "FallOut", "false_positive_rate"
)


class MaxRecall(MatrixMetric):
    """The recall where every prediction is positive."""

    default_count = 10_000

    def result(self, matrices: Matrices) -> float:
        """A float."""
        return divided(matrices.tp[0], matrices.tp[0] + matrices.fn[0])


class ConfusionMatrixAtThresholds(MatrixMetric):
    """The matrices themselves."""

    default_thresholds = (0.5,)

    def result(self, matrices: Matrices) -> Matrices:
        """Matrices."""
        return matrices


FAIRNESS = {
    "false_positive_rate": "FallOut", "false_negative_rate": "MissRate",
    "true_positive_rate": "Recall", "true_negative_rate": "Specificity",
    "positive_rate": "PredictedPositiveRate", "negative_rate": "",
    "false_discovery_rate": "FalseDiscoveryRate", "false_omission_rate": "FalseOmissionRate",
    "precision": "Precision", "recall": "Recall",
}  # fmt: skip


class FairnessIndicators(Metric):
    """Rates of errors at several thresholds, to be compared between slices.

    Args:
        name: what the values' names begin with.
        thresholds: by default 0.1 to 0.9.
    """

    def __init__(self, name: str | None = None, thresholds: Sequence[float] | None = None):
        super().__init__(name, thresholds=thresholds)
        self._thresholds = sorted(thresholds or [i / 10 for i in range(1, 10)])

    @classmethod
    def default_name(cls) -> str:
        """What Fairness Indicators calls them."""
        return "fairness_indicators_metrics"

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value for each rate and threshold."""
        statistic = at_thresholds(context.selection(), self._thresholds)

        def value(found: Mapping[str, Any], place: int, rate: str) -> float:
            m = matrices_at(self._thresholds, found["counts"])
            cells = m.tp[place], m.tn[place], m.fp[place], m.fn[place]
            if rate:
                return float(RATES[rate](*cells))
            return 1 - float(RATES["PredictedPositiveRate"](*cells))

        return [
            Derived(
                context.key(f"{self.name}/{name}@{threshold:g}"),
                {"counts": statistic},
                lambda found, place=place, rate=rate: value(found, place, rate),
            )
            for name, rate in FAIRNESS.items()
            for place, threshold in enumerate(self._thresholds)
        ]
