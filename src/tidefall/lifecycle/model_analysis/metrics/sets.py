"""Precision and recall of sets: rows have any number of classes, by name, and no fixed list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.inputs import Inputs, output_or_column
from tidefall.lifecycle.model_analysis.metrics.base import Context, Derived
from tidefall.lifecycle.model_analysis.metrics.confusion import MatrixMetric, Thresholds
from tidefall.lifecycle.model_analysis.metrics.matrices import Matrices, matrices_at
from tidefall.lifecycle.model_analysis.metrics.rates import Precision, Recall
from tidefall.lifecycle.model_analysis.statistics import Sums, Terms, selected


class SetMatch(MatrixMetric, is_base=True):
    """A metric of rows whose labels are a set of classes, and so are their predictions.

    A class of both is a true positive with its score, one of the label alone a false negative, one
    of the prediction alone a false positive or, at or below the threshold, a true negative.

    Args:
        thresholds: above which a predicted class counts; by default 0.5, with `top_k` all do.
        top_k: only the first k predicted classes of a row.
        name: of the value.
        prediction_class_key: the output or column of predicted classes, a list in each row.
        prediction_score_key: of their scores, as many.
        class_key: the column of classes that have weights; by default the labels.
        weight_key: the column of their weights; others weigh 1.
    """

    def __init__(
        self,
        thresholds: Thresholds = None,
        top_k: int | None = None,
        name: str | None = None,
        prediction_class_key: str = "classes",
        prediction_score_key: str = "scores",
        class_key: str | None = None,
        weight_key: str | None = None,
    ):
        super().__init__(
            thresholds, None, None, None, name, prediction_class_key=prediction_class_key,
            prediction_score_key=prediction_score_key, class_key=class_key, weight_key=weight_key,
        )  # fmt: skip
        if top_k is not None:
            self._config["top_k"] = top_k
        self._keys = (prediction_class_key, prediction_score_key)
        self._weight_keys = (class_key, weight_key)
        if self._thresholds is None:
            self._thresholds = [0.5] if top_k is None else [-np.inf]
        self._first = top_k

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value."""
        assert self._thresholds is not None
        cuts = np.asarray(self._thresholds)
        statistic = Sums(
            selected(
                "sets", context.selection(), tuple(cuts), self._first, self._keys,
                self._weight_keys,
            ),
            lambda inputs: self._terms(inputs, context, cuts),
        )  # fmt: skip

        def value(found: Mapping[str, Any]) -> Any:
            return self.result(matrices_at(cuts.tolist(), found["counts"]))

        return [Derived(context.key(self.name), {"counts": statistic}, value)]

    def _terms(self, inputs: Inputs, context: Context, cuts: np.ndarray) -> Terms:
        labels = _flat(inputs.labels(context.model, context.output), "labels")
        classes, scores = (
            _flat(output_or_column(inputs, context.model, key), key, self._first)
            for key in self._keys
        )
        if not np.array_equal(classes.rows, scores.rows):
            raise invalid(f"columns {self._keys}: rows have other numbers of classes than scores")
        names = _Names()
        wanted, predicted = names.keys(labels), names.keys(classes)
        # Of a class that is predicted twice the last score counts, as in TFMA.
        found, last = np.unique(predicted[::-1], return_index=True)
        score = np.asarray(scores.values, np.float64)[::-1][last]
        wanted = np.unique(wanted)
        hit = np.isin(found, wanted)
        missed = np.setdiff1d(wanted, found, assume_unique=True)
        keys = np.concatenate([found, missed])
        positive = np.concatenate([hit, np.ones(len(missed), bool)])
        score = np.concatenate([score, np.full(len(missed), -np.inf)])
        weights = self._weights(inputs, context, keys, labels, names)
        places = np.searchsorted(cuts, score, "left")
        size = len(cuts) + 2
        at = (keys >> 32) * size + places
        planes = [
            np.bincount(at, plane, minlength=inputs.rows * size).reshape(inputs.rows, size)
            for plane in (weights, weights * positive)
        ]
        return Terms(planes, np.broadcast_to(np.arange(size), planes[0].shape), size)

    def _weights(
        self, inputs: Inputs, context: Context, keys: np.ndarray, labels: _Flat, names: _Names
    ) -> np.ndarray:
        weights = np.ones(len(keys))
        of_rows = inputs.weights(context.model, context.output) if context.weighted else None
        if of_rows is not None:
            weights = of_rows[keys >> 32].astype(np.float64)
        class_key, weight_key = self._weight_keys
        if weight_key is None:
            return weights
        given = _flat(inputs.values(weight_key), weight_key)
        classes = labels
        if class_key is not None:
            classes = _flat(inputs.values(class_key), class_key)
        if not np.array_equal(classes.rows, given.rows):
            raise invalid(f"{weight_key!r}: rows have other numbers of weights than of classes")
        known, last = np.unique(names.keys(classes)[::-1], return_index=True)
        factors = np.asarray(given.values, np.float64)[::-1][last]
        place = np.minimum(np.searchsorted(known, keys), max(len(known) - 1, 0))
        if len(known):
            weights = np.where(known[place] == keys, weights * factors[place], weights)
        return weights


class SetMatchPrecision(SetMatch):
    """The share of predicted classes that are among the labels, over all rows."""

    def result(self, matrices: Matrices) -> Any:
        """A float, or float64 [thresholds]."""
        return _value(Precision.rate(matrices.tp, matrices.tn, matrices.fp, matrices.fn))


class SetMatchRecall(SetMatch):
    """The share of labels that are among the predicted classes, over all rows."""

    def result(self, matrices: Matrices) -> Any:
        """A float, or float64 [thresholds]."""
        return _value(Recall.rate(matrices.tp, matrices.tn, matrices.fp, matrices.fn))


def _value(rates: Any) -> Any:
    return float(rates[0]) if len(rates) == 1 else np.asarray(rates)


class _Flat:
    """Values of lists one after the other, and the rows they are of."""

    def __init__(self, rows: np.ndarray, values: list[Any]):
        self.rows, self.values = rows, values


class _Names:
    """Numbers of classes, as they come."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}

    def keys(self, flat: _Flat) -> np.ndarray:
        """Int64 [values] that are equal for the same class of the same row."""
        numbers = self._numbers
        codes = [numbers.setdefault(value, len(numbers)) for value in flat.values]
        return (flat.rows << 32) | np.asarray(codes, np.int64)


def _flat(column: np.ndarray, name: str, first: int | None = None) -> _Flat:
    rows = [np.atleast_1d(row)[:first] for row in column]
    if any(row.ndim != 1 for row in rows):
        raise invalid(f"{name!r}: expected a list of classes or numbers in each row")
    lengths = np.array([len(row) for row in rows], np.int64)
    values = [value for row in rows for value in row.tolist()]
    return _Flat(np.repeat(np.arange(len(rows)), lengths), values)
