"""`tf.test.compute_gradient`: derivatives by the tape beside differences of values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.autodiff.tape import GradientTape
from tidefall.base.exports import export
from tidefall.composite.indexed_slices import IndexedSlices
from tidefall.tensor.conversion import convert_to_tensor

_TYPES = ("float16", "bfloat16", "float32", "float64", "complex64", "complex128")


@export("test.compute_gradient")
def compute_gradient(f: Callable[..., Any], x: Any, delta: float | None = None) -> Any:
    """Jacobians of a function, by the tape and by central differences.

    Args:
        f: function of as many tensors as `x` has, which returns a tensor.
        x: list or tuple of values that become tensors of a floating or complex dtype.
        delta: step of the differences; 1/1024 by default.

    Returns:
        Two tuples of arrays, one array `[size of the result, size of the argument]` for each
        argument: first those of the tape, then those of the differences. A complex number counts as
        two numbers, its real and its imaginary part.

    Raises:
        ValueError: if `x` is neither list nor tuple.
        AssertionError: for an argument of another dtype.

    >>> import tidefall as tf
    >>> by_tape, by_differences = tf.test.compute_gradient(lambda x: x * x, [[1.0, 2.0]])
    >>> by_tape[0].tolist()
    [[2.0, 0.0], [0.0, 4.0]]
    """
    if not isinstance(x, (list, tuple)):
        raise ValueError(
            "`x` must be a list or tuple of values convertible to a Tensor (arguments to `f`), not "
            f"a {type(x)}"
        )
    arguments = [convert_to_tensor(value) for value in x]
    for i, argument in enumerate(arguments):
        if argument.dtype.name not in _TYPES:
            raise AssertionError(
                f"Cannot compute gradient for unsupported type {argument.dtype.name} of argument "
                f"{i}"
            )
    step = 1.0 / 1024 if delta is None else delta
    theory = tuple(_by_tape(f, arguments, i) for i in range(len(arguments)))
    return theory, tuple(_by_differences(f, arguments, i, step) for i in range(len(arguments)))


def _parts(array: np.ndarray) -> np.ndarray:
    """A vector of real numbers, two for a complex one."""
    flat: Any = np.ascontiguousarray(array).reshape(-1)
    return flat.view(flat.real.dtype) if flat.dtype.kind == "c" else flat


def _whole(parts: np.ndarray, like: Any) -> Any:
    shape = tuple(like.shape.as_list())
    return convert_to_tensor(parts.view(like.dtype.as_numpy_dtype).reshape(shape), like.dtype)


def _by_tape(f: Callable[..., Any], arguments: list[Any], i: int) -> np.ndarray:
    """One row for each number of the result, from a gradient of its own."""
    with GradientTape(persistent=True) as tape:
        tape.watch(arguments[i])
        result = f(*arguments)
    seed = np.zeros_like(_parts(result.numpy()))
    columns = _parts(arguments[i].numpy())
    jacobian = np.zeros((seed.size, columns.size), columns.dtype)
    for row in range(seed.size):
        seed[:] = 0
        seed[row] = 1
        gradient = tape.gradient(result, arguments[i], _whole(seed.copy(), result))
        if isinstance(gradient, IndexedSlices):
            gradient = convert_to_tensor(gradient)
        if gradient is not None:
            jacobian[row] = _parts(gradient.numpy())
    return jacobian


def _by_differences(
    f: Callable[..., Any], arguments: list[Any], i: int, delta: float
) -> np.ndarray:
    """One column for each number of the argument, moved both ways."""
    at = _parts(arguments[i].numpy())
    size = _parts(f(*arguments).numpy()).size
    jacobian = np.zeros((size, at.size), at.dtype)
    step = at.dtype.type(delta)
    for column in range(at.size):
        ends = []
        for move in (step, -step):
            moved = at.copy()
            moved[column] += move
            given = [*arguments[:i], _whole(moved, arguments[i]), *arguments[i + 1 :]]
            ends.append(_parts(f(*given).numpy()))
        jacobian[:, column] = (ends[0] - ends[1]) / (2 * step)
    return jacobian
