"""The stage of a pipeline that gives several replicas an element each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.errors import UnimplementedError
from tidefall.base.shapes import TensorShape
from tidefall.data.dataset import dataset_op, node_of
from tidefall.data.engine.elements import Element
from tidefall.data.engine.iterators import Derived, ElementIterator
from tidefall.data.engine.node import INFINITE, UNKNOWN, Node
from tidefall.op.table import signature
from tidefall.ops.ragged.variants import RaggedVariant


class ReplicaElementsNode(Node):
    """Consecutive elements, as many as there are replicas, as one.

    Where the last ones are missing, replicas get elements without rows; if all elements have static
    shapes, so that a replica could not take such a one, the rest is left out.

    Args:
        source: the pipeline.
        replicas: how many elements are taken together.
        parts: how many components each part of the nest has that an element is.
        types: the dtypes of the components of one element.
        shapes: their static shapes.
    """

    def __init__(
        self,
        source: Node,
        replicas: int,
        parts: Sequence[int],
        types: Sequence[DType],
        shapes: Sequence[TensorShape],
    ):
        self.inputs = (source,)
        self.replicas = replicas
        self.parts = tuple(parts)
        self.is_static = all(shape.is_fully_defined() for shape in shapes)
        self._components = list(zip(types, shapes, strict=True))

    def empty(self, like: Element) -> list[Any]:
        """An element without rows, for replicas that others' element leaves none for."""
        return [
            without_rows(dtype, shape, value)
            for (dtype, shape), value in zip(self._components, like, strict=True)
        ]

    def cardinality(self) -> int:
        count = self.inputs[0].cardinality()
        if count in (INFINITE, UNKNOWN):
            return count
        return count // self.replicas if self.is_static else -(-count // self.replicas)

    def make_iterator(self) -> ElementIterator:
        return _ReplicaElements(self)


def without_rows(dtype: DType, shape: TensorShape, like: Any = None) -> Any:
    """A value without rows for a component of an element; what is not known of a row is zero.

    Args:
        dtype, shape: those of the component.
        like: a value with rows, which ragged ones are made after.

    Raises:
        UnimplementedError: for sparse components, and ragged ones without such a value.
    """
    if dtype == dtypes.variant:
        if isinstance(like, RaggedVariant):
            return RaggedVariant([splits[:1] for splits in like.splits], like.values[:0])
        raise UnimplementedError(
            None,
            None,
            "The last batch has no rows for some replicas, and sparse batches without rows, or "
            "ragged ones for other workers, are not implemented: leave it out with "
            "drop_remainder=True.",
        )
    sizes = [0] if shape.rank is None else [0, *(d or 0 for d in shape.as_list()[1:])]
    kind = np.dtype(dtype.as_numpy_dtype)
    return np.zeros(() if shape.rank == 0 else sizes, kind)


class _ReplicaElements(Derived):
    __slots__ = ("_node",)

    def __init__(self, node: ReplicaElementsNode):
        super().__init__(node.inputs[0].make_iterator())
        self._node = node

    def __next__(self) -> Element:
        node = self._node
        elements = [next(self._source)]
        while len(elements) < node.replicas:
            try:
                elements.append(next(self._source))
            except StopIteration:
                if node.is_static:
                    raise
                elements.append(node.empty(elements[0]))
        found: list[Any] = []
        start = 0
        for count in node.parts:
            for element in elements:
                found.extend(element[start : start + count])
            start += count
        return found


def _build(
    source: Any,
    replicas: Any,
    *,
    part_sizes: Sequence[int],
    component_types: Sequence[DType],
    component_shapes: Sequence[TensorShape],
) -> Node:
    return ReplicaElementsNode(
        node_of(source), int(replicas), part_sizes, component_types, component_shapes
    )


replica_elements_op = dataset_op(
    "_ReplicaElementsDataset",
    _build,
    signature(
        "_ReplicaElementsDataset",
        {
            "in": [["input_dataset", "variant"], ["replicas", "int64"]],
            "out": [["handle", "variant"]],
            "attrs": {
                "part_sizes": {"type": "list(int)"},
                "component_types": {"type": "list(type)"},
                "component_shapes": {"type": "list(shape)"},
                "output_types": {"type": "list(type)"},
                "output_shapes": {"type": "list(shape)"},
            },
        },
    ),
)
