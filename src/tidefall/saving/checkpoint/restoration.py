"""Putting a checkpoint's values into objects: those that exist, and those that come later."""

from __future__ import annotations

import itertools
import logging
import sys
import weakref
from collections import deque
from typing import Any

from tidefall.base.background import yield_gil
from tidefall.base.dtypes import as_dtype
from tidefall.base.errors import DataLossError
from tidefall.base.shapes import TensorShape
from tidefall.base.state import init_scope
from tidefall.composite.trackable.auto_trackable import as_trackable
from tidefall.composite.trackable.trackable import Trackable
from tidefall.composite.variables.variable import Variable
from tidefall.op import raw
from tidefall.saving.checkpoint.in_session import in_session, restored_tensor
from tidefall.saving.checkpoint.object_graph import OBJECT_GRAPH_KEY, has_values, value_endings
from tidefall.tensor.tensor import EagerTensor

log = logging.getLogger("tidefall")

_uids = itertools.count()


def read_object_graph(reader: Any) -> Any:
    """The TrackableObjectGraph of an object-based checkpoint; None for one by names.

    Raises:
        DataLossError: if it is damaged.
    """
    from google.protobuf.message import DecodeError

    from tidefall.proto import TrackableObjectGraph

    if OBJECT_GRAPH_KEY not in reader:
        return None
    try:
        proto = TrackableObjectGraph.FromString(reader.read(OBJECT_GRAPH_KEY)[()])
    except (DecodeError, TypeError) as error:
        raise DataLossError(
            None, None, f"{reader.prefix}: the object graph of the checkpoint is damaged: {error}"
        ) from None
    count = len(proto.nodes)
    for node in proto.nodes:
        numbers = [child.node_id for child in node.children]
        for slot in node.slot_variables:
            numbers += [slot.original_variable_node_id, slot.slot_variable_node_id]
        if any(not 0 <= number < count for number in numbers):
            raise DataLossError(
                None, None, f"{reader.prefix}: the object graph names a node that it does not have."
            )
    return proto


class Restoration:
    """One checkpoint on its way into objects.

    Args:
        reader: the open checkpoint.
        proto: its object graph.
        children: a method that gives the children of an object by name.
        skip_slots: leave out the variables that old optimizers keep beside those they train.

    Attributes:
        proto: the object graph.
        partial: say nothing about values that nobody took.
        lazy: variables read their values when they are first used.
        unused: values that an object did not take, as pairs of node and name.
        restore_ops: what a session has to run to restore the variables of a graph.
    """

    def __init__(self, reader: Any, proto: Any, children: Any = None, skip_slots: bool = False):
        self.reader = reader
        self.proto = proto
        self.partial = False
        self.skip_slots = skip_slots
        self.lazy = False
        # A strong reference would keep the objects alive that wait for the rest of the checkpoint.
        self._children_of = weakref.WeakMethod(children) if children is not None else None
        self.uid = next(_uids)
        self.unused: list[tuple[int, str]] = []
        self.restore_ops: list[Any] = []
        self._objects: dict[int, Any] = {}
        # Slots whose variable is not there yet, by the variable's node: owner's node and slot.
        self._waiting_slots: dict[int, list[tuple[int, Any]]] = {}

    def matched(self, number: int) -> Any:
        """The object that a node of the checkpoint went into, or None."""
        found = self._objects.get(number)
        return found() if found is not None else None

    def numbers_of(self, obj: Any) -> list[int]:
        """The nodes that an object took the values of."""
        return [number for number in self._objects if self.matched(number) is obj]

    def matched_objects(self) -> list[Any]:
        """All objects that stand for nodes of the checkpoint."""
        found = (reference() for reference in self._objects.values())
        return [obj for obj in found if obj is not None]

    def bind(self, number: int, obj: Any) -> None:
        """Let an object, and what can be reached from it, take the values of a node."""
        waiting = deque([(number, obj)])
        while waiting:
            yield_gil()
            waiting.extend(self._bind_one(*waiting.popleft()))

    def _bind_one(self, number: int, obj: Any) -> list[tuple[int, Any]]:
        known = self.matched(number)
        if known is obj:
            return []
        if known is not None:
            # The first object that stood for a node keeps its values.
            log.warning(
                "Inconsistent references when loading the checkpoint into this object graph. For "
                "example, in the saved checkpoint object, `model.layer.weight` and "
                "`model.layer_copy.weight` reference the same variable, while in the current "
                "object these are two different variables. The referenced variables are: (%r and "
                "%r).",
                known,
                obj,
            )
            return []
        self._objects[number] = _reference(obj)
        if obj._update_uid < self.uid:  # else it has values of this or of a later checkpoint
            obj._update_uid = self.uid
            self._restore_values(number, obj)
        self._bind_slots(number, obj)
        return self._children(number, obj)

    def _bind_slots(self, number: int, obj: Any) -> None:
        """Let the slots of an optimizer, and those of others for a variable, take their values."""
        if self.skip_slots:
            return
        for slot in self.proto.nodes[number].slot_variables:
            original = self.matched(slot.original_variable_node_id)
            if original is None:
                waiting = self._waiting_slots.setdefault(slot.original_variable_node_id, [])
                waiting.append((number, slot))
            else:
                self._bind_slot(obj, slot, original)
        for owner, slot in self._waiting_slots.pop(number, ()):
            self._bind_slot(self.matched(owner), slot, obj)

    def _bind_slot(self, owner: Any, slot: Any, original: Any) -> None:
        restore = getattr(owner, "_restore_slot", None)
        if restore is not None:
            restore(original, slot.slot_name, SlotValue(self, slot.slot_variable_node_id))

    def _children(self, number: int, obj: Any) -> list[tuple[int, Any]]:
        node = self.proto.nodes[number]
        if not node.children:
            return []
        children_of = self._children_of() if self._children_of is not None else None
        children = _own_children(obj) if children_of is None else children_of(obj)
        found = []
        for child in node.children:
            name = child.local_name
            local = children.get(name)
            if local is None:
                local = obj._lookup_dependency(name)
            if local is None:
                waiting = obj._deferred_dependencies.setdefault(name, [])
                waiting.append(_Deferred(self, child.node_id))
            else:
                found.append((child.node_id, as_trackable(local, parent=obj)))
        return found

    def _restore_values(self, number: int, obj: Any) -> None:
        attributes = self.proto.nodes[number].attributes
        if not attributes:
            return
        if not has_values(obj):
            self.unused += [(number, attribute.name) for attribute in attributes]
            return
        if _has_no_value_yet(obj):
            self._restore_when_initialized(number, obj)
            return
        if self.lazy and type(obj) is Variable:
            self._restore_later(obj, attributes[0].checkpoint_key)
            return
        in_parts = getattr(obj, "_restore_in_parts", None)
        if in_parts is not None:
            key = attributes[0].checkpoint_key
            in_parts(lambda part: self._read_part(key, part))
            return
        endings = value_endings(obj)
        values = {
            ending or attribute.name: self._read(obj, f"{attribute.checkpoint_key}{ending}")
            for attribute in attributes
            for ending in endings
        }
        try:
            done = obj._restore_from_tensors(values)
            if in_session() and done is not None:
                self.restore_ops.append(done)
        except KeyError as error:
            raise DataLossError(
                None,
                None,
                f"{self.reader.prefix}: {self.node_name(number)} has the values "
                f"{sorted(values)}, and {type(obj).__name__} needs {error}.",
            ) from error
        except ValueError:
            self.unused += [(number, attribute.name) for attribute in attributes]
            raise

    def _restore_when_initialized(self, number: int, obj: Any) -> None:
        """Wait for a variable of Keras that was made while a layer was only tried out."""
        initialize = obj._initialize

        def initialize_and_restore(value: Any) -> None:
            obj.__dict__.pop("_initialize", None)
            initialize(value)
            with init_scope():
                self._restore_values(number, obj)

        obj._initialize = initialize_and_restore

    def _restore_later(self, variable: Variable, key: str) -> None:
        entry = self.reader.entry(key)
        if entry.dtype is None:
            self.reader.read(key)  # tells why such values cannot be read
        read = self.reader.read_later(key)
        variable._restore_later(as_dtype(entry.dtype_enum), TensorShape(entry.shape), read)

    def _read(self, obj: Any, key: str) -> EagerTensor:
        check = getattr(obj, "_check_saved", None)
        if check is not None:
            check(self.reader.prefix, key, self.reader.entry(key).dtype is not None)
        if in_session():
            return restored_tensor(self.reader, key)
        return EagerTensor(self.reader.read(key))

    def _read_part(self, key: str, part: str) -> Any:
        dtype = as_dtype(self.reader.entry(key).dtype_enum)
        (found,) = raw.RestoreV2(self.reader.prefix, [key], [part], dtypes=[dtype])
        return found

    def unmatched(self) -> list[int]:
        """The nodes with values that no object took."""
        nodes = enumerate(self.proto.nodes)
        skipped = self._slot_nodes() if self.skip_slots else set()
        return [
            number
            for number, node in nodes
            if node.attributes and number not in skipped and self.matched(number) is None
        ]

    def _slot_nodes(self) -> set[int]:
        slots = (slot for node in self.proto.nodes for slot in node.slot_variables)
        return {slot.slot_variable_node_id for slot in slots}

    def __del__(self) -> None:
        # By now nobody can take the values that are left.
        if self.partial or sys.is_finalizing():
            return
        seen = self._ever_unmatched()
        if seen:
            log.warning(
                "A checkpoint was restored in part, and nothing is left that could take the rest: "
                "%s. If that is meant, call `status.expect_partial()` on what `restore` returns.",
                ", ".join(self.node_name(n) for n in seen[:10]) + (", ..." if seen[10:] else ""),
            )

    def _ever_unmatched(self) -> list[int]:
        nodes = enumerate(self.proto.nodes)
        return [n for n, node in nodes if node.attributes and n not in self._objects]

    def node_name(self, number: int) -> str:
        """Where a node stands in the checkpoint, as `(root).layer.w`."""
        names = {0: "(root)"}
        queue = deque([0])
        while queue:
            current = queue.popleft()
            for child in self.proto.nodes[current].children:
                if child.node_id not in names:
                    names[child.node_id] = f"{names[current]}.{child.local_name}"
                    queue.append(child.node_id)
        for owner, node in enumerate(self.proto.nodes):
            for slot in node.slot_variables:
                original = names.get(slot.original_variable_node_id)
                names[slot.slot_variable_node_id] = (
                    f"{names.get(owner)}'s state '{slot.slot_name}' for {original}"
                )
        return names.get(number, f"node {number}")


class SlotValue:
    """The value of a slot: a variable that an optimizer keeps beside one that it trains.

    Called with the slot's variable, it puts the value in; `read` gives it for a variable to be
    made.
    """

    def __init__(self, restoration: Restoration, number: int):
        self._restoration = restoration
        self._number = number

    def __call__(self, variable: Any) -> None:
        self._restoration.bind(self._number, variable)

    def read(self) -> EagerTensor:
        """The value."""
        (attribute,) = self._restoration.proto.nodes[self._number].attributes
        return EagerTensor(self._restoration.reader.read(attribute.checkpoint_key))


class _Deferred:
    """Binds a child when it is added."""

    def __init__(self, restoration: Restoration, number: int):
        self.restoration = restoration
        self.number = number

    def __call__(self, child: Trackable) -> None:
        self.restoration.bind(self.number, as_trackable(child))


def _has_no_value_yet(obj: Any) -> bool:
    return getattr(obj, "_value", obj) is None and hasattr(obj, "_deferred_initialize")


def _own_children(obj: Any) -> dict[str, Any]:
    return obj._trackable_children("checkpoint")


def _reference(obj: Any) -> Any:
    try:
        return weakref.ref(obj)
    except TypeError:
        return lambda: obj
