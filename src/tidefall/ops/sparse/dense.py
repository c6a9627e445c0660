"""Sums and products of a sparse operand and a dense one, as single ops."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.errors import UnimplementedError
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.ops.common import invalid, jnp, same_as, shape_text

# ---- SparseMatMul: dense matrices that hold many zeros ----


def _product(xp: Any, a: Any, b: Any, transpose_a: bool, transpose_b: bool) -> Any:
    for name, matrix in (("a", a), ("b", b)):
        if matrix.ndim != 2:
            raise invalid(f"{name} is not a matrix")
    left = a.astype(np.float32).T if transpose_a else a.astype(np.float32)
    right = b.astype(np.float32).T if transpose_b else b.astype(np.float32)
    if left.shape[1] != right.shape[0]:
        raise invalid(
            f"Matrix size incompatible: a: {shape_text(a.shape)}, b: {shape_text(b.shape)}"
        )
    return xp.matmul(left, right)


def _product_host(
    a: Any, b: Any, *, transpose_a: bool, transpose_b: bool, a_is_sparse: bool, b_is_sparse: bool
) -> Any:
    return _product(np, a, b, transpose_a, transpose_b)


def _product_xla(
    a: Any, b: Any, *, transpose_a: bool, transpose_b: bool, a_is_sparse: bool, b_is_sparse: bool
) -> Any:
    return _product(jnp, jnp.asarray(a), jnp.asarray(b), transpose_a, transpose_b)


def _product_shape(c: Inference) -> TensorShape:
    a, b = c.shape(0).with_rank(2), c.shape(1).with_rank(2)
    rows, inner = (a[1], a[0]) if c.attr("transpose_a") else (a[0], a[1])
    other, columns = (b[1], b[0]) if c.attr("transpose_b") else (b[0], b[1])
    if None not in (inner, other) and inner != other:
        raise ValueError(f"Dimensions must be equal, but are {inner} and {other}")
    return TensorShape([rows, columns])


def _product_grad(op: Any, dy: Any) -> list[Any]:
    a, b = op.inputs
    turned_a, turned_b = op.get_attr("transpose_a"), op.get_attr("transpose_b")
    cast, matmul = raw.Cast, raw.MatMul
    wide_a, wide_b = (
        x if x.dtype == dtypes.float32 else cast(x, DstT=dtypes.float32) for x in (a, b)
    )
    if turned_a:
        grad_a = matmul(wide_b, dy, transpose_a=turned_b, transpose_b=True)
    else:
        grad_a = matmul(dy, wide_b, transpose_b=not turned_b)
    if turned_b:
        grad_b = matmul(dy, wide_a, transpose_a=True, transpose_b=turned_a)
    else:
        grad_b = matmul(wide_a, dy, transpose_a=not turned_a)
    return [
        grad if x.dtype == dtypes.float32 else cast(grad, DstT=x.dtype)
        for grad, x in ((grad_a, a), (grad_b, b))
    ]


op(
    "SparseMatMul",
    shape=_product_shape,
    host=_product_host,
    xla=_product_xla,
    effects=PURE,
    gradient=_product_grad,
)

# ---- sums ----


def _check_sum(indices: Any, values: Any, shape: Any, dense: Any) -> None:
    if indices.ndim != 2 or values.ndim != 1 or shape.ndim != 1:
        raise invalid(
            "a_indices must be a matrix, a_values and a_shape vectors; got shapes "
            f"{shape_text(indices.shape)}, {shape_text(values.shape)}, {shape_text(shape.shape)}"
        )
    if values.shape[0] != indices.shape[0] or shape.shape[0] != indices.shape[1]:
        raise invalid(f"Dimensions {indices.shape[1]} and {shape.shape[0]} are not compatible")
    if shape.shape[0] != dense.ndim:
        raise invalid(f"Two operands have different ranks: {shape.shape[0]} vs. {dense.ndim}")
    for i, (a, b) in enumerate(zip(shape.tolist(), dense.shape, strict=True)):
        if a != b:
            raise invalid(
                f"Dimension {i} does not equal (no broadcasting is supported): sparse side {a} vs "
                f"dense side {b}"
            )
    wrong = np.argwhere((indices < 0) | (indices >= np.array(dense.shape)))
    if wrong.size:
        row, i = wrong[0].tolist()
        raise invalid(
            f"Sparse tensor has an invalid index on dimension {i}: a_indices({row},{i}) = "
            f"{indices[row, i]}, dense tensor shape: {shape_text(dense.shape)}"
        )


def _sum_host(indices: Any, values: Any, shape: Any, dense: Any) -> Any:
    _check_sum(indices, values, shape, dense)
    result = dense.copy()
    np.add.at(result, tuple(indices.T), values)
    return result


def _sum_xla(indices: Any, values: Any, shape: Any, dense: Any) -> Any:
    return jnp.asarray(dense).at[tuple(jnp.asarray(indices).T)].add(values)


op(
    "SparseTensorDenseAdd",
    shape=same_as(3),
    host=_sum_host,
    xla=_sum_xla,
    effects=PURE,
    gradient=lambda op, dy: [None, raw.GatherNd(dy, op.inputs[0]), None, dy],
)


def _picked_host(indices: Any, values: Any, shape: Any, dense: Any) -> Any:
    wanted = tuple(shape.tolist())
    if dense.ndim > len(wanted) or any(
        b not in (1, a) for a, b in zip(wanted[::-1], dense.shape[::-1], strict=False)
    ):
        raise invalid(
            "SparseDenseBinaryOpShared broadcasts dense to sparse only; got incompatible shapes: "
            f"{shape_text(wanted)} vs. {shape_text(dense.shape)}"
        )
    if indices.size and ((indices < 0) | (indices >= np.array(wanted))).any():
        raise invalid(f"sp_indices are out of bounds of the shape {shape_text(wanted)}")
    return values + np.broadcast_to(dense, wanted)[tuple(indices.T)]


def _picked_shape(c: Inference) -> TensorShape:
    return c.shape(1).merge_with(c.shape(0).with_rank(2)[:1])


def _no_gradient(op: Any, dy: Any) -> Any:
    raise UnimplementedError(
        None, None, "SparseDenseCwiseAdd has no gradient, in TensorFlow neither: use tf.sparse.add."
    )


op(
    "SparseDenseCwiseAdd",
    shape=_picked_shape,
    host=_picked_host,
    xla=None,
    effects=PURE,
    gradient=_no_gradient,
)
