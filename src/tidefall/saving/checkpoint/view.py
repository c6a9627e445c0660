"""`tf.train.CheckpointView`: the object graph of a checkpoint, to look at."""

from __future__ import annotations

import os
from collections import deque
from typing import Any

from tidefall.base.errors import NotFoundError
from tidefall.base.exports import export
from tidefall.saving.checkpoint.bundle import open_checkpoint
from tidefall.saving.checkpoint.object_graph import ObjectGraph, children_of
from tidefall.saving.checkpoint.restoration import read_object_graph


@export("train.CheckpointView")
class CheckpointView:
    """The objects in a checkpoint, by number; 0 is the root.

    Args:
        save_path: the path of an object-based checkpoint.

    Raises:
        NotFoundError: if there is none.

    >>> import tempfile
    >>> import tidefall as tf
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = tf.train.Checkpoint(v=tf.Variable(1.0)).write(folder + "/ckpt")
    ...     tf.train.CheckpointView(path).children(0)
    {'v': 1}
    """

    def __init__(self, save_path: Any):
        path = os.fspath(save_path)
        proto = read_object_graph(open_checkpoint(path))
        if proto is None:
            raise NotFoundError(
                None,
                None,
                f'The checkpoint "{path}" does not have an object graph: it knows its values by '
                "the names of variables only.",
            )
        self._nodes = proto.nodes

    def children(self, node_id: int) -> dict[str, int]:
        """The children of a node: their names and numbers."""
        return {child.local_name: child.node_id for child in self._nodes[node_id].children}

    def descendants(self) -> list[int]:
        """All nodes that can be reached from the root, level by level."""
        reached, queue = {0: None}, deque([0])
        while queue:
            for child in self.children(queue.popleft()).values():
                if child not in reached:
                    reached[child] = None
                    queue.append(child)
        return list(reached)

    def match(self, obj: Any) -> dict[int, Any]:
        """The objects that stand where nodes of the checkpoint stand.

        Args:
            obj: the trackable to compare with the root.

        Returns:
            By node the object that is reached by the same names.
        """
        found, queue = {0: obj}, deque([0])
        while queue:
            node = queue.popleft()
            objects = _children(found[node])
            for name, child in self.children(node).items():
                if name in objects and child not in found:
                    found[child] = objects[name]
                    queue.append(child)
        return dict(sorted(found.items()))

    def diff(self, obj: Any) -> tuple[dict[int, Any], list[int], list[Any]]:
        """What a trackable and the checkpoint have in common, and what not.

        Args:
            obj: the trackable to compare with the root.

        Returns:
            The matches as from `match`, the nodes without an object, the objects without a node.
        """
        matched = self.match(obj)
        known = {id(value) for value in matched.values()}
        objects = ObjectGraph(obj, _children).nodes
        return (
            matched,
            [node for node in self.descendants() if node not in matched],
            [value for value in objects if id(value) not in known],
        )


def _children(obj: Any) -> dict[str, Any]:
    own = getattr(obj, "_children_of", None)
    return children_of(obj) if own is None else own(obj)
