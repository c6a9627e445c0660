"""Order: top_k, sort, argsort, nth_element."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope, state
from tidefall.native.functions import Native
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.ops.array.common import constant_int, known_int, require_rank
from tidefall.ops.array.ranges import range as range_
from tidefall.ops.array.reshaping import reshape, shape_of
from tidefall.ops.batching import batched
from tidefall.ops.common import invalid, jnp, lax, shape_text
from tidefall.ops.eager_tiers import LARGE, prefer_compiled
from tidefall.tensor.conversion import convert_to_tensor

TopKV2 = namedtuple("TopKV2", ["values", "indices"])

# ---- TopK ----


def _top_k_dims(source: TensorShape, k: int | None) -> list[TensorShape]:
    if source.rank is None:
        return [TensorShape(None)] * 2
    if source.rank == 0:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    if k is not None and k < 0:
        raise ValueError(f"Need k >= 0, got {k}")
    last = source[-1]
    if k is not None and last is not None and last < k:
        raise ValueError(f"input must have last dimension >= k = {k} but is {last}")
    result = source[:-1].concatenate([k])
    return [result, result]


def _top_k_v2_shape(c: Inference) -> list[TensorShape]:
    require_rank(c.shape(1), 0)
    return _top_k_dims(c.shape(0), constant_int(c, 1))


def descending(x: np.ndarray) -> np.ndarray:
    """Indices that sort the last axis downwards; of equal elements the first comes first."""
    if x.shape[-1] >= 256 and x.dtype in (np.float32, np.int32) and not _has_nan(x):
        return _descending_words(x)
    backwards = np.argsort(x[..., ::-1], axis=-1, kind="stable")[..., ::-1]
    return x.shape[-1] - 1 - backwards


def _descending_words(x: np.ndarray) -> np.ndarray:
    """`descending` of 32-bit numbers: int64s of the number and its place are sorted.

    NumPy sorts integers in vector registers, its stable argsort merges: 2 to 6 times slower.
    """
    words = x
    if x.dtype == np.float32:
        words = (x + np.float32(0)).view(np.int32)  # -0 is 0
        words = words ^ ((words >> 31) & 0x7FFFFFFF)  # the bits of negative numbers run backwards
    keys = (~words).astype(np.int64)
    keys <<= 32
    keys |= np.arange(x.shape[-1])
    keys.sort(axis=-1)
    keys &= 0xFFFFFFFF
    return keys


def _largest(x: np.ndarray, k: int) -> np.ndarray:
    """Indices of the k largest elements of each row, in order of the indices."""
    size = x.shape[-1]
    bound = np.partition(x, size - k, axis=-1)[..., size - k : size - k + 1]
    above, ties = x > bound, x == bound
    room = k - above.sum(-1, keepdims=True)
    chosen = above | (ties & (np.cumsum(ties, -1) <= room))
    return np.nonzero(chosen)[-1].reshape(x.shape[:-1] + (k,))


def top_of_rows(x: np.ndarray, k: int, index_type: Any) -> tuple[np.ndarray, np.ndarray]:
    """The k largest elements of each row and their indices, largest first."""
    if x.ndim == 0:
        raise invalid("input must be >= 1-D, got shape []")
    size = x.shape[-1]
    if k < 0:
        raise invalid(f"Need k >= 0, got {k}")
    if k > size:
        raise invalid(f"input must have at least k columns. Had {size}, needed {k}")
    indices = _top_places.run(x, k)
    return np.take_along_axis(x, indices, -1), indices.astype(index_type, copy=False)


def _top_places_of_numpy(x: np.ndarray, k: int) -> np.ndarray:
    size = x.shape[-1]
    if k == 1 and x.size:
        return np.argmax(x, -1)[..., None]
    if size >= 64 and 8 * k <= size and k and not _has_nan(x):
        few = _largest(x, k)
        order = descending(np.take_along_axis(x, few, -1))
        return np.take_along_axis(few, order, -1)
    return descending(x)[..., :k]


_top_places = Native("top_places", _top_places_of_numpy)


def _has_nan(x: np.ndarray) -> bool:
    return x.dtype.kind not in "iu" and bool(np.isnan(x).any())


def _top_k_v2_host(input: np.ndarray, k: np.ndarray, *, index_type: DType) -> Any:
    if k.ndim:
        raise invalid(f"k must be scalar, got shape {shape_text(k.shape)}")
    return top_of_rows(input, int(k), index_type.as_numpy_dtype)


def _top_k_xla(input: Any, k: int, index_type: Any) -> Any:
    values, indices = lax.top_k(jnp.asarray(input), k)
    return values, indices.astype(index_type)


def _top_k_grad(op: Any, dy: Any, _: Any) -> list[Any]:
    x, indices = op.inputs[0], op.outputs[1]
    return [spread_to_places(x, indices, dy)] + [None] * (len(op.inputs) - 1)


def spread_to_places(x: Any, indices: Any, dy: Any) -> Any:
    """Zeros like `x` `[..., n]` with `dy` `[..., k]` at the places it was taken from."""
    shape = shape_of(x)
    if isinstance(shape, np.ndarray) and indices.shape.is_fully_defined():
        size, k = int(shape[-1]), int(indices.shape[-1])
        rows = int(np.prod(shape[:-1]))
        total: Any = [rows * size]
        starts: Any = (np.arange(rows, dtype=np.int32) * size)[:, None]
        flat = reshape(indices, [rows, k])
    else:
        shape = raw.Shape(x)
        last = _last(shape)
        flat = reshape(indices, raw.Pack([-1, _last(raw.Shape(indices))], axis=0))
        rows = raw.StridedSlice(raw.Shape(flat), [0], [1], [1], shrink_axis_mask=1)
        total = reshape(raw.Mul(rows, last), [1])
        starts = reshape(raw.Mul(raw.Range(0, rows, 1), last), [-1, 1])
    if flat.dtype != dtypes.int32:
        flat = raw.Cast(flat, DstT=dtypes.int32)
    places = reshape(raw.AddV2(flat, starts), [-1, 1])
    spread = raw.ScatterNd(places, reshape(dy, [-1]), total)
    return reshape(spread, shape)


def _last(shape: Any) -> Any:
    return raw.StridedSlice(shape, [-1], [0], [1], shrink_axis_mask=1)


top_k_v2_op = op(
    "TopKV2",
    shape=_top_k_v2_shape,
    host=_top_k_v2_host,
    xla=lambda input, k, *, index_type: _top_k_xla(input, int(k), index_type.as_numpy_dtype),
    effects=PURE,
    batching=batched,
    gradient=_top_k_grad,
    static=("k",),
)
prefer_compiled(top_k_v2_op, elements=LARGE)
top_k_op = op(
    "TopK",
    shape=lambda c: _top_k_dims(c.shape(0), c.attr("k")),
    host=lambda input, *, k: top_of_rows(input, k, np.int32),
    xla=lambda input, *, k: _top_k_xla(input, k, np.int32),
    effects=PURE,
    batching=batched,
    gradient=_top_k_grad,
)


@export("math.top_k", "nn.top_k")
def top_k(
    input: Any,
    k: Any = 1,
    sorted: bool = True,
    index_type: Any = dtypes.int32,
    name: str | None = None,
) -> Any:
    """The k largest elements of each row, and where they are.

    Args:
        input: a real tensor `[..., n]` with n >= k.
        k: how many.
        sorted: whether the largest must come first; here they always do.
        index_type: dtype of the indices.
        name: name of the node in a graph.

    Returns:
        A named tuple of `values` and `indices`, both `[..., k]`. Of equal elements the one with
        the lower index comes first; NaN counts as the largest.

    Raises:
        InvalidArgumentError: if a row has fewer than k elements; ValueError in a graph.

    >>> import tidefall as tf
    >>> tf.math.top_k([1, 5, 3], k=2).values.numpy()
    array([5, 3], dtype=int32)
    """
    return TopKV2(*top_k_v2_op(input, k, sorted=sorted, index_type=index_type, name=name))


# ---- sort and argsort ----


def _sorted(values: Any, axis: Any, direction: str, argsort: bool) -> Any:
    values = convert_to_tensor(values, name="values")
    place = convert_to_tensor(axis)
    if place.shape.rank:
        raise ValueError(f"Argument `axis` must be a constant scalar. Received: axis={axis}.")
    at = known_int(place)
    if at is None:
        raise ValueError("Argument `axis` must be a constant.")
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(
            "Argument `direction` should be one of ASCENDING, DESCENDING. Received: "
            f"direction={direction}"
        )
    if direction == "DESCENDING":
        return _descending_sort(values, at, argsort)
    flipped = _flip(values)
    result = _descending_sort(flipped, at, argsort)
    return result if argsort else _flip(result)


def _flip(values: Any) -> Any:
    """A dtype's values in reverse order: negation that cannot overflow."""
    dtype = values.dtype
    if dtype.is_unsigned:
        return raw.Sub(convert_to_tensor(dtype.max, dtype), values)
    if dtype.is_integer:
        return raw.Sub(convert_to_tensor(-1, dtype), values)
    return raw.Neg(values)


def _sort_any_rank(values: Any, axis: int, argsort: bool) -> Any:
    """The axis, which a slice of the shape checks, and the last one change places."""
    count = raw.Rank(values)
    size = raw.Shape(values)[axis]
    places, last = range_(count), count - 1
    at = axis + count if axis < 0 else axis
    equal, select = raw.Equal, raw.SelectV2
    order = select(equal(places, at), last, select(equal(places, last), at, places))
    turned = raw.Transpose(values, order)
    return raw.Transpose(top_k_v2_op(turned, size)[1 if argsort else 0], order)


def _descending_sort(values: Any, axis: int, argsort: bool) -> Any:
    rank = values.shape.rank
    if rank is None and axis != -1:
        return _sort_any_rank(values, axis, argsort)
    if rank is not None and not -rank <= axis < rank:
        message = f"axis {axis} is out of range for values of rank {rank}"
        raise ValueError(message) if state.graph is not None else invalid(message)
    if rank is None or axis % rank == rank - 1:
        k = _size(values, -1)
        return top_k_v2_op(values, k)[1 if argsort else 0]
    axis %= rank
    order = np.arange(rank)
    order[axis], order[-1] = order[-1], order[axis]
    turned = raw.Transpose(values, order)
    found = top_k_v2_op(turned, _size(turned, -1))[1 if argsort else 0]
    return raw.Transpose(found, order)


def _size(tensor: Any, axis: int) -> Any:
    size = tensor.shape[axis] if tensor.shape.rank is not None else None
    return size if size is not None else _last(raw.Shape(tensor))


@export("sort")
def sort(values: Any, axis: Any = -1, direction: str = "ASCENDING", name: str | None = None) -> Any:
    """Sort a tensor along one axis.

    Args:
        values: a real tensor of at least one dimension.
        axis: the axis to sort along.
        direction: "ASCENDING" or "DESCENDING".
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of the same shape.

    Raises:
        ValueError: for an unknown direction, or an axis out of range.

    >>> import tidefall as tf
    >>> tf.sort([3, 1, 2]).numpy()
    array([1, 2, 3], dtype=int32)
    """
    with name_scope(name or "sort"):
        return _sorted(values, axis, direction, argsort=False)


@export("argsort")
def argsort(
    values: Any,
    axis: Any = -1,
    direction: str = "ASCENDING",
    stable: bool = False,
    name: str | None = None,
) -> Any:
    """Indices that sort a tensor along one axis.

    Args:
        values: a real tensor of at least one dimension.
        axis: the axis to sort along.
        direction: "ASCENDING" or "DESCENDING".
        stable: whether equal elements must keep their order; here they always do.
        name: name scope of the nodes in a graph.

    Returns:
        An int32 tensor of the same shape.

    Raises:
        ValueError: for an unknown direction, or an axis out of range.

    >>> import tidefall as tf
    >>> tf.argsort([3, 1, 2]).numpy()
    array([1, 2, 0], dtype=int32)
    """
    with name_scope(name or "argsort"):
        return _sorted(values, axis, direction, argsort=True)


# ---- NthElement ----


def _nth_shape(c: Inference) -> TensorShape:
    source, n = c.shape(0), constant_int(c, 1)
    require_rank(c.shape(1), 0)
    if source.rank is None:
        return source
    if source.rank == 0:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    if n is not None and source[-1] is not None and source[-1] <= n:
        raise ValueError(f"Input must have last dimension > n = {n} but is {source[-1]}")
    return source[:-1]


def _nth_host(input: np.ndarray, n: np.ndarray, *, reverse: bool) -> np.ndarray:
    at = int(n)
    if at < 0:
        raise invalid(f"n must be non-negative but is {at}")
    if input.ndim == 0 or input.shape[-1] <= at:
        raise invalid(f"Input must have at least n+1 columns, got shape {shape_text(input.shape)}")
    if reverse:
        at = input.shape[-1] - at - 1
    return np.partition(input, at, -1)[..., at]


def _nth_xla(input: Any, n: np.ndarray, *, reverse: bool) -> Any:
    at = int(n)
    ordered = jnp.sort(jnp.asarray(input), -1)
    return ordered[..., input.shape[-1] - at - 1 if reverse else at]


def _nth_grad(op: Any, dy: Any) -> list[Any]:
    """Elements equal to the nth share its gradient."""
    x, y = op.inputs[0], op.outputs[0]
    cast, expand = raw.Cast, raw.ExpandDims
    same = cast(raw.Equal(expand(y, -1), x), DstT=dy.dtype)
    count = expand(raw.Sum(same, np.array([-1], np.int32), keep_dims=False), -1)
    share = raw.Mul(raw.RealDiv(same, count), expand(dy, -1))
    return [share, None]


nth_element_op = op(
    "NthElement",
    shape=_nth_shape,
    host=_nth_host,
    xla=_nth_xla,
    effects=PURE,
    batching=batched,
    gradient=_nth_grad,
    static=("n",),
)
