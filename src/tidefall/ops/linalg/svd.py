"""Singular values, and what follows from them: rank and pseudo-inverse."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.ops.array.reshaping import expand_dims
from tidefall.ops.array.selecting import where
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.batching import batched
from tidefall.ops.common import jnp
from tidefall.ops.linalg.batches import (
    adjoint,
    as_matrix,
    dims_of,
    product,
    require_matrix,
    scaled_columns,
    scaled_rows,
    swapped,
    wide,
)
from tidefall.ops.linalg.matrices import diag_part, set_diag
from tidefall.ops.math.cast import cast
from tidefall.ops.math.complex_numbers import imag, real
from tidefall.ops.math.division import divide_no_nan
from tidefall.ops.reductions.functions import reduce_max, reduce_sum

# ---- Svd ----


def _svd_host(input: np.ndarray, *, compute_uv: bool, full_matrices: bool) -> Any:
    require_matrix(input)
    x, dtype = wide(input), input.dtype
    bad = ~np.isfinite(x).all((-1, -2))
    if bad.any():
        x = np.where(bad[..., None, None], 0, x)
    if not compute_uv:
        s = np.linalg.svd(x, compute_uv=False)
        parts = (s, np.zeros([0], dtype), np.zeros([0], dtype))
    else:
        u, s, vh = np.linalg.svd(x, full_matrices=full_matrices)
        parts = (s, u, swapped(vh))
    if bad.any():
        known = parts if compute_uv else parts[:1]
        parts = (*(_nan_where(bad, p) for p in known), *parts[len(known) :])
    return tuple(p.astype(dtype, copy=False) for p in parts)


def _nan_where(bad: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.where(bad.reshape(bad.shape + (1,) * (x.ndim - bad.ndim)), np.nan, x)


def _svd_xla(input: Any, *, compute_uv: bool, full_matrices: bool) -> Any:
    require_matrix(input)
    x, dtype = wide(jnp.asarray(input)), input.dtype
    if not compute_uv:
        s = jnp.linalg.svd(x, compute_uv=False)
        return s.astype(dtype), jnp.zeros([0], dtype), jnp.zeros([0], dtype)
    u, s, vh = jnp.linalg.svd(x, full_matrices=full_matrices)
    return s.astype(dtype), u.astype(dtype), swapped(vh).astype(dtype)


def _svd_shape(c: Inference) -> list[TensorShape]:
    dims = dims_of(c.shape(0))
    none = [TensorShape([0])] * 2
    if dims is None:
        unknown = TensorShape(None)
        return [unknown, unknown, unknown] if c.attr("compute_uv") else [unknown, *none]
    batch, rows, columns = dims
    small = None if rows is None or columns is None else min(rows, columns)
    values = TensorShape([*batch, small])
    if not c.attr("compute_uv"):
        return [values, *none]
    full = c.attr("full_matrices")
    return [
        values,
        TensorShape([*batch, rows, rows if full else small]),
        TensorShape([*batch, columns, columns if full else small]),
    ]


def _svd_grad(op: Any, ds: Any, du: Any, dv: Any) -> Any:
    a = op.inputs[0]
    s, u, v = op.outputs
    if not op.attrs["compute_uv"]:
        _, u, v = svd_op(a, compute_uv=True, full_matrices=False)
        return product(scaled_columns(u, ds), v, adjoint_b=True)
    if op.attrs["full_matrices"]:
        u, du = _thin(u, du, s)
        v, dv = _thin(v, dv, s)
    left, right = product(u, du, adjoint_a=True), product(v, dv, adjoint_a=True)
    squares = s * s
    gaps = expand_dims(squares, -2) - expand_dims(squares, -1)
    middle = scaled_columns(divide_no_nan(left - adjoint(left), gaps), s)
    middle += scaled_rows(s, divide_no_nan(right - adjoint(right), gaps))
    inside = ds
    if a.dtype.is_complex:
        # A phase common to both vectors does not count; what is left turns u against v.
        turn = cast(imag(diag_part(left)) - imag(diag_part(right)), s.dtype)
        inside = cast(real(ds), s.dtype) + 0.5j * divide_no_nan(turn, 2.0 * s)
    middle = set_diag(middle, inside)
    grad = product(u, product(middle, v, adjoint_b=True))
    inverse = divide_no_nan(s * 0 + 1, s)
    outside = du - product(u, left)
    grad += product(scaled_columns(outside, inverse), v, adjoint_b=True)
    beyond = dv - product(v, right)
    return grad + product(scaled_columns(u, inverse), beyond, adjoint_b=True)


def _thin(u: Any, du: Any, s: Any) -> tuple[Any, Any]:
    """Vectors of singular values alone; the others move against these."""
    count = s.shape[-1] if s.shape[-1] is not None else shape(s)[-1]
    first, rest = u[..., :count], u[..., count:]
    against = product(rest, product(du[..., count:], first, adjoint_a=True))
    return first, du[..., :count] - against


svd_op = op(
    "Svd",
    shape=_svd_shape,
    host=_svd_host,
    xla=_svd_xla,
    effects=PURE,
    batching=batched,
    gradient=_svd_grad,
)


@export("linalg.svd")
def svd(
    tensor: Any, full_matrices: bool = False, compute_uv: bool = True, name: str | None = None
) -> Any:
    """Singular value decomposition: `tensor = u @ diag(s) @ adjoint(v)`.

    Args:
        tensor: matrices `[..., m, n]`, floating-point or complex; p is the smaller of m and n.
        full_matrices: return square u and v instead of their first p columns.
        compute_uv: False returns the singular values only.
        name: name of the node in a graph.

    Returns:
        A tuple (s, u, v): real singular values `[..., p]`, descending; left vectors `[..., m, p]`;
        right vectors `[..., n, p]`, in columns. Or s alone.

    Raises:
        InvalidArgumentError: for fewer than two dimensions.

    >>> import tidefall as tf
    >>> s, u, v = tf.linalg.svd([[0.0, 2.0], [1.0, 0.0]])
    >>> s.numpy().tolist()
    [2.0, 1.0]
    """
    s, u, v = svd_op(tensor, compute_uv=compute_uv, full_matrices=full_matrices, name=name)
    s = real(s) if s.dtype.is_complex else s
    return (s, u, v) if compute_uv else s


# ---- what follows ----


def _float_matrix(a: Any) -> Any:
    a = as_matrix(a, "a")
    if not a.dtype.is_floating:
        raise TypeError(f"Input `a` must have `float`-like `dtype` (saw {a.dtype.name}).")
    if a.shape.rank is not None and a.shape.rank < 2:
        raise ValueError(f"Input `a` must have at least 2 dimensions (saw: {a.shape.rank}).")
    return a


def _largest_dim(a: Any) -> Any:
    rows, columns = a.shape[-2:] if a.shape.rank is not None else (None, None)
    if rows is not None and columns is not None:
        return float(max(rows, columns))
    return cast(reduce_max(shape(a)[-2:]), a.dtype)


def _epsilon(dtype: Any) -> float:
    return float(np.finfo(dtype.as_numpy_dtype).eps)


@export("linalg.matrix_rank")
def matrix_rank(
    a: Any, tol: Any = None, validate_args: bool = False, name: str | None = None
) -> Any:
    """Ranks of matrices: how many singular values are above a threshold.

    Args:
        a: real matrices `[..., m, n]`.
        tol: the threshold, broadcast against `[...]`; by default `max(m, n)` times the dtype's
            epsilon times the largest singular value.
        validate_args: accepted; the checks are made in any case.
        name: name of the scope in a graph.

    Returns:
        An int32 tensor `[...]`.

    Raises:
        TypeError: for a dtype that is not floating-point.
        ValueError: for fewer than two dimensions.

    >>> import tidefall as tf
    >>> int(tf.linalg.matrix_rank([[1.0, 2.0], [2.0, 4.0]]))
    1
    """
    with name_scope(name or "matrix_rank"):
        a = _float_matrix(a)
        s = svd(a, compute_uv=False)
        if tol is None:
            largest = reduce_max(s, axis=-1, keepdims=True)
            tol = largest * (_epsilon(a.dtype) * _largest_dim(a))
        else:
            tol = expand_dims(as_matrix(tol, "tol"), -1)
        return reduce_sum(cast(s > tol, "int32"), axis=-1)


@export("linalg.pinv")
def pinv(a: Any, rcond: Any = None, validate_args: bool = False, name: str | None = None) -> Any:
    """Moore-Penrose pseudo-inverses.

    Args:
        a: real matrices `[..., m, n]`.
        rcond: singular values up to this fraction of the largest count as 0; broadcast against
            `[...]`. By default `10 * max(m, n)` times the dtype's epsilon.
        validate_args: accepted; the checks are made in any case.
        name: name of the scope in a graph.

    Returns:
        Matrices `[..., n, m]`.

    Raises:
        TypeError: for a dtype that is not floating-point.
        ValueError: for fewer than two dimensions.

    >>> import tidefall as tf
    >>> tf.linalg.pinv([[2.0, 0.0], [0.0, 0.0]]).numpy()
    array([[0.5, 0. ],
           [0. , 0. ]], dtype=float32)
    """
    with name_scope(name or "pinv"):
        a = _float_matrix(a)
        if rcond is None:
            rcond = 10.0 * _largest_dim(a) * _epsilon(a.dtype)
        cutoff = cast(as_matrix(rcond, "rcond"), a.dtype)
        s, u, v = svd(a)
        largest = reduce_max(s, axis=-1, keepdims=True)
        bound = expand_dims(cutoff, -1) * largest
        s = where(s > bound, s, np.array(np.inf, a.dtype.as_numpy_dtype))
        return product(scaled_columns(v, 1.0 / s), u, adjoint_b=True)
