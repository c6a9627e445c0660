"""`nest` as `tf.data` sees it: a list is a leaf, to be converted to one tensor.

Composite tensors are leaves too. Everything else is `tidefall.base.nest`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidefall.base import nest, nest_paths
from tidefall.base.nest_nodes import DATA, LEAF, is_opened, kind_of


def is_nested(structure: Any) -> bool:
    """Whether `flatten` opens a value: False for lists."""
    return LEAF < kind_of(structure) <= DATA


def flatten(structure: Any) -> list[Any]:
    """The leaves of a structure, lists among them, in one list."""
    return nest.flatten_to(structure, DATA)


def assert_same_structure(nest1: Any, nest2: Any, check_types: bool = True) -> None:
    """Check that two structures have the same form, with the errors of `tf.nest`."""
    nest.assert_same_to(nest1, nest2, DATA, check_types)


def pack_sequence_as(structure: Any, flat_sequence: Any) -> Any:
    """Put a flat list or tuple of leaves into the form of `structure`.

    Raises:
        TypeError: if `flat_sequence` is neither a list nor another sequence.
        ValueError: if the number of items is wrong.
    """
    if not nest.is_nested(flat_sequence):
        raise TypeError(
            f"Argument `flat_sequence` must be a sequence. Got '{type(flat_sequence).__name__}'."
        )
    if not is_opened(structure, kind_of(structure), DATA):
        if len(flat_sequence) != 1:
            raise ValueError(
                "Argument `structure` is a scalar but "
                f"`len(flat_sequence)`={len(flat_sequence)} > 1"
            )
        return flat_sequence[0]
    packed = nest.pack_to(structure, flat_sequence, DATA)
    if packed is nest.MISFIT:
        raise ValueError(
            f"Could not pack sequence. Argument `structure` had {len(flatten(structure))} "
            f"elements, but argument `flat_sequence` had {len(flat_sequence)} elements. "
            f"Received structure: {structure}, flat_sequence: {flat_sequence}."
        )
    return packed


def map_structure(func: Callable[..., Any], *structure: Any, check_types: bool = True) -> Any:
    """Apply a function to the leaves of structures of the same form."""
    if not callable(func):
        raise TypeError(f"Argument `func` must be callable, got: {func}")
    if not structure:
        raise ValueError("Must provide at least one structure")
    return nest.map_to(func, structure, DATA, check_types)


def assert_shallow_structure(shallow_tree: Any, input_tree: Any, check_types: bool = True) -> None:
    """Check that `input_tree` has the form of `shallow_tree` wherever that one goes."""
    nest_paths.assert_shallow_to(shallow_tree, input_tree, DATA, check_types)


def flatten_up_to(shallow_tree: Any, input_tree: Any) -> list[Any]:
    """The substructures of `input_tree` that stand where `shallow_tree` has its leaves."""
    return nest_paths.flatten_up_to_limit(shallow_tree, input_tree, DATA)


def map_structure_up_to(shallow_tree: Any, func: Callable[..., Any], *inputs: Any) -> Any:
    """Apply `func` to the substructures of `inputs` where `shallow_tree` has its leaves."""
    if not inputs:
        raise ValueError("Argument `inputs` is empty. Cannot map over no sequences.")
    return nest_paths.map_up_to_limit(shallow_tree, nest_paths.ignoring_path(func), inputs, DATA)
