"""`tf.__operators__`: what `a[...]`, `a + b`, `a == b` and `a != b` call, as functions.

Asked for by tf-keras, which makes layers of them, and the model optimization toolkit.
"""

from __future__ import annotations

from typing import Any

from tidefall.base.dispatch import OTHER, publish
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import is_tensor


def _public(function: Any) -> Any:
    return publish(function, (f"__operators__.{function.__name__}",), OTHER)


def _tensor(value: Any) -> Any:
    return value if is_tensor(value) else convert_to_tensor(value)


@_public
def getitem(tensor: Any, slice_spec: Any, var: Any = None) -> Any:
    """`tensor[slice_spec]`."""
    return _tensor(tensor)[slice_spec]


@_public
def ragged_getitem(rt_input: Any, key: Any) -> Any:
    """`rt_input[key]` of a ragged tensor."""
    return rt_input[key]


@_public
def add(x: Any, y: Any, name: str | None = None) -> Any:
    """`x + y`."""
    return _tensor(x) + y


@_public
def eq(self: Any, other: Any) -> Any:
    """`self == other`, elementwise."""
    return _tensor(self) == other


@_public
def ne(self: Any, other: Any) -> Any:
    """`self != other`, elementwise."""
    return _tensor(self) != other
