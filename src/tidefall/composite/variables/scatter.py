"""Changing some rows or elements of the value behind the handle of a variable."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dtypes import DType
from tidefall.op import raw
from tidefall.op.op import Op
from tidefall.tensor.conversion import convert_to_tensor


def scatter_rows(op: Op, handle: Any, sparse_delta: Any, dtype: DType, name: str | None) -> Any:
    """Change rows of a variable.

    Args:
        op: how the new rows come of the old ones and those given.
        handle: the variable's handle or reference.
        sparse_delta: `tf.IndexedSlices`: which rows, and what the op makes use of.
        dtype: dtype of the variable.
        name: name of the node in a graph.

    Returns:
        What the op returns; its node if it has no outputs.
    """
    check_slices(sparse_delta)
    values = convert_to_tensor(sparse_delta.values, dtype)
    return op(handle, sparse_delta.indices, values, name=name)


def scatter_elements(
    op: Op, handle: Any, indices: Any, updates: Any, dtype: DType, name: str | None
) -> Any:
    """Change elements or slices of a variable; see `scatter_rows`.

    Args:
        indices: integer tensor `[..., depth]`; each row is a place in the first `depth` dimensions.
        updates: what the op makes use of, for each place.
    """
    values = convert_to_tensor(updates, dtype)
    return op(handle, convert_to_tensor(indices), values, name=name)


def check_slices(value: Any) -> None:
    """Refuse what is no `tf.IndexedSlices`.

    Raises:
        TypeError: for another value.
    """
    if not (hasattr(value, "indices") and hasattr(value, "values")):
        raise TypeError(
            f"Argument `sparse_delta` must be a `tf.IndexedSlices`. Received arg: {value}"
        )


def places_in_batches(indices: Any) -> Any:
    """Indices `[batch..., rows]` as places `[batch..., rows, rank]` in the batches."""
    indices = convert_to_tensor(indices)
    rank = indices.shape.rank
    shape = raw.Shape(indices)
    coordinates = []
    for axis in range(rank - 1):
        size = raw.StridedSlice(shape, [axis], [axis + 1], [1], shrink_axis_mask=1)
        line = raw.Cast(raw.Range(0, size, 1), DstT=indices.dtype)
        spread = np.ones(rank, np.int32)
        spread[axis] = -1
        coordinates.append(raw.BroadcastTo(raw.Reshape(line, spread), shape))
    return raw.Pack([*coordinates, indices], axis=-1)
