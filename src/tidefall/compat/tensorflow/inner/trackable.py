"""`python.trackable.base` and `tf.__internal__.tracking`. Asked for by tf-keras and tf-agents."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from tidefall.composite.trackable.trackable import (
    Trackable,
    TrackableReference,
    no_automatic_dependency_tracking,
)
from tidefall.saving.checkpoint.object_graph import children_of

__all__ = ["Trackable", "TrackableReference", "no_automatic_dependency_tracking"]


class ShardInfo(NamedTuple):
    """Which part of a value a callable is asked for."""

    shape: Any
    offset: Any


class CheckpointInitialValueCallable:
    """An initial value that a checkpoint gives, once it is called."""

    def __init__(self, checkpoint_position: Any):
        self._checkpoint_position = checkpoint_position

    @property
    def checkpoint_position(self) -> Any:
        """Where in the checkpoint it stands."""
        return self._checkpoint_position

    def __call__(self, shape: Any = None, dtype: Any = None, shard_info: Any = None) -> Any:
        return self._checkpoint_position.value_tensors()["VARIABLE_VALUE"]

    @property
    def restore_uid(self) -> int:
        """The number of the restore."""
        return int(self._checkpoint_position.restore_uid)


class CheckpointInitialValue:
    """An initial value that a checkpoint gave; variables here restore themselves."""

    def __init__(self, checkpoint_position: Any, shape: Any = None, shard_info: Any = None):
        self.checkpoint_position = checkpoint_position


class DelegatingTrackableMixin:
    """A trackable that stands for another one: a checkpoint sees only that.

    Args:
        trackable_obj: the other one.
    """

    def __init__(self, trackable_obj: Any):
        self._trackable = trackable_obj

    @property
    def _setattr_tracking(self) -> bool:
        return bool(self._trackable._setattr_tracking)

    @_setattr_tracking.setter
    def _setattr_tracking(self, value: bool) -> None:
        self._trackable._setattr_tracking = value

    def __getattr__(self, name: str) -> Any:
        passed = ("_unconditional", "_deferred", "_update_uid", "_object_identifier")
        if name.startswith(passed) and "_trackable" in self.__dict__:
            return getattr(self._trackable, name)
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def _trackable_children(self, save_type: str = "checkpoint", **kwargs: Any) -> dict[str, Any]:
        return dict(self._trackable._trackable_children(save_type, **kwargs))

    def _track_trackable(self, trackable: Any, name: str, overwrite: bool = False) -> Any:
        return self._trackable._track_trackable(trackable, name, overwrite)

    def _lookup_dependency(self, name: str, cached_dependencies: Any = None) -> Any:
        return self._trackable._lookup_dependency(name)


class ObjectGraphView:
    """The objects that a checkpoint of a root would hold.

    Args:
        root: the root.
        attached_dependencies: further children of the root.
    """

    def __init__(self, root: Any, attached_dependencies: Any = None):
        self._root = root
        self._attached = list(attached_dependencies or [])

    @property
    def root(self) -> Any:
        """The root."""
        return self._root

    @property
    def attached_dependencies(self) -> list[Any]:
        """Further children of the root."""
        return self._attached

    def list_children(self, obj: Any, save_type: str = "checkpoint", **kwargs: Any) -> list[Any]:
        """The children of an object, as pairs of name and object."""
        children = children_of(obj, save_type, **kwargs)
        found = [TrackableReference(name, child) for name, child in children.items()]
        return found + (self._attached if obj is self._root else [])

    def children(self, obj: Any, save_type: str = "checkpoint", **kwargs: Any) -> dict[str, Any]:
        """The children of an object by name."""
        return dict(self.list_children(obj, save_type, **kwargs))

    def breadth_first_traversal(self) -> tuple[list[Any], dict[int, tuple[Any, ...]]]:
        """All objects, parents before children, and the path of each by its identity."""
        paths: dict[int, tuple[Any, ...]] = {id(self._root): ()}
        found = [self._root]
        for obj in found:
            for reference in self.list_children(obj):
                if id(reference.ref) not in paths:
                    paths[id(reference.ref)] = (*paths[id(obj)], reference)
                    found.append(reference.ref)
        return found, paths


@contextlib.contextmanager
def no_automatic_dependency_tracking_scope(obj: Any) -> Iterator[None]:
    """Attributes that are set meanwhile are no children of the object."""
    before = getattr(obj, "_setattr_tracking", True)
    obj._setattr_tracking = False
    try:
        yield
    finally:
        obj._setattr_tracking = before


_sessions: list[Any] = []


def register_session_provider(session_provider: Any) -> None:
    """Remember where checkpoints of version 1 get their session from."""
    _sessions[:] = [session_provider]


def streaming_restore(status: Any, session: Any = None) -> None:
    """Nothing to run: what is restored here is restored as soon as its object is made."""
