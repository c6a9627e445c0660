"""Moments, extremes and sums, of all values or of each element of the rows."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from tidefall.lifecycle.transform.accumulators.accumulator import common_shape, grown


class _Reduction:
    """Arrays that are widened where rows become longer, and a value for what no row has."""

    _FILL: ClassVar[dict[str, Any]] = {}

    def __init__(self) -> None:
        self._held: dict[str, np.ndarray] = {}

    def state(self) -> dict[str, np.ndarray]:
        return dict(self._held)

    def restore(self, state: dict[str, np.ndarray]) -> None:
        self._held = dict(state)

    def merge(self, other: Any) -> None:
        if not other._held:
            return
        self._take(other._held)

    def _take(self, part: dict[str, np.ndarray]) -> None:
        if not self._held:
            self._held = part
            return
        first = next(iter(part))
        shape = common_shape(self._held[first], part[first])
        ours = {name: grown(a, shape, self._fill(name)) for name, a in self._held.items()}
        theirs = {name: grown(a, shape, self._fill(name)) for name, a in part.items()}
        self._held = self._combined(ours, theirs)

    def _fill(self, name: str) -> Any:
        return self._FILL[name]

    def _combined(
        self, a: dict[str, np.ndarray], b: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        raise NotImplementedError


class Moments(_Reduction):
    """Mean and population variance of the finite values, in float64.

    Source: Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample
    variances", 1979.

    Args:
        dtype: of the value.
        elementwise: whether each element of the rows has its own moments.
        shape: of the value where there were no rows.
    """

    _FILL: ClassVar[dict[str, Any]] = {"count": 0, "mean": 0.0, "squares": 0.0}

    def __init__(self, dtype: Any, elementwise: bool = False, shape: tuple[int, ...] = ()):
        super().__init__()
        self._dtype, self._axis, self._shape = dtype, 0 if elementwise else None, shape

    def add(self, values: np.ndarray, present: np.ndarray | None = None) -> None:
        if not values.size:
            return
        values = values.astype(np.float64)
        valid = np.isfinite(values)
        if present is not None:
            valid &= present
        whole = bool(valid.all())
        count = np.asarray(valid.sum(self._axis))
        values = values if whole else np.where(valid, values, 0.0)
        mean = np.asarray(values.sum(self._axis) / np.maximum(count, 1))
        gaps = values - mean
        squares = np.asarray(np.square(gaps if whole else gaps * valid).sum(self._axis))
        self._take({"count": count, "mean": mean, "squares": squares})

    def _combined(
        self, a: dict[str, np.ndarray], b: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        count = np.asarray(a["count"] + b["count"])
        share = b["count"] / np.maximum(count, 1)
        gap = b["mean"] - a["mean"]
        mean = np.asarray(a["mean"] + gap * share)
        squares = np.asarray(a["squares"] + b["squares"] + gap * gap * a["count"] * share)
        return {"count": count, "mean": mean, "squares": squares}

    def value(self) -> list[np.ndarray]:
        if not self._held:
            return [np.zeros(self._shape, self._dtype)] * 2
        variance = self._held["squares"] / np.maximum(self._held["count"], 1)
        return [self._held["mean"].astype(self._dtype), variance.astype(self._dtype)]


class Extremes(_Reduction):
    """The least and the greatest value; NaN where a value is NaN.

    Args:
        dtype: of values and value.
        elementwise: whether each element of the rows has its own.
        shape: of the value where there were no rows.
        sparse: whether rows may lack elements; an element no row has is NaN if it is a float.
    """

    def __init__(
        self, dtype: Any, elementwise: bool = False, shape: tuple[int, ...] = (),
        sparse: bool = False,
    ):  # fmt: skip
        super().__init__()
        self._dtype = np.dtype(dtype)
        self._axis, self._shape, self._sparse = 0 if elementwise else None, shape, sparse
        if self._dtype.kind in "iu":
            self._low, self._high = np.iinfo(self._dtype).min, np.iinfo(self._dtype).max
        else:
            self._low, self._high = -np.inf, np.inf

    def _fill(self, name: str) -> Any:
        return self._high if name == "low" else self._low

    def add(self, values: np.ndarray, present: np.ndarray | None = None) -> None:
        if not values.size:
            return
        low = high = values
        if present is not None:
            low = np.where(present, values, self._high).astype(self._dtype)
            high = np.where(present, values, self._low).astype(self._dtype)
        self._take(
            {"low": np.asarray(low.min(self._axis)), "high": np.asarray(high.max(self._axis))}
        )

    def _combined(
        self, a: dict[str, np.ndarray], b: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        return {
            "low": np.asarray(np.minimum(a["low"], b["low"])),
            "high": np.asarray(np.maximum(a["high"], b["high"])),
        }

    def value(self) -> list[np.ndarray]:
        held = self._held or {
            "low": np.full(self._shape, self._high, self._dtype),
            "high": np.full(self._shape, self._low, self._dtype),
        }
        low, high = held["low"].astype(self._dtype), held["high"].astype(self._dtype)
        if self._sparse and self._dtype.kind == "f":
            nothing = low > high
            low, high = np.where(nothing, np.nan, low), np.where(nothing, np.nan, high)
        return [low.astype(self._dtype), high.astype(self._dtype)]


class Sum(_Reduction):
    """The sum: of integers in 64 bits, of floats in float64.

    Args:
        dtype: of the value.
        elementwise: whether each element of the rows has its own.
        shape: of the value where there were no rows.
    """

    _FILL: ClassVar[dict[str, Any]] = {"sum": 0}

    def __init__(self, dtype: Any, elementwise: bool = False, shape: tuple[int, ...] = ()):
        super().__init__()
        self._dtype = np.dtype(dtype)
        self._axis, self._shape = 0 if elementwise else None, shape
        self._wide = np.float64 if self._dtype.kind == "f" else self._dtype

    def add(self, values: np.ndarray) -> None:
        self._take({"sum": np.asarray(values.sum(self._axis, dtype=self._wide))})

    def _combined(
        self, a: dict[str, np.ndarray], b: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        return {"sum": np.asarray(a["sum"] + b["sum"])}

    def value(self) -> list[np.ndarray]:
        held = self._held.get("sum", np.zeros(self._shape))
        return [held.astype(self._dtype)]


class Covariance:
    """The population covariance of the columns of rows, in float64; with it, principal components.

    Args:
        width: the number of columns.
        dtype: of the value.
        components: how many eigenvectors the value is to have, greatest eigenvalue first; None for
            the covariance itself.
    """

    def __init__(self, width: int, dtype: Any, components: int | None = None):
        self._width, self._dtype, self._components = width, dtype, components
        self._count, self._mean = np.zeros(()), np.zeros(width)
        self._products = np.zeros((width, width))

    def add(self, rows: np.ndarray) -> None:
        if not len(rows):
            return
        rows = rows.astype(np.float64)
        mean = rows.mean(0)
        gaps = rows - mean
        self._take(np.asarray(float(len(rows))), mean, gaps.T @ gaps)

    def _take(self, count: np.ndarray, mean: np.ndarray, products: np.ndarray) -> None:
        total = self._count + count
        if not total:
            return
        gap = mean - self._mean
        self._products = self._products + products
        self._products += np.outer(gap, gap) * (self._count * count / total)
        self._mean = self._mean + gap * (count / total)
        self._count = np.asarray(total)

    def merge(self, other: Covariance) -> None:
        self._take(other._count, other._mean, other._products)

    def value(self) -> list[np.ndarray]:
        covariance = self._products / max(float(self._count), 1.0)
        if self._components is None:
            return [covariance.astype(self._dtype)]
        if not self._count:
            return [np.eye(self._width, self._components, dtype=self._dtype)]
        vectors = np.linalg.eigh(covariance)[1]
        return [vectors[:, ::-1][:, : self._components].astype(self._dtype)]

    def state(self) -> dict[str, np.ndarray]:
        return {"count": self._count, "mean": self._mean, "products": self._products}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        self._count, self._mean, self._products = (
            state["count"], state["mean"], state["products"],
        )  # fmt: skip
