"""Groups of operators that are one builtin, or that have a form which integers can compute."""

from __future__ import annotations

import math

import numpy as np

from tidefall.lite.converter.ir import Operator, Subgraph, Value
from tidefall.lite.converter.lowering.builder import Builder
from tidefall.lite.converter.lowering.elementwise import ERF, ERFC, erf
from tidefall.lite.converter.rewrites.matching import (
    Rewriter,
    is_number,
    like_constant,
    made_by,
    splat,
    split_constant,
)

_SQRT_2 = math.sqrt(2.0)


def _factors(value: Value) -> tuple[list[Value], float]:
    """What a product is made of: values that are computed, and the number that scales them."""
    operator = value.producer
    if operator is None:
        return [value], 1.0
    if operator.code == "NEG":
        values, number = _factors(operator.input(0))
        return values, -number
    if operator.code == "MUL" and not operator.options:
        values: list[Value] = []
        number = 1.0
        for item in operator.inputs:
            assert item is not None
            if item.is_constant:
                found = splat(item)
                if found is None:
                    return [value], 1.0
                number *= found
            else:
                inner, scale = _factors(item)
                values += inner
                number *= scale
        return values, number
    return [value], 1.0


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-5 * max(1.0, abs(b))


def _gelu(operator: Operator, rewriter: Rewriter) -> bool:
    """0.5 x erfc(-x / sqrt 2), 0.5 x (1 + erf(x / sqrt 2)), and with tanh."""
    values, number = _factors(operator.output)
    if len(values) != 2 or not _close(number, 0.5):
        return False
    for x, other in (values, values[::-1]):
        inner = other.producer
        if inner is None:
            continue
        if inner.code == ERFC and _is_scaled(inner.input(0), x, -1 / _SQRT_2):
            return rewriter.become(operator, "GELU", [x], approximate=False)
        if inner.code != "ADD":
            continue
        parts = split_constant(inner)
        if parts is None or not is_number(parts[1], 1.0) or parts[0].producer is None:
            continue
        curve = parts[0].producer
        if curve.code == ERF and _is_scaled(curve.input(0), x, 1 / _SQRT_2):
            return rewriter.become(operator, "GELU", [x], approximate=False)
        if curve.code == "TANH" and _is_tanh_argument(curve.input(0), x):
            return rewriter.become(operator, "GELU", [x], approximate=True)
    return False


def _is_scaled(value: Value, x: Value, number: float) -> bool:
    division = made_by(value, "DIV")
    if division is not None and splat(division.inputs[1]):
        return division.inputs[0] is x and _close(1 / (splat(division.inputs[1]) or 1), number)
    values, found = _factors(value)
    return len(values) == 1 and values[0] is x and _close(found, number)


def _is_tanh_argument(value: Value, x: Value) -> bool:
    """sqrt(2 / pi) (x + 0.044715 x ** 3)."""
    values, number = _factors(value)
    if len(values) != 1 or not _close(number, math.sqrt(2 / math.pi)):
        return False
    total = made_by(values[0], "ADD")
    if total is None:
        return False
    for a, c in (total.inputs, total.inputs[::-1]):
        if a is x and c is not None:
            power = made_by(c, "MUL")
            cubes, scale = _factors(c)
            if power is None or not _close(scale, 0.044715):
                return False
            if len(cubes) == 3 and all(v is x for v in cubes):
                return True
            if len(cubes) == 1:
                cube = made_by(cubes[0], "POW")
                return cube is not None and cube.inputs[0] is x and is_number(cube.inputs[1], 3.0)
            squares = [v for v in cubes if v is not x]
            if len(squares) == 1 and len(cubes) == 2:
                square = made_by(squares[0], "SQUARE")
                return square is not None and square.inputs[0] is x
    return False


def find_gelu(subgraph: Subgraph) -> int:
    """Products that are GELU."""
    return Rewriter(subgraph).run({"MUL": _gelu})


def spell_out_erf(subgraph: Subgraph) -> int:
    """The error functions that are left, in operators that exist."""
    found = [o for o in subgraph.operators if o.code in (ERF, ERFC)]
    for operator in found:
        made = Subgraph("")
        builder = Builder(made)
        result = erf(builder, operator.input(0))
        if operator.code == ERFC:
            result = builder.binary("SUB", 1.0, result)
        last = made.operators[-1]
        last.outputs = operator.outputs
        operator.output.producer = last
        for new in made.operators:
            new.layer, new.line = operator.layer, operator.line
            for value in new.outputs:
                value.name = value.name or operator.layer
                value.layer = operator.layer
            for value in new.inputs:
                if value is not None and not value.layer:
                    value.layer, value.name = operator.layer, f"{operator.layer}/const"
        at = subgraph.operators.index(operator)
        subgraph.operators[at : at + 1] = made.operators
    return len(found)


def _shifted_scale(operator: Operator, rewriter: Rewriter) -> bool:
    """x s + (-m s + b) is (x - m) s + b: as many operators, exact where x is near m, no NEG."""
    for left, right in (operator.inputs, operator.inputs[::-1]):
        product, rest = made_by(left, "MUL"), made_by(right, "ADD") or made_by(right, "SUB")
        if product is None or rest is None:
            if product is None or right is None:
                continue
            # Without an offset: x s + (-m s).
            shifted = _negative_product(right)
            offset: Value | None = None
        elif rest.code == "SUB":  # b - m s
            inner = made_by(rest.inputs[1], "MUL")
            shifted = None if inner is None else (inner.input(0), inner.input(1))
            offset = rest.inputs[0]
        else:
            shifted = _negative_product(rest.inputs[0])
            offset = rest.inputs[1]
            if shifted is None:
                shifted, offset = _negative_product(rest.inputs[1]), rest.inputs[0]
        if shifted is None:
            continue
        for x, scale in (product.inputs, product.inputs[::-1]):
            for mean, same in (shifted, shifted[::-1]):
                if same is not scale or x is None or scale is None:
                    continue
                if not mean.is_constant and not scale.is_constant:
                    difference = rewriter.new(
                        "SUB", [x, mean], operator, shape=operator.output.shape
                    )
                    if offset is None:
                        return rewriter.become(operator, "MUL", [difference, scale])
                    scaled = rewriter.new("MUL", [difference, scale], operator)
                    return rewriter.become(operator, "ADD", [scaled, offset])
    return False


def _negative_product(value: Value | None) -> tuple[Value, Value] | None:
    """m and s of -m s."""
    product = made_by(value, "MUL")
    if product is None:
        negative = made_by(value, "NEG")
        inner = made_by(negative.inputs[0], "MUL") if negative is not None else None
        return None if inner is None else (inner.input(0), inner.input(1))
    for a, c in (product.inputs, product.inputs[::-1]):
        negative = made_by(a, "NEG")
        if negative is not None and c is not None:
            return negative.input(0), c
    return None


def find_shifted_scales(subgraph: Subgraph) -> int:
    """Normalizations in a form without negation."""
    return Rewriter(subgraph).run({"ADD": _shifted_scale})


def _prelu(operator: Operator, rewriter: Rewriter) -> bool:
    """relu(x) - a relu(-x)."""
    for left, right in (operator.inputs, operator.inputs[::-1]):
        high, low = made_by(left, "RELU"), made_by(right, "MUL")
        if high is None or low is None:
            continue
        parts = split_constant(low)
        if parts is None or operator.code != "ADD":
            continue
        inner = made_by(parts[0], "RELU")
        negative = None if inner is None else made_by(inner.inputs[0], "NEG")
        x = high.input(0)
        if negative is None or negative.inputs[0] is not x or parts[1].data is None:
            continue
        slope = -parts[1].data
        if slope.size == 1:
            alpha = float(slope.reshape(-1)[0])
            return rewriter.become(operator, "LEAKY_RELU", [x], alpha=alpha)
        while slope.ndim > x.rank - 1 and slope.shape[0] == 1:
            slope = slope[0]
        if slope.ndim != x.rank - 1:
            continue
        return rewriter.become(operator, "PRELU", [x, like_constant(slope, parts[1])])
    return False


def find_prelu(subgraph: Subgraph) -> int:
    """Sums that are PReLU."""
    return Rewriter(subgraph).run({"ADD": _prelu})


def _clipped(operator: Operator, rewriter: Rewriter) -> bool:
    """min(max(x, 0), 6) and the same the other way round."""
    other = "MAXIMUM" if operator.code == "MINIMUM" else "MINIMUM"
    parts = split_constant(operator)
    if parts is None or operator.output.dtype != np.float32:
        return False
    inner = made_by(parts[0], other)
    relu = made_by(parts[0], "RELU")
    if relu is not None and operator.code == "MINIMUM":
        if not is_number(parts[1], 6.0) or not rewriter.is_single(parts[0]):
            return False
        return rewriter.become(operator, "RELU6", [relu.input(0)])
    if inner is None or not rewriter.is_single(parts[0]):
        return False
    within = split_constant(inner)
    if within is None:
        return False
    high, low = (parts[1], within[1]) if operator.code == "MINIMUM" else (within[1], parts[1])
    if within[0].shape != operator.output.shape:
        return False
    if is_number(low, 0.0) and is_number(high, 6.0):
        return rewriter.become(operator, "RELU6", [within[0]])
    if is_number(low, -1.0) and is_number(high, 1.0):
        return rewriter.become(operator, "RELU_N1_TO_1", [within[0]])
    return False


def _hard_swish(operator: Operator, rewriter: Rewriter) -> bool:
    """x relu6(x + 3) / 6."""
    values, number = _factors(operator.output)
    if len(values) != 2 or not _close(number, 1 / 6):
        return False
    for x, other in (values, values[::-1]):
        gate = made_by(other, "RELU6")
        shifted = made_by(gate.inputs[0], "ADD") if gate is not None else None
        parts = split_constant(shifted) if shifted is not None else None
        if parts is not None and parts[0] is x and is_number(parts[1], 3.0):
            return rewriter.become(operator, "HARD_SWISH", [x])
    return False


def find_clips(subgraph: Subgraph) -> int:
    """Limits that are activations."""
    rewriter = Rewriter(subgraph)
    count = rewriter.run({"MINIMUM": _clipped, "MAXIMUM": _clipped})
    return count + Rewriter(subgraph).run({"MUL": _hard_swish})


def _l2_normalization(operator: Operator, rewriter: Rewriter) -> bool:
    """x rsqrt(max(sum(x x), e)) along the last dimension."""
    for x, scale in (operator.inputs, operator.inputs[::-1]):
        root = made_by(scale, "RSQRT")
        bounded = made_by(root.inputs[0], "MAXIMUM") if root is not None else None
        parts = split_constant(bounded) if bounded is not None else None
        total = made_by(parts[0], "SUM") if parts is not None else None
        if total is None or x is None or parts is None:
            continue
        square = total.input(0).producer
        axes = total.input(1).data
        limit = splat(parts[1])
        if square is None or axes is None or limit is None or limit > 1e-10:
            continue
        same = (square.code == "SQUARE" and square.inputs[0] is x) or (
            square.code == "MUL" and square.inputs[0] is x and square.inputs[1] is x
        )
        if same and list(axes.reshape(-1)) == [x.rank - 1] and x.shape == operator.output.shape:
            return rewriter.become(operator, "L2_NORMALIZATION", [x])
    return False


def find_l2_normalization(subgraph: Subgraph) -> int:
    """Divisions by the length of a vector."""
    return Rewriter(subgraph).run({"MUL": _l2_normalization})


def _square(operator: Operator, rewriter: Rewriter) -> bool:
    """x ** 2 is x x, which has integer kernels."""
    if operator.output.dtype != np.float32:
        return False
    return rewriter.become(operator, "MUL", [operator.input(0), operator.input(0)])


def _neg(operator: Operator, rewriter: Rewriter) -> bool:
    """-x is 0 - x, which has integer kernels."""
    x = operator.input(0)
    if x.dtype != np.float32:
        return False
    zero = like_constant(np.zeros([], np.float32), operator.output)
    return rewriter.become(operator, "SUB", [zero, x])


def integer_forms(subgraph: Subgraph) -> int:
    """Operators without integer kernels as others that have some; for quantization."""
    return Rewriter(subgraph).run({"SQUARE": _square, "NEG": _neg})
