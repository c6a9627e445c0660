"""`Dataset.from_tensors`: one element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    shown_name,
    source,
    variant_of,
)
from tidefall.data.engine.access import RandomAccess
from tidefall.data.engine.elements import Element, stack
from tidefall.data.engine.node import Node
from tidefall.data.engine.structure import normalize
from tidefall.op.traits import STATELESS


class ElementsNode(Node):
    """Elements that are there already, one after the other."""

    title = "from_tensors"

    def __init__(self, elements: Sequence[Element]):
        self.elements = elements

    def cardinality(self) -> int:
        return len(self.elements)

    def random_access(self) -> RandomAccess:
        return _ElementsAccess(self.elements)


class _ElementsAccess(RandomAccess):
    __slots__ = ("_elements", "size")

    def __init__(self, elements: Sequence[Element]):
        self._elements = elements
        self.size = len(elements)

    def element(self, index: int) -> Element:
        return self._elements[index]

    def gather(self, indices: np.ndarray) -> list[Any]:
        return stack([self._elements[i] for i in indices])


tensor_dataset_op = dataset_op(
    "TensorDataset", lambda components: ElementsNode([components]), traits=(STATELESS,)
)


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
    variant = variant_of(tensor_dataset_op, flat, output_shapes=structure.shapes)
    return new_dataset(variant, structure, kind=shown_name(tensor_dataset_op))
