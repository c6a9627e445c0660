"""Strings, as far as ONNX has them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.export.onnx.exporter.builder import Builder, known
from tidefall.export.onnx.exporter.registry import CannotExport, export
from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.op import raw


def _needs(b: Builder, opset: int) -> None:
    if b.opset < opset:
        raise CannotExport(
            f"ONNX has it from opset {opset} on; this model is written for {b.opset}"
        )


@export(raw.StringJoin)
def _join(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    _needs(b, 20)
    separator = node.attrs["separator"]
    between = b.const(np.array(separator, object)) if separator else None
    whole = inputs[0]
    for part in inputs[1:]:
        if between is not None:
            whole = b.binary("StringConcat", whole, between)
        whole = b.binary("StringConcat", whole, part)
    return whole


@export(raw.StringLower, raw.StringUpper)
def _case(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x = inputs[0]
    if node.attrs["encoding"] not in ("utf-8", b"utf-8"):
        raise CannotExport("ONNX's strings are text: give encoding='utf-8'")
    how = "LOWER" if node.op_type is raw.StringLower else "UPPER"
    flat = b.reshape(x, [None])
    changed = b.op("StringNormalizer", [flat], flat.shape, case_change_action=how)
    return b.reshape(changed, x.shape, b.shape_of(x))


@export(raw.StaticRegexFullMatch, raw.RegexFullMatch)
def _match(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    _needs(b, 20)
    if node.op_type is raw.RegexFullMatch:
        pattern = known(inputs[1], "pattern").item()
    else:
        pattern = node.attrs["pattern"]
    text = pattern if isinstance(pattern, str) else pattern.decode()
    return b.unary("RegexFullMatch", inputs[0], np.bool_, pattern=text)
