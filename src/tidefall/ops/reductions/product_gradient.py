"""The gradient of a product over axes: the product of all the other factors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.op import raw
from tidefall.ops.math.elementwise import conjugate, multiply
from tidefall.ops.reductions.axes import checked_axes, known_axes, spread


def product_gradient(op: Any, dy: Any) -> Any:
    """Gradient of `Prod` by its input.

    Dividing the product by each factor would fail at zeros, so the factors before and after each
    one are multiplied instead.
    """
    x, axes = op.inputs
    dy = spread(dy, x, axes, op.attrs["keep_dims"])
    known = known_axes(axes)
    if known is not None and x.shape.is_fully_defined():
        order, matrix, permuted = _static_layout(x.shape.as_list(), known)
    else:
        order, matrix, permuted = _dynamic_layout(x, axes)
    transpose, reshape, cumprod = raw.Transpose, raw.Reshape, raw.Cumprod
    rows = reshape(transpose(x, order), matrix)
    zero = np.int32(0)
    before = cumprod(rows, zero, exclusive=True)
    after = cumprod(rows, zero, exclusive=True, reverse=True)
    others = reshape(multiply(conjugate(before), conjugate(after)), permuted)
    return multiply(dy, transpose(others, raw.InvertPermutation(order)))


def _static_layout(shape: list[int], axes: Any) -> tuple[Any, Any, Any]:
    """Order that brings the reduced axes first, shape as a matrix, permuted shape."""
    reduced = checked_axes(axes, len(shape))
    order = reduced + [i for i in range(len(shape)) if i not in reduced]
    factors = int(np.prod([shape[i] for i in reduced], dtype=np.int64))
    others = int(np.prod([d for i, d in enumerate(shape) if i not in reduced], dtype=np.int64))
    permuted = [shape[i] for i in order]
    return tuple(np.array(v, np.int32) for v in (order, [factors, others], permuted))  # type: ignore[return-value]


def _dynamic_layout(x: Any, axes: Any) -> tuple[Any, Any, Any]:
    shape = raw.Shape(x)
    rank = raw.Size(shape)
    axes = raw.Reshape(raw.Cast(axes, DstT=dtypes.int32), np.array([-1], np.int32))
    axes = raw.FloorMod(raw.AddV2(axes, rank), rank)
    everywhere = raw.Range(np.int32(0), rank, np.int32(1))
    rest, _ = raw.ListDiff(everywhere, axes)
    order = raw.ConcatV2([axes, rest], np.int32(0))
    gather, prod, zero = raw.GatherV2, raw.Prod, np.int32(0)
    factors, others = (prod(gather(shape, part, zero), zero) for part in (axes, rest))
    return order, raw.Pack([factors, others]), gather(shape, order, zero)
