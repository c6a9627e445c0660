"""Areas under curves, and the matrices themselves."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.metrics.confusion import MatrixMetric, Thresholds
from tidefall.lifecycle.model_analysis.metrics.matrices import Matrices


class AUCCurve(enum.Enum):
    """The curve of `AUC`."""

    ROC = "ROC"
    PR = "PR"


class AUCSummationMethod(enum.Enum):
    """How `AUC` sums between thresholds."""

    INTERPOLATION = "interpolation"
    MAJORING = "majoring"
    MINORING = "minoring"


class AUC(MatrixMetric):
    """Area under a curve, by the trapezoids between 10,000 thresholds.

    Args:
        num_thresholds: how many.
        curve: "ROC" or "PR".
        summation_method: "interpolation", "minoring" or "majoring".
        name: of the value.
        thresholds: instead of `num_thresholds`.
        top_k: predictions that are not among the k highest are negative.
        class_id: the class that is positive.
    """

    default_count = 10_000

    def __init__(
        self,
        num_thresholds: int | None = None,
        curve: str | AUCCurve = "ROC",
        summation_method: str | AUCSummationMethod = "interpolation",
        name: str | None = None,
        thresholds: Sequence[float] | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
    ):
        curve = curve.value if isinstance(curve, AUCCurve) else curve
        if isinstance(summation_method, AUCSummationMethod):
            summation_method = summation_method.value
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
            thresholds, num_thresholds, top_k, class_id, name, curve=self._curve,
            summation_method=self._method,
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
    """Area under precision over recall.

    Args:
        num_thresholds: how many.
        summation_method: "interpolation", "minoring" or "majoring".
        name: of the value.
        thresholds: instead of `num_thresholds`.
        top_k: predictions that are not among the k highest are negative.
        class_id: the class that is positive.
    """

    def __init__(
        self,
        num_thresholds: int | None = None,
        summation_method: str | AUCSummationMethod = "interpolation",
        name: str | None = None,
        thresholds: Sequence[float] | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
    ):
        super().__init__(num_thresholds, "PR", summation_method, name, thresholds, top_k, class_id)

    def get_config(self) -> dict[str, Any]:
        """The settings, without the curve."""
        return {key: value for key, value in super().get_config().items() if key != "curve"}


class ConfusionMatrixAtThresholds(MatrixMetric):
    """The matrices themselves.

    Args:
        thresholds: above which predictions are positive.
        name: of the value.
        top_k: predictions that are not among the k highest are negative.
        class_id: the class that is positive.
    """

    default_thresholds = (0.5,)

    def __init__(
        self,
        thresholds: Thresholds = None,
        name: str | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
    ):
        super().__init__(thresholds, None, top_k, class_id, name)

    def result(self, matrices: Matrices) -> Matrices:
        """Matrices."""
        return matrices
