"""Isotonic regression: the nearest monotone sequence."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.exports import export
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.registry import op
from tidefall.ops.common import invalid
from tidefall.ops.nn.softmax import move_to_last
from tidefall.tensor.conversion import convert_to_tensor

IsotonicRegression = namedtuple("IsotonicRegression", ["output", "segments"])
_KEEPS_SINGLE = (dtypes.int8, dtypes.int16)


def _fit(row: list[float]) -> tuple[list[float], list[int]]:
    """Means and lengths of the pieces of the nearest non-increasing sequence.

    Each element starts as a piece; while a piece is larger than the one before, they are pooled
    (Best & Chakravarti, 1990, https://doi.org/10.1007/BF01580873). Each element is pooled once.
    """
    sums: list[float] = []
    means: list[float] = []
    counts: list[int] = []
    for value in row:
        total, mean, count = value, value, 1
        while means and mean > means[-1]:
            total += sums.pop()
            count += counts.pop()
            means.pop()
            mean = total / count
        sums.append(total)
        means.append(mean)
        counts.append(count)
    return means, counts


def _host(x: np.ndarray, *, output_dtype: DType) -> tuple[np.ndarray, np.ndarray]:
    width = x.shape[-1] if x.ndim else 1
    rows = x.astype(np.float64).reshape(x.size // width if width else 0, width)
    y = np.empty(rows.shape, output_dtype.as_numpy_dtype)
    segments = np.empty(rows.shape, np.int32)
    for i, row in enumerate(rows.tolist()):
        means, counts = _fit(row)
        y[i] = np.repeat(np.array(means), counts)
        segments[i] = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    return y.reshape(x.shape), segments.reshape(x.shape)


def _gradient(op: Any, dy: Any, _: Any) -> Any:
    """Each piece is the mean of its elements, so each of them gets the mean of the gradients."""
    segments = op.outputs[1]
    reshape, fill, cast = raw.Reshape, raw.Fill, raw.Cast
    shape = raw.Shape(dy)
    ones = fill(shape, np.array(1, dy.dtype.as_numpy_dtype))
    # Numbering: a piece has the number of its row and its own, so that rows stay apart.
    flat = np.array([-1], np.int32)
    width = raw.Prod(shape[-1:], np.array([0], np.int32))
    count = raw.Size(dy)
    row = raw.FloorDiv(raw.Range(0, count, 1), raw.Maximum(width, np.array(1, np.int32)))
    ids = reshape(segments, flat) + row * width
    add = raw.UnsortedSegmentSum
    mean = raw.DivNoNan(add(reshape(dy, flat), ids, count), add(reshape(ones, flat), ids, count))
    dx = reshape(raw.GatherV2(mean, ids, np.array(0, np.int32)), shape)
    kind = op.inputs[0].dtype
    return dx if dx.dtype == kind else cast(dx, DstT=kind)


isotonic_regression_op = op(
    "IsotonicRegression",
    shape=lambda c: [c.shape(0), c.shape(0)],
    host=_host,
    xla=None,
    effects=PURE,
    gradient=_gradient,
)


@export("nn.isotonic_regression")
def isotonic_regression(inputs: Any, decreasing: bool = True, axis: int = -1) -> Any:
    """The monotone sequence nearest to each row, by least squares.

    It consists of pieces of one value: the mean of the elements there.

    Args:
        inputs: real tensor of shape `[..., size]`.
        decreasing: whether the sequence falls, or else rises.
        axis: the axis along which it does.

    Returns:
        A tuple (with names where a falling sequence along the last axis is asked for, as in
        TensorFlow) of `output`, of the shape of `inputs` and the same dtype where that is
        floating-point (float32 for int8 and int16, else float64), and `segments`, int32: the number
        of the piece of each element.

    Raises:
        InvalidArgumentError: for an axis out of range, and for a dtype that is not real.

    >>> import tidefall as tf
    >>> tf.nn.isotonic_regression([3.0, 1.0, 2.0]).output.numpy()
    array([3. , 1.5, 1.5], dtype=float32)
    """
    x = convert_to_tensor(inputs)
    kind = x.dtype
    if not kind.is_floating:
        kind = dtypes.float32 if kind in _KEEPS_SINGLE else dtypes.float64
    rank = x.shape.rank
    if rank and not -rank <= axis < rank:
        raise invalid(f"axis must be in the range [{-rank}, {rank}), got {axis}")
    moved, back = x, None
    if axis != -1 and rank != 0 and (rank is None or axis != rank - 1):
        moved, back = move_to_last(x, axis)
    if decreasing and back is None:
        return IsotonicRegression(*isotonic_regression_op(moved, output_dtype=kind))
    # The nearest rising sequence is the falling one of the negative, negated.
    sign = (lambda t: t) if decreasing else raw.Neg
    output, segments = isotonic_regression_op(sign(moved), output_dtype=kind)
    output = sign(output)
    return (output, segments) if back is None else (back(output), back(segments))
