"""Operators that pick by index, and put by index."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.interpreter.registry import Kernel, Node, kernel, namespace
from tidefall.lite.interpreter.shapes import checked_shape
from tidefall.lite.schema import (
    CombinerType,
    EmbeddingLookupSparseOptions,
    GatherOptions,
    OneHotOptions,
)


def check_indices(indices: Any, size: int) -> None:
    """Refuse indices outside an axis; of those being traced nothing is known."""
    if not isinstance(indices, np.ndarray) or not indices.size:
        return
    if indices.min() < 0 or indices.max() >= size:
        raise ValueError(
            f"indices from {indices.min()} to {indices.max()} are outside an axis of {size}"
        )


@kernel("GATHER", traceable=True)
def gather(node: Node) -> Kernel:
    options = node.option(GatherOptions)

    def run(x: Any, indices: Any) -> Any:
        xp = namespace(x, indices)
        axis = options.axis % max(x.ndim, 1)
        batch = options.batch_dims % (indices.ndim + 1) if options.batch_dims else 0
        check_indices(indices, x.shape[axis])
        if not indices.ndim and xp is not np:
            import jax

            # As loops over sequences pick their items, which `fused_rnn` knows.
            return jax.lax.dynamic_index_in_dim(x, indices, axis, keepdims=False)
        if not batch:
            return xp.take(x, indices, axis)
        # The leading axes are shared: each picks from its own slice.
        lead = x.shape[:batch]
        flat = x.reshape((-1, *x.shape[batch:]))
        picks = indices.reshape((-1, *indices.shape[batch:]))
        found = [xp.take(flat[row], picks[row], axis - batch) for row in range(flat.shape[0])]
        return xp.stack(found).reshape((*lead, *found[0].shape))

    return run


@kernel("GATHER_ND", traceable=True)
def gather_nd(node: Node) -> Kernel:
    def run(x: Any, indices: Any) -> Any:
        depth = indices.shape[-1]
        for axis in range(depth):
            check_indices(indices[..., axis], x.shape[axis])
        return x[tuple(indices[..., axis] for axis in range(depth))]

    return run


@kernel("SCATTER_ND")
def scatter_nd(node: Node) -> Kernel:
    def run(indices: Any, updates: Any, dims: Any) -> Any:
        found = np.zeros(checked_shape(dims, "SCATTER_ND"), updates.dtype)
        for axis in range(indices.shape[-1]):
            check_indices(indices[..., axis], found.shape[axis])
        place = tuple(indices[..., axis] for axis in range(indices.shape[-1]))
        if updates.dtype == bool:
            np.logical_or.at(found, place, updates)
        else:
            np.add.at(found, place, updates)
        return found

    return run


@kernel("ONE_HOT", traceable=True)
def one_hot(node: Node) -> Kernel:
    axis = node.option(OneHotOptions).axis

    def run(indices: Any, depth: Any, on: Any, off: Any) -> Any:
        xp = namespace(indices, on, off)
        count = int(np.asarray(depth).reshape(()))
        checked_shape([max(indices.size, 1), count], "ONE_HOT")
        place = indices.ndim if axis == -1 else axis
        steps = np.arange(count, dtype=indices.dtype)
        steps = steps.reshape([-1 if each == place else 1 for each in range(indices.ndim + 1)])
        hit = xp.expand_dims(indices, place) == steps
        return xp.where(hit, xp.reshape(on, ()), xp.reshape(off, ()))

    return run


@kernel("EMBEDDING_LOOKUP", traceable=True)
def embedding_lookup(node: Node) -> Kernel:
    table, output = node.input(1), node.output()
    hybrid = table.dtype != output.dtype
    scales = table.scales

    def run(ids: Any, values: Any) -> Any:
        check_indices(ids, values.shape[0])
        found = namespace(ids, values).take(values, ids, 0)
        if not hybrid:
            return found
        if scales.size == 1:
            return found.astype(np.float32) * scales[0]
        return found.astype(np.float32) * scales[ids].reshape((-1,) + (1,) * (values.ndim - 1))

    return run


@kernel("EMBEDDING_LOOKUP_SPARSE")
def embedding_lookup_sparse(node: Node) -> Kernel:
    combiner = node.option(EmbeddingLookupSparseOptions).combiner

    def run(ids: Any, indices: Any, dense_shape: Any, weights: Any, values: Any) -> Any:
        lead = tuple(int(each) for each in dense_shape[:-1])
        check_indices(ids, values.shape[0])
        found = np.zeros((*lead, *values.shape[1:]), np.float32)
        total = np.zeros(lead, np.float32)
        squares = np.zeros(lead, np.float32)
        for row in range(len(ids)):
            place = tuple(indices[row, :-1])
            found[place] += values[ids[row]] * weights[row]
            total[place] += weights[row]
            squares[place] += weights[row] * weights[row]
        if combiner == CombinerType.SUM:
            return found
        norm = total if combiner == CombinerType.MEAN else np.sqrt(squares)
        norm = np.where(norm == 0, np.float32(1), norm)
        return found / norm.reshape(lead + (1,) * (found.ndim - len(lead)))

    return run


@kernel("SPARSE_TO_DENSE")
def sparse_to_dense(node: Node) -> Kernel:
    def run(indices: Any, dims: Any, values: Any, default: Any) -> Any:
        found = np.full(checked_shape(dims, "SPARSE_TO_DENSE"), default)
        if indices.ndim < 2:
            indices = indices.reshape(-1, 1)
        for axis in range(indices.shape[-1]):
            check_indices(indices[:, axis], found.shape[axis])
        found[tuple(indices[:, axis] for axis in range(indices.shape[-1]))] = values
        return found

    return run


@kernel("MATRIX_DIAG")
def matrix_diag(node: Node) -> Kernel:
    return lambda x: np.where(np.eye(x.shape[-1], dtype=bool), x[..., None], x.dtype.type(0))


@kernel("MATRIX_SET_DIAG")
def matrix_set_diag(node: Node) -> Kernel:
    def run(x: Any, diagonal: Any) -> Any:
        found = x.copy()
        place = np.arange(diagonal.shape[-1])
        found[..., place, place] = diagonal
        return found

    return run
