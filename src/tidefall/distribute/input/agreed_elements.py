"""The stage of a pipeline at which workers agree that there is another element.

Workers whose data ends earlier than that of the others get elements without rows until all have
ended: none waits for a step that another does not take.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.base.dtypes import DType
from tidefall.base.replica_group import worker_group
from tidefall.base.shapes import TensorShape
from tidefall.data.dataset import dataset_op, node_of
from tidefall.data.engine.elements import Element
from tidefall.data.engine.iterators import Derived, ElementIterator
from tidefall.data.engine.node import Node
from tidefall.distribute.collectives.training_group import TrainingGroup
from tidefall.distribute.input.replica_elements import without_rows
from tidefall.distribute.progress import reporter
from tidefall.op.table import signature


class AgreedElementsNode(Node):
    """The elements of a worker, as many as the worker with most has.

    If all components have static shapes, so that a worker could not take an element without rows,
    there are as many as the worker with fewest has.

    Args:
        source: the pipeline.
        types: the dtypes of the components of an element.
    """

    def __init__(self, source: Node, types: Sequence[DType]):
        self.inputs = (source,)
        self.types = tuple(types)

    def make_iterator(self) -> ElementIterator:
        return _AgreedElements(self)


class _AgreedElements(Derived):
    __slots__ = ("_components", "_is_static")

    def __init__(self, node: AgreedElementsNode):
        super().__init__(node.inputs[0].make_iterator())
        shapes = node.shapes or [TensorShape(None)] * len(node.types)
        self._is_static = all(shape.is_fully_defined() for shape in shapes)
        self._components = list(zip(node.types, shapes, strict=True))

    def __next__(self) -> Element:
        element = next(self._source, None)
        group = worker_group()
        if isinstance(group, TrainingGroup):
            have, workers = group.boundary(element is not None)
            if have == 0 or (self._is_static and have < workers):
                raise StopIteration
            reporter.step()
            if element is None:
                return [without_rows(dtype, shape) for dtype, shape in self._components]
            return element
        if element is None:
            raise StopIteration
        reporter.step()
        return element


def _build(source: Any, *, output_types: Sequence[DType]) -> Node:
    return AgreedElementsNode(node_of(source), output_types)


agreed_elements_op = dataset_op(
    "_AgreedElementsDataset",
    _build,
    signature(
        "_AgreedElementsDataset",
        {
            "in": [["input_dataset", "variant"]],
            "out": [["handle", "variant"]],
            "attrs": {
                "output_types": {"type": "list(type)"},
                "output_shapes": {"type": "list(shape)"},
            },
        },
    ),
)
