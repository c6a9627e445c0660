"""`python.eager.monitoring`: counters and gauges of the process, read by whoever asks.

Asked for by tf-agents, the model optimization toolkit, tf-keras.
"""

from __future__ import annotations

import threading
from typing import Any, Generic, TypeVar

_Value = TypeVar("_Value")
_lock = threading.Lock()


class Cell(Generic[_Value]):
    """The value of a metric for one choice of labels."""

    def __init__(self, value: _Value):
        self._value = value

    def set(self, value: _Value) -> None:
        """Replace the value."""
        with _lock:
            self._value = value

    def increase_by(self, value: Any) -> None:
        """Add to the value."""
        with _lock:
            self._value = self._value + value

    def value(self) -> _Value:
        """The value."""
        return self._value


class Metric:
    """A metric: its cells by their labels."""

    initial: Any = 0

    def __init__(self, name: str, description: str, *labels: str):
        self.name = name
        self.description = description
        self.labels = labels
        self._cells: dict[tuple[str, ...], Cell[Any]] = {}

    def get_cell(self, *labels: str) -> Cell[Any]:
        """The cell of these labels.

        Raises:
            ValueError: if their number is not that of the metric's labels.
        """
        if len(labels) != len(self.labels):
            raise ValueError(
                f"{self.name} has the labels {self.labels}, and {len(labels)} were given."
            )
        with _lock:
            return self._cells.setdefault(labels, Cell(self.initial))


class Counter(Metric):
    """A number that only grows."""


class IntGauge(Metric):
    """An integer that is set."""


class BoolGauge(Metric):
    """A bool that is set."""

    initial = False


class StringGauge(Metric):
    """A string that is set."""

    initial = ""
