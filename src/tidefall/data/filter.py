"""`Dataset.filter`: the elements for which a function says yes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tidefall.core import dtypes
from tidefall.core.specs import TensorSpec
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    transformation,
)
from tidefall.data.functions import Runner, StructuredFunction, unpacked
from tidefall.data.node import Element, ElementIterator, Node
from tidefall.function.concrete import GraphFunction


class FilterNode(Node):
    """The elements that a predicate holds for."""

    def __init__(self, source: Node, predicate: Runner):
        self.inputs = (source,)
        self.predicate = predicate
        self.functions = (predicate,)

    def make_iterator(self) -> ElementIterator:
        return _Filtered(self.inputs[0].make_iterator(), self.predicate)


class _Filtered(ElementIterator):
    __slots__ = ("_predicate", "_source")

    def __init__(self, source: ElementIterator, predicate: Runner):
        self._source = source
        self._predicate = predicate

    def __next__(self) -> Element:
        predicate = self._predicate
        while True:
            element = next(self._source)
            if predicate(element)[0]:
                return element


def _build(source: Any, captured: Sequence[Any], *, predicate: GraphFunction) -> Node:
    return FilterNode(node_of(source, "FilterDataset"), Runner(predicate, captured))


filter_dataset_op = dataset_op("FilterDataset", _build)


def traced_predicate(
    dataset: DatasetV2, predicate: Callable[..., Any], transformation: str
) -> StructuredFunction:
    """A predicate traced for the elements of a dataset.

    Raises:
        ValueError: it does not return a scalar bool.
    """
    traced = StructuredFunction(predicate, transformation, unpacked(dataset.element_spec))
    returned = traced.output.spec
    if not isinstance(returned, TensorSpec) or not returned.is_compatible_with(
        TensorSpec([], dtypes.bool)
    ):
        raise ValueError(
            "Invalid `predicate`. `predicate` must return a `tf.bool` scalar tensor, but its "
            f"return type is {returned}."
        )
    return traced


@transformation("filter")
def filter_(self: DatasetV2, predicate: Callable[..., Any], name: str | None = None) -> DatasetV2:
    """Keep the elements for which a function returns True.

    Args:
        predicate: takes an element and returns a scalar bool tensor.
        name: accepted for TensorFlow's sake.

    Raises:
        ValueError: the function returns something else.

    >>> import tidefall as tf
    >>> list(tf.data.Dataset.range(6).filter(lambda x: x % 3 == 0).as_numpy_iterator())
    [np.int64(0), np.int64(3)]
    """
    traced = traced_predicate(self, predicate, "Dataset.filter")
    variant = filter_dataset_op(
        self._variant_tensor, traced.captured, predicate=traced.function, **self._flat_structure
    )
    return new_dataset(variant, self.element_spec, [self], shown_name("FilterDataset"))
