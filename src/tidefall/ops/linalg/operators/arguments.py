"""What linear operators are given: tensors, and shapes broadcast against each other."""

from __future__ import annotations

from typing import Any

from tidefall.base.shapes import TensorShape, broadcast_shape
from tidefall.ops.array.joining import concat
from tidefall.ops.array.shapes_of import broadcast_dynamic_shape, shape
from tidefall.ops.array.transposing import broadcast_to
from tidefall.ops.linalg.batches import adjoint as adjoint_of
from tidefall.ops.linalg.matmul import matmul
from tidefall.tensor.conversion import convert_to_tensor


def same_batch(*matrices: Any) -> tuple[Any, ...]:
    """Matrices with their batch dimensions broadcast against each other."""
    if all(m.shape.is_fully_defined() for m in matrices):
        batch = TensorShape([])
        for m in matrices:
            batch = broadcast_shape(batch, m.shape[:-2])
        return tuple(
            m if m.shape[:-2] == batch else broadcast_to(m, [*batch, *m.shape[-2:]])
            for m in matrices
        )
    sizes = [shape(m) for m in matrices]
    batch = sizes[0][:-2]
    for size in sizes[1:]:
        batch = broadcast_dynamic_shape(batch, size[:-2])
    return tuple(
        broadcast_to(m, concat([batch, size[-2:]], 0))
        for m, size in zip(matrices, sizes, strict=True)
    )


def dense_product(a: Any, x: Any, adjoint: bool, adjoint_arg: bool) -> Any:
    """Product of stored matrices with others."""
    return matmul(a, x, adjoint_a=adjoint, adjoint_b=adjoint_arg)


def turned(x: Any, adjoint_arg: bool) -> Any:
    """The adjoint of an argument if that is asked for."""
    return adjoint_of(x) if adjoint_arg else x


def common_shape(shapes: Any) -> TensorShape:
    """Batch shapes broadcast against each other."""
    found = TensorShape([])
    for one in shapes:
        found = broadcast_shape(found, one)
    return found


def common_shape_tensor(sizes: Any) -> Any:
    """The same for int32 vectors."""
    found = sizes[0]
    for one in sizes[1:]:
        found = broadcast_dynamic_shape(found, one)
    return found


def float_tensor(value: Any, name: str) -> Any:
    """A tensor or variable that an operator keeps: floating-point or complex."""
    if getattr(value, "_is_variable", False) is not True:
        value = convert_to_tensor(value, name=name)
    if not (value.dtype.is_floating or value.dtype.is_complex):
        raise TypeError(
            f"Argument '{name}' must be floating-point or complex, not {value.dtype.name}."
        )
    return value


def now(value: Any) -> Any:
    """What a tensor or variable holds now."""
    return convert_to_tensor(value)
