"""Operators that cut and join: slices, splits, concatenation, padding, reversal."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.interpreter.fixed_point import round_half_away
from tidefall.lite.interpreter.kernels.common import QUANTIZED, activate
from tidefall.lite.interpreter.registry import Kernel, Node, kernel, namespace
from tidefall.lite.interpreter.shapes import checked_shape
from tidefall.lite.schema import (
    ActivationFunctionType,
    ConcatenationOptions,
    MirrorPadMode,
    MirrorPadOptions,
    ReverseSequenceOptions,
    SplitOptions,
    StridedSliceOptions,
    TensorType,
)


@kernel("SLICE", traceable=True)
def slice_(node: Node) -> Kernel:
    def run(x: Any, begin: Any, size: Any) -> Any:
        place = []
        for axis, (first, count) in enumerate(zip(begin, size, strict=True)):
            first, count = int(first), int(count)
            end = x.shape[axis] if count == -1 else first + count
            if not 0 <= first <= end <= x.shape[axis]:
                raise ValueError(
                    f"a slice from {first} of {count} is outside {x.shape[axis]} (axis {axis})"
                )
            place.append(slice(first, end))
        return x[tuple(place)]

    return run


@kernel("STRIDED_SLICE", traceable=True)
def strided_slice(node: Node) -> Kernel:
    options = node.option(StridedSliceOptions)

    def run(x: Any, begin: Any, end: Any, strides: Any) -> Any:
        place: list[Any] = []
        count = len(begin)
        for index in range(count):
            bit = 1 << index
            first, last, step = int(begin[index]), int(end[index]), int(strides[index])
            if options.ellipsis_mask & bit:
                place.append(Ellipsis)
            elif options.new_axis_mask & bit:
                place.append(None)
            elif options.shrink_axis_mask & bit:
                place.append(first)
            else:
                if options.offset:
                    last += first
                place.append(
                    slice(
                        None if options.begin_mask & bit else first,
                        None if options.end_mask & bit else last,
                        step,
                    )
                )
        return x[tuple(place)]

    return run


@kernel("SPLIT", traceable=True)
def split(node: Node) -> Kernel:
    count = node.option(SplitOptions).num_splits

    def run(axis: Any, x: Any) -> Any:
        return tuple(namespace(x).split(x, count, int(np.asarray(axis).reshape(()))))

    return run


@kernel("SPLIT_V", traceable=True)
def split_v(node: Node) -> Kernel:
    def run(x: Any, sizes: Any, axis: Any) -> Any:
        axis = int(np.asarray(axis).reshape(()))
        counts = [int(each) for each in sizes]
        if -1 in counts:
            rest = x.shape[axis] - sum(each for each in counts if each != -1)
            counts[counts.index(-1)] = rest
        if sum(counts) != x.shape[axis] or min(counts) < 0:
            raise ValueError(f"sizes of {counts} do not split {x.shape[axis]}")
        return tuple(namespace(x).split(x, np.cumsum(counts)[:-1].tolist(), axis))

    return run


@kernel("CONCATENATION", traceable=True)
def concatenation(node: Node) -> Kernel:
    options = node.option(ConcatenationOptions)
    output = node.output()
    inputs = [node.input(index) for index in range(len(node.inputs))]
    rescale = output.type in (TensorType.UINT8,) and any(
        each.scale != output.scale or each.zero_point != output.zero_point for each in inputs
    )

    def run(*parts: Any) -> Any:
        if rescale:
            parts = tuple(
                _rescaled(part, info, output) for part, info in zip(parts, inputs, strict=True)
            )
        found = namespace(*parts).concatenate(parts, options.axis)
        if options.fused_activation_function != ActivationFunctionType.NONE:
            found = activate(found, options.fused_activation_function, node.operator)
        return found

    return run


def _rescaled(part: Any, info: Any, output: Any) -> Any:
    # Old files of 8 unsigned bits may have parts of other scales.
    if info.scale == output.scale and info.zero_point == output.zero_point:
        return part
    inverse = np.float32(1) / output.scale
    scale = info.scale * inverse
    bias = np.float32(-info.zero_point) * scale
    value = round_half_away(part.astype(np.float32) * scale + bias) + output.zero_point
    return np.clip(value, 0, 255).astype(np.uint8)


def _checked_pads(x: Any, paddings: Any) -> list[tuple[int, int]]:
    pads = [(int(a), int(b)) for a, b in paddings]
    checked_shape([size + a + b for size, (a, b) in zip(x.shape, pads, strict=True)], "Padding")
    return pads


@kernel("PAD", "PADV2", traceable=True)
def pad(node: Node) -> Kernel:
    quantized = node.input(0).type in QUANTIZED
    zero = node.output().zero_point if quantized else 0

    def run(x: Any, paddings: Any, value: Any = None) -> Any:
        fill = x.dtype.type(zero) if value is None else np.asarray(value).reshape(())
        pads = _checked_pads(x, paddings)
        return namespace(x).pad(x, pads, constant_values=fill)

    return run


@kernel("MIRROR_PAD", traceable=True)
def mirror_pad(node: Node) -> Kernel:
    reflect = node.option(MirrorPadOptions).mode == MirrorPadMode.REFLECT

    def run(x: Any, paddings: Any) -> Any:
        pads = _checked_pads(x, paddings)
        return namespace(x).pad(x, pads, mode="reflect" if reflect else "symmetric")

    return run


@kernel("REVERSE_V2", traceable=True)
def reverse(node: Node) -> Kernel:
    return lambda x, axes: namespace(x).flip(x, tuple(int(each) for each in axes.reshape(-1)))


@kernel("REVERSE_SEQUENCE")
def reverse_sequence(node: Node) -> Kernel:
    options = node.option(ReverseSequenceOptions)

    def run(x: Any, lengths: Any) -> Any:
        moved = np.moveaxis(x, (options.batch_dim, options.seq_dim), (0, 1))
        found = moved.copy()
        for row, length in enumerate(lengths):
            found[row, :length] = moved[row, :length][::-1]
        return np.ascontiguousarray(
            np.moveaxis(found, (0, 1), (options.batch_dim, options.seq_dim))
        )

    return run


@kernel("DYNAMIC_UPDATE_SLICE")
def dynamic_update_slice(node: Node) -> Kernel:
    def run(x: Any, update: Any, start: Any) -> Any:
        found = x.copy()
        place = []
        for axis, first in enumerate(start):
            last = x.shape[axis] - update.shape[axis]
            first = int(np.clip(first, 0, last))
            place.append(slice(first, first + update.shape[axis]))
        found[tuple(place)] = update
        return found

    return run
