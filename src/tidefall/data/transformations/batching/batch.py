"""`Dataset.batch`: consecutive elements, stacked."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.config import config
from tidefall.base.errors import InvalidArgumentError
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    static_int,
    transformation,
)
from tidefall.data.engine.access import RandomAccess
from tidefall.data.engine.elements import Element, ShapesDifferError, stack
from tidefall.data.engine.iterators import Derived, ElementIterator
from tidefall.data.engine.node import AUTOTUNE, Node
from tidefall.data.engine.stages import BY_NUMBER, BY_ROWS, Stage
from tidefall.data.engine.structure import Structure, batched


class BatchNode(Node):
    """Runs of `size` elements; the last one may be shorter, or is dropped."""

    def __init__(self, source: Node, size: int, drop_remainder: bool):
        if size <= 0:
            raise InvalidArgumentError(None, None, "Batch size must be greater than zero.")
        self.inputs = (source,)
        self.size = size
        self.drop_remainder = drop_remainder

    def describe(self, asked: str) -> Stage:
        arguments = {"": self.size, "drop_remainder": self.drop_remainder}
        if self.random_access() is not None:
            return Stage(BY_NUMBER, BY_NUMBER, arguments)
        return Stage(BY_ROWS, BY_ROWS, arguments)

    def make_iterator(self) -> ElementIterator:
        return _Batches(self)

    def random_access(self) -> RandomAccess | None:
        access = self.inputs[0].random_access()
        return None if access is None else _BatchAccess(access, self)

    def cardinality(self) -> int:
        count = self.inputs[0].cardinality()
        if count < 0:
            return count
        return count // self.size if self.drop_remainder else -(-count // self.size)

    def place(self, batch: int, position: int) -> str:
        """The words that name an element in errors: the batch, and the element's number."""
        element = batch * self.size + position
        return f"\n\t in Dataset.{self.title}({self.size}), batch {batch}, element {element}"

    def stack_error(self, error: ShapesDifferError, batch: int) -> InvalidArgumentError:
        """The error of a batch whose elements have different shapes."""
        message = f"{error.message}{self.place(batch, error.position)}"
        return InvalidArgumentError(None, None, message)


class _BatchAccess(RandomAccess):
    __slots__ = ("_length", "_node", "_source", "size")

    def __init__(self, source: RandomAccess, node: BatchNode):
        self._source = source
        self._node = node
        self._length = node.size
        self.size = node.cardinality()

    def element(self, index: int) -> Element:
        start = index * self._length
        try:
            return self._source.part(start, min(start + self._length, self._source.size))
        except ShapesDifferError as error:
            raise self._node.stack_error(error, index) from error

    def gather(self, indices: np.ndarray) -> list[Any]:
        return stack([self.element(i) for i in indices.tolist()])


class _Batches(Derived):
    __slots__ = ("_batch", "_drop_remainder", "_node", "_size")
    _kept = ("_batch",)

    def __init__(self, node: BatchNode):
        super().__init__(node.inputs[0].make_iterator())
        self._node = node
        self._size = node.size
        self._drop_remainder = node.drop_remainder
        self._batch = 0

    def __next__(self) -> Element:
        batch = self._batch
        self._batch = batch + 1
        try:
            count, arrays = self._source.batch(self._size)
        except ShapesDifferError as error:
            raise self._node.stack_error(error, batch) from error
        if not count or (self._drop_remainder and count < self._size):
            raise StopIteration
        return arrays


def _build(source: Any, batch_size: Any, drop_remainder: Any) -> Node:
    return BatchNode(node_of(source), int(batch_size), bool(drop_remainder))


def _build_parallel(source: Any, batch_size: Any, parallel_calls: Any, drop_remainder: Any) -> Node:
    check_parallel_calls(parallel_calls)
    return BatchNode(node_of(source), int(batch_size), bool(drop_remainder))


batch_dataset_op = dataset_op("BatchDatasetV2", _build)
parallel_batch_dataset_op = dataset_op("ParallelBatchDataset", _build_parallel)


def batched_spec(spec: Any, batch_size: Any, drop_remainder: Any) -> Any:
    """The element spec of a batch; its first dimension is known if every batch is full."""
    return batched(spec, static_int(batch_size) if static_int(drop_remainder) else None)


def deterministic_attr(deterministic: bool | None) -> str:
    """The attribute that says whether the order of elements matters."""
    return "default" if deterministic is None else "true" if deterministic else "false"


def ordered_or_not(deterministic: str) -> bool | None:
    """What that attribute says; None leaves it to the options."""
    return None if deterministic == "default" else deterministic == "true"


def check_parallel_calls(count: Any) -> None:
    """InvalidArgumentError unless a number of parallel calls is positive, or AUTOTUNE."""
    if count <= 0 and count != AUTOTUNE:
        raise InvalidArgumentError(None, None, "num_parallel_calls must be greater than zero.")


@transformation("batch")
def batch(
    self: DatasetV2,
    batch_size: Any,
    drop_remainder: Any = False,
    num_parallel_calls: Any = None,
    deterministic: bool | None = None,
    name: str | None = None,
) -> DatasetV2:
    """Stack consecutive elements along a new first dimension.

    Args:
        batch_size: how many elements make a batch.
        drop_remainder: leave out the last batch if it has fewer.
        num_parallel_calls: accepted; batches are made by one thread.
        deterministic: accepted; the order is always that of the input.
        name: accepted for TensorFlow's sake.

    Raises:
        tf.errors.InvalidArgumentError: `batch_size` is not positive; while iterating, elements of
            a batch differ in shape.

    >>> import tidefall as tf
    >>> [b.numpy().tolist() for b in tf.data.Dataset.range(5).batch(2)]
    [[0, 1], [2, 3], [4]]
    """
    spec = batched_spec(self.element_spec, batch_size, drop_remainder)
    attrs = Structure(spec).attrs
    if num_parallel_calls is None or config.dataset_debug_mode:
        variant = batch_dataset_op(self._variant_tensor, batch_size, drop_remainder, **attrs)
        return new_dataset(variant, spec, [self], shown_name(batch_dataset_op))
    variant = parallel_batch_dataset_op(
        self._variant_tensor,
        batch_size,
        num_parallel_calls,
        drop_remainder,
        deterministic=deterministic_attr(deterministic),
        **attrs,
    )
    return new_dataset(variant, spec, [self], shown_name(parallel_batch_dataset_op))
