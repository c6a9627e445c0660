"""Where the largest and smallest elements along an axis are."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.native.functions import Native
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.op import Op
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import MOVES, SAFE_IN_HALF
from tidefall.ops.array.common import plain_array, unrecorded
from tidefall.ops.batching import along_axes
from tidefall.ops.common import invalid, jnp, shape_text
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, Tensor, ndarray


def _shape(c: Inference) -> TensorShape:
    shape, axis = c.shape(0), c.constant(1)
    if shape.rank is None:
        return TensorShape(None)
    if shape.rank == 0:
        return TensorShape([])  # the kernel refuses it
    if axis is None:
        return TensorShape([None] * (shape.rank - 1))
    axis = _checked(axis, shape.rank)
    dims = shape.as_list()
    return TensorShape(dims[:axis] + dims[axis + 1 :])


def _checked(axis: Any, rank: int) -> int:
    if np.ndim(axis):
        raise ValueError(f"Shape must be rank 0 but is rank {np.ndim(axis)}: the axis {axis}")
    axis = int(axis)
    if not -rank <= axis < rank:
        raise ValueError(f"Expected dimension in the range [{-rank}, {rank}), but got {axis}")
    return axis % rank


def _prepare(x: Any, axis: Any) -> int:
    axis = _checked(axis, x.ndim)
    if x.shape[axis] == 0 and 0 not in x.shape[:axis] + x.shape[axis + 1 :]:
        raise invalid(f"Reduction axis {axis} is empty in shape {shape_text(x.shape)}")
    return axis


def _has_nan(x: np.ndarray) -> bool:
    """Whether one of the elements is not a number."""
    if x.dtype.char in "fd" and x.flags.c_contiguous:
        flat = x.reshape(-1)
        squares = flat.dot(flat)  # one pass; infinities make no nan of squares
        return squares != squares
    return bool(np.isnan(x).any())


def _of_numpy(choose: Any, worst: float) -> Any:
    """A kernel of an array and an axis, which never chooses nan; NumPy always does."""

    def find(x: np.ndarray, axis: int) -> Any:
        if x.dtype.kind == "V":
            x = x.astype(np.float32)
        if x.dtype.kind == "f" and _has_nan(x):
            x = np.where(np.isnan(x), x.dtype.type(worst), x)
        return choose(x, axis)

    return find


_argmax = Native("argmax", _of_numpy(np.ndarray.argmax, -np.inf))
_argmin = Native("argmin", _of_numpy(np.ndarray.argmin, np.inf))


def _plain_find(kernel: Native, x: Any, axis: Any, output_type: Any) -> EagerTensor | None:
    """The result for an eager tensor that no tape watches; None leaves the call to the op."""
    array = plain_array(x)
    if array is None or output_type is not dtypes.int64 or not array.size:
        return None
    if array.dtype.kind not in "fiu" or not (axis is None or type(axis) is int):
        return None
    if not unrecorded(x):
        return None
    try:
        found = kernel.run(array, axis or 0)
    except ValueError:
        return None
    return EagerTensor(found if type(found) is ndarray else np.asarray(found))


def _find(kernel: Native, x: Any, axis: Any, output_type: DType) -> Any:
    axis = _prepare(x, axis)
    kind = output_type.as_numpy_dtype
    if x.shape[axis] == 0:
        return np.zeros(x.shape[:axis] + x.shape[axis + 1 :], kind)
    return kernel(x, axis).astype(kind, copy=False)


def _find_xla(choose: Any, x: Any, axis: Any, worst: float, output_type: DType) -> Any:
    axis = _prepare(x, axis)
    kind = output_type.as_numpy_dtype
    if x.shape[axis] == 0:
        return jnp.zeros(x.shape[:axis] + x.shape[axis + 1 :], kind)
    if x.dtype.kind in "fV":
        x = jnp.where(jnp.isnan(x), jnp.array(worst, x.dtype), x)
    return choose(x, axis).astype(kind)


argmax_op = op(
    "ArgMax",
    shape=_shape,
    host=lambda x, axis, *, output_type: _find(_argmax, x, axis, output_type),
    xla=lambda x, axis, *, output_type: _find_xla(jnp.argmax, x, axis, -np.inf, output_type),
    effects=PURE,
    traits=(MOVES, SAFE_IN_HALF),
    batching=along_axes,
    gradient=NOT_DIFFERENTIABLE,
    static=("dimension",),
)
argmin_op = op(
    "ArgMin",
    shape=_shape,
    host=lambda x, axis, *, output_type: _find(_argmin, x, axis, output_type),
    xla=lambda x, axis, *, output_type: _find_xla(jnp.argmin, x, axis, np.inf, output_type),
    effects=PURE,
    traits=(MOVES,),
    batching=along_axes,
    gradient=NOT_DIFFERENTIABLE,
    static=("dimension",),
)


def _call(operation: Op, x: Any, axis: Any, output_type: Any, name: str | None) -> Any:
    axis = np.int32(0) if axis is None else axis
    wanted = None if output_type is None else as_dtype(output_type)
    return operation(convert_to_tensor(x), axis, output_type=wanted, name=name)


@export("math.argmax", "argmax")
def argmax(
    input: Any, axis: Any = None, output_type: Any = dtypes.int64, name: str | None = None
) -> Any:
    """Index of the largest element along an axis, the first one among equals.

    Args:
        input: real or bool tensor of at least one dimension.
        axis: the axis; None means the first.
        output_type: int16, uint16, int32 or int64.
        name: name of the node in a graph.

    Returns:
        A tensor of the output type, shaped like `input` without the axis.

    Raises:
        TypeError: for an axis that is no integer.
        InvalidArgumentError: if the axis is out of range or empty.

    >>> import tidefall as tf
    >>> tf.argmax([[1, 5, 2], [9, 0, 3]], axis=1).numpy()
    array([1, 0])
    """
    found = _plain_find(_argmax, input, axis, output_type)
    if found is not None:
        return found
    if not isinstance(axis, (int, Tensor, np.integer, np.ndarray, type(None))):
        raise TypeError(f"axis must be int or Tensor with integer datatype, got {axis!r}")
    return _call(argmax_op, input, axis, output_type, name)


@export("math.argmin", "argmin")
def argmin(
    input: Any, axis: Any = None, output_type: Any = dtypes.int64, name: str | None = None
) -> Any:
    """Index of the smallest element along an axis, the first one among equals.

    Args:
        input: real or bool tensor of at least one dimension.
        axis: the axis; None means the first.
        output_type: int32 or int64.
        name: name of the node in a graph.

    Returns:
        A tensor of the output type, shaped like `input` without the axis.

    Raises:
        InvalidArgumentError: if the axis is out of range or empty.

    >>> import tidefall as tf
    >>> tf.argmin([[1, 5, 2], [9, 0, 3]], axis=1).numpy()
    array([0, 1])
    """
    found = _plain_find(_argmin, input, axis, output_type)
    if found is not None:
        return found
    return _call(argmin_op, input, axis, output_type, name)
