"""The same elements in another shape: reshape, expand_dims, squeeze."""

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
from tidefall.op.registry import op
from tidefall.op.traits import CHEAP, KEEPS_FINITE, LINEAR, MOVES, SAFE_IN_HALF, TOTAL
from tidefall.ops.array.common import (
    constant_int,
    objects,
    plain_array,
    product,
    require_rank,
    shortcut,
    unrecorded,
    unwrap,
)
from tidefall.ops.batching import Call, Fallback, along_axes, shifted
from tidefall.ops.common import invalid, jnp, shape_text
from tidefall.tensor.tensor import EagerTensor, ndarray


def shape_of(tensor: Any) -> Any:
    """The shape as an int32 array if it is static, else as a tensor."""
    if tensor.shape.is_fully_defined():
        return np.array(tensor.shape.as_list(), np.int32)
    return raw.Shape(tensor)


# ---- Reshape ----


def _reshape_shape(c: Inference) -> TensorShape:
    source, target = c.shape(0), c.constant_shape(1)
    require_rank(c.shape(1), 1)
    given = c.constant(1)
    if given is not None and given.size and int(given.min()) < -1:
        raise ValueError(f"Invalid value in tensor used for shape: {int(given.min())}")
    if target.rank is None:
        return target
    dims = target.as_list()
    count = source.num_elements()
    if count is None:
        return target
    unknown = [i for i, d in enumerate(dims) if d is None]
    known = product([d for d in dims if d is not None])
    assert known is not None
    if not unknown:
        if known != count:
            raise ValueError(
                f"Cannot reshape a tensor with {count} elements to shape "
                f"{shape_text(target)} ({known} elements)"
            )
        return target
    if len(unknown) > 1:
        return target
    if known == 0:
        if count:
            raise ValueError(
                f"Cannot reshape a tensor with {count} elements to shape {shape_text(target)} "
                "(0 elements)"
            )
        return target
    if count % known:
        raise ValueError(f"Dimension size must be evenly divisible by {known} but is {count}")
    dims[unknown[0]] = count // known
    return TensorShape(dims)


def _reshape_host(tensor: Any, shape: np.ndarray) -> Any:
    array = objects(tensor)
    if shape.ndim > 1:
        raise invalid(f"sizes input must be 1-D, not {shape_text(shape.shape)}")
    dims = shape.reshape(-1).tolist()
    if dims and (min(dims) < -1 or (-1 in dims and array.size == 0)):
        _check_reshape(array, dims)
        dims = _infer_empty(array.shape, dims)
    try:
        return unwrap(array.reshape(dims))
    except ValueError:
        _check_reshape(array, dims)
        raise


def _check_reshape(array: np.ndarray, dims: list[int]) -> None:
    """Raise what TensorFlow raises when it runs an impossible reshape."""
    low = min(dims) if dims else 0
    if low < -1:
        raise invalid(f"Size {dims.index(low)} must be non-negative, not {low}")
    if dims.count(-1) > 1:
        first = dims.index(-1)
        raise invalid(
            f"Only one input size may be -1, not both {first} and {dims.index(-1, first + 1)}"
        )
    known = product([d for d in dims if d >= 0]) or 0
    if -1 not in dims or known == 0:
        if known != array.size:
            raise invalid(
                f"Input to reshape is a tensor with {array.size} values, but the requested shape "
                f"has {known}"
            )
    elif array.size % known:
        raise invalid(
            f"Input to reshape is a tensor with {array.size} values, but the requested shape "
            f"requires a multiple of {known}"
        )


def _infer_empty(source: tuple[int, ...], dims: list[int]) -> list[int]:
    """Fill in -1 for a tensor without elements: zeros on both sides are left out of the count."""
    if -1 not in dims:
        return dims
    if 0 not in dims:
        missing = 0
    else:
        count = product([d for d in source if d]) or 0
        missing = count // (product([d for d in dims if d > 0]) or 1)
    return [missing if d == -1 else d for d in dims]


def _reshape_grad(op: Any, dy: Any) -> list[Any]:
    return [reshape(dy, shape_of(op.inputs[0])), None]


def _reshape_batching(call: Call) -> Any:
    """The new shape gets the number of runs in front."""
    return raw.Reshape(call.tensor(0), call.runs.before(call.fixed(1)))


reshape_op = op(
    "Reshape",
    shape=_reshape_shape,
    host=_reshape_host,
    xla=lambda tensor, shape: jnp.reshape(tensor, tuple(shape.tolist())),
    effects=PURE,
    traits=(MOVES, LINEAR, CHEAP, TOTAL, SAFE_IN_HALF, KEEPS_FINITE),
    batching=_reshape_batching,
    gradient=_reshape_grad,
    static=("shape",),
)


@export("reshape", dispatch=OTHER)
@dispatchable
def reshape(tensor: Any, shape: Any, name: str | None = None) -> Any:
    """The same elements, in the same order, in another shape.

    Args:
        tensor: a tensor of any shape and dtype.
        shape: the new shape; one dimension may be -1 and is then worked out.
        name: name of the node in a graph.

    Returns:
        A tensor of the new shape.

    Raises:
        InvalidArgumentError: if the number of elements does not fit; ValueError in a graph.

    >>> import tidefall as tf
    >>> tf.reshape([1, 2, 3, 4], [2, -1]).numpy()
    array([[1, 2],
           [3, 4]], dtype=int32)
    """
    if type(tensor) is EagerTensor and (not state.needs_dispatch or unrecorded(tensor)):
        value = tensor.storage
        kind = type(shape)
        if type(value) is ndarray and (kind is list or kind is tuple) and value.size:
            for d in shape:
                if type(d) is not int or d < -1:
                    break
            else:
                try:
                    return EagerTensor(value.reshape(shape))
                except ValueError:
                    pass
    if is_dispatched(tensor) or is_dispatched(shape):
        made = redirect("reshape", tensor, shape, name=name)
        if made is not NotImplemented:
            return made
    return reshape_op(tensor, shape, name=name)


# ---- ExpandDims and Squeeze ----


def _expand_dims_shape(c: Inference) -> TensorShape:
    source = c.shape(0)
    if source.rank is None:
        return source
    if c.shape(1).num_elements() not in (None, 1):
        raise ValueError("'dim' must be a tensor with a single value")
    axis = constant_int(c, 1)
    if axis is None:
        return TensorShape([None] * (source.rank + 1))
    if not -source.rank - 1 <= axis <= source.rank:
        raise ValueError(
            f"Tried to expand dim index {axis} for tensor with {source.rank} dimensions."
        )
    dims = source.as_list()
    dims.insert(axis if axis >= 0 else axis + source.rank + 1, 1)
    return TensorShape(dims)


def _expand_dims_host(input: Any, dim: np.ndarray) -> np.ndarray:
    array = objects(input)
    axis = int(dim.reshape(()))
    rank = array.ndim
    if not -rank - 1 <= axis <= rank:
        raise invalid(f"Tried to expand dim index {axis} for tensor with {rank} dimensions.")
    at = axis if axis >= 0 else axis + rank + 1
    return array.reshape(array.shape[:at] + (1,) + array.shape[at:])


def _expand_dims_grad(op: Any, dy: Any) -> list[Any]:
    return [reshape(dy, shape_of(op.inputs[0])), None]


expand_dims_op = op(
    "ExpandDims",
    shape=_expand_dims_shape,
    host=_expand_dims_host,
    xla=lambda input, dim: jnp.expand_dims(input, int(dim.reshape(()))),
    effects=PURE,
    traits=(MOVES, LINEAR, CHEAP, TOTAL, SAFE_IN_HALF, KEEPS_FINITE),
    batching=along_axes,
    gradient=_expand_dims_grad,
    static=("dim",),
)


@export("expand_dims", dispatch=OTHER)
@dispatchable
def expand_dims(input: Any, axis: Any, name: str | None = None) -> Any:
    """Insert a dimension of size 1.

    Args:
        input: a tensor of any shape and dtype.
        axis: where to insert it, in `[-rank - 1, rank]`.
        name: name of the node in a graph.

    Returns:
        A tensor of one more dimension.

    Raises:
        InvalidArgumentError: if the axis is out of range; ValueError in a graph.

    >>> import tidefall as tf
    >>> tf.expand_dims(tf.zeros([2, 3]), -1).shape
    TensorShape([2, 3, 1])
    """
    if type(input) is EagerTensor and type(axis) is int and unrecorded(input):
        value = input.storage
        if type(value) is ndarray:
            rank = value.ndim
            if -rank - 1 <= axis <= rank:
                at = axis if axis >= 0 else axis + rank + 1
                return EagerTensor(value.reshape(value.shape[:at] + (1,) + value.shape[at:]))
    if is_dispatched(input):
        made = redirect("expand_dims", input, axis, name=name)
        if made is not NotImplemented:
            return made
    return expand_dims_op(input, axis, name=name)


def _squeeze_shape(c: Inference) -> TensorShape:
    source = c.shape(0)
    if source.rank is None:
        return source
    dims = source.as_list()
    axes = [_squeeze_axis(a, len(dims)) for a in c.attr("squeeze_dims")]
    if not axes:
        if None in dims:
            return TensorShape(None)
        return TensorShape([d for d in dims if d != 1])
    for axis in axes:
        if dims[axis] not in (None, 1):
            raise ValueError(
                f"Can not squeeze dim[{axis}], expected a dimension of 1, got {dims[axis]}"
            )
    return TensorShape([d for i, d in enumerate(dims) if i not in axes])


def _squeeze_axis(axis: int, rank: int) -> int:
    if not -rank <= axis < rank:
        raise ValueError(f"Tried to squeeze dim index {axis} for tensor with {rank} dimensions.")
    return axis + rank if axis < 0 else axis


def _squeeze_host(input: Any, *, squeeze_dims: list[int]) -> Any:
    array = objects(input)
    if not squeeze_dims:
        return unwrap(array.reshape([d for d in array.shape if d != 1]))
    axes = {_squeeze_axis(a, array.ndim) for a in squeeze_dims}
    for axis in axes:
        if array.shape[axis] != 1:
            raise ValueError("cannot squeeze")
    return unwrap(array.reshape([d for i, d in enumerate(array.shape) if i not in axes]))


def _squeeze_batching(call: Call) -> Any:
    """The dimension of the runs is never removed."""
    axes = list(call.attrs["squeeze_dims"])
    if not axes:
        shape = call.node.inputs[0].shape
        if not shape.is_fully_defined():
            raise Fallback
        axes = [i for i, d in enumerate(shape.as_list()) if d == 1]
        if not axes:
            return call.tensor(0)
    return call.run([call.tensor(0)], squeeze_dims=[int(shifted(a)) for a in axes])


squeeze_op = op(
    "Squeeze",
    shape=_squeeze_shape,
    host=_squeeze_host,
    xla=lambda input, *, squeeze_dims: jnp.squeeze(input, tuple(squeeze_dims) or None),
    effects=PURE,
    traits=(MOVES, LINEAR, TOTAL, SAFE_IN_HALF, KEEPS_FINITE),
    batching=_squeeze_batching,
    gradient=lambda op, dy: reshape(dy, shape_of(op.inputs[0])),
)


@export("squeeze", dispatch=OTHER)
def squeeze(input: Any, axis: Any = None, name: str | None = None) -> Any:
    """Remove dimensions of size 1.

    Args:
        input: a tensor of any shape and dtype.
        axis: an axis or list of axes to remove; None removes all of size 1.
        name: name of the node in a graph.

    Returns:
        A tensor of fewer dimensions.

    Raises:
        InvalidArgumentError: if one of the axes is not of size 1; ValueError in a graph.

    >>> import tidefall as tf
    >>> tf.squeeze(tf.zeros([1, 2, 1]), axis=0).shape
    TensorShape([2, 1])
    """
    if axis is None:
        axis = []
    elif not isinstance(axis, (list, tuple)):
        axis = [axis]
    array = plain_array(input)
    if array is not None and unrecorded(input):
        result = shortcut(_squeeze_host, array, squeeze_dims=axis)
        if result is not None:
            return result
    return squeeze_op(input, squeeze_dims=list(axis), name=name)
