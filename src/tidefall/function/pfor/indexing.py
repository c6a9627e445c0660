"""Converters of gathering and scattering."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.core import raw
from tidefall.function.pfor.convert import Call, Fallback, converter, joined, shape_vector


@converter("GatherV2")
def gather(call: Call) -> Any:
    """One table for all runs is gathered from once; else the runs are a batch dimension."""
    axis, batch = int(call.constant(2)), call.attrs["batch_dims"]
    rank, index_rank = call.rank(0), call.rank(1)
    axis = axis + rank if axis < 0 else axis
    batch = batch + index_rank if batch < 0 else batch
    op = raw.GatherV2
    if not call.is_stacked(0) and not batch:
        found = op(call.tensor(0), call.tensor(1), np.array(axis, np.int32))
        if not axis:
            return found
        total = rank + index_rank
        perm = [axis, *range(axis), *range(axis + 1, total)]
        return raw.Transpose(found, np.array(perm, np.int32))
    if not call.is_stacked(1) and not batch:
        return op(call.tensor(0), call.tensor(1), np.array(axis + 1, np.int32))
    return op(call.stacked(0), call.stacked(1), np.array(axis + 1, np.int32), batch_dims=batch + 1)


@converter("Gather")
def old_gather(call: Call) -> Any:
    """The same along the first dimension."""
    op, first = raw.GatherV2, np.array(0, np.int32)
    if not call.is_stacked(0):
        return op(call.tensor(0), call.tensor(1), first)
    second = np.array(1, np.int32)
    if not call.is_stacked(1):
        return op(call.tensor(0), call.tensor(1), second)
    return op(call.tensor(0), call.tensor(1), second, batch_dims=1)


@converter("ResourceGather")
def resource_gather(call: Call) -> Any:
    """The variable is the same for all runs."""
    if call.attrs.get("batch_dims"):
        raise Fallback
    return call.run([call.fixed(0), call.tensor(1)])


@converter("ResourceGatherNd")
def resource_gather_nd(call: Call) -> Any:
    """The variable is the same for all runs."""
    return call.run([call.fixed(0), call.tensor(1)])


def _numbered(call: Call, indices: Any, rank: int) -> Any:
    """Index vectors with the number of the run in front."""
    kind = indices.dtype
    runs = raw.Cast(raw.Range(0, call.runs.count, 1), DstT=kind)
    column = raw.Reshape(runs, joined(call.runs.vector(), [1] * rank))
    shape = shape_vector(indices)
    spread = raw.BroadcastTo(column, joined(shape[:-1], [1]))
    return raw.ConcatV2([spread, indices], np.array(-1, np.int32))


@converter("GatherNd")
def gather_nd(call: Call) -> Any:
    """One table for all runs is gathered from once; else the run is one more index."""
    if not call.is_stacked(0):
        return call.run([call.tensor(0), call.tensor(1)])
    return call.run([call.tensor(0), _numbered(call, call.stacked(1), call.rank(1))])


@converter("ScatterNd")
def scatter_nd(call: Call) -> Any:
    """The run is one more index."""
    indices = _numbered(call, call.stacked(0), call.rank(0))
    shape = call.fixed(2)
    count = raw.Cast(call.runs.vector(), DstT=shape.dtype)
    return call.run([indices, call.stacked(1), raw.ConcatV2([count, shape], 0)])


@converter(
    "ScatterNdNonAliasingAdd", "TensorScatterAdd", "TensorScatterMax", "TensorScatterMin",
    "TensorScatterSub", "TensorScatterUpdate",
)  # fmt: skip
def tensor_scatter(call: Call) -> Any:
    """The run is one more index."""
    indices = _numbered(call, call.stacked(1), call.rank(1))
    return call.run([call.stacked(0), indices, call.stacked(2)])


@converter("SearchSorted", "LowerBound", "UpperBound")
def bounds(call: Call) -> Any:
    """Runs and rows are one dimension for the op."""
    left, right = call.stacked(0), call.stacked(1)
    full, sizes = shape_vector(right), shape_vector(left)
    found = call.run(
        [
            raw.Reshape(left, joined([-1], sizes[2:])),
            raw.Reshape(right, joined([-1], full[2:])),
        ]
    )
    return raw.Reshape(found, full)
