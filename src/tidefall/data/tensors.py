"""`Dataset.from_tensors`: one element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.data.dataset import DatasetV2, dataset_op, new_dataset, shown_name, source
from tidefall.data.node import Element, ElementIterator, Node
from tidefall.data.structure import normalize


class ElementsNode(Node):
    """Elements that are there already, one after the other."""

    def __init__(self, elements: Sequence[Element]):
        self.elements = elements

    def make_iterator(self) -> ElementIterator:
        return _Elements(self.elements)

    def cardinality(self) -> int:
        return len(self.elements)


class _Elements(ElementIterator):
    __slots__ = ("_elements", "_position")

    def __init__(self, elements: Sequence[Element]):
        self._elements = elements
        self._position = 0

    def __next__(self) -> Element:
        position = self._position
        if position >= len(self._elements):
            raise StopIteration
        self._position = position + 1
        return self._elements[position]

    def skip(self, count: int) -> int:
        start = self._position
        self._position = min(start + count, len(self._elements))
        return self._position - start


tensor_dataset_op = dataset_op("TensorDataset", lambda components: ElementsNode([components]))


@source("from_tensors")
def from_tensors(tensors: Any, name: str | None = None) -> DatasetV2:
    """A dataset of one element: the given tensors.

    Args:
        tensors: a structure of tensors and what can be converted to them.
        name: accepted for TensorFlow's sake.

    >>> import tidefall as tf
    >>> [x.numpy().tolist() for x in tf.data.Dataset.from_tensors([1, 2])]
    [[1, 2]]
    """
    structure, flat = normalize(tensors)
    variant = tensor_dataset_op(flat, output_shapes=structure.shapes)
    return new_dataset(variant, structure.spec, kind=shown_name("TensorDataset"))
