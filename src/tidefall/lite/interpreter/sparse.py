"""Sparse constants made dense."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidefall.lite.interpreter.tensors import TensorInfo
from tidefall.lite.schema import DimensionType, SparsityParameters


def densify(info: TensorInfo, sparsity: SparsityParameters, data: Any, damage: Any) -> NDArray[Any]:
    """A constant of which only some values stand in the file.

    The file walks the dimensions, and those inside blocks, in an order of its own; each is dense,
    or lists its indices in compressed rows.
    """
    values = np.frombuffer(data, info.dtype) if len(data) % info.dtype.itemsize == 0 else None
    rank, order = len(info.shape), sparsity.traversal_order
    blocks = sparsity.block_map
    levels = sparsity.dim_metadata
    if (
        values is None
        or sorted(order) != list(range(rank + len(blocks)))
        or len(levels) != len(order)
        or any(not 0 <= each < rank for each in blocks)
    ):
        raise damage("its sparsity parameters contradict each other")
    # Each entry so far: the index along every dimension that was walked.
    places = np.zeros((1, 0), np.int64)
    sizes = np.ones(rank + len(blocks), np.int64)
    for level, dimension in zip(levels, order, strict=True):
        if level.format == DimensionType.DENSE:
            size = level.dense_size
            if size < 0 or places.shape[0] * size > max(values.size, 1) * max(
                info.shape, default=1
            ):
                raise damage("its sparsity parameters make it too large")
            sizes[dimension] = size
            column = np.tile(np.arange(size), places.shape[0])
            places = np.repeat(places, size, 0)
        else:
            segments = np.array(getattr(level.array_segments, "values", []), np.int64)
            indices = np.array(getattr(level.array_indices, "values", []), np.int64)
            counts = np.diff(segments)
            if (
                segments.size != places.shape[0] + 1
                or (counts < 0).any()
                or segments[0] != 0
                or segments[-1] != indices.size
            ):
                raise damage("its segments do not go with its indices")
            places = np.repeat(places, counts, 0)
            column = indices
        places = np.concatenate([places, column[:, None]], 1)
    if places.shape[0] != values.size:
        raise damage(f"it has {values.size} values for {places.shape[0]} places")
    index = np.zeros((rank, values.size), np.int64)
    by_dimension = dict(zip(order, places.T, strict=True))
    for dimension in range(rank):
        index[dimension] = by_dimension[dimension]
    for number, dimension in enumerate(blocks):
        index[dimension] = index[dimension] * sizes[rank + number] + by_dimension[rank + number]
    for dimension, size in enumerate(info.shape):
        if values.size and (index[dimension].min() < 0 or index[dimension].max() >= size):
            raise damage("it has values outside its shape")
    found = np.zeros(info.shape, info.dtype)
    found[tuple(index)] = values
    return found
