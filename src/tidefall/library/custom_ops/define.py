"""Custom ops as ops like all others: declared once, with their shape rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tidefall.base.errors import InvalidArgumentError, UnimplementedError
from tidefall.library.custom_ops.functions import function_of
from tidefall.library.custom_ops.signature import op_definition
from tidefall.op.definition import OpDef
from tidefall.op.effects import ANYTHING, PURE
from tidefall.op.op import Op
from tidefall.op.registry import custom_op, find_op

Shape = Callable[[Any], Any]


def declared(
    definition: OpDef,
    host: Callable[..., Any],
    xla: Callable[..., Any] | None,
    shape: Shape | None,
) -> Op:
    """Make an op of a signature and kernels.

    Args:
        definition: the signature.
        host: from arrays, and its attributes as keywords, to arrays.
        xla: the same with arrays of jax.
        shape: the shape rule, if it is known already.

    Raises:
        AlreadyExistsError: there is such an op.
    """
    effects = ANYTHING if definition.is_stateful else PURE
    made = custom_op(definition, shape=shape or _no_shape(definition), host=host, xla=xla,
                     effects=effects)  # fmt: skip
    made.host_attrs = made.xla_attrs = tuple(definition.attrs)
    return made


def _no_shape(definition: OpDef) -> Shape:
    def refuse(context: Any) -> Any:
        raise UnimplementedError(
            None,
            None,
            f"The custom op {definition.name} has no shape function. Give it one with "
            f"@tidefall.custom_ops.shape({definition.name!r}), or, in the library, with "
            "shape_of_input.",
        )

    return refuse


def shape(name: str, constants: Iterable[str] = ()) -> Callable[[Shape], Shape]:
    """Return a decorator that gives a custom op its shape function.

    Args:
        name: of the op.
        constants: inputs whose values the function asks for with `c.constant(i)`. Compiled
            functions must know these.

    Returns:
        A decorator of a function `f(c)`: `c.shape(i)` is the `tf.TensorShape` of an input,
        `c.constant(i)` its value if that is known, else None, `c.attr(name)` an attribute. It
        returns the shape of the output, or a list of them, and raises ValueError for inputs that do
        not fit.

    Raises:
        InvalidArgumentError: there is no such custom op.

    >>> import numpy as np
    >>> from tidefall import custom_ops
    >>> define = custom_ops.define("TwiceAsLong", ["x: float"], ["y: float"])
    >>> twice = define(lambda x: np.tile(x, 2))
    >>> @custom_ops.shape("TwiceAsLong")
    ... def twice_shape(c):
    ...     return [2 * c.shape(0)[0]]
    >>> twice([1.0, 2.0]).shape
    TensorShape([4])
    """

    def give(function: Shape) -> Shape:
        op = find_op(name)
        if not op.definition.library:
            raise InvalidArgumentError(None, None, f"{name} is an op of TensorFlow's, no custom op")
        known = [argument.name for argument in op.definition.inputs]
        for each in constants:
            if each not in known:
                raise InvalidArgumentError(
                    None, None, f"{name} has no input called {each}; it has {known}"
                )
        op.shape, op.static = function, frozenset(constants)
        return function

    return give


def define(
    name: str,
    inputs: Iterable[str],
    outputs: Iterable[str],
    attrs: Iterable[str] = (),
    *,
    shape: Shape | None = None,
    xla: Callable[..., Any] | None = None,
    stateful: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that makes an op of a Python function over NumPy arrays.

    Unlike `tf.numpy_function`, the op has a name, a shape and, through `tf.RegisterGradient`, a
    gradient, and graphs and SavedModels that use it can be written. Whoever loads them imports the
    module of the function first.

    Args:
        name: of the op, like "ZeroOut".
        inputs: in the words of TensorFlow's REGISTER_OP, like "x: T" or "parts: N * float".
        outputs: the same.
        attrs: like "T: {float, double}" or "keep: int >= 1 = 2".
        shape: its shape function, as `shape` describes it.
        xla: the same function with arrays of jax, for compiled programs. Without it the op stays on
            the host.
        stateful: whether it does something besides computing.

    Returns:
        A decorator. The function takes an array for each input (a list for a list) and all
        attributes as keywords, if there are any; it returns an array, or a tuple of them. What the
        decorator returns calls the op with tensors.

    Raises:
        InvalidArgumentError: a signature that cannot be read.
        AlreadyExistsError: there is such an op.

    >>> import numpy as np
    >>> import tidefall as tf
    >>> from tidefall import custom_ops
    >>> @custom_ops.define("Halved", ["x: T"], ["y: T"], ["T: {float, double}"],
    ...                    shape=lambda c: c.shape(0))
    ... def halved(x, *, T):
    ...     return x / 2
    >>> halved([4.0, 2.0]).numpy()
    array([2., 1.], dtype=float32)
    """

    def make(function: Callable[..., Any]) -> Callable[..., Any]:
        definition = op_definition(name, inputs, outputs, attrs, stateful, function.__module__)
        return function_of(declared(definition, function, xla, shape))

    return make
