"""Reductions over axes: sum, mean, product, extremes, all, any and the Euclidean norm."""

from __future__ import annotations

from typing import Any

from tidefall.base.dispatch import OTHER, dispatchable
from tidefall.base.exports import export
from tidefall.ops.reductions.ops import (
    fast_all,
    fast_any,
    fast_max,
    fast_mean,
    fast_min,
    fast_norm,
    fast_prod,
    fast_sum,
)


@export("math.reduce_sum", "reduce_sum", dispatch=OTHER)
@dispatchable
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
    return fast_sum(input_tensor, axis, keepdims, name)


@export("math.reduce_mean", "reduce_mean", dispatch=OTHER)
@dispatchable
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
    return fast_mean(input_tensor, axis, keepdims, name)


@export("math.reduce_prod", "reduce_prod", dispatch=OTHER)
@dispatchable
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
    return fast_prod(input_tensor, axis, keepdims, name)


@export("math.reduce_max", "reduce_max", dispatch=OTHER)
@dispatchable
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
    return fast_max(input_tensor, axis, keepdims, name)


@export("math.reduce_min", "reduce_min", dispatch=OTHER)
@dispatchable
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
    return fast_min(input_tensor, axis, keepdims, name)


@export("math.reduce_all", "reduce_all", dispatch=OTHER)
@dispatchable
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
    return fast_all(input_tensor, axis, keepdims, name)


@export("math.reduce_any", "reduce_any", dispatch=OTHER)
@dispatchable
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
    return fast_any(input_tensor, axis, keepdims, name)


@export("math.reduce_euclidean_norm")
@dispatchable
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
    return fast_norm(input_tensor, axis, keepdims, name)
