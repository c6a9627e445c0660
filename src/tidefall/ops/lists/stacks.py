"""Stacks: what gradients of loops of TensorFlow 1 keep the values of each iteration in."""

from __future__ import annotations

from typing import Any

from tidefall.base.shapes import TensorShape
from tidefall.op.effects import MAKES, writes
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid


class Stack:
    """Arrays of one dtype, of which the last one pushed comes out first.

    Attributes:
        dtype: dtype of the elements.
        limit: largest number of elements, or -1.
    """

    __slots__ = ("closed", "dtype", "items", "limit", "name")

    def __init__(self, dtype: Any, limit: int, name: str):
        self.dtype = dtype
        self.limit = limit
        self.name = name
        self.items: list[Any] = []
        self.closed = False

    def push(self, item: Any) -> None:
        """Put an array on top."""
        self._check_open()
        if 0 <= self.limit <= len(self.items):
            raise invalid(f"Stack[{self.name}] overflowed its max_size ({self.limit})")
        self.items.append(item)

    def pop(self) -> Any:
        """Take the array on top."""
        self._check_open()
        if not self.items:
            raise invalid(f"Stack[{self.name}] is empty when calling Pop().")
        return self.items.pop()

    def close(self) -> None:
        """Drop all elements; the stack cannot be used any more."""
        self.items.clear()
        self.closed = True

    def _check_open(self) -> None:
        if self.closed:
            raise invalid(f"Stack[{self.name}] has already been closed.")


def _stack(max_size: Any, *, elem_type: Any, stack_name: Any) -> Stack:
    return Stack(elem_type, int(max_size), _text(stack_name))


def _old_stack(*, elem_type: Any, stack_name: Any) -> Stack:
    return Stack(elem_type, -1, _text(stack_name))


def _text(name: Any) -> str:
    return name.decode(errors="replace") if isinstance(name, bytes) else str(name or "")


def _push(handle: Stack, elem: Any) -> Any:
    if hasattr(elem, "dtype") and elem.dtype != handle.dtype.as_numpy_dtype:
        raise invalid(f"Must have type {handle.dtype.name} but got {elem.dtype}")
    handle.push(elem)
    return elem


def _pop(handle: Stack, *, elem_type: Any) -> Any:
    if elem_type != handle.dtype:
        raise invalid(f"Must have type {handle.dtype.name} but got {elem_type.name}")
    return handle.pop()


def _close(handle: Stack) -> None:
    handle.close()


def _handle_shape(c: Inference) -> TensorShape:
    return TensorShape([2])


def _pushed_shape(c: Inference) -> TensorShape:
    return c.shape(1)


def _unknown(c: Inference) -> TensorShape:
    return TensorShape(None)


for _suffix, _make in (("V2", _stack), ("", _old_stack)):
    op(
        f"Stack{_suffix}",
        shape=_handle_shape,
        host=_make,
        effects=MAKES,
        gradient=NOT_DIFFERENTIABLE,
    )
    op(
        f"StackPush{_suffix}",
        shape=_pushed_shape,
        host=_push,
        effects=writes("handle"),
        gradient=NOT_DIFFERENTIABLE,
    )
    op(
        f"StackPop{_suffix}",
        shape=_unknown,
        host=_pop,
        effects=writes("handle"),
        gradient=NOT_DIFFERENTIABLE,
    )
    op(
        f"StackClose{_suffix}",
        shape=lambda c: [],
        host=_close,
        effects=writes("handle"),
        gradient=NOT_DIFFERENTIABLE,
    )
