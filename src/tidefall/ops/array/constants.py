"""Tensors made from Python values: constants, placeholders, fills and ranges."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import OTHER, UNARY, dispatchable, is_dispatched, redirect
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export, export_value
from tidefall.base.shapes import TensorShape
from tidefall.base.state import state
from tidefall.op import raw
from tidefall.op.effects import GIVEN, PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import (
    CHEAP,
    ELEMENTWISE,
    KEEPS_FINITE,
    LINEAR,
    MOVES,
    SAFE_IN_HALF,
    SPECULATABLE,
    STATIC_VALUE,
    TOTAL,
)
from tidefall.ops.array.common import full_shape, plain_array, require_rank, zeros_array
from tidefall.ops.batching import Call, Fallback, raised
from tidefall.ops.common import invalid, jnp, shape_text, unchanged
from tidefall.tensor.conversion import (
    constant,
    convert_to_tensor,
    eager,
    register_tensor_conversion_function,
)
from tidefall.tensor.tensor import EagerTensor, Tensor, is_tensor

export_value(constant, "constant")
export_value(convert_to_tensor, "convert_to_tensor")
export_value(register_tensor_conversion_function, "register_tensor_conversion_function")
export_value(is_tensor, "is_tensor")
export_value(Tensor, "Tensor")

SMALL = 1000
"""Up to this many elements a fill of known shape becomes a constant of the graph."""


def _const_host(*, value: Any) -> Any:
    return value


const_op = op(
    "Const",
    shape=lambda c: TensorShape(c.attr("value").shape),
    host=_const_host,
    xla=_const_host,
    effects=PURE,
    traits=(MOVES, SPECULATABLE, KEEPS_FINITE),
    gradient=NOT_DIFFERENTIABLE,
)


def _unfed(*, dtype: DType, shape: TensorShape) -> Any:
    raise invalid(
        f"You must feed a value for a placeholder tensor with dtype {dtype.name} and shape {shape}."
    )


def _attr_shape(c: Inference) -> TensorShape:
    return c.attr("shape")


placeholder_op = op(
    "Placeholder",
    shape=_attr_shape,
    host=_unfed,
    xla=_unfed,
    effects=GIVEN,
    traits=(MOVES, SPECULATABLE, KEEPS_FINITE),
    gradient=NOT_DIFFERENTIABLE,
)
placeholder_v2_op = op(
    "PlaceholderV2",
    shape=_attr_shape,
    host=_unfed,
    xla=_unfed,
    effects=GIVEN,
    gradient=NOT_DIFFERENTIABLE,
)


def _default_shape(c: Inference) -> TensorShape:
    if not c.shape(0).is_compatible_with(c.attr("shape")):
        raise ValueError(
            f"Shapes must be equal: the default has shape {c.shape(0)}, "
            f"the placeholder {c.attr('shape')}"
        )
    return c.attr("shape")


placeholder_with_default_op = op(
    "PlaceholderWithDefault",
    shape=_default_shape,
    host=lambda x: x,
    xla=lambda x: x,
    effects=GIVEN,
    gradient=lambda op, dy: dy,
)


# ---- fills ----


def _fill_shape(c: Inference) -> TensorShape:
    require_rank(c.shape(1), 0)
    return full_shape(c, 0)


def _fill_host(dims: np.ndarray, value: np.ndarray) -> np.ndarray:
    # Like TensorFlow, take a vector of one element for a scalar and the reverse.
    if dims.ndim > 1:
        raise invalid(f"dims must represent a vector, got shape {shape_text(dims.shape)}")
    if value.size != 1 or value.ndim > 1:
        raise invalid(f"value must represent a scalar, got shape {shape_text(value.shape)}")
    shape = dims.reshape(-1).tolist()
    if shape and min(shape) < 0:
        raise invalid(f"Dimension {min(shape)} must be >= 0")
    return np.full(shape, value, dtype=value.dtype)


def _fill_grad(op: Any, dy: Any) -> list[Any]:
    total = raw.Sum(dy, raw.Range(0, raw.Rank(dy), 1), keep_dims=False)
    return [None, total]


def _fill_batching(call: Call) -> Any:
    """A stacked value is spread over the dimensions."""
    sizes = call.fixed(0)
    length = sizes.shape[0]
    if length is None:
        raise Fallback
    return raw.BroadcastTo(raised(call.tensor(1), length), call.runs.before(sizes))


fill_op = op(
    "Fill",
    shape=_fill_shape,
    host=_fill_host,
    xla=lambda dims, value: jnp.full(tuple(dims.tolist()), value, dtype=value.dtype),
    effects=PURE,
    traits=(MOVES, LINEAR, SAFE_IN_HALF, KEEPS_FINITE, STATIC_VALUE),
    batching=_fill_batching,
    gradient=_fill_grad,
    static=("dims",),
)


@export("fill", dispatch=OTHER)
def fill(dims: Any, value: Any, name: str | None = None, layout: Any = None) -> Any:
    """A tensor with one value everywhere.

    Args:
        dims: the shape, an int32 or int64 vector.
        value: a scalar of any dtype.
        name: name of the node in a graph.
        layout: must be None.

    Returns:
        A tensor of shape `dims` and the dtype of `value`.

    Raises:
        InvalidArgumentError: for negative dimensions, or a value that is not a scalar.

    >>> import tidefall as tf
    >>> tf.fill([2, 2], 7).numpy()
    array([[7, 7],
           [7, 7]], dtype=int32)
    """
    _no_layout(layout)
    if not state.off_host and type(value) in (float, int):
        shape = _static_dims(dims)
        if shape is not None and not state.hooks and abs(value) < 2**31:
            kind = np.float32 if type(value) is float else np.int32
            try:
                return EagerTensor(np.full(shape, value, kind))
            except MemoryError as error:
                raise fill_op.explain(error, (), {}) from None
    return fill_op(dims, value, name=name)


def _no_layout(layout: Any) -> None:
    if layout is not None:
        raise UnimplementedError(None, None, "DTensor layouts are not implemented in Tidefall yet.")


def _static_dims(shape: Any) -> tuple[int, ...] | None:
    """The shape as Python ints when it is made of nothing else, else None."""
    if type(shape) is list or type(shape) is tuple:
        for d in shape:
            if type(d) is not int or d < 0:
                return None
        return tuple(shape)
    if type(shape) is int:
        return (shape,) if shape >= 0 else None
    if isinstance(shape, TensorShape):
        return tuple(shape.as_list()) if shape.is_fully_defined() else None  # type: ignore[return-value]
    array = plain_array(shape)
    if array is not None and array.ndim <= 1 and array.dtype.kind == "i":
        dims = array.reshape(-1).tolist()
        return tuple(dims) if not dims or min(dims) >= 0 else None
    return None


def _filled(shape: Any, value: int, dtype: Any, name: str) -> Any:
    dtype = as_dtype(dtype).base_dtype
    if dtype is dtypes.resource or dtype is dtypes.variant:
        raise TypeError(f"Cannot convert {value} to EagerTensor of dtype {dtype.name}")
    dims = _static_dims(shape)
    if dims is not None and (state.graph is None or _is_small(shape, dims)):
        return _filled_constant(dims, value, dtype, name)
    if isinstance(shape, TensorShape) or not isinstance(shape, Tensor):
        shape = convert_to_tensor(shape, None if isinstance(shape, TensorShape) else dtypes.int32)
    if shape.shape.rank != 1:
        shape = raw.Reshape(shape, [-1])
    return fill_op(shape, _scalar(value, dtype), name=name)


def _is_small(shape: Any, dims: tuple[int, ...]) -> bool:
    return not isinstance(shape, Tensor) and math.prod(dims) < SMALL


def _scalar(value: int, dtype: DType) -> Any:
    if dtype is dtypes.string:
        if value:
            raise TypeError("Cannot convert 1 to EagerTensor of dtype string")
        return constant(b"")
    if dtype is dtypes.bool:
        return constant(bool(value))
    return constant(value, dtype)


def _filled_constant(dims: tuple[int, ...], value: int, dtype: DType, name: str) -> Any:
    if value and dtype is dtypes.string:
        raise TypeError("Cannot convert 1 to EagerTensor of dtype string")
    numpy_dtype = dtype.as_numpy_dtype
    try:
        array = np.ones(dims, numpy_dtype) if value else zeros_array(dims, numpy_dtype)
    except MemoryError as error:
        raise fill_op.explain(error, (), {}) from None
    if state.graph is not None:
        return state.graph.constant(array, dtype, name)
    return eager(array, dtype)


@export("zeros", dispatch=OTHER)
def zeros(
    shape: Any, dtype: Any = dtypes.float32, name: str | None = None, layout: Any = None
) -> Any:
    """A tensor of zeros (False, or empty strings).

    Args:
        shape: a list of ints, a `tf.TensorShape`, or an int32 vector.
        dtype: dtype of the result.
        name: name of the node in a graph.
        layout: must be None.

    Returns:
        A tensor of the given shape and dtype.

    Raises:
        InvalidArgumentError: for negative dimensions.
        ResourceExhaustedError: if there is not so much memory.

    >>> import tidefall as tf
    >>> tf.zeros([2, 3]).numpy()
    array([[0., 0., 0.],
           [0., 0., 0.]], dtype=float32)
    """
    _no_layout(layout)
    return _filled(shape, 0, dtype, name or "zeros")


@export("ones", dispatch=OTHER)
def ones(
    shape: Any, dtype: Any = dtypes.float32, name: str | None = None, layout: Any = None
) -> Any:
    """A tensor of ones (or True).

    Args:
        shape: a list of ints, a `tf.TensorShape`, or an int32 vector.
        dtype: dtype of the result, not string.
        name: name of the node in a graph.
        layout: must be None.

    Returns:
        A tensor of the given shape and dtype.

    Raises:
        InvalidArgumentError: for negative dimensions.

    >>> import tidefall as tf
    >>> tf.ones([3], tf.int32).numpy()
    array([1, 1, 1], dtype=int32)
    """
    _no_layout(layout)
    return _filled(shape, 1, dtype, name or "ones")


def _zeros_like_host(x: Any) -> Any:
    if not isinstance(x, np.ndarray):
        if hasattr(x, "zeros_like"):  # a tensor list
            return x.zeros_like()
        raise UnimplementedError(None, None, f"There are no zeros like a {type(x).__name__}.")
    return zeros_array(x.shape, x.dtype)


zeros_like_op = op(
    "ZerosLike",
    shape=unchanged,
    host=_zeros_like_host,
    xla=lambda x: x.zeros_like() if hasattr(x, "zeros_like") else jnp.zeros(x.shape, x.dtype),
    effects=PURE,
    traits=(ELEMENTWISE, MOVES, CHEAP, TOTAL, SAFE_IN_HALF, STATIC_VALUE),
    gradient=NOT_DIFFERENTIABLE,
)
ones_like_op = op(
    "OnesLike",
    shape=unchanged,
    host=lambda x: np.ones(x.shape, x.dtype),
    xla=lambda x: jnp.ones(x.shape, x.dtype),
    effects=PURE,
    traits=(ELEMENTWISE, CHEAP, TOTAL, STATIC_VALUE),
    gradient=NOT_DIFFERENTIABLE,
)


def _like(source: Any, value: int, dtype: Any, name: str) -> Any:
    tensor = convert_to_tensor(source)
    wanted = tensor.dtype.base_dtype if dtype is None else as_dtype(dtype).base_dtype
    if wanted is not dtypes.variant and wanted is not dtypes.resource:
        if state.graph is None:
            if value and wanted is dtypes.string:
                return ones_like_op(tensor)
            return _filled_constant(tuple(tensor.shape), value, wanted, name)
        if tensor.shape.is_fully_defined():
            return _filled(tensor.shape, value, wanted, name)
        if wanted != tensor.dtype.base_dtype:
            return fill_op(raw.Shape(tensor), _scalar(value, wanted), name=name)
    return (ones_like_op if value else zeros_like_op)(tensor, name=name)


@export("zeros_like", dispatch=UNARY)
@dispatchable
def zeros_like(input: Any, dtype: Any = None, name: str | None = None, layout: Any = None) -> Any:
    """A tensor of zeros shaped like another.

    Args:
        input: a tensor of any shape.
        dtype: dtype of the result; None takes the input's.
        name: name of the node in a graph.
        layout: must be None.

    Returns:
        A tensor of the shape of `input`.

    >>> import tidefall as tf
    >>> tf.zeros_like([[1, 2]]).numpy()
    array([[0, 0]], dtype=int32)
    """
    _no_layout(layout)
    if is_dispatched(input):
        made = redirect("zeros_like", input, dtype, name=name)
        if made is not NotImplemented:
            return made
    return _like(input, 0, dtype, name or "zeros_like")


@export("ones_like", dispatch=UNARY)
@dispatchable
def ones_like(input: Any, dtype: Any = None, name: str | None = None, layout: Any = None) -> Any:
    """A tensor of ones shaped like another.

    Args:
        input: a tensor of any shape.
        dtype: dtype of the result; None takes the input's.
        name: name of the node in a graph.
        layout: must be None.

    Returns:
        A tensor of the shape of `input`.

    >>> import tidefall as tf
    >>> tf.ones_like([[1, 2]], dtype=tf.float32).numpy()
    array([[1., 1.]], dtype=float32)
    """
    _no_layout(layout)
    if is_dispatched(input):
        made = redirect("ones_like", input, dtype, name=name)
        if made is not NotImplemented:
            return made
    return _like(input, 1, dtype, name or "ones_like")


def _empty_host(shape: np.ndarray, *, dtype: DType) -> np.ndarray:
    return zeros_array(shape.tolist(), dtype.as_numpy_dtype)


empty_op = op(
    "Empty",
    shape=lambda c: full_shape(c, 0),
    host=_empty_host,
    xla=lambda shape, *, dtype: jnp.zeros(tuple(shape.tolist()), dtype.as_numpy_dtype),
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
    static=("shape",),
)
