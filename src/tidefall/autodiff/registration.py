"""Gradients given from outside: `tf.RegisterGradient` and `tf.no_gradient`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidefall.base.exports import export
from tidefall.op.gradients import override_gradient
from tidefall.op.registry import NOT_DIFFERENTIABLE, find_op, is_registered


@export("RegisterGradient")
class RegisterGradient:
    """A decorator that gives an op type its gradient function.

    Args:
        op_type: name of an op that has none, or any other name, for
            `tf.Graph.gradient_override_map`.

    Raises:
        TypeError: if the name is no string.
        KeyError: (when it decorates) if there is a gradient under this name.

    >>> import tidefall as tf
    >>> @tf.RegisterGradient("HalvedRelu")
    ... def halved_relu(op, grad):
    ...     return 0.5 * tf.raw_ops.ReluGrad(gradients=grad, features=op.outputs[0])
    """

    def __init__(self, op_type: str):
        _check(op_type)
        self._op_type = op_type

    def __call__(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """Register `f`, a function of the op and the gradients of its outputs."""
        _register(self._op_type, f)
        return f


@export("no_gradient", "compat.v1.NotDifferentiable", "compat.v1.NoGradient")
def no_gradient(op_type: str) -> None:
    """Declare that no gradient flows through ops of a type.

    Args:
        op_type: name of an op that has no gradient function.

    Raises:
        TypeError: if the name is no string.
        KeyError: if there is a gradient under this name.

    >>> import tidefall as tf
    >>> tf.no_gradient("MyIntegerLookup")
    """
    _check(op_type)
    _register(op_type, NOT_DIFFERENTIABLE)


def _check(op_type: Any) -> None:
    if not isinstance(op_type, str):
        raise TypeError("op_type must be a string")


def _register(op_type: str, function: Any) -> None:
    if is_registered(op_type) and find_op(op_type).gradient is not None:
        raise KeyError(f"Registering two gradient with name '{op_type}'!")
    override_gradient(op_type, function)
