"""Converters of reductions, running sums, sorting and segments."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.core import raw
from tidefall.core.op import find_op
from tidefall.function.pfor.convert import (
    Call,
    Fallback,
    Value,
    converter,
    joined,
    shape_vector,
)
from tidefall.function.pfor.shaping import shifted, shifted_input


@converter("All", "Any", "EuclideanNorm", "Max", "Mean", "Min", "Prod", "Sum")
def reduction(call: Call) -> Any:
    """The axes move by one."""
    return call.run([call.tensor(0), shifted_input(call, 1)])


@converter("ArgMax", "ArgMin", "Cumprod", "Cumsum", "CumulativeLogsumexp")
def along_axis(call: Call) -> Any:
    """The axis moves by one."""
    return call.run([call.tensor(0), shifted_input(call, 1)])


@converter("LogSoftmax", "Softmax")
def softmax(call: Call) -> Any:
    """The op works on the last dimension."""
    return call.run([call.tensor(0)])


@converter("TopK", "TopKV2", "NthElement")
def top_k(call: Call) -> Any:
    """The op works on the last dimension."""
    return call.run([call.tensor(0), *(call.fixed(i) for i in range(1, len(call)))])


@converter("L2Loss")
def l2_loss(call: Call) -> Any:
    """Half the sum of the squares of each row."""
    x = call.tensor(0)
    axes = np.arange(1, call.rank(0) + 1, dtype=np.int32)
    half = np.array(0.5, x.dtype.as_numpy_dtype)
    return raw.Mul(raw.Sum(raw.Mul(x, x), axes), half)


@converter("OneHot")
def one_hot(call: Call) -> Any:
    """An axis counted from the front moves by one."""
    rest = [call.fixed(i) for i in (1, 2, 3)]
    return call.run([call.tensor(0), *rest], axis=int(shifted(call.attrs["axis"])))


@converter("UnsortedSegmentMax", "UnsortedSegmentMin", "UnsortedSegmentProd", "UnsortedSegmentSum")
def unsorted_segments(call: Call) -> Any:
    """Each run gets segment numbers of its own."""
    count = raw.Cast(call.fixed(2), DstT="int32")
    ids = raw.Cast(call.stacked(1), DstT="int32")
    ones = [1] * call.rank(1)
    first = raw.Range(0, call.runs.count, 1)
    offsets = raw.Reshape(first * count, joined(call.runs.vector(), ones))
    # Numbers below zero stand for elements that are left out.
    zero = np.array(0, np.int32)
    moved = raw.SelectV2(raw.Less(ids, zero), ids, ids + offsets)
    found = find_op(call.node.type)(call.stacked(0), moved, call.runs.count * count)
    sizes = raw.Reshape(count, np.array([1], np.int32))
    rest = _rest(found)
    return raw.Reshape(found, joined(call.runs.vector(), sizes, rest))


def _rest(tensor: Any) -> Any:
    if tensor.shape.rank is not None and None not in tensor.shape.as_list()[1:]:
        return np.array(tensor.shape.as_list()[1:], np.int32)
    return raw.Shape(tensor)[1:]


@converter("SegmentSum", "SegmentMean", "SegmentMax", "SegmentMin", "SegmentProd")
def segments(call: Call) -> Any:
    """The same segments in all runs: the runs go behind."""
    if call.is_stacked(1):
        raise Fallback
    rank = call.rank(0)
    perm = np.array([1, 0, *range(2, rank + 1)], np.int32)
    moved = raw.Transpose(call.tensor(0), perm)
    return raw.Transpose(call.run([moved, call.tensor(1)]), perm)


@converter("BiasAddGrad")
def bias_add_grad(call: Call) -> Any:
    """The sum over all dimensions but that of the runs and that of the channels."""
    rank = call.rank(0)
    channel = 1 if call.attrs["data_format"] in ("NCHW", "NC_HW") else rank - 1
    axes = [i + 1 for i in range(rank) if i != channel]
    return raw.Sum(call.tensor(0), np.array(axes, np.int32))


@converter("Assert")
def assert_all(call: Call) -> list[Value]:
    """The condition must hold in all runs."""
    condition = call.tensor(0)
    if call.is_stacked(0):
        axes = np.arange(condition.shape.rank, dtype=np.int32)
        condition = raw.All(condition, axes)
    call.run([condition, *(v.tensor for v in call.values[1:])])
    return []


@converter("SoftmaxCrossEntropyWithLogits", "SparseSoftmaxCrossEntropyWithLogits")
def cross_entropy(call: Call) -> Any:
    """Runs and batch are one dimension for the op."""
    if call.rank(0) != 2 or call.rank(1) != call.node.inputs[1].shape.rank:
        raise Fallback
    logits, labels = call.stacked(0), call.stacked(1)
    full = shape_vector(logits)
    rows = raw.Reshape(logits, joined([-1], full[2:]))
    sparse = call.node.type.startswith("Sparse")
    sizes = np.array([-1], np.int32) if sparse else joined([-1], full[2:])
    loss, gradient = call.run([rows, raw.Reshape(labels, sizes)])
    return [
        raw.Reshape(loss, full[:2]),
        raw.Reshape(gradient, full),
    ]
