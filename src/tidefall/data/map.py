"""`Dataset.map`: a function of every element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tidefall.data.batch import check_parallel_calls, deterministic_attr
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    transformation,
)
from tidefall.data.functions import Runner, StructuredFunction, unpacked
from tidefall.data.node import UNKNOWN, Element, ElementIterator, Node
from tidefall.function.concrete import GraphFunction


class MapNode(Node):
    """What a function makes of each element."""

    def __init__(self, source: Node, function: Runner, preserve_cardinality: bool = True):
        self.inputs = (source,)
        self.function = function
        self.functions = (function,)
        self.preserve_cardinality = preserve_cardinality

    def make_iterator(self) -> ElementIterator:
        return _Mapped(self.inputs[0].make_iterator(), self.function)

    def cardinality(self) -> int:
        return self.inputs[0].cardinality() if self.preserve_cardinality else UNKNOWN


class _Mapped(ElementIterator):
    __slots__ = ("_function", "_source")

    def __init__(self, source: ElementIterator, function: Runner):
        self._source = source
        self._function = function

    def __next__(self) -> Element:
        return self._function(next(self._source))

    def skip(self, count: int) -> int:
        return self._source.skip(count)


def _build(
    source: Any, captured: Sequence[Any], *, f: GraphFunction, preserve_cardinality: bool
) -> Node:
    return MapNode(node_of(source, "MapDataset"), Runner(f, captured), preserve_cardinality)


def _build_parallel(
    source: Any,
    captured: Sequence[Any],
    parallel_calls: Any,
    *,
    f: GraphFunction,
    preserve_cardinality: bool,
) -> Node:
    check_parallel_calls(parallel_calls)
    return _build(source, captured, f=f, preserve_cardinality=preserve_cardinality)


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
        num_parallel_calls: accepted; elements are made one after the other.
        deterministic: accepted; the order is always that of the input.
        synchronous: accepted; elements are made when they are asked for.
        use_unbounded_threadpool: accepted.
        name: accepted for TensorFlow's sake.

    Raises:
        TypeError: the function returns what is no tensor.

    >>> import tidefall as tf
    >>> list(tf.data.Dataset.range(3).map(lambda x: x + 1).as_numpy_iterator())
    [np.int64(1), np.int64(2), np.int64(3)]
    """
    traced = StructuredFunction(map_func, "Dataset.map", unpacked(self.element_spec))
    attrs = {
        "f": traced.function,
        "preserve_cardinality": True,
        "use_inter_op_parallelism": True,
        **traced.output.attrs,
    }
    if num_parallel_calls is None:
        variant = map_dataset_op(self._variant_tensor, traced.captured, **attrs)
        return new_dataset(variant, traced.output.spec, [self], shown_name("MapDataset"))
    variant = parallel_map_dataset_op(
        self._variant_tensor,
        traced.captured,
        num_parallel_calls,
        deterministic=deterministic_attr(deterministic),
        use_unbounded_threadpool=use_unbounded_threadpool,
        **attrs,
    )
    return new_dataset(variant, traced.output.spec, [self], shown_name("ParallelMapDatasetV2"))
