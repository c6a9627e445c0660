"""`Dataset.map`: a function of every element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.base.config import config
from tidefall.base.errors import OpError
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    transformation,
    variant_of,
)
from tidefall.data.engine.access import RandomAccess
from tidefall.data.engine.elements import Batch, Element, State, elements_of, stack
from tidefall.data.engine.functions import Runner, StructuredFunction, unpacked
from tidefall.data.engine.iterators import ByNumber, Derived, ElementIterator
from tidefall.data.engine.node import AUTOTUNE, UNKNOWN, Node
from tidefall.data.engine.prefetch_buffer import ReadAhead
from tidefall.data.engine.settings import current_settings
from tidefall.data.engine.stages import BY_NUMBER, BY_ROWS, ONE_BY_ONE, Stage
from tidefall.data.engine.tuning import ThreadTuner
from tidefall.data.engine.worker_processes import WorkerProcesses, check_movable, pool_of
from tidefall.data.transformations.batching.batch import (
    check_parallel_calls,
    deterministic_attr,
    ordered_or_not,
)
from tidefall.runtime.graph_function import GraphFunction


class MapNode(Node):
    """What a function makes of each element."""

    def __init__(self, source: Node, function: Runner, preserve_cardinality: bool = True):
        self.inputs = (source,)
        self.function = function
        self.functions = (function,)
        self.preserve_cardinality = preserve_cardinality

    def describe(self, asked: str) -> Stage:
        function = self.function
        if self.random_access() is not None:
            way = "vectorised" if function.vectorized else f"one at a time: {function.one_by_one}"
            return Stage(f"{BY_NUMBER}, {way}", BY_NUMBER)
        if not function.vectorized:
            return Stage(f"{ONE_BY_ONE}: {function.one_by_one}")
        if asked == BY_ROWS:
            return Stage(f"{BY_ROWS}, vectorised", BY_ROWS)
        return Stage(ONE_BY_ONE, notes=["it would be vectorised if a batch followed it"])

    def advice(self) -> str:
        return "" if self.function.vectorized else "num_parallel_calls=tf.data.AUTOTUNE"

    def make_iterator(self) -> ElementIterator:
        single = 0 <= self.inputs[0].cardinality() <= 1  # not worth another form of the function
        access = None if single else self.random_access()
        if access is not None:
            return ByNumber(access)
        return Mapped(self.inputs[0].make_iterator(), self.function)

    def cardinality(self) -> int:
        return self.inputs[0].cardinality() if self.preserve_cardinality else UNKNOWN

    def random_access(self) -> RandomAccess | None:
        access = self.inputs[0].random_access() if self.function.is_pure else None
        return None if access is None else _MapAccess(access, self.function)


class _MapAccess(RandomAccess):
    __slots__ = ("_function", "_source", "size", "vectorized")

    def __init__(self, source: RandomAccess, function: Runner):
        self._source = source
        self._function = function
        self.size = source.size
        self.vectorized = function.vectorized  # type: ignore[misc]

    def element(self, index: int) -> Element:
        return self._function(self._source.element(index), index)

    def gather(self, indices: np.ndarray) -> list[Any]:
        if self.vectorized:
            columns = self._source.gather(indices)
            try:
                return self._function.batch(len(indices), columns)
            except OpError as error:
                raise self._of_one(indices.tolist(), error) from error
        return stack([self.element(i) for i in indices.tolist()])

    def part(self, start: int, end: int) -> list[Any]:
        if self.vectorized:
            columns = self._source.part(start, end)
            try:
                return self._function.batch(end - start, columns)
            except OpError as error:
                raise self._of_one(range(start, end), error) from error
        return stack([self.element(i) for i in range(start, end)])

    def _of_one(self, indices: Sequence[int], error: OpError) -> OpError:
        """The error of the first of some elements that fails by itself."""
        for index in indices:
            try:
                self.element(index)
            except OpError as found:
                return found
        return error


class Mapped(Derived):
    """What a function makes of the elements of an iterator."""

    __slots__ = ("_function", "_index", "_left_over")
    _kept = ("_function", "_index", "_left_over")

    def __init__(self, source: ElementIterator, function: Runner):
        super().__init__(source)
        self._function = function
        self._left_over: list[Element] = []
        self._index = 0

    def __next__(self) -> Element:
        element = self._left_over.pop() if self._left_over else next(self._source)
        index = self._index
        self._index = index + 1
        return self._function(element, index)

    def batch(self, count: int) -> Batch:
        if not self._function.vectorized or self._left_over:
            return super().batch(count)
        count, columns = self._source.batch(count)
        if not count:
            return 0, []
        try:
            made = self._function.batch(count, columns)
            self._index += count
            return count, made
        except OpError:
            # One of them fails: the next calls find out which, and go on behind it.
            self._left_over = list(elements_of(count, columns))[::-1]
            return super().batch(count)

    def skip(self, count: int) -> int:
        if not self._function.is_pure:
            return super().skip(count)
        dropped = min(count, len(self._left_over))
        if dropped:
            del self._left_over[-dropped:]
        dropped += self._source.skip(count - dropped)
        self._index += dropped
        return dropped

    def saves_position(self) -> bool:
        return not self._left_over and self._source.saves_position()


class ParallelMapNode(MapNode):
    """What a function makes of each element, of several elements at a time."""

    title = "map"
    tuning = ("calls", "ordered", "tuner")

    def __init__(
        self, source: Node, function: Runner, calls: int, ordered: bool | None, preserve: bool
    ):
        super().__init__(source, function, preserve)
        self.calls = calls
        self.ordered = ordered
        self.pool = pool_of(function)
        self.tuner = ThreadTuner()

    def describe(self, asked: str) -> Stage:
        stage = super().describe(asked)
        calls = "AUTOTUNE" if self.calls == AUTOTUNE else self.calls
        stage.arguments["num_parallel_calls"] = calls
        if self.function.vectorized:
            stage.notes.append("threads are left out: it is vectorised")
            return stage
        settings = current_settings()
        ordered = settings.deterministic if self.ordered is None else self.ordered
        order = "in order" if ordered else "in any order"
        threads = f"{settings.threads(self.calls)} threads"
        if self.calls == AUTOTUNE and settings.autotune:
            threads = f"up to {threads} as they pay"
        if self.pool is not None:
            threads = f"{self.calls} processes"
        stage.way = f"{threads}, {order}, {ONE_BY_ONE}: {self.function.one_by_one}"
        stage.asks = ONE_BY_ONE
        return stage

    def advice(self) -> str:
        if self.function.vectorized:
            return super().advice()
        if self.pool is not None:
            return "more processes, or a function that does less."
        processes = "tf.data.experimental.WorkerProcesses(n) if it is Python that takes the time"
        if self.calls != AUTOTUNE:
            return f"num_parallel_calls=tf.data.AUTOTUNE, or {processes}."
        return f"a function that does less, or {processes}."

    def random_access(self) -> RandomAccess | None:
        # What works on many elements at once needs no threads; what does not, wants them.
        if self.inputs[0].random_access() is None:
            return None
        return super().random_access() if self.function.vectorized else None

    def make_iterator(self) -> ElementIterator:
        if self.calls == AUTOTUNE and self.inputs[0].random_access() is None:
            return _Undecided(self.inputs[0].make_iterator(), self)
        if self.function.vectorized:
            return super().make_iterator()
        return _ParallelMapped(self.inputs[0].make_iterator(), self)


class _Undecided(ElementIterator):
    """A parallel map as long as nobody has wanted its second element.

    Whether the function can work on many elements at once takes longer to find out than to make
    one, and `Model.predict` of a few rows wants no more.
    """

    __slots__ = ("_chosen", "_made", "_node", "_source")

    def __init__(self, source: ElementIterator, node: ParallelMapNode):
        self._source = source
        self._node = node
        self._made = 0
        self._chosen: ElementIterator | None = None

    def __next__(self) -> Element:
        chosen = self._chosen
        if chosen is None:
            if not self._made and not self._node.tuner.threads:
                element = next(self._source)
                self._made = 1
                return self._node.function(element, 0)
            chosen = self._choose()
        return next(chosen)

    def _choose(self) -> ElementIterator:
        chosen: Any = self._chosen
        if chosen is None:
            function = self._node.function
            if function.vectorized:
                chosen = Mapped(self._source, function)
                chosen._index = self._made
            else:
                chosen = _ParallelMapped(self._source, self._node)
                chosen.has_made(self._made)
            self._chosen = chosen
        return chosen

    def batch(self, count: int) -> Batch:
        return self._choose().batch(count)

    def skip(self, count: int) -> int:
        return self._choose().skip(count)

    def save(self) -> State:
        return self._choose().save()

    def restore(self, state: State) -> None:
        self._choose().restore(state)

    def saves_position(self) -> bool:
        return self._choose().saves_position()


class _ParallelMapped(ReadAhead):
    __slots__ = ("_function",)

    def __init__(self, source: ElementIterator, node: ParallelMapNode):
        settings = current_settings()
        function = self._function = node.function
        super().__init__(
            source,
            work=node.pool or function,
            threads=node.calls,
            size=node.calls,
            ordered=settings.deterministic if node.ordered is None else node.ordered,
            repeatable=function.is_pure,
            tuner=node.tuner,
        )

    def save(self) -> State:
        return {**super().save(), "function": self._function.save()}

    def restore(self, state: State) -> None:
        super().restore(state)
        self._function.restore(state["function"])


def _build(
    source: Any, captured: Sequence[Any], *, f: GraphFunction, preserve_cardinality: bool
) -> Node:
    return MapNode(node_of(source), Runner(f, captured), preserve_cardinality)


def _build_parallel(
    source: Any,
    captured: Sequence[Any],
    parallel_calls: Any,
    *,
    f: GraphFunction,
    preserve_cardinality: bool,
    deterministic: str,
) -> Node:
    check_parallel_calls(parallel_calls)
    return ParallelMapNode(
        node_of(source),
        Runner(f, captured),
        int(parallel_calls),
        ordered_or_not(deterministic),
        preserve_cardinality,
    )


map_dataset_op = dataset_op("MapDataset", _build)
parallel_map_dataset_op = dataset_op("ParallelMapDatasetV2", _build_parallel)


@transformation("map")
def map_(
    self: DatasetV2,
    map_func: Callable[..., Any],
    num_parallel_calls: Any = None,
    deterministic: bool | None = None,
    synchronous: bool | None = None,
    use_unbounded_threadpool: bool = False,
    name: str | None = None,
) -> DatasetV2:
    """Apply a function to every element.

    The function is traced once, like a `tf.function`, and its graph is run for each element.

    Args:
        map_func: takes an element, spread over its parameters if it is a tuple, and returns a
            structure of tensors.
        num_parallel_calls: how many elements are worked on at a time, by as many threads;
            `tf.data.AUTOTUNE` leaves it to us. A function that can work on many elements at once
            does so, and needs no threads. `tf.data.experimental.WorkerProcesses(n)` has elements
            worked on by n processes, for functions in Python.
        deterministic: keep the order of the input; by default as the dataset's options say,
            which is True.
        synchronous: accepted; without `num_parallel_calls` elements are made when they are asked
            for.
        use_unbounded_threadpool: accepted.
        name: accepted for TensorFlow's sake.

    Raises:
        TypeError: the function returns what is no tensor.
        ValueError: the function has state, and is to run in worker processes.

    >>> import tidefall as tf
    >>> list(tf.data.Dataset.range(3).map(lambda x: x + 1).as_numpy_iterator())
    [np.int64(1), np.int64(2), np.int64(3)]
    """
    traced = StructuredFunction(map_func, "Dataset.map", unpacked(self.element_spec))
    if isinstance(num_parallel_calls, WorkerProcesses):
        check_movable(traced)
        traced.workers = num_parallel_calls
        num_parallel_calls = traced.workers.count
    attrs = {
        "f": traced.function,
        "preserve_cardinality": True,
        "use_inter_op_parallelism": True,
        **traced.output.attrs,
    }
    if num_parallel_calls is None or config.dataset_debug_mode:
        variant = variant_of(map_dataset_op, self._variant_tensor, traced.captured, **attrs)
        return new_dataset(variant, traced.output, [self], shown_name(map_dataset_op))
    variant = variant_of(
        parallel_map_dataset_op,
        self._variant_tensor,
        traced.captured,
        num_parallel_calls,
        deterministic=deterministic_attr(deterministic),
        use_unbounded_threadpool=use_unbounded_threadpool,
        **attrs,
    )
    return new_dataset(variant, traced.output, [self], shown_name(parallel_map_dataset_op))
