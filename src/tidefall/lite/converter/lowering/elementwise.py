"""Elementwise arithmetic, comparisons and logic."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.lite.converter.lowering.builder import Builder, lite_dtype
from tidefall.lite.converter.lowering.registry import FACET, CannotLower, Rule, lower
from tidefall.op import raw
from tidefall.op.registry import register_facet

ERF, ERFC = "erf", "erfc"
"""Not builtins: rewrites find the GELU around them, or spell them out."""


def same(code: str, kinds: str = "f", **options: Any) -> Rule:
    """A lowering to the operator of the same inputs.

    Args:
        code: the builtin's name.
        kinds: kinds of NumPy dtypes that its kernels take: "f", "i", "b".
        **options: fields of its options table.
    """

    def rule(b: Builder, node: Operation, inputs: list[Any]) -> Value:
        for value in inputs:
            check_kind(value, kinds)
        return b.like(code, inputs, node, **options)

    return rule


def check_kind(value: Value, kinds: str) -> None:
    """Refuse values that the kernels do not take."""
    if value.dtype.kind not in kinds:
        raise CannotLower(f"LiteRT has no kernel of it for {value.dtype}")


_UNARY: dict[Any, Rule] = {
    raw.Abs: same("ABS", "fi"),
    raw.Ceil: same("CEIL"),
    raw.Cos: same("COS"),
    raw.Exp: same("EXP"),
    raw.Floor: same("FLOOR"),
    raw.Log: same("LOG"),
    raw.LogicalNot: same("LOGICAL_NOT", "b"),
    raw.Neg: same("NEG", "fi"),
    raw.Rint: same("ROUND"),
    raw.Round: same("ROUND"),
    raw.Rsqrt: same("RSQRT"),
    raw.Sigmoid: same("LOGISTIC"),
    raw.Sign: same("SIGN", "fi"),
    raw.Sin: same("SIN"),
    raw.Sqrt: same("SQRT"),
    raw.Square: same("SQUARE"),
    raw.Tanh: same("TANH"),
}
_BINARY: dict[Any, Rule] = {
    raw.Add: same("ADD", "fi"),
    raw.AddV2: same("ADD", "fi"),
    raw.Atan2: same("ATAN2"),
    raw.Equal: same("EQUAL", "fibuO"),
    raw.FloorDiv: same("FLOOR_DIV", "fi"),
    raw.FloorMod: same("FLOOR_MOD", "fi"),
    raw.Greater: same("GREATER", "fi"),
    raw.GreaterEqual: same("GREATER_EQUAL", "fi"),
    raw.Less: same("LESS", "fi"),
    raw.LessEqual: same("LESS_EQUAL", "fi"),
    raw.LogicalAnd: same("LOGICAL_AND", "b"),
    raw.LogicalOr: same("LOGICAL_OR", "b"),
    raw.Maximum: same("MAXIMUM", "fi"),
    raw.Minimum: same("MINIMUM", "fi"),
    raw.Mul: same("MUL", "fi"),
    raw.MulNoNan: same("MUL"),
    raw.NotEqual: same("NOT_EQUAL", "fibuO"),
    raw.Pow: same("POW", "fi"),
    raw.SquaredDifference: same("SQUARED_DIFFERENCE", "fi"),
    raw.Sub: same("SUB", "fi"),
    raw.BitwiseXor: same("BITWISE_XOR", "iu"),
    raw.RightShift: same("RIGHT_SHIFT", "iu"),
}
register_facet(FACET, _UNARY | _BINARY)


@lower(raw.Div, raw.RealDiv)
def _div(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, y = inputs
    check_kind(x, "fi")
    if y.data is not None and x.dtype.kind == "f" and (y.data != 0).all():
        inverse = (1.0 / y.data.astype(np.float64)).astype(np.float32)
        return b.like("MUL", [x, b.const(inverse)], node)
    return b.like("DIV", [x, y], node)


@lower(raw.DivNoNan)
def _div_no_nan(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, y = inputs
    zero = b.binary("EQUAL", y, 0.0, np.bool_)
    safe = b.op("SELECT_V2", [zero, b.const(1.0, y.dtype), y], y.shape, y.dtype)
    quotient = b.binary("DIV", x, safe)
    return b.like("SELECT_V2", [zero, b.const(0.0, x.dtype), quotient], node)


@lower(raw.TruncateDiv)
def _truncate_div(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    check_kind(inputs[0], "i")
    return b.like("DIV", inputs, node)


@lower(raw.Cast)
def _cast(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    dtype = lite_dtype(node.outputs[0].dtype)
    if inputs[0].dtype.kind == "f" and dtype == np.bool_:
        return b.binary("NOT_EQUAL", inputs[0], 0.0, np.bool_)
    return b.cast(inputs[0], dtype)


@lower(raw.Reciprocal, raw.Inv)
def _reciprocal(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.like("DIV", [b.const(1.0, np.float32), inputs[0]], node)


@lower(raw.Expm1)
def _expm1(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    """exp(x) - 1 = 2 sinh(x / 2) exp(x / 2) loses nothing where ELU does not: it is ELU below 0."""
    x = inputs[0]
    low = b.unary("ELU", b.binary("MINIMUM", x, 0.0))
    high = b.binary("SUB", b.unary("EXP", b.unary("RELU", x)), 1.0)
    return b.binary("ADD", low, high)


@lower(raw.Log1p)
def _log1p(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.unary("LOG", b.binary("ADD", inputs[0], 1.0))


@lower(raw.Xlogy)
def _xlogy(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, y = inputs
    zero = b.binary("EQUAL", x, 0.0, np.bool_)
    product = b.binary("MUL", x, b.unary("LOG", y))
    return b.like("SELECT_V2", [zero, b.const(0.0, np.float32), product], node)


@lower(raw.Tan)
def _tan(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.binary("DIV", b.unary("SIN", inputs[0]), b.unary("COS", inputs[0]))


@lower(raw.Atan)
def _atan(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.like("ATAN2", [inputs[0], _ones(b, inputs[0])], node)


def _ones(b: Builder, x: Value) -> Value:
    """ATAN2 does not broadcast: ones of the same shape."""
    return b.op("FILL", [b.shape_of(x), b.const(1.0, np.float32)], x.shape, np.float32)


def _cosine_leg(b: Builder, x: Value) -> Value:
    square = b.binary("MUL", b.binary("SUB", 1.0, x), b.binary("ADD", x, 1.0))
    return b.unary("SQRT", square)


@lower(raw.Asin)
def _asin(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.like("ATAN2", [inputs[0], _cosine_leg(b, inputs[0])], node)


@lower(raw.Acos)
def _acos(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.like("ATAN2", [_cosine_leg(b, inputs[0]), inputs[0]], node)


@lower(raw.Sinh)
def _sinh(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x = inputs[0]
    up, down = b.unary("EXP", x), b.unary("EXP", b.unary("NEG", x))
    return b.binary("MUL", b.binary("SUB", up, down), 0.5)


@lower(raw.Cosh)
def _cosh(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x = inputs[0]
    up, down = b.unary("EXP", x), b.unary("EXP", b.unary("NEG", x))
    return b.binary("MUL", b.binary("ADD", up, down), 0.5)


@lower(raw.Asinh)
def _asinh(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x = inputs[0]
    size = b.unary("ABS", x)
    root = b.unary("SQRT", b.binary("ADD", b.binary("MUL", x, x), 1.0))
    return b.binary("MUL", b.unary("SIGN", x), b.unary("LOG", b.binary("ADD", size, root)))


@lower(raw.Acosh)
def _acosh(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x = inputs[0]
    root = b.unary("SQRT", b.binary("SUB", b.binary("MUL", x, x), 1.0))
    return b.unary("LOG", b.binary("ADD", x, root))


@lower(raw.Atanh)
def _atanh(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x = inputs[0]
    quotient = b.binary("DIV", b.binary("ADD", x, 1.0), b.binary("SUB", 1.0, x))
    return b.binary("MUL", b.unary("LOG", quotient), 0.5)


def erf(b: Builder, x: Value) -> Value:
    """The error function, as a rational function of the clipped input.

    Minimax approximation of degrees 13 and 8 that is exact to float32 within [-4, 4]; beyond, erf
    is 1 to float32's precision. Coefficients as in Eigen's and XLA's `erf`.
    """
    limited = b.binary("MAXIMUM", b.binary("MINIMUM", x, 3.7439211627767994), -3.7439211627767994)
    square = b.binary("MUL", limited, limited)
    above = _polynomial(b, square, _ERF_ABOVE)
    below = _polynomial(b, square, _ERF_BELOW)
    return b.binary("DIV", b.binary("MUL", limited, above), below)


_ERF_ABOVE = (
    2.2905065861350646e-4, 3.4082910107109506e-3, 5.0955695062380861e-2, 1.8520832239976145e-1,
    1.128379143519084,
)  # fmt: skip
_ERF_BELOW = (
    -1.1791602954361697e-7, 2.3547966471313185e-5, 1.0179625278914885e-3, 1.4070470171167667e-2,
    1.1098505178285362e-1, 4.9746925110067538e-1, 1.0,
)  # fmt: skip


def _polynomial(b: Builder, x: Value, coefficients: tuple[float, ...]) -> Value:
    result: Any = coefficients[0]
    for c in coefficients[1:]:
        result = b.binary("ADD", b.binary("MUL", x, result), c)
    return result


@lower(raw.Erf)
def _erf(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.unary(ERF, inputs[0])


@lower(raw.Erfc)
def _erfc(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.unary(ERFC, inputs[0])


@lower(raw.IsNan)
def _is_nan(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.binary("NOT_EQUAL", inputs[0], inputs[0], np.bool_)


@lower(raw.IsInf)
def _is_inf(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.binary("EQUAL", b.unary("ABS", inputs[0]), math.inf, np.bool_)


@lower(raw.IsFinite)
def _is_finite(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.binary("LESS", b.unary("ABS", inputs[0]), math.inf, np.bool_)


@lower(raw.Mod)
def _mod(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    """The rest has the sign of the dividend."""
    x, y = inputs
    rest = b.binary("FLOOR_MOD", b.unary("ABS", x), b.unary("ABS", y))
    return b.binary("MUL", rest, b.unary("SIGN", x))


@lower(raw.AddN)
def _add_n(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    if len(inputs) == 1:
        return inputs[0]
    if all(v.shape == inputs[0].shape for v in inputs) and len(inputs) > 2:
        return b.like("ADD_N", inputs, node)
    result = inputs[0]
    for value in inputs[1:]:
        result = b.binary("ADD", result, value)
    return result


@lower(raw.SelectV2)
def _select_v2(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.like("SELECT_V2", inputs, node)


@lower(raw.Select)
def _select(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    condition, x, y = inputs
    if condition.rank == 1 and x.rank > 1:
        condition = b.reshape(condition, (*condition.shape, *[1] * (x.rank - 1)))
    return b.like("SELECT_V2", [condition, x, y], node)


@lower(raw.ClipByValue)
def _clip(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, low, high = inputs
    return b.like("MAXIMUM", [b.binary("MINIMUM", x, high), low], node)


@lower(raw.BitwiseAnd)
def _bitwise_and(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    """With the sign's bit: a comparison. With the lowest bits: the rest of a division."""
    for x, mask in (inputs, inputs[::-1]):
        if mask.data is None or mask.data.size != 1 or x.dtype.kind != "i":
            continue
        number = int(mask.data.reshape(-1)[0])
        if number == np.iinfo(x.dtype).min:
            negative = b.binary("LESS", x, 0, np.bool_)
            return b.like("SELECT_V2", [negative, mask, b.const(0, x.dtype)], node)
        if number > 0 and not number & (number + 1):
            return b.like("FLOOR_MOD", [x, b.const(number + 1, x.dtype)], node)
    raise CannotLower("LiteRT has no bitwise and")


@lower(raw.Cumsum)
def _cumsum(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, axis = inputs
    a = node.attrs
    return b.like("CUMSUM", [x, axis], node, exclusive=a["exclusive"], reverse=a["reverse"])


@lower(raw.Bucketize)
def _bucketize(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.like("BUCKETIZE", inputs, node, boundaries=list(node.attrs["boundaries"]))
