"""Conditions: what decides while a function is traced, and what the graph decides."""

from __future__ import annotations

from typing import Any

from tidefall.base import dtypes
from tidefall.base.state import state
from tidefall.function.autograph import errors
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


def is_staged(value: Any) -> bool:
    """Whether a value is a tensor of a graph being built, which Python cannot decide on."""
    if state.graph is None:
        return False
    return isinstance(value, Tensor) or getattr(value, "_is_variable", False)


def condition(value: Any, statement: str) -> Any:
    """The bool scalar that a condition is.

    Raises:
        ValueError: it is a tensor of another dtype or shape.
    """
    tensor = convert_to_tensor(value)
    if tensor.dtype != dtypes.bool or tensor.shape.rank not in (0, None):
        raise errors.condition_error(statement, tensor)
    return tensor
