"""Circulant operators: diagonal after a Fourier transform over one, two or three dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.ops.array.joining import concat
from tidefall.ops.array.reshaping import expand_dims, reshape
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.array.transposing import broadcast_to
from tidefall.ops.debugging import assertions
from tidefall.ops.linalg.batches import conj
from tidefall.ops.linalg.matrices import matrix_transpose
from tidefall.ops.linalg.operators.arguments import float_tensor, now, turned
from tidefall.ops.linalg.operators.base import LinearOperator
from tidefall.ops.linalg.operators.dense import assert_all_real, assert_no_zeros
from tidefall.ops.math.cast import cast
from tidefall.ops.math.complex_numbers import imag, real
from tidefall.ops.math.exponential import log
from tidefall.ops.math.unary import abs as absolute
from tidefall.ops.reductions.functions import reduce_max, reduce_min, reduce_prod, reduce_sum
from tidefall.ops.signal import fourier
from tidefall.tensor.conversion import convert_to_tensor

_FORWARD = {1: fourier.fft, 2: fourier.fft2d, 3: fourier.fft3d}
_BACKWARD = {1: fourier.ifft, 2: fourier.ifft2d, 3: fourier.ifft3d}


class _Circulant(LinearOperator):
    """What circulant operators of any depth share."""

    _depth = 1

    def _make(self, spectrum: Any, dtype: Any, hints: dict[str, bool | None], name: str) -> None:
        spectrum = float_tensor(spectrum, "spectrum")
        if spectrum.shape.rank is not None and spectrum.shape.rank < self._depth:
            raise ValueError(
                f"Argument 'spectrum' must have at least {self._depth} dimensions, not shape "
                f"{spectrum.shape}."
            )
        if hints["is_square"] is False:
            raise ValueError("A circulant operator is always square.")
        own = dict(hints)
        if not spectrum.dtype.is_complex:
            if hints["is_self_adjoint"] is False:
                raise ValueError("A real spectrum always makes a self-adjoint operator.")
            own["is_self_adjoint"] = True
        dtype = as_dtype(dtype)
        LinearOperator.__init__(
            self,
            dtype,
            name=name,
            parameters={
                "spectrum": spectrum,
                "input_output_dtype": dtype,
                **hints,
                "name": name,
            },
            **{**own, "is_square": True},
        )
        self._spectrum = spectrum

    @property
    def spectrum(self) -> Any:
        """The spectrum: the eigenvalues, by frequency."""
        return self._spectrum

    @property
    def block_depth(self) -> int:
        """How many dimensions are transformed."""
        return self._depth

    @property
    def block_shape(self) -> TensorShape:
        """The static sizes of the dimensions that are transformed."""
        return self._spectrum.shape[-self._depth :]

    def block_shape_tensor(self) -> Any:
        """These sizes as an int32 vector."""
        if self.block_shape.is_fully_defined():
            return convert_to_tensor(np.array(self.block_shape.as_list(), np.int32))
        return shape(now(self._spectrum))[-self._depth :]

    def _shape(self) -> TensorShape:
        inner = self._spectrum.shape
        if inner.rank is None:
            return inner
        size = inner[-self._depth :].num_elements()
        return inner[: -self._depth].concatenate([size, size])

    def _shape_tensor(self) -> Any:
        sizes = shape(now(self._spectrum))
        count = expand_dims(reduce_prod(sizes[-self._depth :]), 0)
        return concat([sizes[: -self._depth], count, count], 0)

    def _wide(self) -> Any:
        """The dtype to transform in."""
        if self.dtype.is_complex:
            return self.dtype
        return dtypes.complex128 if self.dtype == dtypes.float64 else dtypes.complex64

    def _narrow(self, x: Any) -> Any:
        if x.dtype.is_complex and not self.dtype.is_complex:
            x = real(x)
        return cast(x, self.dtype)

    def _complex(self) -> Any:
        return cast(now(self._spectrum), self._wide())

    def _filtered(self, x: Any, spectrum: Any) -> Any:
        """Multiply the transform of each column by the spectrum."""
        rows = matrix_transpose(cast(x, self._wide()))
        sizes = shape(rows)[:-1]
        if rows.shape[:-1].is_fully_defined() and self.block_shape.is_fully_defined():
            blocks = reshape(rows, [*rows.shape[:-1], *self.block_shape])
        else:
            blocks = reshape(rows, concat([sizes, self.block_shape_tensor()], 0))
        product = _FORWARD[self._depth](blocks) * expand_dims(spectrum, -self._depth - 1)
        found = _BACKWARD[self._depth](product)
        lead = found.shape[: -self._depth]
        if lead.is_fully_defined() and rows.shape[-1] is not None:
            flat = reshape(found, [*lead, rows.shape[-1]])
        else:
            flat = reshape(found, concat([shape(found)[: -self._depth], shape(rows)[-1:]], 0))
        return self._narrow(matrix_transpose(flat))

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        spectrum = self._complex()
        return self._filtered(turned(x, adjoint_arg), conj(spectrum) if adjoint else spectrum)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        spectrum = self._complex()
        inverse = 1.0 / (conj(spectrum) if adjoint else spectrum)
        return self._filtered(turned(rhs, adjoint_arg), inverse)

    def convolution_kernel(self, name: str = "convolution_kernel") -> Any:
        """What the operator convolves with: the inverse transform of the spectrum."""
        return self._narrow(_BACKWARD[self._depth](self._complex()))

    def _axes(self) -> list[int]:
        return list(range(-self._depth, 0))

    def _eigvals(self) -> Any:
        spectrum = self._complex()
        lead = self.shape[:-1]
        return reshape(spectrum, lead if lead.is_fully_defined() else self.shape_tensor()[:-1])

    def eigvals(self, name: str = "eigvals") -> Any:
        """The eigenvalues `[..., n]`."""
        return self._eigvals()

    def _determinant(self) -> Any:
        return self._narrow(reduce_prod(self._complex(), axis=self._axes()))

    def _log_abs_determinant(self) -> Any:
        total = reduce_sum(log(absolute(self._complex())), axis=self._axes())
        return cast(total, self.dtype)

    def _trace(self) -> Any:
        return self._narrow(reduce_sum(self._complex(), axis=self._axes()))

    def _diag_part(self) -> Any:
        count = cast(self.domain_dimension_tensor(), self.dtype)
        each = expand_dims(self._trace() / count, -1)
        lead = self.shape[:-1]
        return broadcast_to(each, lead if lead.is_fully_defined() else self.shape_tensor()[:-1])

    def _cond(self) -> Any:
        size = absolute(self._complex())
        found = reduce_max(size, axis=self._axes()) / reduce_min(size, axis=self._axes())
        return cast(found, self.dtype)

    def _same(self, spectrum: Any, **hints: Any) -> Any:
        own = {
            "is_non_singular": self.is_non_singular,
            "is_self_adjoint": self.is_self_adjoint,
            "is_positive_definite": self.is_positive_definite,
            "is_square": True,
        }
        made: Any = type(self)
        return made(spectrum, input_output_dtype=self.dtype, **{**own, **hints})

    def _adjoint(self) -> Any:
        return self._same(conj(now(self._spectrum)))

    def _inverse(self) -> Any:
        return self._same(1.0 / now(self._spectrum))

    def _with_same(self, other: Any, method: str, hints: dict[str, Any]) -> Any:
        a, b = now(self._spectrum), now(other.spectrum)
        if a.dtype != b.dtype:
            a, b = cast(a, self._wide()), cast(b, self._wide())
        if a.dtype.is_complex:
            hints = {**hints, "is_positive_definite": None}
        return self._same(a * b if method == "matmul" else b / a, **hints)

    def assert_hermitian_spectrum(self, name: str = "assert_hermitian_spectrum") -> Any:
        """Check that the operator is real: that its convolution kernel is."""
        kernel = _BACKWARD[self._depth](self._complex())
        part = imag(kernel)
        limit = np.array(
            np.finfo(part.dtype.as_numpy_dtype).eps * 5, part.dtype.as_numpy_dtype
        ) * reduce_max(absolute(kernel))
        return assertions.assert_less_equal(
            absolute(part), limit, message="Spectrum was not Hermitian."
        )

    def _assert_non_singular(self) -> Any:
        return assert_no_zeros(now(self._spectrum))

    def _assert_positive_definite(self) -> Any:
        from tidefall.ops.linalg.operators.dense import assert_all_positive

        return assert_all_positive(now(self._spectrum))

    def _assert_self_adjoint(self) -> Any:
        return assert_all_real(now(self._spectrum))


@export("linalg.LinearOperatorCirculant")
class LinearOperatorCirculant(_Circulant):
    """Convolution over 1 periodic dimension: a circulant matrix.

    Args:
        spectrum: the Fourier transform of the convolution kernel, `[..., n]`.
        input_output_dtype: dtype of what the operator is applied to. A real dtype takes the real
            part of the products, which is all of them if the spectrum is Hermitian.
        is_non_singular, is_self_adjoint, is_positive_definite, is_square: hints. A real spectrum
            makes a self-adjoint operator.
        name: name of the operator.

    Raises:
        ValueError: for too few dimensions, or hints that cannot be.

    >>> import tidefall as tf
    >>> operator = tf.linalg.LinearOperatorCirculant([1.0, 3.0], input_output_dtype=tf.float32)
    >>> operator.to_dense().numpy().tolist()
    [[2.0, -1.0], [-1.0, 2.0]]
    """

    _depth = 1

    def __init__(
        self,
        spectrum: Any,
        input_output_dtype: Any = dtypes.complex64,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = True,
        name: str = "LinearOperatorCirculant",
    ):
        hints = {
            "is_non_singular": is_non_singular,
            "is_self_adjoint": is_self_adjoint,
            "is_positive_definite": is_positive_definite,
            "is_square": is_square,
        }
        self._make(spectrum, input_output_dtype, hints, name)


@export("linalg.LinearOperatorCirculant2D")
class LinearOperatorCirculant2D(_Circulant):
    """Convolution over 2 periodic dimensions: a circulant matrix.

    Args:
        spectrum: the Fourier transform of the convolution kernel, `[..., m, n]`.
        input_output_dtype: dtype of what the operator is applied to. A real dtype takes the real
            part of the products, which is all of them if the spectrum is Hermitian.
        is_non_singular, is_self_adjoint, is_positive_definite, is_square: hints. A real spectrum
            makes a self-adjoint operator.
        name: name of the operator.

    Raises:
        ValueError: for too few dimensions, or hints that cannot be.

    >>> import tidefall as tf
    >>> operator = tf.linalg.LinearOperatorCirculant2D([[1.0, 3.0]], input_output_dtype=tf.float32)
    >>> operator.to_dense().numpy().tolist()
    [[2.0, -1.0], [-1.0, 2.0]]
    """

    _depth = 2

    def __init__(
        self,
        spectrum: Any,
        input_output_dtype: Any = dtypes.complex64,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = True,
        name: str = "LinearOperatorCirculant2D",
    ):
        hints = {
            "is_non_singular": is_non_singular,
            "is_self_adjoint": is_self_adjoint,
            "is_positive_definite": is_positive_definite,
            "is_square": is_square,
        }
        self._make(spectrum, input_output_dtype, hints, name)


@export("linalg.LinearOperatorCirculant3D")
class LinearOperatorCirculant3D(_Circulant):
    """Convolution over 3 periodic dimensions: a circulant matrix.

    Args:
        spectrum: the Fourier transform of the convolution kernel, `[..., l, m, n]`.
        input_output_dtype: dtype of what the operator is applied to. A real dtype takes the real
            part of the products, which is all of them if the spectrum is Hermitian.
        is_non_singular, is_self_adjoint, is_positive_definite, is_square: hints. A real spectrum
            makes a self-adjoint operator.
        name: name of the operator.

    Raises:
        ValueError: for too few dimensions, or hints that cannot be.

    >>> import tidefall as tf
    >>> spectrum = [[[1.0, 3.0]]]
    >>> operator = tf.linalg.LinearOperatorCirculant3D(spectrum, input_output_dtype=tf.float32)
    >>> operator.to_dense().numpy().tolist()
    [[2.0, -1.0], [-1.0, 2.0]]
    """

    _depth = 3

    def __init__(
        self,
        spectrum: Any,
        input_output_dtype: Any = dtypes.complex64,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = True,
        name: str = "LinearOperatorCirculant3D",
    ):
        hints = {
            "is_non_singular": is_non_singular,
            "is_self_adjoint": is_self_adjoint,
            "is_positive_definite": is_positive_definite,
            "is_square": is_square,
        }
        self._make(spectrum, input_output_dtype, hints, name)
