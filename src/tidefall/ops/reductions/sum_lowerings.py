"""Sums for XLA. On a CPU native kernels add up the rows of large arrays, which XLA is slow at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from tidefall.native import sums as native
from tidefall.native.library import Ints
from tidefall.ops.common import jnp
from tidefall.ops.lowering_cpu import natively

LEAST = 1 << 16
"""Elements from which a native kernel is worth what it keeps XLA from fusing."""


def total(x: Any, axes: Ints | None, keepdims: bool = False) -> Any:
    """The sum of `x` over axes."""
    return _total(
        native.middle_sums, lambda x: jnp.sum(x, axes, keepdims=keepdims), axes, keepdims, x
    )


def total_product(x: Any, y: Any, axes: Ints | None, keepdims: bool = False) -> Any:
    """The sum of `x * y` over axes."""

    def elsewhere(x: Any, y: Any) -> Any:
        return jnp.sum(x * y, axes, keepdims=keepdims)

    if x.shape != y.shape:
        return elsewhere(x, y)
    return _total(native.middle_products, elsewhere, axes, keepdims, x, y)


def total_square(x: Any, centre: Any, axes: Ints | None, keepdims: bool = False) -> Any:
    """The sum of `(x - centre) ** 2` over axes."""

    def elsewhere(x: Any, centre: Any) -> Any:
        return jnp.sum(jnp.square(x - centre), axes, keepdims=keepdims)

    missing = x.ndim - centre.ndim
    if missing < 0:
        return elsewhere(x, centre)
    places = _places(axes, x)
    sizes = [1 if i in places else n for i, n in enumerate(x.shape)]
    if sizes != [1] * missing + list(centre.shape):
        return elsewhere(x, centre)
    return _total(native.middle_squares, elsewhere, axes, keepdims, x, centre)


def _places(axes: Ints | None, x: Any) -> Ints:
    return tuple(range(x.ndim)) if axes is None else normalize_axis_tuple(axes, x.ndim)


def _total(
    kernel: Callable[..., Any],
    elsewhere: Callable[..., Any],
    axes: Ints | None,
    keepdims: bool,
    x: Any,
    *others: Any,
) -> Any:
    if x.size < LEAST or any(a.dtype != np.float32 for a in (x, *others)):
        return elsewhere(x, *others)
    places = _places(axes, x)
    by = native.middle(x.shape, places)
    if by is None:
        return elsewhere(x, *others)
    kept = [1 if i in places else n for i, n in enumerate(x.shape) if keepdims or i not in places]
    return natively(lambda run, *a: kernel(run, *a, by, tuple(kept)), elsewhere, x, *others)
