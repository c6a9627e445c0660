"""Pieces that many ops share: lazy access to jax, shape rules, and gradients of broadcasting."""

from __future__ import annotations

import importlib
from collections import namedtuple
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.shapes import TensorShape, broadcast_shape
from tidefall.base.state import state
from tidefall.op import raw
from tidefall.op.inference import Inference
from tidefall.op.op import Op
from tidefall.op.table import op_def
from tidefall.tensor.tensor import EagerTensor


class LazyModule:
    """A module that is imported at the first use of one of its attributes.

    `import jax` costs seconds; lowerings name `jnp` and `lax` freely and only compiling pays.
    """

    def __init__(self, name: str):
        self.__dict__["_name"] = name

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(importlib.import_module(self._name), attribute)
        self.__dict__[attribute] = value
        return value

    def __repr__(self) -> str:
        return f"<lazy module {self._name}>"


jax = LazyModule("jax")
jnp = LazyModule("jax.numpy")
lax = LazyModule("jax.lax")


def invalid(message: str) -> InvalidArgumentError:
    """The error for bad input that a kernel finds; the caller adds the op's name."""
    return InvalidArgumentError(None, None, message)


@cache
def _outputs_type(name: str) -> Any:
    return namedtuple(name, [arg.name for arg in op_def(name).outputs])


def named(declared: Op, outputs: Any) -> Any:
    """The outputs of an op as a named tuple, the form that TensorFlow's own functions give."""
    return _outputs_type(declared.name)(*outputs)


def known_value(tensor: Any) -> np.ndarray | None:
    """The value of a tensor where it is known now: eager, or constant in the graph; else None."""
    if isinstance(tensor, EagerTensor):
        is_handle = tensor.dtype in (dtypes.resource, dtypes.variant)
        return None if is_handle else tensor.host_array()
    return tensor.graph.static_value(tensor)


def after(nodes: Any, tensor: Any) -> Any:
    """The tensor, in a graph not before some nodes (of which those that are None do not count)."""
    waited = tuple(node for node in nodes if node is not None)
    if not waited:
        return tensor
    before = state.control_inputs
    state.control_inputs = (*before, *waited)
    try:
        return raw.Identity(tensor)
    finally:
        state.control_inputs = before


# ---- shape rules ----


def unchanged(c: Inference) -> TensorShape:
    """Output shaped like the first input."""
    return c.shape(0)


def scalar(c: Inference) -> TensorShape:
    """Output of shape ()."""
    return TensorShape(())


def no_outputs(c: Inference) -> list[TensorShape]:
    """For ops that only do something."""
    return []


def broadcast(c: Inference) -> TensorShape:
    """Output shaped like the two inputs broadcast against each other."""
    x, y = c.shape(0), c.shape(1)
    try:
        return broadcast_shape(x, y)
    except ValueError:
        raise ValueError(_incompatible(x, y)) from None


def _incompatible(x: TensorShape, y: TensorShape) -> str:
    a, b = x.as_list(), y.as_list()
    for i in range(1, min(len(a), len(b)) + 1):
        if a[-i] is not None and b[-i] is not None and a[-i] != b[-i] and 1 not in (a[-i], b[-i]):
            return (
                f"Incompatible shapes: {_text(a)} vs. {_text(b)}. "
                f"Dimensions must be equal, but are {a[-i]} and {b[-i]}"
            )
    return f"Incompatible shapes: {_text(a)} vs. {_text(b)}"


def _text(dims: list[int | None]) -> str:
    return "[" + ",".join("?" if d is None else str(d) for d in dims) + "]"


def shape_text(shape: Any) -> str:
    """A shape as TensorFlow's messages print it: `[2,?]`."""
    return _text(TensorShape(shape).as_list())


def same_as(index: int) -> Callable[[Inference], TensorShape]:
    """Output shaped like the input number `index`."""
    return lambda c: c.shape(index)


def from_shape_input(index: int) -> Callable[[Inference], TensorShape]:
    """Output whose shape is the value of the input number `index`."""
    return lambda c: c.constant_shape(index)


def unknown(c: Inference) -> TensorShape:
    """Output of unknown shape."""
    return TensorShape(None)


# ---- gradients ----


def needs(op: Any, index: int) -> bool:
    """False when nobody asks for the gradient of the input number `index`."""
    needed = getattr(op, "needed", None)
    return needed is None or needed[index]


def is_static(*tensors: Any) -> bool:
    """True when the shapes of all the tensors are known."""
    return all(t.shape.is_fully_defined() for t in tensors)


def reduce_axes(shape: list[int], target: list[int]) -> list[int]:
    """Axes along which `target` was repeated to become `shape`."""
    lead = len(shape) - len(target)
    return [i for i in range(len(shape)) if i < lead or (target[i - lead] == 1 and shape[i] != 1)]


_SUMMABLE = {np.dtype(t) for t in (np.float32, np.float64, np.complex64, np.complex128)}


def unbroadcast(grad: Any, source: Any, other: Any, first: bool = True) -> Any:
    """Sum a gradient over the axes that broadcasting repeated, down to the shape of `source`.

    Args:
        grad: gradient with the broadcast shape.
        source: the input it is for.
        other: the input it was broadcast against.
        first: True when `source` is the op's first input.
    """
    if type(source) is EagerTensor and type(grad) is EagerTensor:
        value, target = grad.storage, source.storage.shape
        if value.shape == target:
            return grad
        if not state.needs_dispatch and type(value) is np.ndarray and value.dtype in _SUMMABLE:
            axes = tuple(reduce_axes(list(value.shape), list(target)))
            return EagerTensor(np.add.reduce(value, axes).reshape(target))
        return _sum_to(grad, list(value.shape), list(target))
    if source.shape.is_fully_defined() and grad.shape.is_fully_defined():
        shape, target = grad.shape.as_list(), source.shape.as_list()
        return grad if shape == target else _sum_to(grad, shape, target)
    shape_op = raw.Shape
    a, b = shape_op(source), shape_op(other)
    axes = raw.BroadcastGradientArgs(*((a, b) if first else (b, a)))[0 if first else 1]
    return raw.Reshape(raw.Sum(grad, axes, keep_dims=False), a)


def _sum_to(grad: Any, shape: list[int], target: list[int]) -> Any:
    axes = reduce_axes(shape, target)
    summed = raw.Sum(grad, np.array(axes, np.int32), keep_dims=False) if axes else grad
    return raw.Reshape(summed, np.array(target, np.int32))
