"""Products of matrices."""

from __future__ import annotations

from typing import Any

from tidefall.export.onnx.exporter.builder import Builder
from tidefall.export.onnx.exporter.registry import export
from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.op import raw


@export(raw.MatMul)
def _matmul(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return _product(
        b, node, inputs, bool(node.attrs["transpose_a"]), bool(node.attrs["transpose_b"])
    )


@export(raw.BatchMatMul, raw.BatchMatMulV2, raw.BatchMatMulV3)
def _batch_matmul(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return _product(b, node, inputs, bool(node.attrs["adj_x"]), bool(node.attrs["adj_y"]))


def _product(b: Builder, node: Operation, inputs: list[Any], first: bool, second: bool) -> Value:
    x, y = inputs
    if first:
        x = b.transpose(x, [*range(x.rank - 2), x.rank - 1, x.rank - 2])
    if second:
        y = b.transpose(y, [*range(y.rank - 2), y.rank - 1, y.rank - 2])
    return b.like("MatMul", [x, y], node)


@export(raw.Einsum)
def _einsum(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    equation = node.attrs["equation"]
    equation = equation.decode() if isinstance(equation, bytes) else equation
    return b.like("Einsum", inputs, node, equation=equation)
