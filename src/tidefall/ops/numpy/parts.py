"""Arrays joined and split."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.ops.array import joining, ranges, splitting, stacking
from tidefall.ops.array.shapes_of import rank as tf_rank
from tidefall.ops.array.shapes_of import shape as tf_shape
from tidefall.ops.math import power
from tidefall.ops.numpy.making import exported_as
from tidefall.ops.numpy.promotion import promote_by_mode, to_tensor
from tidefall.ops.numpy.shaping import (
    atleast_1d,
    atleast_2d,
    atleast_3d,
    moveaxis,
    ravel,
    swapaxes,
)
from tidefall.ops.numpy.static_shape import known_rank
from tidefall.ops.numpy.unknown_rank import has_unknown_rank
from tidefall.ops.slices.gathering import gather


@exported_as("concatenate")
def concatenate(arys: Any, axis: Any = 0) -> Any:
    """Arrays joined along an axis, as `numpy.concatenate`.

    Args:
        arys: arrays of the same shape but for that axis; they take a common dtype.
        axis: the axis.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.concatenate([[1, 2], [3.5]]).numpy()
    array([1. , 2. , 3.5])
    """
    if not isinstance(arys, (list, tuple)):
        arys = list(to_tensor(arys))
    return joining.concat(_same_dtype(arys), axis)


def _same_dtype(arys: Any) -> list[Any]:
    return promote_by_mode(*[to_tensor(a) for a in arys])


@exported_as("stack")
def stack(arrays: Any, axis: Any = 0) -> Any:
    """Arrays of one shape joined along a new axis, as `numpy.stack`.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.stack([[1, 2], [3, 4]], axis=-1).numpy()
    array([[1, 3],
           [2, 4]])
    """
    if not isinstance(arrays, (list, tuple)):
        array = to_tensor(arrays)
        if axis == 0:
            return array
        return swapaxes(array, 0, axis) if axis in (1, -1) else moveaxis(array, 0, axis)
    if not arrays:
        return to_tensor(np.zeros(0, np.float32))
    return stacking.stack(_same_dtype(arrays), axis)


@exported_as("append")
def append(arr: Any, values: Any, axis: Any = None) -> Any:
    """An array with another one joined to its end, as `numpy.append`.

    Args:
        arr, values: the arrays; flattened if `axis` is None.
        axis: the axis to join them along.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.append([1, 2], 3).numpy()
    array([1, 2, 3])
    """
    if axis is None:
        return concatenate([ravel(arr), ravel(values)])
    return concatenate([arr, values], axis)


@exported_as("hstack")
def hstack(tup: Any) -> Any:
    """Arrays joined along the second axis, vectors along the first, as `numpy.hstack`.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.hstack([[1, 2], [3]]).numpy()
    array([1, 2, 3])
    """
    arrays = [atleast_1d(a) for a in tup]
    return concatenate(arrays, _second_axis(arrays[0]))


def _second_axis(array: Any) -> Any:
    """1, or 0 for a vector."""
    if has_unknown_rank(array):
        return power.minimum(tf_rank(array) - 1, 1)
    return int(known_rank(array) != 1)


@exported_as("vstack")
def vstack(tup: Any) -> Any:
    """Arrays joined along the first axis, vectors being rows, as `numpy.vstack`.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.vstack([[1, 2], [3, 4]]).shape
    TensorShape([2, 2])
    """
    return concatenate([atleast_2d(a) for a in tup], 0)


@exported_as("dstack")
def dstack(tup: Any) -> Any:
    """Arrays joined along the third axis, as `numpy.dstack`.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.dstack([[1, 2], [3, 4]]).shape
    TensorShape([1, 2, 2])
    """
    return concatenate([atleast_3d(a) for a in tup], 2)


@exported_as("split")
def split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> Any:
    """An array cut along an axis, as `numpy.split`.

    Args:
        ary: array of any shape.
        indices_or_sections: a number of equal parts, or the places to cut at.
        axis: the axis.

    Returns:
        A list of tensors.

    Raises:
        InvalidArgumentError: if there are no equal parts.

    >>> import tidefall as tf
    >>> [len(part) for part in tf.experimental.numpy.split([1, 2, 3, 4], [1, 3])]
    [1, 2, 1]
    """
    ary = to_tensor(ary)
    if isinstance(indices_or_sections, (int, np.integer)):
        return splitting.split(ary, int(indices_or_sections), axis)
    cuts = list(indices_or_sections)
    pairs = list(zip([None, *cuts], [*cuts, None], strict=True))
    if not isinstance(axis, int):  # the second axis, or the only one of an array of unknown rank
        places = ranges.range(tf_shape(ary)[axis])
        return [gather(ary, places[start:stop], axis=axis) for start, stop in pairs]
    if axis < 0:
        axis %= known_rank(ary)
    before = [slice(None)] * axis
    return [ary[(*before, slice(start, stop))] for start, stop in pairs]


@exported_as("hsplit")
def hsplit(ary: Any, indices_or_sections: Any) -> Any:
    """An array cut along the second axis, a vector along the first; see `split`.

    >>> import tidefall as tf
    >>> [len(part) for part in tf.experimental.numpy.hsplit([1, 2, 3, 4], 2)]
    [2, 2]
    """
    ary = to_tensor(ary)
    return _divided(ary, indices_or_sections, _second_axis(ary))


@exported_as("vsplit")
def vsplit(ary: Any, indices_or_sections: Any) -> Any:
    """An array of at least 2 dimensions cut along the first axis; see `split`.

    Raises:
        ValueError: for an array of fewer dimensions.

    >>> import tidefall as tf
    >>> len(tf.experimental.numpy.vsplit([[1, 2], [3, 4]], 2))
    2
    """
    return _split_of_rank(ary, indices_or_sections, 0, 2)


@exported_as("dsplit")
def dsplit(ary: Any, indices_or_sections: Any) -> Any:
    """An array of at least 3 dimensions cut along the third axis; see `split`.

    Raises:
        ValueError: for an array of fewer dimensions.

    >>> import tidefall as tf
    >>> len(tf.experimental.numpy.dsplit(tf.zeros([1, 1, 4]), 2))
    2
    """
    return _split_of_rank(ary, indices_or_sections, 2, 3)


def _split_of_rank(ary: Any, sections: Any, axis: int, least: int) -> Any:
    ary = to_tensor(ary)
    if not has_unknown_rank(ary) and known_rank(ary) < least:
        raise ValueError(f"An array of at least {least} dimensions is expected, got {ary.shape}.")
    return _divided(ary, sections, axis)


def _divided(ary: Any, sections: Any, axis: Any) -> Any:
    """`split`, with the error that TensorFlow has for a number of parts that does not fit."""
    if has_unknown_rank(ary):
        return split(ary, sections, axis)
    whole = isinstance(sections, (int, np.integer)) and sections > 0 and known_rank(ary) > axis
    size = ary.shape[axis] if whole else None
    if size is not None and size % sections:
        raise ValueError(
            f"array split does not result in an equal division: {size} into {sections}"
        )
    return split(ary, sections, axis)
