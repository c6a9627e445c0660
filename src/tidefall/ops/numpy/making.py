"""How the elementwise functions of `tf.experimental.numpy` are made from TensorFlow's."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tidefall.base.exports import export_value
from tidefall.ops.numpy.examples import example_of
from tidefall.ops.numpy.promotion import promote, to_float, to_tensor
from tidefall.ops.numpy.settings import weak_numbers
from tidefall.ops.numpy.weak import is_weak, weaken

Function = Callable[..., Any]
PREFIX = "experimental.numpy."


def exported_as(*names: str) -> Callable[[Function], Function]:
    """Make a function public as `tf.experimental.numpy.<name>`."""

    def register(function: Function) -> Function:
        made_public = [PREFIX + name for name in names]
        return export_value(function, *made_public, module=function.__module__)

    return register


def keeps_weak(function: Function) -> Function:
    """Give the result a weak dtype if the first argument has one, or is a Python number."""

    @functools.wraps(function)
    def call(x: Any, *args: Any, **kwargs: Any) -> Any:
        if not weak_numbers():
            return function(x, *args, **kwargs)
        x = to_tensor(x)
        result = function(x, *args, **kwargs)
        named = kwargs.get("dtype") is not None
        return weaken(result, (x,)) if is_weak(x) and not named else result

    return call


def unary(
    names: str, text: str, compute: Function, module: str, floats: bool = False, weak: bool = True
) -> Function:
    """Make an elementwise function of one array public.

    Args:
        names: its public names, the first one being its own.
        text: what an element of the result is.
        compute: TensorFlow's function.
        module: the module it is declared in.
        floats: integers and booleans are converted to the default float dtype first.
        weak: a weak dtype is kept.
    """
    convert = to_float if floats else to_tensor
    name = names.split()[0]

    def function(x: Any) -> Any:
        return compute(convert(x))

    made = keeps_weak(function) if weak else function
    made.__doc__ = f"""{text}, elementwise, as `numpy.{name}`.

    Args:
        x: array of any shape{", integers become floating-point" if floats else ""}.

    Returns:
        A tensor of the shape of `x`.

    Raises:
        InvalidArgumentError: for a dtype the function is not defined for.
    {example_of(name)}"""
    return _publish(made, name, names, module)


def binary(
    names: str,
    text: str,
    compute: Function,
    module: str,
    arrays: bool = False,
    alike: bool = True,
) -> Function:
    """Make an elementwise function of two arrays public.

    Args:
        names: its public names, the first one being its own.
        text: what an element of the result is.
        compute: function of two tensors of the dtype the arguments have in common.
        module: the module it is declared in.
        arrays: Python numbers count as arrays, so that they are not weak.
        alike: the arguments take the dtype they have in common.
    """
    name = names.split()[0]

    def function(x1: Any, x2: Any) -> Any:
        if arrays:
            x1, x2 = to_tensor(x1), to_tensor(x2)
        x1, x2 = promote(x1, x2) if alike else (to_tensor(x1), to_tensor(x2))
        return compute(x1, x2)

    function.__doc__ = f"""{text}, elementwise, as `numpy.{name}`.

    Args:
        x1: array of any shape.
        x2: array of a shape that broadcasts with it. Both take the dtype they have in common.

    Returns:
        A tensor of the shape they broadcast to.

    Raises:
        InvalidArgumentError: for shapes that do not broadcast, or a dtype the function is not
            defined for.
    {example_of(name)}"""
    return _publish(function, name, names, module)


def _publish(function: Function, name: str, names: str, module: str) -> Function:
    function.__name__ = function.__qualname__ = name
    function.__module__ = module
    return exported_as(*names.split())(function)


def refuse(function: str, **given: Any) -> None:
    """Raise ValueError for arguments of NumPy's that are not supported, when they are given."""
    for name, value in given.items():
        if value is not None:
            raise ValueError(f"tf.experimental.numpy.{function} does not support '{name}'.")
