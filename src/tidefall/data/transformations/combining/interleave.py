"""`Dataset.interleave`: datasets for every element, several of them by turns."""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable, Sequence
from typing import Any

from tidefall.base.config import config
from tidefall.base.errors import InvalidArgumentError, OpError
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    transformation,
)
from tidefall.data.engine.elements import Element, State
from tidefall.data.engine.functions import Runner
from tidefall.data.engine.iterators import ElementIterator, Opened
from tidefall.data.engine.measure import Measured
from tidefall.data.engine.node import AUTOTUNE, INFINITE, UNKNOWN, Node
from tidefall.data.engine.settings import current_settings
from tidefall.data.engine.stages import ONE_BY_ONE, Stage
from tidefall.data.transformations.batching.batch import (
    check_parallel_calls,
    deterministic_attr,
    ordered_or_not,
)
from tidefall.data.transformations.combining.flat_map import dataset_function
from tidefall.data.transformations.combining.interleave_slots import (
    InterleaveSlot,
    InterleaveSlots,
    Reads,
)
from tidefall.runtime.graph_function import GraphFunction

_BUFFERED = 16
"""Elements read ahead of each dataset, where that is left to us."""


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


class ParallelInterleaveNode(InterleaveNode):
    """The same, read ahead of time by threads."""

    title = "interleave"
    replaces_at_once = False
    """A dataset that ends is followed by a new one at once, not when it would have its turn; if
    there is none, the next dataset's turn is as long as what was left of this one."""
    tuning = ("calls", "ordered", "ahead", "buffered")

    def __init__(
        self,
        source: Node,
        function: Runner,
        cycle: int,
        block: int,
        calls: int,
        ordered: bool | None,
        ahead: int = AUTOTUNE,
        buffered: int = AUTOTUNE,
    ):
        check_parallel_calls(calls)
        if calls > cycle > 0:
            raise InvalidArgumentError(
                None,
                None,
                "If `cycle_length` is set to a fixed value, `num_parallel_calls` must be either "
                "`tf.data.AUTOTUNE` or a value less than or equal to `cycle_length`. However, "
                f"`num_parallel_calls` is {calls} and `cycle_length` is {cycle}.",
            )
        super().__init__(source, function, cycle, block)
        self.calls = calls
        self.ordered = ordered
        self.ahead = ahead
        self.buffered = buffered

    def cardinality(self) -> int:
        return INFINITE if self.inputs[0].cardinality() == INFINITE else UNKNOWN

    def describe(self, asked: str) -> Stage:
        stage = super().describe(asked)
        stage.arguments["num_parallel_calls"] = "AUTOTUNE" if self.calls == AUTOTUNE else self.calls
        threads = current_settings().threads(self.calls)
        stage.notes.append(f"read ahead by {threads} threads where that pays")
        return stage

    def make_iterator(self) -> ElementIterator:
        return _ParallelInterleaved(self)


class _ParallelInterleaved(ElementIterator):
    __slots__ = (
        "__weakref__",
        "_begun",
        "_block",
        "_function",
        "_left",
        "_open",
        "_ordered",
        "_position",
        "_reads",
        "_replaces_at_once",
        "_slots",
        "_threads",
    )  # fmt: skip

    def __init__(self, node: ParallelInterleaveNode):
        settings = current_settings()
        self._threads = min(settings.threads(node.calls), node.cycle)
        self._ordered = settings.deterministic if node.ordered is None else node.ordered
        self._begun = False
        self._replaces_at_once = node.replaces_at_once
        self._function = node.function
        self._block = self._left = node.block
        self._open: list[InterleaveSlot | None] = [None] * node.cycle
        self._position = 0
        self._reads: Reads | None = Reads()
        capacity = node.buffered if node.buffered > 0 else max(2 * node.block, _BUFFERED)
        ahead = node.ahead if node.ahead > 0 else 2 * self._threads
        self._slots = InterleaveSlots(
            node.inputs[0].make_iterator(), node.function, capacity, ahead, settings
        )

    def measure_threads(self, stage: Measured) -> None:
        stage.ready_made()
        self._slots.stage = stage

    def _next_in_cycle(self) -> None:
        self._position = (self._position + 1) % len(self._open)
        self._left = self._block

    def __next__(self) -> Element:
        reads = self._reads
        if reads is None:
            return self._next()
        if reads.unmeasured:
            reads.unmeasured -= 1
            return self._next()
        return self._next_measured(reads)

    def _next_measured(self, reads: Reads) -> Element:
        opens = self._open[self._position] is None
        begun, computed = time.perf_counter(), time.thread_time()
        element = self._next()
        seconds = time.perf_counter() - begun
        if opens:
            # Opening a dataset is Python's work. What it waited for counts.
            seconds -= time.thread_time() - computed
        if reads.add(seconds):
            self._start()
        return element

    def _start(self) -> None:
        """Read with threads from now on."""
        self._reads = None
        weakref.finalize(self, self._slots.close)
        self._slots.start(self._threads, [slot for slot in self._open if slot is not None])

    def _next(self) -> Element:
        slots, ended = self._slots, 0
        if self._replaces_at_once and not self._begun:
            self._open = [slots.next_slot() for _ in self._open]
        self._begun = True
        while ended < len(self._open):
            slot = self._open[self._position] or self._open_here()
            if slot is None:
                left = self._left
                self._next_in_cycle()
                self._left = left if self._replaces_at_once else self._left
                ended += 1
                continue
            if slot.error is not None:
                self._open[self._position] = None
                self._next_in_cycle()
                raise slot.error
            element, found = slots.take(slot, self._others)
            ended = 0
            if element is None:
                self._close_here()
                continue
            if found is slot:
                self._left -= 1
                if not self._left:
                    self._next_in_cycle()
            return element
        slots.close()
        raise StopIteration

    @property
    def _others(self) -> list[InterleaveSlot | None]:
        """Slots that an element may come from when another one has its turn."""
        return [] if self._ordered else self._open

    def _open_here(self) -> InterleaveSlot | None:
        """Take the next slot at this place of the cycle; None if there is none."""
        slot = self._open[self._position] = self._slots.next_slot()
        return slot

    def _close_here(self) -> None:
        """The slot at this place has ended."""
        self._open[self._position] = None
        left = self._left
        follows = self._replaces_at_once and self._open_here() is not None
        self._next_in_cycle()
        if self._replaces_at_once and not follows:
            self._left = left

    def save(self) -> State:
        slots = self._slots
        slots.pause()
        try:
            return {
                "source": slots.source.save(),
                "function": self._function.save(),
                "open": [None if slot is None else slot.save() for slot in self._open],
                "next": [slot.save() for slot in slots.next_slots],
                "at": [self._position, self._left, self._begun, slots.ended, slots.index],
            }
        finally:
            slots.resume()

    def restore(self, state: State) -> None:
        old = self._slots
        old.close()
        old.pause()
        slots = self._slots = old.anew()
        source, make = slots.source, slots.make
        source.restore(state["source"])
        self._open = [
            None if slot is None else InterleaveSlot.again(slot, source, make)
            for slot in state["open"]
        ]
        slots.next_slots.extend(InterleaveSlot.again(slot, source, make) for slot in state["next"])
        self._function.restore(state["function"])
        self._position, self._left, self._begun, slots.ended, slots.index = state["at"]
        self._reads = Reads()


class _Interleaved(ElementIterator):
    __slots__ = (
        "_block", "_ended", "_function", "_index", "_left", "_numbers", "_open", "_position",
        "_source",
    )  # fmt: skip

    def __init__(self, node: InterleaveNode):
        self._source = node.inputs[0].make_iterator()
        self._function = node.function
        self._block = self._left = node.block
        self._open: list[Opened | None] = [None] * node.cycle
        self._position = 0
        self._ended = False
        self._index = 0
        self._numbers = [0] * node.cycle

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
                except OpError as error:
                    number = self._numbers[self._position]
                    raise self._function.inside(error, number, current.element) from error
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
            self._numbers[self._position] = self._index - 1
        except StopIteration:
            self._ended = True

    def _make(self, element: Element) -> ElementIterator:
        index = self._index
        self._index = index + 1
        (node,) = self._function(element, index)
        return node_of(node).make_iterator()

    def save(self) -> State:
        return {
            "source": self._source.save(),
            "function": self._function.save(),
            "open": [None if one is None else one.save() for one in self._open],
            "numbers": list(self._numbers),
            "at": [self._position, self._left, self._ended, self._index],
        }

    def restore(self, state: State) -> None:
        self._source.restore(state["source"])
        self._open = [
            None if one is None else Opened.again(one, self._source, self._make)
            for one in state["open"]
        ]
        self._numbers = list(state["numbers"])
        self._function.restore(state["function"])
        self._position, self._left, self._ended, self._index = state["at"]


def _build(
    source: Any, captured: Sequence[Any], cycle: Any, block: Any, *, f: GraphFunction
) -> Node:
    node = node_of(source)
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
    deterministic: str,
) -> Node:
    return ParallelInterleaveNode(
        node_of(source),
        Runner(f, captured),
        int(cycle),
        int(block),
        int(parallel_calls),
        ordered_or_not(deterministic),
        int(prefetch_input),
        int(buffer_output),
    )


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
        num_parallel_calls: how many threads open and read the datasets ahead of time, once that
            is found to pay; `tf.data.AUTOTUNE` leaves it to us.
        deterministic: keep that order also with threads; by default as the dataset's options say,
            which is True.
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
    if num_parallel_calls is None or config.dataset_debug_mode:
        variant = interleave_dataset_op(
            self._variant_tensor, traced.captured, cycle, block, **attrs
        )
        return new_dataset(variant, structure.spec, [self], shown_name(interleave_dataset_op))
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
    return new_dataset(variant, structure.spec, [self], shown_name(parallel_interleave_dataset_op))
