"""Kinds of values whose type nobody knows: what such a value holds may be anything, too.

A type checker that meets `isinstance(value, list)` knows a list of it does not know what; after
these it knows a list of `Any`.

>>> from tidefall.base.type_guards import is_sequence
>>> is_sequence((1, 2)), is_sequence("12")
(True, False)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

import numpy as np


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether a value is a list."""
    return isinstance(value, list)


def is_sequence(value: Any) -> TypeGuard[list[Any] | tuple[Any, ...]]:
    """Whether a value is a list or a tuple."""
    return isinstance(value, (list, tuple))


def is_any_sequence(value: Any) -> TypeGuard[Sequence[Any]]:
    """Whether a value is a sequence of any kind, text among them."""
    return isinstance(value, Sequence)


def is_dict(value: Any) -> TypeGuard[dict[Any, Any]]:
    """Whether a value is a dictionary."""
    return isinstance(value, dict)


def is_mapping(value: Any) -> TypeGuard[Mapping[Any, Any]]:
    """Whether a value is a mapping."""
    return isinstance(value, Mapping)


def is_array(value: Any) -> TypeGuard[np.ndarray[Any, Any]]:
    """Whether a value is an array of NumPy."""
    return isinstance(value, np.ndarray)


def is_numeric(value: Any) -> TypeGuard[np.ndarray[Any, Any] | np.generic[Any]]:
    """Whether a value is an array or a scalar of NumPy."""
    return isinstance(value, (np.ndarray, np.generic))
