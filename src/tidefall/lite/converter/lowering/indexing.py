"""Slices, gathering and scattering."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.lite.converter.lowering.builder import Builder, lite_dtype
from tidefall.lite.converter.lowering.registry import CannotLower, lower
from tidefall.op import raw

_MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
MAX_SLICED_RANK = 5


@lower(raw.Slice)
def _slice(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, begin, size = inputs
    if size.data is not None and begin.data is not None and not begin.data.any():
        whole = [s in (-1, d) for s, d in zip(size.data, x.shape, strict=True)]
        if all(whole):
            return x
    return b.like("SLICE", [x, b.cast(begin, np.int32), b.cast(size, np.int32)], node)


@lower(raw.StridedSlice)
def _strided_slice(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x = inputs[0]
    bounds = [b.cast(v, np.int32) for v in inputs[1:]]
    masks = {name: int(node.attrs[name]) for name in _MASKS}
    if masks["new_axis_mask"] or masks["ellipsis_mask"]:
        if any(v.data is None for v in bounds):
            raise CannotLower("it adds dimensions at places that are not known when converting")
        return _spelled_out(b, node, x, [np.asarray(v.data) for v in bounds], masks)
    if bounds[0].shape == (0,):
        return x
    if all(v.data is not None for v in bounds):
        return _known_slice(b, node, x, [np.asarray(v.data) for v in bounds], masks)
    return b.like("STRIDED_SLICE", [x, *bounds], node, **masks)


def _spelled_out(
    b: Builder, node: Operation, x: Value, bounds: list[np.ndarray], masks: dict[str, int]
) -> Value:
    """A slice with an ellipsis or new dimensions: a plain slice, and a reshape."""
    begins: list[int] = []
    ends: list[int] = []
    steps: list[int] = []
    begin_mask = end_mask = shrink = 0
    count = len(bounds[0])
    plain = sum(
        1 for i in range(count)
        if not (masks["new_axis_mask"] | masks["ellipsis_mask"]) >> i & 1
    )  # fmt: skip
    seen_ellipsis = False
    for i in range(count):
        if masks["ellipsis_mask"] >> i & 1 and not seen_ellipsis:
            seen_ellipsis = True
            for _ in range(x.rank - plain):
                begin_mask |= 1 << len(begins)
                end_mask |= 1 << len(begins)
                for values, number in ((begins, 0), (ends, 0), (steps, 1)):
                    values.append(number)
        elif masks["new_axis_mask"] >> i & 1:
            continue
        else:
            at = len(begins)
            begin_mask |= (masks["begin_mask"] >> i & 1) << at
            end_mask |= (masks["end_mask"] >> i & 1) << at
            shrink |= (masks["shrink_axis_mask"] >> i & 1) << at
            for values, target in zip(bounds, (begins, ends, steps), strict=True):
                target.append(int(values[i]))
    rest = {
        "begin_mask": begin_mask, "end_mask": end_mask, "ellipsis_mask": 0, "new_axis_mask": 0,
        "shrink_axis_mask": 0,
    }  # fmt: skip
    arrays = [np.array(v, np.int32) for v in (begins, ends, steps)]
    for at in range(len(begins)):
        if shrink >> at & 1:
            arrays[1][at] = begins[at] + 1 if begins[at] != -1 else 2**31 - 1
            arrays[2][at] = 1
    sliced = _known_slice(b, node, x, arrays, rest, reshaped=True)
    dims = b.dims(node.outputs[0])
    if dims.count(None) < 2:
        return b.reshape(sliced, dims)
    sources = [i for i, d in enumerate(sliced.shape) if d is None]
    free = iter(sources)
    items = [d if d is not None else b.size(sliced, next(free)) for d in dims]
    return b.reshape(sliced, dims, b.vector(items))


def _known_slice(
    b: Builder,
    node: Operation,
    x: Value,
    bounds: list[np.ndarray],
    masks: dict[str, int],
    reshaped: bool = False,
) -> Value:
    """A slice with known bounds; dimensions behind them are taken whole."""
    begin, end, step = ([int(n) for n in v] for v in bounds)
    dims: list[int | None] = []
    same = True
    for i, d in enumerate(x.shape):
        if i >= len(begin):
            dims.append(d)
            continue
        first = None if masks["begin_mask"] >> i & 1 else begin[i]
        last = None if masks["end_mask"] >> i & 1 else end[i]
        if masks["shrink_axis_mask"] >> i & 1:
            same = False
            continue
        whole = (
            step[i] == 1 and first in (None, 0) and (last is None or (d is not None and last >= d))
        )
        same = same and whole
        if d is not None:
            dims.append(len(range(d)[slice(first, last, step[i])]))
        else:
            dims.append(None)
    if same:
        return x
    if not reshaped:
        known = b.dims(node.outputs[0])
        dims = [k if d is None else d for d, k in zip(dims, known, strict=True)]
    if x.rank > MAX_SLICED_RANK:
        raise CannotLower(f"LiteRT slices at most {MAX_SLICED_RANK} dimensions, it has {x.rank}")
    arrays = [b.const(v, np.int32) for v in (begin, end, step)]
    return b.op("STRIDED_SLICE", [x, *arrays], dims, **masks)


@lower(raw.Gather)
def _gather_v1(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.like("GATHER", inputs, node, axis=0)


@lower(raw.GatherV2)
def _gather(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, indices, axis = inputs
    if axis.data is None:
        raise CannotLower("its axis is not known when converting")
    options = {"axis": int(axis.data) % max(x.rank, 1), "batch_dims": int(node.attrs["batch_dims"])}
    return b.like("GATHER", [x, indices], node, **options)


@lower(raw.GatherNd)
def _gather_nd(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.like("GATHER_ND", inputs, node)


@lower(raw.ScatterNd)
def _scatter_nd(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.like(
        "SCATTER_ND", [b.cast(inputs[0], np.int32), inputs[1], b.cast(inputs[2], np.int32)], node
    )


@lower(raw.TensorScatterAdd)
def _tensor_scatter_add(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, indices, updates = inputs
    return b.binary("ADD", x, _scattered(b, x, indices, updates))


@lower(raw.TensorScatterSub)
def _tensor_scatter_sub(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, indices, updates = inputs
    return b.binary("SUB", x, _scattered(b, x, indices, updates))


@lower(raw.TensorScatterUpdate)
def _tensor_scatter_update(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    """Where anything was scattered to, what was scattered; places must not repeat."""
    x, indices, updates = inputs
    new = _scattered(b, x, indices, updates)
    if updates.is_static:
        ones = b.const(np.ones(updates.shape, np.int32))
    else:
        ones = b.op("FILL", [b.shape_of(updates), b.const(1, np.int32)], updates.shape, np.int32)
    hit = b.binary("GREATER", _scattered(b, x, indices, ones), 0, np.bool_)
    return b.like("SELECT_V2", [hit, new, x], node)


def _scattered(b: Builder, x: Value, indices: Value, updates: Value) -> Value:
    shape = b.shape_of(x)
    return b.op("SCATTER_ND", [b.cast(indices, np.int32), updates, shape], x.shape, updates.dtype)


@lower(raw.XlaDynamicUpdateSlice)
def _dynamic_update_slice(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, update, start = inputs
    return b.like("DYNAMIC_UPDATE_SLICE", [x, update, b.cast(start, np.int32)], node)


@lower(raw.OneHot)
def _one_hot(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    indices, depth, on, off = inputs
    rank = indices.rank
    axis = int(node.attrs["axis"])
    dims = b.dims(node.outputs[0])
    dtype = lite_dtype(node.outputs[0].dtype)
    return b.op(
        "ONE_HOT", [indices, b.cast(depth, np.int32), on, off], dims, dtype,
        axis=-1 if axis in (-1, rank) else axis,
    )  # fmt: skip
