"""Pooling over windows."""

from __future__ import annotations

from typing import Any

from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.lite.converter.lowering.builder import Builder
from tidefall.lite.converter.lowering.convolutions import back, channels_last, out_dims, spatial
from tidefall.lite.converter.lowering.registry import FACET, CannotLower, lower
from tidefall.op import raw
from tidefall.op.registry import register_facet


def _pool(code: str) -> Any:
    def rule(b: Builder, node: Operation, inputs: list[Any]) -> Value:
        x, was_first = channels_last(b, node, inputs[0])
        if node.attrs["padding"] == "EXPLICIT":
            raise CannotLower("it has explicit paddings")
        window, stride = spatial(node, "ksize"), spatial(node, "strides")
        value = b.op(
            code, [x], out_dims(b, node, was_first),
            padding=node.attrs["padding"], stride_h=stride[0], stride_w=stride[1],
            filter_height=window[0], filter_width=window[1],
        )  # fmt: skip
        return back(b, node, value, was_first)

    return rule


def _pool3d(code: str) -> Any:
    """Pooling over height and width of each picture, then over depth.

    The average of averages is that of all: how many elements a window has that are not padding is
    a product over its dimensions.
    """

    def rule(b: Builder, node: Operation, inputs: list[Any]) -> Value:
        x = inputs[0]
        if node.attrs["data_format"] != "NDHWC":
            raise CannotLower(f"its layout is {node.attrs['data_format']}")
        n, d, h, w, c = x.shape
        out = b.dims(node.outputs[0])
        if d is None or h is None or w is None or None in (c, *out[1:]):
            raise CannotLower("sizes of its volumes are free")
        window, stride = node.attrs["ksize"][1:4], node.attrs["strides"][1:4]
        padding = node.attrs["padding"]
        pictures = b.reshape(x, (None if n is None else n * d, h, w, c))
        flat = b.op(
            code, [pictures], (pictures.shape[0], out[2], out[3], c), padding=padding,
            stride_h=stride[1], stride_w=stride[2],
            filter_height=window[1], filter_width=window[2],
        )  # fmt: skip
        stacked = b.reshape(flat, (n, d, (out[2] or 0) * (out[3] or 0), c))
        deep = b.op(
            code, [stacked], (n, out[1], stacked.shape[2], c), padding=padding,
            stride_h=stride[0], stride_w=1, filter_height=window[0], filter_width=1,
        )  # fmt: skip
        return b.reshape(deep, out)

    return rule


register_facet(
    FACET,
    {
        raw.AvgPool: _pool("AVERAGE_POOL_2D"),
        raw.MaxPool: _pool("MAX_POOL_2D"),
        raw.AvgPool3D: _pool3d("AVERAGE_POOL_2D"),
        raw.MaxPool3D: _pool3d("MAX_POOL_2D"),
    },
)


@lower(raw.MaxPoolV2)
def _max_pool_v2(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, window, stride = inputs
    if window.data is None or stride.data is None:
        raise CannotLower("its window is not known when converting")
    return b.like(
        "MAX_POOL_2D", [x], node, padding=node.attrs["padding"],
        stride_h=int(stride.data[1]), stride_w=int(stride.data[2]),
        filter_height=int(window.data[1]), filter_width=int(window.data[2]),
    )  # fmt: skip
