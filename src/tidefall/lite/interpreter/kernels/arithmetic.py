"""Arithmetic of two tensors, with broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.interpreter import layers
from tidefall.lite.interpreter.fixed_functions import leading_zeros, reciprocal
from tidefall.lite.interpreter.fixed_point import (
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    rounding_divide_by_pot,
    wrap_int32,
)
from tidefall.lite.interpreter.kernels.common import (
    QUANTIZED,
    activate,
    quantized_limits,
    saturate,
)
from tidefall.lite.interpreter.registry import Kernel, NativeKernel, Node, kernel, namespace
from tidefall.lite.schema import (
    ActivationFunctionType,
    AddOptions,
    DivOptions,
    MulOptions,
    SubOptions,
    TensorType,
)

_FEW = 1 << 14
"""Elements for which a table of all pairs does not pay."""


def is_quantized(node: Node) -> bool:
    """Whether the integers of the output stand for real numbers."""
    output = node.output()
    return output.type in QUANTIZED and output.is_quantized


def common_factors(node: Node) -> tuple[tuple[int, int], tuple[int, int], float]:
    """What brings both inputs to twice the greater scale, as multipliers and shifts; and that scale."""
    one, two = node.input(0), node.input(1)
    twice = float(np.float32(2) * max(one.scale, two.scale))
    first, second = (quantize_multiplier(float(each.scale) / twice) for each in (one, two))
    return first, second, twice


def common_scale(node: Node, left_shift: int) -> tuple[Any, Any]:
    """What brings both inputs to twice the greater scale; and that scale.

    Returns:
        A function of both arrays to both of them rescaled, and the scale.
    """
    one, two = node.input(0), node.input(1)
    (first, first_shift), (second, second_shift), twice = common_factors(node)

    def run(x: Any, y: Any) -> tuple[Any, Any]:
        x = (x.astype(np.int64) - one.zero_point) << left_shift
        y = (y.astype(np.int64) - two.zero_point) << left_shift
        return (
            multiply_by_quantized_multiplier(x, first, first_shift),
            multiply_by_quantized_multiplier(y, second, second_shift),
        )

    return run, twice


def _quantized_sum(node: Node, activation: Any, pot: bool, sign: int) -> Kernel:
    output = node.output()
    low, high = quantized_limits(output, activation, node.operator)
    if output.type == TensorType.INT16 and pot:
        shifts = _power_of_two_shifts(node)
        if shifts is not None:
            return _power_of_two_sum(shifts, low, high, sign)
    left_shift = 15 if output.type == TensorType.INT16 else 20
    rescale, twice = common_scale(node, left_shift)
    multiplier, shift = quantize_multiplier(twice / ((1 << left_shift) * float(output.scale)))

    def run(x: Any, y: Any) -> Any:
        x, y = rescale(x, y)
        found = multiply_by_quantized_multiplier(wrap_int32(x + sign * y), multiplier, shift)
        return np.clip(found + output.zero_point, low, high).astype(output.dtype)

    first, second, _ = common_factors(node)
    zeros = node.input(0).zero_point, node.input(1).zero_point
    factors = first, second, (multiplier, shift)
    settings = [node.program.threads, *zeros, sign]
    settings += [*first, *second, multiplier, shift, output.zero_point, low, high]
    return NativeKernel(by_table(node, run), layers.integer_sum(settings, factors))


def _power_of_two_shifts(node: Node) -> tuple[int, int] | None:
    """Shifts of inputs whose scales are powers of two times the output's; else None."""
    logs = []
    for info in (node.input(0), node.input(1), node.output()):
        if info.zero_point:
            return None
        exact = float(np.log2(float(info.scale)))
        if abs(exact - round(exact)) > 1e-3:
            return None
        logs.append(round(exact))
    return logs[0] - logs[2], logs[1] - logs[2]


def _power_of_two_sum(shifts: tuple[int, int], low: int, high: int, sign: int) -> Kernel:
    def run(x: Any, y: Any) -> Any:
        x = rounding_divide_by_pot(x.astype(np.int64), max(-shifts[0], 0))
        y = rounding_divide_by_pot(y.astype(np.int64), max(-shifts[1], 0))
        return np.clip(x + sign * y, low, high).astype(np.int16)

    return run


def by_table(node: Node, run: Kernel) -> Kernel:
    """A kernel of two 8-bit inputs, which looks up results once there are many.

    The table has the kernel's own results for all 65,536 pairs, so it is as exact.
    """
    one, two = node.input(0).dtype, node.input(1).dtype
    if one.itemsize != 1 or two.itemsize != 1:
        return run
    tables: list[Any] = []

    def table() -> Any:
        every = np.arange(256, dtype=np.uint8)
        first, second = every.view(one)[:, None], every.view(two)[None, :]
        return run(first, second).reshape(-1)

    def looked_up(x: Any, y: Any) -> Any:
        if max(x.size, y.size) < _FEW:
            return run(x, y)
        if not tables:
            tables.append(table())
        high = np.ascontiguousarray(x).view(np.uint8).astype(np.uint16) << 8
        return tables[0][high | np.ascontiguousarray(y).view(np.uint8)]

    return looked_up


@kernel("ADD", traceable=True)
def add(node: Node) -> Kernel:
    options = node.option(AddOptions)
    activation = options.fused_activation_function
    if is_quantized(node):
        return _quantized_sum(node, activation, options.pot_scale_int16, 1)
    return NativeKernel(
        lambda x, y: activate(x + y, activation, "ADD"), layers.float_sum(activation)
    )


@kernel("SUB", traceable=True)
def sub(node: Node) -> Kernel:
    options = node.option(SubOptions)
    activation = options.fused_activation_function
    if is_quantized(node):
        return _quantized_sum(node, activation, options.pot_scale_int16, -1)
    return lambda x, y: activate(x - y, activation, "SUB")


@kernel("MUL", traceable=True)
def mul(node: Node) -> Kernel:
    activation = node.option(MulOptions).fused_activation_function
    if not is_quantized(node):
        return lambda x, y: activate(x * y, activation, "MUL")
    one, two, output = node.input(0), node.input(1), node.output()
    multiplier, shift = quantize_multiplier(float(one.scale * two.scale / output.scale))
    low, high = quantized_limits(output, activation, "MUL")

    def run(x: Any, y: Any) -> Any:
        product = (x.astype(np.int64) - one.zero_point) * (y.astype(np.int64) - two.zero_point)
        found = multiply_by_quantized_multiplier(product, multiplier, shift)
        return np.clip(found + output.zero_point, low, high).astype(output.dtype)

    return by_table(node, run)


@kernel("DIV", traceable=True)
def div(node: Node) -> Kernel:
    activation = node.option(DivOptions).fused_activation_function
    if is_quantized(node):
        return _quantized_div(node, activation)
    if node.output().dtype.kind in "iu":

        def integers(x: Any, y: Any) -> Any:
            _refuse_zero(y)
            return activate(_truncated(x, y), activation, "DIV")

        return integers

    def run(x: Any, y: Any) -> Any:
        with np.errstate(all="ignore"):
            return activate(x / y, activation, "DIV")

    return run


def _refuse_zero(y: Any) -> None:
    if isinstance(y, np.ndarray) and (y == 0).any():
        raise ValueError("division by 0")


def _truncated(x: Any, y: Any) -> Any:
    xp = namespace(x, y)
    whole = xp.abs(x) // xp.abs(y)
    return xp.where((x < 0) == (y < 0), whole, -whole).astype(x.dtype)


def _quantized_div(node: Node, activation: ActivationFunctionType) -> Kernel:
    one, two, output = node.input(0), node.input(1), node.output()
    multiplier, shift = quantize_multiplier(float(one.scale / (two.scale * output.scale)))
    low, high = quantized_limits(output, activation, "DIV")

    def run(x: Any, y: Any) -> Any:
        x, y = np.broadcast_arrays(
            x.astype(np.int64) - one.zero_point, y.astype(np.int64) - two.zero_point
        )
        _refuse_zero(y)
        x = np.where(y < 0, -x, x)
        y = np.abs(y)
        inverse, inverse_shift = reciprocal(y, 31)
        headroom = leading_zeros(np.where(x < 0, ~x, x)) - 1
        quotient = multiply_by_quantized_multiplier(x, inverse, headroom)
        total = shift - inverse_shift - headroom
        found = multiply_by_quantized_multiplier(quotient, multiplier, total)
        return np.clip(found + output.zero_point, low, high).astype(output.dtype)

    return run


@kernel("SQUARED_DIFFERENCE", traceable=True)
def squared_difference(node: Node) -> Kernel:
    if not is_quantized(node):
        return lambda x, y: namespace(x, y).square(x - y)
    output = node.output()
    rescale, twice = common_scale(node, 7)
    factor = twice * twice / ((1 << 14) * float(output.scale))
    multiplier, shift = quantize_multiplier(factor)

    def run(x: Any, y: Any) -> Any:
        x, y = rescale(x, y)
        found = multiply_by_quantized_multiplier((x - y) ** 2, multiplier, shift)
        return saturate(found + output.zero_point, output.dtype)

    return by_table(node, run)


@kernel("MAXIMUM", traceable=True)
def maximum(node: Node) -> Kernel:
    return lambda x, y: namespace(x, y).maximum(x, y)


@kernel("MINIMUM", traceable=True)
def minimum(node: Node) -> Kernel:
    return lambda x, y: namespace(x, y).minimum(x, y)


@kernel("POW", traceable=True)
def pow_(node: Node) -> Kernel:
    def run(x: Any, y: Any) -> Any:
        if x.dtype.kind == "i" and isinstance(y, np.ndarray) and (y < 0).any():
            raise ValueError("negative powers of integers are not possible")
        return namespace(x, y).power(x, y)

    return run


@kernel("FLOOR_DIV", traceable=True)
def floor_div(node: Node) -> Kernel:
    def run(x: Any, y: Any) -> Any:
        xp = namespace(x, y)
        if x.dtype.kind in "iu":
            _refuse_zero(y)
            return x // y
        return xp.floor(x / y)

    return run


@kernel("FLOOR_MOD", traceable=True)
def floor_mod(node: Node) -> Kernel:
    def run(x: Any, y: Any) -> Any:
        if x.dtype.kind in "iu":
            _refuse_zero(y)
        return namespace(x, y).mod(x, y)

    return run


@kernel("ADD_N", traceable=True)
def add_n(node: Node) -> Kernel:
    def run(*parts: Any) -> Any:
        total = parts[0]
        for each in parts[1:]:
            total = total + each
        return total

    return run


@kernel("ATAN2", traceable=True)
def atan2(node: Node) -> Kernel:
    return lambda y, x: namespace(x, y).arctan2(y, x)


@kernel("LOGICAL_AND", traceable=True)
def logical_and(node: Node) -> Kernel:
    return lambda x, y: namespace(x, y).logical_and(x, y)


@kernel("LOGICAL_OR", traceable=True)
def logical_or(node: Node) -> Kernel:
    return lambda x, y: namespace(x, y).logical_or(x, y)


@kernel("BITWISE_XOR", traceable=True)
def bitwise_xor(node: Node) -> Kernel:
    return lambda x, y: x ^ y


@kernel("RIGHT_SHIFT", traceable=True)
def right_shift(node: Node) -> Kernel:
    def run(x: Any, y: Any) -> Any:
        bits = x.dtype.itemsize * 8
        return x >> namespace(x, y).clip(y, 0, bits - 1).astype(x.dtype)

    return run
