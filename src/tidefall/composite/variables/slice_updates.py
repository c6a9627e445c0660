"""Reading and changing some rows or elements of a variable."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dtypes import DType
from tidefall.base.state import state
from tidefall.op import raw
from tidefall.op.registry import Op
from tidefall.tensor.conversion import convert_to_tensor


class RowUpdates:
    """The part of `tf.Variable` that reads and updates by index."""

    _dtype: DType
    handle: Any

    def _touch(self) -> None:
        raise NotImplementedError

    # ---- reading ----

    def sparse_read(self, indices: Any, name: str | None = None) -> Any:
        """Rows of the value; its gradient is `tf.IndexedSlices`."""
        return self.gather(indices, name)

    def gather(self, indices: Any, name: str | None = None) -> Any:
        """Rows of the value; its gradient is `tf.IndexedSlices`."""
        self._watch()
        return raw.ResourceGather(self.handle, indices, dtype=self._dtype, name=name)

    def gather_nd(self, indices: Any, name: str | None = None) -> Any:
        """Elements or slices of the value, one for each row of `indices` `[..., depth]`."""
        self._watch()
        return raw.ResourceGatherNd(self.handle, indices, dtype=self._dtype, name=name)

    def _watch(self) -> None:
        for tape in state.tapes:
            tape.watch_variable(self)
        self._touch()

    # ---- rows ----

    def _scatter(self, op: Op, sparse_delta: Any, name: str | None) -> Any:
        _check_slices(sparse_delta)
        self._touch()
        values = convert_to_tensor(sparse_delta.values, self._dtype)
        op(self.handle, sparse_delta.indices, values, name=name)
        return self

    def scatter_add(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Add `tf.IndexedSlices` to rows of the value."""
        return self._scatter(raw.ResourceScatterAdd, sparse_delta, name)

    def scatter_sub(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Subtract `tf.IndexedSlices` from rows of the value."""
        return self._scatter(raw.ResourceScatterSub, sparse_delta, name)

    def scatter_mul(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Multiply rows of the value by `tf.IndexedSlices`."""
        return self._scatter(raw.ResourceScatterMul, sparse_delta, name)

    def scatter_div(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Divide rows of the value by `tf.IndexedSlices`."""
        return self._scatter(raw.ResourceScatterDiv, sparse_delta, name)

    def scatter_max(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Raise rows of the value to at least `tf.IndexedSlices`."""
        return self._scatter(raw.ResourceScatterMax, sparse_delta, name)

    def scatter_min(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Lower rows of the value to at most `tf.IndexedSlices`."""
        return self._scatter(raw.ResourceScatterMin, sparse_delta, name)

    def scatter_update(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Set rows of the value to `tf.IndexedSlices`."""
        return self._scatter(raw.ResourceScatterUpdate, sparse_delta, name)

    def batch_scatter_update(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Set rows to `tf.IndexedSlices` whose indices `[batch..., rows]` hold for each batch.

        The leading dimensions of the indices are those of the variable.
        """
        _check_slices(sparse_delta)
        indices = convert_to_tensor(sparse_delta.indices)
        return self.scatter_nd_update(_with_batch(indices), sparse_delta.values, name)

    # ---- elements ----

    def _scatter_nd(self, op: Op, indices: Any, updates: Any, name: str | None) -> Any:
        self._touch()
        updates = convert_to_tensor(updates, self._dtype)
        op(self.handle, convert_to_tensor(indices), updates, name=name)
        return self

    def scatter_nd_update(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Set elements or slices of the value.

        Args:
            indices: integer tensor `[..., depth]`; each row is a place in the first `depth`
                dimensions.
            updates: tensor of shape `indices.shape[:-1] + self.shape[depth:]`.
            name: name of the node in a graph.

        Returns:
            The variable.
        """
        return self._scatter_nd(raw.ResourceScatterNdUpdate, indices, updates, name)

    def scatter_nd_add(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Add to elements or slices of the value; see `scatter_nd_update`."""
        return self._scatter_nd(raw.ResourceScatterNdAdd, indices, updates, name)

    def scatter_nd_sub(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Subtract from elements or slices of the value; see `scatter_nd_update`."""
        return self._scatter_nd(raw.ResourceScatterNdSub, indices, updates, name)

    def scatter_nd_max(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Raise elements or slices of the value; see `scatter_nd_update`."""
        return self._scatter_nd(raw.ResourceScatterNdMax, indices, updates, name)

    def scatter_nd_min(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Lower elements or slices of the value; see `scatter_nd_update`."""
        return self._scatter_nd(raw.ResourceScatterNdMin, indices, updates, name)


def _check_slices(value: Any) -> None:
    if not (hasattr(value, "indices") and hasattr(value, "values")):
        raise TypeError(
            f"Argument `sparse_delta` must be a `tf.IndexedSlices`. Received arg: {value}"
        )


def _with_batch(indices: Any) -> Any:
    """Indices `[batch..., rows]` as places `[batch..., rows, rank]` in the batches."""
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
