"""Transposed convolutions, of two and three dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.lite.interpreter.kernels.common import activate, positive, window_padding
from tidefall.lite.interpreter.kernels.convolution.shared import largest_product
from tidefall.lite.interpreter.kernels.hybrid import quantize_rows
from tidefall.lite.interpreter.registry import Kernel, Node, kernel, namespace
from tidefall.lite.interpreter.requantize import Requantize
from tidefall.lite.interpreter.shapes import checked_shape
from tidefall.lite.interpreter.windows import exact_matmul
from tidefall.lite.schema import Conv3DOptions, TransposeConvOptions


def _before(
    out: Sequence[int], window: Sequence[int], strides: Sequence[int], padding: Any
) -> list[int]:
    """How much is cut off before each axis of the output."""
    return [
        window_padding(size, window[axis], strides[axis], 1, padding)[1]
        for axis, size in enumerate(out)
    ]


def _scatter(
    products: Any, out: Sequence[int], strides: Sequence[int], before: Sequence[int]
) -> Any:
    """Add each input's products where its window lies.

    Args:
        products: `[batch, *spatial, *window, filters]`.
        out: the spatial shape of the output.
        strides: along each spatial axis.
        before: how much is cut off before each.
    """
    count = len(out)
    spatial = products.shape[1 : count + 1]
    window = products.shape[count + 1 : -1]
    whole = [
        max((spatial[axis] - 1) * strides[axis] + window[axis], before[axis] + out[axis])
        for axis in range(count)
    ]
    total = np.zeros((products.shape[0], *whole, products.shape[-1]), products.dtype)
    for place in np.ndindex(*window):
        target = tuple(
            slice(first, first + (spatial[axis] - 1) * strides[axis] + 1, strides[axis])
            for axis, first in enumerate(place)
        )
        total[(slice(None), *target)] += products[(..., *place, slice(None))]
    cut = tuple(slice(before[axis], before[axis] + out[axis]) for axis in range(count))
    return total[(slice(None), *cut)]


def _products(x: Any, w: Any, multiply: Any) -> Any:
    """Each input times each weight: `w` is `[*window, filters, depth]`."""
    if x.shape[-1] != w.shape[-1]:
        raise ValueError(f"an input of {x.shape[-1]} channels does not go with {w.shape}")
    flat = multiply(x.reshape(-1, x.shape[-1]), w.reshape(-1, w.shape[-1]).T)
    return flat.reshape(*x.shape[:-1], *w.shape[:-1])


def _xla(
    x: Any, w: Any, out: Sequence[int], strides: Any, before: Any, numbers: tuple[str, str, str]
) -> Any:
    """The same as a convolution of the input spread out, with the window turned around."""
    import jax
    import jax.numpy as jnp

    count = len(out)
    window = w.shape[:count]
    pads = []
    for axis in range(count):
        spread = (x.shape[axis + 1] - 1) * strides[axis] + 1
        low = window[axis] - 1 - before[axis]
        pads.append((low, out[axis] + window[axis] - 1 - spread - low))
    return jax.lax.conv_general_dilated(
        x, jnp.flip(w, tuple(range(count))), (1,) * count, pads, lhs_dilation=strides,
        dimension_numbers=numbers,
    )  # fmt: skip


@kernel("TRANSPOSE_CONV", traceable=True)
def transpose_conv(node: Node) -> Kernel:
    options = node.option(TransposeConvOptions)
    weights, source = node.input(1), node.input(2)
    strides = (options.stride_h, options.stride_w)
    positive("TRANSPOSE_CONV", stride_h=strides[0], stride_w=strides[1])
    activation = options.fused_activation_function
    if source.dtype.kind != "f":
        requantize = Requantize(_reordered(node), weights, weights.shape[0], activation)
        largest = largest_product(source)

        def finish(x: Any, w: Any, out: Any, before: Any, bias: Any) -> Any:
            values = x.astype(np.float32) - np.float32(source.zero_point)
            factors = w.astype(np.float32) - np.float32(weights.zero_point)
            found = _products(values, factors, lambda a, b: exact_matmul(a, b, largest))
            return requantize(_scatter(found, out, strides, before), bias)

    elif weights.dtype.kind != "f":

        def finish(x: Any, w: Any, out: Any, before: Any, bias: Any) -> Any:
            values, scales, zeros = quantize_rows(x.reshape(x.shape[0], -1), True)
            values = (values - zeros[:, None]).reshape(x.shape)
            found = _products(values, w, lambda a, b: exact_matmul(a, b, 255 * 127))
            total = _scatter(found, out, strides, before).astype(np.float32)
            total = total * (scales.reshape(-1, 1, 1, 1) * weights.scales)
            return activate(total if bias is None else total + bias, activation, node.operator)

    else:

        def finish(x: Any, w: Any, out: Any, before: Any, bias: Any) -> Any:
            if namespace(x, w) is np:
                found = _scatter(_products(x, w, np.matmul), out, strides, before)
            else:
                found = _xla(x, w, out, strides, before, ("NHWC", "HWOI", "NHWC"))
            return activate(found if bias is None else found + bias, activation, node.operator)

    def run(shape: Any, w: Any, x: Any, bias: Any = None) -> Any:
        wanted = checked_shape(shape, "TRANSPOSE_CONV")
        if len(wanted) != 4:
            raise ValueError(f"an output of {list(wanted)} has not 4 dimensions")
        out = wanted[1:3]
        moved = namespace(w).transpose(w, (1, 2, 0, 3))
        before = _before(out, moved.shape[:2], strides, options.padding)
        return finish(x, moved, out, before, bias)

    return run


def _reordered(node: Node) -> Node:
    """The node with its inputs in the order of other convolutions."""
    return Node(
        node.program, node.operator, node.version, node.options, node.custom_options,
        (node.inputs[2], node.inputs[1], node.optional(3)), node.outputs,
    )  # fmt: skip


@kernel("CONV_3D_TRANSPOSE", traceable=True)
def conv_3d_transpose(node: Node) -> Kernel:
    options = node.option(Conv3DOptions)
    strides = (options.stride_d, options.stride_h, options.stride_w)
    positive("CONV_3D_TRANSPOSE", **dict(zip(("d", "h", "w"), strides, strict=True)))
    if node.input(2).dtype.kind != "f":
        raise node.unsupported()
    activation = options.fused_activation_function

    def run(shape: Any, w: Any, x: Any, bias: Any = None) -> Any:
        wanted = checked_shape(shape, "CONV_3D_TRANSPOSE")
        out = wanted[1:4]
        before = _before(out, w.shape[:3], strides, options.padding)
        if namespace(x, w) is np:
            found = _scatter(_products(x, w, np.matmul), out, strides, before)
        else:
            found = _xla(x, w, out, strides, before, ("NDHWC", "DHWOI", "NDHWC"))
        return activate(found if bias is None else found + bias, activation, node.operator)

    return run
