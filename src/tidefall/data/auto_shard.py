"""A pipeline's part for one of several workers: a copy of its stages with shards in it.

With files, each worker reads its own: the names of the files are sharded before they are opened.
Otherwise every worker makes all elements and keeps its own.
"""

from __future__ import annotations

from typing import Any

from tidefall.base.errors import InvalidArgumentError, NotFoundError
from tidefall.data.dataset import DatasetV2, dataset_op, new_dataset, node_of, shown_name
from tidefall.data.engine.access import RandomAccess
from tidefall.data.engine.elements import Element
from tidefall.data.engine.functions import Runner
from tidefall.data.engine.iterators import Derived, ElementIterator
from tidefall.data.engine.node import Node
from tidefall.data.engine.vectorize import functions_in
from tidefall.data.options import AutoShardPolicy
from tidefall.data.sources.file_sources import FilesNode
from tidefall.data.transformations.batching.rebatch import RebatchNode
from tidefall.data.transformations.combining.concatenate import ConcatenateNode
from tidefall.data.transformations.combining.flat_map import FlatMapNode
from tidefall.data.transformations.combining.interleave import InterleaveNode
from tidefall.data.transformations.combining.zip import ZipNode
from tidefall.data.transformations.old_stages import ReplicaBatchNode
from tidefall.data.transformations.prefetch import PrefetchNode
from tidefall.data.transformations.shard import HINT, ShardNode
from tidefall.data.transformations.shuffle import ShuffleNode
from tidefall.graph.func_graph import FuncGraph
from tidefall.op.traits import READS_RECORDS


def sharded(node: Node, count: int, index: int, policy: AutoShardPolicy, replicas: int = 0) -> Node:
    """The part of a pipeline for worker `index` of `count`.

    Args:
        node: the end of the pipeline.
        count: how many workers there are.
        index: which one this is.
        policy: how they share.
        replicas: how many replicas take the elements of all workers. Where workers share elements,
            a `rebatch` at the end cuts each batch into that many parts, of which a worker
            keeps its own: together they have the batch, step by step.

    Raises:
        InvalidArgumentError: there is no such worker.
        NotFoundError: the files of the pipeline are to be split, and not all of its elements come
            from files.
    """
    if count <= 0:
        raise InvalidArgumentError(None, None, "num_workers must be greater than zero.")
    if not 0 <= index < count:
        raise InvalidArgumentError(None, None, f"index must be between 0 and {count - 1}")
    if policy is AutoShardPolicy.HINT:
        return _hinted(node, count, index)
    if policy is AutoShardPolicy.OFF or (count == 1 and policy is AutoShardPolicy.FILE):
        return node
    if policy is not AutoShardPolicy.DATA:
        try:
            by_files = _by_files(node, count, index)
        except NotFoundError:
            if policy is AutoShardPolicy.FILE:
                raise
        else:
            return node if count == 1 else by_files
    return _by_elements(_in_parts(node, replicas) if replicas else node, count, index)


def _in_parts(node: Node, replicas: int) -> Node:
    if node.is_transparent or isinstance(node, PrefetchNode):
        return node.with_inputs([_in_parts(node.inputs[0], replicas)])
    return ReplicaBatchNode(node.inputs[0], replicas) if isinstance(node, RebatchNode) else node


def _hinted(node: Node, count: int, index: int) -> Node:
    """The pipeline with numbers where it has hints."""
    inputs = [_hinted(one, count, index) for one in node.inputs]
    if isinstance(node, ShardNode) and node.count == HINT:
        return ShardNode(inputs[0], count, index)
    changed = any(new is not old for new, old in zip(inputs, node.inputs, strict=True))
    return node.with_inputs(inputs) if changed else node


def _by_elements(node: Node, count: int, index: int) -> Node:
    if count == 1:
        return node
    if node.is_transparent or isinstance(node, PrefetchNode):
        return node.with_inputs([_by_elements(node.inputs[0], count, index)])
    if node.cardinality() >= count:
        return ShardNode(node, count, index)
    return RequiredShardNode(node, count, index, "element")


# ---- by files ----


class RequiredShardNode(ShardNode):
    """A shard with something in it; each of the other workers must have something as well."""

    def __init__(self, source: Node, count: int, index: int, what: str):
        super().__init__(source, count, index)
        self.what = what

    def make_iterator(self) -> ElementIterator:
        return _RequiredShard(self)

    def random_access(self) -> RandomAccess | None:
        return None


class _RequiredShard(Derived):
    __slots__ = ("_checked", "_node", "_to_skip")
    _kept = ("_checked", "_to_skip")

    def __init__(self, node: RequiredShardNode):
        super().__init__(node.inputs[0].make_iterator())
        self._node = node
        self._to_skip = node.index
        self._checked = False

    def __next__(self) -> Element:
        if self._to_skip:
            self._source.skip(self._to_skip)
        element = next(self._source)
        self._to_skip = self._node.count - 1
        if not self._checked:
            self._check()
        return element

    def _check(self) -> None:
        """Make sure that there is something for each of the workers that follow."""
        node = self._node
        self._checked = True
        others = node.count - 1 - node.index
        self._to_skip = node.index
        found = self._source.skip(others)
        if found < others:
            kind = "FILE" if node.what == "file" else "DATA"
            raise InvalidArgumentError(
                None,
                None,
                f"Could not apply {kind} based sharding: the dataset only has "
                f"{node.index + 1 + found} {node.what}(s), which is not enough for the required "
                f"{node.count} shards/workers. Set "
                "`options.experimental_distribute.auto_shard_policy` to another policy, such as "
                "OFF, or make more of them: split the files, or make smaller batches.",
            )


def _by_files(node: Node, count: int, index: int) -> Node:
    """The pipeline with shards before the stages that open files."""
    if isinstance(node, FilesNode):
        part = node.with_inputs(())
        assert isinstance(part, FilesNode)
        part.paths, part.starts = node.paths[index::count], node.starts[index::count]
        return part
    if isinstance(node, FlatMapNode | InterleaveNode) and _reads_files(node.function):
        return node.with_inputs([_file_names(node.inputs[0], count, index)])
    if not node.inputs:
        raise NotFoundError(
            None,
            None,
            f"Found an unshardable source dataset: {node.title or type(node).__name__}. Sharding "
            "by files takes datasets whose elements all come out of files.",
        )
    if len(node.inputs) > 1 and not isinstance(node, ZipNode | ConcatenateNode):
        raise NotFoundError(
            None,
            None,
            f"Did not find a shardable source: {node.title} takes elements from several datasets, "
            "and the files of only some of them cannot be shared out.",
        )
    return node.with_inputs([_by_files(one, count, index) for one in node.inputs])


def _file_names(node: Node, count: int, index: int) -> Node:
    """A shard of the names of files. They are shuffled afterwards, so that workers agree."""
    shuffles: list[ShuffleNode] = []
    shard: Node = RequiredShardNode(_unshuffled(node, shuffles), count, index, "file")
    return shuffles[-1].with_inputs([shard]) if shuffles else shard


def _unshuffled(node: Node, shuffles: list[ShuffleNode]) -> Node:
    if len(node.inputs) != 1:
        return node
    source = _unshuffled(node.inputs[0], shuffles)
    if isinstance(node, ShuffleNode):
        shuffles.insert(0, node)
        return source
    return node if source is node.inputs[0] else node.with_inputs([source])


def _reads_files(function: Runner) -> bool:
    return function.memo("reads files", _has_reader)


def _has_reader(graph: FuncGraph) -> bool:
    return any(
        READS_RECORDS in node.op_type.traits
        or any(_has_reader(one.graph) for one in functions_in(list(node.attrs.values())))
        for node in graph.nodes
    )


# ---- the op ----


def _build(
    source: Any, num_workers: Any, index: Any, *, auto_shard_policy: int, num_replicas: int
) -> Node:
    policy = AutoShardPolicy(auto_shard_policy)
    return sharded(node_of(source), int(num_workers), int(index), policy, num_replicas)


auto_shard_dataset_op = dataset_op("AutoShardDataset", _build)
dataset_op(
    "ExperimentalAutoShardDataset",
    lambda source, num_workers, index, *, auto_shard_policy: _build(
        source, num_workers, index, auto_shard_policy=auto_shard_policy, num_replicas=0
    ),
)


def auto_shard(
    dataset: DatasetV2,
    num_workers: Any,
    index: Any,
    policy: AutoShardPolicy | None = None,
    num_replicas: int | None = None,
) -> DatasetV2:
    """The part of a dataset for one of several workers.

    Args:
        dataset: the same one at every worker.
        num_workers: how many there are.
        index: which one this is, from 0.
        policy: a `tf.data.experimental.AutoShardPolicy`; by default that of the dataset's options.
        num_replicas: how many replicas take the elements of all workers.

    Raises:
        tf.errors.InvalidArgumentError: there is no such worker; while iterating, there are fewer
            files than workers.
        tf.errors.NotFoundError: with `AutoShardPolicy.FILE`, elements come from somewhere else.

    >>> import tidefall as tf
    >>> from tidefall.data.auto_shard import auto_shard
    >>> list(auto_shard(tf.data.Dataset.range(5), 2, 1).as_numpy_iterator())
    [np.int64(1), np.int64(3)]
    """
    if policy is None:
        policy = dataset.options().experimental_distribute.auto_shard_policy
    variant = auto_shard_dataset_op(
        dataset._variant_tensor,
        num_workers,
        index,
        auto_shard_policy=int(AutoShardPolicy(policy)),
        num_replicas=num_replicas or 0,
        **dataset._flat_structure,
    )
    return new_dataset(variant, dataset.element_spec, [dataset], shown_name(auto_shard_dataset_op))
