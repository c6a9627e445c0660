"""Ops of datasets under earlier names, and those that only steer TensorFlow's runtime.

No function here makes them; graphs in files have them.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Sequence
from typing import Any

from tidefall.base.errors import InvalidArgumentError
from tidefall.data.dataset import dataset_effects, dataset_op, node_of, scalar
from tidefall.data.engine.elements import Element
from tidefall.data.engine.functions import Runner
from tidefall.data.engine.iterators import Derived, ElementIterator
from tidefall.data.engine.node import Node
from tidefall.data.report.cardinality import cardinality_op
from tidefall.data.sources.random import random_dataset_op
from tidefall.data.sources.record_files import write_records_op
from tidefall.data.sources.tensors import ElementsNode
from tidefall.data.transformations.batching.batch import (
    BatchNode,
    check_parallel_calls,
    ordered_or_not,
)
from tidefall.data.transformations.batching.padded_batch import PaddedBatchNode
from tidefall.data.transformations.batching.sparse_batch import sparse_batch_dataset_op
from tidefall.data.transformations.batching.unbatch import unbatch_dataset_op
from tidefall.data.transformations.combining.directed_interleave import (
    directed_interleave_dataset_op,
)
from tidefall.data.transformations.combining.interleave import ParallelInterleaveNode
from tidefall.data.transformations.filter import FilterNode
from tidefall.data.transformations.group_by_window import group_by_window_dataset_op
from tidefall.data.transformations.ignore_errors import ignore_errors_dataset_op
from tidefall.data.transformations.map import ParallelMapNode, map_dataset_op
from tidefall.data.transformations.repeat import RepeatNode
from tidefall.data.transformations.scan import scan_dataset_op
from tidefall.data.transformations.shuffle import SeedGenerator, ShuffleNode
from tidefall.data.transformations.take_while import take_while_dataset_op
from tidefall.data.transformations.unique import unique_dataset_op
from tidefall.op.effects import REFERS
from tidefall.op.op import Op
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.table import op_def
from tidefall.op.traits import NO_EXTERNAL_STATE
from tidefall.runtime.graph_function import GraphFunction

# ---- other names ----


def _rename(old: str, new: Op) -> None:
    """Declare an op that is another one, whose attributes it may lack."""
    assert new.host is not None
    assert new.shape is not None
    declared = op(
        old,
        shape=new.shape,
        host=new.host,
        effects=new.effects,
        traits=new.traits,
        gradient=NOT_DIFFERENTIABLE,
    )
    own = declared.definition.attrs
    absent = {name: new.definition.defaults[name] for name in new.host_attrs if name not in own}
    if absent:
        declared.host = functools.partial(new.host, **absent)
    declared.host_attrs = tuple(name for name in new.host_attrs if name in own)


for _old, _new in {
    "ExperimentalDatasetCardinality": cardinality_op,
    "ExperimentalDatasetToTFRecord": write_records_op,
    "ExperimentalDenseToSparseBatchDataset": sparse_batch_dataset_op,
    "ExperimentalDirectedInterleaveDataset": directed_interleave_dataset_op,
    "ExperimentalGroupByWindowDataset": group_by_window_dataset_op,
    "ExperimentalIgnoreErrorsDataset": ignore_errors_dataset_op,
    "ExperimentalMapDataset": map_dataset_op,
    "ExperimentalRandomDataset": random_dataset_op,
    "ExperimentalScanDataset": scan_dataset_op,
    "ExperimentalTakeWhileDataset": take_while_dataset_op,
    "ExperimentalUnbatchDataset": unbatch_dataset_op,
    "ExperimentalUniqueDataset": unique_dataset_op,
}.items():
    _rename(_old, _new)

# ---- other inputs ----


def _batch(source: Any, batch_size: Any) -> Node:
    return BatchNode(node_of(source), int(batch_size), drop_remainder=False)


def _padded_batch(
    source: Any, batch_size: Any, shapes: Sequence[Any], paddings: Sequence[Any]
) -> Node:
    sizes = [tuple(shape.tolist()) for shape in shapes]
    node = node_of(source)
    return PaddedBatchNode(node, int(batch_size), False, sizes, paddings)


def _shuffle(
    source: Any, buffer_size: Any, seed: Any, seed2: Any, *, reshuffle_each_iteration: bool
) -> Node:
    seeds = SeedGenerator(int(seed), int(seed2), reshuffle_each_iteration)
    return ShuffleNode(node_of(source), int(buffer_size), seeds)


def _shuffle_with_generator(source: Any, buffer_size: Any, generator: Any) -> Node:
    seeds = generator or SeedGenerator(0, 0, reshuffle=True)
    return ShuffleNode(node_of(source), int(buffer_size), seeds)


def _shuffle_and_repeat(
    source: Any,
    buffer_size: Any,
    seed: Any,
    seed2: Any,
    count: Any,
    generator: Any = None,
    *,
    reshuffle_each_iteration: bool,
) -> Node:
    seeds = generator or SeedGenerator(int(seed), int(seed2), reshuffle_each_iteration)
    shuffled = ShuffleNode(node_of(source), int(buffer_size), seeds)
    return RepeatNode(shuffled, int(count))


def _parallel_map(
    source: Any,
    captured: Sequence[Any],
    parallel_calls: Any,
    *,
    f: GraphFunction,
    preserve_cardinality: bool,
    sloppy: bool,
) -> Node:
    check_parallel_calls(parallel_calls)
    node = node_of(source)
    ordered = False if sloppy else None
    function = Runner(f, captured)
    return ParallelMapNode(node, function, int(parallel_calls), ordered, preserve_cardinality)


def _parallel_filter(
    source: Any, captured: Sequence[Any], parallel_calls: Any, *, predicate: GraphFunction
) -> Node:
    check_parallel_calls(parallel_calls)
    return FilterNode(node_of(source), Runner(predicate, captured))


def _interleave(
    source: Any,
    captured: Sequence[Any],
    cycle: Any,
    block: Any,
    calls: Any,
    f: GraphFunction,
    ordered: bool | None,
) -> Node:
    node = node_of(source)
    function = Runner(f, captured)
    return ParallelInterleaveNode(node, function, int(cycle), int(block), int(calls), ordered)


def _interleave_v2(
    source: Any,
    captured: Sequence[Any],
    cycle: Any,
    block: Any,
    calls: Any,
    *,
    f: GraphFunction,
    sloppy: bool,
) -> Node:
    return _interleave(source, captured, cycle, block, calls, f, False if sloppy else None)


def _interleave_v3(
    source: Any,
    captured: Sequence[Any],
    cycle: Any,
    block: Any,
    calls: Any,
    *,
    f: GraphFunction,
    deterministic: str,
) -> Node:
    return _interleave(source, captured, cycle, block, calls, f, ordered_or_not(deterministic))


def _list(tensors: Sequence[Any], *, output_types: Sequence[Any]) -> Node:
    size = len(output_types)
    elements = [list(tensors[i : i + size]) for i in range(0, len(tensors), size)]
    return ElementsNode(elements)


dataset_op("BatchDataset", _batch)
dataset_op("PaddedBatchDataset", _padded_batch)
dataset_op("ShuffleDataset", _shuffle)
dataset_op("ShuffleDatasetV2", _shuffle_with_generator)
dataset_op("ShuffleAndRepeatDataset", _shuffle_and_repeat)
dataset_op("ShuffleAndRepeatDatasetV2", _shuffle_and_repeat)
dataset_op("ParallelMapDataset", _parallel_map)
dataset_op("ParallelFilterDataset", _parallel_filter)
dataset_op("ParallelInterleaveDatasetV2", _interleave_v2)
dataset_op("ParallelInterleaveDatasetV3", _interleave_v3)
dataset_op("ListDataset", _list)

# ---- stages of their own ----


class FilterByLastComponentNode(Node):
    """The elements whose last component is True, without it."""

    def __init__(self, source: Node):
        self.inputs = (source,)

    def make_iterator(self) -> ElementIterator:
        return _ByLast(self.inputs[0].make_iterator())


class _ByLast(Derived):
    __slots__ = ()

    def __next__(self) -> Element:
        while True:
            *values, holds = next(self._source)
            if holds:
                return values


class SleepNode(Node):
    """The input's elements, each after a pause of some microseconds."""

    def __init__(self, source: Node, microseconds: int):
        self.inputs = (source,)
        self.microseconds = microseconds

    def make_iterator(self) -> ElementIterator:
        return _Slept(self.inputs[0].make_iterator(), self.microseconds)

    def cardinality(self) -> int:
        return self.inputs[0].cardinality()


class _Slept(Derived):
    __slots__ = ("_seconds",)

    def __init__(self, source: ElementIterator, microseconds: int):
        super().__init__(source)
        self._seconds = microseconds * 1e-6

    def __next__(self) -> Element:
        element = next(self._source)
        time.sleep(self._seconds)
        return element


def _sleep(source: Any, microseconds: Any) -> Node:
    return SleepNode(node_of(source), int(microseconds))


dataset_op("FilterByLastComponentDataset", lambda s: FilterByLastComponentNode(node_of(s)))
dataset_op("SleepDataset", _sleep)
dataset_op("ExperimentalSleepDataset", _sleep)

# ---- what steers TensorFlow's runtime: the elements are the input's ----


def _same(source: Any, *steering: Any) -> Node:
    return node_of(source)


def _same_threads(source: Any, count: Any) -> Node:
    if count < 0:
        raise InvalidArgumentError(
            None, None, f"A number of threads must not be negative. Received: {int(count)}"
        )
    return node_of(source)


for _name in (
    "FinalizeDataset", "ModelDataset", "NonSerializableDataset", "OptimizeDataset",
    "OptimizeDatasetV2", "RewriteDataset", "ExperimentalNonSerializableDataset",
    "UnwrapDatasetVariant", "WrapDatasetVariant", "BytesProducedStatsDataset",
    "ExperimentalBytesProducedStatsDataset", "ExperimentalLatencyStatsDataset",
    "ExperimentalSetStatsAggregatorDataset", "ExperimentalThreadPoolDataset",
    "LatencyStatsDataset", "SetStatsAggregatorDataset", "ThreadPoolDataset",
):  # fmt: skip
    op(
        _name,
        shape=scalar,
        host=_same,
        effects=dataset_effects(op_def(_name)),
        traits=(NO_EXTERNAL_STATE,),
        gradient=NOT_DIFFERENTIABLE,
    )
for _name in (
    "MaxIntraOpParallelismDataset", "PrivateThreadPoolDataset",
    "ExperimentalMaxIntraOpParallelismDataset", "ExperimentalPrivateThreadPoolDataset",
):  # fmt: skip
    op(
        _name,
        shape=scalar,
        host=_same_threads,
        effects=dataset_effects(op_def(_name)),
        traits=(NO_EXTERNAL_STATE,),
        gradient=NOT_DIFFERENTIABLE,
    )
for _name in (
    "ExperimentalStatsAggregatorHandle", "ExperimentalThreadPoolHandle", "StatsAggregatorHandle",
    "StatsAggregatorHandleV2", "ThreadPoolHandle",
):  # fmt: skip
    op(_name, shape=scalar, host=lambda: None, effects=REFERS, gradient=NOT_DIFFERENTIABLE)
