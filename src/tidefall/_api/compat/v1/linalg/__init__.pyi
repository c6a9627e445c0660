# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.linalg`."""

from tidefall import eig as eig
from tidefall import eigvals as eigvals
from tidefall import einsum as einsum
from tidefall import eye as eye
from tidefall import matmul as matmul
from tidefall import tensordot as tensordot
import tidefall as tf
from tidefall._api._types import TensorLike
from tidefall._api.compat.v1.linalg import experimental as experimental
from tidefall._api.linalg import LinearOperator as LinearOperator
from tidefall._api.linalg import LinearOperatorAdjoint as LinearOperatorAdjoint
from tidefall._api.linalg import LinearOperatorBlockDiag as LinearOperatorBlockDiag
from tidefall._api.linalg import LinearOperatorBlockLowerTriangular as LinearOperatorBlockLowerTriangular
from tidefall._api.linalg import LinearOperatorCirculant as LinearOperatorCirculant
from tidefall._api.linalg import LinearOperatorCirculant2D as LinearOperatorCirculant2D
from tidefall._api.linalg import LinearOperatorCirculant3D as LinearOperatorCirculant3D
from tidefall._api.linalg import LinearOperatorComposition as LinearOperatorComposition
from tidefall._api.linalg import LinearOperatorDiag as LinearOperatorDiag
from tidefall._api.linalg import LinearOperatorFullMatrix as LinearOperatorFullMatrix
from tidefall._api.linalg import LinearOperatorHouseholder as LinearOperatorHouseholder
from tidefall._api.linalg import LinearOperatorIdentity as LinearOperatorIdentity
from tidefall._api.linalg import LinearOperatorInversion as LinearOperatorInversion
from tidefall._api.linalg import LinearOperatorKronecker as LinearOperatorKronecker
from tidefall._api.linalg import LinearOperatorLowRankUpdate as LinearOperatorLowRankUpdate
from tidefall._api.linalg import LinearOperatorLowerTriangular as LinearOperatorLowerTriangular
from tidefall._api.linalg import LinearOperatorPermutation as LinearOperatorPermutation
from tidefall._api.linalg import LinearOperatorScaledIdentity as LinearOperatorScaledIdentity
from tidefall._api.linalg import LinearOperatorToeplitz as LinearOperatorToeplitz
from tidefall._api.linalg import LinearOperatorTridiag as LinearOperatorTridiag
from tidefall._api.linalg import LinearOperatorZeros as LinearOperatorZeros
from tidefall._api.linalg import adjoint as adjoint
from tidefall._api.linalg import band_part as band_part
from tidefall._api.linalg import banded_triangular_solve as banded_triangular_solve
from tidefall._api.linalg import cholesky as cholesky
from tidefall._api.linalg import cholesky_solve as cholesky_solve
from tidefall._api.linalg import cross as cross
from tidefall._api.linalg import det as det
from tidefall._api.linalg import diag as diag
from tidefall._api.linalg import diag_part as diag_part
from tidefall._api.linalg import eigh as eigh
from tidefall._api.linalg import eigh_tridiagonal as eigh_tridiagonal
from tidefall._api.linalg import eigvalsh as eigvalsh
from tidefall._api.linalg import expm as expm
from tidefall._api.linalg import global_norm as global_norm
from tidefall._api.linalg import inv as inv
from tidefall._api.linalg import l2_normalize as l2_normalize
from tidefall._api.linalg import logdet as logdet
from tidefall._api.linalg import logm as logm
from tidefall._api.linalg import lstsq as lstsq
from tidefall._api.linalg import lu as lu
from tidefall._api.linalg import lu_matrix_inverse as lu_matrix_inverse
from tidefall._api.linalg import lu_reconstruct as lu_reconstruct
from tidefall._api.linalg import lu_solve as lu_solve
from tidefall._api.linalg import matrix_rank as matrix_rank
from tidefall._api.linalg import matrix_transpose as matrix_transpose
from tidefall._api.linalg import matvec as matvec
from tidefall._api.linalg import normalize as normalize
from tidefall._api.linalg import pinv as pinv
from tidefall._api.linalg import qr as qr
from tidefall._api.linalg import set_diag as set_diag
from tidefall._api.linalg import slogdet as slogdet
from tidefall._api.linalg import solve as solve
from tidefall._api.linalg import svd as svd
from tidefall._api.linalg import tensor_diag as tensor_diag
from tidefall._api.linalg import tensor_diag_part as tensor_diag_part
from tidefall._api.linalg import trace as trace
from tidefall._api.linalg import triangular_solve as triangular_solve
from tidefall._api.linalg import tridiagonal_matmul as tridiagonal_matmul
from tidefall._api.linalg import tridiagonal_solve as tridiagonal_solve
from typing import Any

def norm(tensor: TensorLike, ord: Any = 'euclidean', axis: TensorLike | None = None, keepdims: bool | None = None, name: str | None = None, keep_dims: bool | None = None) -> tf.Tensor:
    """`tf.linalg.norm` with TensorFlow 1's parameters."""
sqrtm = tf.matrix_square_root
transpose = tf.linalg.matrix_transpose
