"""The number of elements of a dataset."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base.errors import FailedPreconditionError
from tidefall.base.exports import export, export_value
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    scalar,
    shown_name,
    transformation,
)
from tidefall.data.engine.elements import Element
from tidefall.data.engine.iterators import Derived, ElementIterator
from tidefall.data.engine.node import INFINITE, UNKNOWN, Node
from tidefall.data.engine.stages import ONE_BY_ONE, Stage
from tidefall.op.effects import PURE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op

export_value(INFINITE, "data.INFINITE_CARDINALITY", "data.experimental.INFINITE_CARDINALITY")
export_value(UNKNOWN, "data.UNKNOWN_CARDINALITY", "data.experimental.UNKNOWN_CARDINALITY")


def _cardinality(dataset: Any) -> np.ndarray:
    return np.array(node_of(dataset).cardinality(), np.int64)


cardinality_op = op(
    "DatasetCardinality", shape=scalar, host=_cardinality, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


@transformation("cardinality")
def dataset_cardinality(self: DatasetV2) -> Any:
    """The number of elements, if that can be told without making them.

    Returns:
        A scalar int64 tensor; `tf.data.INFINITE_CARDINALITY` (-1) for no end,
        `tf.data.UNKNOWN_CARDINALITY` (-2) if it cannot be told.

    >>> import tidefall as tf
    >>> int(tf.data.Dataset.range(10).batch(3).cardinality())
    4
    """
    return cardinality_op(self._variant_tensor)


@export("data.experimental.cardinality")
def cardinality(dataset: DatasetV2) -> Any:
    """Same as `dataset.cardinality()`.

    >>> import tidefall as tf
    >>> int(tf.data.experimental.cardinality(tf.data.Dataset.range(10).batch(3)))
    4
    """
    return cardinality_op(dataset._variant_tensor)


class AssertCardinalityNode(Node):
    """The input's elements, of which there must be `count`."""

    def __init__(self, source: Node, count: int):
        self.inputs = (source,)
        self.count = count

    def describe(self, asked: str) -> Stage:
        return Stage(ONE_BY_ONE, arguments={"": self.count})

    def make_iterator(self) -> ElementIterator:
        return _Counted(self.inputs[0].make_iterator(), self.count)

    def cardinality(self) -> int:
        return self.count


class _Counted(Derived):
    __slots__ = ("_count", "_expected")
    _kept = ("_count",)

    def __init__(self, source: ElementIterator, expected: int):
        super().__init__(source)
        self._expected = expected
        self._count = 0

    def __next__(self) -> Element:
        try:
            element = next(self._source)
        except StopIteration:
            if self._count != self._expected:
                self._fail(f"only {_elements(self._count)}")
            raise
        self._count += 1
        if self._expected >= 0 and self._count > self._expected:
            self._fail(f"at least {_elements(self._count)}")
        return element

    def _fail(self, found: str) -> None:
        expected = self._expected
        wanted = "an infinite number of elements" if expected == INFINITE else _elements(expected)
        raise FailedPreconditionError(
            None, None, f"Input dataset was expected to contain {wanted} but contained {found}."
        )


def _elements(count: int) -> str:
    return f"{count} element{'' if count == 1 else 's'}"


def _build(source: Any, count: Any) -> Node:
    return AssertCardinalityNode(node_of(source), int(count))


assert_cardinality_dataset_op = dataset_op("AssertCardinalityDataset", _build)


@export("data.experimental.assert_cardinality")
def assert_cardinality(expected_cardinality: Any) -> Callable[[DatasetV2], DatasetV2]:
    """A transformation, for `Dataset.apply`, that says how many elements a dataset has.

    Args:
        expected_cardinality: the number of elements. Iteration fails with
            `tf.errors.FailedPreconditionError` if there are more or fewer.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.range(9).filter(lambda x: x < 3)
    >>> len(dataset.apply(tf.data.experimental.assert_cardinality(3)))
    3
    """

    def apply(dataset: DatasetV2) -> DatasetV2:
        variant = assert_cardinality_dataset_op(
            dataset._variant_tensor, expected_cardinality, **dataset._flat_structure
        )
        kind = shown_name(assert_cardinality_dataset_op)
        return new_dataset(variant, dataset.element_spec, [dataset], kind)

    return apply
