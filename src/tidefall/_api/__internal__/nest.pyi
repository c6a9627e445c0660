# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.__internal__.nest`."""

from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

def flatten_up_to(shallow_tree: Any, input_tree: Any, check_types: bool = True, expand_composites: bool = False) -> list[Any]:
    """The substructures of `input_tree` that stand where `shallow_tree` has its leaves."""
def list_to_tuple(structure: Any) -> Any:
    """Replace the lists of a structure, at every level, by tuples."""
def map_structure_up_to(shallow_tree: Any, func: Callable[..., Any], *inputs: Any, **kwargs: Any) -> Any:
    """Apply `func` to the substructures of `inputs` where `shallow_tree` has its leaves."""
def yield_flat_paths(nest: Any, expand_composites: bool = False) -> Iterator[tuple[Any, ...]]:
    """The path of each leaf, in the order of `flatten`: a tuple of keys, names and positions."""
