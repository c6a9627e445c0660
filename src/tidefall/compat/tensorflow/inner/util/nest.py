"""`python.util.nest` and `tf.__internal__.nest` beyond `tf.nest`: paths and shallower structures.

Asked for by tensorflow-probability, tf-agents, tf-keras, gpflow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tidefall.base.nest import (
    assert_same_structure,
    flatten,
    is_namedtuple,
    is_nested,
    is_nested_or_composite,
    map_structure,
    pack_sequence_as,
)
from tidefall.base.nest_nodes import (
    ATTRS,
    LEAF,
    MAPPING,
    children,
    is_opened,
    keys,
    kind_of,
    limit_of,
    rebuild,
)
from tidefall.base.nest_paths import (
    assert_shallow_structure,
    flatten_up_to,
    flatten_with_joined_string_paths,
    flatten_with_tuple_paths,
    flatten_with_tuple_paths_up_to,
    list_to_tuple,
    map_structure_up_to,
    map_structure_with_paths,
    map_structure_with_tuple_paths,
    map_structure_with_tuple_paths_up_to,
    yield_flat_paths,
)

__all__ = [
    "assert_same_structure",
    "assert_shallow_structure",
    "flatten",
    "flatten_dict_items",
    "flatten_up_to",
    "flatten_with_joined_string_paths",
    "flatten_with_tuple_paths",
    "flatten_with_tuple_paths_up_to",
    "get_traverse_shallow_structure",
    "is_attrs",
    "is_mapping",
    "is_namedtuple",
    "is_nested",
    "is_nested_or_composite",
    "list_to_tuple",
    "map_structure",
    "map_structure_up_to",
    "map_structure_with_paths",
    "map_structure_with_tuple_paths",
    "map_structure_with_tuple_paths_up_to",
    "pack_sequence_as",
    "sequence_like",
    "yield_flat_paths",
]

is_sequence = is_nested
is_sequence_or_composite = is_nested_or_composite
_is_namedtuple = is_namedtuple


def is_mapping(structure: Any) -> bool:
    """Whether a structure is a mapping."""
    return kind_of(structure) == MAPPING


def is_attrs(structure: Any) -> bool:
    """Whether a structure is an object of a class made by `attrs`."""
    return kind_of(structure) == ATTRS


def sequence_like(instance: Any, args: Any) -> Any:
    """A node like `instance` around other children, in the order in which `flatten` visits."""
    return rebuild(instance, kind_of(instance), list(args))


_sequence_like = sequence_like


def _yield_value(iterable: Any) -> Iterator[Any]:
    yield from children(iterable, kind_of(iterable))


def _yield_sorted_items(iterable: Any) -> Iterator[tuple[Any, Any]]:
    kind = kind_of(iterable)
    yield from zip(keys(iterable, kind), children(iterable, kind), strict=True)


def get_traverse_shallow_structure(
    traverse_fn: Any, structure: Any, expand_composites: bool = False
) -> Any:
    """The shallower structure that ends where `traverse_fn` says so.

    Args:
        traverse_fn: takes a substructure and returns a bool, whether to go into it, or a structure
            of bools, one for each of its children.
        structure: the structure.
        expand_composites: go into composite tensors, too.

    Returns:
        A structure with True where a leaf was reached and False where the walk stopped.

    Raises:
        TypeError: if `traverse_fn` returns anything else.
        ValueError: if it returns a structure of another form.
    """
    limit = limit_of(expand_composites)
    kind = kind_of(structure)
    to_traverse = traverse_fn(structure)
    if not is_opened(structure, kind, limit):
        if not isinstance(to_traverse, bool):
            raise TypeError(f"traverse_fn returned a non-bool for a leaf: {to_traverse}.")
        return to_traverse
    below = list(children(structure, kind))
    if isinstance(to_traverse, bool):
        if not to_traverse:
            return False
        wanted = [True] * len(below)
    else:
        if not is_nested(to_traverse):
            raise TypeError(
                "traverse_fn must return a bool or a structure of bools, got "
                f"{type(to_traverse).__name__}: {to_traverse}."
            )
        wanted = list(children(to_traverse, kind_of(to_traverse)))
        if len(wanted) != len(below):
            raise ValueError(
                f"traverse_fn returned a structure of {len(wanted)} items for one of {len(below)}."
            )
    made = []
    for want, child in zip(wanted, below, strict=True):
        if not isinstance(want, bool):
            raise TypeError(f"traverse_fn didn't return a depth=1 structure of bools: {want}.")
        made.append(
            get_traverse_shallow_structure(traverse_fn, child, expand_composites) if want else False
        )
    return rebuild(structure, kind, made)


def flatten_dict_items(dictionary: Any) -> dict[Any, Any]:
    """A dict whose keys and values were structures of one form, with their leaves as items.

    Raises:
        TypeError: if it is no mapping.
        ValueError: if keys and values differ in form, or a key stands twice.
    """
    if kind_of(dictionary) != MAPPING:
        raise TypeError("input must be a dictionary")
    flat: dict[Any, Any] = {}
    for key, value in dictionary.items():
        if kind_of(key) == LEAF:
            names, found = [key], [value]
        else:
            names, found = flatten(key), flatten(value)
            if len(names) != len(found):
                raise ValueError(
                    f"Could not flatten dictionary. Key had {len(names)} elements, but value had "
                    f"{len(found)} elements. Key: {names}, value: {found}."
                )
        for name, item in zip(names, found, strict=True):
            if name in flat:
                raise ValueError(f"Could not flatten dictionary: key {name} is not unique.")
            flat[name] = item
    return flat
