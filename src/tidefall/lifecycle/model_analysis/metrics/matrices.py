"""Confusion matrices at thresholds: of a histogram of predictions, or exact at a few thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.inputs import Inputs, Selection
from tidefall.lifecycle.model_analysis.statistics import Statistic, Sums, Terms, selected

BUCKETS = 10_000
"""Buckets of histograms of predictions between 0 and 1, as TFMA has them."""
EPSILON = 1e-7


@dataclass(frozen=True)
class Matrices:
    """Weights of the four outcomes: float64 [thresholds] each; positive means above a threshold."""

    thresholds: np.ndarray
    tp: np.ndarray
    tn: np.ndarray
    fp: np.ndarray
    fn: np.ndarray

    def to_message(self) -> Any:
        """The message `ConfusionMatrixAtThresholds`."""
        from tidefall.proto import evaluation

        found = evaluation.ConfusionMatrixAtThresholds()
        with np.errstate(divide="ignore", invalid="ignore"):
            positives, labelled = self.tp + self.fp, self.tp + self.fn
            precision = np.where(positives > 0, self.tp / positives, 1.0)
            recall = np.where(labelled > 0, self.tp / labelled, 0.0)
            f1 = 2 * precision * recall / (precision + recall)
            accuracy = (self.tp + self.tn) / (positives + self.tn + self.fn)
            fpr = self.fp / (self.tn + self.fp)
            omitted = self.fn / (self.tn + self.fn)
        for i, threshold in enumerate(self.thresholds):
            found.matrices.add(
                threshold=round(float(threshold), 6),
                true_positives=self.tp[i], false_positives=self.fp[i],
                true_negatives=self.tn[i], false_negatives=self.fn[i],
                precision=precision[i], recall=recall[i], f1=f1[i], accuracy=accuracy[i],
                false_positive_rate=fpr[i], false_omission_rate=omitted[i],
            )  # fmt: skip
        return found


def interpolated(count: int) -> np.ndarray:
    """Thresholds at equal distances from a little below 0 to a little above 1, as Keras has them.

    Raises:
        InvalidArgumentError: fewer than two.
    """
    if count < 2:
        raise invalid(f"num_thresholds {count}: expected 2 or more")
    inner = np.arange(1, count - 1) / (count - 1)
    return np.concatenate([[-EPSILON], inner, [1 + EPSILON]])


def _checked(labels: np.ndarray) -> None:
    if len(labels) and (labels.min() < 0 or labels.max() > 1):
        wrong = labels[(labels < 0) | (labels > 1)].ravel()[0]
        raise invalid(
            f"label {wrong}: metrics of two classes take labels from 0 to 1; for class ids "
            "binarize the spec, or give predictions one value per class"
        )


def _planes(pairs: Any) -> list[np.ndarray | None]:
    """Weights, and weights of positive labels."""
    if pairs.weights is None:
        return [None, pairs.labels]
    weights = pairs.weights
    return [weights, weights * pairs.labels]


def _no_label_is_missing(bins: np.ndarray, labels: np.ndarray, last: int) -> np.ndarray:
    missing = np.isnan(labels)
    return np.where(missing, last, bins) if missing.any() else bins


def _without_nan(values: list[np.ndarray | None]) -> list[np.ndarray | None]:
    return [v if v is None or not np.isnan(v).any() else np.nan_to_num(v) for v in values]


def histogram(
    selection: Selection,
    buckets: int = BUCKETS,
    left: float = 0.0,
    right: float = 1.0,
    fractional: bool = True,
) -> Statistic:
    """Weights and weighted labels and predictions, by buckets of predictions.

    Place 0 is below `left`, the last but one from `right` on; the last holds the weight of pairs
    with a NaN.

    Args:
        selection: of labels and predictions.
        buckets: between the bounds.
        left: lower bound.
        right: upper bound.
        fractional: whether labels must be from 0 to 1.
    """
    last = buckets + 2

    def terms(inputs: Inputs) -> Terms:
        pairs = inputs.pairs(selection)
        if fractional:
            _checked(pairs.labels)
        with np.errstate(invalid="ignore"):
            # A little more than 1: 0.29 * 10,000 is 2899.9999999999995, and belongs to 2900.
            place = (pairs.predictions - left) * (buckets / (right - left)) + (1 + 1e-9)
            place = np.clip(place, 0, buckets + 1)
        unknown = np.isnan(place)
        bins = np.where(unknown, last, place).astype(np.int64)
        bins = _no_label_is_missing(bins, pairs.labels, last)
        values = _planes(pairs)
        predictions = np.where(np.isfinite(pairs.predictions), pairs.predictions, 0.0)
        values.append(predictions if pairs.weights is None else predictions * pairs.weights)
        return Terms(_without_nan(values), bins, buckets + 3)

    return Sums(selected("histogram", selection, buckets, left, right, fractional), terms)


def at_thresholds(selection: Selection, thresholds: Sequence[float]) -> Statistic:
    """Weights and weights of positive labels, by the number of thresholds below a prediction."""
    cuts = np.asarray(thresholds, np.float64)
    last = len(cuts) + 1

    def terms(inputs: Inputs) -> Terms:
        pairs = inputs.pairs(selection)
        _checked(pairs.labels)
        if len(cuts) == 1:
            bins = (pairs.predictions > cuts[0]).astype(np.int64)
        else:
            bins = np.searchsorted(cuts, pairs.predictions, "left")
        bins = np.where(np.isnan(pairs.predictions), last, bins)
        bins = _no_label_is_missing(bins, pairs.labels, last)
        return Terms(_without_nan(_planes(pairs)), bins, len(cuts) + 2)

    return Sums(selected("thresholds", selection, tuple(map(float, cuts))), terms)


def matrices_at(thresholds: Sequence[float], state: np.ndarray) -> Matrices:
    """The matrices of what `at_thresholds` added up; NaN where something was NaN."""
    cuts = np.asarray(thresholds, np.float64)
    return _from_bins(cuts, state[0, :-1], state[1, :-1], state[0, -1] != 0)


def matrices_of_pairs(
    cuts: np.ndarray, labels: np.ndarray, predictions: np.ndarray, weights: np.ndarray
) -> Matrices:
    """The matrices at thresholds, in order, of labels and predictions that are all there."""
    bins = np.searchsorted(cuts, predictions, "left")
    size = len(cuts) + 1
    return _from_bins(
        cuts,
        np.bincount(bins, weights, minlength=size),
        np.bincount(bins, weights * labels, minlength=size),
        False,
    )


def matrices_of_histogram(
    thresholds: np.ndarray, state: np.ndarray, buckets: int = BUCKETS
) -> Matrices:
    """The matrices of a histogram from 0 to 1; predictions are their buckets' lower bounds.

    Thresholds are moved up by a little, as TFMA does, so that a prediction is positive above one,
    not at it.
    """
    lower = np.concatenate([[-np.inf], np.arange(buckets) / buckets, [np.inf]])
    cuts = np.where(thresholds != 0, thresholds + EPSILON, 0.0)
    bins = np.searchsorted(cuts, lower, "right")
    weights = np.bincount(bins, state[0, :-1], minlength=len(cuts) + 1)
    positives = np.bincount(bins, state[1, :-1], minlength=len(cuts) + 1)
    if thresholds[0] < 0:
        # The first threshold takes everything, what is below 0 too.
        weights[1] += weights[0]
        positives[1] += positives[0]
        weights[0] = positives[0] = 0.0
    if thresholds[-1] > 1:
        weights[-2] += weights[-1]
        positives[-2] += positives[-1]
        weights[-1] = positives[-1] = 0.0
    return _from_bins(thresholds, weights, positives, state[0, -1] != 0)


def matrices_of_buckets(state: np.ndarray, buckets: int = BUCKETS) -> Matrices:
    """The matrices at the lower bounds of a histogram's buckets, from 0 to 1, without rounding.

    A threshold is the number before the bound, so that what is in the bucket is above it.
    """
    cuts = np.nextafter(np.arange(buckets + 1) / buckets, -np.inf)
    return _from_bins(cuts, state[0, :-1], state[1, :-1], state[0, -1] != 0)


def _from_bins(
    cuts: np.ndarray, weights: np.ndarray, positives: np.ndarray, unknown: bool
) -> Matrices:
    """Sums above and below each threshold; bin i has what is above i thresholds."""
    negatives = weights - positives
    tp = np.cumsum(positives[::-1])[::-1][1:]
    fp = np.cumsum(negatives[::-1])[::-1][1:]
    fn = np.cumsum(positives)[:-1]
    tn = np.cumsum(negatives)[:-1]
    if unknown:
        nan = np.full(len(cuts), np.nan)
        return Matrices(cuts, nan, nan, nan, nan)
    return Matrices(cuts, tp, tn, fp, fn)
