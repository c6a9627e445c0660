"""Objects whose attributes are their children, and walks over the object graph."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

from tidefall.composite.trackable.data_structures import (
    NoDependency,
    sticky_attribute_assignment,
    wrap_or_unwrap,
)
from tidefall.composite.trackable.trackable import (
    Trackable,
    TrackableReference,
    no_automatic_dependency_tracking_scope,
)

# Values that can never be tracked; assigning them is the common case.
_PLAIN = frozenset({type(None), bool, int, float, complex, str, bytes})


class AutoTrackable(Trackable):
    """A trackable whose attributes become its children when they can be saved.

    Lists, dicts and tuples assigned to an attribute are wrapped so that what they hold is found.

    >>> import tidefall as tf
    >>> layer = tf.Module()
    >>> layer.w = [tf.Variable(1.0)]
    >>> list(layer._trackable_children())
    ['w']
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if type(value) not in _PLAIN:
            try:
                if getattr(self, name) is value:
                    return
            except AttributeError:
                pass
            if self._setattr_tracking:
                value = sticky_attribute_assignment(trackable=self, name=name, value=value)
        super().__setattr__(name, value)

    def _no_dependency(self, value: Any) -> Any:
        return NoDependency(value) if self._setattr_tracking else value

    def __delattr__(self, name: str) -> None:
        self._delete_tracking(name)
        super().__delattr__(name)

    def _add_trackable_child(self, name: str, value: Any) -> None:
        self.__setattr__(name, value)

    def _trackable_children(self, save_type: str = "checkpoint", **kwargs: Any) -> dict[str, Any]:
        children = super()._trackable_children(save_type, **kwargs)
        if save_type != "savedmodel":
            return children
        functions = self._traced_functions()
        for function in functions.values():
            # A function with a signature that was never called is traced now.
            trace = getattr(function, "_list_all_concrete_functions_for_serialization", None)
            if trace is not None:
                trace()
        # Tracing may have created variables, so the children are listed again.
        children = super()._trackable_children(save_type, **kwargs)
        kept = {name: child for name, child in children.items() if name not in functions}
        return {**kept, **functions}

    def _traced_functions(self) -> dict[str, Any]:
        """The `tf.function`s and concrete functions among the attributes, methods too."""
        found = {}
        with no_automatic_dependency_tracking_scope(self):
            for name in dir(self):
                try:
                    value = getattr(self, name, None)
                except Exception:  # noqa: BLE001 - a property that fails is no function
                    continue
                if _is_function(value):
                    found[name] = value
        return found


def _is_function(value: Any) -> bool:
    cls = type(value)
    return hasattr(cls, "_list_all_concrete_functions_for_serialization") or getattr(
        cls, "_is_concrete_function", False
    )


_converters: list[Callable[[Any, Any], Trackable | None]] = []


def register_trackable_converter(converter: Callable[[Any, Any], Trackable | None]) -> None:
    """Teach `as_trackable` a kind of value.

    Args:
        converter: called with a value and its parent; returns a Trackable, or None for a value
            of another kind.
    """
    _converters.append(converter)


def as_trackable(value: Any, parent: Any = None) -> Trackable:
    """The trackable that stands for a value in the object graph.

    Args:
        value: a Trackable, a plain list or dict, or what a registered converter takes.
        parent: the object whose child it is.

    Raises:
        ValueError: if there is none.
    """
    if isinstance(value, Trackable):
        return value
    wrapped = wrap_or_unwrap(value)
    if isinstance(wrapped, Trackable):
        return wrapped
    for convert in _converters:
        converted = convert(value, parent)
        if converted is not None:
            return converted
    raise ValueError(f"Cannot convert {value} to Trackable.")


class TrackableView:
    """The objects that can be reached from one trackable, by name.

    Args:
        root: a Trackable. Only a weak reference to it is kept.

    >>> import tidefall as tf
    >>> module = tf.Module()
    >>> module.v = tf.Variable(1.0)
    >>> len(tf.train.TrackableView(module).descendants())
    2
    """

    def __init__(self, root: Any):
        self._root_ref = root if isinstance(root, weakref.ref) else weakref.ref(root)

    @classmethod
    def children(
        cls, obj: Any, save_type: str = "checkpoint", **kwargs: Any
    ) -> dict[str, Trackable]:
        """The children of an object by name.

        Args:
            obj: a Trackable.
            save_type: "checkpoint" or "savedmodel".
            **kwargs: passed on to the object.

        Returns:
            A dict of Trackables; plain lists and dicts among the children are wrapped.
        """
        found = obj._trackable_children(save_type, **kwargs)
        return {name: as_trackable(child, parent=obj) for name, child in found.items()}

    @property
    def root(self) -> Any:
        """The object the view starts from."""
        root = self._root_ref()
        if root is None:
            raise AssertionError("The root of this TrackableView no longer exists.")
        return root

    def descendants(self) -> list[Any]:
        """All objects that can be reached, the root first, then level by level."""
        return self._descendants_with_paths()[0]

    def _descendants_with_paths(
        self,
    ) -> tuple[list[Any], dict[int, tuple[TrackableReference, ...]]]:
        """The descendants, and by `id` of each the first path found to it."""
        root = self.root
        reached: list[Any] = []
        paths: dict[int, tuple[TrackableReference, ...]] = {id(root): ()}
        queue = deque([root])
        while queue:
            current = queue.popleft()
            reached.append(current)
            for name, child in self.children(current).items():
                if id(child) not in paths:
                    paths[id(child)] = (*paths[id(current)], TrackableReference(name, child))
                    queue.append(child)
        return reached, paths
