"""The best of one rate where another keeps a bound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.metrics.confusion import MatrixMetric, Thresholds
from tidefall.lifecycle.model_analysis.metrics.matrices import Matrices
from tidefall.lifecycle.model_analysis.metrics.rates import (
    FallOut,
    Precision,
    Recall,
    Specificity,
)


class Constrained(MatrixMetric, is_base=True):
    """The best of one rate where another keeps a bound; by default of 10,000 thresholds."""

    default_count = 10_000
    bound: str

    def __init__(
        self,
        bound: float | Sequence[float],
        thresholds: Thresholds,
        num_thresholds: int | None,
        class_id: int | None,
        name: str | None,
        top_k: int | None,
    ):
        bounds = np.atleast_1d(np.asarray(bound, float))
        if not ((bounds >= 0) & (bounds <= 1)).all():
            raise invalid(f"{self.bound} {bound}: expected from 0 to 1")
        super().__init__(thresholds, num_thresholds, top_k, class_id, name, **{self.bound: bound})
        self._bounds = bounds

    def held(self, m: Matrices, bound: float) -> np.ndarray:
        """At which thresholds the bound is kept: bool [thresholds]."""
        raise NotImplementedError(type(self).__name__)

    def dependent(self, m: Matrices) -> np.ndarray:
        """What is to be high: float64 [thresholds]."""
        raise NotImplementedError(type(self).__name__)

    def result(self, matrices: Matrices) -> Any:
        """A float, or float64 [bounds]; 0 where no threshold keeps the bound."""
        if np.isnan(matrices.tp).any():
            return float("nan")
        best = self.dependent(matrices)
        found = []
        for bound in self._bounds:
            values = best[self.held(matrices, bound) & ~np.isnan(best)]
            found.append(float(values.max()) if len(values) else 0.0)
        return found[0] if len(found) == 1 else np.array(found)


class SensitivityAtSpecificity(Constrained):
    """The highest recall where specificity is at least the bound.

    Args:
        specificity: the bound, or several, from 0 to 1.
        num_thresholds: how many thresholds to look at, 10,000 by default.
        class_id: the class that is positive.
        name: of the value.
        top_k: predictions that are not among the k highest are negative.
    """

    bound = "specificity"

    def __init__(
        self,
        specificity: float | Sequence[float],
        num_thresholds: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        top_k: int | None = None,
    ):
        super().__init__(specificity, None, num_thresholds, class_id, name, top_k)

    def held(self, m: Matrices, bound: float) -> np.ndarray:
        """Where specificity keeps the bound."""
        return Specificity.rate(m.tp, m.tn, m.fp, m.fn) >= bound

    def dependent(self, m: Matrices) -> np.ndarray:
        """Recalls."""
        return Recall.rate(m.tp, m.tn, m.fp, m.fn)


class SpecificityAtSensitivity(Constrained):
    """The highest specificity where recall is at least the bound.

    Args:
        sensitivity: the bound, or several, from 0 to 1.
        num_thresholds: how many thresholds to look at, 10,000 by default.
        class_id: the class that is positive.
        name: of the value.
        top_k: predictions that are not among the k highest are negative.
    """

    bound = "sensitivity"

    def __init__(
        self,
        sensitivity: float | Sequence[float],
        num_thresholds: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        top_k: int | None = None,
    ):
        super().__init__(sensitivity, None, num_thresholds, class_id, name, top_k)

    def held(self, m: Matrices, bound: float) -> np.ndarray:
        """Where recall keeps the bound."""
        return Recall.rate(m.tp, m.tn, m.fp, m.fn) >= bound

    def dependent(self, m: Matrices) -> np.ndarray:
        """Specificities."""
        return Specificity.rate(m.tp, m.tn, m.fp, m.fn)


class PrecisionAtRecall(Constrained):
    """The highest precision where recall is at least the bound.

    Args:
        recall: the bound, or several, from 0 to 1.
        thresholds: where to look; by default
        num_thresholds: how many thresholds to look at, 10,000 by default.
        class_id: the class that is positive.
        name: of the value.
        top_k: predictions that are not among the k highest are negative.
    """

    bound = "recall"

    def __init__(
        self,
        recall: float | Sequence[float],
        thresholds: Thresholds = None,
        num_thresholds: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        top_k: int | None = None,
    ):
        super().__init__(recall, thresholds, num_thresholds, class_id, name, top_k)

    def held(self, m: Matrices, bound: float) -> np.ndarray:
        """Where recall keeps the bound."""
        return Recall.rate(m.tp, m.tn, m.fp, m.fn) >= bound

    def dependent(self, m: Matrices) -> np.ndarray:
        """Precisions."""
        return Precision.rate(m.tp, m.tn, m.fp, m.fn)


class RecallAtPrecision(Constrained):
    """The highest recall where precision is at least the bound.

    Args:
        precision: the bound, or several, from 0 to 1.
        num_thresholds: how many thresholds to look at, 10,000 by default.
        class_id: the class that is positive.
        name: of the value.
        top_k: predictions that are not among the k highest are negative.
    """

    bound = "precision"

    def __init__(
        self,
        precision: float | Sequence[float],
        num_thresholds: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        top_k: int | None = None,
    ):
        super().__init__(precision, None, num_thresholds, class_id, name, top_k)

    def held(self, m: Matrices, bound: float) -> np.ndarray:
        """Where precision keeps the bound."""
        return Precision.rate(m.tp, m.tn, m.fp, m.fn) >= bound

    def dependent(self, m: Matrices) -> np.ndarray:
        """Recalls."""
        return Recall.rate(m.tp, m.tn, m.fp, m.fn)


class RecallAtFalsePositiveRate(Constrained):
    """The highest recall where the rate of false positives is at most the bound.

    Args:
        false_positive_rate: the bound, or several, from 0 to 1.
        num_thresholds: how many thresholds to look at, 10,000 by default.
        class_id: the class that is positive.
        name: of the value.
        top_k: predictions that are not among the k highest are negative.
    """

    bound = "false_positive_rate"

    def __init__(
        self,
        false_positive_rate: float | Sequence[float],
        num_thresholds: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        top_k: int | None = None,
    ):
        super().__init__(false_positive_rate, None, num_thresholds, class_id, name, top_k)

    def held(self, m: Matrices, bound: float) -> np.ndarray:
        """Where the rate of false positives keeps the bound."""
        return FallOut.rate(m.tp, m.tn, m.fp, m.fn) <= bound

    def dependent(self, m: Matrices) -> np.ndarray:
        """Recalls."""
        return Recall.rate(m.tp, m.tn, m.fp, m.fn)


class ThresholdAtRecall(Constrained):
    """The highest threshold where recall is at least the bound.

    Args:
        recall: the bound, or several, from 0 to 1.
        thresholds: where to look; by default
        num_thresholds: how many thresholds to look at, 10,000 by default.
        class_id: the class that is positive.
        name: of the value.
        top_k: predictions that are not among the k highest are negative.
    """

    bound = "recall"

    def __init__(
        self,
        recall: float | Sequence[float],
        thresholds: Thresholds = None,
        num_thresholds: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        top_k: int | None = None,
    ):
        super().__init__(recall, thresholds, num_thresholds, class_id, name, top_k)

    def held(self, m: Matrices, bound: float) -> np.ndarray:
        """Where recall keeps the bound."""
        return Recall.rate(m.tp, m.tn, m.fp, m.fn) >= bound

    def dependent(self, m: Matrices) -> np.ndarray:
        """Thresholds."""
        return m.thresholds
