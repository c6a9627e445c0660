"""Reductions over axes: sum, mean, product, extremes, all, any and the Euclidean norm."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from tidefall.core import dtypes
from tidefall.core.convert import convert_to_tensor
from tidefall.core.inference import Inference
from tidefall.core.op import NOT_DIFFERENTIABLE, Op, export, find_op, observe, op, quietly
from tidefall.core.shapes import TensorShape
from tidefall.core.state import state
from tidefall.core.tensor import EagerTensor, ndarray
from tidefall.ops.cast import cast
from tidefall.ops.common import jnp
from tidefall.ops.comparison import equal
from tidefall.ops.division import true_quotient
from tidefall.ops.elementwise import multiply
from tidefall.ops.fast import fast_dtypes, like
from tidefall.ops.precision import is_narrow

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
            return EagerTensor(_repeated(dy._numpy(), shape, checked_axes(known, len(shape))))
        if not keep_dims and dy.shape.rank:
            dy = find_op("Reshape")(dy, np.array(kept_shape(shape, known), np.int32))
        return find_op("BroadcastTo")(dy, np.array(shape, np.int32))
    shape = find_op("Shape")(x)
    if not keep_dims:
        dy = find_op("Reshape")(dy, kept_shape_dynamic(shape, axes))
    return find_op("BroadcastTo")(dy, shape)


def _repeated(value: np.ndarray, shape: list[int], axes: list[int]) -> np.ndarray:
    """A view of an array that was reduced over `axes`, repeated along them."""
    if len(axes) == len(shape) and value.dtype.kind in "fciu":
        # What np.broadcast_to gives, in a tenth of the time.
        return ndarray(shape, value.dtype, np.ascontiguousarray(value), 0, (0,) * len(shape))
    kept = [1 if i in axes else size for i, size in enumerate(shape)]
    return np.broadcast_to(value.reshape(kept), shape)


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
    chosen = cast(equal(y, x), dy.dtype)
    # Ties share the gradient.
    known = known_axes(axes)
    total = _reduce_sum(chosen, axes if known is None else tuple(known.reshape(-1).tolist()), keep)
    return [multiply(true_quotient(chosen, spread(total, x, axes, keep)), dy), None]


def _prod_grad(op: Any, dy: Any) -> list[Any]:
    from tidefall.ops.product_gradient import product_gradient

    return [product_gradient(op, dy), None]


def _norm_grad(op: Any, dy: Any) -> list[Any]:
    x, axes = op.inputs
    keep = op.attrs["keep_dims"]
    return [multiply(x, spread(true_quotient(dy, op.outputs[0]), x, axes, keep)), None]


# ---- kernels ----
# Each takes the axes as NumPy does: a tuple, an int, or None for all.


def _sum(x: Any, axis: Any, keepdims: bool) -> Any:
    if is_narrow(x.dtype):
        return np.add.reduce(x.astype(np.float32), axis, None, None, keepdims).astype(x.dtype)
    return np.add.reduce(x, axis, x.dtype, None, keepdims)


def _mean(x: Any, axis: Any, keepdims: bool) -> Any:
    kind = x.dtype.kind
    if kind in "iu":
        total = np.add.reduce(x, axis, np.int64, None, keepdims)
        count = max(x.size // max(total.size, 1), 1)
        return (np.sign(total) * (np.abs(total) // count)).astype(x.dtype)
    work = x.astype(np.float32) if is_narrow(x.dtype) else x
    total = np.add.reduce(work, axis, None, None, keepdims)
    count = x.size // max(total.size, 1)
    mean = total / work.dtype.type(count)
    return mean if work is x else mean.astype(x.dtype)


def _prod(x: Any, axis: Any, keepdims: bool) -> Any:
    if is_narrow(x.dtype):
        return np.multiply.reduce(x.astype(np.float32), axis, None, None, keepdims).astype(x.dtype)
    return np.multiply.reduce(x, axis, x.dtype, None, keepdims)


def _lowest(dtype: Any) -> Any:
    return dtype.type(np.iinfo(dtype).min if dtype.kind in "iu" else -np.inf)


def _highest(dtype: Any) -> Any:
    return dtype.type(np.iinfo(dtype).max if dtype.kind in "iu" else np.inf)


def _max(x: Any, axis: Any, keepdims: bool) -> Any:
    if x.size:
        return np.maximum.reduce(x, axis, None, None, keepdims)
    return np.maximum.reduce(x, axis, None, None, keepdims, _lowest(x.dtype))


def _min(x: Any, axis: Any, keepdims: bool) -> Any:
    if x.size:
        return np.minimum.reduce(x, axis, None, None, keepdims)
    return np.minimum.reduce(x, axis, None, None, keepdims, _highest(x.dtype))


def _all(x: Any, axis: Any, keepdims: bool) -> Any:
    return np.logical_and.reduce(x, axis, None, None, keepdims)


def _any(x: Any, axis: Any, keepdims: bool) -> Any:
    return np.logical_or.reduce(x, axis, None, None, keepdims)


def _norm(x: Any, axis: Any, keepdims: bool) -> Any:
    if x.dtype.kind == "c":
        squares = (x * x.conj()).real
    elif x.dtype.kind in "iu":
        squares = np.square(x.astype(np.float64))
    else:
        squares = np.square(x.astype(np.float32) if is_narrow(x.dtype) else x)
    total = np.add.reduce(squares, axis, None, None, keepdims)
    return np.sqrt(total).astype(x.dtype)


def _host(kernel: Any) -> Any:
    def run(x: Any, axes: Any, *, keep_dims: bool) -> Any:
        return kernel(x, _axes(axes), keep_dims)

    return run


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
sum_op = op("Sum", shape=_shape, host=_host(_sum), xla=_sum_xla, gradient=_sum_grad, static=_STATIC)
mean_op = op(
    "Mean", shape=_shape, host=_host(_mean), xla=_mean_xla, gradient=_mean_grad, static=_STATIC
)
prod_op = op(
    "Prod", shape=_shape, host=_host(_prod), xla=_prod_xla, gradient=_prod_grad, static=_STATIC
)
max_op = op(
    "Max", shape=_shape, host=_host(_max), xla=_max_xla, gradient=_extreme_grad, static=_STATIC
)
min_op = op(
    "Min", shape=_shape, host=_host(_min), xla=_min_xla, gradient=_extreme_grad, static=_STATIC
)
all_op = op(
    "All",
    shape=_shape,
    host=_host(_all),
    xla=lambda x, axes, *, keep_dims: jnp.all(x, _axes(axes), keepdims=keep_dims),
    gradient=NOT_DIFFERENTIABLE,
    static=_STATIC,
)
any_op = op(
    "Any",
    shape=_shape,
    host=_host(_any),
    xla=lambda x, axes, *, keep_dims: jnp.any(x, _axes(axes), keepdims=keep_dims),
    gradient=NOT_DIFFERENTIABLE,
    static=_STATIC,
)
euclidean_norm_op = op(
    "EuclideanNorm",
    shape=_shape,
    host=_host(_norm),
    xla=_norm_xla,
    gradient=_norm_grad,
    static=_STATIC,
)


# ---- public functions ----


def _fast_axes(axis: Any) -> Any:
    """Python's axes as NumPy takes them; NotImplemented for tensors and arrays."""
    if axis is None or type(axis) is int:
        return axis
    if type(axis) in (list, tuple) and all(type(a) is int for a in axis):
        return tuple(axis)
    return NotImplemented


@functools.lru_cache(maxsize=1024)
def _axes_tensor(axis: Any, rank: int) -> EagerTensor:
    """The axes input for the tapes to see."""
    value = range(rank) if axis is None else axis
    return EagerTensor(np.array(value, np.int32))


def _reduction(operation: Op, kernel: Any) -> Any:
    """The eager short cut of one op, and the common path: `f(x, axis, keepdims, name)`."""
    attr = "T" if "T" in operation.definition.attrs else None
    kinds = {
        keep: fast_dtypes(operation, attr, keep_dims=keep, Tidx=dtypes.int32)
        for keep in (False, True)
    }
    run = quietly(kernel)

    def reduce(x: Any, axis: Any, keepdims: Any, name: str | None = None) -> Any:
        busy, keep = state.busy, bool(keepdims)
        if type(x) is EagerTensor and not (busy and state.graph is not None):
            value = x._value
            attrs = kinds[keep].get(value.dtype) if type(value) is ndarray else None
            axes = NotImplemented if attrs is None else _fast_axes(axis)
            if axes is not NotImplemented:
                try:
                    result = run(value, axes, keep)
                except ValueError:
                    pass  # said better by the common path
                else:
                    out = EagerTensor(result if type(result) is ndarray else np.asarray(result))
                    if busy:
                        observe(operation, [x, _axes_tensor(axes, value.ndim)], attrs, [out])
                    return out
        x = convert_to_tensor(x)
        return operation(x, _axes_of(x, axis), keep_dims=keep, name=name)

    return reduce


_reduce_sum = _reduction(sum_op, _sum)
_reduce_mean = _reduction(mean_op, _mean)
_reduce_prod = _reduction(prod_op, _prod)
_reduce_max = _reduction(max_op, _max)
_reduce_min = _reduction(min_op, _min)
_reduce_all = _reduction(all_op, _all)
_reduce_any = _reduction(any_op, _any)
_reduce_norm = _reduction(euclidean_norm_op, _norm)


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
    return _reduce_sum(input_tensor, axis, keepdims, name)


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
    return _reduce_mean(input_tensor, axis, keepdims, name)


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
    return _reduce_prod(input_tensor, axis, keepdims, name)


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
    return _reduce_max(input_tensor, axis, keepdims, name)


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
    return _reduce_min(input_tensor, axis, keepdims, name)


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
    return _reduce_all(input_tensor, axis, keepdims, name)


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
    return _reduce_any(input_tensor, axis, keepdims, name)


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
    return _reduce_norm(input_tensor, axis, keepdims, name)
