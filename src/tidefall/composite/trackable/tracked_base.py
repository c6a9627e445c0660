"""What the containers of the object graph share: wrapping values, and finding variables.

An `AutoTrackable` wraps the plain list, dict or tuple that is assigned to one of its attributes, so
that the variables inside are found and saved. A wrapper works on the very object it wraps. A
checkpoint names the elements by position or key, so wrapped lists that hold trackables may only
grow; other changes are allowed but make saving an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tidefall.composite.trackable.trackable import Trackable


class UntrackableError(ValueError):
    """Something that is not trackable was put where only trackables may be."""

    def __init__(self, value: Any):
        super().__init__(
            "Only trackable objects (such as Layers or Optimizers) may be stored in a List "
            f"object. Got {value}, which does not inherit from Trackable."
        )


class NoDependency:
    """Marks a value assigned to an attribute as not part of the object graph.

    The attribute gets the value itself, unwrapped.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any):
        self.value = value


# The wrapper of each class of plain containers, put here by the modules that define them.
wrappers: dict[type, Callable[[Any], Any]] = {}


def wrap_or_unwrap(value: Any) -> Any:
    """Wrap a plain list, dict or tuple; unwrap a NoDependency; leave anything else alone.

    A tuple is wrapped only if there is something to track in it.
    """
    cls = type(value)
    if cls is NoDependency:
        return value.value
    if isinstance(value, Trackable):
        return value
    if isinstance(value, tuple):
        trackable = any(isinstance(wrap_or_unwrap(item), Trackable) for item in value)
        return wrappers[tuple](value) if trackable else value
    wrapper = wrappers.get(cls)
    return value if wrapper is None else wrapper(value)


def sticky_attribute_assignment(trackable: Trackable, name: str, value: Any) -> Any:
    """What an attribute gets when `value` is assigned to it; makes it a child if it can be."""
    wrapped = wrap_or_unwrap(value)
    if type(value) is not NoDependency and isinstance(wrapped, Trackable):
        trackable._track_trackable(wrapped, name=name, overwrite=True)
    return wrapped


class TrackableDataStructure(Trackable):
    """Base of the containers; gathers the variables of what they hold."""

    trainable: bool = True

    @property
    def _values(self) -> Iterable[Any]:
        raise NotImplementedError(f"{type(self).__name__}._values")

    def _track_value(self, value: Any, name: str) -> Any:
        """Wrap an element and make it a child if it can be one."""
        return sticky_attribute_assignment(self, name, value)

    def _gather(self, attribute: str, keep: Any) -> list[Any]:
        found: dict[int, Any] = {}
        for value in self._values:
            if getattr(type(value), "_is_variable", False):
                inner = [value] if keep(value) else []
            else:
                inner = getattr(value, attribute, ()) if isinstance(value, Trackable) else ()
            found.update((id(variable), variable) for variable in inner)
        return list(found.values())

    @property
    def variables(self) -> list[Any]:
        """All variables of the elements."""
        return self._gather("variables", lambda variable: True)

    @property
    def trainable_variables(self) -> list[Any]:
        """The trainable variables of the elements."""
        if not self.trainable:
            return []
        return self._gather("trainable_variables", lambda variable: variable.trainable)

    @property
    def non_trainable_variables(self) -> list[Any]:
        """The other variables of the elements."""
        if not self.trainable:
            return self.variables
        return self._gather("non_trainable_variables", lambda variable: not variable.trainable)

    @property
    def weights(self) -> list[Any]:
        """Same as `variables`."""
        return self.variables

    def __hash__(self) -> int:
        return id(self)


def same_items(one: Sequence[Any], two: Sequence[Any]) -> bool:
    return len(one) == len(two) and all(map(_is, one, two))


def _is(one: Any, two: Any) -> bool:
    return one is two
