"""Pooling, with channels first as ONNX has it."""

from __future__ import annotations

from typing import Any

from tidefall.export.onnx.exporter.builder import Builder, known
from tidefall.export.onnx.exporter.registry import CannotExport, export
from tidefall.export.onnx.exporter.rules.convolutions import (
    first_dims,
    is_last,
    padding,
    spatial,
    to_first,
    to_last,
)
from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.op import raw


@export(raw.MaxPool, raw.MaxPool3D)
def _max_pool(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return _pool(b, node, inputs[0], "MaxPool")


@export(raw.AvgPool, raw.AvgPool3D)
def _average_pool(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return _pool(b, node, inputs[0], "AveragePool")


def _pool(b: Builder, node: Operation, x: Value, code: str) -> Value:
    last = is_last(node)
    sizes = [int(k) for k in node.attrs["ksize"]]
    if sizes[0] != 1 or sizes[-1 if last else 1] != 1:
        raise CannotExport("it pools over channels or the batch")
    made = b.op(
        code, [to_first(b, x, last)], first_dims(b.dims(node.outputs[0]), last),
        kernel_shape=spatial(node, "ksize", last), strides=spatial(node, "strides", last),
        **padding(node, last),
    )  # fmt: skip
    return to_last(b, made, last)


@export(raw.MaxPoolV2)
def _max_pool_v2(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    last = is_last(node)
    sizes, strides = (known(v, "window").tolist() for v in inputs[1:])
    made = b.op(
        "MaxPool", [to_first(b, inputs[0], last)], first_dims(b.dims(node.outputs[0]), last),
        kernel_shape=sizes[1:-1] if last else sizes[2:],
        strides=strides[1:-1] if last else strides[2:], **padding(node, last),
    )  # fmt: skip
    return to_last(b, made, last)


@export(raw.LRN)
def _lrn(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    radius = int(node.attrs["depth_radius"])
    size = 2 * radius + 1
    first = to_first(b, inputs[0], True)
    made = b.op(
        "LRN", [first], first.shape, size=size, bias=float(node.attrs["bias"]),
        alpha=float(node.attrs["alpha"]) * size, beta=float(node.attrs["beta"]),
    )  # fmt: skip
    return to_last(b, made, True)
