"""Joining tensors along one of their dimensions: concat."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import OTHER, dispatchable, is_dispatched, redirect
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.native.functions import Native
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import KEEPS_FINITE, LINEAR, MOVES, SAFE_IN_HALF, STATIC_VALUE, TOTAL
from tidefall.ops.array.common import (
    constant_int,
    known_int,
    merge_dims,
    plain_arrays,
    shortcut,
    unrecorded,
)
from tidefall.ops.batching import Call, shifted_input
from tidefall.ops.common import invalid, jnp, shape_text
from tidefall.tensor.conversion import convert_to_tensor

# ---- concat ----


def _concat_dims(shapes: list[TensorShape], axis: int | None) -> TensorShape:
    known = [s for s in shapes if s.rank is not None]
    if not known:
        return TensorShape(None)
    rank = known[0].rank
    assert rank is not None
    for s in known:
        if s.rank != rank:
            other = next(i for i, shape in enumerate(shapes) if shape is s)
            raise ValueError(
                f"ConcatOp : Ranks of all input tensors should match: shape[0] = "
                f"{shape_text(known[0])} vs. shape[{other}] = {shape_text(s)}"
            )
    if rank == 0:
        raise ValueError("ConcatOp : Can't concatenate scalars (use tf.stack instead)")
    if axis is None:
        return TensorShape([None] * rank)
    if not -rank <= axis < rank:
        raise ValueError(
            f"ConcatOp : Expected concatenating dimensions in the range [{-rank}, {rank}), "
            f"but got {axis}"
        )
    axis %= rank
    dims: list[int | None] = [None] * rank
    for i in range(rank):
        if i == axis:
            sizes = [None if s.rank is None else s[i] for s in shapes]
            dims[i] = None if None in sizes else sum(sizes)  # type: ignore[arg-type]
        else:
            for s in known:
                dims[i] = _concat_dim(dims[i], s[i], i, shapes)
    return TensorShape(dims)


def _concat_dim(a: int | None, b: int | None, at: int, shapes: list[TensorShape]) -> int | None:
    try:
        return merge_dims(a, b)
    except ValueError:
        first = shape_text(shapes[0])
        other = next((i for i, s in enumerate(shapes) if s.rank is not None and s[at] == b), 0)
        raise ValueError(
            f"ConcatOp : Dimension {at} in both shapes must be equal: "
            f"shape[0] = {first} vs. shape[{other}] = {shape_text(shapes[other])}"
        ) from None


def _concat_v2_shape(c: Inference) -> TensorShape:
    last = c.n_inputs - 1
    if c.shape(last).rank not in (None, 0):
        raise ValueError(f"Shape must be rank 0 but is rank {c.shape(last).rank}")
    return _concat_dims(c.shapes()[:last], constant_int(c, last))


_concatenate = Native("concat", np.concatenate)


def _concat_host(values: list[Any], axis: np.ndarray) -> np.ndarray:
    if axis.size != 1:
        raise invalid(
            f"Concat dim tensor should be a scalar, but got shape {shape_text(axis.shape)}"
        )
    return _concatenate(values, int(axis.reshape(())))


def _concat_grad(op: Any, dy: Any) -> list[Any]:
    values, axis = op.inputs[:-1], op.inputs[-1]
    known = known_int(axis)
    if known is not None and all(v.shape.is_fully_defined() for v in values):
        rank = values[0].shape.rank
        sizes = np.array([v.shape[known % rank] for v in values], np.int32)
        return [*raw.SplitV(dy, sizes, known, num_split=len(values)), None]
    sizes = raw.ShapeN(list(values), out_type=dtypes.int32)
    rank = raw.Rank(values[0])
    axis = raw.FloorMod(raw.Cast(axis, DstT=dtypes.int32), rank)
    offsets = concat_offset_op(axis, sizes)
    return [*(raw.Slice(dy, o, s) for o, s in zip(offsets, sizes, strict=True)), None]


def _concat_batching(call: Call) -> Any:
    """All parts are stacked, and the axis moves by one."""
    parts = [call.stacked(i) for i in range(len(call) - 1)]
    return call.run([*parts, shifted_input(call, len(call) - 1)])


concat_v2_op = op(
    "ConcatV2",
    shape=_concat_v2_shape,
    host=_concat_host,
    xla=lambda values, axis: jnp.concatenate(values, int(axis)),
    effects=PURE,
    traits=(MOVES, LINEAR, TOTAL, SAFE_IN_HALF, KEEPS_FINITE, STATIC_VALUE),
    batching=_concat_batching,
    gradient=_concat_grad,
    static=("axis",),
)


def _concat_v1_grad(op: Any, dy: Any) -> list[Any]:
    axis, values = op.inputs[0], op.inputs[1:]
    sizes = raw.ShapeN(list(values), out_type=dtypes.int32)
    offsets = concat_offset_op(axis, sizes)
    slice_op = raw.Slice
    return [None, *(slice_op(dy, o, s) for o, s in zip(offsets, sizes, strict=True))]


def _old_concat_batching(call: Call) -> Any:
    """The same with the axis in front."""
    parts = [call.stacked(i) for i in range(1, len(call))]
    return call.run([shifted_input(call, 0), *parts])


concat_op = op(
    "Concat",
    shape=lambda c: _concat_dims(c.shapes()[1:], constant_int(c, 0)),
    host=lambda concat_dim, values: _concat_host(values, concat_dim),
    xla=lambda concat_dim, values: jnp.concatenate(values, int(concat_dim)),
    effects=PURE,
    traits=(KEEPS_FINITE, STATIC_VALUE),
    batching=_old_concat_batching,
    gradient=_concat_v1_grad,
    static=("concat_dim",),
)


@export("concat", dispatch=OTHER)
@dispatchable
def concat(values: Any, axis: Any, name: str = "concat") -> Any:
    """Join tensors along one dimension.

    Args:
        values: a list of tensors of one dtype whose shapes agree but for `axis`.
        axis: the dimension to join along, in `[-rank, rank)`.
        name: name of the node in a graph.

    Returns:
        A tensor; its size along `axis` is the sum of the others'.

    Raises:
        InvalidArgumentError: if the shapes or dtypes do not agree; ValueError in a graph.

    >>> import tidefall as tf
    >>> tf.concat([[1, 2], [3]], axis=0).numpy()
    array([1, 2, 3], dtype=int32)
    """
    if not isinstance(values, (list, tuple)):
        values = [values]
    if type(axis) is int:
        arrays = plain_arrays(values)
        if arrays is not None and len(arrays) > 1 and unrecorded(*values):
            result = shortcut(_concatenate.run, arrays, axis)
            if result is not None:
                return result
    if any(is_dispatched(v) for v in values):
        made = redirect("concat", values, axis, name=name)
        if made is not NotImplemented:
            return made
    if len(values) == 1:
        convert_to_tensor(axis, dtypes.int32).shape.assert_has_rank(0)
        tensor = convert_to_tensor(values[0])
        return raw.Identity(tensor, name=name)
    return concat_v2_op(list(values), axis, name=name)


def _concat_offset_host(concat_dim: np.ndarray, shape: list[np.ndarray]) -> list[np.ndarray]:
    rank = len(shape[0])
    axis = int(concat_dim)
    if not -rank <= axis < rank:
        raise invalid(f"Concat dim is out of range: {axis} vs. {rank}")
    table = np.stack(shape)
    others = np.arange(rank) != axis % rank
    if (table[:, others] != table[0, others]).any():
        raise invalid("All dimensions except the concatenated one must match")
    offsets = np.zeros_like(table)
    offsets[1:, axis] = np.cumsum(table[:-1, axis])
    return list(offsets)


concat_offset_op = op(
    "ConcatOffset",
    shape=lambda c: c.shapes()[1:],
    host=_concat_offset_host,
    xla=_concat_offset_host,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
    static=("concat_dim", "shape"),
)
