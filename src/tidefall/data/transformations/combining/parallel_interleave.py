"""`tf.data.experimental.parallel_interleave`: the older form of a parallel `interleave`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tidefall.base.errors import InvalidArgumentError
from tidefall.base.exports import export
from tidefall.data.dataset import DatasetV2, dataset_op, new_dataset, node_of, shown_name
from tidefall.data.engine.functions import Runner
from tidefall.data.engine.node import AUTOTUNE, UNKNOWN, Node
from tidefall.data.transformations.batching.batch import deterministic_attr, ordered_or_not
from tidefall.data.transformations.combining.flat_map import dataset_function
from tidefall.data.transformations.combining.interleave import ParallelInterleaveNode
from tidefall.op import raw
from tidefall.runtime.graph_function import GraphFunction


class _OldInterleaveNode(ParallelInterleaveNode):
    title = "parallel_interleave"
    replaces_at_once = True

    def cardinality(self) -> int:
        return UNKNOWN


def _build(
    source: Any,
    captured: Sequence[Any],
    cycle: Any,
    block: Any,
    buffered: Any,
    ahead: Any,
    *,
    f: GraphFunction,
    deterministic: str,
) -> Node:
    return _node(source, captured, cycle, block, buffered, ahead, f, ordered_or_not(deterministic))


def _build_sloppy(
    source: Any,
    captured: Sequence[Any],
    cycle: Any,
    block: Any,
    sloppy: Any,
    buffered: Any,
    ahead: Any,
    *,
    f: GraphFunction,
) -> Node:
    return _node(source, captured, cycle, block, buffered, ahead, f, not sloppy)


def _node(
    source: Any,
    captured: Sequence[Any],
    cycle: Any,
    block: Any,
    buffered: Any,
    ahead: Any,
    function: GraphFunction,
    ordered: bool | None,
) -> Node:
    for name, value, least in (
        ("cycle_length", cycle, 1),
        ("block_length", block, 1),
        ("buffer_output_elements", buffered, 1),
        ("prefetch_input_elements", ahead, 0),
    ):
        is_buffer = name.startswith(("buffer", "prefetch"))
        if value < least and not (is_buffer and value == AUTOTUNE):
            wanted = "> 0" if least else ">= 0"
            raise InvalidArgumentError(
                None, None, f"`{name}` must be {wanted}. Received: {int(value)}"
            )
    return _OldInterleaveNode(
        node_of(source),
        Runner(function, captured),
        int(cycle),
        int(block),
        int(cycle),
        ordered,
        int(ahead),
        int(buffered),
    )


legacy_parallel_interleave_op = dataset_op("LegacyParallelInterleaveDatasetV2", _build)
dataset_op("ParallelInterleaveDataset", _build_sloppy)
dataset_op("ExperimentalParallelInterleaveDataset", _build_sloppy)


@export("data.experimental.parallel_interleave")
def parallel_interleave(
    map_func: Callable[..., Any],
    cycle_length: Any,
    block_length: Any = 1,
    sloppy: bool | None = False,
    buffer_output_elements: Any = None,
    prefetch_input_elements: Any = None,
) -> Callable[[DatasetV2], DatasetV2]:
    """A transformation that takes turns among datasets, read ahead of time by threads.

    See `Dataset.interleave`, which does the same.

    Args:
        map_func: takes an element and returns a dataset.
        cycle_length: how many datasets are open at a time, each read by a thread at most.
        block_length: how many elements one of them gives in its turn.
        sloppy: elements may come in another order, as soon as they are there.
        buffer_output_elements: how many elements are read ahead of each dataset.
        prefetch_input_elements: how many datasets are opened ahead.

    Raises:
        TypeError: the function returns something else.
        tf.errors.InvalidArgumentError: a number is not positive.

    >>> import tidefall as tf
    >>> twice = tf.data.experimental.parallel_interleave(
    ...     lambda x: tf.data.Dataset.from_tensors(x).repeat(2), cycle_length=2)
    >>> [int(x) for x in tf.data.Dataset.range(3).apply(twice)]
    [0, 1, 0, 1, 2, 2]
    """

    def apply(dataset: DatasetV2) -> DatasetV2:
        name = "tf.data.experimental.parallel_interleave"
        traced, structure = dataset_function(map_func, name, dataset.element_spec)
        buffered = 2 * block_length if buffer_output_elements is None else buffer_output_elements
        ahead = 2 * cycle_length if prefetch_input_elements is None else prefetch_input_elements
        variant = legacy_parallel_interleave_op(
            dataset._variant_tensor,
            traced.captured,
            cycle_length,
            block_length,
            buffered,
            ahead,
            f=traced.function,
            deterministic=deterministic_attr(None if sloppy is None else not sloppy),
            **structure.attrs,
        )
        kind = shown_name(raw.ParallelInterleaveDataset, "")
        return new_dataset(variant, structure.spec, [dataset], kind)

    return apply
