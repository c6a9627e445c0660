# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.__internal__.tracking`."""

import tidefall as tf
from typing import Any
from typing import NamedTuple

class AutoTrackable(tf.__internal__.tracking.Trackable):
    """A trackable whose attributes become its children when they can be saved."""
class Trackable:
    """Base of objects that checkpoints and SavedModels store."""
class TrackableDataStructure(tf.__internal__.tracking.Trackable):
    """Base of the containers; gathers the variables of what they hold."""
    trainable: bool
    @property
    def variables(self) -> list[Any]:
        """All variables of the elements."""
    @property
    def trainable_variables(self) -> list[Any]:
        """The trainable variables of the elements."""
    @property
    def non_trainable_variables(self) -> list[Any]:
        """The other variables of the elements."""
    @property
    def weights(self) -> list[Any]:
        """Same as `variables`."""
class TrackableReference(NamedTuple):
    """An edge of the object graph: the local name of a child, and the child."""
    name: Any
    ref: Any
def no_automatic_dependency_tracking(method: Any) -> Any:
    """Decorate a method so that attributes set inside it do not become children."""
def sticky_attribute_assignment(trackable: tf.__internal__.tracking.Trackable, name: str, value: Any) -> Any:
    """What an attribute gets when `value` is assigned to it; makes it a child if it can be."""
def wrap(value: Any) -> Any:
    """Wrap a plain list, dict or tuple; unwrap a NoDependency; leave anything else alone."""
