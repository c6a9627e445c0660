"""The object graph: all trackables that can be reached from one, and where their values go.

A checkpoint stores the graph as a `TrackableObjectGraph` message beside the values. Each value has
a key made of the path to its object, such as `model/layer/w/.ATTRIBUTES/VARIABLE_VALUE`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.composite.trackable.auto_trackable import as_trackable
from tidefall.composite.trackable.trackable import Trackable
from tidefall.tensor.tensor import EagerTensor

OBJECT_GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"
ATTRIBUTES = ".ATTRIBUTES"
SLOTS = ".OPTIMIZER_SLOT"

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
        self._prefixes: dict[int, str] = {}
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

    def add_slots(self) -> list[tuple[int, str, int, int]]:
        """Append the variables that old optimizers keep beside those they train.

        Returns:
            For each the optimizer's node, the slot's name, the node of the variable it belongs to,
            and its own node.
        """
        found = []
        count = len(self.nodes)
        for owner in range(count):
            if not hasattr(type(self.nodes[owner]), "_restore_slot"):
                continue
            for name in self.nodes[owner].get_slot_names():
                for original in range(count):
                    slot = self.nodes[owner].get_slot(self.nodes[original], name)
                    if slot is not None:
                        found.append(
                            (owner, name, original, self._add_slot(slot, owner, name, original))
                        )
        return found

    def _add_slot(self, slot: Any, owner: int, name: str, original: int) -> int:
        if self.find(slot) is not None:
            raise NotImplementedError(
                "A slot variable was re-used as a dependency of a Trackable object, which is not "
                f"currently allowed. The slot is {slot!r}, '{name}' of {self.nodes[owner]!r}."
            )
        number = self._add(slot, ())
        places = ["/".join(map(escape, self.paths[node])) for node in (original, owner)]
        parts = [places[0], SLOTS, places[1], escape(name), ATTRIBUTES]
        self._prefixes[number] = "/".join(parts)
        return number

    def find(self, obj: Any) -> int | None:
        """The number of an object, or None."""
        return self._ids.get(self._identity(obj))

    def prefix(self, number: int) -> str:
        """What the keys of a node's values begin with."""
        if number in self._prefixes:
            return self._prefixes[number]
        parts = [escape(name) for name in self.paths[number]]
        return "/".join([*parts, ATTRIBUTES])


def has_values(obj: Any) -> bool:
    """Whether an object has values of its own to save."""
    return type(obj)._serialize_to_tensors is not Trackable._serialize_to_tensors


def serialize(graph: ObjectGraph) -> tuple[Any, dict[str, Any]]:
    """The message that describes an object graph, and the values to store with it.

    Args:
        graph: the objects; slots of old optimizers are added to it.

    Returns:
        A TrackableObjectGraph, and the values by key: tensors, or arrays.
    """
    from tidefall.proto import TrackableObjectGraph

    proto = TrackableObjectGraph()
    values: dict[str, Any] = {}
    slots = graph.add_slots()
    for number, obj in enumerate(graph.nodes):
        node = proto.nodes.add()
        for name, child in graph.children[number]:
            node.children.add(node_id=child, local_name=name)
        if has_values(obj):
            _serialize_values(obj, graph.prefix(number), node, values)
    for owner, name, original, slot in slots:
        proto.nodes[owner].slot_variables.add(
            original_variable_node_id=original, slot_name=name, slot_variable_node_id=slot
        )
    _mark_values(proto)
    return proto, values


def value_group(obj: Any) -> str | None:
    """The one name under which an object stores several tensors, as TensorFlow stores tables."""
    return getattr(obj, "_value_group", None)


def value_endings(obj: Any) -> tuple[str, ...]:
    """What the tensors of an object's group add to its name; one "" if it has no group."""
    return getattr(obj, "_value_endings", ("",))


def _serialize_values(obj: Any, prefix: str, node: Any, values: dict[str, Any]) -> None:
    full_name = getattr(obj, "_shared_name", "")
    group = value_group(obj)
    if group is not None:
        # Each of them adds its own ending.
        prefix = f"{prefix}/{group}"
        node.attributes.add(name=group, full_name=full_name, checkpoint_key=prefix)
    for name, tensor in obj._serialize_to_tensors().items():
        key = f"{prefix}/{escape(name)}" if group is None else f"{prefix}{name}"
        if group is None:
            node.attributes.add(name=name, full_name=full_name, checkpoint_key=key)
        values[key] = _tensor(tensor() if callable(tensor) else tensor)


def _arrays(value: Any) -> dict[str, np.ndarray]:
    """The parts of a value that is divided; that of one that is not has the name ""."""
    parts = value if isinstance(value, dict) else {"": value}
    return {part: array_of(tensor) for part, tensor in parts.items()}


def _tensor(value: Any) -> Any:
    return value.value() if getattr(value, "_is_variable", False) else value


def array_of(value: Any) -> np.ndarray:
    """A value as an array; one that is on a device is copied, one in parts joined, only now."""
    if isinstance(value, dict):
        return np.concatenate([array_of(part) for part in value.values()])
    return value.host_array() if isinstance(value, EagerTensor) else np.asarray(value)


def _mark_values(proto: Any) -> None:
    """Note on every node whether it, or anything below it, has values."""
    parents: list[list[int]] = [[] for _ in proto.nodes]
    for number, node in enumerate(proto.nodes):
        for child in node.children:
            parents[child.node_id].append(number)
        for slot in node.slot_variables:
            parents[slot.slot_variable_node_id].append(number)
            parents[slot.slot_variable_node_id].append(slot.original_variable_node_id)
    waiting = [number for number, node in enumerate(proto.nodes) if node.attributes]
    marked = set(waiting)
    while waiting:
        for parent in parents[waiting.pop()]:
            if parent not in marked:
                marked.add(parent)
                waiting.append(parent)
    for number, node in enumerate(proto.nodes):
        node.has_checkpoint_values.value = number in marked


def write_values(prefix: str, proto: Any, values: dict[str, Any], divide: Any = None) -> None:
    """Write a checkpoint: the values, and the object graph that says what they belong to.

    Args:
        prefix: what the names of its files begin with.
        proto: the object graph.
        values: tensors or arrays by key.
        divide: divides arrays by key among data files; by default there is one file.
    """
    from tidefall.saving.checkpoint.bundle import BundleWriter

    graph = np.array(proto.SerializeToString(), object)
    with BundleWriter(prefix, alignment=64) as writer:
        if divide is not None:
            arrays = {key: array_of(values[key]) for key in values} | {OBJECT_GRAPH_KEY: graph}
            _write_shards(writer, divide(arrays))
            return
        _write_shards(writer, [{key: _arrays(value) for key, value in values.items()}])
        writer.add(OBJECT_GRAPH_KEY, graph)


def _write_shards(writer: Any, shards: Any) -> None:
    from tidefall.saving.checkpoint.ops import parse_slice

    for number, shard in enumerate(shards):
        if number:
            writer.begin_shard()
        for key in sorted(shard, key=str.encode):
            for part, value in shard[key].items():
                if part:
                    writer.add_slice(key, *parse_slice(part), array_of(value))
                else:
                    writer.add(key, array_of(value))
