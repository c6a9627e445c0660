"""Joining quantized tensors: all of them are brought to one range."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tidefall.base.dtypes import DType
from tidefall.base.errors import NotFoundError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid
from tidefall.ops.quantization.quantize import as_integers, integers


def to_range(
    x: np.ndarray, low: float, high: float, new_low: float, new_high: float, kind: np.dtype
) -> np.ndarray:
    """Integers that stand for the same numbers in another range (modes as MIN_FIRST)."""
    info = np.iinfo(kind)
    first, steps = int(info.min), 2.0 ** (8 * info.dtype.itemsize)
    widened = steps / (steps - 1)
    unit = np.float64(np.float32((high - low) * widened / steps))
    if high == low:
        values = np.full(x.shape, low, np.float32)
    else:
        start = _round(low / unit) * unit
        exact = (high - low) * widened / steps
        values = (start + (x.astype(np.float64) - first) * exact).astype(np.float32)
    if new_high == new_low:
        return np.zeros(x.shape, kind)
    scale = steps / ((new_high - new_low) * widened)
    placed = _round(values * scale) - _round(new_low * scale) + first
    return np.clip(placed, first, int(info.max)).astype(np.int64).astype(kind)


def _round(x: Any) -> Any:
    """To integers, halves away from zero."""
    return np.sign(x) * np.floor(np.abs(x) + 0.5)


def _concat_host(
    concat_dim: Any, values: list[Any], input_mins: list[Any], input_maxes: list[Any], *, T: DType
) -> Any:
    if not T.is_quantized:
        raise NotFoundError(
            None, None, f"QuantizedConcat has no kernel for {T.name}: it joins quantized tensors."
        )
    if concat_dim.ndim:
        raise invalid("Concat dim tensor should be a scalar integer")
    axis, arrays = int(concat_dim), [as_integers(value, T) for value in values]
    rank = arrays[0].ndim
    if not 0 <= axis < rank:
        raise invalid(
            f"ConcatOp : Expected concatenating dimensions in the range [0, {rank}), but got {axis}"
        )
    for limit in (*input_mins, *input_maxes):
        if limit.ndim:
            raise invalid("Input mins and maxes must be scalars.")
    kind = integers(T)
    low = float(np.min([0.0, *input_mins]))
    high = float(np.max(input_maxes))
    if kind.kind == "i":
        high = max(abs(low), high)
        low = -high
    moved = [
        array
        if (float(a), float(b)) == (low, high)
        else to_range(array, float(a), float(b), low, high, kind)
        for array, a, b in zip(arrays, input_mins, input_maxes, strict=True)
    ]
    for array in moved[1:]:
        if array.ndim != rank or any(
            array.shape[i] != moved[0].shape[i] for i in range(rank) if i != axis
        ):
            raise invalid(
                "ConcatOp : Dimensions of inputs should match: shape[0] = "
                f"{list(moved[0].shape)} vs. {list(array.shape)}"
            )
    limits = np.asarray(low, np.float32), np.asarray(high, np.float32)
    return (np.concatenate(moved, axis), *limits)


def _shape(c: Inference) -> list[TensorShape]:
    count = (c.n_inputs - 1) // 3
    shapes = [c.shape(i) for i in range(1, 1 + count)]
    scalar = TensorShape([])
    for i in range(1 + count, c.n_inputs):
        if not c.shape(i).is_compatible_with(scalar):
            raise ValueError("Input mins and maxes must be scalars.")
    axis = c.constant(0)
    rank = next((shape.rank for shape in shapes if shape.rank is not None), None)
    if rank is None:
        return [TensorShape(None), scalar, scalar]
    shapes = [shape.with_rank(rank) for shape in shapes]
    if axis is None:
        return [TensorShape([None] * rank), scalar, scalar]
    place = int(axis)
    if not 0 <= place < rank:
        raise ValueError(
            f"Expected concatenating dimensions in the range [0, {rank}), but got {place}"
        )
    merged = TensorShape([None if i == place else d for i, d in enumerate(shapes[0].as_list())])
    for shape in shapes[1:]:
        rest = [None if i == place else d for i, d in enumerate(shape.as_list())]
        merged = merged.merge_with(TensorShape(rest))
    lengths = [shape[place] for shape in shapes]
    dims = merged.as_list()
    dims[place] = None if None in lengths else sum(lengths)
    return [TensorShape(dims), scalar, scalar]


quantized_concat_op = op(
    "QuantizedConcat",
    shape=_shape,
    host=_concat_host,
    xla=None,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


class QuantizedConcat(NamedTuple):
    """Joined integers, and the limits that they stand for."""

    output: Any
    output_min: Any
    output_max: Any


@export("quantization.quantized_concat")
def quantized_concat(
    concat_dim: Any, values: Any, input_mins: Any, input_maxes: Any, name: str | None = None
) -> Any:
    """Join quantized tensors along a dimension, in one range that holds all of theirs.

    Args:
        concat_dim: the dimension, an int32 scalar from 0.
        values: at least two tensors of one quantized dtype.
        input_mins, input_maxes: the limits that each stands for, lists of float32 scalars.
        name: name of the node in a graph.

    Returns:
        `(output, output_min, output_max)`: the integers, and the limits that they stand for.

    Raises:
        InvalidArgumentError: for shapes that do not fit, or another dimension.

    >>> import tidefall as tf
    >>> a, a_min, a_max = tf.quantization.quantize([1.0], 0.0, 4.0, tf.quint8)
    >>> b, b_min, b_max = tf.quantization.quantize([3.0], -6.0, 4.0, tf.quint8)
    >>> joined, low, high = tf.quantization.quantized_concat(
    ...     0, [a, b], [a_min, b_min], [a_max, b_max]
    ... )
    >>> tf.bitcast(joined, tf.uint8).numpy(), float(low), float(high)
    (array([179, 230], dtype=uint8), -6.0, 4.0)
    """
    return QuantizedConcat(
        *quantized_concat_op(concat_dim, values, input_mins, input_maxes, name=name)
    )
