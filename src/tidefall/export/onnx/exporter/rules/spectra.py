"""Fourier transforms. A complex tensor is one of real numbers with one more dimension of two."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.export.onnx.exporter.builder import Builder, known
from tidefall.export.onnx.exporter.lowering import Complex
from tidefall.export.onnx.exporter.registry import CannotExport, export
from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.op import raw


@export(raw.RFFT)
def _rfft(b: Builder, node: Operation, inputs: list[Any]) -> list[Any]:
    x, length = inputs[0], int(known(inputs[1], "length").reshape(()))
    size = x.shape[-1]
    if size is None:
        raise CannotExport("the length of its signals is unknown")
    if size > length:
        x = b.slice(x, [0], [length], [x.rank - 1], dims=[*x.shape[:-1], length])
    elif size < length:
        pads = [0] * (2 * x.rank - 1) + [length - size]
        x = b.op("Pad", [x, b.ints(*pads)], [*x.shape[:-1], length])
    # DFT takes a dimension of one for real numbers, and a batch before the signal.
    given = b.unsqueeze(x, [-1])
    lead = given.rank == 2
    if lead:
        given = b.unsqueeze(given, [0])
    axis = given.rank - 2
    dims = [*given.shape[:-2], length // 2 + 1, 2]
    if b.opset >= 20:
        parts = b.op("DFT", [given, None, b.const(axis, np.int64)], dims, onesided=1)
    else:
        parts = b.op("DFT", [given], dims, onesided=1, axis=axis)
    return [Complex(b.squeeze(parts, [0]) if lead else parts)]


def _part(b: Builder, inputs: list[Any], index: int) -> Value:
    (given,) = inputs
    if not isinstance(given, Complex):
        raise CannotExport("its complex input comes from an op that ONNX has not")
    return b.gather(given.parts, b.const(index, np.int64), given.parts.rank - 1)


@export(raw.Real, parts=True)
def _real(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return _part(b, inputs, 0)


@export(raw.Imag, parts=True)
def _imag(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return _part(b, inputs, 1)


@export(raw.ComplexAbs, parts=True)
def _abs(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    real, imag = _part(b, inputs, 0), _part(b, inputs, 1)
    squares = [b.binary("Mul", v, v) for v in (real, imag)]
    return b.unary("Sqrt", b.binary("Add", *squares))
