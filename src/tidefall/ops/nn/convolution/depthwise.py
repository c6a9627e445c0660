"""Depthwise convolution: every channel has filters of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.native import convolution as native
from tidefall.native.depthwise import depthwise_filter_gradient
from tidefall.native.library import call, takes_products
from tidefall.op.effects import PURE
from tidefall.op.registry import op
from tidefall.op.traits import GAINS_BY_HALF, MULTILINEAR
from tidefall.ops.batching import batch_of_shape, one_batch
from tidefall.ops.common import invalid, jnp
from tidefall.ops.eager_tiers import prefer_compiled
from tidefall.ops.nn.convolution import depthwise_lowerings as lowerings
from tidefall.ops.nn.convolution import kernels
from tidefall.ops.nn.convolution.ops import (
    Dims,
    Settings,
    check_backprop,
    conv_geometry,
    filter_gradient_shape,
    forward_shape,
    gradients,
    input_gradient_shape,
    out_shape,
    with_2d_attrs,
)
from tidefall.ops.nn.windows import Geometry, Ints, channels_first, from_last, to_last


def _filters(w: Dims, depth: int | None) -> int | None:
    channels, multiplier = w[-2:]
    if depth is not None and channels is not None and depth != channels:
        raise invalid(f"input and filter must have the same depth: {depth} vs {channels}")
    channels = depth if channels is None else channels
    return None if channels is None or multiplier is None else channels * multiplier


def _geometry(x: Ints, w: Ints, how: Settings) -> Geometry:
    if len(x) != 4 or len(w) != 4:
        raise ValueError("input and filter must be 4-dimensional")
    _filters(w, x[1] if channels_first(how[4]) else x[-1])
    return conv_geometry(x, w[:-2], how)


def _forward(x: Any, w: Any, how: Settings) -> np.ndarray:
    g = _geometry(x.shape, w.shape, how)
    first = channels_first(how[4])
    if takes_products(x, w):
        return native.convolve(call, x, lowerings.depthwise_filter(w), g, w.shape[-2], first)
    return from_last(kernels.depthwise(to_last(x, how[4]), w, g), how[4])


def _forward_xla(x: Any, w: Any, how: Settings) -> Any:
    return lowerings.depthwise(x, w, _geometry(x.shape, w.shape, how), how[4])


def _sizes(sizes: Any) -> Ints:
    return tuple(int(n) for n in np.asarray(sizes).reshape(-1))


def _checked(x: Ints, w: Ints, dy: Ints, how: Settings) -> Geometry:
    g = _geometry(x, w, how)
    check_backprop(dy, out_shape(g, x[0], w[-2] * w[-1], how[4]), g)
    return g


def _input_gradient(sizes: Any, w: Any, dy: Any, how: Settings) -> np.ndarray:
    shape = _sizes(sizes)
    g = _checked(shape, w.shape, dy.shape, how)
    first = channels_first(how[4])
    if takes_products(dy, w):
        grouped = lowerings.depthwise_filter(w)
        return native.convolve_input_gradient(call, dy, grouped, g, w.shape[-2], first)
    if first:
        shape = (shape[0], *shape[2:], shape[1])
    return from_last(kernels.depthwise_input_gradient(to_last(dy, how[4]), w, shape, g), how[4])


def _input_gradient_xla(sizes: Any, w: Any, dy: Any, how: Settings) -> Any:
    shape = _sizes(sizes)
    g = _checked(shape, w.shape, dy.shape, how)
    if 0 in dy.shape:
        return jnp.zeros(shape, dy.dtype)
    return lowerings.depthwise_input_gradient(dy, w, g, how[4])


def _filter_gradient(x: Any, sizes: Any, dy: Any, how: Settings) -> np.ndarray:
    shape = _sizes(sizes)
    g = _checked(x.shape, shape, dy.shape, how)
    if takes_products(x, dy):
        return depthwise_filter_gradient(call, x, dy, shape, g, channels_first(how[4]))
    return kernels.depthwise_filter_gradient(to_last(x, how[4]), to_last(dy, how[4]), shape, g)


def _filter_gradient_xla(x: Any, sizes: Any, dy: Any, how: Settings) -> Any:
    shape = _sizes(sizes)
    g = _checked(x.shape, shape, dy.shape, how)
    if 0 in dy.shape:
        return jnp.zeros(shape, dy.dtype)
    return lowerings.depthwise_filter_gradient(x, dy, shape, g, how[4])


_grads = gradients(lambda: depthwise_op, lambda: depthwise_input_op, lambda: depthwise_filter_op)

depthwise_op = op(
    "DepthwiseConv2dNative",
    shape=forward_shape(4, _filters),
    host=with_2d_attrs(_forward, 2),
    xla=with_2d_attrs(_forward_xla, 2),
    effects=PURE,
    traits=(MULTILINEAR, GAINS_BY_HALF),
    batching=one_batch,
    gradient=_grads[0],
)
depthwise_input_op = op(
    "DepthwiseConv2dNativeBackpropInput",
    shape=input_gradient_shape(4),
    host=with_2d_attrs(_input_gradient, 3),
    xla=with_2d_attrs(_input_gradient_xla, 3),
    effects=PURE,
    traits=(GAINS_BY_HALF,),
    batching=batch_of_shape,
    gradient=_grads[1],
    static=("input_sizes",),
)
depthwise_filter_op = op(
    "DepthwiseConv2dNativeBackpropFilter",
    shape=filter_gradient_shape(4),
    host=with_2d_attrs(_filter_gradient, 3),
    xla=with_2d_attrs(_filter_gradient_xla, 3),
    effects=PURE,
    traits=(GAINS_BY_HALF,),
    gradient=_grads[2],
    static=("filter_sizes",),
)

prefer_compiled(depthwise_op, depthwise_input_op, depthwise_filter_op)
