"""Writing checkpoints with nodes of a graph, inside of a `tf.function`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.op import raw
from tidefall.saving.checkpoint.object_graph import OBJECT_GRAPH_KEY


def write_in_graph(prefix: str, proto: Any, values: dict[str, Any]) -> str:
    """Add the node that writes a checkpoint when the graph runs.

    Args:
        prefix: what the names of its files begin with.
        proto: the object graph.
        values: tensors of the graph by key.

    Returns:
        The prefix.
    """
    graph = np.array(proto.SerializeToString(), object)
    found = {key: values[key] for key in sorted(values, key=str.encode)}
    names = [*found, OBJECT_GRAPH_KEY]
    raw.SaveV2(prefix, names, [""] * len(names), [*found.values(), graph])
    return prefix
