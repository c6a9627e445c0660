"""The shape of arrays changed: axes moved, added and dropped."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.ops.array import padding, ranges, reshaping, reversing, selecting, splitting
from tidefall.ops.array.shapes_of import rank as tf_rank
from tidefall.ops.array.shapes_of import shape as tf_shape
from tidefall.ops.array.shapes_of import size as tf_size
from tidefall.ops.array.transposing import broadcast_to
from tidefall.ops.array.transposing import transpose as tf_transpose
from tidefall.ops.common import invalid
from tidefall.ops.math.cast import cast
from tidefall.ops.numpy import unknown_rank
from tidefall.ops.numpy.making import exported_as, keeps_weak
from tidefall.ops.numpy.promotion import to_tensor
from tidefall.ops.numpy.static_shape import broadcast_sizes, known_rank, sizes_of
from tidefall.ops.numpy.unknown_rank import has_unknown_rank


@exported_as("ndim")
def ndim(a: Any) -> Any:
    """Number of dimensions of an array: a number where it is known, else a tensor.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.ndim([[1, 2]])
    2
    """
    a = to_tensor(a)
    return tf_rank(a) if has_unknown_rank(a) else a.shape.rank


@exported_as("shape")
def shape(a: Any) -> Any:
    """The static shape of an array.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.shape([[1, 2]])
    TensorShape([1, 2])
    """
    return to_tensor(a).shape


@exported_as("size")
def size(x: Any, axis: Any = None) -> Any:
    """Number of elements of an array: a number where it is known, else a tensor.

    Raises:
        NotImplementedError: if `axis` is given.

    >>> import tidefall as tf
    >>> int(tf.experimental.numpy.size([[1, 2]]))
    2
    """
    if axis is not None:
        raise NotImplementedError("tf.experimental.numpy.size does not support 'axis'.")
    if np.isscalar(x):
        return 1
    x = to_tensor(x)
    if x.shape.is_fully_defined():
        return np.prod(x.shape.as_list(), dtype=np.int64)
    return tf_size(x)


@exported_as("reshape")
@keeps_weak
def reshape(a: Any, newshape: Any, order: Any = "C") -> Any:
    """The same elements in another shape, as `numpy.reshape`.

    Args:
        a: array of any shape.
        newshape: an int or sequence of ints; one may be -1.
        order: "C", the last axis fastest, or "F", the first.

    Raises:
        ValueError: for another order.
        InvalidArgumentError: if the sizes do not agree.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.reshape([1, 2, 3, 4], (2, 2), order="F").numpy()
    array([[1, 3],
           [2, 4]])
    """
    if order not in ("C", "F"):
        raise ValueError(f"Unsupported order argument {order!r}: 'C' or 'F' is expected.")
    a = to_tensor(a)
    if isinstance(newshape, (int, np.integer)):
        newshape = [newshape]
    if order == "C":
        return reshaping.reshape(a, newshape)
    backwards = list(newshape)[::-1]
    return tf_transpose(reshaping.reshape(tf_transpose(a), backwards))


@exported_as("ravel")
@keeps_weak
def ravel(a: Any) -> Any:
    """All elements in one dimension, as `numpy.ravel`.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.ravel([[1, 2], [3, 4]]).numpy()
    array([1, 2, 3, 4])
    """
    return reshaping.reshape(to_tensor(a), [-1])


@exported_as("flatten")
@keeps_weak
def flatten(a: Any, order: Any = "C") -> Any:
    """All elements in one dimension.

    Args:
        a: array of any shape.
        order: "C", "A" or "K": the last axis fastest; "F": the first.

    Raises:
        ValueError: for another order.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.flatten([[1, 2], [3, 4]], order="F").numpy()
    array([1, 3, 2, 4])
    """
    if order not in ("C", "A", "K", "F"):
        raise ValueError(f"Unsupported order argument {order!r}: 'C', 'F', 'A' or 'K' is expected.")
    return reshape(a, -1, "F" if order == "F" else "C")


@exported_as("transpose")
@keeps_weak
def transpose(a: Any, axes: Any = None) -> Any:
    """Axes in another order, by default reversed, as `numpy.transpose`.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.transpose([[1, 2]]).shape
    TensorShape([2, 1])
    """
    return tf_transpose(to_tensor(a), None if axes is None else list(axes))


@exported_as("swapaxes")
@keeps_weak
def swapaxes(a: Any, axis1: Any, axis2: Any) -> Any:
    """Two axes exchanged, as `numpy.swapaxes`.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.swapaxes(tf.zeros([2, 3, 4]), 0, -1).shape
    TensorShape([4, 3, 2])
    """
    a = to_tensor(a)
    if has_unknown_rank(a):
        return unknown_rank.swap_axes(a, axis1, axis2)
    order = list(range(known_rank(a)))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return tf_transpose(a, order)


@exported_as("moveaxis")
@keeps_weak
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """Some axes moved to other places, the rest kept in order, as `numpy.moveaxis`.

    Args:
        a: array of any shape.
        source: an axis, or several.
        destination: where they go.

    Raises:
        ValueError: if there are not as many destinations as sources.
        InvalidArgumentError: for an axis that the array does not have.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.moveaxis(tf.zeros([2, 3, 4]), 0, -1).shape
    TensorShape([3, 4, 2])
    """
    a = to_tensor(a)
    if has_unknown_rank(a):
        return unknown_rank.move_axes(a, source, destination)
    rank = known_rank(a)
    sources = [_axis_of("moveaxis", s, rank) for s in np.atleast_1d(source).tolist()]
    targets = [_axis_of("moveaxis", t, rank) for t in np.atleast_1d(destination).tolist()]
    if len(sources) != len(targets):
        raise ValueError(
            f"moveaxis: {len(sources)} source axes cannot go to {len(targets)} destinations."
        )
    order = [i for i in range(rank) if i not in sources]
    for target, source_axis in sorted(zip(targets, sources, strict=True)):
        order.insert(target, source_axis)
    return tf_transpose(a, order)


def _axis_of(function: str, axis: int, rank: int) -> int:
    """An axis counted from the front."""
    if not -rank <= axis < rank:
        raise invalid(f"{function}: an array of {rank} dimensions has no axis {axis}.")
    return axis % rank


@exported_as("expand_dims")
@keeps_weak
def expand_dims(a: Any, axis: Any) -> Any:
    """A new axis of size 1, as `numpy.expand_dims`.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.expand_dims([1, 2], 0).shape
    TensorShape([1, 2])
    """
    return reshaping.expand_dims(to_tensor(a), axis)


@exported_as("squeeze")
@keeps_weak
def squeeze(a: Any, axis: Any = None) -> Any:
    """Axes of size 1 dropped, as `numpy.squeeze`.

    Args:
        a: array of any shape.
        axis: the axes to drop, by default all of size 1.

    Raises:
        InvalidArgumentError: if one of them has another size.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.squeeze([[1, 2]]).shape
    TensorShape([2])
    """
    return reshaping.squeeze(to_tensor(a), axis)


def _at_least(rank: int, arys: Any, place: Any) -> Any:
    made = []
    for value in arys:
        array = to_tensor(value)
        if has_unknown_rank(array):
            made.append(unknown_rank.to_rank(array, rank, behind=1 if rank == 3 else 0))
            continue
        while known_rank(array) < rank:
            array = expand_dims(array, place(known_rank(array)))
        made.append(array)
    return made[0] if len(made) == 1 else made


@exported_as("atleast_1d")
def atleast_1d(*arys: Any) -> Any:
    """Arrays with at least one dimension; a list unless it is one.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.atleast_1d(3).shape
    TensorShape([1])
    """
    return _at_least(1, arys, lambda rank: 0)


@exported_as("atleast_2d")
def atleast_2d(*arys: Any) -> Any:
    """Arrays with at least two dimensions, new ones in front; a list unless it is one.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.atleast_2d([1, 2]).shape
    TensorShape([1, 2])
    """
    return _at_least(2, arys, lambda rank: 0)


@exported_as("atleast_3d")
def atleast_3d(*arys: Any) -> Any:
    """Arrays with at least three dimensions, as `numpy.atleast_3d`.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.atleast_3d([1, 2]).shape
    TensorShape([1, 2, 1])
    """
    return _at_least(3, arys, lambda rank: 2 if rank == 2 else 0)


# ---- repeating and turning ----


@exported_as("tile")
def tile(a: Any, reps: Any) -> Any:
    """An array repeated along its axes, as `numpy.tile`.

    Args:
        a: array of any shape.
        reps: how often along each axis; missing axes or counts are added in front.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.tile([1, 2], 2).numpy()
    array([1, 2, 1, 2])
    """
    a = to_tensor(a)
    counts = [reps] if np.ndim(reps) == 0 and not hasattr(reps, "is_symbolic") else list(reps)
    if has_unknown_rank(a):
        return unknown_rank.tile(a, counts)
    rank = known_rank(a)
    if len(counts) < rank:
        counts = [1] * (rank - len(counts)) + counts
    elif len(counts) > rank:
        a = reshaping.reshape(a, [1] * (len(counts) - rank) + sizes_of(a))
    return padding.tile(a, counts)


@exported_as("repeat")
@keeps_weak
def repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    """Each element repeated, as `numpy.repeat`.

    Args:
        a: array of any shape; flattened if `axis` is None.
        repeats: how often, for all or for each element along the axis.
        axis: the axis.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.repeat([1, 2], 2).numpy()
    array([1, 1, 2, 2])
    """
    return splitting.repeat(to_tensor(a), cast(to_tensor(repeats), dtypes.int32), axis)


@exported_as("roll")
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """Elements moved along axes, those that leave coming in again, as `numpy.roll`.

    Args:
        a: array of any shape.
        shift: how far, for one axis or several.
        axis: the axes; None moves through the flattened array.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.roll([1, 2, 3], 1).numpy()
    array([3, 1, 2])
    """
    a = to_tensor(a)
    if axis is not None:
        return reversing.roll(a, shift, axis)
    flat = reversing.roll(reshaping.reshape(a, [-1]), shift, 0)
    return reshaping.reshape(flat, tf_shape(a) if has_unknown_rank(a) else sizes_of(a))


@exported_as("flip")
@keeps_weak
def flip(m: Any, axis: Any = None) -> Any:
    """Elements in reverse order along an axis, by default all, as `numpy.flip`.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.flip([1, 2, 3]).numpy()
    array([3, 2, 1])
    """
    m = to_tensor(m)
    if axis is None:
        every = ranges.range(tf_rank(m)) if has_unknown_rank(m) else list(range(known_rank(m)))
        return reversing.reverse(m, every)
    return reversing.reverse(m, np.atleast_1d(axis).tolist())


@exported_as("flipud")
def flipud(m: Any) -> Any:
    """Elements in reverse order along the first axis, as `numpy.flipud`.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.flipud([1, 2]).numpy()
    array([2, 1])
    """
    return flip(m, 0)


@exported_as("fliplr")
def fliplr(m: Any) -> Any:
    """Elements in reverse order along the second axis, as `numpy.fliplr`.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.fliplr([[1, 2]]).numpy()
    array([[2, 1]])
    """
    return flip(m, 1)


@exported_as("rot90")
@keeps_weak
def rot90(m: Any, k: Any = 1, axes: Any = (0, 1)) -> Any:
    """An array turned by quarter turns in a plane, as `numpy.rot90`.

    Args:
        m: array of at least 2 dimensions.
        k: number of turns, from the first of `axes` towards the second.
        axes: the two axes of the plane.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.rot90([[1, 2], [3, 4]]).numpy()
    array([[2, 4],
           [1, 3]])
    """
    m = to_tensor(m)
    rank = m.shape.rank
    first, second = (axis % rank for axis in axes) if rank else axes
    turns = k % 4
    if turns == 0:
        return m
    if turns == 2:
        return flip(flip(m, first), second)
    if first == second or (rank is not None and max(first, second) >= rank):
        return flip(m, list(axes))  # says what is wrong
    if turns == 1:
        return swapaxes(flip(m, second), first, second)
    return flip(swapaxes(m, first, second), second)


# ---- broadcasting ----


@exported_as("broadcast_arrays")
def broadcast_arrays(*args: Any, **kwargs: Any) -> list[Any]:
    """Arrays repeated to the shape they broadcast to, as `numpy.broadcast_arrays`.

    Args:
        *args: the arrays.
        **kwargs: `subok`, which must be false.

    Returns:
        A list of tensors.

    Raises:
        ValueError: if `subok` is true.
        TypeError: for another keyword.

    >>> import tidefall as tf
    >>> [a.shape.as_list() for a in tf.experimental.numpy.broadcast_arrays([1, 2], [[3]])]
    [[1, 2], [1, 2]]
    """
    if kwargs.pop("subok", False):
        raise ValueError("tf.experimental.numpy.broadcast_arrays does not support 'subok'.")
    if kwargs:
        raise TypeError(f"broadcast_arrays got unexpected keywords: {sorted(kwargs)}.")
    if not args:
        return ()
    arrays = [to_tensor(a) for a in args]
    common = broadcast_sizes(arrays)
    found = [broadcast_to(a, common) for a in arrays]
    return found if len(args) > 1 else tuple(found)


@exported_as("meshgrid")
def meshgrid(*xi: Any, **kwargs: Any) -> list[Any]:
    """Coordinates of a grid, from those along its axes, as `numpy.meshgrid`.

    Args:
        *xi: vectors of coordinates.
        **kwargs: `indexing`, "xy" (the default) or "ij"; `sparse` and `copy` only with NumPy's
            defaults.

    Returns:
        A list of tensors of the grid's shape.

    Raises:
        ValueError: if sparse, or without a copy.

    >>> import tidefall as tf
    >>> [a.shape.as_list() for a in tf.experimental.numpy.meshgrid([1, 2], [3, 4, 5])]
    [[3, 2], [3, 2]]
    """
    from tidefall.ops.linalg.matrices import meshgrid as tf_meshgrid

    if kwargs.get("sparse", False) is not False or kwargs.get("copy", True) is not True:
        raise ValueError("tf.experimental.numpy.meshgrid takes only sparse=False and copy=True.")
    return tf_meshgrid(*[to_tensor(x) for x in xi], indexing=kwargs.get("indexing", "xy"))


@exported_as("ix_")
def ix_(*args: Any) -> list[Any]:
    """Vectors shaped so that together they index a grid, as `numpy.ix_`.

    Args:
        *args: vectors of indices, or of booleans.

    Raises:
        ValueError: for an array that is not a vector.

    >>> import tidefall as tf
    >>> [a.shape.as_list() for a in tf.experimental.numpy.ix_([0, 1], [2])]
    [[2, 1], [1, 1]]
    """
    made = []
    for place, value in enumerate(args):
        array = to_tensor(value)
        if known_rank(array) != 1:
            raise ValueError(f"ix_ takes vectors, got an array of shape {array.shape}.")
        if array.dtype is dtypes.bool:
            array = reshaping.reshape(selecting.where(array), [-1])
        made.append(reshaping.reshape(array, [-1 if i == place else 1 for i in range(len(args))]))
    return made
