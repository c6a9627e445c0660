"""Rows dealt out to several tensors and put back: dynamic_partition and dynamic_stitch."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dispatch import OTHER
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.op.traits import SIZED_BY_VALUES
from tidefall.ops.array.common import merge_shapes, zeros_array
from tidefall.ops.common import invalid, jnp, shape_text

# ---- DynamicPartition ----


def _partition_shape(c: Inference) -> list[TensorShape]:
    data, partitions, num = c.shape(0), c.shape(1), c.attr("num_partitions")
    if partitions.rank is None or data.rank is None:
        return [TensorShape(None)] * num
    if data.rank < partitions.rank:
        raise ValueError(f"Shape must be at least rank {partitions.rank} but is rank {data.rank}")
    merge_shapes(data[: partitions.rank], partitions)
    return [TensorShape([None]).concatenate(data[partitions.rank :])] * num


def _partition_host(data: np.ndarray, partitions: np.ndarray, *, num_partitions: int) -> list[Any]:
    if data.shape[: partitions.ndim] != partitions.shape:
        raise invalid(
            f"data.shape must start with partitions.shape, got data.shape = "
            f"{shape_text(data.shape)}, partitions.shape = {shape_text(partitions.shape)}"
        )
    wrong = (partitions < 0) | (partitions >= num_partitions)
    if wrong.any():
        where = np.argwhere(wrong)[0].tolist()
        raise invalid(
            f"partitions{where} = {partitions[tuple(where)]} is not in [0, {num_partitions})"
        )
    return [data[partitions == i] for i in range(num_partitions)]


def _partition_grad(op: Any, *dys: Any) -> list[Any]:
    data, partitions = op.inputs
    shape = raw.Shape(partitions)
    count = raw.Prod(shape, np.array([0], np.int32), keep_dims=False)
    order = raw.Reshape(raw.Range(0, count, 1), shape)
    places = dynamic_partition_op(order, partitions, num_partitions=op.get_attr("num_partitions"))
    whole = dynamic_stitch_op(places, list(dys))
    return [raw.Reshape(whole, raw.Shape(data)), None]


dynamic_partition_op = op(
    "DynamicPartition",
    shape=_partition_shape,
    host=_partition_host,
    effects=PURE,
    traits=(SIZED_BY_VALUES,),
    gradient=_partition_grad,
)


@export("dynamic_partition", dispatch=OTHER)
def dynamic_partition(
    data: Any, partitions: Any, num_partitions: int, name: str | None = None
) -> list[Any]:
    """Deal the elements of a tensor out to several, by number.

    Args:
        data: a tensor whose shape starts with that of `partitions`.
        partitions: int32 numbers in `[0, num_partitions)`.
        num_partitions: how many tensors to make.
        name: name of the node in a graph.

    Returns:
        A list of `num_partitions` tensors of shape `[n, ...]`.

    Raises:
        InvalidArgumentError: for a number out of range.

    >>> import tidefall as tf
    >>> [t.numpy().tolist() for t in tf.dynamic_partition([10, 20, 30], [0, 1, 0], 2)]
    [[10, 30], [20]]
    """
    return dynamic_partition_op(data, partitions, num_partitions=num_partitions, name=name)


# ---- DynamicStitch ----


def _stitch_shape(c: Inference) -> TensorShape:
    count = c.attr("N")
    rest = TensorShape(None)
    size: int | None = 0
    for i in range(count):
        indices, data = c.shape(i), c.shape(count + i)
        value = c.constant(i)
        if value is None:
            size = None
        elif size is not None and value.size:
            size = max(size, int(value.max()) + 1)
        if indices.rank is not None and data.rank is not None:
            merge_shapes(indices, data[: indices.rank])
            rest = merge_shapes(rest, data[indices.rank :])
    return TensorShape([size]).concatenate(rest)


def _row_shape(indices: list[Any], data: list[Any]) -> tuple[int, ...]:
    rows = [d.shape[i.ndim :] for i, d in zip(indices, data, strict=True)]
    for n, (i, d) in enumerate(zip(indices, data, strict=True)):
        if d.shape[: i.ndim] != i.shape:
            raise invalid(
                f"data[{n}].shape = {shape_text(d.shape)} does not start with indices[{n}].shape = "
                f"{shape_text(i.shape)}"
            )
        if rows[n] != rows[0]:
            raise invalid(
                f"Need data[0].shape[{indices[0].ndim}:] = data[{n}].shape[{i.ndim}:], got "
                f"data[0].shape = {shape_text(data[0].shape)}, data[{n}].shape = "
                f"{shape_text(d.shape)}, indices[0].shape = {shape_text(indices[0].shape)}, "
                f"indices[{n}].shape = {shape_text(i.shape)}"
            )
    return rows[0]


def _stitch_host(indices: list[np.ndarray], data: list[np.ndarray]) -> np.ndarray:
    row = _row_shape(indices, data)
    size = max((int(i.max()) + 1 for i in indices if i.size), default=0)
    for n, i in enumerate(indices):
        if i.size and i.min() < 0:
            raise invalid(f"indices[{n}] is out of range")
    result = zeros_array((size, *row), data[0].dtype)
    for i, d in zip(indices, data, strict=True):
        result[i.reshape(-1)] = d.reshape((i.size, *row))
    return result


def _stitch_xla(indices: list[np.ndarray], data: list[Any]) -> Any:
    if any(not isinstance(i, np.ndarray) for i in indices):
        raise invalid(
            "the indices must be known while compiling: the result's size follows from them"
        )
    row = _row_shape(indices, data)
    size = max((int(i.max()) + 1 for i in indices if i.size), default=0)
    result = jnp.zeros((size, *row), data[0].dtype)
    for i, d in zip(indices, data, strict=True):
        result = result.at[i.reshape(-1)].set(jnp.reshape(d, (i.size, *row)))
    return result


def _stitch_grad(op: Any, dy: Any) -> list[Any]:
    count = op.get_attr("N")
    indices = op.inputs[:count]
    gather = raw.GatherV2
    return [None] * count + [gather(dy, i, 0) for i in indices]


dynamic_stitch_op = op(
    "DynamicStitch",
    shape=_stitch_shape,
    host=_stitch_host,
    xla=_stitch_xla,
    effects=PURE,
    gradient=_stitch_grad,
)
parallel_dynamic_stitch_op = op(
    "ParallelDynamicStitch",
    shape=_stitch_shape,
    host=_stitch_host,
    xla=_stitch_xla,
    effects=PURE,
    gradient=_stitch_grad,
)


@export("dynamic_stitch")
def dynamic_stitch(indices: Any, data: Any, name: str | None = None) -> Any:
    """Put the rows of several tensors into one, by row number.

    Args:
        indices: a list of int32 tensors.
        data: a list of as many tensors; the shape of each starts with that of its indices.
        name: name of the node in a graph.

    Returns:
        A tensor `[max index + 1, ...]`; where rows share a number the last one counts.

    Raises:
        InvalidArgumentError: if the shapes do not agree.

    >>> import tidefall as tf
    >>> tf.dynamic_stitch([[0, 2], [1]], [[10, 30], [20]]).numpy()
    array([10, 20, 30], dtype=int32)
    """
    return dynamic_stitch_op(indices, data, name=name)
