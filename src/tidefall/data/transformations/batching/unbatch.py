"""`Dataset.unbatch`: the rows of every element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.base.errors import InvalidArgumentError
from tidefall.base.shapes import TensorShape
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    structure_of,
    transformation,
)
from tidefall.data.engine.elements import Element
from tidefall.data.engine.iterators import ElementIterator, NestedIterator
from tidefall.data.engine.node import UNKNOWN, Node
from tidefall.data.engine.structure import Structure, argument_leaves, is_dense, rows_of, unbatched
from tidefall.data.sources.slices import SlicesNode
from tidefall.data.transformations.map import map_


class UnbatchNode(Node):
    """The rows of each element."""

    def __init__(self, source: Node):
        self.inputs = (source,)

    def make_iterator(self) -> ElementIterator:
        return _Unbatched(self.inputs[0].make_iterator())

    def cardinality(self) -> int:
        source = self.inputs[0]
        count = source.cardinality()
        if count < 0:
            return count
        rows = next((shape[0] for shape in source.shapes or () if shape.rank), None)
        return count * rows if rows else UNKNOWN


class _Unbatched(NestedIterator):
    __slots__ = ()

    def _make(self, element: Element) -> ElementIterator:
        check_rows(element)
        return SlicesNode(element).make_iterator()


def check_rows(element: Element) -> None:
    """InvalidArgumentError unless all components have the same number of rows."""
    for i, array in enumerate(element):
        if not array.ndim:
            raise InvalidArgumentError(
                None, None, "Input element must have a non-scalar value in each component."
            )
        if len(array) != len(element[0]):
            raise InvalidArgumentError(
                None,
                None,
                "Input element must have the same batch size in each component. Component 0 "
                f"had size {len(element[0])} but component {i} had size, {len(array)}.",
            )


def _build(source: Any) -> Node:
    return UnbatchNode(node_of(source))


unbatch_dataset_op = dataset_op("UnbatchDataset", _build)


def _check(shapes: Sequence[TensorShape]) -> None:
    """ValueError for components that cannot have the same number of rows."""
    known = [shape for shape in shapes if shape.rank is not None]
    if any(shape.rank == 0 for shape in known):
        raise ValueError("Cannot unbatch an input with scalar components.")
    sizes = [shape[0] for shape in known if shape[0] is not None]
    for size in sizes:
        if size != sizes[0]:
            raise ValueError(
                "`unbatch()` is only supported for datasets of elements whose components have a "
                f"matching leading dimension. Encountered both {sizes[0]} and {size}."
            )


@transformation("unbatch")
def unbatch(self: DatasetV2, name: str | None = None) -> DatasetV2:
    """Split every element into its rows.

    Args:
        name: accepted for TensorFlow's sake.

    Raises:
        ValueError: a component is a scalar, or components differ in size.
        tf.errors.InvalidArgumentError: while iterating, components differ in size.

    >>> import tidefall as tf
    >>> list(tf.data.Dataset.range(4).batch(3).unbatch().as_numpy_iterator())
    [np.int64(0), np.int64(1), np.int64(2), np.int64(3)]
    """
    spec = unbatched(self.element_spec)
    source = self if is_dense(self.element_spec) else flat_rows(self)
    _check(structure_of(source).shapes)
    variant = unbatch_dataset_op(source._variant_tensor, **Structure(spec).attrs)
    return new_dataset(variant, spec, [source], shown_name(unbatch_dataset_op))


def flat_rows(dataset: DatasetV2) -> DatasetV2:
    """The flat tensors of the elements, ragged and sparse ones as vectors of variants."""
    structure = structure_of(dataset)

    def rows(*parts: Any) -> tuple[Any, ...]:
        return tuple(rows_of(structure, argument_leaves(structure, parts)))

    return map_(dataset, rows)
