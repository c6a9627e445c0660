"""Evenly spaced numbers: range and linspace."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.core import dtypes
from tidefall.core.convert import convert_to_tensor
from tidefall.core.dtypes import as_dtype
from tidefall.core.inference import Inference
from tidefall.core.op import NOT_DIFFERENTIABLE, export, find_op, op
from tidefall.core.tensor import EagerTensor, Tensor
from tidefall.ops.array_common import require_rank
from tidefall.ops.common import invalid, jnp


def _range_size(start: Any, limit: Any, delta: Any) -> int:
    if delta == 0:
        raise ValueError(f"Requires delta != 0: {delta}")
    if delta > 0 and start > limit:
        raise ValueError(f"Requires start <= limit when delta > 0: {start}/{limit}")
    if delta < 0 and start < limit:
        raise ValueError(f"Requires start >= limit when delta < 0: {start}/{limit}")
    if isinstance(start, int):
        return -((start - limit) // delta)
    return int(np.ceil(abs((limit - start) / delta)))


def _scalar_value(value: np.ndarray) -> Any:
    item = value.reshape(())
    return int(item) if item.dtype.kind in "iu" else float(item)


def _range_shape(c: Inference) -> list[int | None]:
    for i in (0, 1, 2):
        require_rank(c.shape(i), 0)
    values = [c.constant(i) for i in (0, 1, 2)]
    if any(v is None for v in values):
        return [None]
    return [_range_size(*(_scalar_value(v) for v in values))]  # type: ignore[arg-type]


def _range_host(start: np.ndarray, limit: np.ndarray, delta: np.ndarray) -> np.ndarray:
    if start.ndim or limit.ndim or delta.ndim:
        raise ValueError("start, limit and delta must be scalars")
    dtype = start.dtype
    a, b, d = _scalar_value(start), _scalar_value(limit), _scalar_value(delta)
    size = _range_size(a, b, d)
    if dtype.kind in "iu":
        return np.arange(a, a + size * d, d, dtype=dtype)
    steps = np.arange(size, dtype=np.float64 if dtype == np.float64 else np.float32)
    wide = steps.dtype.type
    return (wide(a) + steps * wide(d)).astype(dtype)


range_op = op(
    "Range",
    shape=_range_shape,
    host=_range_host,
    xla=_range_host,
    gradient=lambda op, dy: [None, None, None],
    static=("start", "limit", "delta"),
)

_ORDER = (
    dtypes.int8, dtypes.uint8, dtypes.int16, dtypes.uint16, dtypes.int32, dtypes.uint32,
    dtypes.int64, dtypes.uint64, dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64,
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
    if dtype is not None:
        dtype = as_dtype(dtype)
    values = [_number(v, dtype) for v in (start, limit, delta)]
    if dtype is None:
        dtype = max((v.dtype for v in values), key=_ORDER.index)
    cast = find_op("Cast")
    values = [v if v.dtype == dtype else cast(v, DstT=dtype) for v in values]
    return range_op(*values, name=name)


def _number(value: Any, dtype: Any) -> Any:
    return value if isinstance(value, Tensor) else convert_to_tensor(value, dtype=dtype)


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
    gradient=NOT_DIFFERENTIABLE,
    static=("num",),
)


@export("linspace")
def linspace(start: Any, stop: Any, num: Any, name: str | None = None, axis: int = 0) -> Any:
    """`num` evenly spaced numbers from `start` to `stop`, both included.

    Args:
        start: a floating-point tensor of any shape.
        stop: a tensor that broadcasts against `start`.
        num: how many, an integer of at least 1.
        name: name scope of the nodes in a graph.
        axis: where the new dimension of size `num` goes.

    Returns:
        A tensor of one more dimension than `start`.

    Raises:
        InvalidArgumentError: if `num` is not positive.

    >>> import tidefall as tf
    >>> tf.linspace(0.0, 1.0, 5).numpy()
    array([0.  , 0.25, 0.5 , 0.75, 1.  ], dtype=float32)
    """
    from tidefall.core.state import name_scope
    from tidefall.ops.joining import concat
    from tidefall.ops.reshaping import broadcast_to, expand_dims, reshape
    from tidefall.ops.shapes_of import broadcast_dynamic_shape, shape

    with name_scope(name or "linspace"):
        start = convert_to_tensor(start)
        stop = convert_to_tensor(stop, dtype=start.dtype)
        count = _count(num)
        common = broadcast_dynamic_shape(shape(start), shape(stop))
        start, stop = broadcast_to(start, common), broadcast_to(stop, common)
        rank = start.shape.rank
        if rank is None:
            raise ValueError("tf.linspace needs start and stop of known rank.")
        at = axis if axis >= 0 else axis + rank + 1
        first, last = expand_dims(start, at), expand_dims(stop, at)
        if isinstance(count, int) and count == 1:
            return first
        cast, sub, mul = find_op("Cast"), find_op("Sub"), find_op("Mul")
        gaps = (
            find_op("Maximum")(sub(count, 1), 1) if isinstance(count, Tensor) else max(count - 1, 1)
        )
        step = find_op("RealDiv")(sub(last, first), cast(gaps, DstT=start.dtype))
        inner = cast(range(1, find_op("Maximum")(gaps, 1), 1), DstT=start.dtype)
        dims = np.ones(rank + 1, np.int32)
        dims[at] = -1
        middle = find_op("AddV2")(first, mul(step, reshape(inner, dims)))
        joined = concat([first, middle, last], at)
        if isinstance(count, int):
            return joined
        total = find_op("Shape")(joined)
        sizes = concat([total[:at], reshape(count, [1]), total[at + 1 :]], 0)
        return find_op("Slice")(joined, np.zeros(rank + 1, np.int32), sizes)


def _count(num: Any) -> Any:
    """The number of values: a Python int where it is known."""
    if isinstance(num, (int, np.integer)):
        value = int(num)
    elif isinstance(num, EagerTensor) or isinstance(num, np.ndarray):
        value = int(np.asarray(num))
    else:
        return find_op("Cast")(convert_to_tensor(num), DstT=dtypes.int32)
    if value <= 0:
        raise invalid(f"Requires num > 0: {value} [Op:LinSpace]")
    return value
