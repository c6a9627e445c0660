# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.linalg`."""

from collections.abc import Sequence
from tidefall import eig as eig
from tidefall import eigvals as eigvals
from tidefall import einsum as einsum
from tidefall import eye as eye
from tidefall import matmul as matmul
from tidefall import norm as norm
from tidefall import tensordot as tensordot
import tidefall as tf
from tidefall._api._types import Blocks
from tidefall._api._types import Circulant
from tidefall._api._types import DTypeLike
from tidefall._api._types import ShapeLike
from tidefall._api._types import TensorLike
from tidefall._api._types import Unstored
from tidefall._api.linalg import experimental as experimental
from typing import Any
from typing import Literal
from typing import overload

class LinearOperator(tf.Module, tf.__internal__.CompositeTensor):
    """A batch of matrices `[..., m, n]`, known by its structure."""
    def __init__(self, dtype: DTypeLike, graph_parents: Any = None, is_non_singular: bool | None = None, is_self_adjoint: bool | None = None, is_positive_definite: bool | None = None, is_square: bool | None = None, name: str | None = None, parameters: dict[str, Any] | None = None) -> None: ...
    @property
    def parameters(self) -> dict[str, Any]:
        """The arguments it was made with."""
    @property
    def dtype(self) -> Any:
        """The dtype of the matrices."""
    @property
    def name(self) -> str:
        """The name given to it."""
    @property
    def graph_parents(self) -> list[Any]:
        """Deprecated: tensors it was made from."""
    @property
    def is_non_singular(self) -> bool | None:
        """Whether there is an inverse; None if that is not known."""
    @property
    def is_self_adjoint(self) -> bool | None:
        """Whether it is its own adjoint; None if that is not known."""
    @property
    def is_positive_definite(self) -> bool | None:
        """Whether it is positive definite; None if that is not known."""
    @property
    def is_square(self) -> bool | None:
        """Whether rows and columns are equally many; None if that is not known."""
    @property
    def shape(self) -> tf.TensorShape:
        """The static shape `[..., m, n]`."""
    def shape_tensor(self, name: str = 'shape_tensor') -> tf.Tensor:
        """The shape as an int32 vector."""
    @property
    def batch_shape(self) -> tf.TensorShape:
        """The static shape but for the last two dimensions."""
    def batch_shape_tensor(self, name: str = 'batch_shape_tensor') -> tf.Tensor:
        """The shape but for the last two dimensions, as an int32 vector."""
    @property
    def tensor_rank(self) -> int | None:
        """The number of dimensions, batch dimensions included."""
    def tensor_rank_tensor(self, name: str = 'tensor_rank_tensor') -> tf.Tensor:
        """The number of dimensions as an int32 scalar."""
    @property
    def domain_dimension(self) -> Any:
        """How many columns there are, if that is known."""
    @property
    def range_dimension(self) -> Any:
        """How many rows there are, if that is known."""
    def domain_dimension_tensor(self, name: str = 'domain_dimension_tensor') -> tf.Tensor:
        """How many columns there are, as an int32 scalar."""
    def range_dimension_tensor(self, name: str = 'range_dimension_tensor') -> tf.Tensor:
        """How many rows there are, as an int32 scalar."""
    def matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False, name: str = 'matmul') -> Any:
        """The product with matrices, or with another operator."""
    def __matmul__(self, other: Any) -> Any: ...
    def matvec(self, x: TensorLike, adjoint: bool = False, name: str = 'matvec') -> tf.Tensor:
        """The product with vectors `[..., n]`: vectors `[..., m]`."""
    def solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False, name: str = 'solve') -> Any:
        """The x with `operator @ x = rhs`."""
    def solvevec(self, rhs: Any, adjoint: bool = False, name: str = 'solve') -> tf.Tensor:
        """The x with `operator @ x = rhs` for vectors `[..., m]`."""
    def determinant(self, name: str = 'det') -> tf.Tensor:
        """The determinants `[...]`."""
    def log_abs_determinant(self, name: str = 'log_abs_det') -> tf.Tensor:
        """The logarithms of the absolute values of the determinants, `[...]`."""
    def diag_part(self, name: str = 'diag_part') -> tf.Tensor:
        """The main diagonals `[..., min(m, n)]`."""
    def trace(self, name: str = 'trace') -> tf.Tensor:
        """The traces `[...]`."""
    def eigvals(self, name: str = 'eigvals') -> tf.Tensor:
        """The eigenvalues `[..., n]` of a self-adjoint operator."""
    def cond(self, name: str = 'cond') -> tf.Tensor:
        """The condition numbers `[...]`: largest over smallest singular value."""
    def to_dense(self, name: str = 'to_dense') -> tf.Tensor:
        """The matrices `[..., m, n]`."""
    def add_to_tensor(self, x: TensorLike, name: str = 'add_to_tensor') -> tf.Tensor:
        """The matrices added to those of a tensor whose shape broadcasts."""
    def adjoint(self, name: str = 'adjoint') -> tf.linalg.LinearOperator:
        """The adjoint operator: of the conjugate transposes."""
    @property
    def H(self) -> tf.linalg.LinearOperator:
        """The adjoint operator."""
    def inverse(self, name: str = 'inverse') -> tf.linalg.LinearOperator:
        """The inverse operator."""
    def cholesky(self, name: str = 'cholesky') -> tf.linalg.LinearOperator:
        """The Cholesky factor, a lower triangular operator."""
    def assert_non_singular(self, name: str = 'assert_non_singular') -> Any:
        """Check that the operator has an inverse, as far as its dtype can tell."""
    def assert_positive_definite(self, name: str = 'assert_positive_definite') -> Any:
        """Check that the operator is positive definite; it must be self-adjoint."""
    def assert_self_adjoint(self, name: str = 'assert_self_adjoint') -> Any:
        """Check that the operator equals its adjoint."""
class LinearOperatorAdjoint(tf.linalg.LinearOperator):
    """The conjugate transpose of another operator."""
    def __init__(self, operator: Any, is_non_singular: bool | None = None, is_self_adjoint: bool | None = None, is_positive_definite: bool | None = None, is_square: bool | None = None, name: str | None = None) -> None: ...
    @property
    def operator(self) -> Any:
        """The other operator."""
class LinearOperatorBlockDiag(Blocks):
    """Operators along the diagonal of a larger matrix, zeros elsewhere."""
    def __init__(self, operators: Any, is_non_singular: bool | None = None, is_self_adjoint: bool | None = None, is_positive_definite: bool | None = None, is_square: bool | None = True, name: str | None = None) -> None: ...
    @property
    def operators(self) -> list[Any]:
        """The operators on the diagonal."""
class LinearOperatorBlockLowerTriangular(Blocks):
    """Operators on and below the diagonal of a larger matrix, zeros above."""
    def __init__(self, operators: Any, is_non_singular: bool | None = None, is_self_adjoint: bool | None = None, is_positive_definite: bool | None = None, is_square: bool | None = None, name: str = 'LinearOperatorBlockLowerTriangular') -> None: ...
    @property
    def operators(self) -> list[Any]:
        """The rows of operators."""
class LinearOperatorCirculant(Circulant):
    """Convolution over 1 periodic dimension: a circulant matrix."""
    def __init__(self, spectrum: Any, input_output_dtype: DTypeLike = tf.complex64, is_non_singular: bool | None = None, is_self_adjoint: bool | None = None, is_positive_definite: bool | None = None, is_square: bool | None = True, name: str = 'LinearOperatorCirculant') -> None: ...
class LinearOperatorCirculant2D(Circulant):
    """Convolution over 2 periodic dimensions: a circulant matrix."""
    def __init__(self, spectrum: Any, input_output_dtype: DTypeLike = tf.complex64, is_non_singular: bool | None = None, is_self_adjoint: bool | None = None, is_positive_definite: bool | None = None, is_square: bool | None = True, name: str = 'LinearOperatorCirculant2D') -> None: ...
class LinearOperatorCirculant3D(Circulant):
    """Convolution over 3 periodic dimensions: a circulant matrix."""
    def __init__(self, spectrum: Any, input_output_dtype: DTypeLike = tf.complex64, is_non_singular: bool | None = None, is_self_adjoint: bool | None = None, is_positive_definite: bool | None = None, is_square: bool | None = True, name: str = 'LinearOperatorCirculant3D') -> None: ...
class LinearOperatorComposition(tf.linalg.LinearOperator):
    """The matrix product of several operators."""
    def __init__(self, operators: Any, is_non_singular: bool | None = None, is_self_adjoint: bool | None = None, is_positive_definite: bool | None = None, is_square: bool | None = None, name: str | None = None) -> None: ...
    @property
    def operators(self) -> list[Any]:
        """The operators, the last applied first."""
class LinearOperatorDiag(tf.linalg.LinearOperator):
    """Diagonal matrices."""
    def __init__(self, diag: Any, is_non_singular: bool | None = None, is_self_adjoint: bool | None = None, is_positive_definite: bool | None = None, is_square: bool | None = None, name: str = 'LinearOperatorDiag') -> None: ...
    @property
    def diag(self) -> Any:
        """The diagonals."""
class LinearOperatorFullMatrix(tf.linalg.LinearOperator):
    """Matrices that are stored whole."""
    def __init__(self, matrix: Any, is_non_singular: bool | None = None, is_self_adjoint: bool | None = None, is_positive_definite: bool | None = None, is_square: bool | None = None, name: str = 'LinearOperatorFullMatrix') -> None: ...
    @property
    def matrix(self) -> Any:
        """The matrices."""
class LinearOperatorHouseholder(tf.linalg.LinearOperator):
    """Reflections: `x - 2 * v * <v, x>`, where v is the reflection axis at length 1."""
    def __init__(self, reflection_axis: Any, is_non_singular: bool | None = None, is_self_adjoint: bool | None = None, is_positive_definite: bool | None = None, is_square: bool | None = None, name: str = 'LinearOperatorHouseholder') -> None: ...
    @property
    def reflection_axis(self) -> Any:
        """The axes."""
class LinearOperatorIdentity(Unstored):
    """Identity matrices."""
    def __init__(self, num_rows: Any, batch_shape: ShapeLike | None = None, dtype: DTypeLike | None = None, is_non_singular: bool | None = True, is_self_adjoint: bool | None = True, is_positive_definite: bool | None = True, is_square: bool | None = True, assert_proper_shapes: bool = False, name: str = 'LinearOperatorIdentity') -> None: ...
    def add_to_tensor(self, mat: Any, name: str = 'add_to_tensor') -> tf.Tensor:
        """The matrices added to those of a tensor whose shape broadcasts."""
class LinearOperatorInversion(tf.linalg.LinearOperator):
    """The inverse of another operator."""
    def __init__(self, operator: Any, is_non_singular: bool | None = None, is_self_adjoint: bool | None = None, is_positive_definite: bool | None = None, is_square: bool | None = None, name: str | None = None) -> None: ...
    @property
    def operator(self) -> Any:
        """The other operator."""
class LinearOperatorKronecker(tf.linalg.LinearOperator):
    """The Kronecker product of several operators."""
    def __init__(self, operators: Any, is_non_singular: bool | None = None, is_self_adjoint: bool | None = None, is_positive_definite: bool | None = None, is_square: bool | None = None, name: str | None = None) -> None: ...
    @property
    def operators(self) -> list[Any]:
        """The operators."""
class LinearOperatorLowRankUpdate(tf.linalg.LinearOperator):
    """`base + u @ diag(diag_update) @ adjoint(v)` for matrices u and v of few columns."""
    def __init__(self, base_operator: Any, u: Any, diag_update: Any = None, v: Any = None, is_diag_update_positive: bool | None = None, is_non_singular: bool | None = None, is_self_adjoint: bool | None = None, is_positive_definite: bool | None = None, is_square: bool | None = None, name: str = 'LinearOperatorLowRankUpdate') -> None: ...
    @property
    def base_operator(self) -> Any:
        """The operator that is changed."""
    @property
    def u(self) -> Any:
        """The left factor."""
    @property
    def v(self) -> Any:
        """The right factor."""
    @property
    def diag_update(self) -> Any:
        """The diagonal between the factors, None if it is 1."""
    @property
    def is_diag_update_positive(self) -> bool | None:
        """Whether the diagonal is known to be positive."""
    @property
    def diag_operator(self) -> Any:
        """The diagonal between the factors as an operator."""
class LinearOperatorLowerTriangular(tf.linalg.LinearOperator):
    """Lower triangular matrices."""
    def __init__(self, tril: Any, is_non_singular: bool | None = None, is_self_adjoint: bool | None = None, is_positive_definite: bool | None = None, is_square: bool | None = None, name: str = 'LinearOperatorLowerTriangular') -> None: ...
    @property
    def tril(self) -> Any:
        """The matrices as they were given."""
class LinearOperatorPermutation(tf.linalg.LinearOperator):
    """Permutations of the rows: row i of the product is row `perm[i]` of the argument."""
    def __init__(self, perm: TensorLike, dtype: DTypeLike = tf.float32, is_non_singular: bool | None = None, is_self_adjoint: bool | None = None, is_positive_definite: bool | None = None, is_square: bool | None = None, name: str = 'LinearOperatorPermutation') -> None: ...
    @property
    def perm(self) -> Any:
        """The permutations."""
class LinearOperatorScaledIdentity(Unstored):
    """Multiples of identity matrices."""
    def __init__(self, num_rows: Any, multiplier: Any, is_non_singular: bool | None = None, is_self_adjoint: bool | None = None, is_positive_definite: bool | None = None, is_square: bool | None = True, assert_proper_shapes: bool = False, name: str = 'LinearOperatorScaledIdentity') -> None: ...
    @property
    def multiplier(self) -> Any:
        """The factors."""
    def add_to_tensor(self, mat: Any, name: str = 'add_to_tensor') -> tf.Tensor:
        """The matrices added to those of a tensor whose shape broadcasts."""
class LinearOperatorToeplitz(tf.linalg.LinearOperator):
    """Toeplitz matrices, given by their first columns and rows."""
    def __init__(self, col: Any, row: Any, is_non_singular: bool | None = None, is_self_adjoint: bool | None = None, is_positive_definite: bool | None = None, is_square: bool | None = None, name: str = 'LinearOperatorToeplitz') -> None: ...
    @property
    def col(self) -> Any:
        """The first columns."""
    @property
    def row(self) -> Any:
        """The first rows."""
class LinearOperatorTridiag(tf.linalg.LinearOperator):
    """Tridiagonal matrices."""
    def __init__(self, diagonals: Any, diagonals_format: str = 'compact', is_non_singular: bool | None = None, is_self_adjoint: bool | None = None, is_positive_definite: bool | None = None, is_square: bool | None = None, name: str = 'LinearOperatorTridiag') -> None: ...
    @property
    def diagonals(self) -> Any:
        """The diagonals as they were given."""
    @property
    def diagonals_format(self) -> str:
        """How they were given."""
class LinearOperatorZeros(Unstored):
    """Matrices of zeros."""
    def __init__(self, num_rows: Any, num_columns: Any = None, batch_shape: ShapeLike | None = None, dtype: DTypeLike | None = None, is_non_singular: bool | None = False, is_self_adjoint: bool | None = True, is_positive_definite: bool | None = False, is_square: bool | None = True, assert_proper_shapes: bool = False, name: str = 'LinearOperatorZeros') -> None: ...
    def add_to_tensor(self, mat: Any, name: str = 'add_to_tensor') -> tf.Tensor:
        """The tensor itself, its batch dimensions broadcast."""
@overload
def adjoint(matrix: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def adjoint(matrix: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """The transposed, conjugated matrices."""
def band_part(input: TensorLike, num_lower: Any, num_upper: Any, name: str | None = None) -> tf.Tensor:
    """Set everything outside a band around the main diagonal to zero."""
def banded_triangular_solve(bands: TensorLike, rhs: TensorLike, lower: bool = True, adjoint: bool = False, name: str | None = None) -> tf.Tensor:
    """Solve `a @ x = rhs` for triangular matrices given by their bands."""
@overload
def cholesky(input: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def cholesky(input: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """The Cholesky decomposition of positive definite matrices."""
def cholesky_solve(chol: TensorLike, rhs: TensorLike, name: str | None = None) -> tf.Tensor:
    """Solve `a @ x = rhs`, given the Cholesky decomposition of `a`."""
def cross(a: TensorLike, b: TensorLike, name: str | None = None) -> tf.Tensor:
    """Cross product of vectors in three dimensions."""
@overload
def det(input: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def det(input: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Determinants of square matrices."""
def diag(diagonal: TensorLike, name: str = 'diag', k: Any = 0, num_rows: Any = -1, num_cols: Any = -1, padding_value: Any = 0, align: str = 'RIGHT_LEFT') -> tf.Tensor:
    """Matrices with the given diagonals."""
@overload
def diag_part(input: TensorLike, name: str = 'diag_part', k: Any = 0, padding_value: Any = 0, align: str = 'RIGHT_LEFT') -> tf.Tensor: ...
@overload
def diag_part(input: TensorLike | tf.__internal__.CompositeTensor, name: str = 'diag_part', k: Any = 0, padding_value: Any = 0, align: str = 'RIGHT_LEFT') -> Any:
    """Diagonals of matrices."""
def eigh(tensor: TensorLike, name: str | None = None) -> tuple[tf.Tensor, tf.Tensor]:
    """Eigenvalues and eigenvectors of symmetric or Hermitian matrices."""
def eigh_tridiagonal(alpha: Any, beta: Any, eigvals_only: bool = True, select: str = 'a', select_range: Any = None, tol: Any = None, name: str | None = None) -> tf.Tensor:
    """Eigenvalues, and eigenvectors, of one Hermitian tridiagonal matrix."""
def eigvalsh(tensor: TensorLike, name: str | None = None) -> tf.Tensor:
    """Eigenvalues of symmetric or Hermitian matrices, ascending."""
def expm(input: TensorLike, name: str | None = None) -> tf.Tensor:
    """The exponential of square matrices, by scaling and squaring."""
def global_norm(t_list: Sequence[Any], name: str | None = None) -> tf.Tensor:
    """Euclidean norm of several tensors taken together."""
@overload
def inv(input: TensorLike, adjoint: bool = False, name: str | None = None) -> tf.Tensor: ...
@overload
def inv(input: TensorLike | tf.__internal__.CompositeTensor, adjoint: bool = False, name: str | None = None) -> Any:
    """Inverses of square matrices."""
def l2_normalize(x: TensorLike, axis: TensorLike | None = None, epsilon: float = 1e-12, name: str | None = None, dim: Any = None) -> tf.Tensor:
    """Scale a tensor to unit L2 norm along axes: `x * rsqrt(max(sum(x ** 2), epsilon))`."""
@overload
def logdet(matrix: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def logdet(matrix: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """The logarithm of the determinant of positive definite matrices."""
def logm(input: TensorLike, name: str | None = None) -> tf.Tensor:
    """The principal logarithm of complex matrices: `expm` undone."""
def lstsq(matrix: TensorLike, rhs: TensorLike, l2_regularizer: Any = 0.0, fast: bool = True, name: str | None = None) -> tf.Tensor:
    """Solve `matrix @ x = rhs` in the least-squares sense."""
def lu(input: TensorLike, output_idx_type: Any = tf.int32, name: str | None = None) -> tf.raw_ops._Lu:
    """LU decomposition with partial pivoting."""
def lu_matrix_inverse(lower_upper: TensorLike, perm: TensorLike, validate_args: bool = False, name: str | None = None) -> tf.Tensor:
    """The inverse of a matrix, given its LU decomposition."""
def lu_reconstruct(lower_upper: TensorLike, perm: TensorLike, validate_args: bool = False, name: str | None = None) -> tf.Tensor:
    """The matrix that `tf.linalg.lu` took apart."""
def lu_solve(lower_upper: TensorLike, perm: TensorLike, rhs: TensorLike, validate_args: bool = False, name: str | None = None) -> tf.Tensor:
    """Solve `a @ x = rhs`, given the LU decomposition of `a`."""
def matrix_rank(a: TensorLike, tol: Any = None, validate_args: bool = False, name: str | None = None) -> tf.Tensor:
    """Ranks of matrices: how many singular values are above a threshold."""
def matrix_transpose(a: TensorLike, name: str = 'matrix_transpose', conjugate: bool = False) -> tf.Tensor:
    """Swap the last two dimensions."""
@overload
def matvec(a: TensorLike, b: TensorLike, transpose_a: bool = False, adjoint_a: bool = False, a_is_sparse: bool = False, b_is_sparse: bool = False, name: str | None = None) -> tf.Tensor: ...
@overload
def matvec(a: TensorLike | tf.__internal__.CompositeTensor, b: TensorLike | tf.__internal__.CompositeTensor, transpose_a: bool = False, adjoint_a: bool = False, a_is_sparse: bool = False, b_is_sparse: bool = False, name: str | None = None) -> Any:
    """Product of matrices with vectors; leading dimensions broadcast."""
def normalize(tensor: TensorLike, ord: Any = 'euclidean', axis: TensorLike | None = None, name: str | None = None) -> tuple[tf.Tensor, tf.Tensor]:
    """Divide vectors or matrices by their norm."""
def pinv(a: TensorLike, rcond: Any = None, validate_args: bool = False, name: str | None = None) -> tf.Tensor:
    """Moore-Penrose pseudo-inverses."""
def qr(input: TensorLike, full_matrices: bool = False, name: str | None = None) -> tf.raw_ops._Qr:
    """QR decomposition: `input = q @ r` with orthonormal columns in q and an upper triangular r."""
def set_diag(input: TensorLike, diagonal: Any, name: str = 'set_diag', k: Any = 0, align: str = 'RIGHT_LEFT') -> tf.Tensor:
    """Matrices with some diagonals replaced."""
def slogdet(input: TensorLike, name: str | None = None) -> tf.raw_ops._LogMatrixDeterminant:
    """Sign and logarithm of the absolute value of determinants."""
@overload
def solve(matrix: TensorLike, rhs: TensorLike, adjoint: bool = False, name: str | None = None) -> tf.Tensor: ...
@overload
def solve(matrix: TensorLike | tf.__internal__.CompositeTensor, rhs: TensorLike | tf.__internal__.CompositeTensor, adjoint: bool = False, name: str | None = None) -> Any:
    """Solve `matrix @ x = rhs`."""
sqrtm = tf.matrix_square_root
@overload
def svd(tensor: TensorLike, full_matrices: bool=False, compute_uv: Literal[True]=True, name: str | None=None) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Singular value decomposition: `tensor = u @ diag(s) @ adjoint(v)`."""
@overload
def svd(tensor: TensorLike, full_matrices: bool=False, *, compute_uv: Literal[False], name: str | None=None) -> tf.Tensor:
    """Singular value decomposition: `tensor = u @ diag(s) @ adjoint(v)`."""
@overload
def svd(tensor: TensorLike, full_matrices: bool, compute_uv: Literal[False], name: str | None=None) -> tf.Tensor:
    """Singular value decomposition: `tensor = u @ diag(s) @ adjoint(v)`."""
def tensor_diag(diagonal: TensorLike, name: str | None = None) -> tf.Tensor:
    """A tensor of twice the rank with the given elements on its diagonal."""
def tensor_diag_part(input: TensorLike, name: str | None = None) -> tf.Tensor:
    """The diagonal of a tensor whose shape is some shape twice."""
@overload
def trace(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def trace(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """The sum of the main diagonal."""
def triangular_solve(matrix: TensorLike, rhs: TensorLike, lower: bool = True, adjoint: bool = False, name: str | None = None) -> tf.Tensor:
    """Solve `matrix @ x = rhs` for triangular matrices."""
def tridiagonal_matmul(diagonals: Any, rhs: TensorLike, diagonals_format: str = 'compact', name: str | None = None) -> tf.Tensor:
    """Products of tridiagonal matrices with dense ones."""
def tridiagonal_solve(diagonals: Any, rhs: TensorLike, diagonals_format: str = 'compact', transpose_rhs: bool = False, conjugate_rhs: bool = False, name: str | None = None, partial_pivoting: bool = True, perturb_singular: bool = False) -> tf.Tensor:
    """Solve systems of equations with tridiagonal matrices."""
