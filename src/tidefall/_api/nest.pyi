# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.nest`."""

from collections.abc import Callable
from typing import Any

def assert_same_structure(nest1: Any, nest2: Any, check_types: bool = True, expand_composites: bool = False) -> None:
    """Check that two structures have the same form."""
def flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    """The leaves of a structure in one list."""
def is_nested(seq: Any) -> bool:
    """Whether a value is a structure that `flatten` opens."""
def map_structure(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """Apply a function to the leaves of one or more structures."""
def pack_sequence_as(structure: Any, flat_sequence: Any, expand_composites: bool = False) -> Any:
    """Put a flat sequence of leaves into a given structure."""
