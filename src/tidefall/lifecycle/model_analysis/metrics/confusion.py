"""Metrics of two classes: what they have in common, which is a confusion matrix at thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

Thresholds = float | Sequence[float] | None


def divided(numerator: Any, denominator: Any) -> Any:
    """A quotient; NaN where the denominator is not positive.

    >>> divided(1.0, 4.0), divided(1.0, 0.0)
    (0.25, nan)
    """
    if isinstance(numerator, float) and isinstance(denominator, float):
        return float(numerator) / float(denominator) if denominator > 0 else float("nan")
    numerator, denominator = np.broadcast_arrays(numerator, denominator)
    out = np.full(np.shape(denominator), np.nan)
    found = np.divide(numerator, denominator, out=out, where=np.asarray(denominator) > 0)
    return found if np.ndim(found) else float(found)


class MatrixMetric(Metric, is_base=True):
    """A metric of confusion matrices.

    Args:
        thresholds: above which predictions are positive; or
        num_thresholds: how many, at equal distances, from a histogram.
        top_k: predictions that are not among the k highest are negative, the others positive.
        class_id: the class that is positive.
        name: of the value.
        config: further settings.
    """

    default_thresholds: Sequence[float] | None = None
    default_count: int | None = None

    def __init__(
        self,
        thresholds: Thresholds = None,
        num_thresholds: int | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
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

    def cuts(self) -> np.ndarray:
        """The thresholds, float64 [thresholds], where no class or rank is chosen."""
        count = self._count
        if self._thresholds is None and count is None:
            count = self.default_count
        if count is not None:
            return interpolated(count)
        return np.asarray(self._thresholds or self.default_thresholds, np.float64)

    def result(self, matrices: Matrices) -> Any:
        """The value."""
        raise NotImplementedError(type(self).__name__)


class RateMetric(MatrixMetric, is_base=True):
    """A number for each threshold; by default one, 0.5.

    Args:
        thresholds: above which predictions are positive.
        name: of the value.
        top_k: predictions that are not among the k highest are negative, the others positive.
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

    @staticmethod
    def rate(tp: Any, tn: Any, fp: Any, fn: Any) -> Any:
        """The number, of weights of the four outcomes: floats or float64 [thresholds]."""
        raise NotImplementedError

    def result(self, matrices: Matrices) -> Any:
        """A float, or float64 [thresholds] where there are several."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found = self.rate(matrices.tp, matrices.tn, matrices.fp, matrices.fn)
        return float(found[0]) if len(matrices.thresholds) == 1 else np.asarray(found)
