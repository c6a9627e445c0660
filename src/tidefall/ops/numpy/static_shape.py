"""The rank and the sizes of arrays, as numbers where they are known and else as tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.ops.array.shapes_of import broadcast_dynamic_shape
from tidefall.ops.array.shapes_of import shape as dynamic_shape


def known_rank(a: Any) -> int:
    """The rank of an array that has to be known.

    Raises:
        ValueError: if it is not.
    """
    rank = a.shape.rank
    if rank is None:
        raise ValueError("The rank of the array must be known while tracing.")
    return rank


def sizes_of(tensor: Any) -> list[Any]:
    """The sizes of a tensor, as numbers where they are known and else as tensors."""
    if tensor.shape.is_fully_defined():
        return tensor.shape.as_list()
    dynamic = dynamic_shape(tensor)
    return [dynamic[i] if n is None else n for i, n in enumerate(tensor.shape.as_list())]


def broadcast_sizes(arrays: list[Any]) -> Any:
    """The shape that arrays broadcast to: a list of numbers, or a tensor."""
    if all(a.shape.is_fully_defined() for a in arrays):
        return list(np.broadcast_shapes(*[tuple(a.shape.as_list()) for a in arrays]))
    found = dynamic_shape(arrays[0])
    for array in arrays[1:]:
        found = broadcast_dynamic_shape(found, dynamic_shape(array))
    return found
