"""`tf.split` of ragged tensors."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from tidefall.base.dispatch import handles
from tidefall.base.errors import InvalidArgumentError
from tidefall.composite.ragged.dynamic_shape import DynamicRaggedShape
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.ragged.row_partition import known
from tidefall.op import raw
from tidefall.ops.debugging.assertions import assert_equal, assert_non_negative
from tidefall.ops.ragged.reductions import checked_axis
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


@handles("split", given=RaggedTensor)
def _split(
    value: Any, num_or_size_splits: Any, axis: Any = 0, num: Any = None, name: str = "split"
) -> list[Any]:
    """Pieces of a ragged tensor along a dimension whose size is the same everywhere."""
    axis = checked_axis(int(axis), value.shape.rank)
    shape = DynamicRaggedShape.from_tensor(value)
    if not shape.is_uniform(axis):
        raise ValueError(
            f"Cannot split a ragged dimension. Got `value` with shape {shape} and `axis` {axis}."
        )
    size = shape[axis]
    if isinstance(num_or_size_splits, int) or np.ndim(num_or_size_splits) == 0:
        edges = _equal_parts(size, num_or_size_splits)
    else:
        edges = _given_parts(size, num_or_size_splits, num)
    before = [slice(None)] * axis
    return [value[(*before, slice(start, stop))] for start, stop in pairwise(edges)]


def _equal_parts(size: Any, count: Any) -> list[Any]:
    """Where parts of one size begin and end."""
    if not isinstance(count, int) or isinstance(count, bool):
        raise TypeError(
            f"`num_or_size_splits` must be an `int` or 1-D list or `Tensor`. Received {count}."
        )
    if count < 1:
        raise ValueError(f"`num_or_size_splits` must be >=1 if it is an `int`. Received {count}.")
    found = known(size)
    if found is None:
        message = f"Cannot exactly split the RaggedTensor by {count}"
        assert_equal(size % count, convert_to_tensor(0, size.dtype), message=message)
        share = size // count
        return [share * i for i in range(count + 1)]
    if int(found) % count:
        raise InvalidArgumentError(
            None, None, f"Cannot exactly split the RaggedTensor of size {int(found)} by {count}"
        )
    return [int(found) // count * i for i in range(count + 1)]


def _given_parts(size: Any, sizes: Any, num: Any) -> list[Any]:
    """Where parts of given sizes begin and end."""
    given = sizes
    sizes = sizes if isinstance(sizes, Tensor) else convert_to_tensor(sizes)
    if not sizes.dtype.is_integer:
        raise TypeError(
            "`num_or_size_splits` must be an `int` or 1-D list or `Tensor` of integers. Received "
            f"a tensor of dtype {sizes.dtype.name}."
        )
    if sizes.shape.rank != 1:
        raise TypeError(
            f"`num_or_size_splits` must be an `int` or 1-D list or `Tensor`. Received {given}."
        )
    count = sizes.shape[0]
    if count is None:
        if not isinstance(num, int):
            raise ValueError(
                "`num` must be specified as an `int` when the size of `num_or_size_split` is "
                f"statically unknown. Received `num`: {num} and `num_or_size_split`: {given}."
            )
        count = num
    elif num is not None and num != count:
        raise ValueError(
            "`num` does not match the size of `num_or_size_split`. Received `num`: "
            f"{num} and size of `num_or_size_split`: {count}."
        )
    return _edges(size, sizes, count)


def _edges(size: Any, sizes: Any, count: int) -> list[Any]:
    parts, whole = known(sizes), known(size)
    if parts is None or whole is None:
        assert_non_negative(sizes, message="`num_or_size_splits` must be non-negative.")
        wide = raw.Cast(sizes, DstT=size.dtype)
        total = raw.Sum(wide, np.array([0], np.int32), keep_dims=False)
        assert_equal(size, total, message="Cannot split the RaggedTensor into parts of these sizes")
    elif parts.size and parts.min() < 0:
        raise InvalidArgumentError(
            None, None, f"`num_or_size_splits` must be non-negative. Received {parts.tolist()}."
        )
    elif int(parts.sum()) != int(whole):
        raise InvalidArgumentError(
            None, None, f"Cannot split the RaggedTensor of size {int(whole)} into {parts.tolist()}"
        )
    if parts is not None:
        return [int(v) for v in np.cumsum([0, *parts.tolist()])]
    ends = raw.Cumsum(raw.Cast(sizes, DstT=size.dtype), 0)
    return [0, *(ends[i] for i in range(count))]
