"""`Dataset.shard`: every n-th element."""

from __future__ import annotations

from typing import Any

from tidefall.base.errors import FailedPreconditionError, InvalidArgumentError
from tidefall.base.exports import export_value
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    transformation,
)
from tidefall.data.engine.access import RandomAccess, part_of
from tidefall.data.engine.elements import Element
from tidefall.data.engine.iterators import ByNumber, Derived, ElementIterator
from tidefall.data.engine.node import UNKNOWN, Node
from tidefall.data.engine.stages import Stage

HINT = export_value(-1, "data.experimental.SHARD_HINT")
"""Stands for numbers that distribution fills in."""


class ShardNode(Node):
    """Elements `index`, `index + count`, `index + 2 * count`, ..."""

    def __init__(self, source: Node, count: int, index: int):
        if count <= 0 and count != HINT:
            raise InvalidArgumentError(
                None,
                None,
                f"Number of shards must be greater than zero (currently num_shards = {count}).",
            )
        if not 0 <= index < count and count != HINT:
            raise InvalidArgumentError(
                None,
                None,
                f"Index must be between 0 and {count - 1} (currently index = {index}).",
            )
        self.inputs = (source,)
        self.count = count
        self.index = index

    def describe(self, asked: str) -> Stage:
        stage = super().describe(asked)
        stage.arguments = {"": f"{self.count}, {self.index}"}
        return stage

    def make_iterator(self) -> ElementIterator:
        access = self.random_access()
        if access is not None:
            return ByNumber(access)
        return _Shard(self.inputs[0].make_iterator(), self.count, self.index)

    def random_access(self) -> RandomAccess | None:
        if self.count == HINT:
            raise FailedPreconditionError(
                None,
                None,
                "`tf.data.Dataset.shard(SHARD_HINT, ...)` can only be used where a dataset is "
                "distributed with `tf.data.experimental.AutoShardPolicy.HINT`, which fills in the "
                "numbers.",
            )
        access = self.inputs[0].random_access()
        return None if access is None else part_of(access, self.index, access.size, self.count)

    def cardinality(self) -> int:
        count = self.inputs[0].cardinality()
        if self.count == HINT:
            return UNKNOWN
        return count if count < 0 else count // self.count + (self.index < count % self.count)


class _Shard(Derived):
    __slots__ = ("_step", "_to_skip")
    _kept = ("_to_skip",)

    def __init__(self, source: ElementIterator, count: int, index: int):
        super().__init__(source)
        self._step = count - 1
        self._to_skip = index

    def __next__(self) -> Element:
        if self._to_skip:
            self._source.skip(self._to_skip)
        self._to_skip = self._step
        return next(self._source)


def _build(source: Any, num_shards: Any, index: Any) -> Node:
    return ShardNode(node_of(source), int(num_shards), int(index))


shard_dataset_op = dataset_op("ShardDataset", _build)


@transformation("shard")
def shard(self: DatasetV2, num_shards: Any, index: Any, name: str | None = None) -> DatasetV2:
    """One of `num_shards` parts of the dataset: every `num_shards`-th element.

    Args:
        num_shards: the number of parts. `tf.data.experimental.SHARD_HINT` for both numbers lets
            distribution with `AutoShardPolicy.HINT` fill them in.
        index: which part, from 0.
        name: accepted for TensorFlow's sake.

    Raises:
        tf.errors.InvalidArgumentError: no such part.

    >>> import tidefall as tf
    >>> list(tf.data.Dataset.range(5).shard(2, 1).as_numpy_iterator())
    [np.int64(1), np.int64(3)]
    """
    variant = shard_dataset_op(self._variant_tensor, num_shards, index, **self._flat_structure)
    return new_dataset(variant, self.element_spec, [self], shown_name(shard_dataset_op))
