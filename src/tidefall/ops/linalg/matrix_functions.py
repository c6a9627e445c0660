"""Square roots and logarithms of matrices."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

import numpy as np

from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.op.effects import PURE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import LACKS_GRADIENT
from tidefall.ops.array.constants import zeros_like
from tidefall.ops.array.joining import concat
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.batching import batched
from tidefall.ops.linalg.batches import adjoint, require_square, square, wide


def _scipy(name: str) -> Any:
    """A function of `scipy.linalg`: NumPy has no Schur decomposition, which these need."""
    try:
        return getattr(importlib.import_module("scipy.linalg"), name)
    except ImportError:
        raise UnimplementedError(
            None, None, f"{name} needs SciPy, which is not installed: pip install scipy."
        ) from None


def _each(name: str, x: np.ndarray) -> np.ndarray:
    """Apply a function of matrices to each of a stack."""
    function = _scipy(name)
    found = np.empty(x.shape, np.complex128)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # singular matrices give NaN, without a word
        for index in np.ndindex(x.shape[:-2]):
            matrix = x[index].astype(np.complex128)
            good = matrix.size and np.isfinite(matrix).all()
            found[index] = function(matrix) if good else np.nan
    return found


def _sqrt_host(input: np.ndarray) -> np.ndarray:
    require_square(input)
    found: Any = _each("sqrtm", wide(input))
    if input.dtype.kind != "c":
        # A real matrix may have no real root.
        size = np.abs(found).max((-1, -2), keepdims=True, initial=0)
        tolerance = size * found.shape[-1] * 10 * np.finfo(wide(input).dtype).eps
        is_real = (np.abs(found.imag) <= tolerance).all((-1, -2), keepdims=True)
        found = np.where(is_real, found.real, np.nan)
    return found.astype(input.dtype)


def _sqrt_grad(op: Any, dy: Any) -> Any:
    # The derivative of a function of matrices stands in the corner of its value at a larger one.
    a = adjoint(op.inputs[0])
    size = shape(a)[-1] if a.shape[-1] is None else a.shape[-1]
    top = concat([a, dy], -1)
    bottom = concat([zeros_like(a), a], -1)
    return matrix_square_root_op(concat([top, bottom], -2))[..., :size, size:]


matrix_square_root_op = op(
    "MatrixSquareRoot",
    shape=square,
    host=_sqrt_host,
    effects=PURE,
    batching=batched,
    gradient=_sqrt_grad,
)


@export("linalg.sqrtm", "matrix_square_root")
def sqrtm(input: Any, name: str | None = None) -> Any:
    """The principal square root of square matrices: `root @ root` is `input`.

    Args:
        input: matrices `[..., n, n]`, floating-point or complex, invertible.
        name: name of the node in a graph.

    Returns:
        A tensor like `input`; NaN for a real matrix that has no real root.

    Raises:
        InvalidArgumentError: if the matrices are not square.
        UnimplementedError: where SciPy is not installed.

    >>> import tidefall as tf
    >>> tf.linalg.sqrtm([[4.0, 0.0], [0.0, 9.0]]).numpy().tolist()
    [[2.0, 0.0], [0.0, 3.0]]
    """
    return matrix_square_root_op(input, name=name)


def _log_host(input: np.ndarray) -> np.ndarray:
    require_square(input)
    return _each("logm", input).astype(input.dtype)


matrix_logarithm_op = op(
    "MatrixLogarithm",
    shape=square,
    host=_log_host,
    effects=PURE,
    traits=(LACKS_GRADIENT,),
    batching=batched,
    gradient=NOT_DIFFERENTIABLE,
)


@export("linalg.logm")
def logm(input: Any, name: str | None = None) -> Any:
    """The principal logarithm of complex matrices: `expm` undone.

    Args:
        input: complex64 or complex128 matrices `[..., n, n]`, invertible.
        name: name of the node in a graph.

    Returns:
        A tensor like `input`.

    Raises:
        InvalidArgumentError: if the matrices are not square or not complex.
        UnimplementedError: where SciPy is not installed.

    >>> import tidefall as tf
    >>> tf.linalg.logm(tf.constant([[1.0, 0.0], [0.0, 1.0]], tf.complex64)).numpy().real.tolist()
    [[0.0, 0.0], [0.0, 0.0]]
    """
    return matrix_logarithm_op(input, name=name)
