"""Gathering, scattering, searching, and matrices made of indices."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.export.onnx.exporter.builder import Builder, known, onnx_dtype
from tidefall.export.onnx.exporter.registry import CannotExport, export
from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.lite.converter.lowering.interpreter import Variable
from tidefall.op import raw


@export(raw.ResourceGather)
def _resource_gather(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    if not isinstance(inputs[0], Variable):
        raise CannotExport("it reads a variable that is not known when exporting")
    return b.gather(inputs[0].value, inputs[1])


@export(raw.Gather, raw.GatherV2)
def _gather(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, indices = inputs[:2]
    axis = int(known(inputs[2], "axis")) % x.rank if len(inputs) > 2 else 0
    batch = int(node.attrs.get("batch_dims", 0))
    if batch < 0:
        batch += indices.rank
    if not batch:
        return b.gather(x, indices, axis)
    dims = b.dims(node.outputs[0])
    if axis == batch:
        where = b.unsqueeze(b.cast(indices, np.int64), [-1])
        return b.op("GatherND", [x, where], dims, batch_dims=batch)
    order = [*range(batch), axis, *(a for a in range(batch, x.rank) if a != axis)]
    where = b.unsqueeze(b.cast(indices, np.int64), [-1])
    moved_dims = [*indices.shape, *(x.shape[a] for a in order[batch + 1 :])]
    got = b.op("GatherND", [b.transpose(x, order), where], moved_dims, batch_dims=batch)
    count, between = indices.rank - batch, axis - batch
    back = [
        *range(batch), *range(batch + count, batch + count + between),
        *range(batch, batch + count), *range(batch + count + between, got.rank),
    ]  # fmt: skip
    return b.transpose(got, back)


@export(raw.GatherNd)
def _gather_nd(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.like("GatherND", [inputs[0], b.cast(inputs[1], np.int64)], node)


@export(raw.ScatterNd)
def _scatter(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    indices, updates, shape = inputs
    dims = b.dims(node.outputs[0])
    empty = b.filled(b.cast(shape, np.int64), 0, updates.dtype, dims)
    given = [empty, b.cast(indices, np.int64), updates]
    return b.op("ScatterND", given, dims, reduction="add")


_HOW = {
    raw.TensorScatterAdd: {"reduction": "add"}, raw.TensorScatterUpdate: {},
    raw.TensorScatterMax: {"reduction": "max"}, raw.TensorScatterMin: {"reduction": "min"},
}  # fmt: skip


@export(*_HOW)
def _tensor_scatter(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, indices, updates = inputs
    given = [x, b.cast(indices, np.int64), updates]
    return b.op("ScatterND", given, x.shape, **_HOW[node.op_type])


@export(raw.TensorScatterSub)
def _tensor_scatter_sub(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, indices, updates = inputs
    given = [x, b.cast(indices, np.int64), b.unary("Neg", updates)]
    return b.op("ScatterND", given, x.shape, reduction="add")


@export(raw.XlaDynamicUpdateSlice)
def _update_slice(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, update, start = inputs
    if any(a != c for a, c in zip(x.shape[1:], update.shape[1:], strict=True)):
        raise CannotExport("it updates less than whole rows")
    if update.shape[0] is None:
        raise CannotExport("the number of rows that it updates is unknown")
    first = b.gather(b.cast(start, np.int64), b.ints(0))
    rows = b.binary("Add", first, b.const(np.arange(update.shape[0])))
    return b.op("ScatterND", [x, b.unsqueeze(rows, [1]), update], x.shape)


@export(raw.OneHot)
def _one_hot(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    indices, depth, on, off = inputs
    values = b.concat([b.unsqueeze(off, [0]), b.unsqueeze(on, [0])], 0)
    wide = b.cast(indices, np.int64)
    count = b.vector(depth)
    # ONNX wraps negative indices around; the source gives a row of `off` for them.
    wide = b.where(b.compare("Less", wide, 0), b.const(np.iinfo(np.int32).max, np.int64), wide)
    axis = int(node.attrs["axis"])
    return b.op("OneHot", [wide, count, values], b.dims(node.outputs[0]), on.dtype, axis=axis)


@export(raw.Where)
def _where(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x = inputs[0]
    places = b.op("NonZero", [x], [x.rank, None], np.int64)
    return b.transpose(places, [1, 0])


@export(raw.Unique)
def _unique(b: Builder, node: Operation, inputs: list[Any]) -> list[Value]:
    x, dtype = inputs[0], onnx_dtype(node.outputs[1].dtype)
    values, inverse = Value(b.name, x.dtype, [None]), Value(b.name, np.int64, x.shape)
    first = Value(b.name, np.int64, [None])
    b.add("Unique", [x], [values, first, inverse], sorted=0)
    return [values, b.cast(inverse, dtype)]


# ---- matrices ----


@export(raw.MatrixBandPart)
def _band_part(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, lower, upper = inputs
    low, high = (int(known(v, "number of diagonals")) for v in (lower, upper))
    as_bool = x.dtype.kind == "b"
    work = b.cast(x, np.int32) if as_bool else x
    if high >= 0:
        work = b.op("Trilu", [work, b.const(high, np.int64)], x.shape, upper=0)
    if low >= 0:
        work = b.op("Trilu", [work, b.const(-low, np.int64)], x.shape, upper=1)
    return b.cast(work, x.dtype)


@export(raw.MatrixDiag, raw.MatrixDiagV2, raw.MatrixDiagV3)
def _matrix_diag(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, size = inputs[0], inputs[0].shape[-1]
    defaults = (0, -1, -1, 0)
    for value, default in zip(inputs[1:], defaults, strict=False):
        if known(value, "diagonal").reshape(-1).tolist() != [default]:
            raise CannotExport("only the main diagonal of square matrices, beside zeros, goes")
    if size is None:
        raise CannotExport("the size of its matrices is unknown")
    mask = b.const(np.eye(size, dtype=bool))
    return b.where(mask, b.unsqueeze(x, [-1]), b.const(0, x.dtype))


@export(raw.MatrixSetDiag)
def _set_diag(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, diagonal = inputs[:2]
    rows, columns = x.shape[-2:]
    if rows is None or columns is None or rows > columns:
        raise CannotExport("the sizes of its matrices are unknown, or they have more rows")
    return b.where(b.const(np.eye(rows, columns, dtype=bool)), b.unsqueeze(diagonal, [-1]), x)


# ---- searching in sorted numbers ----


@export(raw.Bucketize)
def _bucketize(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x = inputs[0]
    edges = b.const(np.array(node.attrs["boundaries"], x.dtype))
    return _count(b, b.compare("GreaterOrEqual", b.unsqueeze(x, [-1]), edges), x.rank, np.int32)


@export(raw.LowerBound, raw.UpperBound)
def _bound(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    ordered, x = inputs
    code = "Greater" if node.op_type is raw.LowerBound else "GreaterOrEqual"
    passed = b.compare(code, b.unsqueeze(x, [-1]), b.unsqueeze(ordered, [-2]))
    return _count(b, passed, x.rank, onnx_dtype(node.outputs[0].dtype))


def _count(b: Builder, passed: Value, axis: int, dtype: Any) -> Value:
    return b.cast(b.reduce("ReduceSum", b.cast(passed, np.int32), [axis]), dtype)


@export(raw.DenseBincount)
def _bincount(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, size, weights = inputs
    count = int(known(size, "number of bins"))
    hit = b.compare("Equal", b.unsqueeze(x, [-1]), b.const(np.arange(count), x.dtype))
    dtype = onnx_dtype(node.outputs[0].dtype)
    if node.attrs["binary_output"]:
        most = b.reduce("ReduceMax", b.cast(hit, np.int32), [x.rank - 1])
        return b.cast(most, dtype)
    number = b.cast(hit, dtype)
    if weights.shape != (0,):
        number = b.binary("Mul", number, b.unsqueeze(weights, [-1]))
    return b.reduce("ReduceSum", number, [x.rank - 1])
