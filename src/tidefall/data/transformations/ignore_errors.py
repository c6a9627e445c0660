"""`Dataset.ignore_errors`: elements that fail are left out, and counted."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from tidefall.base.errors import OpError
from tidefall.base.exports import export
from tidefall.base.logs import get_logger
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    transformation,
)
from tidefall.data.engine.elements import Batch, Element
from tidefall.data.engine.iterators import ByNumber, Derived, ElementIterator
from tidefall.data.engine.node import Node


class IgnoreErrorsNode(Node):
    """The input's elements, but for those that fail."""

    def __init__(self, source: Node, log_warning: bool):
        self.inputs = (source,)
        self.log_warning = log_warning
        self._dropped = 0
        self._counting = threading.Lock()

    def make_iterator(self) -> ElementIterator:
        access = self.inputs[0].random_access()
        if access is not None:
            return _NumberedWithoutErrors(ByNumber(access), self)
        return _WithoutErrors(self.inputs[0].make_iterator(), self)

    @property
    def dropped(self) -> int:
        """How many failed, in all iterations together."""
        return self._dropped

    def count(self, error: OpError) -> None:
        """Take notice of an element that failed."""
        with self._counting:
            self._dropped += 1
        if self.log_warning:
            get_logger().log(logging.WARNING, "Error raised with error message %s", error.message)


class _WithoutErrors(Derived):
    __slots__ = ("_node",)

    def __init__(self, source: ElementIterator, node: IgnoreErrorsNode):
        super().__init__(source)
        self._node = node

    def __next__(self) -> Element:
        while True:
            try:
                return next(self._source)
            except OpError as error:
                self._node.count(error)


class _NumberedWithoutErrors(_WithoutErrors):
    """Elements that can be had again: many at once, and one by one only where one of them fails."""

    __slots__ = ()

    def batch(self, count: int) -> Batch:
        before = self._source.save()
        try:
            return self._source.batch(count)
        except OpError:
            self._source.restore(before)
            return super().batch(count)


def _build(source: Any, *, log_warning: bool) -> Node:
    return IgnoreErrorsNode(node_of(source), log_warning)


ignore_errors_dataset_op = dataset_op("IgnoreErrorsDataset", _build)


@transformation("ignore_errors")
def ignore_errors(self: DatasetV2, log_warning: bool = False, name: str | None = None) -> DatasetV2:
    """Leave out elements whose making fails.

    `dataset.ignored_errors` says how many they were.

    Args:
        log_warning: log the error of each of them.
        name: accepted for TensorFlow's sake.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.from_tensor_slices([1.0, 0.0, 4.0])
    >>> dataset = dataset.map(lambda x: tf.debugging.check_numerics(1 / x, "inverse"))
    >>> dataset = dataset.ignore_errors()
    >>> [float(x) for x in dataset], dataset.ignored_errors
    ([1.0, 0.25], 1)
    """
    variant = ignore_errors_dataset_op(
        self._variant_tensor, log_warning=log_warning, **self._flat_structure
    )
    return new_dataset(variant, self.element_spec, [self], shown_name(ignore_errors_dataset_op))


def ignored_errors(self: DatasetV2) -> int:
    """How many elements `ignore_errors` has left out of this pipeline, in all iterations so far."""
    return _dropped(self._node, set())


DatasetV2.ignored_errors = property(ignored_errors)  # type: ignore[attr-defined]


def _dropped(node: Node, seen: set[int]) -> int:
    if id(node) in seen:
        return 0
    seen.add(id(node))
    own = node.dropped if isinstance(node, IgnoreErrorsNode) else 0
    return own + sum(_dropped(one, seen) for one in node.inputs)


@export("data.experimental.ignore_errors")
def experimental_ignore_errors(log_warning: bool = False) -> Callable[[DatasetV2], DatasetV2]:
    """A transformation that leaves out elements that fail; see `Dataset.ignore_errors`.

    Args:
        log_warning: log the error of each of them.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.from_tensor_slices(["1", "two", "3"]).map(tf.strings.to_number)
    >>> [float(x) for x in dataset.apply(tf.data.experimental.ignore_errors())]
    [1.0, 3.0]
    """
    return lambda dataset: ignore_errors(dataset, log_warning)
