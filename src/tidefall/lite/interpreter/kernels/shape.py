"""Operators that move elements or make them, and compute nothing: reshape, transpose, fill, ..."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.interpreter import layers
from tidefall.lite.interpreter.registry import Kernel, NativeKernel, Node, kernel, namespace
from tidefall.lite.interpreter.shapes import checked_shape
from tidefall.lite.interpreter.tensors import MAX_ELEMENTS, numpy_type
from tidefall.lite.schema import (
    DepthToSpaceOptions,
    PackOptions,
    ReshapeOptions,
    ShapeOptions,
    SpaceToDepthOptions,
    SqueezeOptions,
    UniqueOptions,
    UnpackOptions,
)


@kernel("RESHAPE", traceable=True)
def reshape(node: Node) -> Kernel:
    options = node.option(ReshapeOptions)

    def run(x: Any, shape: Any = None) -> Any:
        wanted = options.new_shape if shape is None else np.asarray(shape).reshape(-1).tolist()
        if shape is None and wanted == [0] and x.size == 1:
            wanted = []
        return x.reshape([int(each) for each in wanted])

    return NativeKernel(run, layers.same_data)


@kernel("SQUEEZE", traceable=True)
def squeeze(node: Node) -> Kernel:
    axes = tuple(node.option(SqueezeOptions).squeeze_dims)

    def run(x: Any) -> Any:
        chosen = axes or tuple(axis for axis, size in enumerate(x.shape) if size == 1)
        return namespace(x).squeeze(x, chosen)

    return NativeKernel(run, layers.same_data)


@kernel("EXPAND_DIMS", traceable=True)
def expand_dims(node: Node) -> Kernel:
    def run(x: Any, axis: Any) -> Any:
        return namespace(x).expand_dims(x, int(np.asarray(axis).reshape(())))

    return NativeKernel(run, layers.same_data)


@kernel("TRANSPOSE", traceable=True)
def transpose(node: Node) -> Kernel:
    def run(x: Any, order: Any) -> Any:
        found = namespace(x).transpose(x, tuple(int(each) for each in order))
        return np.ascontiguousarray(found) if isinstance(found, np.ndarray) else found

    return run


@kernel("SHAPE", traceable=True)
def shape(node: Node) -> Kernel:
    dtype = numpy_type(node.option(ShapeOptions).out_type)
    if dtype not in (np.int32, np.int64):
        dtype = node.output().dtype
    return lambda x: np.array(x.shape, dtype)


@kernel("RANK", traceable=True)
def rank(node: Node) -> Kernel:
    return lambda x: np.array(x.ndim, np.int32)


@kernel("PACK", traceable=True)
def pack(node: Node) -> Kernel:
    axis = node.option(PackOptions).axis
    return lambda *parts: namespace(*parts).stack(parts, axis)


@kernel("UNPACK", traceable=True)
def unpack(node: Node) -> Kernel:
    axis = node.option(UnpackOptions).axis

    def run(x: Any) -> Any:
        moved = namespace(x).moveaxis(x, axis, 0)
        return tuple(moved[index] for index in range(x.shape[axis]))

    return run


@kernel("FILL", traceable=True)
def fill(node: Node) -> Kernel:
    def run(dims: Any, value: Any) -> Any:
        return namespace(value).full(checked_shape(dims, "FILL"), value)

    return run


@kernel("ZEROS_LIKE", traceable=True)
def zeros_like(node: Node) -> Kernel:
    return lambda x: np.zeros(x.shape, x.dtype)


@kernel("RANGE")
def range_(node: Node) -> Kernel:
    dtype = node.output().dtype

    def run(start: Any, limit: Any, delta: Any) -> Any:
        first, last, step = (np.asarray(each).reshape(())[()] for each in (start, limit, delta))
        if step == 0:
            raise ValueError("RANGE has a step of 0")
        count = max(0, int(np.ceil((last - first) / step)))
        if count > MAX_ELEMENTS:
            raise ValueError(f"RANGE has {count} elements")
        return (first + np.arange(count).astype(dtype) * step).astype(dtype)

    return run


@kernel("BROADCAST_TO", traceable=True)
def broadcast_to(node: Node) -> Kernel:
    def run(x: Any, dims: Any) -> Any:
        wanted = checked_shape(dims, "BROADCAST_TO")
        found = namespace(x).broadcast_to(x, wanted)
        return found.copy() if isinstance(found, np.ndarray) else found

    return run


@kernel("BROADCAST_ARGS", traceable=True)
def broadcast_args(node: Node) -> Kernel:
    dtype = node.output().dtype
    return lambda x, y: np.array(np.broadcast_shapes(tuple(x), tuple(y)), dtype)


@kernel("TILE", traceable=True)
def tile(node: Node) -> Kernel:
    def run(x: Any, multiples: Any) -> Any:
        counts = tuple(int(each) for each in multiples)
        checked_shape([a * b for a, b in zip(x.shape, counts, strict=True)], "TILE")
        return namespace(x).tile(x, counts)

    return run


@kernel("SPACE_TO_DEPTH", traceable=True)
def space_to_depth(node: Node) -> Kernel:
    block = node.option(SpaceToDepthOptions).block_size

    def run(x: Any) -> Any:
        n, h, w, c = x.shape
        parts = x.reshape(n, h // block, block, w // block, block, c)
        moved = namespace(x).transpose(parts, (0, 1, 3, 2, 4, 5))
        return moved.reshape(n, h // block, w // block, block * block * c)

    return run


@kernel("DEPTH_TO_SPACE", traceable=True)
def depth_to_space(node: Node) -> Kernel:
    block = node.option(DepthToSpaceOptions).block_size

    def run(x: Any) -> Any:
        n, h, w, c = x.shape
        inner = c // (block * block)
        parts = x.reshape(n, h, w, block, block, inner)
        moved = namespace(x).transpose(parts, (0, 1, 3, 2, 4, 5))
        return moved.reshape(n, h * block, w * block, inner)

    return run


@kernel("SPACE_TO_BATCH_ND", traceable=True)
def space_to_batch(node: Node) -> Kernel:
    pad_value = node.output().zero_point

    def run(x: Any, blocks: Any, paddings: Any) -> Any:
        xp = namespace(x)
        sizes = [int(each) for each in blocks]
        if min(sizes, default=1) < 1:
            raise ValueError(f"blocks of {sizes} are not possible")
        count = len(sizes)
        pads = [(0, 0), *((int(a), int(b)) for a, b in paddings)]
        pads += [(0, 0)] * (x.ndim - len(pads))
        x = xp.pad(x, pads, constant_values=x.dtype.type(pad_value))
        shape = [x.shape[0]]
        for axis, size in enumerate(sizes):
            shape += [x.shape[axis + 1] // size, size]
        parts = x.reshape([*shape, *x.shape[count + 1 :]])
        order = [2 * axis + 2 for axis in range(count)] + [0]
        order += [2 * axis + 1 for axis in range(count)]
        order += list(range(2 * count + 1, parts.ndim))
        moved = xp.transpose(parts, order)
        whole = [x.shape[axis + 1] // size for axis, size in enumerate(sizes)]
        return moved.reshape([x.shape[0] * int(np.prod(sizes)), *whole, *x.shape[count + 1 :]])

    return run


@kernel("BATCH_TO_SPACE_ND", traceable=True)
def batch_to_space(node: Node) -> Kernel:
    def run(x: Any, blocks: Any, crops: Any) -> Any:
        xp = namespace(x)
        sizes = [int(each) for each in blocks]
        if min(sizes, default=1) < 1:
            raise ValueError(f"blocks of {sizes} are not possible")
        count = len(sizes)
        batch = x.shape[0] // int(np.prod(sizes))
        parts = x.reshape([*sizes, batch, *x.shape[1:]])
        order = [count]
        for axis in range(count):
            order += [count + 1 + axis, axis]
        order += list(range(2 * count + 1, parts.ndim))
        moved = xp.transpose(parts, order)
        whole = [x.shape[axis + 1] * size for axis, size in enumerate(sizes)]
        found = moved.reshape([batch, *whole, *x.shape[count + 1 :]])
        for axis, (before, after) in enumerate(crops):
            size = found.shape[axis + 1]
            place = [slice(None)] * found.ndim
            place[axis + 1] = slice(int(before), size - int(after))
            found = found[tuple(place)]
        return found

    return run


@kernel("UNIQUE")
def unique(node: Node) -> Kernel:
    dtype = numpy_type(node.option(UniqueOptions).idx_out_type)

    def run(x: Any) -> Any:
        _, first, inverse = np.unique(x, return_index=True, return_inverse=True)
        order = np.argsort(first)
        places = np.empty_like(order)
        places[order] = np.arange(order.size)
        return x[first[order]], places[inverse.reshape(-1)].astype(dtype)

    return run
