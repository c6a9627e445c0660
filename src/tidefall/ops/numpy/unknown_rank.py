"""Shapes changed of arrays whose rank is known only when a function runs."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.exports import exported
from tidefall.op import raw
from tidefall.ops.array.constants import fill
from tidefall.ops.array.joining import concat
from tidefall.ops.array.padding import tile as tf_tile
from tidefall.ops.array.ranges import range as tf_range
from tidefall.ops.array.reshaping import reshape
from tidefall.ops.array.selecting import where
from tidefall.ops.array.shapes_of import rank as tf_rank
from tidefall.ops.array.shapes_of import shape as tf_shape
from tidefall.ops.array.transposing import transpose
from tidefall.ops.linalg.tensordot import tensordot
from tidefall.ops.math.elementwise import subtract
from tidefall.ops.math.power import maximum, minimum
from tidefall.tensor.conversion import convert_to_tensor


def has_unknown_rank(*arrays: Any) -> bool:
    """Whether the rank of one of the arrays is not known."""
    return any(array.shape.rank is None for array in arrays)


def _from_front(axes: Any, rank: Any) -> Any:
    """Axes counted from the front; one that is out of range stays so."""
    axes = convert_to_tensor(np.atleast_1d(np.asarray(axes, np.int32)))
    return where(axes < 0, axes + rank, axes)


def move_axes(a: Any, source: Any, destination: Any) -> Any:
    """`numpy.moveaxis`."""
    rank = tf_rank(a)
    every = tf_range(rank)
    sources, places = _from_front(source, rank), _from_front(destination, rank)
    others = raw.ListDiff(every, sources)[0]
    free = raw.ListDiff(every, places)[0]
    order = raw.TensorScatterUpdate(
        every, reshape(concat([places, free], 0), [-1, 1]), concat([sources, others], 0)
    )
    return transpose(a, order)


def swap_axes(a: Any, axis1: Any, axis2: Any) -> Any:
    """`numpy.swapaxes`."""
    rank = tf_rank(a)
    places = reshape(_from_front([axis1, axis2], rank), [-1, 1])
    order = raw.TensorScatterUpdate(tf_range(rank), places, _from_front([axis2, axis1], rank))
    return transpose(a, order)


def _ones(count: Any) -> Any:
    return fill(reshape(count, [1]), 1)


def to_rank(a: Any, least: Any, behind: int = 0) -> Any:
    """The array with axes of size 1 up to a rank, at most `behind` of them after its own."""
    missing = maximum(subtract(least, tf_rank(a)), 0)
    after = minimum(missing, behind)
    sizes = concat([_ones(subtract(missing, after)), tf_shape(a), _ones(after)], 0)
    return reshape(a, sizes)


def tile(a: Any, counts: Any) -> Any:
    """`numpy.tile`; `counts` is a vector."""
    counts = convert_to_tensor(counts)
    given = tf_shape(counts)[0]
    wide = to_rank(a, given)
    return tf_tile(wide, concat([_ones(subtract(tf_rank(wide), given)), counts], 0))


def matmul(multiply: Any, a: Any, b: Any) -> Any:
    """`numpy.matmul`, by a product of matrices.

    Raises:
        InvalidArgumentError: (when it runs) for a scalar.
    """
    rows = subtract(2, minimum(tf_rank(a), 2))  # 1 for a vector, whose row is no axis of the result
    columns = subtract(2, minimum(tf_rank(b), 2))
    right = reshape(b, concat([tf_shape(b), _ones(columns)], 0))
    product = multiply(to_rank(a, 2), right)
    sizes = tf_shape(product)
    last = tf_rank(product)
    kept = concat(
        [sizes[: last - 2], sizes[last - 2 + rows : last - 1], sizes[last - 1 : last - columns]], 0
    )
    return reshape(product, kept)


def dot(multiply: Any, a: Any, b: Any, axis: int) -> Any:
    """The sum of products over the last axis of `a` and an axis of `b`, a vector's only one.

    Args:
        multiply: the elementwise product, for scalars.
        a, b: the arrays.
        axis: -1 or -2.
    """

    def products() -> Any:
        width = tf_shape(a)[-1:]
        left = reshape(a, concat([[-1], width], 0))
        moved = move_axes(to_rank(b, -axis, behind=1) if axis == -2 else b, axis, 0)
        right = reshape(moved, concat([tf_shape(moved)[:1], [-1]], 0))
        rest = tf_shape(moved)[1:]
        vector = minimum(maximum(subtract(-axis, tf_rank(b)), 0), 1)
        rest = rest[: tf_rank(moved) - 1 - vector]
        sizes = concat([tf_shape(a)[:-1], rest], 0)
        return reshape(tensordot(left, right, 1), sizes)

    scalar = (tf_rank(a) == 0) | (tf_rank(b) == 0)
    return exported("cond")(scalar, lambda: multiply(a, b), products)
