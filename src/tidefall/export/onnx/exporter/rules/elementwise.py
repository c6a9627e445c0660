"""Functions of elements, alone or broadcast together."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from tidefall.export.onnx.exporter.builder import Builder, onnx_dtype
from tidefall.export.onnx.exporter.lowering import Bits
from tidefall.export.onnx.exporter.registry import CannotExport, export, register_all
from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.op import raw

BOOL = np.dtype(np.bool_)


def _unary(code: str, b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.unary(code, inputs[0], onnx_dtype(node.outputs[0].dtype))


def _binary(code: str, b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.binary(code, *inputs, dtype=onnx_dtype(node.outputs[0].dtype))


UNARY = {
    raw.Abs: "Abs", raw.Acos: "Acos", raw.Acosh: "Acosh", raw.Asin: "Asin", raw.Asinh: "Asinh",
    raw.Atan: "Atan", raw.Atanh: "Atanh", raw.Ceil: "Ceil", raw.Cos: "Cos", raw.Cosh: "Cosh",
    raw.Elu: "Elu", raw.Erf: "Erf", raw.Exp: "Exp", raw.Floor: "Floor", raw.Inv: "Reciprocal",
    raw.Invert: "BitwiseNot", raw.IsInf: "IsInf", raw.IsNan: "IsNaN", raw.Log: "Log",
    raw.LogicalNot: "Not", raw.Neg: "Neg", raw.Reciprocal: "Reciprocal", raw.Relu: "Relu",
    raw.Rint: "Round", raw.Sigmoid: "Sigmoid", raw.Sign: "Sign", raw.Sin: "Sin", raw.Sinh: "Sinh",
    raw.Softplus: "Softplus", raw.Softsign: "Softsign", raw.Sqrt: "Sqrt", raw.Tan: "Tan",
    raw.Tanh: "Tanh",
}  # fmt: skip
"""Ops of one input that ONNX has, too."""

BINARY = {
    raw.BitwiseOr: "BitwiseOr", raw.BitwiseXor: "BitwiseXor",
    raw.Greater: "Greater", raw.GreaterEqual: "GreaterOrEqual", raw.Less: "Less",
    raw.LessEqual: "LessOrEqual", raw.LogicalAnd: "And", raw.LogicalOr: "Or", raw.Maximum: "Max",
    raw.Minimum: "Min", raw.Mul: "Mul", raw.Pow: "Pow", raw.RealDiv: "Div", raw.Sub: "Sub",
    raw.Div: "Div", raw.TruncateDiv: "Div",
}  # fmt: skip
"""Ops of two inputs that ONNX has, too."""

register_all({op: partial(_unary, code) for op, code in UNARY.items()})
register_all({op: partial(_binary, code) for op, code in BINARY.items()})


@export(raw.Add, raw.AddV2)
def _add(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    if inputs[0].dtype.hasobject:
        if b.opset < 20:
            raise CannotExport("strings are joined from opset 20 on")
        return b.binary("StringConcat", *inputs)
    return b.binary("Add", *inputs)


@export(raw.Equal)
def _equal(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    if inputs[0].dtype.hasobject and b.opset < 19:
        raise CannotExport("strings are compared from opset 19 on")
    return b.compare("Equal", *inputs)


@export(raw.NotEqual)
def _not_equal(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.unary("Not", _equal(b, node, inputs))


@export(raw.Round)
def _round(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return inputs[0] if inputs[0].dtype.kind in "iu" else b.unary("Round", inputs[0])


@export(raw.Square)
def _square(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.binary("Mul", inputs[0], inputs[0])


@export(raw.SquaredDifference)
def _squared_difference(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    apart = b.binary("Sub", *inputs)
    return b.binary("Mul", apart, apart)


@export(raw.Rsqrt)
def _rsqrt(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.unary("Reciprocal", b.unary("Sqrt", inputs[0]))


@export(raw.Expm1)
def _expm1(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    # exp(x) - 1 = 2 s / (1 - s) with s = tanh(x / 2), which keeps its digits next to zero.
    half = b.unary("Tanh", b.binary("Mul", inputs[0], 0.5))
    small = b.binary("Div", b.binary("Mul", half, 2.0), b.binary("Sub", 1.0, half))
    large = b.binary("Sub", b.unary("Exp", inputs[0]), 1.0)
    near = b.compare("Less", b.unary("Abs", inputs[0]), 0.5)
    return b.where(near, small, large)


@export(raw.Log1p)
def _log1p(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    # log(1 + x) = 2 atanh(x / (2 + x)), which keeps its digits next to zero.
    x = inputs[0]
    small = b.binary("Mul", b.unary("Atanh", b.binary("Div", x, b.binary("Add", x, 2.0))), 2.0)
    large = b.unary("Log", b.binary("Add", x, 1.0))
    near = b.compare("Less", b.unary("Abs", x), 0.5)
    return b.where(near, small, large)


@export(raw.Erfc)
def _erfc(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.binary("Sub", 1.0, b.unary("Erf", inputs[0]))


@export(raw.Relu6)
def _relu6(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return _clip(b, inputs[0], 0.0, 6.0)


def _clip(b: Builder, x: Value, low: float, high: float) -> Value:
    return b.op("Clip", [x, b.const(low, x.dtype), b.const(high, x.dtype)], x.shape)


@export(raw.ClipByValue)
def _clip_by_value(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, low, high = inputs
    if low.rank == 0 and high.rank == 0:
        return b.like("Clip", [x, low, high], node)
    return b.binary("Min", b.binary("Max", x, low), high)


@export(raw.LeakyRelu)
def _leaky_relu(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.unary("LeakyRelu", inputs[0], alpha=float(node.attrs["alpha"]))


@export(raw.Selu)
def _selu(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.unary("Selu", inputs[0], alpha=1.6732632423543772, gamma=1.0507009873554805)


@export(raw.Softmax)
def _softmax(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.unary("Softmax", inputs[0], axis=-1)


@export(raw.LogSoftmax)
def _log_softmax(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.unary("LogSoftmax", inputs[0], axis=-1)


@export(raw.IsFinite)
def _is_finite(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    bad = b.binary("Or", b.unary("IsNaN", inputs[0], BOOL), b.unary("IsInf", inputs[0], BOOL))
    return b.unary("Not", bad)


@export(raw.AddN)
def _add_n(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.like("Sum", inputs, node)


@export(raw.Cast)
def _cast(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, target = inputs[0], node.outputs[0].dtype
    if not isinstance(x, Value):
        raise CannotExport("it casts complex numbers")
    if target.is_complex:
        raise CannotExport("ONNX has no complex numbers")
    return b.cast(x, onnx_dtype(target))


# ---- division ----


def floor_mod(b: Builder, x: Value, y: Any) -> Value:
    """The remainder with the sign of the divisor."""
    if x.dtype.kind in "iu":
        return b.binary("Mod", x, y)
    rest = b.binary("Mod", x, y, fmod=1)
    other = b.compare("Less", b.binary("Mul", rest, y), 0)
    return b.where(other, b.binary("Add", rest, y), rest)


@export(raw.FloorMod)
def _floor_mod(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return floor_mod(b, *inputs)


@export(raw.Mod, raw.TruncateMod)
def _truncate_mod(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.binary("Mod", *inputs, fmod=1)


@export(raw.FloorDiv)
def _floor_div(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, y = inputs
    if x.dtype.kind in "iu":
        return b.binary("Div", b.binary("Sub", x, b.binary("Mod", x, y)), y)
    return b.unary("Floor", b.binary("Div", x, y))


@export(raw.DivNoNan)
def _div_no_nan(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, y = inputs
    zero = b.compare("Equal", y, 0)
    return b.where(zero, b.const(0, x.dtype), b.binary("Div", x, b.where(zero, 1, y)))


@export(raw.MulNoNan)
def _mul_no_nan(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, y = inputs
    return b.where(b.compare("Equal", y, 0), b.const(0, x.dtype), b.binary("Mul", x, y))


@export(raw.Xlogy)
def _xlogy(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, y = inputs
    zero = b.compare("Equal", x, 0)
    return b.where(zero, b.const(0, x.dtype), b.binary("Mul", x, b.unary("Log", y)))


@export(raw.Xdivy)
def _xdivy(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, y = inputs
    return b.where(b.compare("Equal", x, 0), b.const(0, x.dtype), b.binary("Div", x, y))


@export(raw.Atan2)
def _atan2(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    y, x = inputs
    turned = b.compare("Less", x, 0)
    down = b.compare("Less", y, 0)
    ratio = b.unary("Atan", b.binary("Div", y, x))
    half = b.where(down, -np.pi, b.const(np.pi, x.dtype))
    angle = b.binary("Add", ratio, b.where(turned, half, b.const(0, x.dtype)))
    both = b.binary("And", b.compare("Equal", x, 0), b.compare("Equal", y, 0))
    return b.where(both, b.const(0, x.dtype), angle)


# ---- choosing ----


@export(raw.SelectV2)
def _select(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.like("Where", inputs, node)


@export(raw.Select)
def _select_rows(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    condition, x, y = inputs
    if condition.rank == 1 and x.rank > 1:
        condition = b.unsqueeze(condition, range(1, x.rank))
    return b.like("Where", [condition, x, y], node)


@export(raw.Bitcast)
def _bitcast(b: Builder, node: Operation, inputs: list[Any]) -> list[Any]:
    x, target = inputs[0], onnx_dtype(node.outputs[0].dtype)
    if x.dtype == np.float32 and target == np.int32:
        return [Bits(x)]
    raise CannotExport("ONNX has no op for it")


@export(raw.BitwiseAnd, parts=True)
def _bitwise_and(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, y = inputs
    if isinstance(y, Bits):
        x, y = y, x
    if not isinstance(x, Bits):
        return b.binary("BitwiseAnd", x, y)
    sign = np.iinfo(np.int32).min
    if not isinstance(y, Value) or y.data is None or (y.data != sign).any():
        raise CannotExport("ONNX has no op for the bits of floats, but for their sign")
    below = b.compare("Less", x.value, 0)
    minus_zero = b.compare("Equal", b.unary("Reciprocal", x.value), -np.inf)
    return b.where(b.binary("Or", below, minus_zero), sign, b.const(0, np.int32))


@export(raw.RightShift, raw.LeftShift)
def _shift(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, amount = inputs
    left = node.op_type is raw.LeftShift
    if x.dtype.kind == "u":
        return b.binary("BitShift", x, amount, direction="LEFT" if left else "RIGHT")
    two = b.const(2, x.dtype)
    if amount.data is not None:
        power = b.const(np.left_shift(np.ones_like(amount.data), amount.data))
    else:
        power = b.binary("Pow", two, amount)
    if left:
        return b.binary("Mul", x, power)
    return b.binary("Div", b.binary("Sub", x, b.binary("Mod", x, power)), power)
