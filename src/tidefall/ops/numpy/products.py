"""Products of matrices and vectors."""

from __future__ import annotations

from typing import Any

from tidefall.base import dtypes
from tidefall.base.errors import InvalidArgumentError
from tidefall.ops.array import constants
from tidefall.ops.array.constants import zeros_like
from tidefall.ops.array.joining import concat
from tidefall.ops.array.reshaping import expand_dims, reshape, squeeze
from tidefall.ops.array.shapes_of import shape as tf_shape
from tidefall.ops.array.stacking import stack
from tidefall.ops.linalg.einsum import einsum as tf_einsum
from tidefall.ops.linalg.matmul import matmul as tf_matmul
from tidefall.ops.linalg.tensordot import tensordot as tf_tensordot
from tidefall.ops.math import elementwise
from tidefall.ops.math.cast import cast
from tidefall.ops.math.complex_numbers import conj
from tidefall.ops.math.elementwise import subtract
from tidefall.ops.numpy import unknown_rank
from tidefall.ops.numpy.making import exported_as
from tidefall.ops.numpy.promotion import promote, to_tensor
from tidefall.ops.numpy.shaping import moveaxis, ravel
from tidefall.ops.numpy.static_shape import known_rank, sizes_of
from tidefall.ops.numpy.unknown_rank import has_unknown_rank
from tidefall.ops.reductions.functions import reduce_sum


def _as_int8(*arrays: Any) -> tuple[Any, ...]:
    """Products of booleans are made of small integers."""
    if arrays[0].dtype is not dtypes.bool:
        return arrays
    return tuple(cast(a, dtypes.int8) for a in arrays)


def _product(compute: Any, a: Any, b: Any) -> Any:
    a, b = promote(a, b)
    result = compute(*_as_int8(a, b))
    return cast(result, dtypes.bool) if a.dtype is dtypes.bool else result


@exported_as("matmul")
def matmul(x1: Any, x2: Any) -> Any:
    """The product of matrices, as `numpy.matmul`.

    Args:
        x1: array of shape `[..., n, k]`, or `[k]`.
        x2: array of shape `[..., k, m]`, or `[k]`.

    Raises:
        ValueError: for a scalar, or shapes that do not fit.

    >>> import tidefall as tf
    >>> int(tf.experimental.numpy.matmul([1, 2], [3, 4]))
    11
    """
    try:
        return _product(_matmul, x1, x2)
    except InvalidArgumentError as error:
        raise ValueError(error.message) from error


def _matmul(a: Any, b: Any) -> Any:
    if has_unknown_rank(a, b):
        return unknown_rank.matmul(tf_matmul, a, b)
    if known_rank(a) == 0 or known_rank(b) == 0:
        raise ValueError("matmul takes arrays of at least one dimension; use multiply for scalars.")
    if known_rank(a) == known_rank(b) == 1:
        return tf_tensordot(a, b, 1)
    if known_rank(a) == 1:
        return squeeze(tf_matmul(expand_dims(a, 0), b), [-2])
    if known_rank(b) == 1:
        return squeeze(tf_matmul(a, expand_dims(b, -1)), [-1])
    return tf_matmul(a, b)


@exported_as("dot")
def dot(a: Any, b: Any) -> Any:
    """The sum of products over the last axis of `a` and the one before the last of `b`.

    Args:
        a: array of any shape; a scalar multiplies.
        b: array of any shape; of a vector it is the only axis.

    >>> import tidefall as tf
    >>> int(tf.experimental.numpy.dot([1, 2], [3, 4]))
    11
    """
    return _product(_dot, a, b)


def _dot(a: Any, b: Any) -> Any:
    if has_unknown_rank(a, b):
        return unknown_rank.dot(elementwise.multiply, a, b, -2)
    if known_rank(a) == 0 or known_rank(b) == 0:
        return elementwise.multiply(a, b)
    return tf_tensordot(a, b, [[-1], [-1 if known_rank(b) == 1 else -2]])


@exported_as("inner")
def inner(a: Any, b: Any) -> Any:
    """The sum of products over the last axes, as `numpy.inner`.

    >>> import tidefall as tf
    >>> int(tf.experimental.numpy.inner([1, 2], [3, 4]))
    11
    """
    return _product(_inner, a, b)


def _inner(a: Any, b: Any) -> Any:
    if has_unknown_rank(a, b):
        return unknown_rank.dot(elementwise.multiply, a, b, -1)
    if known_rank(a) == 0 or known_rank(b) == 0:
        return elementwise.multiply(a, b)
    return tf_tensordot(a, b, [[-1], [-1]])


@exported_as("vdot")
def vdot(a: Any, b: Any) -> Any:
    """The product of two arrays as vectors, the first one conjugated, as `numpy.vdot`.

    >>> import tidefall as tf
    >>> complex(tf.experimental.numpy.vdot([1j], [1j]))
    (1+0j)
    """
    a, b = promote(a, b)
    a, b = ravel(a), ravel(b)
    return dot(conj(a) if a.dtype.is_complex else a, b)


@exported_as("outer")
def outer(a: Any, b: Any) -> Any:
    """The products of each element of `a` with each of `b`, as `numpy.outer`.

    Returns:
        A matrix; both arrays are flattened.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.outer([1, 2], [3, 4]).numpy()
    array([[3, 4],
           [6, 8]])
    """

    def compute(a: Any, b: Any) -> Any:
        return elementwise.multiply(reshape(a, [-1, 1]), reshape(b, [1, -1]))

    return _product(compute, a, b)


@exported_as("tensordot")
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """The sum of products over given axes, as `numpy.tensordot`.

    Args:
        a, b: arrays.
        axes: how many, the last of `a` and the first of `b`; or a list of those of each.

    >>> import tidefall as tf
    >>> int(tf.experimental.numpy.tensordot([[1, 2]], [[3, 4]]))
    11
    """
    return _product(lambda a, b: tf_tensordot(a, b, axes), a, b)


@exported_as("kron")
def kron(a: Any, b: Any) -> Any:
    """The Kronecker product, as `numpy.kron`.

    Args:
        a, b: arrays; the one with fewer dimensions gets new ones in front.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.kron([1, 2], [3, 4]).numpy()
    array([3, 4, 6, 8])
    """
    return _product(_kron, a, b)


def _kron(a: Any, b: Any) -> Any:
    rank = max(known_rank(a), known_rank(b))
    a_sizes = [1] * (rank - known_rank(a)) + sizes_of(a)
    b_sizes = [1] * (rank - known_rank(b)) + sizes_of(b)
    pairs = list(zip(a_sizes, b_sizes, strict=True))
    a = reshape(a, [n for size, _ in pairs for n in (size, 1)])
    b = reshape(b, [n for _, size in pairs for n in (1, size)])
    return reshape(elementwise.multiply(a, b), [m * n for m, n in pairs])


@exported_as("einsum")
def einsum(subscripts: Any, *operands: Any, **kwargs: Any) -> Any:
    """Sums of products by Einstein's convention, as `numpy.einsum`.

    Args:
        subscripts: such as "ij,jk->ik".
        *operands: arrays; they take a common dtype.
        **kwargs: `optimize` (as for `tf.einsum`; True stands for "greedy"); `casting` and `order`
            are ignored.

    >>> import tidefall as tf
    >>> int(tf.experimental.numpy.einsum("i,i->", [1, 2], [3, 4]))
    11
    """
    unknown = kwargs.keys() - {"optimize", "casting", "order", "dtype", "name"}
    if unknown:
        raise TypeError(f"einsum got unexpected keywords: {sorted(unknown)}.")
    how = kwargs.get("optimize", "greedy")
    arrays = promote(*operands)
    result = tf_einsum(
        subscripts, *_as_int8(*arrays), optimize="greedy" if how in (True, False) else how
    )
    return cast(result, dtypes.bool) if arrays[0].dtype is dtypes.bool else result


@exported_as("cross")
def cross(
    a: Any, b: Any, axisa: Any = -1, axisb: Any = -1, axisc: Any = -1, axis: Any = None
) -> Any:
    """The cross product of vectors of 2 or 3 elements, as `numpy.cross`.

    Args:
        a, b: arrays of vectors that broadcast.
        axisa, axisb: the axes the vectors lie along.
        axisc: the axis of the resulting vectors; of two vectors of 2 elements, it is a number.
        axis: in place of all three.

    Raises:
        InvalidArgumentError: for vectors of another size.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.cross([1, 0, 0], [0, 1, 0]).numpy()
    array([0, 0, 1])
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = promote(a, b)
    a, b = moveaxis(a, axisa, -1), moveaxis(b, axisb, -1)
    a, b = _at_most_three(a), _at_most_three(b)
    sizes = tuple(3 if has_unknown_rank(v) else v.shape[-1] for v in (a, b))
    if not set(sizes) <= {2, 3}:
        raise InvalidArgumentError(
            None, None, f"cross takes vectors of 2 or 3 elements, got {sizes[0]} and {sizes[1]}."
        )
    times = elementwise.multiply
    less = elementwise.subtract
    ax, ay, bx, by = a[..., 0], a[..., 1], b[..., 0], b[..., 1]
    z = less(times(ax, by), times(ay, bx))
    if sizes == (2, 2):
        return z
    az = a[..., 2] if sizes[0] == 3 else zeros_like(ax)
    bz = b[..., 2] if sizes[1] == 3 else zeros_like(bx)
    x = less(times(ay, bz), times(az, by))
    y = less(times(az, bx), times(ax, bz))
    return moveaxis(stack([x, y, z], -1), -1, axisc)


def _at_most_three(vectors: Any) -> Any:
    """Vectors of a size that is not known yet, with zeros up to 3 elements."""
    if has_unknown_rank(vectors):
        shape = tf_shape(vectors)
        lead = constants.zeros(concat([shape[:-1], subtract(3, shape[-1:])], 0), vectors.dtype)
        return concat([vectors, lead], -1)
    if vectors.shape[-1] is not None:
        return vectors
    missing = subtract(3, sizes_of(vectors)[-1])
    lead = constants.zeros(stack([*sizes_of(vectors)[:-1], missing]), vectors.dtype)
    padded = concat([vectors, lead], -1)
    padded.set_shape([*vectors.shape.as_list()[:-1], 3])
    return padded


@exported_as("polyval")
def polyval(p: Any, x: Any) -> Any:
    """A polynomial's values, as `numpy.polyval`.

    Args:
        p: vector of coefficients, of the highest power first.
        x: array of any shape.

    Raises:
        ValueError: if `p` is not a vector.

    >>> import tidefall as tf
    >>> int(tf.experimental.numpy.polyval([1, 2, 3], 2))
    11
    """
    if isinstance(p, (list, tuple)) and not p:
        return zeros_like(to_tensor(x))
    p, x = promote(p, x)
    if known_rank(p) == 0:
        p = reshape(p, [1])
    count = p.shape[0]
    if count is None and known_rank(p) == 1:
        from tidefall.ops.numpy.creation import vander

        powers = vander(ravel(x), sizes_of(p)[0])
        return reshape(reduce_sum(elementwise.multiply(powers, p), -1), sizes_of(x))
    value = zeros_like(x)
    for i in range(count):
        value = elementwise.add(elementwise.multiply(value, x), p[i])
    return value
