"""Stages that only graphs in files have: no public function makes them any more."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from tidefall.base.errors import InvalidArgumentError, UnimplementedError
from tidefall.data.dataset import dataset_op, node_of
from tidefall.data.engine.elements import Element, stack
from tidefall.data.engine.functions import Runner
from tidefall.data.engine.iterators import Derived, ElementIterator
from tidefall.data.engine.node import UNKNOWN, Node
from tidefall.data.engine.random_bits import RandomBits
from tidefall.data.sources.tensors import ElementsNode
from tidefall.data.transformations.batching.unbatch import check_rows
from tidefall.data.transformations.batching.window import WindowNode, WindowsIterator
from tidefall.runtime.graph_function import GraphFunction

# ---- a random part of the elements ----


class SamplingNode(Node):
    """Each element with a probability; a number is drawn for every one, the same ones each time."""

    def __init__(self, source: Node, rate: float, seeds: tuple[int, int]):
        self.inputs = (source,)
        self.rate = np.float32(rate)
        self.seeds = seeds

    def make_iterator(self) -> ElementIterator:
        return _Sampled(self)


class _Sampled(Derived):
    __slots__ = ("_drawn", "_node", "_random_bits", "_seen", "_start")
    _kept = ("_seen",)
    _AT_ONCE = 256

    def __init__(self, node: SamplingNode):
        super().__init__(node.inputs[0].make_iterator())
        self._node = node
        self._random_bits = RandomBits(*node.seeds)
        self._seen = 0
        self._start = 0
        self._drawn = np.empty(0, bool)

    def __next__(self) -> Element:
        while True:
            element = next(self._source)
            place = self._seen - self._start
            if not 0 <= place < len(self._drawn):
                self._start, place = self._seen, 0
                self._drawn = self._draw()
            self._seen += 1
            if self._drawn[place]:
                return element

    def _draw(self) -> np.ndarray:
        """Which of the next elements stay."""
        bits = self._random_bits.at(self._seen, self._AT_ONCE).astype(np.uint32)
        mantissa = bits & np.uint32(0x7FFFFF)
        floats = (mantissa | np.uint32(0x3F800000)).view(np.float32) - np.float32(1)
        return floats < self._node.rate


def _sampling(source: Any, rate: Any, seed: Any, seed2: Any) -> Node:
    return SamplingNode(node_of(source), float(rate), (int(seed), int(seed2)))


dataset_op("SamplingDataset", _sampling)

# ---- windows as tensors ----


class SlidingWindowNode(WindowNode):
    """Windows, each stacked."""

    def make_iterator(self) -> ElementIterator:
        return _Stacked(self)

    def cardinality(self) -> int:
        count = self.inputs[0].cardinality()
        return count if count < 0 else -(-count // self.shift)


class _Stacked(WindowsIterator):
    __slots__ = ()

    def __next__(self) -> Element:
        return stack(self.window())


def _sliding(
    source: Any, size: Any, shift: Any, stride: Any, *, drop_remainder: bool = True
) -> Node:
    node = node_of(source)
    return SlidingWindowNode(node, int(size), int(shift), int(stride), drop_remainder)


dataset_op("SlidingWindowDataset", _sliding)

# ---- batches shared out between replicas ----


class ReplicaBatchNode(Node):
    """Each batch cut into as many parts as there are replicas; the last ones may be empty."""

    def __init__(self, source: Node, replicas: int):
        if replicas <= 0:
            raise InvalidArgumentError(
                None, None, f"num_replicas must be greater than zero. Received: {replicas}"
            )
        self.inputs = (source,)
        self.replicas = replicas

    def make_iterator(self) -> ElementIterator:
        return _ReplicaBatches(self)


class _ReplicaBatches(Derived):
    __slots__ = ("_batch", "_node", "_part")
    _kept = ("_batch", "_part")

    def __init__(self, node: ReplicaBatchNode):
        super().__init__(node.inputs[0].make_iterator())
        self._node = node
        self._batch: list[Any] = []
        self._part = node.replicas

    def __next__(self) -> Element:
        replicas = self._node.replicas
        if self._part == replicas:
            element = next(self._source)
            check_rows(element)
            self._batch, self._part = list(element), 0
        size = -(-len(self._batch[0]) // replicas) if self._batch else 0
        start = self._part * size
        self._part += 1
        return [column[start : start + size] for column in self._batch]


def _replica_batches(source: Any, replicas: Any) -> Node:
    return ReplicaBatchNode(node_of(source), int(replicas))


dataset_op("RebatchDataset", _replica_batches)
dataset_op("ExperimentalRebatchDataset", _replica_batches)

# ---- several ways to the same elements: the first one is as good as any ----


def _fastest(sources: Sequence[Any]) -> Node:
    nodes = [node_of(source) for source in sources]
    counts = [node.cardinality() for node in nodes]
    if len({count for count in counts if count != UNKNOWN}) > 1:
        raise InvalidArgumentError(
            None,
            None,
            "All inputs to ChooseFastestDataset must have compatible cardinalities. Received: "
            f"{counts}",
        )
    return nodes[0]


def _fastest_branch(
    source: Any,
    numerator: Any,
    denominator: Any,
    captured: Sequence[Any],
    *,
    branches: Sequence[GraphFunction],
    other_arguments_lengths: Sequence[int],
) -> Node:
    node = node_of(source)
    (made,) = Runner(branches[0], captured[: other_arguments_lengths[0]])([node])
    return node_of(made)


dataset_op("ChooseFastestDataset", _fastest)
dataset_op("ExperimentalChooseFastestDataset", _fastest)
dataset_op("ChooseFastestBranchDataset", _fastest_branch)

# ---- rows of a sparse tensor ----


def _sparse_slices(indices: np.ndarray, values: np.ndarray, dense_shape: np.ndarray) -> Node:
    rows = indices[:, 0]
    if np.any(rows[1:] < rows[:-1]):
        raise UnimplementedError(
            None,
            None,
            "The SparseTensor must be ordered in the batch dimension; handling arbitrarily ordered "
            "input is not currently supported.",
        )
    ends = np.searchsorted(rows, np.arange(dense_shape[0] + 1))
    return ElementsNode(
        [
            [indices[start:end, 1:], values[start:end], dense_shape[1:]]
            for start, end in pairwise(ends)
        ]
    )


dataset_op("SparseTensorSliceDataset", _sparse_slices)
