"""`Dataset.scan`: a function of every element and of a state that goes from one to the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tidefall.base import data_nest, dtypes
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    source,
    transformation,
)
from tidefall.data.engine.elements import Element
from tidefall.data.engine.functions import Runner, StructuredFunction
from tidefall.data.engine.iterators import Derived, ElementIterator
from tidefall.data.engine.node import UNKNOWN, Node
from tidefall.data.engine.structure import Structure, normalize
from tidefall.data.sources.tensors import from_tensors
from tidefall.data.transformations.repeat import repeat
from tidefall.runtime.graph_function import GraphFunction
from tidefall.tensor.conversion import convert_to_tensor


class ScanNode(Node):
    """What a function makes of the state and each element: the next state, and an element."""

    def __init__(
        self, source: Node, initial: Sequence[Any], function: Runner, preserve_cardinality: bool
    ):
        self.inputs = (source,)
        self.initial = initial
        self.function = function
        self.functions = (function,)
        self.preserve_cardinality = preserve_cardinality

    def make_iterator(self) -> ElementIterator:
        return _Scanned(self)

    def cardinality(self) -> int:
        return self.inputs[0].cardinality() if self.preserve_cardinality else UNKNOWN


class _Scanned(Derived):
    __slots__ = ("_function", "_index", "_state")
    _kept = ("_function", "_index", "_state")

    def __init__(self, node: ScanNode):
        super().__init__(node.inputs[0].make_iterator())
        self._function = node.function
        self._state = list(node.initial)
        self._index = 0

    def __next__(self) -> Element:
        element = next(self._source)
        index = self._index
        self._index = index + 1
        results = self._function([*self._state, *element], index)
        size = len(self._state)
        self._state = results[:size]
        return results[size:]


def _build(
    source: Any,
    initial: Sequence[Any],
    captured: Sequence[Any],
    *,
    f: GraphFunction,
    preserve_cardinality: bool,
) -> Node:
    node = node_of(source)
    return ScanNode(node, initial, Runner(f, captured), preserve_cardinality)


scan_dataset_op = dataset_op("ScanDataset", _build)


@transformation("scan")
def scan(
    self: DatasetV2,
    initial_state: Any,
    scan_func: Callable[..., Any],
    name: str | None = None,
) -> DatasetV2:
    """Apply a function to every element together with a state.

    Args:
        initial_state: a structure of tensors, the state before the first element.
        scan_func: takes the state and an element, and returns the next state and the element of
            the result.
        name: accepted for TensorFlow's sake.

    Raises:
        TypeError: the function returns something else, or a state of another structure or dtype.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.range(1, 5)
    >>> sums = dataset.scan(tf.constant(0, tf.int64), lambda s, x: (s + x, s + x))
    >>> [int(x) for x in sums]
    [1, 3, 6, 10]
    """
    structure, flat = normalize(initial_state)
    traced, structure = trace_with_state(
        scan_func, "Dataset.scan", structure, self.element_spec, with_output=True
    )
    output = Structure(traced.output.spec[1])
    variant = scan_dataset_op(
        self._variant_tensor,
        flat,
        traced.captured,
        f=traced.function,
        preserve_cardinality=True,
        **output.attrs,
    )
    return new_dataset(variant, output.spec, [self], shown_name(scan_dataset_op))


@source("counter")
def counter(
    start: Any = 0, step: Any = 1, dtype: Any = dtypes.int64, name: str | None = None
) -> DatasetV2:
    """A dataset that counts without end.

    Args:
        start: the first number.
        step: the difference of two numbers.
        dtype: dtype of the elements.
        name: accepted for TensorFlow's sake.

    >>> import tidefall as tf
    >>> [int(x) for x in tf.data.Dataset.counter(step=2).take(3)]
    [0, 2, 4]
    """
    first = convert_to_tensor(start, dtype)
    difference = convert_to_tensor(step, dtype)
    return scan(repeat(from_tensors(0)), first, lambda state, _: (state + difference, state))


def trace_with_state(
    function: Callable[..., Any],
    transformation: str,
    state: Structure,
    element_spec: Any,
    with_output: bool = False,
) -> tuple[StructuredFunction, Structure]:
    """Trace a function of a state and an element.

    Args:
        function: returns the next state, or a pair of that and an output.
        transformation: what it was given to.
        state: the structure of the first state.
        element_spec: the spec of an element.
        with_output: the function returns a pair.

    Returns:
        The traced function, and the structure of a state general enough for what it returns.
    """
    while True:
        arguments = (state.spec, element_spec)
        traced = StructuredFunction(function, transformation, arguments)
        returned = traced.output.spec
        if with_output:
            if type(returned) is not tuple or len(returned) != 2:
                raise TypeError(
                    f"The function passed to {transformation}() must return a pair comprising the "
                    f"new state and the output value. It returned {returned}."
                )
            returned = returned[0]
        _check_state(state.spec, returned)
        general = data_nest.map_structure(
            lambda old, new: old.most_specific_compatible_type(new), state.spec, returned
        )
        if general == state.spec:
            return traced, state
        state = Structure(general)


def _check_state(old: Any, new: Any) -> None:
    try:
        data_nest.assert_same_structure(old, new)
    except (TypeError, ValueError) as error:
        raise TypeError(
            "The element structure for the new state must match the initial state. Expected "
            f"{old}; got {new}."
        ) from error
    for one, other in zip(data_nest.flatten(old), data_nest.flatten(new), strict=True):
        expected, got = getattr(one, "dtype", None), getattr(other, "dtype", None)
        if expected != got:
            raise TypeError(
                "The element types for the new state must match the initial state. Expected "
                f"{expected!r} but got {got!r}."
            )
