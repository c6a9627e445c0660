"""Dimensions in another order, and repeated: transpose, invert_permutation, broadcast_to."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dispatch import OTHER, dispatchable, is_dispatched, redirect
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import state
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import CHEAP, KEEPS_FINITE, LINEAR, MOVES, SAFE_IN_HALF, TOTAL
from tidefall.ops.array.common import objects, plain_array, require_rank, shortcut, unrecorded
from tidefall.ops.array.reshaping import reshape
from tidefall.ops.batching import Call, Fallback, raised
from tidefall.ops.common import invalid, is_static, jnp, shape_text, unbroadcast
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, ndarray

# ---- Transpose ----


def _transpose_shape(c: Inference) -> TensorShape:
    source, perm_shape = c.shape(0), c.shape(1)
    require_rank(perm_shape, 1)
    rank = source.rank if source.rank is not None else perm_shape.num_elements()
    if rank is None:
        return TensorShape(None)
    if perm_shape.num_elements() not in (None, rank):
        raise ValueError(
            f"Dimension must be {rank} but is {perm_shape.num_elements()}: a transpose needs one "
            "entry of perm per dimension"
        )
    perm = c.constant(1)
    if perm is None or source.rank is None:
        return TensorShape([None] * rank)
    dims = source.as_list()
    return TensorShape([dims[_perm_axis(int(p), rank)] for p in perm])


def _perm_axis(axis: int, rank: int) -> int:
    if not -rank <= axis < rank:
        raise ValueError(f"perm dim {axis} is out of range of input rank {rank}")
    return axis


def _transpose_host(x: Any, perm: np.ndarray) -> np.ndarray:
    array = objects(x)
    if perm.ndim != 1:
        raise invalid(f"perm must be rank 1, got shape {shape_text(perm.shape)}")
    axes = perm.tolist()
    try:
        return array.transpose(axes)
    except ValueError:
        _check_perm(axes, array.ndim)
        raise


def _check_perm(axes: list[int], rank: int) -> None:
    if len(axes) != rank:
        raise invalid(
            f"transpose expects a vector of size {rank}. But input(1) is a vector of size "
            f"{len(axes)}"
        )
    for axis in axes:
        if not -rank <= axis < rank:
            raise invalid(f"{axis} is out of range [0 .. {rank})")
    missing = set(range(rank)) - {axis % rank for axis in axes}
    if missing:
        text = ",".join(str(axis) for axis in axes)
        raise invalid(f"{min(missing)} is missing from {{{text}}}.")


def _transpose_grad(op: Any, dy: Any) -> list[Any]:
    return [transpose_op(dy, _inverse(op.inputs[1])), None]


def _conjugate_transpose_grad(op: Any, dy: Any) -> list[Any]:
    return [conjugate_transpose_op(dy, _inverse(op.inputs[1])), None]


def _inverse(perm: Any) -> Any:
    if type(perm) is EagerTensor:
        axes = perm.host_array()
        return EagerTensor(
            np.argsort(np.where(axes < 0, axes + len(axes), axes)).astype(axes.dtype)
        )
    return invert_permutation_op(perm)


def _transpose_batching(call: Call) -> Any:
    """The dimension of the runs stays in front."""
    perm = np.concatenate([[0], call.constant(1) + 1]).astype(np.int32)
    return call.node.op_type(call.tensor(0), perm)


transpose_op = op(
    "Transpose",
    shape=_transpose_shape,
    host=_transpose_host,
    xla=lambda x, perm: jnp.transpose(x, tuple(perm.tolist())),
    effects=PURE,
    traits=(MOVES, LINEAR, CHEAP, TOTAL, SAFE_IN_HALF, KEEPS_FINITE),
    batching=_transpose_batching,
    gradient=_transpose_grad,
    static=("perm",),
)
conjugate_transpose_op = op(
    "ConjugateTranspose",
    shape=_transpose_shape,
    host=lambda x, perm: np.conj(_transpose_host(x, perm)),
    xla=lambda x, perm: jnp.conj(jnp.transpose(x, tuple(perm.tolist()))),
    effects=PURE,
    batching=_transpose_batching,
    gradient=_conjugate_transpose_grad,
    static=("perm",),
)


@export("transpose")
@dispatchable
def transpose(
    a: Any, perm: Any = None, conjugate: bool = False, name: str | None = "transpose"
) -> Any:
    """Permute the dimensions.

    Args:
        a: a tensor of any shape and dtype.
        perm: the old axis of each new one; None reverses them.
        conjugate: also take the complex conjugate.
        name: name of the node in a graph.

    Returns:
        A tensor whose dimension i is dimension `perm[i]` of `a`.

    Raises:
        InvalidArgumentError: if `perm` is not a permutation of the axes; ValueError in a graph.

    >>> import tidefall as tf
    >>> tf.transpose([[1, 2, 3]]).shape
    TensorShape([3, 1])
    """
    if type(a) is EagerTensor and not conjugate and (not state.needs_dispatch or unrecorded(a)):
        value = a.storage
        if type(value) is ndarray and (perm is None or type(perm) in (list, tuple)):
            try:
                return EagerTensor(value.transpose(perm))
            except (ValueError, TypeError):
                pass
    if is_dispatched(a):
        made = redirect("transpose", a, perm, conjugate, name=name)
        if made is not NotImplemented:
            return made
    tensor = convert_to_tensor(a)
    chosen = conjugate_transpose_op if conjugate and tensor.dtype.is_complex else transpose_op
    if perm is None:
        rank = tensor.shape.rank
        if rank is not None:
            perm = np.arange(rank - 1, -1, -1, dtype=np.int32)
        else:
            last = raw.Sub(raw.Rank(tensor), 1)
            perm = raw.Range(last, -1, -1)
    return chosen(tensor, perm, name=name)


def _invert_shape(c: Inference) -> TensorShape:
    require_rank(c.shape(0), 1)
    return c.shape(0).with_rank(1)


def _invert_permutation(x: np.ndarray) -> np.ndarray:
    if x.ndim != 1:
        raise invalid("invert_permutation expects a 1D vector.")
    size = len(x)
    if size and (x.min() < 0 or x.max() >= size):
        wrong = x[(x < 0) | (x >= size)][0]
        raise invalid(f"{wrong} is not between 0 and {size}")
    result = np.full(size, -1, x.dtype)
    result[x] = np.arange(size, dtype=x.dtype)
    if size and result.min() < 0:
        values, counts = np.unique(x, return_counts=True)
        raise invalid(f"{values[counts > 1][0]} is duplicated in the input.")
    return result


invert_permutation_op = op(
    "InvertPermutation",
    shape=_invert_shape,
    host=_invert_permutation,
    xla=lambda x: jnp.zeros_like(x).at[x].set(jnp.arange(x.shape[0], dtype=x.dtype)),
    effects=PURE,
    traits=(LINEAR,),
    gradient=NOT_DIFFERENTIABLE,
)


@export("math.invert_permutation")
def invert_permutation(x: Any, name: str | None = None) -> Any:
    """The inverse of a permutation.

    Args:
        x: an int32 or int64 vector that holds each of 0 to n - 1 once.
        name: name of the node in a graph.

    Returns:
        A vector `y` with `y[x[i]] == i`.

    Raises:
        InvalidArgumentError: if `x` is not a permutation.

    >>> import tidefall as tf
    >>> tf.math.invert_permutation([2, 0, 1]).numpy()
    array([1, 2, 0], dtype=int32)
    """
    return invert_permutation_op(x, name=name)


# ---- BroadcastTo ----


def _broadcast_to_shape(c: Inference) -> TensorShape:
    source, target = c.shape(0), c.constant_shape(1)
    require_rank(c.shape(1), 1)
    if source.rank is None or target.rank is None:
        return target
    if source.rank > target.rank:
        raise ValueError(
            f"Rank of input ({source.rank}) must be no greater than rank of output shape "
            f"({target.rank})."
        )
    lead = target.rank - source.rank
    dims = target.as_list()
    for i, d in enumerate(source.as_list()):
        wanted = target[lead + i]
        if d not in (None, 1) and wanted is None:
            dims[lead + i] = d
        elif d not in (None, 1) and wanted != d:
            raise ValueError(
                f"Incompatible shapes: {shape_text(source)} vs. {shape_text(target)}. Dimension "
                f"{i} of the input is {d}, and must be 1 or {wanted}"
            )
    return TensorShape(dims)


def _broadcast_to_grad(op: Any, dy: Any) -> list[Any]:
    x = op.inputs[0]
    if is_static(x, dy):
        return [unbroadcast(dy, x, dy), None]
    axes = raw.BroadcastGradientArgs(raw.Shape(x), raw.Shape(dy))[0]
    total = raw.Sum(dy, axes, keep_dims=True)
    return [reshape(total, raw.Shape(x)), None]


def _broadcast_to_batching(call: Call) -> Any:
    """Both shapes get the number of runs in front."""
    sizes = call.fixed(1)
    length = sizes.shape[0]
    if length is None:
        raise Fallback
    tensor = raised(call.stacked(0), length - call.rank(0))
    return raw.BroadcastTo(tensor, call.runs.before(sizes))


broadcast_to_op = op(
    "BroadcastTo",
    shape=_broadcast_to_shape,
    host=lambda input, shape: np.broadcast_to(objects(input), tuple(shape.tolist())),
    xla=lambda input, shape: jnp.broadcast_to(input, tuple(shape.tolist())),
    effects=PURE,
    traits=(MOVES, LINEAR, CHEAP, TOTAL, SAFE_IN_HALF),
    batching=_broadcast_to_batching,
    gradient=_broadcast_to_grad,
    static=("shape",),
)


@export("broadcast_to", dispatch=OTHER)
def broadcast_to(input: Any, shape: Any, name: str | None = None) -> Any:
    """Repeat a tensor along dimensions of size 1, and new leading ones, to reach a shape.

    Args:
        input: a tensor of any shape and dtype.
        shape: an int32 or int64 vector.
        name: name of the node in a graph.

    Returns:
        A tensor of the given shape.

    Raises:
        InvalidArgumentError: if the shape cannot be reached.

    >>> import tidefall as tf
    >>> tf.broadcast_to([1, 2], [2, 2]).numpy()
    array([[1, 2],
           [1, 2]], dtype=int32)
    """
    array = plain_array(input)
    if array is not None and type(shape) in (list, tuple) and unrecorded(input):
        result = shortcut(np.broadcast_to, array, shape)
        if result is not None:
            return result
    return broadcast_to_op(input, shape, name=name)
