"""`tf.io.write_graph`."""

from __future__ import annotations

import os
from typing import Any

from tidefall.base.exports import export
from tidefall.graph.graph import Graph
from tidefall.io.file_systems.file_system import makedirs, replace_file
from tidefall.io.file_systems.paths import local_path


@export("io.write_graph")
def write_graph(graph_or_graph_def: Any, logdir: Any, name: str, as_text: bool = True) -> str:
    """Write a graph to a file, as a `GraphDef` message.

    Args:
        graph_or_graph_def: a `tf.Graph`, or a `GraphDef` message.
        logdir: the folder; made if it is not there.
        name: the name of the file.
        as_text: write protobuf's text form; otherwise the binary one.

    Returns:
        The path of the file.

    Raises:
        TypeError: for anything but a graph.

    >>> import os, tempfile
    >>> import tidefall as tf
    >>> os.path.basename(tf.io.write_graph(tf.Graph(), tempfile.mkdtemp(), "graph.pbtxt"))
    'graph.pbtxt'
    """
    from google.protobuf import text_format

    message = graph_or_graph_def
    if isinstance(message, Graph):
        message = message.as_graph_def()
    if not hasattr(message, "SerializeToString"):
        raise TypeError(f"Expected a tf.Graph or a GraphDef. Received: {graph_or_graph_def!r}")
    folder = local_path(logdir)
    makedirs(folder)
    path = os.path.join(folder, name)
    data = text_format.MessageToString(message).encode() if as_text else message.SerializeToString()
    replace_file(path, lambda file: file.write(data))
    return path
