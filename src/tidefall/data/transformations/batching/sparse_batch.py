"""`Dataset.sparse_batch`: consecutive vectors, matrices, ... as sparse tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.errors import DataLossError, InvalidArgumentError
from tidefall.base.shapes import TensorShape
from tidefall.composite.sparse_tensor import SparseTensorSpec
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    transformation,
)
from tidefall.data.engine.elements import Element
from tidefall.data.engine.iterators import Derived, ElementIterator
from tidefall.data.engine.node import Node
from tidefall.data.engine.stages import ONE_BY_ONE, Stage
from tidefall.data.engine.structure import Structure
from tidefall.graph.static_values import static_value
from tidefall.io.codecs.sparse_serialization import encode_sparse
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import Tensor


class SparseBatchNode(Node):
    """Runs of `size` elements, their values in one sparse tensor."""

    def __init__(self, source: Node, size: int, row_shape: Sequence[int]):
        if size <= 0:
            raise InvalidArgumentError(None, None, "Batch size must be greater than zero.")
        self.inputs = (source,)
        self.size = size
        self.row_shape = list(row_shape)

    def describe(self, asked: str) -> Stage:
        return Stage(ONE_BY_ONE, arguments={"": f"{self.size}, {self.row_shape}"})

    def make_iterator(self) -> ElementIterator:
        return _SparseBatches(self.inputs[0].make_iterator(), self.size, self.row_shape)

    def cardinality(self) -> int:
        count = self.inputs[0].cardinality()
        return count if count < 0 else -(-count // self.size)


class _SparseBatches(Derived):
    __slots__ = ("_row_shape", "_size")

    def __init__(self, source: ElementIterator, size: int, row_shape: list[int]):
        super().__init__(source)
        self._size = size
        self._row_shape = row_shape

    def __next__(self) -> Element:
        rows = []
        for (row,) in self._source:
            self._check(row)
            rows.append(row)
            if len(rows) == self._size:
                break
        if not rows:
            raise StopIteration
        counts = [row.size for row in rows]
        places = [np.indices(row.shape, np.int64).reshape(row.ndim, -1).T for row in rows]
        number = np.repeat(np.arange(len(rows), dtype=np.int64), counts)[:, None]
        indices = np.concatenate([number, np.concatenate(places)], axis=1)
        values = np.concatenate([row.reshape(-1) for row in rows])
        largest = np.max([row.shape for row in rows], axis=0)
        sizes = [int(m) if d < 0 else d for d, m in zip(self._row_shape, largest, strict=True)]
        return [encode_sparse(indices, values, np.array([len(rows), *sizes], np.int64))]

    def _check(self, row: np.ndarray) -> None:
        wanted = self._row_shape
        if row.ndim != len(wanted):
            raise InvalidArgumentError(
                None,
                None,
                f"Input element had shape ({list(row.shape)}) that is incompatible with the row "
                f"shape ({wanted}).",
            )
        if any(0 <= limit < size for size, limit in zip(row.shape, wanted, strict=True)):
            raise DataLossError(
                None,
                None,
                f"Input element had shape ({list(row.shape)}) that is larger than the row shape "
                f"({wanted}).",
            )


def _build(source: Any, batch_size: Any, row_shape: Any) -> Node:
    return SparseBatchNode(node_of(source), int(batch_size), row_shape.tolist())


sparse_batch_dataset_op = dataset_op("DenseToSparseBatchDataset", _build)


@transformation("sparse_batch")
def sparse_batch(
    self: DatasetV2, batch_size: Any, row_shape: Any, name: str | None = None
) -> DatasetV2:
    """Put the values of consecutive elements, which may differ in size, into sparse tensors.

    Args:
        batch_size: how many elements make a batch.
        row_shape: shape that every element fits in; a dimension that is None or -1 becomes the
            largest of the batch.
        name: accepted for TensorFlow's sake.

    Returns:
        A dataset of SparseTensors `[batch, *row_shape]`.

    Raises:
        TypeError: an element is more than one tensor.
        tf.errors.DataLossError: while iterating, an element is larger than `row_shape`.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.range(1, 3).map(lambda n: tf.fill([n], n)).sparse_batch(2, [3])
    >>> [tf.sparse.to_dense(rows).numpy().tolist() for rows in dataset]
    [[[1, 0, 0], [2, 2, 0]]]
    """
    given = self.element_spec
    if not isinstance(given, TensorSpec):
        raise TypeError(
            "`dense_to_sparse_batch` requires an input dataset whose elements have a single "
            f"component, but the given dataset has the following components: {given}."
        )
    sizes, shape = _row_shape(row_shape)
    spec = SparseTensorSpec(TensorShape([None]).concatenate(shape), given.dtype)
    variant = sparse_batch_dataset_op(
        self._variant_tensor, batch_size, sizes, **Structure(spec).attrs
    )
    return new_dataset(variant, spec, [self], shown_name(sparse_batch_dataset_op))


def _row_shape(row_shape: Any) -> tuple[Any, TensorShape]:
    if isinstance(row_shape, Tensor):
        found = static_value(row_shape) if row_shape.is_symbolic else row_shape.host_array()  # type: ignore[attr-defined]
        static = [None] * (row_shape.shape[0] or 0) if found is None else found.tolist()
        sizes = row_shape
    else:
        dims = TensorShape(row_shape).as_list()
        static = dims
        sizes = convert_to_tensor([-1 if d is None else d for d in dims], dtypes.int64)
    return sizes, TensorShape([None if d is None or d < 0 else int(d) for d in static])
