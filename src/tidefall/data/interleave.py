"""`Dataset.interleave`: datasets for every element, several of them by turns."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from tidefall.core.errors import InvalidArgumentError
from tidefall.data.batch import check_parallel_calls, deterministic_attr
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    transformation,
)
from tidefall.data.debug_mode import in_debug_mode
from tidefall.data.flat_map import dataset_function
from tidefall.data.functions import Runner
from tidefall.data.node import AUTOTUNE, Element, ElementIterator, Node, Opened, State
from tidefall.data.stages import ONE_BY_ONE, Stage
from tidefall.function.concrete import GraphFunction


class InterleaveNode(Node):
    """`block` elements of each of `cycle` open datasets by turns."""

    def __init__(self, source: Node, function: Runner, cycle: int, block: int):
        if cycle == AUTOTUNE:
            cycle = os.cpu_count() or 1
        if cycle <= 0:
            raise InvalidArgumentError(None, None, "cycle_length must be greater than zero.")
        if block <= 0:
            raise InvalidArgumentError(None, None, "block_length must be greater than zero.")
        self.inputs = (source,)
        self.function = function
        self.functions = (function,)
        self.cycle = cycle
        self.block = block

    def describe(self, asked: str) -> Stage:
        arguments = {"cycle_length": self.cycle, "block_length": self.block}
        return Stage(f"{ONE_BY_ONE}, of {self.cycle} open datasets", arguments=arguments)

    def make_iterator(self) -> ElementIterator:
        return _Interleaved(self)


class _Interleaved(ElementIterator):
    __slots__ = (
        "_block", "_ended", "_function", "_index", "_left", "_open", "_position", "_source",
    )  # fmt: skip

    def __init__(self, node: InterleaveNode):
        self._source = node.inputs[0].make_iterator()
        self._function = node.function
        self._block = self._left = node.block
        self._open: list[Opened | None] = [None] * node.cycle
        self._position = 0
        self._ended = False
        self._index = 0

    def _next_in_cycle(self) -> None:
        self._position = (self._position + 1) % len(self._open)
        self._left = self._block

    def __next__(self) -> Element:
        while not self._ended or any(self._open):
            current = self._open[self._position]
            if current is not None:
                try:
                    element = next(current.iterator)
                except StopIteration:
                    self._open[self._position] = None
                    self._next_in_cycle()
                    continue
                self._left -= 1
                if not self._left:
                    self._next_in_cycle()
                return element
            if self._ended:
                self._next_in_cycle()
            else:
                self._open_here()
        raise StopIteration

    def _open_here(self) -> None:
        """Open the dataset of the next element at this place of the cycle."""
        try:
            self._open[self._position] = Opened(self._source, self._make)
        except StopIteration:
            self._ended = True

    def _make(self, element: Element) -> ElementIterator:
        index = self._index
        self._index = index + 1
        (node,) = self._function(element, index)
        return node_of(node, "InterleaveDataset").make_iterator()

    def save(self) -> State:
        return {
            "source": self._source.save(),
            "function": self._function.save(),
            "open": [None if one is None else one.save() for one in self._open],
            "at": [self._position, self._left, self._ended, self._index],
        }

    def restore(self, state: State) -> None:
        self._source.restore(state["source"])
        self._open = [
            None if one is None else Opened.again(one, self._source, self._make)
            for one in state["open"]
        ]
        self._function.restore(state["function"])
        self._position, self._left, self._ended, self._index = state["at"]


def _build(
    source: Any, captured: Sequence[Any], cycle: Any, block: Any, *, f: GraphFunction
) -> Node:
    node = node_of(source, "InterleaveDataset")
    return InterleaveNode(node, Runner(f, captured), int(cycle), int(block))


def _build_parallel(
    source: Any,
    captured: Sequence[Any],
    cycle: Any,
    block: Any,
    buffer_output: Any,
    prefetch_input: Any,
    parallel_calls: Any,
    *,
    f: GraphFunction,
) -> Node:
    check_parallel_calls(parallel_calls)
    return _build(source, captured, cycle, block, f=f)


interleave_dataset_op = dataset_op("InterleaveDataset", _build)
parallel_interleave_dataset_op = dataset_op("ParallelInterleaveDatasetV4", _build_parallel)


@transformation("interleave")
def interleave(
    self: DatasetV2,
    map_func: Callable[..., Any],
    cycle_length: Any = None,
    block_length: Any = None,
    num_parallel_calls: Any = None,
    deterministic: bool | None = None,
    name: str | None = None,
) -> DatasetV2:
    """Apply a function that returns a dataset to every element, and take turns among them.

    Args:
        map_func: takes an element and returns a dataset.
        cycle_length: how many of those datasets are open at a time; by default, as many as there
            are processors.
        block_length: how many elements one of them gives in its turn; 1 by default.
        num_parallel_calls: accepted; the datasets are read by one thread.
        deterministic: accepted; the order is always the one described.
        name: accepted for TensorFlow's sake.

    Raises:
        TypeError: the function returns something else.

    >>> import tidefall as tf
    >>> def twice(x):
    ...     return tf.data.Dataset.from_tensors(x).repeat(2)
    >>> dataset = tf.data.Dataset.range(3).interleave(twice, cycle_length=2)
    >>> [int(x) for x in dataset]
    [0, 1, 0, 1, 2, 2]
    """
    traced, structure = dataset_function(map_func, "Dataset.interleave", self.element_spec)
    cycle = AUTOTUNE if cycle_length is None else cycle_length
    block = 1 if block_length is None else block_length
    attrs = {"f": traced.function, **structure.attrs}
    if num_parallel_calls is None or in_debug_mode():
        variant = interleave_dataset_op(
            self._variant_tensor, traced.captured, cycle, block, **attrs
        )
        return new_dataset(variant, structure.spec, [self], shown_name("InterleaveDataset"))
    variant = parallel_interleave_dataset_op(
        self._variant_tensor,
        traced.captured,
        cycle,
        block,
        AUTOTUNE,
        AUTOTUNE,
        num_parallel_calls,
        deterministic=deterministic_attr(deterministic),
        **attrs,
    )
    return new_dataset(variant, structure.spec, [self], shown_name("ParallelInterleaveDatasetV4"))
