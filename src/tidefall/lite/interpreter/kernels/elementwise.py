"""Functions of one tensor, element by element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.lite.interpreter import layers
from tidefall.lite.interpreter.fixed_functions import inverse_sqrt_multiplier
from tidefall.lite.interpreter.fixed_point import (
    multiply_by_quantized_multiplier,
    quantize_multiplier,
)
from tidefall.lite.interpreter.kernels.common import QUANTIZED, saturate
from tidefall.lite.interpreter.lookup import (
    apply_8_bit,
    apply_16_bit,
    table_8_bit,
    table_16_bit,
)
from tidefall.lite.interpreter.registry import Kernel, NativeKernel, Node, kernel, namespace
from tidefall.lite.schema import TensorType

Function = Callable[[Any], Any]


def by_table(node: Node, function: Function) -> Kernel:
    """A quantized kernel of 8 or 16 bits by lookup."""
    source, target = node.input(0), node.output()
    if source.type == TensorType.INT16:
        wide = table_16_bit(
            function, source.scale, source.zero_point, target.scale, target.zero_point
        )
        return lambda x: apply_16_bit(wide, x).astype(np.int16)
    table = table_8_bit(function, source, target)
    return NativeKernel(lambda x: apply_8_bit(table, x), layers.lookup(table))


def is_quantized(node: Node) -> bool:
    """Whether the first input's integers stand for real numbers."""
    source = node.input(0)
    return source.type in QUANTIZED and source.is_quantized


def _simple(name: str, function: Callable[[Any, Any], Any]) -> None:
    def factory(node: Node) -> Kernel:
        if is_quantized(node):
            raise node.unsupported()
        return lambda x: function(namespace(x), x)

    kernel(name, traceable=True)(factory)


_simple("SIN", lambda xp, x: xp.sin(x))
_simple("COS", lambda xp, x: xp.cos(x))
_simple("SQUARE", lambda xp, x: xp.square(x))
_simple("NEG", lambda xp, x: xp.negative(x))
_simple("FLOOR", lambda xp, x: xp.floor(x))
_simple("CEIL", lambda xp, x: xp.ceil(x))
_simple("LOGICAL_NOT", lambda xp, x: xp.logical_not(x))
_simple("SIGN", lambda xp, x: xp.sign(x))
_simple("ROUND", lambda xp, x: xp.round(x))


@kernel("EXP", traceable=True)
def exp(node: Node) -> Kernel:
    if is_quantized(node):
        return by_table(node, np.exp)
    return lambda x: namespace(x).exp(x)


@kernel("ABS", traceable=True)
def abs_(node: Node) -> Kernel:
    if not is_quantized(node):
        return lambda x: namespace(x).abs(x)
    source, target = node.input(0), node.output()
    multiplier, shift = quantize_multiplier(float(source.scale / target.scale))
    rescale = source.scale != target.scale

    def run(x: Any) -> Any:
        value = np.abs(x.astype(np.int64) - source.zero_point)
        if rescale:
            value = multiply_by_quantized_multiplier(value, multiplier, shift)
        return saturate(value + target.zero_point, x.dtype)

    return run


@kernel("LOG", traceable=True)
def log(node: Node) -> Kernel:
    if not is_quantized(node):
        return lambda x: namespace(x).log(x)
    target = node.output()
    least = np.float32(int(np.iinfo(target.dtype).min) - target.zero_point) * target.scale
    return by_table(node, lambda x: np.where(x <= 0, least, np.log(np.maximum(x, 1e-38))))


@kernel("SQRT", traceable=True)
def sqrt(node: Node) -> Kernel:
    if not is_quantized(node):
        return lambda x: namespace(x).sqrt(x)
    source, target = node.input(0), node.output()

    def run(x: Any) -> Any:
        real = source.scale * (x.astype(np.int32) - source.zero_point).astype(np.float32)
        if (real < 0).any():
            raise ValueError("Sqrt is only defined for non-negative values")
        return saturate(np.trunc(np.sqrt(real) / target.scale) + target.zero_point, x.dtype)

    return run


@kernel("RSQRT", traceable=True)
def rsqrt(node: Node) -> Kernel:
    if not is_quantized(node):
        return lambda x: x.dtype.type(1) / namespace(x).sqrt(x)
    source, target = node.input(0), node.output()
    if source.type == TensorType.INT16:
        most = np.float32(32767) * target.scale
        lookup = by_table(
            node, lambda x: np.where(x <= 0, most, 1 / np.sqrt(np.maximum(x, np.float32(1e-38))))
        )
    else:
        table = _rsqrt_table(source, target)

        def lookup(x: Any) -> Any:
            return table[x.astype(np.int64) - source.zero_point]

    def run(x: Any) -> Any:
        if x.size and int(x.min()) < source.zero_point:
            raise ValueError("Rsqrt is only defined for positive values")
        return lookup(x)

    return run


def _rsqrt_table(source: Any, target: Any) -> Any:
    scale = 1.0 / float(np.sqrt(source.scale) * target.scale)
    multiplier, shift = quantize_multiplier(scale)
    found = np.full(256, 127, np.int64)
    for value in range(1, 256):
        inverse, inverse_shift = inverse_sqrt_multiplier(value)
        data = multiply_by_quantized_multiplier(np.int64(1), inverse, inverse_shift + 20)
        found[value] = (
            multiply_by_quantized_multiplier(data, multiplier, shift - 20) + target.zero_point
        )
    return saturate(found, np.int8)


@kernel("CAST", traceable=True)
def cast(node: Node) -> Kernel:
    dtype = node.output().dtype
    source = node.input(0).dtype

    def run(x: Any) -> Any:
        if source.kind == "c" and dtype.kind != "c":
            x = x.real
        if isinstance(x, np.ndarray) and source.kind == "f" and dtype.kind in "iu":
            with np.errstate(invalid="ignore"):
                return x.astype(dtype)
        return x.astype(dtype)

    return run


@kernel("BITCAST")
def bitcast(node: Node) -> Kernel:
    dtype = node.output().dtype

    def run(x: Any) -> Any:
        if x.dtype.itemsize == dtype.itemsize:
            return x.view(dtype)
        if x.dtype.itemsize < dtype.itemsize:
            return np.ascontiguousarray(x).view(dtype)[..., 0]
        return np.ascontiguousarray(x)[..., None].view(dtype)

    return run


@kernel("REAL")
def real(node: Node) -> Kernel:
    return lambda x: x.real.copy()


@kernel("IMAG")
def imag(node: Node) -> Kernel:
    return lambda x: x.imag.copy()


@kernel("COMPLEX_ABS")
def complex_abs(node: Node) -> Kernel:
    return lambda x: np.abs(x)
