"""`Trackable`: an object that owns named children, the edges of a checkpoint's object graph."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

VARIABLE_VALUE_KEY = "VARIABLE_VALUE"

Restore = Callable[["Trackable"], None]
Method = TypeVar("Method", bound=Callable[..., Any])


class TrackableReference(NamedTuple):
    """An edge of the object graph: the local name of a child, and the child."""

    name: str
    ref: Any


class Trackable:
    """Base of objects that checkpoints and SavedModels store.

    A trackable knows its children by name. Restoring may come before a child exists: callbacks
    wait in `_deferred_dependencies` under the child's name and run when it is added.
    """

    # Subclasses often skip this class's __init__, so the state is made on first use.

    @property
    def _setattr_tracking(self) -> bool:
        return getattr(self, "_self_setattr_tracking", True)

    @_setattr_tracking.setter
    def _setattr_tracking(self, value: bool) -> None:
        object.__setattr__(self, "_self_setattr_tracking", value)

    @property
    def _unconditional_dependency_names(self) -> dict[str, Any]:
        return self._trackable_state("_self_unconditional_dependency_names")

    @property
    def _deferred_dependencies(self) -> dict[str, list[Restore]]:
        """Callbacks that wait for a child, by its name; each is called with the child."""
        return self._trackable_state("_self_unconditional_deferred_dependencies")

    def _trackable_state(self, name: str) -> dict[str, Any]:
        try:
            return object.__getattribute__(self, name)
        except AttributeError:
            state: dict[str, Any] = {}
            object.__setattr__(self, name, state)
            return state

    def _maybe_initialize_trackable(self) -> None:
        """Nothing: state is made on first use. Kept because subclasses may call it."""

    @property
    def _unconditional_checkpoint_dependencies(self) -> list[TrackableReference]:
        names = self._unconditional_dependency_names
        return [TrackableReference(name, child) for name, child in names.items()]

    @property
    def _checkpoint_dependencies(self) -> list[TrackableReference]:
        return self._unconditional_checkpoint_dependencies

    @property
    def _object_identifier(self) -> str:
        """What the object is called in a SavedModel when it is recreated by class."""
        return "_generic_user_object"

    @property
    def _update_uid(self) -> int:
        """Number of the restore that last wrote this object; -1 before any."""
        return getattr(self, "_self_update_uid", -1)

    @_update_uid.setter
    def _update_uid(self, value: int) -> None:
        object.__setattr__(self, "_self_update_uid", value)

    def _no_dependency(self, value: Any) -> Any:
        return value

    def _track_trackable(self, trackable: Any, name: str, overwrite: bool = False) -> Any:
        """Make an object a child of this one.

        Args:
            trackable: the child.
            name: its name among the children.
            overwrite: replace another child of that name.

        Returns:
            `trackable`.

        Raises:
            TypeError: if the child is not a Trackable.
            ValueError: if the name belongs to another child and `overwrite` is False.
        """
        if not isinstance(trackable, Trackable):
            raise TypeError(
                "Trackable._track_trackable() can only be used to track objects of type "
                f"Trackable. Got type {type(trackable)}."
            )
        if not getattr(self, "_self_manual_tracking", True):
            return trackable
        children = self._unconditional_dependency_names
        if not overwrite and children.get(name, trackable) is not trackable:
            raise ValueError(
                f"Called Trackable._track_trackable() with name='{name}', but a Trackable with "
                "this name is already declared as a dependency. Names must be unique (or "
                "overwrite=True)."
            )
        children[name] = trackable
        self._handle_deferred_dependencies(name, trackable)
        return trackable

    def _add_variable_with_custom_getter(
        self,
        name: str,
        shape: Any = None,
        dtype: Any = "float32",
        initializer: Any = None,
        getter: Any = None,
        overwrite: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Make a variable with `getter` and a child of it; layers of Keras 2 do.

        A checkpoint that is being restored gives it its value when it becomes a child.
        """
        made = getter(name=name, shape=shape, dtype=dtype, initializer=initializer, **kwargs)
        if not overwrite or isinstance(made, Trackable):
            return self._track_trackable(made, name, overwrite=overwrite)
        return made

    def _delete_tracking(self, name: str) -> None:
        self._unconditional_dependency_names.pop(name, None)

    def _handle_deferred_dependencies(self, name: str, trackable: Any) -> None:
        """Run the callbacks that wait for the child `name`."""
        for restore in self._deferred_dependencies.pop(name, ()):
            restore(trackable)

    def _lookup_dependency(
        self, name: str, cached_dependencies: dict[str, Any] | None = None
    ) -> Any:
        """The child of that name, or None."""
        if cached_dependencies:
            return cached_dependencies.get(name)
        return self._unconditional_dependency_names.get(name)

    def _trackable_children(self, save_type: str = "checkpoint", **kwargs: Any) -> dict[str, Any]:
        """The children by name.

        Args:
            save_type: "checkpoint" or "savedmodel".
            **kwargs: what the saver passes on, such as a cache.
        """
        return dict(self._unconditional_dependency_names)

    def _add_trackable_child(self, name: str, value: Any) -> None:
        """Add a child while an object is being loaded."""
        self._track_trackable(value, name, overwrite=True)

    def _deserialization_dependencies(self, children: dict[str, Any]) -> dict[str, Any]:
        """The children that must be loaded before this object."""
        return {}

    def _serialize_to_tensors(self) -> dict[str, Any]:
        """This object's own tensors by key; a class that has values overrides it."""
        raise NotImplementedError

    def _restore_from_tensors(self, restored_tensors: dict[str, Any]) -> Any:
        """Set this object's values; a class that has values overrides it."""
        raise NotImplementedError

    def _gather_saveables_for_checkpoint(self) -> dict[str, Any]:
        """Values in the older form, for classes that do not have `_serialize_to_tensors`."""
        return {}

    def _copy_trackable_to_cpu(self, object_map: dict[Any, Any]) -> None:
        raise NotImplementedError(
            "Need to implement _copy_trackable_to_cpu() if the Trackable requires AsyncCheckpoint "
            f"support. Received: {type(self)}"
        )

    def _export_to_saved_model_graph(
        self, object_map: Any, tensor_map: Any, options: Any, **kwargs: Any
    ) -> list[Any]:
        """Make this object's resources in the graph being saved; returns the new tensors."""
        return []

    def _serialize_to_proto(self, object_proto: Any = None, **kwargs: Any) -> Any:
        """A message to keep with the object, or None."""
        return None

    @classmethod
    def _deserialize_from_proto(cls, **kwargs: Any) -> Any:
        """A new object, made from what `_serialize_to_proto` returned."""
        return cls()

    def _preload_simple_restoration(self, name: str) -> Any:
        """A value for the child `name` from a checkpoint being restored: none is kept here."""
        return None

    def _checkpoint_adapter(self, path: str) -> Any:
        """How to read a checkpoint of another layout; None reads it as it is."""
        return None


def no_automatic_dependency_tracking(method: Method) -> Method:
    """Decorate a method so that attributes set inside it do not become children."""

    @functools.wraps(method)
    def untracked(self: Any, *args: Any, **kwargs: Any) -> Any:
        with no_automatic_dependency_tracking_scope(self):
            return method(self, *args, **kwargs)

    return untracked  # type: ignore[return-value]


@contextlib.contextmanager
def no_automatic_dependency_tracking_scope(obj: Any) -> Iterator[None]:
    """Attributes of `obj` set inside the block do not become its children."""
    with _attribute(obj, "_self_setattr_tracking", False):
        yield


@contextlib.contextmanager
def no_manual_dependency_tracking_scope(obj: Any) -> Iterator[None]:
    """`obj._track_trackable` does nothing inside the block."""
    with _attribute(obj, "_self_manual_tracking", False):
        yield


@contextlib.contextmanager
def _attribute(obj: Any, name: str, value: Any) -> Iterator[None]:
    saved = getattr(obj, name, True)
    object.__setattr__(obj, name, value)
    try:
        yield
    finally:
        object.__setattr__(obj, name, saved)
