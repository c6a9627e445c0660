"""`tf.nest`: flatten, compare, map and pack nested structures.

A structure is a leaf, or a list, tuple, namedtuple, mapping, attrs class, or dataclass with
`__tf_flatten__` that holds structures. Mappings are visited in the order of their sorted keys.
With `expand_composites=True` ragged, sparse and other composite tensors are opened too, into the
tensors they are made of. `tf.data` treats lists as leaves: see `data_nest`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tidefall.base.nest_nodes import (
    COMPOSITE,
    LEAF,
    LIST,
    MAPPING,
    NAMEDTUPLE,
    PLAIN,
    cached_kind,
    children,
    is_opened,
    kind_of,
    limit_of,
    rebuild,
    spec_of,
)


def is_nested(seq: Any) -> bool:
    """Whether a value is a structure that `flatten` opens.

    Args:
        seq: any value.

    Returns:
        True for lists, tuples, mappings and the like, False for leaves: tensors, strings, sets.

    >>> import tidefall as tf
    >>> tf.nest.is_nested([1, 2]), tf.nest.is_nested("ab")
    (True, False)
    """
    return LEAF < kind_of(seq) <= PLAIN


def is_nested_or_composite(structure: Any) -> bool:
    """Whether a value is a structure, a composite tensor or a type spec."""
    return kind_of(structure) != LEAF


def is_namedtuple(value: Any) -> bool:
    """Whether a value is an instance of a namedtuple class."""
    return kind_of(value) == NAMEDTUPLE


def flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    """The leaves of a structure in one list.

    Args:
        structure: a structure or a leaf.
        expand_composites: open composite tensors into their component tensors.

    Returns:
        A list of leaves; `[structure]` for a leaf.

    Raises:
        TypeError: for a mapping whose keys cannot be sorted.

    >>> import tidefall as tf
    >>> tf.nest.flatten({"b": [3, 4], "a": (1, 2)})
    [1, 2, 3, 4]
    """
    return flatten_to(structure, limit_of(expand_composites))


def flatten_to(structure: Any, limit: int) -> list[Any]:
    """`flatten` with the kinds of node to open given as a limit of `nest_nodes`."""
    kind = kind_of(structure)
    if kind == LEAF or not is_opened(structure, kind, limit):
        return [structure]
    leaves: list[Any] = []
    _collect(structure, kind, limit, leaves)
    return leaves


def _collect(structure: Any, kind: int, limit: int, leaves: list[Any]) -> None:
    for child in children(structure, kind):
        child_kind = cached_kind(type(child))
        if child_kind is None:
            child_kind = kind_of(child)
        if child_kind == LEAF or not is_opened(child, child_kind, limit):
            leaves.append(child)
        else:
            _collect(child, child_kind, limit, leaves)


def pack_sequence_as(structure: Any, flat_sequence: Any, expand_composites: bool = False) -> Any:
    """Put a flat sequence of leaves into a given structure.

    Args:
        structure: the structure to imitate; its leaves are ignored.
        flat_sequence: a list or other sequence with as many items as `structure` has leaves.
        expand_composites: composite tensors are rebuilt from their component tensors.

    Returns:
        A new structure like `structure`; for a leaf, the only item of `flat_sequence`.

    Raises:
        TypeError: if `flat_sequence` is not a sequence.
        ValueError: if the number of items is wrong.

    >>> import tidefall as tf
    >>> tf.nest.pack_sequence_as({"b": 0, "a": (0, 0)}, [1, 2, 3])
    {'b': 3, 'a': (1, 2)}
    """
    if not is_nested(flat_sequence):
        raise TypeError(
            f"Attempted to pack value:\n  {flat_sequence}\ninto a structure, but found "
            f"incompatible type `{type(flat_sequence)}` instead."
        )
    kind = kind_of(structure)
    limit = limit_of(expand_composites)
    if not is_opened(structure, kind, limit):
        if len(flat_sequence) != 1:
            raise ValueError(
                f"The target structure is of type `{type(structure)}`\n  {structure}\nHowever "
                f"the input is a sequence ({type(flat_sequence)}) of length "
                f"{len(flat_sequence)}.\n  {flat_sequence}\nnest cannot guarantee that it is "
                "safe to map one to the other."
            )
        return next(iter(flat_sequence))
    packed = pack_to(structure, flat_sequence, limit)
    if packed is MISFIT:
        atoms = len(flatten_to(structure, limit))
        raise ValueError(
            f"Could not pack sequence. Structure had {atoms} atoms, but flat_sequence had "
            f"{len(flat_sequence)} items.  Structure: {structure}, flat_sequence: {flat_sequence}."
        )
    return packed


MISFIT = object()


def pack_to(structure: Any, flat_sequence: Any, limit: int) -> Any:
    """The packed structure, or MISFIT when the number of items is wrong.

    The structure must be one that the limit opens.
    """
    items = iter(flat_sequence)
    try:
        packed = _pack(structure, kind_of(structure), limit, items)
    except StopIteration:
        return MISFIT
    return packed if next(items, MISFIT) is MISFIT else MISFIT


def _pack(structure: Any, kind: int, limit: int, items: Iterator[Any]) -> Any:
    packed: list[Any] = []
    for child in children(structure, kind):
        child_kind = kind_of(child)
        if child_kind == LEAF or not is_opened(child, child_kind, limit):
            packed.append(next(items))
        else:
            packed.append(_pack(child, child_kind, limit, items))
    return rebuild(structure, kind, packed)


def map_structure(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """Apply a function to the leaves of one or more structures.

    Args:
        func: called with one leaf of each structure.
        *structure: structures of the same form.
        check_types: (keyword, default True) also require the same types of sequences.
        expand_composites: (keyword, default False) map over the components of composite tensors.

    Returns:
        A structure like the first one, of what `func` returned.

    Raises:
        TypeError: if `func` cannot be called, or sequence types differ.
        ValueError: if no structure is given, or their forms differ.

    >>> import tidefall as tf
    >>> tf.nest.map_structure(lambda x, y: x + y, [1, (2,)], [10, (20,)])
    [11, (22,)]
    """
    if not callable(func):
        raise TypeError(f"func must be callable, got: {func}")
    if not structure:
        raise ValueError("Must provide at least one structure")
    check_types = kwargs.pop("check_types", True)
    limit = limit_of(kwargs.pop("expand_composites", False))
    if kwargs:
        raise ValueError(
            "Only valid keyword arguments are `check_types` and `expand_composites`, not: "
            f"`{'`, `'.join(kwargs)}`"
        )
    return map_to(func, structure, limit, check_types)


def map_to(
    func: Callable[..., Any], structures: tuple[Any, ...], limit: int, check_types: bool = True
) -> Any:
    """`map_structure` with a limit of `nest_nodes`."""
    first = structures[0]
    kind = kind_of(first)
    opened = is_opened(first, kind, limit)
    if len(structures) == 1:
        return _map_one(func, first, kind, limit) if opened else func(first)
    for other in structures[1:]:
        assert_same_to(first, other, limit, check_types)
    if not opened:
        return func(*structures)
    columns = [flatten_to(s, limit) for s in structures]
    return pack_to(first, [func(*row) for row in zip(*columns, strict=True)], limit)


def _map_one(func: Callable[[Any], Any], structure: Any, kind: int, limit: int) -> Any:
    mapped: list[Any] = []
    for child in children(structure, kind):
        child_kind = cached_kind(type(child))
        if child_kind is None:
            child_kind = kind_of(child)
        if child_kind == LEAF or not is_opened(child, child_kind, limit):
            mapped.append(func(child))
        else:
            mapped.append(_map_one(func, child, child_kind, limit))
    return rebuild(structure, kind, mapped)


def assert_same_structure(
    nest1: Any, nest2: Any, check_types: bool = True, expand_composites: bool = False
) -> None:
    """Check that two structures have the same form.

    Args:
        nest1: a structure or leaf.
        nest2: a structure or leaf.
        check_types: also require the same types of sequences and the same keys of mappings.
            Two mappings may differ in type.
        expand_composites: composite tensors must match composite tensors of compatible types.

    Raises:
        ValueError: if the structures differ in form.
        TypeError: if they differ in the type of a sequence only.

    >>> import tidefall as tf
    >>> tf.nest.assert_same_structure([1, (2, 3)], [4, (5, 6)])
    """
    assert_same_to(nest1, nest2, limit_of(expand_composites), check_types)


class _Dot:
    """Stands for a leaf where the form of a structure is printed."""

    def __repr__(self) -> str:
        return "."


_DOT = _Dot()


def _dot(_leaf: Any) -> _Dot:
    return _DOT


def assert_same_to(first: Any, second: Any, limit: int, check_types: bool = True) -> None:
    """`assert_same_structure` with a limit of `nest_nodes`."""
    if first is second:
        return
    try:
        _compare(first, second, limit, check_types)
    except (ValueError, TypeError) as error:
        message = (
            "The two structures don't have the same nested structure.\n\n"
            f"First structure: {_show(first)}\n\nSecond structure: {_show(second)}\n\n"
            f"More specifically: {error}"
        )
        if limit >= PLAIN:
            one, two = (map_to(_dot, (s,), PLAIN) for s in (first, second))
            message += f"\nEntire first structure:\n{one}\nEntire second structure:\n{two}"
        raise type(error)(message) from None


def _show(value: Any) -> str:
    return f"type={type(value).__name__} str={value}"


def _compare(one: Any, two: Any, limit: int, check_types: bool) -> None:
    kind1, kind2 = kind_of(one), kind_of(two)
    opened1, opened2 = LEAF < kind1 <= limit, LEAF < kind2 <= limit
    if not opened1 and not opened2:
        return
    composite1, composite2 = opened1 and kind1 >= COMPOSITE, opened2 and kind2 >= COMPOSITE
    if opened1 != opened2 or composite1 != composite2:
        sequence, other = (one, two) if opened1 else (two, one)
        raise ValueError(
            f'Substructure "{_show(sequence)}" is a sequence, while substructure '
            f'"{_show(other)}" is not'
        )
    if composite1:
        _compare_specs(spec_of(one), spec_of(two))
        return
    if check_types:
        _compare_types(one, kind1, two, kind2)
    _compare_children(one, kind1, two, kind2, limit, check_types)


def _compare_children(
    one: Any, kind1: int, two: Any, kind2: int, limit: int, check_types: bool
) -> None:
    rest1, rest2 = iter(children(one, kind1)), iter(children(two, kind2))
    end = MISFIT
    while True:
        child1, child2 = next(rest1, end), next(rest2, end)
        if child1 is end and child2 is end:
            return
        if child1 is end or child2 is end:
            raise ValueError(
                "The two structures don't have the same number of elements. First structure: "
                f"{_show(one)}. Second structure: {_show(two)}"
            )
        _compare(child1, child2, limit, check_types)


def _compare_specs(spec1: Any, spec2: Any) -> None:
    # Values of one loop variable may differ in names of tensors and in static shapes.
    one, two = spec1._without_tensor_names(), spec2._without_tensor_names()
    if one.most_specific_common_supertype([two]) is None:
        raise ValueError(
            f"Incompatible CompositeTensor TypeSpecs: {_show(spec1)} vs. {_show(spec2)}"
        )


def _compare_types(one: Any, kind1: int, two: Any, kind2: int) -> None:
    if kind1 == MAPPING and kind2 == MAPPING:
        keys1, keys2 = list(one), list(two)
        if set(keys1) != set(keys2):
            raise ValueError(
                "The two dictionaries don't have the same set of keys. First structure has keys "
                f"{_show(keys1)}, while second structure has keys {_show(keys2)}"
            )
    elif not same_sequence_type(one, kind1, two, kind2):
        raise TypeError(
            "The two namedtuples don't have the same sequence type. First structure "
            f"{_show(one)} has type {type(one).__name__}, while second structure "
            f"{_show(two)} has type {type(two).__name__}"
        )


def same_sequence_type(one: Any, kind1: int, two: Any, kind2: int) -> bool:
    """Whether two opened nodes that are not both mappings count as of the same type."""
    # A wrapper around an attribute's value counts as what it wraps.
    class1, class2 = one.__class__, two.__class__
    if class1 is class2 or (kind1 == kind2 == LIST):
        return True
    if kind1 == kind2 == NAMEDTUPLE:
        return class1.__name__ == class2.__name__ and one._fields == two._fields
    return False
