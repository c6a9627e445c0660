"""Ops on matrices under the names they had first; TensorFlow keeps them for old graphs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, find_op, op
from tidefall.ops.batching import rule_of
from tidefall.ops.common import jnp
from tidefall.ops.linalg.batches import square_dims

# New names of the ops that were made twice: for one matrix, and for batches.
_BATCHES = {
    "BatchCholesky": "Cholesky",
    "BatchCholeskyGrad": "CholeskyGrad",
    "BatchMatrixBandPart": "MatrixBandPart",
    "BatchMatrixDeterminant": "MatrixDeterminant",
    "BatchMatrixDiag": "MatrixDiag",
    "BatchMatrixDiagPart": "MatrixDiagPart",
    "BatchMatrixInverse": "MatrixInverse",
    "BatchMatrixSetDiag": "MatrixSetDiag",
    "BatchMatrixSolve": "MatrixSolve",
    "BatchMatrixSolveLs": "MatrixSolveLs",
    "BatchMatrixTriangularSolve": "MatrixTriangularSolve",
    "BatchSelfAdjointEigV2": "SelfAdjointEigV2",
    "BatchSvd": "Svd",
}
for _old, _new in _BATCHES.items():
    _source: Any = find_op(_new)
    op(
        _old,
        shape=_source.shape,
        host=_source.host,
        xla=_source.xla,
        effects=PURE,
        batching=rule_of(_source),
        gradient=NOT_DIFFERENTIABLE,
        static=tuple(_source.static),
    )

# ---- SelfAdjointEig: the eigenvalues as a row above the eigenvectors ----


def _stacked_shape(c: Inference) -> TensorShape:
    dims = square_dims(c.shape(0))
    if dims is None:
        return TensorShape(None)
    batch, size = dims
    return TensorShape([*batch, None if size is None else size + 1, size])


def _stacked(kernel: Any, xp: Any) -> Callable[[Any], Any]:
    def stacked(input: Any) -> Any:
        values, vectors = kernel(input, compute_v=True)
        return xp.concatenate([values[..., None, :], vectors], axis=-2)

    return stacked


_eigh = raw.SelfAdjointEigV2
for _old in ("SelfAdjointEig", "BatchSelfAdjointEig"):
    op(
        _old,
        shape=_stacked_shape,
        host=_stacked(_eigh.host, np),
        xla=_stacked(_eigh.xla, jnp),
        effects=PURE,
        gradient=NOT_DIFFERENTIABLE,
    )
