"""What a pipeline is made of: nodes, and the iterators over their elements.

An element is a list of raw values, one for each flat component: arrays, or the Python objects
behind resources and variants. A node describes a stage and never changes while it is iterated;
all position lives in its iterators.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any, Protocol

import numpy as np

from tidefall.core.errors import InvalidArgumentError
from tidefall.core.shapes import TensorShape
from tidefall.core.tensor import ndarray

INFINITE = -1
UNKNOWN = -2
AUTOTUNE = -1

Element = Sequence[Any]
Rows = tuple[int, list[Any]]
"""A number of elements, and each component of them stacked."""


class ElementIterator:
    """Gives the elements of a node, one by one or many at a time.

    The two ways may be mixed. A subclass whose elements come from arrays overrides `rows`, so that
    batches are cut out of those arrays and no element is ever made.
    """

    __slots__ = ()

    def __iter__(self) -> ElementIterator:
        return self

    def __next__(self) -> Element:
        """The next element; StopIteration at the end and ever after."""
        raise NotImplementedError(type(self).__name__)

    def rows(self, count: int) -> Rows:
        """The next elements, stacked: at most `count`, fewer only at the end."""
        elements = list(islice(self, count))
        return len(elements), stack(elements)

    def skip(self, count: int) -> int:
        """Drop the next `count` elements; returns how many there were."""
        return sum(1 for _ in islice(self, count))


class RandomAccess:
    """Elements that can be had in any order, by number."""

    __slots__ = ()
    size: int

    def element(self, index: int) -> Element:
        """One element."""
        raise NotImplementedError(type(self).__name__)

    def gather(self, indices: np.ndarray) -> list[Any]:
        """The elements with these numbers, stacked."""
        raise NotImplementedError(type(self).__name__)


class Restartable(Protocol):
    """What has state that belongs to one iterator."""

    def restart(self) -> None:
        """Forget the state: another iterator begins."""


class Node:
    """One stage of a pipeline: the value of a dataset's variant tensor.

    Attributes:
        inputs: the nodes it takes elements from.
        functions: the user's functions it runs.
        shapes: static shapes of the components of an element, where they are known.
    """

    inputs: tuple[Node, ...] = ()
    functions: tuple[Restartable, ...] = ()
    shapes: Sequence[TensorShape] | None = None
    per_call = True
    """Traces of functions do not keep the datasets they were traced with."""

    def make_iterator(self) -> ElementIterator:
        """A new iterator, at the beginning."""
        raise NotImplementedError(type(self).__name__)

    def cardinality(self) -> int:
        """The number of elements, INFINITE or UNKNOWN."""
        return UNKNOWN

    def random_access(self) -> RandomAccess | None:
        """The elements by number, where that costs no more than one after the other."""
        return None

    def restart(self) -> None:
        """Prepare for an iterator over the whole pipeline."""
        for function in self.functions:
            function.restart()
        for node in self.inputs:
            node.restart()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def stack(elements: Sequence[Element]) -> list[Any]:
    """The components of elements, each stacked along a new first dimension.

    Raises:
        InvalidArgumentError: if the elements differ in shape.
    """
    return [stack_values(column, i) for i, column in enumerate(zip(*elements, strict=True))]


def stack_values(values: Sequence[Any], component: int) -> np.ndarray:
    """One component of several elements as one array."""
    first = values[0]
    if type(first) is not ndarray:
        return _stack_objects(values)
    shape = first.shape
    for value in values:
        if value.shape != shape:
            _differing_shapes(values, component)
    if shape:
        return np.concatenate(values).reshape(len(values), *shape)
    if first.dtype == object:
        return _stack_objects([value[()] for value in values])
    return np.array(values, first.dtype)


def _stack_objects(values: Sequence[Any]) -> np.ndarray:
    stacked = np.empty(len(values), object)
    stacked[:] = values
    return stacked


def _differing_shapes(values: Sequence[Any], component: int) -> None:
    shape = values[0].shape
    position = next(i for i, value in enumerate(values) if value.shape != shape)
    raise InvalidArgumentError(
        None,
        None,
        f"Cannot batch tensors with different shapes in component {component}. First element had "
        f"shape {list(shape)} and element {position} had shape {list(values[position].shape)}.",
    )


def join_rows(parts: Sequence[Rows]) -> Rows:
    """Rows that follow one another as one."""
    if len(parts) == 1:
        return parts[0]
    columns = zip(*(arrays for _, arrays in parts), strict=True)
    joined = []
    for i, column in enumerate(columns):
        if any(array.shape[1:] != column[0].shape[1:] for array in column):
            _differing_shapes([array[0] for array in column], i)
        joined.append(np.concatenate(column))
    return sum(count for count, _ in parts), joined


class ChainedIterator(ElementIterator):
    """The elements of one iterator after another; a subclass says which."""

    __slots__ = ("_current",)

    def __init__(self) -> None:
        self._current: ElementIterator | None = None

    def _open(self) -> ElementIterator:
        """The next iterator; StopIteration when there is none, now and ever after."""
        raise NotImplementedError(type(self).__name__)

    def __next__(self) -> Element:
        while True:
            if self._current is None:
                self._current = self._open()
            try:
                return next(self._current)
            except StopIteration:
                self._current = None

    def rows(self, count: int) -> Rows:
        parts: list[Rows] = []
        while count > 0:
            if self._current is None:
                try:
                    self._current = self._open()
                except StopIteration:
                    break
            part = self._current.rows(count)
            if part[0]:
                parts.append(part)
            if part[0] < count:
                self._current = None
            count -= part[0]
        return join_rows(parts) if parts else (0, [])
