"""`Dataset.group_by_window`: elements with the same key, collected and made into a dataset."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.exports import export
from tidefall.data.dataset import (
    DatasetSpec,
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    transformation,
)
from tidefall.data.engine.elements import Element, State
from tidefall.data.engine.functions import Runner, StructuredFunction, unpacked
from tidefall.data.engine.iterators import ElementIterator
from tidefall.data.engine.node import INFINITE, UNKNOWN, Node
from tidefall.data.engine.structure import Structure
from tidefall.data.sources.tensors import ElementsNode
from tidefall.function.autograph.calls import traced
from tidefall.runtime.graph_function import GraphFunction
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import TensorSpec

_NAME = "Dataset.group_by_window"
_KEY = TensorSpec([], dtypes.int64)


class GroupByWindowNode(Node):
    """Groups of elements with one key, each full or the last of its key, made into datasets."""

    def __init__(self, source: Node, key: Runner, reduce: Runner, size: Runner):
        self.inputs = (source,)
        self.key = key
        self.reduce = reduce
        self.size = size
        self.functions = (key, reduce, size)

    def make_iterator(self) -> ElementIterator:
        return _Groups(self)

    def cardinality(self) -> int:
        return INFINITE if self.inputs[0].cardinality() == INFINITE else UNKNOWN


class _Groups(ElementIterator):
    """`_open` is the key of the group that is given now, and its elements."""

    __slots__ = ("_current", "_ended", "_groups", "_node", "_open", "_sizes", "_source", "_taken")

    def __init__(self, node: GroupByWindowNode):
        self._node = node
        self._source = node.inputs[0].make_iterator()
        self._groups: dict[int, list[Element]] = {}
        self._sizes: dict[int, int] = {}
        self._open: tuple[int, list[Element]] | None = None
        self._current: ElementIterator | None = None
        self._ended = False
        self._taken = 0

    def __next__(self) -> Element:
        while True:
            if self._current is not None:
                try:
                    return next(self._current)
                except StopIteration:
                    self._current = self._open = None
            key = self._fill() if not self._ended else None
            if key is None:
                if not self._groups:
                    raise StopIteration
                key = min(self._groups)
            self._open = (key, self._groups.pop(key))
            self._current = self._make()

    def _fill(self) -> int | None:
        """Collect elements until a group is full; None at the end."""
        for element in self._source:
            self._taken += 1
            key = int(self._node.key(element, self._taken - 1)[0])
            group = self._groups.setdefault(key, [])
            group.append(element)
            if len(group) == self._size(key):
                return key
        self._ended = True
        return None

    def _size(self, key: int) -> int:
        size = self._sizes.get(key)
        if size is None:
            size = int(self._node.size([_scalar(key)])[0])
            if size <= 0:
                raise InvalidArgumentError(
                    None, None, f"Window size must be greater than zero, but got {size}."
                )
            self._sizes[key] = size
        return size

    def _make(self) -> ElementIterator:
        assert self._open is not None
        key, elements = self._open
        (made,) = self._node.reduce([_scalar(key), ElementsNode(elements)])
        return node_of(made).make_iterator()

    def save(self) -> State:
        return {
            "source": self._source.save(),
            "functions": [function.save() for function in self._functions],
            "groups": [[key, _plain(group)] for key, group in self._groups.items()],
            "sizes": [[key, size] for key, size in self._sizes.items()],
            "open": None if self._open is None else [self._open[0], _plain(self._open[1])],
            "at": None if self._current is None else [self._current.save()],
            "ended": self._ended,
            "taken": self._taken,
        }

    def restore(self, state: State) -> None:
        self._source.restore(state["source"])
        self._groups = {key: list(group) for key, group in state["groups"]}
        self._sizes = dict(state["sizes"])
        self._ended = state["ended"]
        self._taken = state["taken"]
        self._open = self._current = None
        if state["at"] is not None:
            key, elements = state["open"]
            self._open = (key, elements)
            self._current = self._make()
            self._current.restore(state["at"][0])
        for function, saved in zip(self._functions, state["functions"], strict=True):
            function.restore(saved)

    @property
    def _functions(self) -> tuple[Runner, ...]:
        return (self._node.key, self._node.reduce, self._node.size)


def _scalar(key: int) -> Any:
    return np.array(key, np.int64)


def _plain(elements: list[Element]) -> list[list[Any]]:
    return [list(element) for element in elements]


def _build(
    source: Any,
    key_captured: Sequence[Any],
    reduce_captured: Sequence[Any],
    size_captured: Sequence[Any],
    *,
    key_func: GraphFunction,
    reduce_func: GraphFunction,
    window_size_func: GraphFunction,
) -> Node:
    return GroupByWindowNode(
        node_of(source),
        Runner(key_func, key_captured),
        Runner(reduce_func, reduce_captured),
        Runner(window_size_func, size_captured),
    )


group_by_window_dataset_op = dataset_op("GroupByWindowDataset", _build)


@transformation("group_by_window")
def group_by_window(
    self: DatasetV2,
    key_func: Callable[..., Any],
    reduce_func: Callable[[Any, DatasetV2], DatasetV2],
    window_size: Any = None,
    window_size_func: Callable[[Any], Any] | None = None,
    name: str | None = None,
) -> DatasetV2:
    """Collect elements with the same key, and make a dataset of each group.

    Args:
        key_func: takes an element and returns its key, a scalar int64 tensor.
        reduce_func: takes a key and a dataset of elements with that key, and returns a dataset; the
            result has the elements of these.
        window_size: how many elements make a group.
        window_size_func: takes a key and returns how many elements make a group of that key.
        name: accepted for TensorFlow's sake.

    Raises:
        ValueError: not exactly one of the sizes is given, or a function returns no int64 scalar.
        TypeError: `reduce_func` returns no dataset.
        tf.errors.InvalidArgumentError: while iterating, a size is not positive.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.range(6).group_by_window(
    ...     key_func=lambda x: x % 2, reduce_func=lambda key, group: group.batch(2), window_size=2)
    >>> [batch.numpy().tolist() for batch in dataset]
    [[0, 2], [1, 3], [4], [5]]
    """
    if (window_size is None) == (not window_size_func):
        raise ValueError(
            "Either the `window_size` argument or the `window_size_func` argument must be "
            "specified."
        )
    if window_size is not None:
        key_size: Callable[[Any], Any] = lambda key: window_size  # noqa: E731
    else:
        assert window_size_func is not None
        key_size = window_size_func
    key = _number(key_func, "key_func", unpacked(self.element_spec))
    size = _number(key_size, "window_size_func", (_KEY,))
    group = DatasetSpec(self.element_spec)
    reduce = StructuredFunction(reduce_func, _NAME, (_KEY, group))
    returned = reduce.output.spec
    if not isinstance(returned, DatasetSpec):
        raise TypeError(
            "Invalid `reduce_func`. `reduce_func` must return a single `tf.data.Dataset` object "
            f"but its return type is {returned}."
        )
    variant = group_by_window_dataset_op(
        self._variant_tensor,
        key.captured,
        reduce.captured,
        size.captured,
        key_func=key.function,
        reduce_func=reduce.function,
        window_size_func=size.function,
        **Structure(returned.element_spec).attrs,
    )
    return new_dataset(
        variant, returned.element_spec, [self], shown_name(group_by_window_dataset_op)
    )


def _number(function: Callable[..., Any], argument: str, specs: Sequence[Any]) -> Any:
    """A function traced that returns a scalar int64 tensor.

    Raises:
        ValueError: it returns something else.
    """

    @functools.wraps(function)
    def number(*args: Any) -> Any:
        return convert_to_tensor(traced(function, _NAME)(*args), dtypes.int64)

    found = StructuredFunction(number, _NAME, specs)
    returned = found.output.spec
    if not isinstance(returned, TensorSpec) or not returned.is_compatible_with(_KEY):
        raise ValueError(
            f"Invalid `{argument}`. `{argument}` must return a single `tf.int64` scalar tensor but "
            f"its return type is {returned}."
        )
    return found


@export("data.experimental.group_by_window")
def experimental_group_by_window(
    key_func: Callable[..., Any],
    reduce_func: Callable[[Any, DatasetV2], DatasetV2],
    window_size: Any = None,
    window_size_func: Callable[[Any], Any] | None = None,
) -> Callable[[DatasetV2], DatasetV2]:
    """A transformation that collects elements with the same key; see `Dataset.group_by_window`.

    Args:
        key_func: takes an element and returns its key.
        reduce_func: takes a key and a dataset of elements, and returns a dataset.
        window_size: how many elements make a group.
        window_size_func: takes a key and returns how many elements make a group of that key.

    >>> import tidefall as tf
    >>> pairs = tf.data.experimental.group_by_window(
    ...     lambda x: x % 2, lambda key, group: group.batch(2), window_size=2
    ... )
    >>> [batch.numpy().tolist() for batch in tf.data.Dataset.range(5).apply(pairs)]
    [[0, 2], [1, 3], [4]]
    """
    return lambda dataset: group_by_window(
        dataset, key_func, reduce_func, window_size, window_size_func
    )
