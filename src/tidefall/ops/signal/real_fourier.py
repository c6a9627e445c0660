"""Discrete Fourier transforms between real tensors and the half of the spectrum that is needed.

The spectrum of a real signal of `n` numbers is symmetric, so its first `n // 2 + 1` values say it
all. In several dimensions only the last one is halved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.op import Op
from tidefall.op.registry import op
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.batching import batched
from tidefall.ops.common import invalid, jnp, known_value
from tidefall.ops.math.cast import cast
from tidefall.ops.reductions.functions import reduce_prod
from tidefall.ops.signal.fitting import fit, half_weights
from tidefall.tensor.conversion import convert_to_tensor

COMPLEX_OF = {dtypes.float32: dtypes.complex64, dtypes.float64: dtypes.complex128}
REAL_OF = {value: key for key, value in COMPLEX_OF.items()}


# ---- the ops ----


def _lengths(input: Any, fft_length: np.ndarray, rank: int, halved: bool) -> list[int]:
    """The lengths of a transform, checked against the input, whose last axis may be halved."""
    if input.ndim < rank:
        raise invalid(f"Input must have rank of at least {rank} but got: {list(np.shape(input))}")
    if fft_length.shape != (rank,):
        raise invalid(f"fft_length must have shape [{rank}], got {list(fft_length.shape)}")
    lengths = fft_length.tolist()
    for i, length in enumerate(lengths):
        if length < 0:
            raise invalid(f"fft_length[{i}] must >= 0, but got: {length}")
        needed = length // 2 + 1 if halved and length and i == rank - 1 else length
        at = input.ndim - rank + i
        if 0 < input.shape[at] < needed:
            raise invalid(
                f"Input dimension {at} must have length of at least {needed} "
                f"but got: {input.shape[at]}"
            )
    return lengths


def half(length: int | None) -> int | None:
    """How many values of a spectrum are kept of `length` numbers."""
    return None if length is None else length // 2 + 1 if length else 0


def _shape_rule(rank: int, halves: bool) -> Callable[[Inference], TensorShape]:
    def rule(c: Inference) -> TensorShape:
        source = c.shape(0).with_rank_at_least(rank)
        given = c.shape(1).with_rank(1)
        if given[0] is not None and given[0] != rank:
            raise ValueError(f"Dimension must be {rank} but is {given[0]}: fft_length")
        if source.rank is None:
            return TensorShape(None)
        value = c.constant(1)
        inner: list[int | None] = [None] * rank if value is None else [int(n) for n in value]
        if halves:
            inner[-1] = half(inner[-1])
        return TensorShape([*source.as_list()[: source.rank - rank], *inner])

    return rule


def _forward_kernel(rank: int, modules: Any) -> Callable[..., Any]:
    axes = tuple(range(-rank, 0))

    def run(input: Any, fft_length: np.ndarray, *, Tcomplex: DType) -> Any:
        lengths = _lengths(input, fft_length, rank, halved=False)
        dtype = Tcomplex.as_numpy_dtype
        if not input.size or 0 in lengths:
            dims = (*input.shape[: input.ndim - rank], *lengths[:-1], half(lengths[-1]) or 0)
            return np.zeros(dims, dtype)
        return modules().rfftn(input, s=lengths, axes=axes).astype(dtype)

    return run


def _backward_kernel(rank: int, modules: Any) -> Callable[..., Any]:
    axes = tuple(range(-rank, 0))

    def run(input: Any, fft_length: np.ndarray, *, Treal: DType) -> Any:
        lengths = _lengths(input, fft_length, rank, halved=True)
        dtype = Treal.as_numpy_dtype
        if not input.size or 0 in lengths:
            return np.zeros((*input.shape[: input.ndim - rank], *lengths), dtype)
        return modules().irfftn(input, s=lengths, axes=axes).astype(dtype)

    return run


def _last(values: Any) -> Any:
    known = known_value(values)
    return int(known[-1]) if known is not None else values[-1]


def count_of(lengths: Any, dtype: DType) -> Any:
    """How many numbers one transform has."""
    known = known_value(lengths)
    if known is not None:
        return float(np.prod(known.astype(np.float64)))
    return cast(reduce_prod(lengths), dtype)


def _pair(suffix: str, rank: int) -> tuple[Op, Op]:
    """A transform and its inverse; each is the other's gradient, but for weights."""
    axes = list(range(-rank, 0))

    def forward_grad(op: Any, dy: Any) -> Any:
        x, lengths = op.inputs
        weights = half_weights(_last(lengths), dy.dtype, end=1.0, middle=0.5)
        dx = backward(dy * weights, lengths, Treal=x.dtype)
        return [fit(dx * count_of(lengths, x.dtype), x, axes), None]

    def backward_grad(op: Any, dy: Any) -> Any:
        x, lengths = op.inputs
        weights = half_weights(_last(lengths), x.dtype, end=1.0, middle=2.0)
        dx = forward(dy, lengths, Tcomplex=x.dtype) * weights
        return [fit(dx / count_of(lengths, x.dtype), x, axes), None]

    forward = op(
        f"RFFT{suffix}",
        shape=_shape_rule(rank, halves=True),
        host=_forward_kernel(rank, lambda: np.fft),
        xla=_forward_kernel(rank, lambda: jnp.fft),
        effects=PURE,
        batching=batched,
        gradient=forward_grad,
        static=("fft_length",),
    )
    backward = op(
        f"IRFFT{suffix}",
        shape=_shape_rule(rank, halves=False),
        host=_backward_kernel(rank, lambda: np.fft),
        xla=_backward_kernel(rank, lambda: jnp.fft),
        effects=PURE,
        batching=batched,
        gradient=backward_grad,
        static=("fft_length",),
    )
    return forward, backward


rfft_op, irfft_op = _pair("", 1)
rfft2d_op, irfft2d_op = _pair("2D", 2)
rfft3d_op, irfft3d_op = _pair("3D", 3)


# ---- the public functions ----


def length_tensor(fft_length: Any) -> Any:
    """The lengths somebody gave, as an int32 vector."""
    lengths = convert_to_tensor(fft_length, dtypes.int32)
    if lengths.shape.rank == 0:
        raise TypeError(f"fft_length must be a vector of integers, got the scalar {fft_length!r}")
    return lengths


def inner_lengths(x: Any, rank: int, halved: bool) -> Any:
    """The lengths of the transform that makes use of all of `x`."""
    dims: Sequence[int | None] = x.shape.as_list()[-rank:] if x.shape.rank is not None else [None]
    if None not in dims:
        known = [int(d) for d in dims if d is not None]
        if halved:
            known[-1] = max(0, 2 * (known[-1] - 1))
        return np.array(known, np.int32)
    sizes = shape(x)[-rank:]
    if not halved:
        return sizes
    whole = np.array([1] * (rank - 1) + [2], np.int32)
    less = np.array([0] * (rank - 1) + [1], np.int32)
    return (sizes - less) * whole


def _forward(run: Op, rank: int, input_tensor: Any, fft_length: Any, name: str | None) -> Any:
    x = convert_to_tensor(input_tensor, dtype_hint=dtypes.float32)
    if x.dtype not in COMPLEX_OF:
        raise ValueError(f"{run.name} requires tf.float32 or tf.float64 inputs, got: {x!r}")
    x.shape.with_rank_at_least(rank)
    if fft_length is None:
        lengths = inner_lengths(x, rank, halved=False)
    else:
        lengths = length_tensor(fft_length)
        x = fit(x, lengths, list(range(-rank, 0)), only_pad=True)
    return run(x, lengths, Tcomplex=COMPLEX_OF[x.dtype], name=name)


def _backward(run: Op, rank: int, input_tensor: Any, fft_length: Any, name: str | None) -> Any:
    x = convert_to_tensor(input_tensor, dtype_hint=dtypes.complex64)
    if x.dtype not in REAL_OF:
        raise ValueError(f"{run.name} requires tf.complex64 or tf.complex128 inputs, got: {x!r}")
    x.shape.with_rank_at_least(rank)
    if fft_length is None:
        lengths = inner_lengths(x, rank, halved=True)
    else:
        lengths = length_tensor(fft_length)
        x = fit(x, lengths, list(range(-rank, 0)), only_pad=True, halved=True)
    return run(x, lengths, Treal=REAL_OF[x.dtype], name=name)


@export("signal.rfft")
def rfft(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Any:
    """The discrete Fourier transform of real numbers, over the last dimension.

    Args:
        input_tensor: float32 or float64 tensor `[..., n]`.
        fft_length: int32 of shape `[1]`: the input is cropped or padded with zeros to this length.
            None for `n`.
        name: name of the node in a graph.

    Returns:
        A complex64 or complex128 tensor `[..., fft_length // 2 + 1]`.

    Raises:
        ValueError: for a scalar or another dtype.
        InvalidArgumentError: if `fft_length` does not have one element, or a negative one.

    >>> import tidefall as tf
    >>> tf.signal.rfft([1.0, 2.0, 3.0, 4.0]).numpy().real.tolist()
    [10.0, -2.0, -2.0]
    """
    return _forward(rfft_op, 1, input_tensor, fft_length, name)


@export("signal.irfft")
def irfft(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Any:
    """The inverse of `rfft`: real numbers from half a spectrum, over the last dimension.

    Args:
        input_tensor: complex64 or complex128 tensor `[..., m]`.
        fft_length: int32 of shape `[1]`: how many numbers to make. None for `2 * (m - 1)`; give it
            if the number is odd.
        name: name of the node in a graph.

    Returns:
        A float32 or float64 tensor `[..., fft_length]`.

    Raises:
        ValueError: for a scalar or another dtype.

    >>> import tidefall as tf
    >>> tf.signal.irfft(tf.signal.rfft([1.0, 2.0, 3.0, 4.0])).numpy().tolist()
    [1.0, 2.0, 3.0, 4.0]
    """
    return _backward(irfft_op, 1, input_tensor, fft_length, name)


@export("signal.rfft2d")
def rfft2d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Any:
    """The discrete Fourier transform of real numbers, over the last two dimensions.

    Args:
        input_tensor: float32 or float64 tensor `[..., m, n]`.
        fft_length: int32 of shape `[2]`: the input is cropped or padded with zeros to it. None for
            `[m, n]`.
        name: name of the node in a graph.

    Returns:
        A complex tensor `[..., fft_length[0], fft_length[1] // 2 + 1]`.

    Raises:
        ValueError: for fewer dimensions or another dtype.

    >>> import tidefall as tf
    >>> tf.signal.rfft2d(tf.ones([2, 2])).numpy().real.tolist()
    [[4.0, 0.0], [0.0, 0.0]]
    """
    return _forward(rfft2d_op, 2, input_tensor, fft_length, name)


@export("signal.irfft2d")
def irfft2d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Any:
    """The inverse of `rfft2d`, over the last two dimensions.

    Args:
        input_tensor: complex64 or complex128 tensor `[..., m, k]`.
        fft_length: int32 of shape `[2]`. None for `[m, 2 * (k - 1)]`.
        name: name of the node in a graph.

    Returns:
        A float32 or float64 tensor `[..., fft_length[0], fft_length[1]]`.

    Raises:
        ValueError: for fewer dimensions or another dtype.

    >>> import tidefall as tf
    >>> tf.signal.irfft2d(tf.signal.rfft2d(tf.ones([2, 2]))).numpy().tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    return _backward(irfft2d_op, 2, input_tensor, fft_length, name)


@export("signal.rfft3d")
def rfft3d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Any:
    """The discrete Fourier transform of real numbers, over the last three dimensions.

    Args:
        input_tensor: float32 or float64 tensor `[..., l, m, n]`.
        fft_length: int32 of shape `[3]`: the input is cropped or padded with zeros to it. None for
            `[l, m, n]`.
        name: name of the node in a graph.

    Returns:
        A complex tensor `[..., fft_length[0], fft_length[1], fft_length[2] // 2 + 1]`.

    Raises:
        ValueError: for fewer dimensions or another dtype.

    >>> import tidefall as tf
    >>> tf.signal.rfft3d(tf.ones([1, 1, 2])).numpy().real.tolist()
    [[[2.0, 0.0]]]
    """
    return _forward(rfft3d_op, 3, input_tensor, fft_length, name)


@export("signal.irfft3d")
def irfft3d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Any:
    """The inverse of `rfft3d`, over the last three dimensions.

    Args:
        input_tensor: complex64 or complex128 tensor `[..., l, m, k]`.
        fft_length: int32 of shape `[3]`. None for `[l, m, 2 * (k - 1)]`.
        name: name of the node in a graph.

    Returns:
        A float32 or float64 tensor of the dimensions `fft_length`.

    Raises:
        ValueError: for fewer dimensions or another dtype.

    >>> import tidefall as tf
    >>> tf.signal.irfft3d(tf.signal.rfft3d(tf.ones([1, 1, 2]))).numpy().tolist()
    [[[1.0, 1.0]]]
    """
    return _backward(irfft3d_op, 3, input_tensor, fft_length, name)
