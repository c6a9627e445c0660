"""Ops that the optimizer puts into graphs: fused products and convolutions, barriers.

They run only in optimized copies of graphs. Nobody differentiates those, and no file has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.core.errors import UnimplementedError
from tidefall.core.inference import Inference
from tidefall.core.op import NOT_DIFFERENTIABLE, find_op, op
from tidefall.core.shapes import TensorShape
from tidefall.native import convolution as native
from tidefall.native.activation import activation
from tidefall.native.library import call, takes_products
from tidefall.ops.common import invalid, jnp, lax, shape_text
from tidefall.ops.lowering_cpu import natively
from tidefall.ops.matmul import matmul_op
from tidefall.ops.nn_convolution import Settings, conv2d_op, forward_geometry, settings
from tidefall.ops.nn_windows import channels_first

# ---- what comes after the product ----


_ZERO = np.float32(0)


def _finish(out: np.ndarray, args: Sequence[Any], fused_ops: Sequence[str], how: Any) -> np.ndarray:
    """Add the bias and activate, in the memory of `out`, which nobody else has."""
    axis, alpha = how
    count = len(fused_ops)
    if not 0 < count < 3 or fused_ops[0] != "BiasAdd" or len(args) != 1:
        raise UnimplementedError(None, None, f"fused_ops={list(fused_ops)} is not implemented.")
    bias = args[0]
    if bias.shape != (out.shape[axis],):
        raise invalid(
            f"Must provide as many biases as channels: {shape_text(bias.shape)} vs. "
            f"{shape_text(out.shape)}"
        )
    if axis != out.ndim - 1:
        bias = bias.reshape(-1, *[1] * (out.ndim - 1 - axis))
    np.add(out, bias, out=out)
    return _activate(out, fused_ops[1], alpha) if count == 2 else out


def _activate(out: np.ndarray, kind: str, alpha: float) -> np.ndarray:
    if kind == "Relu":
        return np.maximum(out, _ZERO, out=out)
    if kind == "Tanh":
        return np.tanh(out, out=out)
    kernel = find_op(kind).host
    assert kernel is not None
    return kernel(out, alpha=alpha) if kind == "LeakyRelu" else kernel(out)


def _finish_traced(out: Any, args: Sequence[Any], fused_ops: Sequence[str], how: Any) -> Any:
    axis, alpha = how
    bias = args[0]
    if axis != out.ndim - 1:
        bias = bias.reshape(-1, *[1] * (out.ndim - 1 - axis))
    out = out + bias
    for kind in fused_ops[1:]:
        lowering = find_op(kind).xla
        assert lowering is not None
        out = lowering(out, alpha=alpha) if kind == "LeakyRelu" else lowering(out)
    return out


# ---- _FusedMatMul ----


def _matmul_host(
    a: Any,
    b: Any,
    args: list[Any],
    *,
    transpose_a: bool,
    transpose_b: bool,
    fused_ops: Any,
    leakyrelu_alpha: float,
) -> np.ndarray:
    if transpose_a:
        a = a.T
    if transpose_b:
        b = b.T
    if a.ndim == 2 == b.ndim and a.flags.c_contiguous and b.flags.c_contiguous:
        out = np.matmul(a, b)
    else:
        out = matmul_op.host(a, b, transpose_a=False, transpose_b=False)  # type: ignore[misc]
    return _finish(out, args, fused_ops, (1, leakyrelu_alpha))


def _matmul_xla(
    a: Any,
    b: Any,
    args: list[Any],
    *,
    transpose_a: bool,
    transpose_b: bool,
    fused_ops: Any,
    leakyrelu_alpha: float,
) -> Any:
    out = jnp.matmul(a.T if transpose_a else a, b.T if transpose_b else b)
    return _finish_traced(out, args, fused_ops, (1, leakyrelu_alpha))


def _first_two(c: Inference, inner: Any) -> TensorShape:
    """The shape of the op without what is fused to it."""
    return inner.shape(type(c)(inner, c.inputs[:2], c.attrs))


fused_matmul_op = op(
    "_FusedMatMul",
    shape=lambda c: _first_two(c, matmul_op),
    host=_matmul_host,
    xla=_matmul_xla,
    gradient=NOT_DIFFERENTIABLE,
)


# ---- _FusedConv2D ----


def _conv_attrs(strides: Any, padding: Any, explicit: Any, dilations: Any, layout: Any) -> Any:
    return {
        "strides": strides,
        "padding": padding,
        "explicit_paddings": explicit,
        "dilations": dilations,
        "data_format": layout,
    }


def _fits_kernel(w: Any, args: Sequence[Any], fused_ops: Sequence[str]) -> bool:
    """Whether native kernels have such a form; other sizes of the bias are left to an error."""
    return len(args) == 1 and fused_ops[0] == "BiasAdd" and args[0].shape == w.shape[-1:]


def _natively(
    run: Any, x: Any, w: Any, bias: Any, how: Settings, fused_ops: Sequence[str], alpha: float
) -> Any:
    g, groups = forward_geometry(x.shape, w.shape, how)
    first = channels_first(how[4])
    then = activation("".join(fused_ops[1:]), alpha)
    return native.convolve(run, x, w, g, groups, first, bias, then)


def _conv_host(
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
    if _fits_kernel(filter, args, fused_ops) and takes_products(input, filter, *args):
        how = settings(strides, padding, dilations, data_format, explicit_paddings)
        return _natively(call, input, filter, args[0], how, fused_ops, leakyrelu_alpha)
    how = _conv_attrs(strides, padding, explicit_paddings, dilations, data_format)
    out = conv2d_op.host(input, filter, **how)  # type: ignore[misc]
    if not out.flags.writeable:
        out = out.copy()
    return _finish(out, args, fused_ops, (1 if data_format == "NCHW" else 3, leakyrelu_alpha))


def _conv_xla(
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
    def in_steps(input: Any, filter: Any, *args: Any) -> Any:
        how = _conv_attrs(strides, padding, explicit_paddings, dilations, data_format)
        out = conv2d_op.xla(input, filter, **how)  # type: ignore[misc]
        axis = 1 if data_format == "NCHW" else 3
        return _finish_traced(out, args, fused_ops, (axis, leakyrelu_alpha))

    if not _fits_kernel(filter, args, fused_ops):
        return in_steps(input, filter, *args)
    how = settings(strides, padding, dilations, data_format, explicit_paddings)
    return natively(
        lambda run, x, w, b: _natively(run, x, w, b, how, fused_ops, leakyrelu_alpha),
        in_steps,
        input,
        filter,
        args[0],
        takes=takes_products,
    )


fused_conv2d_op = op(
    "_FusedConv2D",
    shape=lambda c: _first_two(c, conv2d_op),
    host=_conv_host,
    xla=_conv_xla,
    gradient=NOT_DIFFERENTIABLE,
)


# ---- barriers ----


barrier_op = op(
    "XlaOptimizationBarrier",
    shape=lambda c: c.shapes(),
    host=lambda input: list(input),
    xla=lambda input: list(lax.optimization_barrier(tuple(input))),
    gradient=NOT_DIFFERENTIABLE,
)
