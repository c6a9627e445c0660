"""Reductions along axes, and places of the greatest."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.interpreter import layers
from tidefall.lite.interpreter.fixed_point import (
    multiply_by_quantized_multiplier,
    multiply_int64,
    quantize_multiplier,
)
from tidefall.lite.interpreter.kernels.common import saturate
from tidefall.lite.interpreter.kernels.elementwise import is_quantized
from tidefall.lite.interpreter.registry import Kernel, NativeKernel, Node, kernel, namespace
from tidefall.lite.schema import ArgMaxOptions, ArgMinOptions, CumsumOptions, ReducerOptions


def reduced_axes(axes: Any, rank: int) -> tuple[int, ...]:
    """The axes of a reduction, once each."""
    found = set()
    for each in np.asarray(axes).reshape(-1):
        if not -rank <= each < max(rank, 1):
            raise ValueError(f"axis {each} is outside a tensor of {rank} dimensions")
        found.add(int(each) % max(rank, 1))
    return tuple(sorted(found)) if rank else ()


def _plain(name: str, reducer: str) -> None:
    def factory(node: Node) -> Kernel:
        keep = node.option(ReducerOptions).keep_dims

        def run(x: Any, axes: Any) -> Any:
            function = getattr(namespace(x), reducer)
            found = function(x, axis=reduced_axes(axes, x.ndim), keepdims=keep)
            return found.astype(x.dtype)

        return run

    kernel(name, traceable=True)(factory)


_plain("REDUCE_MAX", "max")
_plain("REDUCE_MIN", "min")
_plain("REDUCE_ANY", "any")
_plain("REDUCE_ALL", "all")


@kernel("SUM", "MEAN", traceable=True)
def sum_or_mean(node: Node) -> Kernel:
    keep = node.option(ReducerOptions).keep_dims
    mean = node.operator == "MEAN"
    if is_quantized(node):
        return _quantized_sum_or_mean(node, keep, mean)

    def run(x: Any, axes: Any) -> Any:
        xp = namespace(x)
        axis = reduced_axes(axes, x.ndim)
        if not mean:
            return xp.sum(x, axis=axis, keepdims=keep, dtype=x.dtype)
        if x.dtype.kind in "iu":
            total = xp.sum(x, axis=axis, keepdims=keep)
            count = int(np.prod([x.shape[each] for each in axis]))
            return (xp.sign(total) * (xp.abs(total) // max(count, 1))).astype(x.dtype)
        return xp.mean(x, axis=axis, keepdims=keep, dtype=x.dtype)

    return run


def _quantized_sum_or_mean(node: Node, keep: bool, mean: bool) -> Kernel:
    source, target = node.input(0), node.output()
    multiplier, shift = quantize_multiplier(float(source.scale) / float(target.scale))

    def factor_of(count: int) -> tuple[int, int]:
        if not mean or not count:
            return multiplier, shift
        extra = min(count.bit_length() - 1, 32, 31 + shift)
        return (multiplier << extra) // count, shift - extra

    def run(x: Any, axes: Any) -> Any:
        axis = reduced_axes(axes, x.ndim)
        count = int(np.prod([x.shape[each] for each in axis], dtype=np.int64))
        total = x.sum(axis=axis, keepdims=keep, dtype=np.int64) - source.zero_point * count
        found = multiply_by_quantized_multiplier(total, *factor_of(count)) + target.zero_point
        return saturate(found, target.dtype)

    return NativeKernel(
        run,
        layers.mean(
            lambda count: [source.zero_point * count, *factor_of(count), target.zero_point]
        ),
    )


@kernel("REDUCE_PROD", traceable=True)
def reduce_prod(node: Node) -> Kernel:
    keep = node.option(ReducerOptions).keep_dims
    if is_quantized(node):
        return _quantized_prod(node, keep)

    def run(x: Any, axes: Any) -> Any:
        axis = reduced_axes(axes, x.ndim)
        return namespace(x).prod(x, axis=axis, keepdims=keep, dtype=x.dtype)

    return run


def _quantized_prod(node: Node, keep: bool) -> Kernel:
    source, target = node.input(0), node.output()

    def run(x: Any, axes: Any) -> Any:
        axis = reduced_axes(axes, x.ndim)
        order = [each for each in range(x.ndim) if each not in axis] + list(axis)
        rest = [x.shape[each] for each in range(x.ndim) if each not in axis]
        flat = np.transpose(x, order).reshape([*rest, -1]).astype(np.int64) - source.zero_point
        count = flat.shape[-1]
        scaling = float(source.scale) / float(target.scale) ** (1.0 / count)
        multiplier, shift = quantize_multiplier(scaling)
        total = flat[..., 0]
        for place in range(1, count):
            total = multiply_int64(total * flat[..., place], multiplier, shift)
        # The first factor has been scaled by nothing so far.
        total = multiply_by_quantized_multiplier(total, multiplier, shift)
        found = saturate(total + target.zero_point, target.dtype)
        if keep:
            shape = [1 if each in axis else size for each, size in enumerate(x.shape)]
            found = found.reshape(shape)
        return found

    return run


@kernel("ARG_MAX", "ARG_MIN", traceable=True)
def arg_max(node: Node) -> Kernel:
    largest = node.operator == "ARG_MAX"
    node.option(ArgMaxOptions if largest else ArgMinOptions)
    dtype = node.output().dtype

    def run(x: Any, axis: Any) -> Any:
        xp = namespace(x)
        function = xp.argmax if largest else xp.argmin
        return function(x, axis=int(np.asarray(axis).reshape(()))).astype(dtype)

    return run


@kernel("TOPK_V2")
def top_k(node: Node) -> Kernel:
    index_dtype = node.output(1).dtype

    def run(x: Any, k: Any) -> Any:
        count = int(np.asarray(k).reshape(()))
        if not 0 <= count <= x.shape[-1]:
            raise ValueError(f"{count} of {x.shape[-1]} elements are not possible")
        # Ties go to the lower index.
        key = -x.astype(np.float64) if x.dtype.kind == "f" else -x.astype(np.int64)
        order = np.argsort(key, axis=-1, kind="stable")[..., :count]
        return np.take_along_axis(x, order, -1), order.astype(index_dtype)

    return run


@kernel("CUMSUM", traceable=True)
def cumsum(node: Node) -> Kernel:
    options = node.option(CumsumOptions)

    def run(x: Any, axis: Any) -> Any:
        xp = namespace(x)
        along = int(np.asarray(axis).reshape(()))
        if options.reverse:
            x = xp.flip(x, along)
        found = xp.cumsum(x, along, dtype=x.dtype)
        if options.exclusive:
            found = found - x
        return xp.flip(found, along) if options.reverse else found

    return run
