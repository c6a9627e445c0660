"""The files of savers: what eager objects write, and what names them."""

from __future__ import annotations

import re

import numpy as np

from tidefall.base.errors import NotFoundError
from tidefall.composite.variables.saveable import Saveable
from tidefall.op import raw
from tidefall.saving.checkpoint.bundle import open_checkpoint
from tidefall.v1.saving.saver_nodes import V2

_SHARDS = re.compile(r"-[\d?]+-of-\d+$")


def meta_graph_path(saved: str, suffix: str = "meta") -> str:
    """The file with the graph of a checkpoint: without what tells the shards of the first format.

    >>> meta_graph_path("model-7-?????-of-00002")
    'model-7.meta'
    """
    return f"{_SHARDS.sub('', saved)}.{suffix}"


def write_eagerly(prefix: str, saveables: list[Saveable], version: int, sharded: bool) -> str:
    """Write the values that eager objects have; what is to be restored from."""
    specs = [spec for saveable in saveables for spec in saveable.specs]
    names, parts = [spec.name for spec in specs], [spec.slice_spec for spec in specs]
    tensors = [spec.value() for spec in specs]
    if version == V2:
        raw.SaveV2(prefix, names, parts, tensors)
        return prefix
    raw.SaveSlices(f"{prefix}-00000-of-00001" if sharded else prefix, names, parts, tensors)
    return f"{prefix}-?????-of-00001" if sharded else prefix


def keys_of_objects(prefix: str) -> dict[str, str] | None:
    """Keys in a checkpoint of `tf.train.Checkpoint` by the names its variables had; else None."""
    from tidefall.proto import TrackableObjectGraph

    reader = open_checkpoint(prefix)
    try:
        data = reader.read("_CHECKPOINTABLE_OBJECT_GRAPH")
    except NotFoundError:
        return None
    finally:
        reader.close()
    graph = TrackableObjectGraph.FromString(np.asarray(data)[()])
    return {
        attribute.full_name: attribute.checkpoint_key
        for node in graph.nodes
        for attribute in node.attributes
        if attribute.full_name
    }
