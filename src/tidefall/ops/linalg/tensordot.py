"""Contractions of tensors over chosen axes, and the cross product."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.errors import FailedPreconditionError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.op.traits import MULTILINEAR
from tidefall.ops.batching import two_batched
from tidefall.ops.common import invalid, jnp, shape_text
from tidefall.ops.linalg.matmul import matmul
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor

# ---- tensordot ----


def _axes_pair(a: Any, axes: Any) -> tuple[Any, Any]:
    """The axes of `a` and those of `b`, as lists where they are known."""
    if isinstance(axes, (int, np.integer)) and not isinstance(axes, bool):
        if axes < 0:
            raise ValueError(f"`axes` must be at least 0. Received: {axes}.")
        rank = a.shape.rank
        if rank is not None:
            if axes > rank:
                raise ValueError(
                    f"`axes` must not be larger than the number of dimensions of tensor {a}.  "
                    f"Received {axes}, vs tensor dimensions {rank}."
                )
            return list(range(rank - axes, rank)), list(range(axes))
        rank = raw.Rank(a)
        start = raw.Sub(rank, np.int32(axes))
        return raw.Range(start, rank, np.int32(1)), list(range(axes))
    if isinstance(axes, (list, tuple)):
        if len(axes) != 2:
            raise ValueError(f"`axes` must be an integer or have length 2. Received {axes}.")
        first, second = (_as_list(part) for part in axes)
        if len(first) != len(second):
            raise ValueError(
                f"Different number of contraction axes `a` and `b`, {len(first)} != {len(second)}."
            )
        return first, second
    axes = convert_to_tensor(axes, dtypes.int32, name="axes")
    if isinstance(axes, EagerTensor):
        value = axes.host_array()
        if value.ndim == 2 and a.shape.rank is not None:
            wrong = value[0][(value[0] < -a.shape.rank) | (value[0] >= a.shape.rank)]
            if len(wrong):
                raise invalid(f"indices[0] = {wrong[0]} is not in [0, {a.shape.rank})")
        return _axes_pair(a, int(value) if value.ndim == 0 else value.tolist())
    gather = raw.GatherV2
    return gather(axes, np.int32(0), np.int32(0)), gather(axes, np.int32(1), np.int32(0))


def _as_list(part: Any) -> list[int]:
    if isinstance(part, EagerTensor):
        part = part.host_array()
    return [int(axis) for axis in np.reshape(part, -1)]


def _as_matrix(x: Any, axes: Any, contracted_first: bool) -> tuple[Any, Any]:
    """`x` with the contracted axes as one dimension and the others as another one.

    Returns:
        The matrix, and the sizes of the free axes: a list of ints and scalar tensors if the axes
        are known, else a tensor.
    """
    if not isinstance(axes, list) or x.shape.rank is None:
        return _as_matrix_dynamic(x, axes, contracted_first)
    shape = _sizes(x)
    axes = [axis % len(shape) if axis < 0 else axis for axis in axes]
    free = [i for i in range(len(shape)) if i not in axes]
    sizes = [shape[i] for i in free]
    inner, outer = _product([shape[i] for i in axes]), _product(sizes)
    order = axes + free if contracted_first else free + axes
    if order != list(range(len(shape))):
        x = raw.Transpose(x, np.array(order, np.int32))
    return _reshaped(x, [inner, outer] if contracted_first else [outer, inner]), sizes


def _sizes(x: Any) -> list[Any]:
    """Sizes of the dimensions: ints where known, else scalar tensors."""
    dims = x.shape.as_list()
    if None not in dims:
        return dims
    shape = raw.Shape(x)
    return [shape[i] if size is None else size for i, size in enumerate(dims)]


def _product(sizes: list[Any]) -> Any:
    if all(isinstance(size, int) for size in sizes):
        return math.prod(sizes)
    return raw.Prod(convert_to_tensor(sizes, dtypes.int32), np.int32(0))


def _reshaped(x: Any, sizes: list[Any]) -> Any:
    if all(isinstance(size, int) for size in sizes):
        if x.shape.is_fully_defined() and x.shape.as_list() == sizes:
            return x
        return raw.Reshape(x, np.array(sizes, np.int32))
    return raw.Reshape(x, convert_to_tensor(sizes, dtypes.int32))


def _as_matrix_dynamic(x: Any, axes: Any, contracted_first: bool) -> tuple[Any, Any]:
    zero = np.int32(0)
    shape, rank = raw.Shape(x), raw.Rank(x)
    axes = convert_to_tensor(axes, dtypes.int32)
    axes = raw.SelectV2(raw.GreaterEqual(axes, zero), axes, raw.AddV2(axes, rank))
    free, _ = raw.ListDiff(raw.Range(zero, rank, np.int32(1)), axes)
    gather, prod = raw.GatherV2, raw.Prod
    sizes = gather(shape, free, zero)
    inner, outer = prod(gather(shape, axes, zero), zero), prod(sizes, zero)
    parts = [axes, free] if contracted_first else [free, axes]
    x = raw.Transpose(x, raw.ConcatV2(parts, zero))
    target = [inner, outer] if contracted_first else [outer, inner]
    return raw.Reshape(x, raw.Pack(target)), sizes


@export("tensordot", "linalg.tensordot")
def tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> Any:
    """Sum of products of two tensors over chosen axes.

    Args:
        a: numeric tensor of any shape.
        b: tensor of the same dtype.
        axes: how many of the last axes of `a` to contract with the first axes of `b`, or two
            lists with the axes of each.
        name: name of the node in a graph.

    Returns:
        A tensor with the other axes of `a` and then those of `b`.

    Raises:
        ValueError: if the axes do not fit.
        InvalidArgumentError: if the sizes of contracted axes or the dtypes differ.

    >>> import tidefall as tf
    >>> tf.tensordot([[1, 2], [3, 4]], [10, 1], axes=1).numpy()
    array([12, 34], dtype=int32)
    """
    with name_scope(name or "Tensordot"):
        a, b = convert_to_tensor(a, name="a"), convert_to_tensor(b, name="b")
        axes_a, axes_b = _axes_pair(a, axes)
        left, free_a = _as_matrix(a, axes_a, contracted_first=False)
        right, free_b = _as_matrix(b, axes_b, contracted_first=True)
        product = matmul(left, right)
        if isinstance(free_a, list) and isinstance(free_b, list):
            return _reshaped(product, free_a + free_b)
        sizes = [convert_to_tensor(free, dtypes.int32) for free in (free_a, free_b)]
        return raw.Reshape(product, raw.ConcatV2(sizes, np.int32(0)))


# ---- cross product ----


def _cross_shape(c: Inference) -> TensorShape:
    a, b = c.shape(0), c.shape(1)
    try:
        shape = a.merge_with(b)
    except ValueError:
        raise ValueError(
            f"Both inputs must be of same shape: {shape_text(a)} vs. {shape_text(b)}"
        ) from None
    if shape.rank == 0:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    if shape.rank is not None and shape[-1] not in (None, 3):
        raise ValueError(f"Dimension must be 3 but is {shape[-1]}")
    return shape


def _check_cross(a: Any, b: Any) -> None:
    if a.shape != b.shape:
        raise invalid(
            f"Both inputs must be of same shape: {shape_text(a.shape)} vs. {shape_text(b.shape)}"
        )
    if not a.ndim or a.shape[-1] != 3:
        raise FailedPreconditionError(
            None, None, "Cross-products are only defined for 3-element vectors."
        )


def _cross_host(a: Any, b: Any) -> Any:
    _check_cross(a, b)
    return np.cross(a, b).astype(a.dtype, copy=False)


def _cross_xla(a: Any, b: Any) -> Any:
    _check_cross(a, b)
    return jnp.cross(a, b)


def _cross_grad(op: Any, dy: Any) -> list[Any]:
    a, b = op.inputs
    return [cross_op(b, dy), cross_op(dy, a)]


cross_op = op(
    "Cross",
    shape=_cross_shape,
    host=_cross_host,
    xla=_cross_xla,
    effects=PURE,
    traits=(MULTILINEAR,),
    batching=two_batched,
    gradient=_cross_grad,
)


@export("linalg.cross")
def cross(a: Any, b: Any, name: str | None = None) -> Any:
    """Cross product of vectors in three dimensions.

    Args:
        a: real tensor of shape `[..., 3]`.
        b: tensor of the same dtype and shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `a`.

    Raises:
        InvalidArgumentError: if the shapes differ.

    >>> import tidefall as tf
    >>> tf.linalg.cross([1, 0, 0], [0, 1, 0]).numpy()
    array([0, 0, 1], dtype=int32)
    """
    return cross_op(a, b, name=name)
