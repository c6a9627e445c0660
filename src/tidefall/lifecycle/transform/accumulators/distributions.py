"""Quantiles, of all values, of each element, and of weighted values."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.sketches.quantiles import QuantileSketch


class Quantiles:
    """The boundaries between equal shares of the weight; NaN is left out.

    Args:
        buckets: how many shares.
        epsilon: by how much of all weight a boundary's rank may be wrong.
        width: None for all values together, or the number of elements with boundaries of their own.
    """

    def __init__(self, buckets: int, epsilon: float, width: int | None = None):
        self._buckets, self._width = buckets, width
        self._sketches = [QuantileSketch(epsilon) for _ in range(1 if width is None else width)]

    def add(self, values: np.ndarray, weights: np.ndarray | None = None) -> None:
        if self._width is None:
            columns = values.reshape(-1, 1)
        else:
            columns = values.reshape(len(values), self._width)
        if weights is not None and weights.size != columns.size and self._width is None:
            raise ValueError(f"{columns.size} values have {weights.size} weights")
        for sketch, column in zip(self._sketches, columns.T, strict=True):
            column = column.astype(np.float64)
            kept = ~np.isnan(column)
            share = None
            if weights is not None:
                share = weights.reshape(-1).astype(np.float64)[kept]
            sketch.add(column[kept], share)

    def merge(self, other: Quantiles) -> None:
        for sketch, theirs in zip(self._sketches, other._sketches, strict=True):
            sketch.merge(theirs)

    def value(self) -> list[np.ndarray]:
        rows = [
            sketch.quantiles(self._buckets)[0][1:-1] if sketch.weight else
            np.zeros(self._buckets - 1)
            for sketch in self._sketches
        ]  # fmt: skip
        return [np.array(rows, np.float32).reshape(len(rows), self._buckets - 1)]

    def state(self) -> dict[str, np.ndarray]:
        flat: dict[str, np.ndarray] = {}
        for number, sketch in enumerate(self._sketches):
            state = sketch.state()
            for name in ("numbers", "raw"):
                flat[f"{number}.{name}"] = state[name]
            if state["raw_weights"] is not None:
                flat[f"{number}.raw_weights"] = state["raw_weights"]
            flat[f"{number}.levels"] = np.array(state["levels"], np.int64)
            for place, (values, weights) in enumerate(
                zip(state["values"], state["weights"], strict=True)
            ):
                flat[f"{number}.values.{place}"] = values
                flat[f"{number}.weights.{place}"] = weights
        return flat

    def restore(self, state: dict[str, np.ndarray]) -> None:
        for number in range(len(self._sketches)):
            levels = [int(level) for level in state[f"{number}.levels"]]
            whole: dict[str, Any] = {
                "numbers": state[f"{number}.numbers"],
                "raw": state[f"{number}.raw"],
                "raw_weights": state.get(f"{number}.raw_weights"),
                "levels": levels,
                "values": [state[f"{number}.values.{i}"] for i in range(len(levels))],
                "weights": [state[f"{number}.weights.{i}"] for i in range(len(levels))],
            }
            self._sketches[number] = QuantileSketch.from_state(whole)
