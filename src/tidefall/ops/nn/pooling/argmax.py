"""Max pooling that also says where each maximum stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.ops.common import invalid, same_as
from tidefall.ops.nn.pooling import kernels, lowerings
from tidefall.ops.nn.pooling.ops import (
    pool_geometry,
    pooled_shape,
    same_attrs,
    window,
    window_attrs,
)
from tidefall.ops.nn.windows import Ints


def _argmax_shape(c: Inference) -> list[TensorShape]:
    shape = pooled_shape(c, window_attrs(c))
    return [shape, shape]


def _argmax(of: Any) -> Callable[..., Any]:
    def max_pool_with_argmax(
        x: Any,
        *,
        ksize: Any,
        strides: Any,
        padding: Any,
        include_batch_in_index: Any,
        Targmax: Any,
    ) -> Any:
        g = pool_geometry(x.shape, window(ksize, strides, padding, "NHWC"))
        y, index = of.max_pool_argmax(x, g, include_batch_in_index)
        return y, index.astype(Targmax.as_numpy_dtype)

    return max_pool_with_argmax


def _argmax_grad(op: Any, dy: Any, _: Any) -> Any:
    how = same_attrs(op, "ksize", "strides", "padding", "include_batch_in_index")
    return raw.MaxPoolGradWithArgmax(op.inputs[0], dy, op.outputs[1], **how)


max_pool_with_argmax_op = op(
    "MaxPoolWithArgmax",
    shape=_argmax_shape,
    host=_argmax(kernels),
    xla=_argmax(lowerings),
    effects=PURE,
    gradient=_argmax_grad,
)


def _argmax_indices(argmax: Any, shape: Ints, with_batch: bool) -> Any:
    """Flat indices into the whole batch."""
    if with_batch:
        return argmax
    image = int(np.prod(shape[1:]))
    start = (np.arange(shape[0]) * image).astype(argmax.dtype)
    return argmax + start.reshape(-1, 1, 1, 1)


def _with_argmax_host(
    x: Any,
    dy: Any,
    argmax: Any,
    *,
    ksize: Any,
    strides: Any,
    padding: Any,
    include_batch_in_index: Any,
) -> np.ndarray:
    index = _argmax_indices(argmax, x.shape, include_batch_in_index).reshape(-1)
    if index.size and (index.min() < 0 or index.max() >= x.size):
        raise invalid(f"Invalid argmax index: the input has {x.size} elements")
    dx = np.zeros(x.size, dy.dtype)
    np.add.at(dx, index, dy.reshape(-1))
    return dx.reshape(x.shape)


def _with_argmax_xla(
    x: Any,
    dy: Any,
    argmax: Any,
    *,
    ksize: Any,
    strides: Any,
    padding: Any,
    include_batch_in_index: Any,
) -> Any:
    # The windows are known, so that no scatter is needed: compare each position with its index.
    g = pool_geometry(x.shape, window(ksize, strides, padding, "NHWC"))
    return lowerings.argmax_gradient(dy, argmax, g, include_batch_in_index)


def _with_argmax_grad(op: Any, ddx: Any) -> list[Any]:
    how = same_attrs(op, "ksize", "strides", "padding", "include_batch_in_index")
    x, _, argmax = op.inputs
    zeros = raw.ZerosLike(x)
    return [zeros, raw.MaxPoolGradGradWithArgmax(x, ddx, argmax, **how), None]


def _pick_host(
    x: Any,
    ddx: Any,
    argmax: Any,
    *,
    ksize: Any,
    strides: Any,
    padding: Any,
    include_batch_in_index: Any,
) -> np.ndarray:
    return ddx.reshape(-1)[_argmax_indices(argmax, x.shape, include_batch_in_index)]


def _pick_grad(op: Any, dy: Any) -> list[Any]:
    how = same_attrs(op, "ksize", "strides", "padding", "include_batch_in_index")
    x, _, argmax = op.inputs
    zeros = raw.ZerosLike(x)
    return [zeros, raw.MaxPoolGradWithArgmax(x, dy, argmax, **how), None]


op(
    "MaxPoolGradWithArgmax",
    shape=same_as(0),
    host=_with_argmax_host,
    xla=_with_argmax_xla,
    effects=PURE,
    gradient=_with_argmax_grad,
)
op(
    "MaxPoolGradGradWithArgmax",
    shape=same_as(2),
    host=_pick_host,
    xla=_pick_host,
    effects=PURE,
    gradient=_pick_grad,
)
