"""Keras's metrics: their state of each slice, which is added up as the metric itself adds it up."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.inputs import Inputs
from tidefall.lifecycle.model_analysis.metrics.base import Context, Derived, Metric
from tidefall.lifecycle.model_analysis.slicing import Group
from tidefall.lifecycle.model_analysis.statistics import Accumulator, Statistic


class KerasMetric(Metric):
    """A metric of Keras, or of one's own that derives from `keras.metrics.Metric`.

    Args:
        metric: an instance; its variables must be sums over rows, as Keras's are.
    """

    def __init__(self, metric: Any):
        super().__init__(metric.name)
        self.metric = metric

    def get_config(self) -> dict[str, Any]:
        """The Keras metric's."""
        return self.metric.get_config()

    def derive(self, context: Context) -> Sequence[Derived]:
        """One value."""
        if context.sub_key is not None and context.sub_key.top_k is not None:
            raise invalid(f"Keras metric {self.name!r} of the top {context.sub_key.top_k} classes")
        statistic = KerasStates(self.metric, context)
        return [
            Derived(context.key(self.name), {"state": statistic}, lambda f: self._value(f["state"]))
        ]

    def _value(self, state: list[np.ndarray] | None) -> Any:
        self.metric.reset_state()
        if state is not None:
            for variable, value in zip(self.metric.variables, state, strict=True):
                variable.assign(value.astype(variable.dtype))
        found = np.asarray(self.metric.result())
        return float(found) if found.ndim == 0 else found.astype(np.float64)


class KerasStates(Statistic):
    """The states of a Keras metric by slice."""

    def __init__(self, metric: Any, context: Context):
        self._metric, self._context = metric, context

    @property
    def key(self) -> Hashable:
        """By the metric's settings."""
        config = json.dumps(self._metric.get_config(), sort_keys=True, default=str)
        return ("keras", type(self._metric).__name__, config, self._context)

    def new(self) -> Accumulator:
        """No state yet."""
        return KerasAccumulator(self._metric, self._context)


class KerasAccumulator(Accumulator):
    """Sums of states."""

    def __init__(self, metric: Any, context: Context):
        self._metric, self._context = metric, context
        self._states: dict[int, list[np.ndarray]] = {}

    def add(self, inputs: Inputs, groups: Sequence[Group], times: np.ndarray | None) -> None:
        """Take a batch."""
        context = self._context
        if context.sub_key is not None or context.aggregation is not None:
            pairs = inputs.pairs(context.selection())
            labels, predictions, weights = pairs.labels, pairs.predictions, pairs.weights
        else:
            labels = inputs.class_labels(context.model, context.output)
            predictions = inputs.predictions(context.model, context.output)
            weights = inputs.weights(context.model, context.output) if context.weighted else None
        if times is not None:
            shaped = times.reshape(
                len(times), *([1] * (0 if weights is None else weights.ndim - 1))
            )
            weights = shaped if weights is None else weights * shaped
        for group in groups:
            for number, rows in _by_slice(group):
                self._update(
                    number,
                    *(
                        v if v is None or rows is None else v[rows]
                        for v in (labels, predictions, weights)
                    ),
                )

    def _update(self, number: int, labels: Any, predictions: Any, weights: Any) -> None:
        metric = self._metric
        metric.reset_state()
        before = [np.asarray(v).astype(np.float64) for v in metric.variables]
        labels, predictions = (_shaped(v, metric.dtype) for v in (labels, predictions))
        metric.update_state(labels, predictions, sample_weight=weights)
        after = [np.asarray(v).astype(np.float64) for v in metric.variables]
        if len(before) != len(after):
            before = [np.zeros_like(v) for v in after]
        gained = [a - b for a, b in zip(after, before, strict=True)]
        old = self._states.get(number)
        self._states[number] = (
            gained if old is None else [a + b for a, b in zip(old, gained, strict=True)]
        )

    def merge(self, other: Any, numbers: np.ndarray) -> None:
        """Add another one's states."""
        for number, state in other._states.items():
            here = self._states.get(int(numbers[number]))
            self._states[int(numbers[number])] = (
                state if here is None else [a + b for a, b in zip(here, state, strict=True)]
            )

    def value(self, number: int) -> list[np.ndarray] | None:
        """The state of a slice."""
        return self._states.get(number)


def _shaped(values: np.ndarray, dtype: str) -> np.ndarray:
    """A column as [rows, 1], which Keras takes for one value per row, in the metric's dtype."""
    values = values.astype(dtype) if values.dtype.kind in "iufb" else values
    return values[:, None] if values.ndim == 1 else values


def _by_slice(group: Group) -> list[tuple[int, np.ndarray | None]]:
    if isinstance(group.ids, int):
        return [(group.ids, group.rows)]
    order = np.argsort(group.ids, kind="stable")
    ids = group.ids[order]
    rows = order if group.rows is None else group.rows[order]
    cuts = np.flatnonzero(np.diff(ids)) + 1
    return [
        (int(part[0]), chunk)
        for part, chunk in zip(np.split(ids, cuts), np.split(rows, cuts), strict=True)
        if len(part)
    ]


def keras_class(name: str) -> type | None:
    """A class of `keras.metrics`; None if there is none."""
    import keras

    found = getattr(keras.metrics, name, None)
    is_metric = isinstance(found, type) and issubclass(found, keras.metrics.Metric)
    return found if is_metric else None


def of_config(kind: type, config: Mapping[str, Any]) -> KerasMetric:
    """A Keras metric of its settings.

    Raises:
        InvalidArgumentError: it does not take them.
    """
    try:
        return KerasMetric(kind(**config))
    except (TypeError, ValueError) as error:
        raise invalid(f"metric {kind.__name__} with {dict(config)}: {error}") from None
