"""The gradient function of an op: the declared one, or one registered from outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidefall.op.op import Op
from tidefall.op.registry import find_op, is_registered

Gradient = Callable[..., Any] | str

_overrides: dict[str, Gradient] = {}


def gradient_of(op: Op) -> Gradient | None:
    """The gradient function of an op; one given through tf.RegisterGradient wins."""
    return _overrides.get(op.name, op.gradient)


def gradient_of_name(name: str) -> Gradient | None:
    """The gradient function registered under a name, be it an op's or another; None if none."""
    if name in _overrides:
        return _overrides[name]
    return find_op(name).gradient if is_registered(name) else None


def override_gradient(name: str, function: Gradient) -> None:
    """Register a gradient function for an op type from outside."""
    if name in _overrides:
        raise KeyError(f"Registering two gradient with name '{name}'!")
    _overrides[name] = function
