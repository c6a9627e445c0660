"""Convolutions of two and three dimensions, in groups or not."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.interpreter.kernels.common import activate, positive
from tidefall.lite.interpreter.kernels.convolution.images import Form, image_convolution
from tidefall.lite.interpreter.kernels.convolution.shared import (
    group_count,
    matrix_conv,
    xla_conv,
)
from tidefall.lite.interpreter.registry import Kernel, Node, kernel, namespace
from tidefall.lite.interpreter.windows import exact_matmul
from tidefall.lite.schema import Conv2DOptions, Conv3DOptions


def _sums(
    x: Any, w: Any, strides: Any, dilations: Any, padding: Any, largest: int | None = None
) -> Any:
    def multiply(a: Any, b: Any) -> Any:
        return a @ b if largest is None else exact_matmul(a, b, largest)

    return matrix_conv(x, w, strides, dilations, padding, 0, multiply)


def _xla(x: Any, w: Any, strides: Any, dilations: Any, padding: Any) -> Any:
    layout = ((1, 2), ("NHWC", "OHWI", "NHWC"))
    return xla_conv(x, w, strides, dilations, padding, group_count(x, w), layout)


_FORM = Form((1, 2, 3, 0), 0, group_count, _sums, _xla)


@kernel("CONV_2D", traceable=True)
def conv_2d(node: Node) -> Kernel:
    return image_convolution(node, node.option(Conv2DOptions), _FORM)


@kernel("CONV_3D", traceable=True)
def conv_3d(node: Node) -> Kernel:
    options = node.option(Conv3DOptions)
    strides = (options.stride_d, options.stride_h, options.stride_w)
    dilations = (
        options.dilation_d_factor, options.dilation_h_factor, options.dilation_w_factor
    )  # fmt: skip
    for name, values in (("stride", strides), ("dilation", dilations)):
        positive("CONV_3D", **{f"{name}_{axis}": v for axis, v in zip("dhw", values, strict=True)})
    if node.input(0).dtype.kind != "f":
        raise node.unsupported()
    activation = options.fused_activation_function

    def run(x: Any, w: Any, bias: Any = None) -> Any:
        if namespace(x, w) is np:
            moved = np.ascontiguousarray(np.transpose(w, (4, 0, 1, 2, 3)))
            found = matrix_conv(x, moved, strides, dilations, options.padding, 0, np.matmul)
        else:
            found = xla_conv(
                x, w, strides, dilations, options.padding, x.shape[-1] // w.shape[-2],
                ((0, 1, 2), ("NDHWC", "DHWIO", "NDHWC")),
            )  # fmt: skip
        return activate(found if bias is None else found + bias, activation, "CONV_3D")

    return run
