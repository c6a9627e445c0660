"""Shapes as tensors: shape, size, rank, and the arithmetic of broadcasting."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import OTHER, dispatchable, is_dispatched, redirect
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.exports import export, export_value
from tidefall.base.shapes import TensorShape, broadcast_static_shape
from tidefall.base.state import state
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import MOVES, SHAPE_ONLY, SPECULATABLE, UNIFORM
from tidefall.ops.batching import Call, Value
from tidefall.ops.common import scalar
from tidefall.tensor.conversion import constant, convert_to_tensor
from tidefall.tensor.tensor import EagerTensor

_INT32 = np.dtype(np.int32)


def _of(x: Any) -> tuple[int, ...]:
    # Resources and variants of shape () arrive as the Python objects themselves.
    return getattr(x, "shape", ()) if hasattr(x, "dtype") else ()


def _shape_host(input: Any, *, out_type: DType) -> np.ndarray:
    return np.array(_of(input), out_type.as_numpy_dtype)


def _shape_shape(c: Inference) -> list[int | None]:
    return [c.shape(0).rank]


def _shape_batching(call: Call) -> Value:
    """The shape of one run is the same for all."""
    known = call.node.inputs[0].shape
    if known.is_fully_defined():
        kind = call.attrs["out_type"].as_numpy_dtype
        return Value(convert_to_tensor(np.array(known.as_list(), kind)), False)
    return Value(call.run([call.tensor(0)])[1:], False)


shape_op = op(
    "Shape",
    shape=_shape_shape,
    host=_shape_host,
    xla=_shape_host,
    effects=PURE,
    traits=(MOVES, SHAPE_ONLY, UNIFORM, SPECULATABLE),
    batching=_shape_batching,
    gradient=NOT_DIFFERENTIABLE,
)


def _shape_n_batching(call: Call) -> list[Value]:
    """The shapes of one run are the same for all."""
    found = call.run([v.tensor for v in call.values])
    found = found if isinstance(found, list) else [found]
    return [
        Value(t[1:] if v.stacked else t, False) for t, v in zip(found, call.values, strict=True)
    ]


shape_n_op = op(
    "ShapeN",
    shape=lambda c: [TensorShape([s.rank]) for s in c.shapes()],
    host=lambda input, *, out_type: [_shape_host(x, out_type=out_type) for x in input],
    xla=lambda input, *, out_type: [_shape_host(x, out_type=out_type) for x in input],
    effects=PURE,
    traits=(SHAPE_ONLY, UNIFORM),
    batching=_shape_n_batching,
    gradient=NOT_DIFFERENTIABLE,
)


def _size_host(input: Any, *, out_type: DType) -> np.ndarray:
    return np.array(np.prod(_of(input), dtype=np.int64), out_type.as_numpy_dtype)


def _size_batching(call: Call) -> Value:
    """The size of one run is the same for all."""
    kind = call.attrs["out_type"]
    dims = raw.Shape(call.tensor(0), out_type=kind)[1:]
    return Value(raw.Prod(dims, np.array([0], np.int32)), False)


size_op = op(
    "Size",
    shape=scalar,
    host=_size_host,
    xla=_size_host,
    effects=PURE,
    traits=(MOVES, SHAPE_ONLY, UNIFORM, SPECULATABLE),
    batching=_size_batching,
    gradient=NOT_DIFFERENTIABLE,
)


def _rank_host(input: Any) -> np.ndarray:
    return np.array(len(_of(input)), np.int32)


def _rank_batching(call: Call) -> Value:
    """The rank of one run is the same for all."""
    return Value(call.run([call.tensor(0)]) - 1, False)


rank_op = op(
    "Rank",
    shape=scalar,
    host=_rank_host,
    xla=_rank_host,
    effects=PURE,
    traits=(MOVES, SHAPE_ONLY, UNIFORM, SPECULATABLE),
    batching=_rank_batching,
    gradient=NOT_DIFFERENTIABLE,
)


@export("shape")
@dispatchable
def shape(input: Any, out_type: Any = None, name: str | None = None) -> Any:
    """The shape of a tensor, as a tensor.

    Args:
        input: a tensor of any shape `[...]` and dtype.
        out_type: `tf.int32` (the default) or `tf.int64`.
        name: name of the node in a graph.

    Returns:
        A vector with one element per dimension. In a graph it is a constant if the static shape
        is fully known.

    >>> import tidefall as tf
    >>> tf.shape(tf.zeros([2, 3])).numpy()
    array([2, 3], dtype=int32)
    """
    if type(input) is EagerTensor and out_type is None and not state.off_host:
        return EagerTensor(np.array(input.storage.shape, _INT32))
    return _shape(input, out_type, name)


def _shape(input: Any, out_type: Any, name: str | None) -> Any:
    if is_dispatched(input):
        made = redirect("shape", input, out_type, name=name)
        if made is not NotImplemented:
            return made
    if hasattr(input, "dynamic_shape_tensor"):
        return input.dynamic_shape_tensor(out_type)
    if hasattr(input, "dense_shape") and not callable(input.dense_shape):
        return _dense_shape(input.dense_shape, out_type)
    out_type = dtypes.int32 if out_type is None else as_dtype(out_type)
    tensor = convert_to_tensor(input)
    if state.graph is not None and tensor.shape.is_fully_defined():
        return constant(tensor.shape.as_list(), out_type, name=name or "Shape")
    return shape_op(tensor, out_type=out_type, name=name)


def _dense_shape(dense_shape: Any, out_type: Any) -> Any:
    wanted = dtypes.int32 if out_type is None else as_dtype(out_type)
    return raw.Cast(dense_shape, DstT=wanted) if dense_shape.dtype != wanted else dense_shape


@export("shape_n")
def shape_n(input: Any, out_type: Any = dtypes.int32, name: str | None = None) -> list[Any]:
    """The shapes of several tensors of one dtype.

    Args:
        input: a list of tensors.
        out_type: `tf.int32` or `tf.int64`.
        name: name of the node in a graph.

    Returns:
        A list of vectors.

    >>> import tidefall as tf
    >>> [s.numpy().tolist() for s in tf.shape_n([tf.zeros([2]), tf.zeros([3, 1])])]
    [[2], [3, 1]]
    """
    return shape_n_op(input, out_type=out_type, name=name)


@export("size", dispatch=OTHER)
@dispatchable
def size(input: Any, out_type: Any = None, name: str | None = None) -> Any:
    """The number of elements of a tensor.

    Args:
        input: a tensor of any shape and dtype.
        out_type: `tf.int32` (the default) or `tf.int64`.
        name: name of the node in a graph.

    Returns:
        A scalar.

    >>> import tidefall as tf
    >>> int(tf.size(tf.zeros([2, 3])))
    6
    """
    if type(input) is EagerTensor and out_type is None and not state.off_host:
        return EagerTensor(np.array(math.prod(input.storage.shape), _INT32))
    if is_dispatched(input):
        made = redirect("size", input, out_type, name=name)
        if made is not NotImplemented:
            return made
    out_type = dtypes.int32 if out_type is None else as_dtype(out_type)
    tensor = convert_to_tensor(input)
    if state.graph is not None and tensor.shape.is_fully_defined():
        return constant(tensor.shape.num_elements(), out_type, name=name or "Size")
    return size_op(tensor, out_type=out_type, name=name)


@export("rank", dispatch=OTHER)
@dispatchable
def rank(input: Any, name: str | None = None) -> Any:
    """The number of dimensions of a tensor.

    Args:
        input: a tensor of any shape and dtype.
        name: name of the node in a graph.

    Returns:
        An int32 scalar.

    >>> import tidefall as tf
    >>> int(tf.rank(tf.zeros([2, 3])))
    2
    """
    if type(input) is EagerTensor and not state.off_host:
        return EagerTensor(np.array(len(input.storage.shape), _INT32))
    if is_dispatched(input):
        made = redirect("rank", input, name=name)
        if made is not NotImplemented:
            return made
    tensor = convert_to_tensor(input)
    if state.graph is not None and tensor.shape.rank is not None:
        return constant(tensor.shape.rank, dtypes.int32, name=name or "Rank")
    return rank_op(tensor, name=name)


# ---- broadcasting ----

export_value(broadcast_static_shape, "broadcast_static_shape")


def _broadcast_args(s0: np.ndarray, s1: np.ndarray) -> np.ndarray:
    n = max(len(s0), len(s1))
    a = np.ones(n, s0.dtype)
    b = np.ones(n, s0.dtype)
    a[n - len(s0) :] = s0
    b[n - len(s1) :] = s1
    if ((a != b) & (a != 1) & (b != 1)).any():
        raise ValueError(f"Incompatible shapes: {_dims(s0)} vs. {_dims(s1)}")
    return np.where(a == 1, b, a)


def _dims(shape: np.ndarray) -> str:
    return "[" + ",".join(str(d) for d in shape.tolist()) + "]"


def _broadcast_args_shape(c: Inference) -> list[int | None]:
    dims = []
    for s in c.shapes():
        if s.rank not in (None, 1):
            raise ValueError(f"Shape must be rank 1 but is rank {s.rank}")
        dims.append(None if s.rank is None else s[0])
    return [None if None in dims else max(dims)]


broadcast_args_op = op(
    "BroadcastArgs",
    shape=_broadcast_args_shape,
    host=_broadcast_args,
    xla=_broadcast_args,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
    static=("s0", "s1"),
)


def _gradient_args(s0: np.ndarray, s1: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    n = max(len(s0), len(s1))
    a = np.ones(n, s0.dtype)
    b = np.ones(n, s0.dtype)
    a[n - len(s0) :] = s0
    b[n - len(s1) :] = s1
    if ((a != b) & (a != 1) & (b != 1)).any():
        raise ValueError(f"Incompatible shapes: {_dims(s0)} vs. {_dims(s1)}")
    both = (a == 1) & (b == 1)
    repeated_a = np.flatnonzero((a != b) & (a == 1) | both)
    repeated_b = np.flatnonzero((a != b) & (b == 1) | both)
    if np.array_equal(s0, s1):
        return np.empty(0, s0.dtype), np.empty(0, s0.dtype)
    return repeated_a.astype(s0.dtype), repeated_b.astype(s0.dtype)


broadcast_gradient_args_op = op(
    "BroadcastGradientArgs",
    shape=lambda c: [TensorShape([None]), TensorShape([None])],
    host=_gradient_args,
    xla=_gradient_args,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
    static=("s0", "s1"),
)


@export("broadcast_dynamic_shape", dispatch=OTHER)
def broadcast_dynamic_shape(shape_x: Any, shape_y: Any) -> Any:
    """The shape of a broadcast of two tensors, from their shapes as tensors.

    Args:
        shape_x: an int32 or int64 vector.
        shape_y: a vector of the same dtype.

    Returns:
        A vector.

    Raises:
        InvalidArgumentError: if the shapes do not broadcast.

    >>> import tidefall as tf
    >>> tf.broadcast_dynamic_shape([2, 1], [5]).numpy()
    array([2, 5], dtype=int32)
    """
    return broadcast_args_op(shape_x, shape_y)
