"""Reductions over axes: sum, mean, product, extremes, all, any and the Euclidean norm."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from tidefall.core import dtypes
from tidefall.core.convert import convert_to_tensor
from tidefall.core.inference import Inference
from tidefall.core.op import NOT_DIFFERENTIABLE, Op, export, find_op, op, quietly
from tidefall.core.shapes import TensorShape
from tidefall.core.state import state
from tidefall.core.tensor import EagerTensor, ndarray
from tidefall.ops.common import jnp
from tidefall.ops.division import true_quotient
from tidefall.ops.elementwise import multiply
from tidefall.ops.fast import fast_dtypes, like

# ---- axes ----


def _shape(c: Inference) -> TensorShape:
    shape, axes, keep = c.shape(0), c.constant(1), c.attr("keep_dims")
    if shape.rank is None:
        return TensorShape(None)
    if axes is None:
        return _unknown_axes(c, shape, keep)
    reduced = set(checked_axes(axes, shape.rank))
    if keep:
        return TensorShape([1 if i in reduced else d for i, d in enumerate(shape)])
    return TensorShape([d for i, d in enumerate(shape) if i not in reduced])


def _unknown_axes(c: Inference, shape: TensorShape, keep: bool) -> TensorShape:
    if keep:
        return TensorShape([None] * shape.rank)
    count = c.shape(1).num_elements()
    if count is None:
        return TensorShape(None)
    return TensorShape([None] * (shape.rank - count))


def checked_axes(axes: np.ndarray, rank: int) -> list[int]:
    """Axes as non-negative ints; ValueError for one out of range or given twice."""
    found: list[int] = []
    for axis in np.asarray(axes).reshape(-1).tolist():
        if not -rank <= axis < rank:
            raise ValueError(
                f"Invalid reduction dimension {axis} for input with {rank} dimension(s)"
            )
        axis %= rank
        if axis in found:
            raise ValueError(
                f"Invalid reduction arguments: Axes contains duplicate dimension: {axis}"
            )
        found.append(axis)
    return found


def _axes(axes: np.ndarray) -> Any:
    """The axes as NumPy's `axis` argument; NumPy itself rejects the impossible ones."""
    if axes.ndim == 1:
        return tuple(axes.tolist())
    return tuple(axes.reshape(-1).tolist())


@functools.cache
def _all_axes(rank: int) -> EagerTensor:
    return EagerTensor(np.arange(rank, dtype=np.int32))


def _axes_of(x: Any, axis: Any) -> Any:
    """The axes input of a reduction of `x`: all of them when `axis` is None."""
    if axis is not None:
        if isinstance(axis, (int, float, list, tuple)):
            return convert_to_tensor(axis, dtypes.int32, name="reduction_indices")
        return axis
    rank = x.shape.rank
    if rank is not None:
        return _all_axes(rank)
    return find_op("Range")(np.int32(0), find_op("Rank")(x), np.int32(1))


def _is_low(x: Any) -> bool:
    """True for floats of 16 bits and less, which are summed in float32."""
    return x.dtype.kind == "V" or x.dtype.char == "e"


# ---- gradients ----


def kept_shape(shape: list[int], axes: Any) -> list[int]:
    """The reduced shape with a 1 in place of each reduced dimension."""
    reduced = set(checked_axes(axes, len(shape)))
    return [1 if i in reduced else d for i, d in enumerate(shape)]


def known_axes(tensor: Any) -> Any:
    """Values of the axes input of a reduction if they are known, else None."""
    if isinstance(tensor, EagerTensor):
        return tensor._numpy()
    return tensor.graph.static_value(tensor)


def spread(dy: Any, x: Any, axes: Any, keep_dims: bool = False) -> Any:
    """Repeat a reduced tensor along the axes it was reduced over, up to the shape of `x`."""
    known = known_axes(axes)
    if known is not None and x.shape.is_fully_defined():
        shape = x.shape.as_list()
        if type(dy) is EagerTensor and not state.busy:
            value = dy._numpy()
            return EagerTensor(np.broadcast_to(value.reshape(kept_shape(shape, known)), shape))
        if not keep_dims and dy.shape.rank:
            dy = find_op("Reshape")(dy, np.array(kept_shape(shape, known), np.int32))
        return find_op("BroadcastTo")(dy, np.array(shape, np.int32))
    shape = find_op("Shape")(x)
    if not keep_dims:
        dy = find_op("Reshape")(dy, kept_shape_dynamic(shape, axes))
    return find_op("BroadcastTo")(dy, shape)


def kept_shape_dynamic(shape: Any, axes: Any) -> Any:
    """`kept_shape` as a tensor, for a shape or axes known only when the program runs."""
    rank = find_op("Size")(shape)
    axes = find_op("Cast")(find_op("Reshape")(axes, np.array([-1], np.int32)), DstT=dtypes.int32)
    axes = find_op("FloorMod")(find_op("AddV2")(axes, rank), rank)
    ones = find_op("Fill")(find_op("Shape")(axes), np.int32(1))
    everywhere = find_op("Range")(np.int32(0), rank, np.int32(1))
    return find_op("DynamicStitch")([everywhere, axes], [shape, ones])


def _sum_grad(op: Any, dy: Any) -> list[Any]:
    x, axes = op.inputs
    return [spread(dy, x, axes, op.attrs["keep_dims"]), None]


def _mean_grad(op: Any, dy: Any) -> list[Any]:
    x, axes = op.inputs
    y = op.outputs[0]
    count, kept = x.shape.num_elements(), y.shape.num_elements()
    if count is not None and kept is not None:
        factor: Any = like(count // max(kept, 1), dy)
    else:
        size, size_y = find_op("Size")(x), find_op("Size")(y)
        one = np.int32(1)
        factor = find_op("FloorDiv")(size, find_op("Maximum")(size_y, one))
        factor = find_op("Cast")(factor, DstT=dy.dtype)
    return [spread(true_quotient(dy, factor), x, axes, op.attrs["keep_dims"]), None]


def _extreme_grad(op: Any, dy: Any) -> list[Any]:
    x, axes = op.inputs
    keep = op.attrs["keep_dims"]
    y, dy = spread(op.outputs[0], x, axes, keep), spread(dy, x, axes, keep)
    chosen = find_op("Cast")(find_op("Equal")(y, x), DstT=dy.dtype)
    # Ties share the gradient.
    count = spread(sum_op(chosen, axes, keep_dims=keep), x, axes, keep)
    return [multiply(true_quotient(chosen, count), dy), None]


def _prod_grad(op: Any, dy: Any) -> list[Any]:
    from tidefall.ops.product_gradient import product_gradient

    return [product_gradient(op, dy), None]


def _norm_grad(op: Any, dy: Any) -> list[Any]:
    x, axes = op.inputs
    keep = op.attrs["keep_dims"]
    return [multiply(x, spread(true_quotient(dy, op.outputs[0]), x, axes, keep)), None]


# ---- kernels ----


def _sum_host(x: Any, axes: Any, *, keep_dims: bool) -> Any:
    if _is_low(x):
        return np.add.reduce(x.astype(np.float32), _axes(axes), None, None, keep_dims).astype(
            x.dtype
        )
    return np.add.reduce(x, _axes(axes), x.dtype, None, keep_dims)


def _mean_host(x: Any, axes: Any, *, keep_dims: bool) -> Any:
    axis = _axes(axes)
    kind = x.dtype.kind
    if kind in "iu":
        total = np.add.reduce(x, axis, np.int64, None, keep_dims)
        count = x.size // max(total.size, 1)
        return _truncated(total, max(count, 1)).astype(x.dtype)
    work = x.astype(np.float32) if _is_low(x) else x
    total = np.add.reduce(work, axis, None, None, keep_dims)
    count = x.size // max(total.size, 1)
    return np.divide(total, count, dtype=work.dtype).astype(x.dtype, copy=False)


def _truncated(total: Any, count: int) -> Any:
    return np.sign(total) * (np.abs(total) // count)


def _prod_host(x: Any, axes: Any, *, keep_dims: bool) -> Any:
    if _is_low(x):
        work = x.astype(np.float32)
        return np.multiply.reduce(work, _axes(axes), None, None, keep_dims).astype(x.dtype)
    return np.multiply.reduce(x, _axes(axes), x.dtype, None, keep_dims)


def _lowest(dtype: Any) -> Any:
    return dtype.type(np.iinfo(dtype).min if dtype.kind in "iu" else -np.inf)


def _highest(dtype: Any) -> Any:
    return dtype.type(np.iinfo(dtype).max if dtype.kind in "iu" else np.inf)


def _max_host(x: Any, axes: Any, *, keep_dims: bool) -> Any:
    if x.size:
        return np.maximum.reduce(x, _axes(axes), None, None, keep_dims)
    return np.maximum.reduce(x, _axes(axes), None, None, keep_dims, _lowest(x.dtype))


def _min_host(x: Any, axes: Any, *, keep_dims: bool) -> Any:
    if x.size:
        return np.minimum.reduce(x, _axes(axes), None, None, keep_dims)
    return np.minimum.reduce(x, _axes(axes), None, None, keep_dims, _highest(x.dtype))


def _all_host(x: Any, axes: Any, *, keep_dims: bool) -> Any:
    return np.logical_and.reduce(x, _axes(axes), None, None, keep_dims)


def _any_host(x: Any, axes: Any, *, keep_dims: bool) -> Any:
    return np.logical_or.reduce(x, _axes(axes), None, None, keep_dims)


def _norm_host(x: Any, axes: Any, *, keep_dims: bool) -> Any:
    if x.dtype.kind == "c":
        squares = (x * x.conj()).real
    elif x.dtype.kind in "iu":
        squares = np.square(x.astype(np.float64))
    else:
        squares = np.square(x.astype(np.float32) if _is_low(x) else x)
    total = np.add.reduce(squares, _axes(axes), None, None, keep_dims)
    return np.sqrt(total).astype(x.dtype)


def _widened(x: Any) -> Any:
    return (
        x.astype(np.float32)
        if jnp.issubdtype(x.dtype, jnp.floating) and x.dtype.itemsize < 4
        else x
    )


def _sum_xla(x: Any, axes: Any, *, keep_dims: bool) -> Any:
    return jnp.sum(_widened(x), _axes(axes), keepdims=keep_dims).astype(x.dtype)


def _mean_xla(x: Any, axes: Any, *, keep_dims: bool) -> Any:
    if x.dtype.kind in "iu":
        total = jnp.sum(x, _axes(axes), np.int64, keepdims=keep_dims)
        count = max(x.size // max(total.size, 1), 1)
        return (jnp.sign(total) * (jnp.abs(total) // count)).astype(x.dtype)
    return jnp.mean(_widened(x), _axes(axes), keepdims=keep_dims).astype(x.dtype)


def _prod_xla(x: Any, axes: Any, *, keep_dims: bool) -> Any:
    return jnp.prod(_widened(x), _axes(axes), keepdims=keep_dims).astype(x.dtype)


def _max_xla(x: Any, axes: Any, *, keep_dims: bool) -> Any:
    return jnp.max(x, _axes(axes), keepdims=keep_dims, initial=_lowest(x.dtype))


def _min_xla(x: Any, axes: Any, *, keep_dims: bool) -> Any:
    return jnp.min(x, _axes(axes), keepdims=keep_dims, initial=_highest(x.dtype))


def _norm_xla(x: Any, axes: Any, *, keep_dims: bool) -> Any:
    work = _widened(x) if x.dtype.kind not in "iu" else jnp.asarray(x, np.float64)
    squares = jnp.real(work * jnp.conj(work))
    return jnp.sqrt(jnp.sum(squares, _axes(axes), keepdims=keep_dims)).astype(x.dtype)


# ---- ops ----

_STATIC = ("reduction_indices",)
sum_op = op("Sum", shape=_shape, host=_sum_host, xla=_sum_xla, gradient=_sum_grad, static=_STATIC)
mean_op = op(
    "Mean", shape=_shape, host=_mean_host, xla=_mean_xla, gradient=_mean_grad, static=_STATIC
)
prod_op = op(
    "Prod", shape=_shape, host=_prod_host, xla=_prod_xla, gradient=_prod_grad, static=_STATIC
)
max_op = op(
    "Max", shape=_shape, host=_max_host, xla=_max_xla, gradient=_extreme_grad, static=_STATIC
)
min_op = op(
    "Min", shape=_shape, host=_min_host, xla=_min_xla, gradient=_extreme_grad, static=_STATIC
)
all_op = op(
    "All",
    shape=_shape,
    host=_all_host,
    xla=lambda x, axes, *, keep_dims: jnp.all(x, _axes(axes), keepdims=keep_dims),
    gradient=NOT_DIFFERENTIABLE,
    static=_STATIC,
)
any_op = op(
    "Any",
    shape=_shape,
    host=_any_host,
    xla=lambda x, axes, *, keep_dims: jnp.any(x, _axes(axes), keepdims=keep_dims),
    gradient=NOT_DIFFERENTIABLE,
    static=_STATIC,
)
euclidean_norm_op = op(
    "EuclideanNorm",
    shape=_shape,
    host=_norm_host,
    xla=_norm_xla,
    gradient=_norm_grad,
    static=_STATIC,
)


def _reduce(operation: Op, x: Any, axis: Any, keepdims: Any, name: str | None) -> Any:
    x = convert_to_tensor(x)
    return operation(x, _axes_of(x, axis), keep_dims=bool(keepdims), name=name)


_FAST = {d: True for d in fast_dtypes(sum_op) if d.kind in "fc" and d.itemsize > 2}
_quiet_sum = quietly(np.add.reduce)


@export("math.reduce_sum", "reduce_sum")
def reduce_sum(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Sum of the elements along axes.

    Args:
        input_tensor: numeric tensor of any shape.
        axis: an axis, several, or None for all of them.
        keepdims: keep the reduced dimensions with size 1.
        name: name of the node in a graph.

    Returns:
        A tensor of the dtype of `input_tensor` without the reduced dimensions.

    Raises:
        InvalidArgumentError: if an axis is out of range or given twice.

    >>> import tidefall as tf
    >>> tf.reduce_sum([[1, 2], [3, 4]], axis=0).numpy()
    array([4, 6], dtype=int32)
    """
    if type(input_tensor) is EagerTensor and not state.busy and (axis is None or type(axis) is int):
        value = input_tensor._value
        if type(value) is ndarray and value.dtype in _FAST:
            try:
                return EagerTensor(np.asarray(_quiet_sum(value, axis, None, None, bool(keepdims))))
            except ValueError:
                pass
    return _reduce(sum_op, input_tensor, axis, keepdims, name)


@export("math.reduce_mean", "reduce_mean")
def reduce_mean(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Mean of the elements along axes; that of integers is truncated to an integer.

    Args:
        input_tensor: numeric tensor of any shape.
        axis: an axis, several, or None for all of them.
        keepdims: keep the reduced dimensions with size 1.
        name: name of the node in a graph.

    Returns:
        A tensor of the dtype of `input_tensor` without the reduced dimensions; nan where a mean
        is over nothing.

    Raises:
        InvalidArgumentError: if an axis is out of range or given twice.

    >>> import tidefall as tf
    >>> tf.reduce_mean([[1.0, 2.0], [3.0, 4.0]], axis=0).numpy()
    array([2., 3.], dtype=float32)
    """
    if type(input_tensor) is EagerTensor and not state.busy and (axis is None or type(axis) is int):
        value = input_tensor._value
        if type(value) is ndarray and value.dtype in _FAST:
            try:
                return EagerTensor(_quiet_mean(value, axis, keepdims))
            except ValueError:
                pass
    return _reduce(mean_op, input_tensor, axis, keepdims, name)


def _plain_mean(value: Any, axis: int | None, keepdims: bool) -> Any:
    total = np.add.reduce(value, axis, None, None, bool(keepdims))
    count = value.size if axis is None else value.shape[axis]
    return np.asarray(total / value.dtype.type(count))


_quiet_mean = quietly(_plain_mean)


@export("math.reduce_prod", "reduce_prod")
def reduce_prod(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Product of the elements along axes.

    Args:
        input_tensor: numeric tensor of any shape.
        axis: an axis, several, or None for all of them.
        keepdims: keep the reduced dimensions with size 1.
        name: name of the node in a graph.

    Returns:
        A tensor of the dtype of `input_tensor` without the reduced dimensions.

    Raises:
        InvalidArgumentError: if an axis is out of range or given twice.

    >>> import tidefall as tf
    >>> tf.reduce_prod([[1, 2], [3, 4]], axis=0).numpy()
    array([3, 8], dtype=int32)
    """
    return _reduce(prod_op, input_tensor, axis, keepdims, name)


@export("math.reduce_max", "reduce_max")
def reduce_max(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Largest of the elements along axes; nan if there is a nan among them.

    Args:
        input_tensor: real tensor of any shape.
        axis: an axis, several, or None for all of them.
        keepdims: keep the reduced dimensions with size 1.
        name: name of the node in a graph.

    Returns:
        A tensor of the dtype of `input_tensor` without the reduced dimensions; the lowest value
        of the dtype where there is nothing to choose from.

    Raises:
        InvalidArgumentError: if an axis is out of range or given twice.

    >>> import tidefall as tf
    >>> tf.reduce_max([[1, 5], [3, 4]], axis=0).numpy()
    array([3, 5], dtype=int32)
    """
    return _reduce(max_op, input_tensor, axis, keepdims, name)


@export("math.reduce_min", "reduce_min")
def reduce_min(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Smallest of the elements along axes; nan if there is a nan among them.

    Args:
        input_tensor: real tensor of any shape.
        axis: an axis, several, or None for all of them.
        keepdims: keep the reduced dimensions with size 1.
        name: name of the node in a graph.

    Returns:
        A tensor of the dtype of `input_tensor` without the reduced dimensions; the highest value
        of the dtype where there is nothing to choose from.

    Raises:
        InvalidArgumentError: if an axis is out of range or given twice.

    >>> import tidefall as tf
    >>> tf.reduce_min([[1, 5], [3, 4]], axis=0).numpy()
    array([1, 4], dtype=int32)
    """
    return _reduce(min_op, input_tensor, axis, keepdims, name)


@export("math.reduce_all", "reduce_all")
def reduce_all(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Whether all of the elements along axes are true.

    Args:
        input_tensor: bool tensor of any shape.
        axis: an axis, several, or None for all of them.
        keepdims: keep the reduced dimensions with size 1.
        name: name of the node in a graph.

    Returns:
        A bool tensor without the reduced dimensions.

    Raises:
        InvalidArgumentError: if an axis is out of range or given twice.

    >>> import tidefall as tf
    >>> tf.reduce_all([[True, False], [True, True]], axis=1).numpy()
    array([False,  True])
    """
    return _reduce(all_op, input_tensor, axis, keepdims, name)


@export("math.reduce_any", "reduce_any")
def reduce_any(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Whether any of the elements along axes is true.

    Args:
        input_tensor: bool tensor of any shape.
        axis: an axis, several, or None for all of them.
        keepdims: keep the reduced dimensions with size 1.
        name: name of the node in a graph.

    Returns:
        A bool tensor without the reduced dimensions.

    Raises:
        InvalidArgumentError: if an axis is out of range or given twice.

    >>> import tidefall as tf
    >>> tf.reduce_any([[True, False], [False, False]], axis=1).numpy()
    array([ True, False])
    """
    return _reduce(any_op, input_tensor, axis, keepdims, name)


@export("math.reduce_euclidean_norm")
def reduce_euclidean_norm(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Square root of the sum of the squares along axes.

    Args:
        input_tensor: numeric tensor of any shape.
        axis: an axis, several, or None for all of them.
        keepdims: keep the reduced dimensions with size 1.
        name: name of the node in a graph.

    Returns:
        A tensor of the dtype of `input_tensor` without the reduced dimensions.

    Raises:
        InvalidArgumentError: if an axis is out of range or given twice.

    >>> import tidefall as tf
    >>> tf.math.reduce_euclidean_norm([3.0, 4.0]).numpy()
    np.float32(5.0)
    """
    return _reduce(euclidean_norm_op, input_tensor, axis, keepdims, name)
