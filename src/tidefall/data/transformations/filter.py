"""`Dataset.filter`: the elements for which a function says yes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.errors import OpError
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    transformation,
)
from tidefall.data.engine.access import RandomAccess
from tidefall.data.engine.elements import Batch, Element, State, elements_of, join_batches
from tidefall.data.engine.functions import Runner, StructuredFunction, unpacked
from tidefall.data.engine.iterators import Derived, ElementIterator
from tidefall.data.engine.node import Node
from tidefall.data.engine.stages import BY_NUMBER, ONE_BY_ONE, Stage
from tidefall.runtime.graph_function import GraphFunction
from tidefall.tensor.specs import TensorSpec

_AT_ONCE = 1024
"""How many elements a predicate is asked about together."""


class FilterNode(Node):
    """The elements that a predicate holds for."""

    def __init__(self, source: Node, predicate: Runner):
        self.inputs = (source,)
        self.predicate = predicate
        self.functions = (predicate,)

    def describe(self, asked: str) -> Stage:
        predicate = self.predicate
        if not predicate.vectorized:
            return Stage(f"{ONE_BY_ONE}: {predicate.one_by_one}")
        if self.inputs[0].random_access() is None or not predicate.is_pure:
            return Stage(f"{ONE_BY_ONE}: its input is not to be had by number")
        return Stage(f"vectorised, asked about {_AT_ONCE:,} elements at once", BY_NUMBER)

    def make_iterator(self) -> ElementIterator:
        access = self.inputs[0].random_access() if self.predicate.is_pure else None
        if access is not None and self.predicate.vectorized:
            return _FilteredByNumber(access, self.predicate)
        return _Filtered(self.inputs[0].make_iterator(), self.predicate)


class _Filtered(Derived):
    __slots__ = ("_index", "_predicate")
    _kept = ("_index", "_predicate")

    def __init__(self, source: ElementIterator, predicate: Runner):
        super().__init__(source)
        self._predicate = predicate
        self._index = 0

    def __next__(self) -> Element:
        predicate = self._predicate
        while True:
            element = next(self._source)
            index = self._index
            self._index = index + 1
            if predicate(element, index)[0]:
                return element


class _FilteredByNumber(ElementIterator):
    """Asks about many elements of the source at once, and goes on with the numbers of some."""

    __slots__ = ("_access", "_asked", "_numbers", "_position", "_predicate", "_single", "_taken")

    def __init__(self, access: RandomAccess, predicate: Runner):
        self._access = access
        self._predicate = predicate
        self._single: Iterator[Element] | None = None
        self._start(0)

    def _start(self, position: int) -> None:
        """Stand before an element of the source."""
        self._position = position
        self._asked = position
        self._numbers = np.empty(0, np.intp)
        self._taken = 0
        self._single = None

    def _ask(self) -> bool:
        """Find more elements to take; False at the end."""
        while self._taken == len(self._numbers):
            start = self._position = self._asked
            end = min(start + _AT_ONCE, self._access.size)
            if start >= end:
                return False
            try:
                (holds,) = self._predicate.batch(end - start, self._access.part(start, end))
            except OpError:
                end, holds = self._ask_one_by_one(start, end)
            self._numbers = np.flatnonzero(holds) + start
            self._taken = 0
            self._asked = end
        return True

    def _ask_one_by_one(self, start: int, end: int) -> tuple[int, list[bool]]:
        """The answers before the first element that fails; its error, if it is the first."""
        holds: list[bool] = []
        for i in range(start, end):
            try:
                holds.append(bool(self._predicate(self._access.element(i), i)[0]))
            except OpError:
                if holds:
                    return i, holds
                self._start(i + 1)
                raise
        return end, holds

    def _take(self, count: int) -> np.ndarray:
        """The numbers of the next elements: at most `count` of those found."""
        numbers = self._numbers[self._taken : self._taken + count]
        self._taken += len(numbers)
        self._position = int(numbers[-1]) + 1
        return numbers

    def __next__(self) -> Element:
        if self._taken == len(self._numbers):
            self._single = None
            if not self._ask():
                raise StopIteration
        if not self._access.vectorized:
            return self._access.element(int(self._take(1)[0]))
        if self._single is None:
            rest = self._numbers[self._taken :]
            self._single = elements_of(len(rest), self._access.gather(rest))
        self._take(1)
        return next(self._single)

    def batch(self, count: int) -> Batch:
        self._single = None
        parts: list[Batch] = []
        while count > 0 and self._ask():
            numbers = self._take(count)
            parts.append((len(numbers), self._access.gather(numbers)))
            count -= len(numbers)
        return join_batches(parts) if parts else (0, [])

    def save(self) -> State:
        return self._position

    def restore(self, state: State) -> None:
        self._start(state)

    def saves_position(self) -> bool:
        return True


def _build(source: Any, captured: Sequence[Any], *, predicate: GraphFunction) -> Node:
    return FilterNode(node_of(source), Runner(predicate, captured))


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
    return new_dataset(variant, self.element_spec, [self], shown_name(filter_dataset_op))
