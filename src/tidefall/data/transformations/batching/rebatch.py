"""`Dataset.rebatch`: batches cut and joined to other sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import data_nest, dtypes
from tidefall.base.dtypes import DType
from tidefall.base.errors import FailedPreconditionError, InvalidArgumentError
from tidefall.base.shapes import TensorShape
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    static_int,
    transformation,
)
from tidefall.data.engine.elements import Element
from tidefall.data.engine.iterators import Derived, ElementIterator
from tidefall.data.engine.node import Node
from tidefall.data.engine.stages import ONE_BY_ONE, Stage
from tidefall.data.engine.structure import Structure, batched, is_dense, unbatched
from tidefall.data.transformations.batching.unbatch import check_rows, flat_rows
from tidefall.graph.static_values import static_value
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


class RebatchNode(Node):
    """The rows of all elements, in batches whose sizes follow a list again and again."""

    def __init__(
        self, source: Node, sizes: Sequence[int], drop_remainder: bool, types: Sequence[DType]
    ):
        if not sizes or min(sizes) < 0 or max(sizes) == 0:
            raise InvalidArgumentError(
                None,
                None,
                "Batch sizes must not be negative, and one of them must be greater than zero. "
                f"Received: {list(sizes)}",
            )
        self.inputs = (source,)
        self.sizes = list(sizes)
        self.drop_remainder = drop_remainder
        self.types = [object if t == dtypes.variant else t.as_numpy_dtype for t in types]

    def empty_batch(self) -> Element:
        """A batch without rows: what is not known of the shape of a row is zero."""
        shapes = self.shapes or [TensorShape(None)] * len(self.types)
        rows = [[] if s.rank is None else [d or 0 for d in s.as_list()[1:]] for s in shapes]
        return [np.empty([0, *row], kind) for row, kind in zip(rows, self.types, strict=True)]

    def describe(self, asked: str) -> Stage:
        sizes = self.sizes[0] if len(self.sizes) == 1 else self.sizes
        return Stage(ONE_BY_ONE, arguments={"": sizes, "drop_remainder": self.drop_remainder})

    def make_iterator(self) -> ElementIterator:
        return _Rebatched(self)


class _Rebatched(Derived):
    """`_current` is the element being cut, of which `_offset` rows are behind."""

    __slots__ = ("_current", "_ended", "_node", "_offset", "_turn")
    _kept = ("_current", "_ended", "_offset", "_turn")

    def __init__(self, node: RebatchNode):
        super().__init__(node.inputs[0].make_iterator())
        self._node = node
        self._current: list[Any] = []
        self._offset = -1
        self._turn = 0
        self._ended = False

    def _begin_element(self) -> bool:
        """Take the next element; False at the end."""
        try:
            element = next(self._source)
        except StopIteration:
            self._ended = True
            return False
        check_rows(element)
        self._current = list(element)
        self._offset = 0
        return True

    def __next__(self) -> Element:
        if self._ended:
            raise StopIteration
        sizes = self._node.sizes
        size = sizes[self._turn]
        parts, count = self._cut(size)
        self._turn = (self._turn + 1) % len(sizes)
        if count < size and (count == 0 or self._node.drop_remainder):
            raise StopIteration
        return _joined(parts) if parts else self._node.empty_batch()

    def _cut(self, size: int) -> tuple[list[list[Any]], int]:
        """Up to `size` rows, in as many parts as elements they come from."""
        parts: list[list[Any]] = []
        count = 0
        while count < size and (self._offset >= 0 or self._begin_element()):
            rows = len(self._current[0])
            end = min(self._offset + size - count, rows)
            if end > self._offset:
                parts.append([column[self._offset : end] for column in self._current])
            count += end - self._offset
            self._offset = end if end < rows else -1
        return parts, count

    def saves_position(self) -> bool:
        return self._offset < 0 and self._source.saves_position()


def _joined(parts: list[list[Any]]) -> list[Any]:
    if len(parts) == 1:
        return parts[0]
    columns = []
    for column in zip(*parts, strict=True):
        shapes = [part.shape[1:] for part in column]
        if len(set(shapes)) > 1:
            raise FailedPreconditionError(
                None,
                None,
                "Batches that are joined must have rows of the same shape. Theirs are "
                f"{[list(shape) for shape in shapes]}.",
            )
        columns.append(np.concatenate(column))
    return columns


def _build(
    source: Any, batch_sizes: Any, drop_remainder: Any, *, output_types: Sequence[DType]
) -> Node:
    sizes = batch_sizes.reshape(-1).tolist()
    node = node_of(source)
    return RebatchNode(node, sizes, bool(drop_remainder), output_types)


rebatch_dataset_op = dataset_op("RebatchDatasetV2", _build)


@transformation("rebatch")
def rebatch(
    self: DatasetV2, batch_size: Any, drop_remainder: Any = False, name: str | None = None
) -> DatasetV2:
    """Change the sizes of batches: the same rows in the same order, as after `unbatch().batch(n)`.

    Args:
        batch_size: the number of rows of a batch; of a vector, the numbers of one batch after the
            other, again and again.
        drop_remainder: leave out the last batch if it has fewer rows.
        name: accepted for TensorFlow's sake.

    Raises:
        ValueError: elements are scalars, or `batch_size` has a higher rank than 1.
        tf.errors.InvalidArgumentError: a size is negative, or all are 0.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.range(7).batch(4).rebatch(3)
    >>> [batch.numpy().tolist() for batch in dataset]
    [[0, 1, 2], [3, 4, 5], [6]]
    """
    sizes = convert_to_tensor(batch_size, dtypes.int64)
    size = _static_size(self, sizes, drop_remainder)
    spec = batched(unbatched(self.element_spec), size)
    source = self if is_dense(self.element_spec) else flat_rows(self)
    variant = rebatch_dataset_op(
        source._variant_tensor, sizes, drop_remainder, **Structure(spec).attrs
    )
    return new_dataset(variant, spec, [source], shown_name(rebatch_dataset_op))


def _static_size(dataset: DatasetV2, sizes: Tensor, drop_remainder: Any) -> int | None:
    """The number of rows of every batch, if it is always the same and known now."""
    value = static_value(sizes) if sizes.is_symbolic else sizes.host_array()  # type: ignore[attr-defined]
    if value is None:
        return None
    if value.ndim > 1:
        raise ValueError(
            "Invalid `batch_sizes`. Expected `batch_sizes` to be a scalar or a vector. Received "
            f"`batch_sizes` of rank {value.ndim}."
        )
    distinct = set(value.reshape(-1).tolist())
    if len(distinct) != 1:
        return None
    (size,) = distinct
    return size if static_int(drop_remainder) or _divides(dataset, size) else None


def _divides(dataset: DatasetV2, size: int) -> bool:
    """Whether every element is known to have a number of rows that is a multiple of a size."""
    shapes = [getattr(spec, "shape", None) for spec in data_nest.flatten(dataset.element_spec)]
    known = [shape for shape in shapes if shape is not None and shape.rank is not None]
    if any(shape.rank == 0 for shape in known):
        raise ValueError(
            "Invalid `batch_sizes`. Expected dataset with rank of >= 1 but found a dataset with "
            "scalar elements. Fix the issue by adding the `batch` transformation to the dataset."
        )
    rows = [shape[0] for shape in known if shape[0] is not None]
    if any(count != rows[0] for count in rows):
        raise ValueError(
            f"Invalid `input_dataset.` The batch dimension of component 0 is {rows[0]}, while the "
            f"batch dimensions of all components are {rows}."
        )
    return bool(rows) and size > 0 and rows[0] % size == 0
