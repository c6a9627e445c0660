"""The object graph: all trackables that can be reached from one, and where their values go.

A checkpoint stores the graph as a `TrackableObjectGraph` message beside the values. Each value has
a key made of the path to its object, such as `model/layer/w/.ATTRIBUTES/VARIABLE_VALUE`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.core.auto_trackable import as_trackable
from tidefall.core.tensor import EagerTensor
from tidefall.core.trackable import Trackable

OBJECT_GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"
ATTRIBUTES = ".ATTRIBUTES"

Children = Callable[[Any], dict[str, Any]]


def escape(name: str) -> str:
    """A child's name as part of a key: no slash, and dots doubled."""
    return name.replace(".", "..").replace("/", ".S")


def children_of(obj: Any, save_type: str = "checkpoint", **kwargs: Any) -> dict[str, Any]:
    """The children of a trackable by name, each one a Trackable."""
    found = obj._trackable_children(save_type, **kwargs)
    return {name: as_trackable(child, parent=obj) for name, child in found.items()}


class ObjectGraph:
    """Everything that can be reached from a trackable, numbered level by level.

    Args:
        root: the trackable that becomes node 0.
        children: gives the children of an object by name.
        identity: what makes two objects the same node; by default being one object.

    Attributes:
        nodes: the objects by number.
        children: for each node its children, as pairs of name and number.
        paths: for each node the names on the first path to it.
    """

    def __init__(
        self,
        root: Any,
        children: Children = children_of,
        identity: Callable[[Any], Any] = id,
    ):
        self._identity = identity
        self.nodes: list[Any] = []
        self.children: list[list[tuple[str, int]]] = []
        self.paths: list[tuple[str, ...]] = []
        self._ids: dict[Any, int] = {}
        self._kept: list[Any] = []
        queue: deque[int] = deque([self._add(root, ())])
        while queue:
            number = queue.popleft()
            for name, child in children(self.nodes[number]).items():
                self._kept.append(child)
                known = self.find(child)
                if known is None:
                    known = self._add(child, (*self.paths[number], name))
                    queue.append(known)
                self.children[number].append((name, known))

    def _add(self, obj: Any, path: tuple[str, ...]) -> int:
        number = self._ids[self._identity(obj)] = len(self.nodes)
        self.nodes.append(obj)
        self.paths.append(path)
        self.children.append([])
        return number

    def add(self, obj: Any, parent: int, name: str) -> int:
        """Append a further node as a child of another."""
        number = self._add(obj, (*self.paths[parent], name))
        self.children[parent].append((name, number))
        return number

    def append(self, obj: Any) -> int:
        """Append a further node that is nobody's child."""
        return self._add(obj, ("", str(len(self.nodes))))

    def find(self, obj: Any) -> int | None:
        """The number of an object, or None."""
        return self._ids.get(self._identity(obj))

    def prefix(self, number: int) -> str:
        """What the keys of a node's values begin with."""
        parts = [escape(name) for name in self.paths[number]]
        return "/".join([*parts, ATTRIBUTES])


def has_values(obj: Any) -> bool:
    """Whether an object has values of its own to save."""
    if type(obj)._serialize_to_tensors is Trackable._serialize_to_tensors:
        return False
    return getattr(obj, "_checkpoint", True)


def serialize(graph: ObjectGraph) -> tuple[Any, dict[str, np.ndarray]]:
    """The message that describes an object graph, and the values to store with it.

    Returns:
        A TrackableObjectGraph, and the values by key.
    """
    from tidefall.proto import TrackableObjectGraph

    proto = TrackableObjectGraph()
    values: dict[str, np.ndarray] = {}
    for number, obj in enumerate(graph.nodes):
        node = proto.nodes.add()
        for name, child in graph.children[number]:
            node.children.add(node_id=child, local_name=name)
        if has_values(obj):
            _serialize_values(obj, graph.prefix(number), node, values)
    _mark_values(proto)
    return proto, values


def _serialize_values(obj: Any, prefix: str, node: Any, values: dict[str, np.ndarray]) -> None:
    full_name = getattr(obj, "_shared_name", "")
    group = getattr(obj, "_value_group", None)
    if group is not None:
        # Several tensors under one name, as TensorFlow stores tables: each adds its own ending.
        prefix = f"{prefix}/{group}"
        node.attributes.add(name=group, full_name=full_name, checkpoint_key=prefix)
    for name, tensor in obj._serialize_to_tensors().items():
        key = f"{prefix}/{escape(name)}" if group is None else f"{prefix}{name}"
        if group is None:
            node.attributes.add(name=name, full_name=full_name, checkpoint_key=key)
        values[key] = _array(tensor() if callable(tensor) else tensor)


def _array(value: Any) -> np.ndarray:
    if getattr(value, "_is_variable", False):
        value = value.value()
    return value._numpy() if isinstance(value, EagerTensor) else np.asarray(value)


def _mark_values(proto: Any) -> None:
    """Note on every node whether it, or anything below it, has values."""
    parents: list[list[int]] = [[] for _ in proto.nodes]
    for number, node in enumerate(proto.nodes):
        for child in node.children:
            parents[child.node_id].append(number)
    waiting = [number for number, node in enumerate(proto.nodes) if node.attributes]
    marked = set(waiting)
    while waiting:
        for parent in parents[waiting.pop()]:
            if parent not in marked:
                marked.add(parent)
                waiting.append(parent)
    for number, node in enumerate(proto.nodes):
        node.has_checkpoint_values.value = number in marked


def write_values(prefix: str, proto: Any, values: dict[str, np.ndarray]) -> None:
    """Write a checkpoint: the values, and the object graph that says what they belong to."""
    from tidefall.saving.bundle import BundleWriter

    with BundleWriter(prefix, alignment=64) as writer:
        for key in sorted(values, key=str.encode):
            writer.add(key, values[key])
        writer.add(OBJECT_GRAPH_KEY, np.array(proto.SerializeToString(), object))
