"""Sums for XLA. On a CPU native kernels add up the rows of large arrays, which XLA is slow at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from tidefall.native import sums as native
from tidefall.native.library import Ints
from tidefall.ops.common import jnp
from tidefall.ops.lowering_cpu import native_or_xla

LEAST = 1 << 16
"""Elements from which a native kernel is worth what it keeps XLA from fusing."""


def total(x: Any, axes: Ints | None, keepdims: bool = False) -> Any:
    """The sum of `x` over axes."""
    return _total(
        native.middle_sums, lambda x: jnp.sum(x, axes, keepdims=keepdims), axes, keepdims, x
    )


def total_product(x: Any, y: Any, axes: Ints | None, keepdims: bool = False) -> Any:
    """The sum of `x * y` over axes."""

    def default(x: Any, y: Any) -> Any:
        return jnp.sum(x * y, axes, keepdims=keepdims)

    if x.shape != y.shape:
        return default(x, y)
    return _total(native.middle_products, default, axes, keepdims, x, y)


def total_square(x: Any, centre: Any, axes: Ints | None, keepdims: bool = False) -> Any:
    """The sum of `(x - centre) ** 2` over axes."""

    def default(x: Any, centre: Any) -> Any:
        return jnp.sum(jnp.square(x - centre), axes, keepdims=keepdims)

    missing = x.ndim - centre.ndim
    if missing < 0:
        return default(x, centre)
    places = _places(axes, x)
    sizes = [1 if i in places else n for i, n in enumerate(x.shape)]
    if sizes != [1] * missing + list(centre.shape):
        return default(x, centre)
    return _total(native.middle_squares, default, axes, keepdims, x, centre)


def _places(axes: Ints | None, x: Any) -> Ints:
    return tuple(range(x.ndim)) if axes is None else normalize_axis_tuple(axes, x.ndim)


def _total(
    kernel: Callable[..., Any],
    default: Callable[..., Any],
    axes: Ints | None,
    keepdims: bool,
    x: Any,
    *others: Any,
) -> Any:
    # A size may be free in a program that is exported.
    if (
        not isinstance(x.size, int)
        or x.size < LEAST
        or any(a.dtype != np.float32 for a in (x, *others))
    ):
        return default(x, *others)
    places = _places(axes, x)
    by = native.middle(x.shape, places)
    if by is None:
        return default(x, *others)
    kept = [1 if i in places else n for i, n in enumerate(x.shape) if keepdims or i not in places]
    return native_or_xla(lambda run, *a: kernel(run, *a, by, tuple(kept)), default, x, *others)
