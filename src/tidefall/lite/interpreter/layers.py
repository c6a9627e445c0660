"""Native layers of operators without weights, for arrays like those of a run (native/*_layers.cc)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.lite.interpreter import native
from tidefall.lite.interpreter.registry import Layer
from tidefall.lite.schema import ActivationFunctionType

ACTIVATIONS = {
    ActivationFunctionType.NONE: 0, ActivationFunctionType.RELU: 1, ActivationFunctionType.RELU6: 2
}  # fmt: skip
"""Fused activations of floats, as native layers number them."""

Maker = Callable[[Sequence[Any], Any], Layer | None]
"""Arrays of an operator's inputs and of its output to the layer."""


def _layer(
    name: str,
    given: Sequence[Any],
    found: Any,
    settings: Sequence[int],
    kept: Sequence[Any] = (),
) -> Layer | None:
    from tidefall.native.prepared import PreparedLayer

    dtypes = {each.dtype for each in (*given, found)}
    if not native.available() or len(dtypes) != 1 or dtypes.pop() not in (np.int8, np.float32):
        return None
    if any(0 in each.shape for each in given):
        return None
    prepared = PreparedLayer(name, [*given, *kept], found.shape, settings, len(given))
    return Layer(prepared, tuple(range(len(given))))


def same_data(given: Sequence[Any], found: Any) -> Layer | None:
    """Of an operator whose output has its first input's data."""
    return Layer(None) if found.dtype == given[0].dtype and found.size else None


def float_sum(activation: ActivationFunctionType) -> Maker:
    """Of two float arrays of one shape."""

    def make(given: Sequence[Any], found: Any) -> Layer | None:
        if activation not in ACTIVATIONS or found.dtype != np.float32 or not _alike(given, found):
            return None
        return _layer("float_sum", given, found, [ACTIVATIONS[activation]])

    return make


def integer_sum(settings: Sequence[int], factors: Sequence[tuple[int, int]]) -> Maker:
    """Of two int8 arrays of one shape.

    Args:
        settings: as native/integer_layers.cc lists them.
        factors: multipliers and shifts among them.
    """

    def make(given: Sequence[Any], found: Any) -> Layer | None:
        plain = all(-30 <= shift <= 0 for _, shift in factors)
        if not plain or found.dtype != np.int8 or not _alike(given, found):
            return None
        return _layer("integer_sum", given, found, settings)

    return make


def _alike(given: Sequence[Any], found: Any) -> bool:
    return len(given) == 2 and all(each.shape == found.shape for each in given)


def pool(greatest: bool, geometry: Callable[[Any], Sequence[int]], limits: Sequence[Any]) -> Maker:
    """Of a pool.

    Args:
        greatest: whether it takes the greatest of each window, else the mean.
        geometry: gives windows, strides and padding before, for an input.
        limits: the least and the greatest output; None for none.
    """

    def make(given: Sequence[Any], found: Any) -> Layer | None:
        if found.dtype == np.float32:
            ends = [-np.inf if limits[0] is None else limits[0]]
            ends.append(np.inf if limits[1] is None else limits[1])
            bits = np.array(ends, np.float32).view(np.int32)
        else:
            bits = limits
        return _layer("pool", given, found, [int(greatest), *geometry(given[0]), *bits])

    return make


def mean(settings: Callable[[int], Sequence[int]]) -> Maker:
    """Of a mean of int8 over the axes between the first and the last.

    Args:
        settings: as native/integer_layers.cc lists them, for means of so many.
    """

    def make(given: Sequence[Any], found: Any) -> Layer | None:
        x, axes = given[0], sorted(int(each) % given[0].ndim for each in np.ravel(given[1]))
        if x.ndim < 3 or axes != list(range(1, x.ndim - 1)) or found.dtype != np.int8:
            return None
        return _layer("integer_mean", [x], found, settings(x[0, ..., 0].size))

    return make


def softmax(beta: float, kept: Sequence[Any] = ()) -> Maker:
    """Of a softmax.

    Args:
        beta: what floats are multiplied by; layers know 1.
        kept: for int8, exponentials as native/integer_layers.cc wants them.
    """

    def make(given: Sequence[Any], found: Any) -> Layer | None:
        if given[0].dtype == np.float32:
            return _layer("float_softmax", given, found, []) if beta == 1 else None
        return _layer("integer_softmax", given, found, [], kept)

    return make


def lookup(table: Any) -> Maker:
    """Of an int8 operator that looks up 256 results, in order of the unsigned byte."""
    return lambda given, found: _layer("integer_lookup", given, found, [], [table])
