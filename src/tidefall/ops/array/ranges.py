"""Evenly spaced numbers: range and linspace."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.exports import export
from tidefall.base.state import name_scope, state
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import MOVES, STATIC_VALUE
from tidefall.ops.array.common import require_rank
from tidefall.ops.array.reshaping import expand_dims
from tidefall.ops.array.shapes_of import broadcast_dynamic_shape, shape
from tidefall.ops.array.transposing import broadcast_to
from tidefall.ops.common import invalid, jnp
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, Tensor


def _range_size(start: Any, limit: Any, delta: Any) -> int:
    if delta == 0:
        raise ValueError(f"Requires delta != 0: {delta}")
    if delta > 0 and start > limit:
        raise ValueError(f"Requires start <= limit when delta > 0: {start}/{limit}")
    if delta < 0 and start < limit:
        raise ValueError(f"Requires start >= limit when delta < 0: {start}/{limit}")
    if isinstance(start, int):
        return -((start - limit) // delta)
    return int(np.ceil(abs((limit - start) / delta).astype(np.float64)))


def _scalar_value(value: np.ndarray) -> Any:
    """A Python integer, or a float of the array's dtype: sizes are computed in its precision."""
    item = value.reshape(())[()]
    return int(item) if value.dtype.kind in "iu" else item


def _range_shape(c: Inference) -> list[int | None]:
    for i in (0, 1, 2):
        require_rank(c.shape(i), 0)
    values = [c.constant(i) for i in (0, 1, 2)]
    if any(v is None for v in values):
        return [None]
    return [_range_size(*(_scalar_value(v) for v in values))]  # type: ignore[arg-type]


def _range_host(start: np.ndarray, limit: np.ndarray, delta: np.ndarray) -> np.ndarray:
    # Like TensorFlow, take a vector of one element for a scalar.
    if start.size != 1 or limit.size != 1 or delta.size != 1:
        raise ValueError("start, limit and delta must be scalars")
    dtype = start.dtype
    a, b, d = _scalar_value(start), _scalar_value(limit), _scalar_value(delta)
    size = _range_size(a, b, d)
    if dtype.kind in "iu":
        return np.arange(a, a + size * d, d, dtype=dtype)
    return a + np.arange(size).astype(dtype) * d


range_op = op(
    "Range",
    shape=_range_shape,
    host=_range_host,
    xla=_range_host,
    effects=PURE,
    traits=(MOVES, STATIC_VALUE),
    gradient=lambda op, dy: [None, None, None],
    static=("start", "limit", "delta"),
)

_ORDER = (
    dtypes.int32, dtypes.int64, dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64,
)  # fmt: skip


@export("range")
def range(
    start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, name: str = "range"
) -> Any:
    """The numbers from `start` up to but excluding `limit`, in steps of `delta`.

    Args:
        start: a number; the limit if it is the only argument, and counting starts at 0.
        limit: a number.
        delta: the step, not zero.
        dtype: dtype of the result; None takes the widest of the arguments'.
        name: name of the node in a graph.

    Returns:
        A vector.

    Raises:
        InvalidArgumentError: for a zero step, or one that leads away from the limit.

    >>> import tidefall as tf
    >>> tf.range(3, 9, 2).numpy()
    array([3, 5, 7], dtype=int32)
    """
    if limit is None:
        start, limit = 0, start
    plain = dtype is None and type(start) is type(limit) is type(delta) is int
    if plain and not state.off_host and _fits_int32(start, limit, delta):
        return EagerTensor(np.arange(start, limit, delta, np.int32))
    if dtype is not None:
        dtype = as_dtype(dtype)
    with name_scope(name) as scope:
        given = {"start": start, "limit": limit, "delta": delta}
        values = [_number(v, dtype, label) for label, v in given.items()]
        if dtype is None:
            dtype = _widest([v.dtype for v in values])
        cast = raw.Cast
        values = [v if v.dtype == dtype else cast(v, DstT=dtype) for v in values]
        return range_op(*values, name=scope)


def _fits_int32(start: int, limit: int, delta: int) -> bool:
    return (limit - start) * delta > 0 and max(abs(start), abs(limit), abs(delta)) < 2**31


def _widest(found: list[DType]) -> DType:
    for dtype in found:
        if dtype not in _ORDER:
            raise TypeError(
                f"tf.range cannot infer its dtype from {dtype.name}: give `dtype`, or arguments of "
                f"{', '.join(d.name for d in _ORDER)}."
            )
    return max(found, key=_ORDER.index)


def _number(value: Any, dtype: Any, name: str) -> Any:
    return value if isinstance(value, Tensor) else convert_to_tensor(value, dtype=dtype, name=name)


# ---- linspace ----


def _lin_space_shape(c: Inference) -> list[int | None]:
    for i in (0, 1, 2):
        require_rank(c.shape(i), 0)
    num = c.constant(2)
    if num is None:
        return [None]
    if int(num) <= 0:
        raise ValueError(f"Requires num > 0: {int(num)}")
    return [int(num)]


def _lin_space_host(start: np.ndarray, stop: np.ndarray, num: np.ndarray) -> np.ndarray:
    count = int(num)
    if count <= 0:
        raise ValueError("Requires num > 0")
    dtype = start.dtype
    if count == 1:
        return start.reshape(1)
    step = ((stop - start) / dtype.type(count - 1)).astype(dtype)
    values = (start + step * np.arange(count).astype(dtype)).astype(dtype)
    values[-1] = stop
    return values


def _lin_space_xla(start: Any, stop: Any, num: np.ndarray) -> Any:
    count = int(num)
    start, stop = jnp.asarray(start), jnp.asarray(stop)
    if count == 1:
        return start.reshape(1)
    step = (stop - start) / (count - 1)
    values = start + step * jnp.arange(count, dtype=start.dtype)
    return values.at[-1].set(stop)


lin_space_op = op(
    "LinSpace",
    shape=_lin_space_shape,
    host=_lin_space_host,
    xla=_lin_space_xla,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
    static=("num",),
)


@export("linspace")
def linspace(start: Any, stop: Any, num: Any, name: str | None = None, axis: int = 0) -> Any:
    """`num` evenly spaced numbers from `start` to `stop`, both included.

    Args:
        start: a real tensor of any shape; integers are taken as float64.
        stop: a tensor that broadcasts against `start`.
        num: how many, an integer; 1 gives `start` alone.
        name: name scope of the nodes in a graph.
        axis: where the new dimension of size `num` goes.

    Returns:
        A tensor of one more dimension than `start`.

    Raises:
        InvalidArgumentError: if `num` is negative.

    >>> import tidefall as tf
    >>> tf.linspace(0.0, 1.0, 5).numpy()
    array([0.  , 0.25, 0.5 , 0.75, 1.  ], dtype=float32)
    """
    with name_scope(name or "linspace"):
        start = convert_to_tensor(start)
        stop = convert_to_tensor(stop, dtype=start.dtype)
        if start.dtype.is_integer:
            start, stop = (raw.Cast(v, DstT=dtypes.float64) for v in (start, stop))
        common = broadcast_dynamic_shape(shape(start), shape(stop))
        start, stop = broadcast_to(start, common), broadcast_to(stop, common)
        rank = start.shape.rank
        if rank is None:
            return _linspace_any_rank(start, stop, num, axis, common)
        count = _count(num)
        first, last = expand_dims(start, axis), expand_dims(stop, axis)
        at = axis if axis >= 0 else axis + rank + 1
        if isinstance(count, Tensor):
            return _linspace_of_any(first, last, count, at, rank + 1)
        joined = _join(first, last, max(count - 1, 1), range(1, max(count - 1, 1), 1), at, rank + 1)
        if count > 1:
            return joined
        return raw.Slice(joined, [0] * (rank + 1), _with([-1] * (rank + 1), at, count))


def _linspace_any_rank(start: Any, stop: Any, num: Any, axis: int, sizes: Any) -> Any:
    """The dimensions before and behind the new one are made one each, and parted again."""
    at = raw.Size(sizes) + axis + 1 if axis < 0 else axis
    before, behind = sizes[:at], sizes[at:]
    flat = raw.Pack([raw.Prod(s, np.int32(0)) for s in (before, behind)])
    start, stop = raw.Reshape(start, flat), raw.Reshape(stop, flat)
    joined = linspace(start, stop, num, axis=1)
    count = shape(joined)[1:2]
    return raw.Reshape(joined, raw.ConcatV2([before, count, behind], 0))


def _with(items: list[Any], at: int, value: Any) -> list[Any]:
    return items[:at] + [value] + items[at + 1 :]


def _join(first: Any, last: Any, gaps: Any, inner: Any, axis: int, rank: int) -> Any:
    """The two ends, exact, and what lies between them."""
    cast = raw.Cast
    step = raw.RealDiv(raw.Sub(last, first), cast(gaps, DstT=first.dtype))
    dims = _with([1] * rank, axis, -1)
    along = raw.Reshape(cast(inner, DstT=first.dtype), dims)
    middle = raw.AddV2(first, raw.Mul(step, along))
    return raw.ConcatV2([first, middle, last], axis)


def _linspace_of_any(first: Any, last: Any, count: Any, axis: int, rank: int) -> Any:
    """The same for a number known only when running: 0 and 1 cut off what is too much."""
    gaps = raw.Maximum(raw.Sub(count, 1), 1)
    joined = _join(first, last, gaps, range(1, gaps, 1), axis, rank)
    sizes = raw.Pack(_with([-1] * rank, axis, count), axis=0)
    result = raw.Slice(joined, [0] * rank, sizes)
    result.set_shape(_with(first.shape.as_list(), axis, None))
    return result


def _count(num: Any) -> Any:
    """The number of values: a Python int where it is known.

    Raises:
        TypeError: if it is not an integer.
        InvalidArgumentError: if it is negative.
    """
    tensor = convert_to_tensor(num)
    if isinstance(num, (bool, np.generic, np.ndarray, list, tuple)) and tensor.dtype.is_bool:
        tensor = num = raw.Cast(tensor, DstT=dtypes.int32)
    if not tensor.dtype.is_integer:
        raise TypeError(
            "Argument `tensor` (name: num) must be of type integer. Received `tensor` = "
            f"{num} of dtype: {tensor.dtype}"
        )
    if not isinstance(num, Tensor) or isinstance(num, EagerTensor):
        values = np.asarray(num).reshape(-1)
        if values.size != 1:
            raise invalid(f"limit must be a scalar, not shape {list(tensor.shape)} [Op:Range]")
        value = int(values[0])
        if value < 0:
            raise invalid(f"tf.linspace needs a num of at least 0, got {value} [Op:Range] name: ")
        return value
    return tensor if tensor.dtype == dtypes.int32 else raw.Cast(tensor, DstT=dtypes.int32)
