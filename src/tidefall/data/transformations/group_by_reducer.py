"""`tf.data.experimental.group_by_reducer`: elements with the same key combined into one value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.base import data_nest, dtypes
from tidefall.base.exports import export
from tidefall.data.dataset import DatasetV2, dataset_op, new_dataset, node_of, shown_name
from tidefall.data.engine.elements import Element, State
from tidefall.data.engine.functions import Runner, StructuredFunction, unpacked
from tidefall.data.engine.iterators import ElementIterator
from tidefall.data.engine.node import INFINITE, UNKNOWN, Node
from tidefall.data.transformations.scan import trace_with_state
from tidefall.op import raw
from tidefall.runtime.graph_function import GraphFunction
from tidefall.tensor.specs import TensorSpec

_NAME = "tf.data.experimental.group_by_reducer"
_KEY = TensorSpec([], dtypes.int64)


@export("data.experimental.Reducer")
class Reducer:
    """Three functions that combine elements with the same key.

    Args:
        init_func: takes a key and returns the state before the first element.
        reduce_func: takes a state and an element, and returns the next state.
        finalize_func: takes the last state and returns the result.

    >>> import tidefall as tf
    >>> count = tf.data.experimental.Reducer(lambda key: 0, lambda n, x: n + 1, lambda n: n)
    >>> by_rest = tf.data.experimental.group_by_reducer(lambda x: x % 3, count)
    >>> [int(n) for n in tf.data.Dataset.range(10).apply(by_rest)]
    [4, 3, 3]
    """

    def __init__(
        self,
        init_func: Callable[..., Any],
        reduce_func: Callable[..., Any],
        finalize_func: Callable[..., Any],
    ):
        self._init_func = init_func
        self._reduce_func = reduce_func
        self._finalize_func = finalize_func

    @property
    def init_func(self) -> Callable[..., Any]:
        """Makes the first state."""
        return self._init_func

    @property
    def reduce_func(self) -> Callable[..., Any]:
        """Makes the next state."""
        return self._reduce_func

    @property
    def finalize_func(self) -> Callable[..., Any]:
        """Makes the result."""
        return self._finalize_func


class GroupByReducerNode(Node):
    """One element for each key, in the order of the keys."""

    def __init__(self, source: Node, key: Runner, init: Runner, reduce: Runner, finalize: Runner):
        self.inputs = (source,)
        self.key = key
        self.init = init
        self.reduce = reduce
        self.finalize = finalize
        self.functions = (key, init, reduce, finalize)

    def make_iterator(self) -> ElementIterator:
        return _Reduced(self)

    def cardinality(self) -> int:
        return INFINITE if self.inputs[0].cardinality() == INFINITE else UNKNOWN


class _Reduced(ElementIterator):
    __slots__ = ("_node", "_rest", "_source")

    def __init__(self, node: GroupByReducerNode):
        self._node = node
        self._source = node.inputs[0].make_iterator()
        self._rest: list[list[Any]] | None = None

    def __next__(self) -> Element:
        if self._rest is None:
            states = self._combine()
            self._rest = [states[key] for key in sorted(states, reverse=True)]
        if not self._rest:
            raise StopIteration
        return self._node.finalize(self._rest.pop())

    def _combine(self) -> dict[int, list[Any]]:
        node = self._node
        states: dict[int, list[Any]] = {}
        for i, element in enumerate(self._source):
            (key,) = node.key(element, i)
            number = int(key)
            state = states.get(number)
            if state is None:
                state = node.init([np.array(number, np.int64)])
            states[number] = node.reduce([*state, *element], i)
        return states

    def save(self) -> State:
        return {
            "source": self._source.save() if self._rest is None else None,
            "rest": None if self._rest is None else [list(state) for state in self._rest],
            "functions": [function.save() for function in self._functions],
        }

    def restore(self, state: State) -> None:
        rest = state["rest"]
        self._rest = None if rest is None else [list(one) for one in rest]
        if rest is None:
            self._source.restore(state["source"])
        for function, saved in zip(self._functions, state["functions"], strict=True):
            function.restore(saved)

    @property
    def _functions(self) -> tuple[Runner, ...]:
        node = self._node
        return (node.key, node.init, node.reduce, node.finalize)


def _build(
    source: Any,
    key_captured: Sequence[Any],
    init_captured: Sequence[Any],
    reduce_captured: Sequence[Any],
    finalize_captured: Sequence[Any],
    *,
    key_func: GraphFunction,
    init_func: GraphFunction,
    reduce_func: GraphFunction,
    finalize_func: GraphFunction,
) -> Node:
    return GroupByReducerNode(
        node_of(source),
        Runner(key_func, key_captured),
        Runner(init_func, init_captured),
        Runner(reduce_func, reduce_captured),
        Runner(finalize_func, finalize_captured),
    )


dataset_op("GroupByReducerDataset", _build)
group_by_reducer_dataset_op = dataset_op("ExperimentalGroupByReducerDataset", _build)


@export("data.experimental.group_by_reducer")
def group_by_reducer(
    key_func: Callable[..., Any], reducer: Reducer
) -> Callable[[DatasetV2], DatasetV2]:
    """A transformation, for `Dataset.apply`, that combines all elements with the same key.

    Args:
        key_func: takes an element and returns its key, a scalar int64 tensor.
        reducer: how elements are combined.

    Raises:
        ValueError: `key_func` returns something else.
        TypeError: the state changes its structure or its dtypes.

    >>> import tidefall as tf
    >>> total = tf.data.experimental.Reducer(
    ...     lambda key: tf.constant(0, tf.int64), lambda state, x: state + x, lambda state: state)
    >>> by_rest = tf.data.experimental.group_by_reducer(lambda x: x % 3, total)
    >>> [int(x) for x in tf.data.Dataset.range(10).apply(by_rest)]
    [18, 12, 15]
    """
    return lambda dataset: _reduced(dataset, key_func, reducer)


def _reduced(dataset: DatasetV2, key_func: Callable[..., Any], reducer: Reducer) -> DatasetV2:
    key = StructuredFunction(key_func, _NAME, unpacked(dataset.element_spec))
    returned = key.output.spec
    if not isinstance(returned, TensorSpec) or not returned.is_compatible_with(_KEY):
        dtypes_, shapes = (
            data_nest.map_structure(lambda spec, name=name: getattr(spec, name, None), returned)
            for name in ("dtype", "shape")
        )
        raise ValueError(
            "Invalid `key_func`. Expected `key_func` to return a scalar tf.int64 tensor, but "
            f"instead `key_func` has output types={dtypes_!r} and shapes={shapes}."
        )
    init = StructuredFunction(reducer.init_func, _NAME, (_KEY,))
    reduce, state = trace_with_state(reducer.reduce_func, _NAME, init.output, dataset.element_spec)
    finalize = StructuredFunction(reducer.finalize_func, _NAME, unpacked(state.spec))
    variant = group_by_reducer_dataset_op(
        dataset._variant_tensor,
        key.captured,
        init.captured,
        reduce.captured,
        finalize.captured,
        key_func=key.function,
        init_func=init.function,
        reduce_func=reduce.function,
        finalize_func=finalize.function,
        **finalize.output.attrs,
    )
    kind = shown_name(raw.GroupByReducerDataset)
    return new_dataset(variant, finalize.output.spec, [dataset], kind)
