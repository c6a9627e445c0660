"""Elements picked by place, condition or order; diagonals."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import exported
from tidefall.ops.array import padding, reshaping, selecting, sorting, stacking
from tidefall.ops.array.constants import zeros
from tidefall.ops.array.identity import ensure_shape
from tidefall.ops.array.ranges import range as tf_range
from tidefall.ops.array.shapes_of import broadcast_dynamic_shape
from tidefall.ops.array.shapes_of import rank as tf_rank
from tidefall.ops.array.shapes_of import shape as tf_shape
from tidefall.ops.array.transposing import broadcast_to
from tidefall.ops.common import invalid
from tidefall.ops.linalg import diagonals, matrices
from tidefall.ops.math import clip as tf_clip
from tidefall.ops.math.cast import cast
from tidefall.ops.math.power import maximum, minimum
from tidefall.ops.numpy.making import exported_as, keeps_weak
from tidefall.ops.numpy.promotion import promote, promote_by_mode, to_tensor
from tidefall.ops.numpy.reducing import sum as numpy_sum
from tidefall.ops.numpy.shaping import moveaxis, ravel
from tidefall.ops.numpy.static_shape import known_rank, sizes_of
from tidefall.ops.numpy.unknown_rank import has_unknown_rank
from tidefall.ops.reductions.arg_reductions import argmax as tf_argmax
from tidefall.ops.reductions.arg_reductions import argmin as tf_argmin
from tidefall.ops.reductions.statistics import count_nonzero as tf_count_nonzero
from tidefall.ops.slices.gathering import gather


@exported_as("where")
def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """Elements of `x` where a condition holds, else of `y`, as `numpy.where`.

    Args:
        condition: array; what is not zero is true.
        x, y: arrays; all three broadcast. With neither, the places of true elements are given.

    Returns:
        A tensor; with the condition alone a list of one vector of places for each dimension.

    Raises:
        ValueError: if only one of `x` and `y` is given.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.where([True, False], 1, 2.5).numpy()
    array([1. , 2.5])
    """
    condition = cast(to_tensor(condition), dtypes.bool)
    if x is None and y is None:
        return nonzero(condition)
    if x is None or y is None:
        raise ValueError("where takes both x and y, or neither of them.")
    return selecting.where(condition, *promote_by_mode(x, y))


@exported_as("nonzero")
def nonzero(a: Any) -> list[Any]:
    """The places of elements that are not zero, as `numpy.nonzero`.

    Args:
        a: array of any shape; a scalar counts as one of one dimension.

    Returns:
        A list of one int64 vector for each dimension.

    >>> import tidefall as tf
    >>> [place.numpy().tolist() for place in tf.experimental.numpy.nonzero([[0, 1], [2, 0]])]
    [[0, 1], [1, 0]]
    """
    a = cast(to_tensor(a), dtypes.bool)
    if known_rank(a) == 0:
        a = reshaping.reshape(a, [1])
    return stacking.unstack(selecting.where(a), a.shape.rank, axis=1)


@exported_as("count_nonzero")
def count_nonzero(a: Any, axis: Any = None) -> Any:
    """How many elements are not zero, as `numpy.count_nonzero`.

    >>> import tidefall as tf
    >>> int(tf.experimental.numpy.count_nonzero([0, 1, 2]))
    2
    """
    return tf_count_nonzero(to_tensor(a), axis)


@exported_as("select")
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """For each element the choice whose condition holds first, as `numpy.select`.

    Args:
        condlist: list of arrays of booleans.
        choicelist: list of as many arrays.
        default: what to take where no condition holds.

    Raises:
        ValueError: if the lists differ in length, or are empty.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.select([[True, False]], [[1, 2]], default=9).numpy()
    array([1, 9])
    """
    if len(condlist) != len(choicelist):
        raise ValueError(
            f"select takes as many choices as conditions, got {len(choicelist)} for "
            f"{len(condlist)}."
        )
    if not condlist:
        raise ValueError("select takes at least one condition.")
    *choices, result = promote_by_mode(*choicelist, default)
    for condition, choice in zip(reversed(condlist), reversed(choices), strict=True):
        result = where(condition, choice, result)
    return result


@exported_as("take")
def take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: Any = "clip") -> Any:
    """Elements at some places along an axis, as `numpy.take`.

    Args:
        a: array of any shape; flattened if `axis` is None.
        indices: array of places.
        axis: the axis.
        out: not supported.
        mode: "clip" moves places outside to the nearest end, "wrap" counts around.

    Raises:
        ValueError: for mode "raise" or another one, or if `out` is given.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.take([1, 2, 3], [0, 5]).numpy()
    array([1, 3])
    """
    if out is not None:
        raise ValueError("tf.experimental.numpy.take does not support 'out'.")
    if mode not in ("clip", "wrap"):
        raise ValueError(f"take: mode must be 'clip' or 'wrap', got {mode!r}.")
    a, indices = to_tensor(a), to_tensor(indices)
    if axis is None:
        a, axis = ravel(a), 0
    if has_unknown_rank(a):
        size = cast(tf_shape(a)[axis], indices.dtype)
    else:
        axis = axis % known_rank(a)
        size = cast(sizes_of(a)[axis], indices.dtype)
    if mode == "wrap":
        indices = indices % size
    else:
        last = size - cast(1, indices.dtype)
        indices = minimum(maximum(indices, cast(0, indices.dtype)), last)
    return gather(a, indices, axis=axis)


@exported_as("take_along_axis")
def take_along_axis(arr: Any, indices: Any, axis: Any) -> Any:
    """For each row along an axis the elements at its own places, as `numpy.take_along_axis`.

    Args:
        arr: array of any shape; flattened if `axis` is None.
        indices: integers, of a shape that broadcasts with that of `arr` but for the axis.
        axis: the axis.

    Raises:
        ValueError: if the ranks differ.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.take_along_axis([[1, 2], [3, 4]], [[1], [0]], 1).numpy()
    array([[2],
           [3]])
    """
    arr, indices = to_tensor(arr), to_tensor(indices)
    if axis is None:
        arr, axis = ravel(arr), 0
    if has_unknown_rank(arr) and not has_unknown_rank(indices):
        arr = ensure_shape(arr, [None] * known_rank(indices))
    elif has_unknown_rank(indices):
        indices = ensure_shape(indices, [None] * known_rank(arr))
    rank = known_rank(arr)
    if known_rank(indices) != rank:
        raise ValueError(
            f"take_along_axis: the array has {rank} dimensions, the indices {indices.shape.rank}."
        )
    axis = axis % rank
    sizes, counts = sizes_of(arr), sizes_of(indices)
    lead = _broadcast_sizes(
        [*sizes[:axis], 1, *sizes[axis + 1 :]], [*counts[:axis], 1, *counts[axis + 1 :]]
    )
    arr_shape = [*lead[:axis], sizes[axis], *lead[axis + 1 :]]
    indices_shape = [*lead[:axis], counts[axis], *lead[axis + 1 :]]
    arr = moveaxis(broadcast_to(arr, arr_shape), axis, -1)
    indices = moveaxis(broadcast_to(indices, indices_shape), axis, -1)
    size = cast(sizes[axis], indices.dtype)
    indices = selecting.where(indices < 0, indices + size, indices)
    found = gather(arr, indices, batch_dims=rank - 1, axis=rank - 1)
    return moveaxis(found, -1, axis)


def _broadcast_sizes(x: list[Any], y: list[Any]) -> list[Any]:
    """The sizes two shapes broadcast to, as numbers where they are known."""
    if all(isinstance(size, int) for size in (*x, *y)):
        return list(np.broadcast_shapes(tuple(x), tuple(y)))
    common = broadcast_dynamic_shape(stacking.stack(x), stacking.stack(y))
    known = zip(x, y, strict=True)
    return [
        m if m == n else common[i]
        for i, (m, n) in enumerate(
            (m if isinstance(m, int) else None, n if isinstance(n, int) else -1) for m, n in known
        )
    ]


@exported_as("compress")
def compress(condition: Any, a: Any, axis: Any = None) -> Any:
    """Slices along an axis for which a condition holds, as `numpy.compress`.

    Args:
        condition: vector; may be shorter than the axis. Elements past its end are left out.
        a: array; flattened if `axis` is None.
        axis: the axis.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.compress([False, True], [1, 2, 3]).numpy()
    array([2])
    """
    condition = cast(to_tensor(condition), dtypes.bool)
    if known_rank(condition) != 1:
        raise ValueError(f"condition must be a 1-d array, got the shape {condition.shape}.")
    a = to_tensor(a)
    if axis is None:
        a, axis = ravel(a), 0
    if not has_unknown_rank(a):
        axis = axis % known_rank(a)
        size, given = a.shape[axis], condition.shape[0]
        if None not in (size, given) and given > size:
            raise ValueError(
                f"Shapes {condition.shape} and {a.shape[axis : axis + 1]} are incompatible"
            )
    places = reshaping.reshape(selecting.where(condition), [-1])
    return gather(a, places, axis=axis)


@exported_as("clip")
def clip(a: Any, a_min: Any, a_max: Any) -> Any:
    """Elements moved into an interval, as `numpy.clip`.

    Args:
        a: array of any shape.
        a_min, a_max: bounds that broadcast with it; one may be None. Where the lower bound is
            above the upper one, it wins.

    Raises:
        ValueError: if both bounds are None.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.clip([1, 5], 2, 3).numpy()
    array([2, 3])
    """
    if a_min is None and a_max is None:
        raise ValueError("clip takes at least one of a_min and a_max.")
    if a_min is None:
        return minimum(*promote(a, a_max))
    if a_max is None:
        return maximum(*promote(a, a_min))
    a, low, high = promote(a, a_min, a_max)
    if low.shape.rank == high.shape.rank == 0:
        return tf_clip.clip_by_value(a, low, high)
    return maximum(minimum(a, high), low)


@exported_as("pad")
def pad(array: Any, pad_width: Any, mode: Any, **kwargs: Any) -> Any:
    """An array with a border, as `numpy.pad`.

    Args:
        array: array of any shape.
        pad_width: a pair for each axis: elements before and after.
        mode: "constant", "reflect" or "symmetric".
        **kwargs: `constant_values`, the value of the border, 0 by default.

    Raises:
        ValueError: for another mode.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.pad([1, 2], ((1, 0),), "constant").numpy()
    array([0, 1, 2])
    """
    if mode not in ("constant", "reflect", "symmetric"):
        raise ValueError(f"Unsupported padding mode: {mode!r}.")
    array = to_tensor(array)
    value = cast(to_tensor(kwargs.get("constant_values", 0)), array.dtype)
    widths = cast(to_tensor(pad_width), dtypes.int32)
    return padding.pad(array, widths, mode.upper(), value)


def _check_kind(kind: Any, order: Any, stable: bool) -> None:
    if kind not in (("quicksort", "stable") if stable else ("quicksort",)):
        raise ValueError(f"Only the kinds 'quicksort' and 'stable' are supported, got {kind!r}.")
    if order is not None:
        raise ValueError("'order' is not supported: tensors have no fields.")


@exported_as("sort")
@keeps_weak
def sort(a: Any, axis: Any = -1, kind: Any = "quicksort", order: Any = None) -> Any:
    """Elements in ascending order along an axis, as `numpy.sort`.

    Args:
        a: array of any shape; flattened if `axis` is None.
        axis: the axis.
        kind: "quicksort".
        order: not supported.

    Raises:
        ValueError: for another kind, or if `order` is given.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.sort([3, 1, 2]).numpy()
    array([1, 2, 3])
    """
    _check_kind(kind, order, stable=False)
    a = to_tensor(a)
    if axis is None:
        a, axis = ravel(a), 0
    return sorting.sort(a, axis)


@exported_as("argsort")
def argsort(a: Any, axis: Any = -1, kind: Any = "quicksort", order: Any = None) -> Any:
    """The places of the elements in ascending order, as `numpy.argsort`.

    Args:
        a: array of any shape; flattened if `axis` is None.
        axis: the axis.
        kind: "quicksort" or "stable".
        order: not supported.

    Returns:
        An int64 tensor.

    Raises:
        ValueError: for another kind, or if `order` is given.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.argsort([3, 1, 2]).numpy()
    array([1, 2, 0])
    """
    _check_kind(kind, order, stable=True)
    a = to_tensor(a)
    if axis is None or a.shape.rank == 0:
        a, axis = ravel(a), 0
    return cast(sorting.argsort(a, axis, stable=kind == "stable"), dtypes.int64)


def _place(compute: Any, a: Any, axis: Any) -> Any:
    a = to_tensor(a)
    if a.dtype is dtypes.bool:
        a = cast(a, dtypes.int8)
    if axis is None or a.shape.rank == 0:
        a, axis = ravel(a), 0
    return compute(a, axis)


@exported_as("argmax")
def argmax(a: Any, axis: Any = None) -> Any:
    """The place of the largest element, as `numpy.argmax`.

    Args:
        a: array of any shape; flattened if `axis` is None.
        axis: the axis.

    Returns:
        An int64 tensor.

    >>> import tidefall as tf
    >>> int(tf.experimental.numpy.argmax([[1, 5], [7, 2]]))
    2
    """
    return _place(tf_argmax, a, axis)


@exported_as("argmin")
def argmin(a: Any, axis: Any = None) -> Any:
    """The place of the smallest element; see `argmax`.

    >>> import tidefall as tf
    >>> int(tf.experimental.numpy.argmin([[1, 5], [7, 0]]))
    3
    """
    return _place(tf_argmin, a, axis)


# ---- diagonals ----


@exported_as("diag")
@keeps_weak
def diag(v: Any, k: Any = 0) -> Any:
    """A matrix with a vector for a diagonal, or the diagonal of a matrix, as `numpy.diag`.

    Args:
        v: array of rank 1 or 2.
        k: which diagonal; positive ones lie above the main one.

    Raises:
        ValueError: for an array of another rank.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.diag([1, 2]).numpy()
    array([[1, 0],
           [0, 2]])
    """
    v = to_tensor(v)
    if has_unknown_rank(v):
        vector = tf_rank(v) == 1
        return exported("cond")(
            vector,
            lambda: diagonals.diag(reshaping.reshape(v, [-1]), k=k),
            lambda: diagonal(ensure_shape(v, [None, None]), k),
        )
    rank = known_rank(v)
    if rank == 1:
        return diagonals.diag(v, k=k)
    if rank == 2:
        return diagonal(v, k)
    raise ValueError(f"diag takes an array of rank 1 or 2, got the shape {v.shape}.")


@exported_as("diagonal")
def diagonal(a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Any:
    """The diagonals of the matrices that two axes make, as `numpy.diagonal`.

    Args:
        a: array of at least 2 dimensions.
        offset: which diagonal; positive ones lie above the main one.
        axis1, axis2: the axes of rows and columns.

    Returns:
        A tensor without the two axes, and with one for the diagonal at the end.

    Raises:
        InvalidArgumentError: for an array of fewer than 2 dimensions.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.diagonal([[1, 2], [3, 4]], 1).numpy()
    array([2])
    """
    a = to_tensor(a)
    if not has_unknown_rank(a) and known_rank(a) < 2:
        raise invalid(f"diagonal takes an array of at least 2 dimensions, got {a.shape}.")
    a = moveaxis(a, (axis1, axis2), (-2, -1))
    rows, columns = a.shape[-2], a.shape[-1]
    if rows is not None and columns is not None and not -rows < offset < columns:
        return zeros([*sizes_of(a)[:-2], 0], a.dtype)
    return diagonals.diag_part(a, k=offset)


@exported_as("diagflat")
def diagflat(v: Any, k: Any = 0) -> Any:
    """A matrix with all elements of an array on a diagonal, as `numpy.diagflat`.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.diagflat([[1], [2]]).shape
    TensorShape([2, 2])
    """
    return diag(ravel(v), k)


@exported_as("diag_indices")
def diag_indices(n: Any, ndim: Any = 2) -> tuple[Any, ...]:
    """The indices of the main diagonal of an array, as `numpy.diag_indices`.

    Args:
        n: size of each axis.
        ndim: number of axes.

    Returns:
        A tuple of `ndim` int32 vectors.

    Raises:
        ValueError: if one of them is negative.

    >>> import tidefall as tf
    >>> [index.numpy().tolist() for index in tf.experimental.numpy.diag_indices(2)]
    [[0, 1], [0, 1]]
    """
    if isinstance(n, (int, np.integer)) and n < 0:
        raise ValueError(f"diag_indices: n must not be negative, got {n}.")
    if ndim < 0:
        raise ValueError(f"diag_indices: ndim must not be negative, got {ndim}.")
    return (tf_range(n),) * ndim


@exported_as("trace")
@keeps_weak
def trace(a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1, dtype: Any = None) -> Any:
    """The sums of diagonals; see `diagonal`.

    Args:
        a: array of at least 2 dimensions.
        offset, axis1, axis2: as for `diagonal`.
        dtype: dtype to sum in. By default integers are summed in 64 bits, but those of the last two
            axes' main diagonal in their own dtype.

    >>> import tidefall as tf
    >>> int(tf.experimental.numpy.trace([[1, 2], [3, 4]]))
    5
    """
    a = to_tensor(a, dtype)
    rank = a.shape.rank
    if offset == 0 and rank and (axis1 % rank, axis2 % rank) == (rank - 2, rank - 1):
        return matrices.trace(a)  # sums in the dtype of the array
    return numpy_sum(diagonal(a, offset, axis1, axis2), -1, dtype)
