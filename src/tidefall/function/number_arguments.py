"""Python numbers among the arguments of a call: found in its skeleton, replaced while tracing."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.composite.weak_number import WeakNumber
from tidefall.function.call_keys import sorted_keys
from tidefall.graph.func_graph import FuncGraph
from tidefall.tensor.tensor import EagerTensor

Numbers = tuple[tuple[type, Any], ...]
_INT64 = range(-(2**63), 2**63)


def split_numbers(skeleton: Any) -> tuple[Any, Numbers]:
    """A skeleton without the values of its ints and floats, and these in order."""
    found: list[tuple[type, Any]] = []
    return _without(skeleton, found), tuple(found)


def _without(part: Any, found: list[tuple[type, Any]]) -> Any:
    if type(part) is not tuple:
        return part
    head = part[0] if part else None
    if (head is int or head is float) and len(part) == 2:
        found.append(part)
        return (head,)
    return tuple([_without(item, found) if type(item) is tuple else item for item in part])


def as_tensors(numbers: Numbers, positions: Collection[int]) -> list[EagerTensor]:
    """The numbers at some positions, for a function that takes them as tensors."""
    return [
        EagerTensor(np.array(value, np.int64 if kind is int else np.float64))
        for kind, value in (numbers[i] for i in positions)
    ]


def fits(numbers: Numbers) -> bool:
    """Whether every int can be given as an int64."""
    return all(kind is not int or value in _INT64 for kind, value in numbers)


class Unreplaceable(Exception):
    """A number in a structure that cannot be built again with something else in its place."""


def with_placeholders(
    args: tuple[Any, ...], kwargs: dict[str, Any], positions: Collection[int], graph: FuncGraph
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments with a `WeakNumber` at each of the positions, in the order of `encode`.

    Their placeholders come first among the arguments of the graph.

    Raises:
        Unreplaceable: for a number inside an unusual container.
    """
    count = iter(range(1 << 30))

    def number(value: Any) -> Any:
        if next(count) not in positions:
            return value
        kind = type(value)
        dtype = dtypes.int64 if kind is int else dtypes.float64
        return WeakNumber(kind, graph.add_argument(dtype, (), kind.__name__))

    new_args = tuple(_mapped(a, number) for a in args)
    new_kwargs = {key: _mapped(kwargs[key], number) for key in sorted_keys(kwargs)}
    return new_args, new_kwargs


def _mapped(value: Any, number: Callable[[Any], Any]) -> Any:
    kind = type(value)
    if kind is int or kind is float:
        return number(value)
    if kind is tuple or kind is list:
        return kind([_mapped(item, number) for item in value])
    if kind is dict:
        changed = {key: _mapped(value[key], number) for key in sorted_keys(value)}
        return {key: changed[key] for key in value}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return kind(*[_mapped(item, number) for item in value])
    if isinstance(value, (list, tuple, dict)):
        raise Unreplaceable
    return value
