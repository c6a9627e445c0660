"""Walks of nested structures that carry paths, or that stop where a shallower structure ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tidefall.base.nest import MISFIT, pack_to, same_sequence_type
from tidefall.base.nest_nodes import (
    COMPOSITE,
    LEAF,
    LIST,
    MAPPING,
    PLAIN,
    TUPLE,
    children,
    is_opened,
    keys,
    kind_of,
    limit_of,
    rebuild,
)

Path = tuple[Any, ...]


def yield_flat_paths(nest: Any, expand_composites: bool = False) -> Iterator[Path]:
    """The path of each leaf, in the order of `flatten`: a tuple of keys, names and positions."""
    for path, _ in _walk(nest, limit_of(expand_composites)):
        yield path


def flatten_with_tuple_paths(
    structure: Any, expand_composites: bool = False
) -> list[tuple[Path, Any]]:
    """Pairs of path and leaf, in the order of `flatten`.

    Args:
        structure: a structure or a leaf.
        expand_composites: open composite tensors; their step is named after their class.

    Returns:
        A list of (tuple of steps, leaf); the path of a lone leaf is empty.
    """
    return list(_walk(structure, limit_of(expand_composites)))


def flatten_with_joined_string_paths(
    structure: Any, separator: str = "/", expand_composites: bool = False
) -> list[tuple[str, Any]]:
    """Pairs of path and leaf, the steps of the path joined to one string."""
    pairs = _walk(structure, limit_of(expand_composites))
    return [(separator.join(map(str, path)), leaf) for path, leaf in pairs]


def _walk(node: Any, limit: int, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    kind = kind_of(node)
    if not is_opened(node, kind, limit):
        yield path, node
        return
    for key, child in zip(keys(node, kind), children(node, kind), strict=True):
        yield from _walk(child, limit, (*path, key))


def map_structure_with_tuple_paths(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """Apply `func(path, *leaves)` to each leaf, the path as a tuple of steps."""
    if not structure:
        raise ValueError("Must provide at least one structure")
    return map_structure_with_tuple_paths_up_to(structure[0], func, *structure, **kwargs)


def map_structure_with_paths(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """Apply `func(path, *leaves)` to each leaf, the path as one string joined with "/"."""

    def call(path: Path, *leaves: Any) -> Any:
        return func("/".join(map(str, path)), *leaves)

    return map_structure_with_tuple_paths(call, *structure, **kwargs)


def assert_shallow_structure(
    shallow_tree: Any,
    input_tree: Any,
    check_types: bool = True,
    expand_composites: bool = False,
) -> None:
    """Check that a structure has the form of a shallower one wherever that one goes.

    Raises:
        TypeError: where a leaf or another type of sequence stands instead of a node.
        ValueError: where a node has another length or other keys.
    """
    assert_shallow_to(shallow_tree, input_tree, limit_of(expand_composites), check_types)


def assert_shallow_to(shallow: Any, deep: Any, limit: int, check_types: bool = True) -> None:
    """`assert_shallow_structure` with a limit of `nest_nodes`."""
    for _ in _walk_up_to(shallow, deep, limit, check_types):
        pass


def flatten_with_tuple_paths_up_to(
    shallow_tree: Any,
    input_tree: Any,
    check_types: bool = True,
    expand_composites: bool = False,
) -> list[tuple[Path, Any]]:
    """Pairs of path and substructure where `shallow_tree` has its leaves."""
    return list(_walk_up_to(shallow_tree, input_tree, limit_of(expand_composites), check_types))


def flatten_up_to(
    shallow_tree: Any,
    input_tree: Any,
    check_types: bool = True,
    expand_composites: bool = False,
) -> list[Any]:
    """The substructures of `input_tree` that stand where `shallow_tree` has its leaves.

    Raises:
        TypeError: where a leaf or another type of sequence stands instead of a node.
        ValueError: where a node has another length or other keys.
    """
    return flatten_up_to_limit(shallow_tree, input_tree, limit_of(expand_composites), check_types)


def flatten_up_to_limit(shallow: Any, deep: Any, limit: int, check_types: bool = True) -> list[Any]:
    """`flatten_up_to` with a limit of `nest_nodes`."""
    return [found for _, found in _walk_up_to(shallow, deep, limit, check_types)]


def map_structure_up_to(
    shallow_tree: Any, func: Callable[..., Any], *inputs: Any, **kwargs: Any
) -> Any:
    """Apply `func` to the substructures of `inputs` where `shallow_tree` has its leaves.

    Returns:
        A structure like `shallow_tree`, of what `func` returned.
    """
    return map_structure_with_tuple_paths_up_to(
        shallow_tree, ignoring_path(func), *inputs, **kwargs
    )


def ignoring_path(func: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a path and values that calls `func` with the values."""

    def call(_path: Any, *values: Any) -> Any:
        return func(*values)

    return call


def map_structure_with_tuple_paths_up_to(
    shallow_tree: Any, func: Callable[..., Any], *inputs: Any, **kwargs: Any
) -> Any:
    """As `map_structure_up_to`, calling `func(path, *substructures)`."""
    if not inputs:
        raise ValueError("Cannot map over no sequences")
    check_types = kwargs.pop("check_types", True)
    expand_composites = kwargs.pop("expand_composites", False)
    if kwargs:
        raise ValueError(
            "Only valid keyword arguments are `check_types` and `expand_composites`, not: "
            f"`{'`, `'.join(kwargs)}`"
        )
    limit = limit_of(expand_composites)
    return map_up_to_limit(shallow_tree, func, inputs, limit, check_types)


def map_up_to_limit(
    shallow: Any,
    func: Callable[..., Any],
    inputs: tuple[Any, ...],
    limit: int,
    check_types: bool = True,
) -> Any:
    """`map_structure_with_tuple_paths_up_to` with a limit of `nest_nodes`."""
    columns = [list(_walk_up_to(shallow, deep, limit, check_types)) for deep in inputs]
    mapped = [func(row[0][0], *(found for _, found in row)) for row in zip(*columns, strict=True)]
    if not is_opened(shallow, kind_of(shallow), limit):
        return mapped[0]
    packed = pack_to(shallow, mapped, limit)
    assert packed is not MISFIT
    return packed


def _walk_up_to(
    shallow: Any, deep: Any, limit: int, check_types: bool, path: Path = ()
) -> Iterator[tuple[Path, Any]]:
    kind = kind_of(shallow)
    if not is_opened(shallow, kind, limit):
        yield path, deep
        return
    deep_kind = kind_of(deep)
    below = _children_below(shallow, kind, deep, deep_kind, limit, check_types)
    for key, child, found in zip(keys(shallow, kind), children(shallow, kind), below, strict=True):
        yield from _walk_up_to(child, found, limit, check_types, (*path, key))


def _children_below(
    shallow: Any, kind: int, deep: Any, deep_kind: int, limit: int, check_types: bool
) -> list[Any]:
    """The children of `deep` that belong to those of `shallow`, in their order."""
    if not is_opened(deep, deep_kind, limit) or (kind >= COMPOSITE) != (deep_kind >= COMPOSITE):
        shown = f"{type(deep)}" if limit >= PLAIN else f"'{type(deep).__name__}'"
        raise TypeError(
            "If shallow structure is a sequence, input must also be a sequence. "
            f"Input has type: {shown}."
        )
    both_mappings = kind == deep_kind == MAPPING
    comparable = check_types and kind < COMPOSITE and not both_mappings
    if comparable and not same_sequence_type(shallow, kind, deep, deep_kind):
        raise TypeError(
            "The two structures don't have the same sequence type. Input structure has type "
            f"{type(deep)}, while shallow structure has type {type(shallow)}."
        )
    if kind >= COMPOSITE:
        return list(children(deep, deep_kind))
    wanted, found = list(keys(shallow, kind)), list(keys(deep, deep_kind))
    if len(wanted) != len(found):
        raise ValueError(
            "The two structures don't have the same sequence length. Input structure has length "
            f"{len(found)}, while shallow structure has length {len(wanted)}."
        )
    missing = [key for key in wanted if key not in deep] if both_mappings else []
    if missing:
        raise ValueError(
            "The shallow_tree's keys are not a subset of the input_tree's keys. The shallow_tree "
            f"has the following keys that are not in the input_tree: {missing}."
        )
    return list(children(deep, deep_kind))


def list_to_tuple(structure: Any) -> Any:
    """Replace the lists of a structure, at every level, by tuples."""
    kind = kind_of(structure)
    if not LEAF < kind <= PLAIN:
        return structure
    below = [list_to_tuple(child) for child in children(structure, kind)]
    if kind in (LIST, TUPLE):
        return tuple(below)
    return rebuild(structure, kind, below)
