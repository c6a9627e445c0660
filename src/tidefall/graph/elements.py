"""Nodes and tensors of a graph by their names: what `Graph` offers to look things up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidefall.tensor.tensor import SymbolicTensor

if TYPE_CHECKING:
    from tidefall.graph.graph import Operation

_FORM = 'Tensor names must be of the form "<op_name>:<output_index>".'


class Elements:
    """The part of `Graph` that finds nodes and tensors."""

    by_name: dict[str, Operation]
    _seen_operations = 0
    if TYPE_CHECKING:

        @property
        def nodes(self) -> list[Operation]: ...

    def get_operations(self) -> list[Operation]:
        """All nodes, in the order they were added."""
        return list(self.nodes)

    operations = property(get_operations, doc="All nodes, in the order they were added.")

    def num_operations(self) -> int:
        """How many nodes there are."""
        return len(self.nodes)

    def new_operations(self) -> list[Operation]:
        """The nodes added since this was last asked."""
        seen, self._seen_operations = self._seen_operations, len(self.nodes)
        return self.nodes[seen:]

    def get_operation_by_name(self, name: Any) -> Operation:
        """The node called `name`.

        Raises:
            TypeError: if `name` is not a string.
            KeyError: if there is no such node.
        """
        if not isinstance(name, str):
            raise TypeError(f"Operation names are strings (or similar), not {type(name).__name__}.")
        return self.as_graph_element(name, allow_tensor=False)

    def get_tensor_by_name(self, name: Any) -> SymbolicTensor:
        """The tensor called `node:output`.

        Raises:
            TypeError: if `name` is not a string.
            ValueError: if it is not of the form `node:output`.
            KeyError: if there is no such tensor.
        """
        if not isinstance(name, str):
            raise TypeError(f"Tensor names are strings (or similar), not {type(name).__name__}.")
        return self.as_graph_element(name, allow_operation=False)

    def as_graph_element(
        self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True
    ) -> Any:
        """The node or tensor of this graph that an object or a name stands for.

        Args:
            obj: a tensor, node or variable of this graph, or a name.
            allow_tensor: whether a tensor may come out.
            allow_operation: whether a node may come out.

        Raises:
            TypeError: if `obj` stands for nothing of the kind.
            ValueError: if it belongs to another graph, or the name has the wrong form.
            KeyError: if there is nothing of that name.
        """
        if not (allow_tensor or allow_operation):
            raise ValueError("allow_tensor and allow_operation can't both be False.")
        kinds = [k for k, on in (("Tensor", allow_tensor), ("Operation", allow_operation)) if on]
        wanted = " or ".join(kinds)
        convert = getattr(obj, "_as_graph_element", None)
        if convert is not None:
            obj = convert()
        if isinstance(obj, bytes):
            obj = obj.decode()
        if isinstance(obj, str):
            if ":" in obj and allow_tensor:
                return self._tensor_named(obj)
            return self._operation_named(obj, allow_tensor, allow_operation)
        if isinstance(obj, SymbolicTensor) and allow_tensor:
            if obj.op.graph is not self:
                raise ValueError(f"Tensor {obj} is not an element of this graph.")
            return obj
        if allow_operation and hasattr(obj, "op_type") and hasattr(obj, "graph"):
            if obj.graph is not self:
                raise ValueError(f"Operation {obj!r} is not an element of this graph.")
            return obj
        raise TypeError(f"Can not convert a {type(obj).__name__} into a {wanted}.")

    def _tensor_named(self, name: str) -> SymbolicTensor:
        node, _, index = name.partition(":")
        if not index.isdigit():
            raise ValueError(
                f"The name '{name}' looks a like a Tensor name, but is not a valid one. {_FORM}"
            )
        found = self.by_name.get(node)
        missing = f"The name '{name}' refers to a Tensor which does not exist. The operation, "
        if found is None:
            raise KeyError(f"{missing}'{node}', does not exist in the graph.")
        if int(index) >= len(found.outputs):
            raise KeyError(f"{missing}'{node}', exists but only has {len(found.outputs)} outputs.")
        return found.outputs[int(index)]

    def _operation_named(self, name: str, allow_tensor: bool, allow_operation: bool) -> Operation:
        found = self.by_name.get(name)
        if not allow_operation:
            if found is not None:
                raise ValueError(f"The name '{name}' refers to an Operation, not a Tensor. {_FORM}")
            raise ValueError(
                f"The name '{name}' looks like an (invalid) Operation name, not a Tensor. {_FORM}"
            )
        if ":" in name:
            raise ValueError(f"Name '{name}' appears to refer to a Tensor, not a Operation.")
        if found is None:
            raise KeyError(f"The name '{name}' refers to an Operation not in the graph.")
        return found

    def consumers(self, tensor: SymbolicTensor) -> list[Operation]:
        """Nodes that read `tensor`."""
        return [node for node in self.nodes if any(t is tensor for t in node.inputs)]


class Collections:
    """The part of `Graph` that keeps lists of objects under names."""

    def __init__(self) -> None:
        self._collections: dict[Any, list[Any]] = {}

    @property
    def collections(self) -> list[Any]:
        """The names of all collections."""
        return list(self._collections)

    def add_to_collection(self, name: Any, value: Any) -> None:
        """Append a value to the collection called `name`."""
        self._check_not_finalized()
        self._collections.setdefault(name, []).append(value)

    def add_to_collections(self, names: Any, value: Any) -> None:
        """Append a value to each of several collections.

        Args:
            names: one name, or several; a name that is there twice counts once.
            value: what to append.
        """
        for name in (names,) if isinstance(names, str) else dict.fromkeys(names):
            self.add_to_collection(name, value)

    def get_collection_ref(self, name: Any) -> list[Any]:
        """The list behind a collection, empty and kept if there was none."""
        return self._collections.setdefault(name, [])

    def get_collection(self, name: Any, scope: str | None = None) -> list[Any]:
        """A copy of a collection.

        Args:
            name: its name.
            scope: a regular expression; keep only values whose `name` begins with it.
        """
        found = self._collections.get(name, ())
        if scope is None:
            return list(found)
        import re

        pattern = re.compile(scope)
        return [v for v in found if hasattr(v, "name") and pattern.match(v.name)]

    def get_all_collection_keys(self) -> list[Any]:
        """The names of the collections that are strings."""
        return [name for name in self._collections if isinstance(name, str)]

    def clear_collection(self, name: Any) -> None:
        """Empty a collection."""
        self._check_not_finalized()
        self._collections.pop(name, None)

    def _check_not_finalized(self) -> None:
        raise NotImplementedError
