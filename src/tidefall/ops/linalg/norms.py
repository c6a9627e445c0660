"""Norms of vectors and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.ops.array.ranges import range as range_
from tidefall.ops.array.reshaping import squeeze
from tidefall.ops.array.transposing import transpose
from tidefall.ops.linalg.batches import as_matrix, conj
from tidefall.ops.linalg.svd import svd
from tidefall.ops.math.cast import cast
from tidefall.ops.math.power import pow as power
from tidefall.ops.math.unary import abs as absolute
from tidefall.ops.math.unary import sqrt
from tidefall.ops.reductions.functions import reduce_max, reduce_sum

_MATRIX = ("euclidean", "fro", 1, 2, np.inf)


def _axes(axis: Any, ord: Any) -> tuple[Any, bool]:
    """The axes, and whether this is a norm of matrices."""
    is_matrix = isinstance(axis, (list, tuple)) and len(axis) == 2
    if is_matrix:
        axis = tuple(int(a) for a in axis)
        if not isinstance(ord, str) and np.ndim(ord) == 0 and ord not in _MATRIX:
            raise ValueError(f"'ord' must be a supported matrix norm in {_MATRIX}, got {ord}.")
        if isinstance(ord, str) and ord not in _MATRIX:
            raise ValueError(f"'ord' must be a supported matrix norm in {_MATRIX}, got {ord}.")
        if axis[0] == axis[1]:
            raise ValueError(f"'axis' must be two different axes, got {axis}.")
        return axis, True
    if axis is not None and not isinstance(axis, (int, np.integer)):
        if isinstance(axis, (list, tuple)) and len(axis) == 1:
            raise ValueError(f"'axis' must be None, an integer, or a tuple of 2 integers: {axis}.")
        if isinstance(axis, (list, tuple)):
            raise ValueError(f"'axis' must be None, an integer, or a tuple of 2 integers: {axis}.")
    if isinstance(ord, str) and ord != "euclidean":
        raise ValueError(f"'ord' must be a supported vector norm, got {ord}.")
    if not isinstance(ord, str) and (np.isnan(ord) or ord <= 0):
        raise ValueError(f"'ord' must be positive, got {ord}.")
    return axis, False


@export("linalg.norm", "norm")
def norm(
    tensor: Any,
    ord: Any = "euclidean",
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
) -> Any:
    """Norms of vectors or matrices.

    Args:
        tensor: floating-point or complex tensor.
        ord: "euclidean", or a positive number p for the p-norm, or infinity. For matrices
            "euclidean" and "fro" (Frobenius), 1, 2 (the largest singular value) and infinity.
        axis: None: all of `tensor` is one vector. An integer: the axis that the vectors lie along.
            Two integers: the rows and columns of matrices.
        keepdims: keep the reduced axes with size 1.
        name: name of the scope in a graph.

    Returns:
        A tensor with the dtype of `tensor`; the norms of complex tensors are real but for
        "euclidean", "fro" and the 2-norm of vectors.

    Raises:
        ValueError: for an unknown `ord` or `axis`.

    >>> import tidefall as tf
    >>> float(tf.norm([3.0, 4.0]))
    5.0
    """
    keepdims = bool(keepdims)
    axis, is_matrix = _axes(axis, ord)
    with name_scope(name or "norm"):
        x = as_matrix(tensor, "tensor")
        if isinstance(ord, str) or (ord == 2 and not is_matrix):
            found = sqrt(reduce_sum(x * conj(x), axis=axis, keepdims=True))
        elif is_matrix and ord == 2:
            found = _spectral(x, axis)
        else:
            found = _by_order(x, ord, axis, is_matrix)
        if not keepdims:
            found = squeeze(found, axis=axis)
        return found


def _by_order(x: Any, ord: Any, axis: Any, is_matrix: bool) -> Any:
    size = absolute(x)
    if ord == 1:
        inner = axis[0] if is_matrix else axis
        found = reduce_sum(size, axis=inner, keepdims=True)
        return reduce_max(found, axis=axis[1], keepdims=True) if is_matrix else found
    if ord == np.inf:
        if is_matrix:
            size = reduce_sum(size, axis=axis[1], keepdims=True)
        return reduce_max(size, axis=axis[0] if is_matrix else axis, keepdims=True)
    return power(reduce_sum(power(size, ord), axis=axis, keepdims=True), 1.0 / ord)


def _spectral(x: Any, axis: tuple[int, int]) -> Any:
    """The largest singular value; the matrices are brought to the last two axes and back."""
    count = x.shape.rank
    if count is None:
        return _spectral_of_any_rank(x, axis)
    where = [a % count for a in axis]
    order = [*(i for i in range(count) if i not in where), *where]
    largest = reduce_max(svd(transpose(x, order), compute_uv=False), axis=-1, keepdims=True)
    return transpose(largest[..., None], np.argsort(order))


def _spectral_of_any_rank(x: Any, axis: tuple[int, int]) -> Any:
    count = raw.Rank(x)
    where = raw.Pack([a + count if a < 0 else np.int32(a) for a in axis])
    others = raw.ListDiff(range_(count), where)[0]
    order = raw.ConcatV2([others, where], 0)
    largest = reduce_max(svd(transpose(x, order), compute_uv=False), axis=-1, keepdims=True)
    return transpose(largest[..., None], raw.InvertPermutation(order))


@export("linalg.normalize")
def normalize(
    tensor: Any, ord: Any = "euclidean", axis: Any = None, name: str | None = None
) -> Any:
    """Divide vectors or matrices by their norm.

    Args:
        tensor: floating-point or complex tensor.
        ord: as for `tf.norm`.
        axis: as for `tf.norm`.
        name: name of the scope in a graph.

    Returns:
        A tuple of the normalized tensor and the norms, with the reduced axes kept as size 1.

    Raises:
        ValueError: for an unknown `ord` or `axis`.

    >>> import tidefall as tf
    >>> unit, length = tf.linalg.normalize(tf.constant([3.0, 4.0], tf.float64))
    >>> unit.numpy().round(4).tolist(), length.numpy().tolist()
    ([0.6, 0.8], [5.0])
    """
    with name_scope(name or "normalize"):
        x = as_matrix(tensor, "tensor")
        length = cast(norm(x, ord, axis, keepdims=True), x.dtype)
        return x / length, length
