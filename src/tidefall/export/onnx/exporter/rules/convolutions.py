"""Convolutions: ONNX has channels first, so that each stands between two Transposes, most of which
`rewrites/transposes.py` cancels."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.export.onnx.exporter.builder import Builder, known
from tidefall.export.onnx.exporter.registry import CannotExport, export
from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Dims, Value
from tidefall.op import raw


def is_last(node: Operation) -> bool:
    """Whether a node has channels last."""
    layout = node.attrs.get("data_format", "NHWC")
    if layout not in ("NHWC", "NCHW", "NDHWC", "NCDHW"):
        raise CannotExport(f"its layout is {layout}")
    return layout.endswith("C")


def to_first(b: Builder, x: Value, last: bool) -> Value:
    """A value with channels first."""
    return b.transpose(x, [0, x.rank - 1, *range(1, x.rank - 1)]) if last else x


def to_last(b: Builder, x: Value, last: bool) -> Value:
    """A value with channels first in the layout of the node."""
    return b.transpose(x, [0, *range(2, x.rank), 1]) if last else x


def first_dims(dims: Dims, last: bool) -> Dims:
    """Sizes with channels first."""
    return (dims[0], dims[-1], *dims[1:-1]) if last else dims


def spatial(node: Operation, name: str, last: bool) -> list[int]:
    """A list attribute of the spatial dimensions."""
    values = [int(v) for v in node.attrs[name]]
    return values[1:-1] if last else values[2:]


def padding(node: Operation, last: bool) -> dict[str, Any]:
    """The attributes of a node's padding."""
    how = node.attrs["padding"]
    how = how.decode() if isinstance(how, bytes) else how
    if how == "SAME":
        return {"auto_pad": "SAME_UPPER"}
    if how == "VALID":
        return {"auto_pad": "VALID"}
    amounts = np.array(node.attrs["explicit_paddings"], np.int64).reshape(-1, 2)
    amounts = amounts[1:-1] if last else amounts[2:]
    return {"pads": amounts.T.reshape(-1).tolist()}


@export(raw.Conv2D, raw.Conv3D)
def _conv(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, filters = inputs
    last = is_last(node)
    dims = first_dims(b.dims(node.outputs[0]), last)
    channels = x.shape[-1] if last else x.shape[1]
    weights = b.transpose(filters, [filters.rank - 1, filters.rank - 2, *range(filters.rank - 2)])
    if channels is None or weights.shape[1] is None:
        raise CannotExport("its number of channels is unknown")
    made = b.op(
        "Conv", [to_first(b, x, last), weights], dims,
        strides=spatial(node, "strides", last), dilations=spatial(node, "dilations", last),
        group=channels // weights.shape[1], kernel_shape=_kernel(weights), **padding(node, last),
    )  # fmt: skip
    return to_last(b, made, last)


def _kernel(weights: Value) -> list[int]:
    if None in weights.shape[2:]:
        raise CannotExport("the size of its filter is unknown")
    return [int(d or 0) for d in weights.shape[2:]]


@export(raw.DepthwiseConv2dNative)
def _depthwise(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, filters = inputs
    last = is_last(node)
    height, width, channels, multiplier = filters.shape
    if None in filters.shape:
        raise CannotExport("the size of its filter is unknown")
    moved = b.transpose(filters, [2, 3, 0, 1])
    weights = b.reshape(moved, [channels * multiplier, 1, height, width])
    made = b.op(
        "Conv", [to_first(b, x, last), weights], first_dims(b.dims(node.outputs[0]), last),
        strides=spatial(node, "strides", last), dilations=spatial(node, "dilations", last),
        group=channels, kernel_shape=_kernel(weights), **padding(node, last),
    )  # fmt: skip
    return to_last(b, made, last)


@export(raw.Conv2DBackpropInput, raw.Conv3DBackpropInputV2)
def _transposed(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    _, filters, y = inputs
    last = is_last(node)
    dims = first_dims(b.dims(node.outputs[0]), last)
    weights = b.transpose(filters, [filters.rank - 1, filters.rank - 2, *range(filters.rank - 2)])
    first = to_first(b, y, last)
    if first.shape[1] is None or weights.shape[0] is None or first.shape[1] != weights.shape[0]:
        raise CannotExport("its groups are unknown")
    strides, dilations = spatial(node, "strides", last), spatial(node, "dilations", last)
    kernel = _kernel(weights)
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    how = node.attrs["padding"]
    if how == "EXPLICIT":
        pads = np.array(padding(node, last)["pads"]).reshape(2, -1)
    elif how == "SAME":
        total = [max(r - s, 0) for r, s in zip(reach, strides, strict=True)]
        if None not in (*dims[2:], *first.shape[2:]):
            total = [
                max((int(i or 0) - 1) * s + r - int(d or 0), 0)
                for i, s, r, d in zip(first.shape[2:], strides, reach, dims[2:], strict=True)
            ]
        pads = np.array([[t // 2 for t in total], [t - t // 2 for t in total]])
    else:
        pads = np.zeros((2, len(kernel)), np.int64)
    options: dict[str, Any] = {}
    made_sizes = [
        None if i is None else (i - 1) * s + r - int(p)
        for i, s, r, p in zip(first.shape[2:], strides, reach, pads.sum(0), strict=True)
    ]
    if None not in made_sizes and None not in dims[2:]:
        more = [int(d or 0) - int(m or 0) for d, m in zip(dims[2:], made_sizes, strict=True)]
        if any(m < 0 for m in more):
            raise CannotExport("its output is smaller than its input says")
        if any(more):
            options["output_padding"] = more
    elif how == "SAME":  # a free size: the source multiplies it by the stride
        more = [max(s - r, 0) for s, r in zip(strides, reach, strict=True)]
        if any(more):
            options["output_padding"] = more
    made = b.op(
        "ConvTranspose", [first, weights], dims, strides=strides, dilations=dilations,
        kernel_shape=kernel, pads=pads.reshape(-1).tolist(), **options,
    )  # fmt: skip
    return to_last(b, made, last)


@export(raw.BiasAdd, raw.BiasAddV1)
def _bias_add(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, bias = inputs
    if node.attrs.get("data_format", "NHWC").startswith("NC") and x.rank > 2:
        bias = b.unsqueeze(bias, range(1, x.rank - 1))
    return b.like("Add", [x, bias], node)


@export(raw.FusedBatchNorm, raw.FusedBatchNormV2, raw.FusedBatchNormV3)
def _batch_norm(b: Builder, node: Operation, inputs: list[Any]) -> list[Value]:
    x, scale, offset, mean, variance = inputs
    if node.attrs["is_training"]:
        raise CannotExport("it normalizes by the batch, as in training")
    last, epsilon = is_last(node), float(node.attrs["epsilon"])
    if all(v.data is not None for v in (scale, offset, mean, variance)):
        factor = known(scale, "scale") / np.sqrt(known(variance, "variance") + epsilon)
        shift = known(offset, "offset") - known(mean, "mean") * factor
        pair = [b.const(v, x.dtype) for v in (factor, shift)]
        if not last:
            pair = [b.unsqueeze(v, range(1, x.rank - 1)) for v in pair]
        result = b.binary("Add", b.binary("Mul", x, pair[0]), pair[1])
    else:
        first = to_first(b, x, last)
        given = [first, scale, offset, mean, variance]
        result = to_last(b, b.op("BatchNormalization", given, first.shape, epsilon=epsilon), last)
    return [result, mean, variance, mean, variance, mean][: len(node.outputs)]
