"""Whether rows come in the order of a feature, such as the time at which they were made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.statistics.columns import Column
from tidefall.lifecycle.data_validation.statistics.features import univalent_numbers

NAME = "num_out_of_order"
"""The custom statistic that says how many rows have less than the row before."""


class Order:
    """How often features fall from one row to the next.

    Args:
        wanted: names of numeric features; rows without one number of it are left out.
    """

    def __init__(self, wanted: Sequence[str]):
        self._wanted = frozenset(wanted)
        # By name: the first and the last value, and how often the next was less.
        self._seen: dict[str, tuple[float, float, int]] = {}

    def add(self, columns: Iterable[Column], rows: int) -> None:
        """Take in the next rows."""
        for column in columns:
            name = str(column.path)
            if name in self._wanted and column.kind in ("INT", "FLOAT"):
                values = univalent_numbers(column, rows)
                values = values[~np.isnan(values)]
                if len(values):
                    falls = int(np.count_nonzero(np.diff(values) < 0))
                    self._append(name, (float(values[0]), float(values[-1]), falls))

    def merge(self, other: Order) -> None:
        """Take in what another one has seen of the rows behind."""
        for name, theirs in other._seen.items():
            self._append(name, theirs)

    def _append(self, name: str, behind: tuple[float, float, int]) -> None:
        before = self._seen.get(name)
        if before is not None:
            falls = before[2] + behind[2] + (behind[0] < before[1])
            behind = (before[0], behind[1], falls)
        self._seen[name] = behind

    def fill(self, message: Any) -> None:
        """Add it to the features of a DatasetFeatureStatistics."""
        for feature in message.features:
            steps = list(feature.path.step)
            if len(steps) == 1 and steps[0] in self._seen:
                feature.custom_stats.add(name=NAME, num=self._seen[steps[0]][2])

    def state(self) -> dict[str, Any]:
        """What `restore` takes."""
        return {name: list(seen) for name, seen in self._seen.items()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take in what `state` said."""
        self._seen = {name: (first, last, falls) for name, (first, last, falls) in state.items()}
