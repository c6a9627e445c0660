"""`Dataset.take_while`: elements up to the first that a function says no to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    transformation,
)
from tidefall.data.engine.elements import Element
from tidefall.data.engine.functions import Runner
from tidefall.data.engine.iterators import Derived, ElementIterator
from tidefall.data.engine.node import Node
from tidefall.data.transformations.filter import traced_predicate
from tidefall.runtime.graph_function import GraphFunction


class TakeWhileNode(Node):
    """The elements before the first that a predicate does not hold for."""

    def __init__(self, source: Node, predicate: Runner):
        self.inputs = (source,)
        self.predicate = predicate
        self.functions = (predicate,)

    def make_iterator(self) -> ElementIterator:
        return _TakenWhile(self.inputs[0].make_iterator(), self.predicate)


class _TakenWhile(Derived):
    __slots__ = ("_ended", "_index", "_predicate")
    _kept = ("_ended", "_index", "_predicate")

    def __init__(self, source: ElementIterator, predicate: Runner):
        super().__init__(source)
        self._predicate = predicate
        self._ended = False
        self._index = 0

    def __next__(self) -> Element:
        if not self._ended:
            element = next(self._source)
            index = self._index
            self._index = index + 1
            if self._predicate(element, index)[0]:
                return element
            self._ended = True
        raise StopIteration


def _build(source: Any, captured: Sequence[Any], *, predicate: GraphFunction) -> Node:
    return TakeWhileNode(node_of(source), Runner(predicate, captured))


take_while_dataset_op = dataset_op("TakeWhileDataset", _build)


@transformation("take_while")
def take_while(
    self: DatasetV2, predicate: Callable[..., Any], name: str | None = None
) -> DatasetV2:
    """The elements before the first for which a function returns False.

    Args:
        predicate: takes an element and returns a scalar bool tensor.
        name: accepted for TensorFlow's sake.

    Raises:
        ValueError: the function returns something else.

    >>> import tidefall as tf
    >>> list(tf.data.Dataset.range(9).take_while(lambda x: x < 2).as_numpy_iterator())
    [np.int64(0), np.int64(1)]
    """
    traced = traced_predicate(self, predicate, "Dataset.take_while")
    variant = take_while_dataset_op(
        self._variant_tensor, traced.captured, predicate=traced.function, **self._flat_structure
    )
    return new_dataset(variant, self.element_spec, [self], shown_name(take_while_dataset_op))
