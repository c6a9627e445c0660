"""`Dataset.from_tensor_slices`: the rows of tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base.errors import InvalidArgumentError
from tidefall.base.shapes import TensorShape
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    shown_name,
    source,
    variant_of,
)
from tidefall.data.engine.access import RandomAccess
from tidefall.data.engine.elements import Element
from tidefall.data.engine.node import Node
from tidefall.data.engine.stages import BY_NUMBER, Stage, bytes_text
from tidefall.data.engine.structure import Structure, as_leaves, rows_of, unbatched
from tidefall.op.traits import STATELESS
from tidefall.tensor.tensor import ndarray


class SlicesNode(Node):
    """The rows of arrays: element i is row i of each."""

    title = "from_tensor_slices"

    def __init__(self, components: Sequence[np.ndarray]):
        self._arrays = list(components)
        sizes = {array.shape[0] if array.ndim else -1 for array in self._arrays}
        if len(sizes) != 1 or -1 in sizes:
            shapes = [list(array.shape) for array in self._arrays]
            raise InvalidArgumentError(
                None,
                None,
                "All components must have the same size in their first dimension. Their shapes "
                f"are {shapes}.",
            )
        self.size = sizes.pop()

    def describe(self, asked: str) -> Stage:
        size = bytes_text(sum(array.nbytes for array in self._arrays))
        return Stage(BY_NUMBER, arguments={"": f"{size} in memory"})

    def cardinality(self) -> int:
        return self.size

    def random_access(self) -> RandomAccess:
        return ArrayAccess(self._arrays, self.size)


class ArrayAccess(RandomAccess):
    """Rows of arrays by number."""

    __slots__ = ("_arrays", "size")

    def __init__(self, arrays: Sequence[np.ndarray], size: int):
        self._arrays = arrays
        self.size = size

    def element(self, index: int) -> Element:
        return [array[index, ...] for array in self._arrays]

    def gather(self, indices: np.ndarray) -> list[Any]:
        # The numbers are known to be good, and not checking them saves a copy.
        return [array.take(indices, 0, mode="clip") for array in self._arrays]

    def part(self, start: int, end: int) -> list[Any]:
        return [array[start:end] for array in self._arrays]


def _build(components: Sequence[Any]) -> Node:
    for component in components:
        if type(component) is not ndarray:
            raise InvalidArgumentError(
                None, None, "TensorSliceDataset takes tensors with at least one dimension."
            )
    return SlicesNode(components)


tensor_slice_dataset_op = dataset_op("TensorSliceDataset", _build, traits=(STATELESS,))


@source("from_tensor_slices")
def from_tensor_slices(tensors: Any, name: str | None = None) -> DatasetV2:
    """A dataset whose elements are the rows of the given tensors.

    Args:
        tensors: a structure of tensors, ragged and sparse tensors, batchable extension types and
            what can be converted to them, all with the same size in their first dimension.
        name: accepted for TensorFlow's sake.

    Raises:
        ValueError: for a scalar, or sizes that differ.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.from_tensor_slices(([1, 2], ["a", "b"]))
    >>> [(int(n), s.numpy()) for n, s in dataset]
    [(1, b'a'), (2, b'b')]
    """
    structure, leaves = as_leaves(tensors)
    if not structure.leaves:
        raise ValueError("Invalid `element`. `element` should not be empty.")
    flat = rows_of(structure, leaves)
    rows = Structure(unbatched(structure.spec))
    for tensor in flat[1:]:
        _check_sizes(flat[0].shape, tensor.shape)
    variant = variant_of(tensor_slice_dataset_op, flat, output_shapes=rows.shapes)
    return new_dataset(variant, rows, kind=shown_name(tensor_slice_dataset_op))


def _check_sizes(first: TensorShape, other: TensorShape) -> None:
    if first.rank is None or other.rank is None:
        return
    if first[0] is not None and other[0] is not None and first[0] != other[0]:
        raise ValueError(f"Dimensions {first[0]} and {other[0]} are not compatible")
