"""Converters of convolution, pooling and other ops on batches, and of random numbers."""

from __future__ import annotations

from typing import Any

from tidefall.core import raw
from tidefall.function.pfor.convert import Call, Fallback, Value, converter, joined
from tidefall.function.pfor.shaping import fold

_ONE_BATCH = (
    "AvgPool", "AvgPool3D", "MaxPool", "MaxPool3D", "LRN", "DepthToSpace", "SpaceToDepth",
    "ExtractImagePatches", "ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic",
)  # fmt: skip
_BATCHES = (
    "AvgPool3DGrad", "MaxPoolGrad", "MaxPool3DGrad", "MaxPoolGradGrad", "MaxPool3DGradGrad",
    "LRNGrad",
)  # fmt: skip


@converter(*_ONE_BATCH)
def one_batch(call: Call) -> Any:
    """Runs and batch are one dimension for the op."""
    folded, unfold = fold(call.tensor(0))
    return unfold(call.run([folded, *(call.fixed(i) for i in range(1, len(call)))]))


@converter(*_BATCHES)
def batches(call: Call) -> Any:
    """The same, where all inputs have a batch dimension."""
    if call.node.op_type is raw.AvgPool3DGrad:
        return _by_shape(call)
    pairs = [fold(call.stacked(i)) for i in range(len(call))]
    return pairs[0][1](call.run([folded for folded, _ in pairs]))


@converter("AvgPoolGrad")
def average_pool_grad(call: Call) -> Any:
    """The first input is the shape of the pictures."""
    return _by_shape(call)


def _by_shape(call: Call) -> Any:
    shape = call.fixed(0)
    folded, unfold = fold(call.stacked(1))
    return unfold(call.run([_times(call, shape), folded]))


def _times(call: Call, shape: Any) -> Any:
    """A shape whose batch is as large as that of all runs together."""
    batch = raw.Mul(shape[:1], raw.Cast(call.runs.vector(), DstT=shape.dtype))
    return joined(batch, shape[1:])


@converter("Conv2D", "Conv3D", "DepthwiseConv2dNative")
def convolution(call: Call) -> Any:
    """One filter for all runs: runs and batch are one dimension."""
    kernel = call.fixed(1)
    folded, unfold = fold(call.tensor(0))
    return unfold(call.run([folded, kernel]))


@converter("Conv2DBackpropInput", "Conv3DBackpropInputV2", "DepthwiseConv2dNativeBackpropInput")
def convolution_input(call: Call) -> Any:
    """One filter for all runs: runs and batch are one dimension."""
    shape, kernel = call.fixed(0), call.fixed(1)
    folded, unfold = fold(call.stacked(2))
    return unfold(call.run([_times(call, shape), kernel, folded]))


@converter("FusedBatchNormV3", "FusedBatchNormV2", "FusedBatchNorm")
def batch_norm(call: Call) -> Any:
    """With given statistics every run is normalised alike; the statistics come out unchanged."""
    if call.attrs["is_training"]:
        raise Fallback
    folded, unfold = fold(call.tensor(0))
    first, *rest = call.run([folded, *(call.fixed(i) for i in range(1, len(call)))])
    return [unfold(first), *(Value(t, False) for t in rest)]


@converter("RandomUniform", "RandomUniformInt", "RandomStandardNormal", "TruncatedNormal")
def random_numbers(call: Call) -> Any:
    """Every run draws numbers of its own."""
    shape = call.fixed(0)
    sizes = raw.Cast(call.runs.before(shape), DstT=shape.dtype)
    return call.run([sizes, *(call.fixed(i) for i in range(1, len(call)))])


@converter("RandomShuffle", "Multinomial")
def random_rows(call: Call) -> Any:
    """Runs and batch are one dimension, where the rows are independent."""
    if call.node.op_type is raw.RandomShuffle or not call.is_stacked(0):
        raise Fallback
    folded, unfold = fold(call.tensor(0))
    return unfold(call.run([folded, call.fixed(1)]))
