"""Lists, dicts and tuples that are part of the object graph, together."""

from tidefall.composite.trackable.tracked_base import (
    NoDependency,
    TrackableDataStructure,
    UntrackableError,
    sticky_attribute_assignment,
    wrap_or_unwrap,
)
from tidefall.composite.trackable.tracked_list import List, ListWrapper
from tidefall.composite.trackable.tracked_mapping import Mapping, _DictWrapper, _TupleWrapper

__all__ = [
    "List",
    "ListWrapper",
    "Mapping",
    "NoDependency",
    "TrackableDataStructure",
    "UntrackableError",
    "_DictWrapper",
    "_TupleWrapper",
    "sticky_attribute_assignment",
    "wrap_or_unwrap",
]
