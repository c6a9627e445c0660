"""Converters of matrix products and of ops on the last two dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.core import raw
from tidefall.function.pfor.convert import (
    Call,
    Fallback,
    converter,
    joined,
    shape_vector,
)
from tidefall.function.pfor.elementwise import aligned, raised

_BATCHED = (
    "BatchMatrixDiag", "BatchMatrixDiagPart", "Cholesky", "CholeskyGrad", "FFT", "FFT2D", "FFT3D",
    "IFFT", "IFFT2D", "IFFT3D", "LogMatrixDeterminant", "Lu", "MatrixBandPart",
    "MatrixDeterminant", "MatrixDiag", "MatrixDiagPart", "MatrixDiagPartV2", "MatrixDiagPartV3",
    "MatrixDiagV2", "MatrixDiagV3", "MatrixExponential", "MatrixInverse", "MatrixLogarithm",
    "MatrixSquareRoot", "Qr", "SelfAdjointEigV2", "Svd", "Eig", "IRFFT", "IRFFT2D", "IRFFT3D",
    "RFFT", "RFFT2D", "RFFT3D",
)  # fmt: skip


@converter(*_BATCHED)
def batched(call: Call) -> Any:
    """Dimensions in front are batches; further inputs are the same for all."""
    return call.run([call.tensor(0), *(call.fixed(i) for i in range(1, len(call)))])


@converter("MatrixSetDiag")
def set_diag(call: Call) -> Any:
    """Dimensions in front are batches."""
    return call.run([call.stacked(0), call.stacked(1)])


@converter("MatrixSetDiagV2", "MatrixSetDiagV3")
def set_diags(call: Call) -> Any:
    """Dimensions in front are batches."""
    return call.run([call.stacked(0), call.stacked(1), call.fixed(2)])


@converter("MatrixSolve", "MatrixSolveLs", "Cross")
def solve(call: Call) -> Any:
    """Dimensions in front are batches, the same for both inputs."""
    rest = [call.fixed(i) for i in range(2, len(call))]
    return call.run([call.stacked(0), call.stacked(1), *rest])


@converter("BatchMatMul", "MatrixTriangularSolve", "BatchMatMulV2", "BatchMatMulV3")
def batch_matmul(call: Call) -> Any:
    """Dimensions in front are batches, and broadcast."""
    if call.node.op_type is raw.BatchMatMul:
        return call.run([call.stacked(0), call.stacked(1)])
    return call.run(aligned(call))


@converter("MatMul")
def matmul(call: Call) -> Any:
    """One matrix for all runs: all their rows at once. Else a product of batches."""
    left, right = call.tensor(0), call.tensor(1)
    if call.is_stacked(0) and not call.is_stacked(1) and not call.attrs["transpose_a"]:
        shape = shape_vector(left)
        rows = raw.Reshape(left, joined([-1], shape[2:])) if _is_plain(left) else None
        if rows is not None:
            found = call.run([rows, right])
            return raw.Reshape(found, joined(shape[:2], shape_vector(found)[1:]))
    if left.dtype.is_complex and (call.attrs["transpose_a"] or call.attrs["transpose_b"]):
        raise Fallback  # the batched op conjugates what it transposes
    return raw.BatchMatMulV2(
        left, right, adj_x=call.attrs["transpose_a"], adj_y=call.attrs["transpose_b"]
    )


def _is_plain(tensor: Any) -> bool:
    shape = tensor.shape
    return shape.rank == 3 and shape[2] is not None and shape[2] != 0


@converter("Einsum")
def einsum(call: Call) -> Any:
    """The runs get a letter of their own."""
    equation = call.attrs["equation"]
    letter = next(c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                  if c not in equation)  # fmt: skip
    left, _, right = equation.partition("->")
    terms = [
        letter + term if call.is_stacked(i) else term for i, term in enumerate(left.split(","))
    ]
    return call.run([v.tensor for v in call.values], equation=f"{','.join(terms)}->{letter}{right}")


@converter("Diag")
def diag(call: Call) -> Any:
    """A diagonal matrix for each run."""
    if call.rank(0) != 1:
        raise Fallback
    return raw.MatrixDiag(call.tensor(0))


@converter("DiagPart")
def diag_part(call: Call) -> Any:
    """The diagonal for each run."""
    if call.rank(0) != 2:
        raise Fallback
    return raw.MatrixDiagPart(call.tensor(0))


@converter("BiasAdd", "BiasAddV1")
def bias_add(call: Call) -> Any:
    """A bias for each run is an addend like any other."""
    rank = call.rank(0)
    first = call.attrs.get("data_format", "NHWC") == "NCHW"
    bias = call.tensor(1)
    behind = [1] * (rank - 2) if first else []
    if call.is_stacked(1):
        sizes = shape_vector(bias)
        front = [] if first else [1] * (rank - 2)
        bias = raw.Reshape(bias, joined(sizes[:1], [1], front, sizes[1:], behind))
    elif behind:
        bias = raw.Reshape(bias, joined(shape_vector(bias), behind))
    return raw.AddV2(raised(call.stacked(0), 0), bias)


@converter("Bincount", "DenseBincount")
def bincount(call: Call) -> Any:
    """One row for each run, if every run has a vector."""
    if call.node.op_type is raw.Bincount or call.rank(0) != 1:
        raise Fallback
    weights = call.stacked(2) if call.rank(2) and call.node.inputs[2].shape[0] else call.tensor(2)
    if call.is_stacked(2) and weights is call.tensor(2):
        weights = np.zeros([0], call.tensor(2).dtype.as_numpy_dtype)
    return call.run([call.stacked(0), call.fixed(1), weights])
