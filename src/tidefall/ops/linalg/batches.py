"""Stacks of matrices: checks of kernels, shape rules, and small helpers of gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.inference import Inference
from tidefall.ops.common import invalid, needs, reduce_axes
from tidefall.ops.linalg.matmul import matmul
from tidefall.ops.math.elementwise import conjugate
from tidefall.ops.precision import is_narrow
from tidefall.tensor.conversion import convert_to_tensor

# ---- kernels ----


def require_matrix(x: Any, position: int = 0) -> None:
    """Refuse an array of fewer than two dimensions."""
    if x.ndim < 2:
        raise invalid(f"Input tensor {position} must have rank >= 2, got {x.ndim}")


def require_square(x: Any, message: str = "Input matrix must be square.") -> None:
    """Refuse a stack of matrices that are not square."""
    require_matrix(x)
    if x.shape[-1] != x.shape[-2]:
        raise invalid(f"{message} Got shape {list(x.shape)}.")


def wide(x: Any) -> Any:
    """The array in a dtype that LAPACK knows: float32 in place of narrow floats."""
    return x.astype(np.float32) if is_narrow(x.dtype) else x


def swapped(x: Any) -> Any:
    """The conjugate transpose of each matrix, as an array."""
    x = x.swapaxes(-1, -2)
    return x.conj() if x.dtype.kind == "c" else x


# ---- shape rules ----


def dims_of(shape: TensorShape) -> tuple[TensorShape, int | None, int | None] | None:
    """Batch shape, rows and columns; None if the rank is unknown."""
    if shape.rank is None:
        return None
    if shape.rank < 2:
        raise ValueError(f"Shape must be at least rank 2 but is rank {shape.rank}")
    return shape[:-2], shape[-2], shape[-1]


def square_dims(shape: TensorShape) -> tuple[TensorShape, int | None] | None:
    """Batch shape and size of square matrices; None if the rank is unknown."""
    dims = dims_of(shape)
    if dims is None:
        return None
    batch, rows, columns = dims
    if rows is not None and columns is not None and rows != columns:
        raise ValueError(f"Dimensions must be equal, but are {rows} and {columns}")
    return batch, rows if rows is not None else columns


def square(c: Inference) -> TensorShape:
    """Output shaped like the first input, square matrices."""
    dims = square_dims(c.shape(0))
    if dims is None:
        return TensorShape(None)
    batch, size = dims
    return TensorShape([*batch, size, size])


# ---- gradients and public functions ----


def adjoint(x: Any) -> Any:
    """The conjugate transpose of each matrix, as a tensor."""
    from tidefall.ops.linalg.matrices import matrix_transpose

    return matrix_transpose(x, conjugate=x.dtype.is_complex)


def product(a: Any, b: Any, adjoint_a: bool = False, adjoint_b: bool = False) -> Any:
    """Matrix product with either side turned over."""
    return matmul(a, b, adjoint_a=adjoint_a, adjoint_b=adjoint_b)


def as_matrix(value: Any, name: str = "matrix") -> Any:
    """A tensor; floats become float32 as everywhere."""
    return convert_to_tensor(value, name=name)


def scaled_rows(scale: Any, x: Any) -> Any:
    """`diag(scale) @ x`."""
    return raw.ExpandDims(scale, -1) * x


def scaled_columns(x: Any, scale: Any) -> Any:
    """`x @ diag(scale)`."""
    return x * raw.ExpandDims(scale, -2)


def conj(x: Any) -> Any:
    """The complex conjugate; real tensors as they are."""
    return conjugate(x) if x.dtype.is_complex else x


def summed_to(grad: Any, source: Any) -> Any:
    """A gradient summed over the batch dimensions along which `source` was repeated."""
    if grad.shape.is_fully_defined() and source.shape.is_fully_defined():
        shape, target = grad.shape.as_list(), source.shape.as_list()
        if shape == target:
            return grad
        axes = reduce_axes(shape, target)
        summed = raw.Sum(grad, np.array(axes, np.int32), keep_dims=False)
        return raw.Reshape(summed, np.array(target, np.int32))
    shape_op = raw.Shape
    wanted = shape_op(source)
    axes = raw.BroadcastGradientArgs(wanted, shape_op(grad))[0]
    return raw.Reshape(raw.Sum(grad, axes, keep_dims=False), wanted)


__all__ = [
    "adjoint", "as_matrix", "conj", "dims_of", "needs", "product", "require_matrix",
    "require_square", "scaled_columns", "scaled_rows", "square", "square_dims", "summed_to",
    "swapped", "wide",
]  # fmt: skip
