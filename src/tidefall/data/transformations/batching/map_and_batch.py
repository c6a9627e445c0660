"""`tf.data.experimental.map_and_batch`: a function of every element, and batches of the results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tidefall.base import dtypes
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.exports import export
from tidefall.data.dataset import DatasetV2, dataset_op, new_dataset, node_of, shown_name
from tidefall.data.engine.functions import Runner, StructuredFunction, unpacked
from tidefall.data.engine.node import Node
from tidefall.data.engine.structure import Structure
from tidefall.data.transformations.batching.batch import (
    BatchNode,
    batched_spec,
    check_parallel_calls,
)
from tidefall.data.transformations.map import ParallelMapNode
from tidefall.op import raw
from tidefall.runtime.graph_function import GraphFunction
from tidefall.tensor.tensor import Tensor


def _build(
    source: Any,
    captured: Sequence[Any],
    batch_size: Any,
    parallel_calls: Any,
    drop_remainder: Any,
    *,
    f: GraphFunction,
    preserve_cardinality: bool,
) -> Node:
    if batch_size <= 0:
        raise InvalidArgumentError(None, None, "batch_size must be greater than zero.")
    check_parallel_calls(parallel_calls)
    node = node_of(source)
    function = Runner(f, captured)
    mapped = ParallelMapNode(node, function, int(parallel_calls), None, preserve_cardinality)
    return BatchNode(mapped, int(batch_size), bool(drop_remainder))


map_and_batch_dataset_op = dataset_op("MapAndBatchDataset", _build)
dataset_op("ExperimentalMapAndBatchDataset", _build)


@export("data.experimental.map_and_batch")
def map_and_batch(
    map_func: Callable[..., Any],
    batch_size: Any,
    num_parallel_batches: Any = None,
    drop_remainder: Any = False,
    num_parallel_calls: Any = None,
) -> Callable[[DatasetV2], DatasetV2]:
    """A transformation that applies a function and makes batches of the results.

    `dataset.map(...).batch(...)` does the same.

    Args:
        map_func: as of `Dataset.map`.
        batch_size: how many elements make a batch.
        num_parallel_batches: how many batches are worked on at a time.
        drop_remainder: leave out the last batch if it has fewer elements.
        num_parallel_calls: how many elements are worked on at a time, in place of that.

    Raises:
        ValueError: both numbers of parallel calls are given.
        tf.errors.InvalidArgumentError: a number is not positive.

    >>> import tidefall as tf
    >>> squares = tf.data.experimental.map_and_batch(lambda x: x * x, batch_size=2)
    >>> [x.numpy().tolist() for x in tf.data.Dataset.range(3).apply(squares)]
    [[0, 1], [4]]
    """
    if num_parallel_batches is not None and num_parallel_calls is not None:
        raise ValueError(
            "`map_and_batch` allows only one of `num_parallel_batches` and `num_parallel_calls` to "
            "be set, but `num_parallel_batches` was set to "
            f"{num_parallel_batches} and `num_parallel_calls` was set to {num_parallel_calls}."
        )
    calls = num_parallel_calls
    if calls is None:
        calls = _product(batch_size, 1 if num_parallel_batches is None else num_parallel_batches)

    def apply(dataset: DatasetV2) -> DatasetV2:
        name = "tf.data.experimental.map_and_batch"
        traced = StructuredFunction(map_func, name, unpacked(dataset.element_spec))
        spec = batched_spec(traced.output.spec, batch_size, drop_remainder)
        variant = map_and_batch_dataset_op(
            dataset._variant_tensor,
            traced.captured,
            batch_size,
            calls,
            drop_remainder,
            f=traced.function,
            preserve_cardinality=True,
            **Structure(spec).attrs,
        )
        return new_dataset(variant, spec, [dataset], shown_name(map_and_batch_dataset_op))

    return apply


def _product(batch_size: Any, batches: Any) -> Any:
    if isinstance(batch_size, Tensor):
        return raw.Mul(raw.Cast(batch_size, DstT=dtypes.int64), batches)
    return batch_size * batches
