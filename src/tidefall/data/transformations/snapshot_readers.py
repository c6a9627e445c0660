"""Ops that read the files of snapshots; TensorFlow makes them while it reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.base.dtypes import DType
from tidefall.base.errors import UnimplementedError
from tidefall.data.dataset import dataset_op, node_of
from tidefall.data.engine.node import Node
from tidefall.data.sources.file_sources import text
from tidefall.data.sources.tensors import ElementsNode
from tidefall.data.state.shards import ShardNode, file_compression
from tidefall.data.transformations.take import SkipNode
from tidefall.io.file_systems.paths import local_path

_VERSION = 2


def _numbers(types: Sequence[DType]) -> list[int]:
    return [dtype.as_datatype_enum for dtype in types]


def _shard(
    folder: Any, start: Any, *, output_types: Sequence[DType], compression: Any, version: int
) -> Node:
    path = local_path(text(folder))
    if version != _VERSION:
        raise UnimplementedError(
            None,
            None,
            f"{path}: snapshot files of version {version} cannot be read, only those of version "
            f"{_VERSION}.",
        )
    node = ShardNode(path, file_compression(text(compression)), _numbers(output_types))
    return SkipNode(node, int(start)) if start else node


def _chunk(file: Any, *, output_types: Sequence[DType], compression: Any) -> Node:
    path = local_path(text(file))
    return ShardNode(path, file_compression(text(compression)), _numbers(output_types), [path])


def _nested(readers: Sequence[Any]) -> Node:
    return ElementsNode([[node_of(one)] for one in readers])


dataset_op("SnapshotDatasetReader", _shard)
dataset_op("SnapshotChunkDataset", _chunk)
dataset_op("SnapshotNestedDatasetReader", _nested)
