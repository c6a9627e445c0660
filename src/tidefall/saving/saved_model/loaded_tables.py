"""The tables of loaded models of TensorFlow 1, which can be saved again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidefall.composite.trackable.resource import TrackableResource
from tidefall.composite.trackable.trackable import Trackable
from tidefall.op import raw
from tidefall.op.registry import find_op


class LoadedTable(TrackableResource):
    """A table that a node of the graph makes.

    Args:
        op: the type of the node.
        attrs: its attributes.
        name: its name.
    """

    def __init__(self, op: str, attrs: dict[str, Any], name: str):
        super().__init__()
        self._op = op
        self._attrs = {**attrs, "shared_name": attrs["shared_name"] or name}
        self._fill: Callable[[], Any] | None = None

    def _create_resource(self) -> Any:
        return find_op(self._op)(**self._attrs)

    def _initialize(self) -> None:
        if self._fill is not None:
            self._fill()


class LoadedMutableTable(LoadedTable):
    """A table that changes: checkpoints store its entries."""

    _value_group = "table"
    _value_endings = ("-keys", "-values")

    @property
    def key_dtype(self) -> Any:
        """Dtype of the keys."""
        return self._attrs["key_dtype"]

    @property
    def value_dtype(self) -> Any:
        """Dtype of the values."""
        return self._attrs["value_dtype"]

    def _serialize_to_tensors(self) -> dict[str, Any]:
        keys, values = raw.LookupTableExportV2(
            self.resource_handle, Tkeys=self.key_dtype, Tvalues=self.value_dtype
        )
        return {"-keys": keys, "-values": values}

    def _restore_from_tensors(self, restored_tensors: dict[str, Any]) -> None:
        raw.LookupTableImportV2(
            self.resource_handle, restored_tensors["-keys"], restored_tensors["-values"]
        )


class LoadedTables(Trackable):
    """The tables of a graph.

    Args:
        fill: fills all of them.
    """

    def __init__(self, fill: Callable[[], Any]):
        self._found: dict[Any, LoadedTable] = {}
        self._fill = fill

    def handle(self, node: Any, attrs: dict[str, Any]) -> Any:
        """The handle of the table that a node makes; nodes may share one.

        Args:
            node: the NodeDef.
            attrs: its attributes.
        """
        shared = attrs["shared_name"]
        key = (attrs["container"], shared) if shared else node.name
        if key not in self._found:
            kind = LoadedMutableTable if node.op.startswith("Mutable") else LoadedTable
            table = self._found[key] = kind(node.op, attrs, node.name)
            if len(self._found) == 1:  # one function fills them all
                table._fill = self._fill
            self._track_trackable(table, f"table_{len(self._found) - 1}")
        return self._found[key].resource_handle
