"""Arithmetic that has a simpler form.

Only what holds for every number, NaN, infinities and negative zeros among them, is rewritten:
`x * 0` is zero for integers alone, and `x + 0.0` stays, since it makes 0.0 of -0.0 (`x - 0.0` does
not, and goes).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.graph.passes.rewriting import Rewriter, known, rules_for
from tidefall.graph.passes.static_shapes import same_shape
from tidefall.op import raw
from tidefall.op.traits import IDEMPOTENT, INVOLUTION

Result = Sequence[Any] | None
_MAX_ELEMENTS = 4096


def simplify_arithmetic(graph: FuncGraph) -> int:
    """Drop neutral operands, pairs that cancel, and powers that have an op of their own."""
    pairs = rules_for(graph, {INVOLUTION: _twice, IDEMPOTENT: _once})
    return Rewriter(graph).run(pairs | _RULES)


# ---- what is known of an operand ----


def splat(tensor: Any) -> Any:
    """The one number that a numeric constant holds throughout, as a NumPy scalar, else None."""
    value = known(tensor)
    if value is None or not 0 < value.size <= _MAX_ELEMENTS or value.dtype.kind not in "fiuVc":
        return None
    if tensor.dtype.is_quantized:
        return None
    first = value.reshape(-1)[0]
    if value.size > 1 and not bool((value == first).all()):
        return None
    if first == 0 and value.dtype.kind in "fV":
        signs = np.signbit(value)
        if signs.any() != signs.all():
            return None
    return first


def _is_negative_zero(number: Any) -> bool:
    return not number and number.dtype.kind in "fV" and bool(np.signbit(number))


def _is_positive_zero(number: Any) -> bool:
    return not number and not _is_negative_zero(number) and number.dtype.kind != "c"


def _is_integer(tensor: Any) -> bool:
    return tensor.dtype.is_integer and not tensor.dtype.is_quantized


def _keeps_shape(tensor: Any, constant: Any, out: Any) -> bool:
    """True if broadcasting against a constant leaves the shape of a tensor as it is."""
    shape = constant.shape
    if shape.rank == 0 or same_shape(tensor.shape, out.shape):
        return True
    return (
        tensor.shape.rank is not None
        and shape.rank <= tensor.shape.rank
        and (shape.num_elements() == 1)
    )


# ---- sums ----


def _add(node: Operation, rewriter: Rewriter) -> Result:
    if node.control_inputs:
        return None
    out = node.outputs[0]
    for x, y in (node.inputs, node.inputs[::-1]):
        number: Any = splat(y)
        if number is None or number != 0 or not _keeps_shape(x, y, out):
            continue
        if _is_integer(x) or _is_negative_zero(number):
            return [x]
    x, y = node.inputs
    if y.op.op_type is raw.Neg:
        return rewriter.instead(node, raw.Sub, [x, y.op.inputs[0]], {"T": node.attrs["T"]})
    if x.op.op_type is raw.Neg:
        return rewriter.instead(node, raw.Sub, [y, x.op.inputs[0]], {"T": node.attrs["T"]})
    return None


def _sub(node: Operation, rewriter: Rewriter) -> Result:
    if node.control_inputs:
        return None
    x, y = node.inputs
    number: Any = splat(y)
    if number is not None and _is_positive_zero(number) and _keeps_shape(x, y, node.outputs[0]):
        return [x]
    if y.op.op_type is raw.Neg:
        return rewriter.instead(node, raw.AddV2, [x, y.op.inputs[0]], {"T": node.attrs["T"]})
    if x is y and _is_integer(x):
        return rewriter.instead(node, raw.ZerosLike, [x], {"T": node.attrs["T"]})
    return None


# ---- products ----


def _mul(node: Operation, rewriter: Rewriter) -> Result:
    if node.control_inputs:
        return None
    out = node.outputs[0]
    for x, y in (node.inputs, node.inputs[::-1]):
        number: Any = splat(y)
        if number is None or not _keeps_shape(x, y, out):
            continue
        if number.dtype.kind != "c" and number == 1:
            return [x]
        if number == 0 and _is_integer(x):
            return rewriter.instead(node, raw.ZerosLike, [x], {"T": node.attrs["T"]})
    x, y = node.inputs
    if x is y:
        return (
            rewriter.instead(node, raw.Square, [x], {"T": node.attrs["T"]}) if _squares(x) else None
        )
    return None


def _squares(x: Any) -> bool:
    return x.dtype.is_floating or x.dtype.name in ("int32", "int64")


def _div(node: Operation, rewriter: Rewriter) -> Result:
    if node.control_inputs:
        return None
    x, y = node.inputs
    number: Any = splat(y)
    if number is None or number.dtype.kind == "c":
        return None
    if number == 1 and _keeps_shape(x, y, node.outputs[0]):
        return [x]
    value = known(y)
    if value is None or x.dtype.name not in ("float32", "float64"):
        return None
    if _is_power_of_two(number):
        inverse = rewriter.constant(np.asarray(1 / value, value.dtype), y.dtype, node)
        return rewriter.instead(node, raw.Mul, [x, inverse], {"T": node.attrs["T"]})
    return None


def _is_power_of_two(number: Any) -> bool:
    """True if dividing by it is the same as multiplying by its inverse, to the last bit."""
    mantissa, exponent = np.frexp(number)
    return bool(abs(mantissa) == 0.5 and -100 < exponent < 100)


# ---- powers ----


def _pow(node: Operation, rewriter: Rewriter) -> Result:
    """x ** 0.5 is not a square root: they differ for minus infinity and minus zero."""
    x, y = node.inputs
    number: Any = splat(y)
    if node.control_inputs or number is None or not _keeps_shape(x, y, node.outputs[0]):
        return None
    attrs = {"T": node.attrs["T"]}
    if number == 1:
        return [x]
    if not x.dtype.is_floating:
        return None
    if number == 2:
        return rewriter.instead(node, raw.Square, [x], attrs)
    if number == 3:
        square = rewriter.add(raw.Square, [x], attrs, node).outputs[0]
        return rewriter.instead(node, raw.Mul, [x, square], attrs)
    if number == -1:
        return rewriter.instead(node, raw.Reciprocal, [x], attrs)
    if number == 0:
        return rewriter.instead(node, raw.OnesLike, [x], attrs)
    return None


# ---- pairs ----


def _twice(node: Operation, rewriter: Rewriter) -> Result:
    """Neg of Neg and the like."""
    inner = node.inputs[0].op
    if node.control_inputs or inner.op_type != node.op_type or inner.control_inputs:
        return None
    return inner.inputs[:1]


def _once(node: Operation, rewriter: Rewriter) -> Result:
    """Abs of Abs, Relu of Relu."""
    inner = node.inputs[0].op
    if node.control_inputs or inner.op_type != node.op_type:
        return None
    return node.inputs[:1]


def _even(node: Operation, rewriter: Rewriter) -> Result:
    """Square and Abs do not see a sign."""
    inner = node.inputs[0].op
    if node.control_inputs or inner.op_type is not raw.Neg:
        return None
    return rewriter.instead(node, node.op_type, inner.inputs[:1], node.attrs)


def _transpose(node: Operation, rewriter: Rewriter) -> Result:
    """Two transposes in a row are one, or none."""
    inner = node.inputs[0].op
    if node.control_inputs or inner.op_type is not raw.Transpose:
        return None
    second, first = known(node.inputs[1]), known(inner.inputs[1])
    if first is None or second is None or first.size != second.size:
        return None
    if (first < 0).any() or (second < 0).any():
        return None
    both = first[second]
    if list(both) == list(range(both.size)):
        return inner.inputs[:1]
    order = rewriter.constant(both.astype(second.dtype), node.inputs[1].dtype, node)
    return rewriter.instead(node, raw.Transpose, [inner.inputs[0], order], node.attrs)


def _matmul(node: Operation, rewriter: Rewriter) -> Result:
    """Transposes of the factors become attributes of the product."""
    flags = ("transpose_a", "transpose_b")
    if node.op_type is not raw.MatMul:
        flags = ("adj_x", "adj_y")
    inputs, attrs = list(node.inputs), dict(node.attrs)
    for i, flag in enumerate(flags):
        source = _untransposed(inputs[i])
        if source is not None:
            inputs[i] = source
            attrs[flag] = not attrs[flag]
    if all(a is b for a, b in zip(inputs, node.inputs, strict=True)):
        return None
    return rewriter.instead(node, node.op_type, inputs, attrs)


def _untransposed(tensor: Any) -> Any:
    """What a transpose of the last two dimensions was made of, or None."""
    inner = tensor.op
    if inner.op_type is not raw.Transpose or tensor.dtype.is_complex:
        return None
    order = known(inner.inputs[1])
    if order is None or order.size < 2:
        return None
    n = order.size
    wanted = [*range(n - 2), n - 1, n - 2]
    return inner.inputs[0] if list(order) == wanted else None


_RULES: dict[Any, Any] = {
    raw.Add: _add,
    raw.AddV2: _add,
    raw.Sub: _sub,
    raw.Mul: _mul,
    raw.RealDiv: _div,
    raw.Div: _div,
    raw.Pow: _pow,
    raw.Transpose: _transpose,
    raw.MatMul: _matmul,
    raw.BatchMatMul: _matmul,
    raw.BatchMatMulV2: _matmul,
    raw.Square: _even,
}
