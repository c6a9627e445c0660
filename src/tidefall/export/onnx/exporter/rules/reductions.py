"""Reductions over axes, and searches along one."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from tidefall.export.onnx.exporter.builder import Builder, known, onnx_dtype
from tidefall.export.onnx.exporter.registry import CannotExport, export, register_all
from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.op import raw

REDUCTIONS = {
    raw.Max: "ReduceMax", raw.Mean: "ReduceMean", raw.Min: "ReduceMin", raw.Prod: "ReduceProd",
    raw.Sum: "ReduceSum", raw.EuclideanNorm: "ReduceL2",
}  # fmt: skip


def _reduce(code: str, b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, axes = inputs[0], known(inputs[1], "axes").reshape(-1)
    keep = bool(node.attrs["keep_dims"])
    dtype = x.dtype
    narrow = dtype.itemsize < 4 and dtype.kind in "iu" and code != "ReduceMax"
    wide = b.cast(x, np.int32) if narrow else x  # runtimes reduce wide integers alone
    return b.cast(b.reduce(code, wide, axes.tolist(), keep), dtype)


register_all({op: partial(_reduce, code) for op, code in REDUCTIONS.items()})


@export(raw.Any, raw.All)
def _logical(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    axes = known(inputs[1], "axes").reshape(-1).tolist()
    code = "ReduceMax" if node.op_type is raw.Any else "ReduceMin"
    number = b.reduce(code, b.cast(inputs[0], np.int32), axes, bool(node.attrs["keep_dims"]))
    return b.cast(number, np.bool_)


@export(raw.L2Loss)
def _l2_loss(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x = inputs[0]
    total = b.reduce("ReduceSumSquare", x, range(x.rank))
    return b.binary("Mul", total, 0.5)


@export(raw.ArgMax, raw.ArgMin)
def _arg(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, axis = inputs[0], int(known(inputs[1], "axis"))
    code = "ArgMax" if node.op_type is raw.ArgMax else "ArgMin"
    dims = [d for a, d in enumerate(x.shape) if a != axis % x.rank]
    if x.dtype.kind == "b":
        x = b.cast(x, np.int32)
    place = b.op(code, [x], dims, np.int64, axis=axis, keepdims=0)
    return b.cast(place, onnx_dtype(node.outputs[0].dtype))


@export(raw.Cumsum)
def _cumsum(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, axis = inputs
    options = {"exclusive": int(node.attrs["exclusive"]), "reverse": int(node.attrs["reverse"])}
    return b.op("CumSum", [x, b.cast(axis, np.int64)], x.shape, **options)


@export(raw.TopK, raw.TopKV2)
def _top_k(b: Builder, node: Operation, inputs: list[Any]) -> list[Value]:
    x = inputs[0]
    count = inputs[1] if len(inputs) > 1 else b.const(node.attrs["k"], np.int32)
    number = b.vector(count)
    dims = [*x.shape[:-1], None if count.data is None else int(count.data)]
    values, places = Value(b.name, x.dtype, dims), Value(b.name, np.int64, dims)
    options = {"axis": -1, "largest": 1, "sorted": 1}  # ties: ONNX leaves the order open
    b.add("TopK", [x, number], [values, places], **options)
    wanted = onnx_dtype(node.outputs[1].dtype)
    return [values, b.cast(places, wanted)]


@export(raw.SegmentSum, raw.UnsortedSegmentSum, raw.UnsortedSegmentMax, raw.UnsortedSegmentMin,
        raw.UnsortedSegmentProd)  # fmt: skip
def _segments(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    data, ids = inputs[:2]
    if node.op_type is raw.SegmentSum:
        last = b.reduce("ReduceMax", b.cast(ids, np.int64), [0], keep=True)
        count, known_count = b.binary("Add", last, 1), None
    else:
        count = b.vector(inputs[2])
        known_count = None if count.data is None else int(count.data[0])
    start, how = {
        raw.UnsortedSegmentMax: (_lowest(data.dtype), "max"),
        raw.UnsortedSegmentMin: (_highest(data.dtype), "min"),
        raw.UnsortedSegmentProd: (1, "mul"),
    }.get(node.op_type, (0, "add"))
    if ids.data is not None and (ids.data < 0).any():
        raise CannotExport("negative ids leave rows out")
    rows = b.sizes(count, *(b.size(data, a) for a in range(ids.rank, data.rank)))
    dims = [known_count, *data.shape[ids.rank :]]
    empty = b.filled(rows, start, data.dtype, dims)
    places = b.unsqueeze(b.cast(ids, np.int64), [-1])
    return b.op("ScatterND", [empty, places, data], dims, reduction=how)


def _lowest(dtype: np.dtype[Any]) -> Any:
    return (np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)).min


def _highest(dtype: np.dtype[Any]) -> Any:
    return (np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)).max
