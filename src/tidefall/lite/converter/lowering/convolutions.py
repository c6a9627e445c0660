"""Convolutions. Filters are kept as LiteRT's kernels want them: output channels first."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Dims, Value
from tidefall.lite.converter.lowering.builder import Builder
from tidefall.lite.converter.lowering.registry import CannotLower, lower
from tidefall.op import raw


def check_layout(node: Operation, wanted: str) -> None:
    """Refuse channels first."""
    given = node.attrs["data_format"]
    if given != wanted:
        raise CannotLower(f"its layout is {given}; LiteRT's kernels take {wanted}")


def padded(b: Builder, node: Operation, x: Value) -> tuple[Value, str]:
    """The input and the padding that are left when explicit paddings were added."""
    padding = node.attrs["padding"]
    if padding != "EXPLICIT":
        return x, padding
    amounts = np.array(node.attrs["explicit_paddings"], np.int32).reshape(-1, 2)
    dims = [None if d is None else d + int(p.sum()) for d, p in zip(x.shape, amounts, strict=True)]
    return b.op("PAD", [x, b.const(amounts)], dims), "VALID"


def channels_last(b: Builder, node: Operation, x: Value) -> tuple[Value, bool]:
    """The input with channels last, and whether it had them first."""
    if node.attrs["data_format"] == "NHWC":
        return x, False
    return b.transpose(x, [0, 2, 3, 1]), True


def spatial(node: Operation, name: str) -> list[int]:
    """A list attribute of the two spatial dimensions."""
    values = list(node.attrs[name])
    return values[2:] if node.attrs["data_format"] == "NCHW" else values[1:3]


def back(b: Builder, node: Operation, value: Value, was_first: bool) -> Value:
    """A result in the layout of the node."""
    return b.transpose(value, [0, 3, 1, 2]) if was_first else value


def out_dims(b: Builder, node: Operation, was_first: bool) -> Dims:
    """The sizes of the result with channels last."""
    dims = b.dims(node.outputs[0])
    return (dims[0], dims[2], dims[3], dims[1]) if was_first else dims


def no_bias(b: Builder, channels: int | None) -> Value:
    """Zeros: kernels of convolutions want a bias."""
    if channels is None:
        raise CannotLower("its number of channels is free")
    return b.const(np.zeros(channels, np.float32))


@lower(raw.Conv2D)
def _conv(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, was_first = channels_last(b, node, inputs[0])
    filters = b.transpose(inputs[1], [3, 0, 1, 2])
    if was_first and node.attrs["padding"] == "EXPLICIT":
        raise CannotLower("it has explicit paddings and channels first")
    x, padding = padded(b, node, x)
    stride, dilation = spatial(node, "strides"), spatial(node, "dilations")
    bias = no_bias(b, filters.shape[0])
    value = b.op(
        "CONV_2D", [x, filters, bias], out_dims(b, node, was_first),
        padding=padding, stride_h=stride[0], stride_w=stride[1],
        dilation_h_factor=dilation[0], dilation_w_factor=dilation[1],
    )  # fmt: skip
    return back(b, node, value, was_first)


@lower(raw.DepthwiseConv2dNative)
def _depthwise(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, was_first = channels_last(b, node, inputs[0])
    filters = inputs[1]
    height, width, channels, multiplier = filters.shape
    filters = b.reshape(filters, (1, height, width, channels * multiplier))
    x, padding = padded(b, node, x)
    stride, dilation = spatial(node, "strides"), spatial(node, "dilations")
    bias = no_bias(b, channels * multiplier)
    value = b.op(
        "DEPTHWISE_CONV_2D", [x, filters, bias], out_dims(b, node, was_first),
        padding=padding, stride_h=stride[0], stride_w=stride[1],
        dilation_h_factor=dilation[0], dilation_w_factor=dilation[1], depth_multiplier=multiplier,
    )  # fmt: skip
    return back(b, node, value, was_first)


def spread(b: Builder, filters: Value, dilations: Any) -> Value:
    """A filter with zeros between its elements, in the place of a dilation."""
    if all(d == 1 for d in dilations):
        return filters
    if filters.data is None:
        raise CannotLower("LiteRT's transposed convolution has no dilation")
    rows, columns = (
        (s - 1) * d + 1 for s, d in zip(filters.data.shape[:2], dilations, strict=True)
    )
    wide = np.zeros((rows, columns, *filters.data.shape[2:]), filters.dtype)
    wide[:: dilations[0], :: dilations[1]] = filters.data
    return b.const(wide)


@lower(raw.Conv2DBackpropInput)
def _transposed(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    sizes, filters, x = inputs
    check_layout(node, "NHWC")
    if node.attrs["padding"] == "EXPLICIT":
        raise CannotLower("it has explicit paddings")
    filters = spread(b, filters, node.attrs["dilations"][1:3])
    stride = spatial(node, "strides")
    dims = b.dims(node.outputs[0])
    if sizes.data is None and dims.count(None) == 1 and dims[0] is None:
        sizes = b.vector([b.size(x, 0), *dims[1:]])
    # [height, width, out, in] -> [out, height, width, in]
    filters = b.transpose(filters, [2, 0, 1, 3])
    return b.op(
        "TRANSPOSE_CONV", [b.cast(sizes, np.int32), filters, x], dims, np.float32,
        padding=node.attrs["padding"], stride_h=stride[0], stride_w=stride[1],
    )  # fmt: skip


@lower(raw.Conv3D)
def _conv3d(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, filters = inputs
    check_layout(node, "NDHWC")
    _, d, h, w, _ = node.attrs["strides"]
    _, dd, dh, dw, _ = node.attrs["dilations"]
    return b.like(
        "CONV_3D", [x, filters], node, padding=node.attrs["padding"],
        stride_d=d, stride_h=h, stride_w=w,
        dilation_d_factor=dd, dilation_h_factor=dh, dilation_w_factor=dw,
    )  # fmt: skip


@lower(raw.Conv3DBackpropInputV2)
def _transposed3d(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    sizes, filters, x = inputs
    check_layout(node, "NDHWC")
    _, d, h, w, _ = node.attrs["strides"]
    return b.op(
        "CONV_3D_TRANSPOSE", [b.cast(sizes, np.int32), filters, x], b.dims(node.outputs[0]),
        np.float32, padding=node.attrs["padding"], stride_d=d, stride_h=h, stride_w=w,
    )  # fmt: skip


@lower(raw.BiasAdd, raw.BiasAddV1)
def _bias_add(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, bias = inputs
    if node.attrs.get("data_format", "NHWC") == "NCHW" and x.rank > 2:
        bias = b.reshape(bias, (bias.shape[0], *[1] * (x.rank - 2)))
    return b.like("ADD", [x, bias], node)


@lower(raw.FusedBatchNorm, raw.FusedBatchNormV2, raw.FusedBatchNormV3)
def _batch_norm(b: Builder, node: Operation, inputs: list[Any]) -> list[Value]:
    x, scale, offset, mean, variance = inputs
    if node.attrs["is_training"]:
        raise CannotLower("it normalizes by the batch, as in training")
    if node.attrs["data_format"] not in ("NHWC", "NDHWC"):
        raise CannotLower(f"its layout is {node.attrs['data_format']}")
    if any(v.data is None for v in (scale, offset, mean, variance)):
        raise CannotLower("its parameters are not known when converting")
    factor = scale.data / np.sqrt(variance.data + node.attrs["epsilon"])
    shift = offset.data - mean.data * factor
    product = b.binary("MUL", x, b.const(factor.astype(np.float32)))
    result = b.binary("ADD", product, b.const(shift.astype(np.float32)))
    return [result, mean, variance, mean, variance, mean][: len(node.outputs)]
