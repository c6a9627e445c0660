"""The diagonal ops of older graphs: MatrixDiag, MatrixDiagPart, MatrixSetDiag and their V2."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.op.traits import LINEAR
from tidefall.ops.batching import batched, two_batched
from tidefall.ops.common import jnp
from tidefall.ops.linalg.diagonals import (
    V2,
    ZERO,
    lay_diagonals,
    matrix_diag_grad,
    matrix_diag_part_grad,
    matrix_diag_part_shape,
    matrix_diag_shape,
    matrix_set_diag_grad,
    matrix_set_diag_shape,
    put_diagonals,
    take_diagonals,
)

MINUS = np.array(-1, np.int32)


def _zero_of(x: Any) -> Any:
    return np.zeros((), x.dtype) if x.dtype != object else np.array(b"", object)


def _matrix_diag_v1_shape(c: Inference) -> TensorShape:
    source = c.shape(0)
    if source.rank == 0:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    return source if source.rank is None else source.concatenate(source[-1:])


matrix_diag_v2_op = op(
    "MatrixDiagV2",
    shape=matrix_diag_shape,
    host=lambda diagonal, k, num_rows, num_cols, padding_value: lay_diagonals(
        diagonal, k, num_rows, num_cols, padding_value, V2, np
    ),
    xla=lambda diagonal, k, num_rows, num_cols, padding_value: lay_diagonals(
        jnp.asarray(diagonal), k, num_rows, num_cols, padding_value, V2, jnp
    ),
    effects=PURE,
    batching=batched,
    gradient=matrix_diag_grad,
    static=("k", "num_rows", "num_cols"),
)


matrix_diag_op = op(
    "MatrixDiag",
    shape=_matrix_diag_v1_shape,
    host=lambda diagonal: lay_diagonals(diagonal, ZERO, MINUS, MINUS, _zero_of(diagonal), V2, np),
    xla=lambda diagonal: lay_diagonals(jnp.asarray(diagonal), ZERO, MINUS, MINUS, 0, V2, jnp),
    effects=PURE,
    traits=(LINEAR,),
    batching=batched,
    gradient=lambda op, dy: matrix_diag_part_op(dy),
)

matrix_diag_part_v2_op = op(
    "MatrixDiagPartV2",
    shape=matrix_diag_part_shape,
    host=lambda input, k, padding_value: take_diagonals(input, k, padding_value, V2, np),
    xla=lambda input, k, padding_value: take_diagonals(
        jnp.asarray(input), k, padding_value, V2, jnp
    ),
    effects=PURE,
    batching=batched,
    gradient=matrix_diag_part_grad,
    static=("k",),
)


def _matrix_diag_part_v1_shape(c: Inference) -> TensorShape:
    source = c.shape(0)
    if source.rank is None:
        return source
    if source.rank < 2:
        raise ValueError(f"Shape must be at least rank 2 but is rank {source.rank}")
    rows, cols = source[-2], source[-1]
    return source[:-2].concatenate([None if None in (rows, cols) else min(rows, cols)])


matrix_diag_part_op = op(
    "MatrixDiagPart",
    shape=_matrix_diag_part_v1_shape,
    host=lambda input: take_diagonals(input, ZERO, _zero_of(input), V2, np),
    xla=lambda input: take_diagonals(jnp.asarray(input), ZERO, 0, V2, jnp),
    effects=PURE,
    traits=(LINEAR,),
    batching=batched,
    gradient=matrix_diag_part_grad,
)

matrix_set_diag_v2_op = op(
    "MatrixSetDiagV2",
    shape=matrix_set_diag_shape,
    host=lambda input, diagonal, k: put_diagonals(input, diagonal, k, V2, np),
    xla=lambda input, diagonal, k: put_diagonals(
        jnp.asarray(input), jnp.asarray(diagonal), k, V2, jnp
    ),
    effects=PURE,
    batching=two_batched,
    gradient=matrix_set_diag_grad,
    static=("k",),
)


matrix_set_diag_op = op(
    "MatrixSetDiag",
    shape=matrix_set_diag_shape,
    host=lambda input, diagonal: put_diagonals(input, diagonal, ZERO, V2, np),
    xla=lambda input, diagonal: put_diagonals(
        jnp.asarray(input), jnp.asarray(diagonal), ZERO, V2, jnp
    ),
    effects=PURE,
    batching=two_batched,
    gradient=matrix_set_diag_grad,
)
