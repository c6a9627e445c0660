"""The op for a convolution and what follows it, which the optimizer puts into graphs.

It runs only in optimized copies of graphs. Nobody differentiates those, and no file has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.native import convolution as native
from tidefall.native.library import Run, call, takes_products
from tidefall.native.post_ops import post_ops
from tidefall.op.effects import PURE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import jnp
from tidefall.ops.lowering_cpu import native_or_xla
from tidefall.ops.nn.convolution.depthwise import depthwise_op
from tidefall.ops.nn.convolution.ops import (
    Settings,
    conv2d_op,
    forward_geometry,
    out_shape,
    settings,
)
from tidefall.ops.nn.fused import (
    POST_OPS,
    TAKES_ARRAY,
    TAKES_VECTOR,
    finish,
    finish_traced,
    shape_of_first_two,
)
from tidefall.ops.nn.windows import channels_first


def _axis(how: Settings) -> int:
    return 1 if channels_first(how[4]) else 3


def _fits_kernel(
    x: Any, w: Any, args: Sequence[Any], fused_ops: Sequence[str], how: Settings
) -> bool:
    """Whether the native kernel has such a form; arguments of other sizes are left to an error."""
    if len(x.shape) != 4 or len(w.shape) != 4:
        return False
    kinds = [kind for kind in fused_ops if kind in TAKES_VECTOR | TAKES_ARRAY]
    if len(kinds) != len(args) or not takes_products(x, w, *args):
        return False
    g, _ = forward_geometry(x.shape, w.shape, how)
    shape = out_shape(g, x.shape[0], w.shape[-1], how[4])
    return all(
        np.prod(arg.shape) == shape[_axis(how)]
        if kind in TAKES_VECTOR
        else arg.shape == shape and not channels_first(how[4])
        for kind, arg in zip(kinds, args, strict=True)
    )


def _native(
    run: Run, arrays: Sequence[Any], fused_ops: Sequence[str], alpha: float, how: Settings
) -> Any:
    x, w, *args = arrays
    g, groups = forward_geometry(x.shape, w.shape, how)
    kinds = [kind for kind in fused_ops if kind in TAKES_VECTOR | TAKES_ARRAY]
    others = [
        arg.reshape(-1) if kind in TAKES_VECTOR else arg
        for kind, arg in zip(kinds, args, strict=True)
    ]
    first = channels_first(how[4])
    steps = post_ops([POST_OPS[kind] for kind in fused_ops], alpha)
    return native.convolve(run, x, w, g, groups, first, others, steps)


def _plain(x: Any, w: Any, how: Settings) -> tuple[Any, list[Any], dict[str, Any]]:
    """The convolution as an op of its own: the op, its inputs and its attributes."""
    strides, padding, explicit, dilations, data_format = how
    attrs = {
        "strides": strides,
        "padding": padding,
        "explicit_paddings": explicit,
        "dilations": dilations,
        "data_format": data_format,
    }
    channels = x.shape[_axis(how)]
    if len(w.shape) == 4 and w.shape[2] == 1 < channels and w.shape[3] % channels == 0:
        # A filter for each channel, for which XLA's and NumPy's grouped convolutions are slow.
        return depthwise_op, [x, w.reshape(*w.shape[:2], channels, -1)], attrs
    return conv2d_op, [x, w], attrs


def _host(
    input: Any,
    filter: Any,
    args: list[Any],
    host_args: list[Any],
    *,
    strides: Any,
    padding: Any,
    explicit_paddings: Any,
    dilations: Any,
    data_format: str,
    fused_ops: Any,
    leakyrelu_alpha: float,
) -> np.ndarray:
    how = settings(strides, padding, dilations, data_format, explicit_paddings)
    if _fits_kernel(input, filter, args, fused_ops, how):
        return _native(call, [input, filter, *args], fused_ops, leakyrelu_alpha, how)
    convolution, inputs, attrs = _plain(input, filter, how)
    out = convolution.host(*inputs, **attrs)
    if not out.flags.writeable:
        out = out.copy()
    return finish(out, _axis(how), args, fused_ops, leakyrelu_alpha)


def _xla(
    input: Any,
    filter: Any,
    args: list[Any],
    host_args: list[Any],
    *,
    strides: Any,
    padding: Any,
    explicit_paddings: Any,
    dilations: Any,
    data_format: str,
    fused_ops: Any,
    leakyrelu_alpha: float,
) -> Any:
    how = settings(strides, padding, dilations, data_format, explicit_paddings)

    def in_steps(input: Any, filter: Any, *args: Any) -> Any:
        convolution, inputs, attrs = _plain(jnp.asarray(input), jnp.asarray(filter), how)
        out = convolution.xla(*inputs, **attrs)
        return finish_traced(out, _axis(how), args, fused_ops, leakyrelu_alpha)

    if not _fits_kernel(input, filter, args, fused_ops, how):
        return in_steps(input, filter, *args)
    return native_or_xla(
        lambda run, *arrays: _native(run, arrays, fused_ops, leakyrelu_alpha, how),
        in_steps,
        input,
        filter,
        *args,
        takes=takes_products,
    )


fused_conv2d_op = op(
    "_FusedConv2D",
    shape=lambda c: shape_of_first_two(c, conv2d_op),
    host=_host,
    xla=_xla,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
