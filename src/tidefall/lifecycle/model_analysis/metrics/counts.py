"""Counts of rows, and means of features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid, unimplemented
from tidefall.lifecycle.model_analysis.inputs import Inputs
from tidefall.lifecycle.model_analysis.metrics.base import Context, Derived, Metric
from tidefall.lifecycle.model_analysis.metrics.confusion import divided
from tidefall.lifecycle.model_analysis.statistics import Sums, Terms


class ExampleCount(Metric):
    """The number of rows; as in TFMA without a confidence interval."""

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value."""
        rows = Sums("rows", lambda inputs: Terms([np.ones(inputs.rows)]))
        return [
            Derived(
                context.key(self.name),
                {"rows": rows},
                lambda f: float(f["rows"][0, 0]),
                has_interval=False,
            )
        ]


class WeightedExampleCount(Metric):
    """The sum of the rows' weights."""

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value."""

        def terms(inputs: Inputs) -> Terms:
            weights = inputs.weights(context.model, context.output) if context.weighted else None
            return Terms([np.ones(inputs.rows) if weights is None else weights])

        name = ("weights", context.model, context.output, bool(context.weighted))
        return [
            Derived(
                context.key(self.name),
                {"rows": Sums(name, terms)},
                lambda f: float(f["rows"][0, 0]),
            )
        ]


class Mean(Metric):
    """The mean of a column.

    Args:
        feature_key_path: the column, as TFMA says it: `("features", NAME)`, or its name.
        example_weights_key_path: likewise the column of weights; none by default.
        name: of the value; by default `mean_` and the path, with dots.

    >>> Mean(("features", "age")).name
    'mean_features.age'
    """

    def __init__(
        self,
        feature_key_path: str | Sequence[str],
        example_weights_key_path: str | Sequence[str] | None = None,
        name: str | None = None,
    ):
        path = _path(feature_key_path)
        super().__init__(
            name or f"mean_{'.'.join(path)}",
            feature_key_path=list(path),
            example_weights_key_path=example_weights_key_path,
        )
        self._column = _column(path)
        given = example_weights_key_path
        self._weights = None if given is None else _column(_path(given))

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value, which is no model's."""

        def terms(inputs: Inputs) -> Terms:
            values = inputs.column(self._column)
            if values.ndim != 1:
                raise invalid(f"Mean of {self._column!r}: rows have {values.shape[1]} values")
            weights = np.ones(inputs.rows)
            if self._weights is not None:
                weights = inputs.column(self._weights)
            return Terms([weights, weights * values])

        from tidefall.lifecycle.model_analysis.keys import MetricKey

        weighted = self._weights is not None
        return [
            Derived(
                MetricKey(self.name, example_weighted=weighted),
                {"sums": Sums(("mean", self._column, self._weights), terms)},
                lambda f: divided(f["sums"][1, 0], f["sums"][0, 0]),
            )
        ]


def _path(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _column(path: tuple[Any, ...]) -> str:
    """The column that a path of TFMA's extracts means."""
    if len(path) == 2 and path[0] in ("features", "transformed_features"):
        return path[1]
    if len(path) == 1:
        return path[0]
    raise unimplemented(f"Mean of {path}: expected a column, or ('features', NAME)")
