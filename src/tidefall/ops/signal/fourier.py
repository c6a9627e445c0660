"""Discrete Fourier transforms of complex tensors, over the last one, two or three dimensions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.op import Op
from tidefall.op.registry import op
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.batching import batched
from tidefall.ops.common import invalid, jnp
from tidefall.ops.math.cast import cast
from tidefall.ops.reductions.functions import reduce_prod


def _shape_rule(rank: int) -> Callable[[Inference], TensorShape]:
    return lambda c: c.shape(0).with_rank_at_least(rank)


def _require_rank(x: Any, rank: int) -> None:
    if x.ndim < rank:
        raise invalid(f"Input must have rank of at least {rank} but got: {x.ndim}")


def _kernel(name: str, rank: int, modules: Any) -> Callable[..., Any]:
    axes = tuple(range(-rank, 0))

    def run(input: Any) -> Any:
        _require_rank(input, rank)
        if not input.size:
            return input
        return getattr(modules(), name)(input, axes=axes).astype(input.dtype)

    return run


def _count(x: Any, rank: int) -> Any:
    """How many elements one transform has."""
    inner = x.shape[-rank:] if x.shape.rank is not None else None
    if inner is not None and inner.is_fully_defined():
        return float(inner.num_elements())
    return cast(reduce_prod(shape(x)[-rank:]), x.dtype)


def _pair(suffix: str, rank: int) -> tuple[Op, Op]:
    """A transform and its inverse; each is the other's gradient, but for a factor."""

    def forward_grad(op: Any, dy: Any) -> Any:
        return backward(dy) * _count(dy, rank)

    def backward_grad(op: Any, dy: Any) -> Any:
        return forward(dy) / _count(dy, rank)

    forward = op(
        f"FFT{suffix}",
        shape=_shape_rule(rank),
        host=_kernel("fftn", rank, lambda: np.fft),
        xla=_kernel("fftn", rank, lambda: jnp.fft),
        effects=PURE,
        batching=batched,
        gradient=forward_grad,
    )
    backward = op(
        f"IFFT{suffix}",
        shape=_shape_rule(rank),
        host=_kernel("ifftn", rank, lambda: np.fft),
        xla=_kernel("ifftn", rank, lambda: jnp.fft),
        effects=PURE,
        batching=batched,
        gradient=backward_grad,
    )
    return forward, backward


# ---- the ops under the names they had first; TensorFlow keeps them for old graphs ----


def _old_pair(suffix: str, rank: int, forward: Op, backward: Op) -> None:
    old: dict[str, Op] = {}

    def grad(other: str, factor: Any) -> Callable[..., Any]:
        return lambda op, dy: factor(old[other](dy), _count(dy, rank))

    names = (f"BatchFFT{suffix}", f"BatchIFFT{suffix}")
    factors = (lambda dx, count: dx * count, lambda dx, count: dx / count)
    for i, source in enumerate((forward, backward)):
        old[names[i]] = op(
            names[i],
            shape=_shape_rule(rank),
            host=source.host,
            xla=source.xla,
            effects=PURE,
            gradient=grad(names[1 - i], factors[i]),
        )


fft_op, ifft_op = _pair("", 1)
fft2d_op, ifft2d_op = _pair("2D", 2)
fft3d_op, ifft3d_op = _pair("3D", 3)
_old_pair("", 1, fft_op, ifft_op)
_old_pair("2D", 2, fft2d_op, ifft2d_op)
_old_pair("3D", 3, fft3d_op, ifft3d_op)


@export("signal.fft")
def fft(input: Any, name: str | None = None) -> Any:
    """The discrete Fourier transform over the last dimension.

    Args:
        input: complex64 or complex128 tensor `[..., n]`.
        name: name of the node in a graph.

    Returns:
        A tensor like `input`.

    Raises:
        InvalidArgumentError: for a scalar or another dtype.

    >>> import tidefall as tf
    >>> tf.signal.fft(tf.constant([1.0, 2.0], tf.complex64)).numpy().real.tolist()
    [3.0, -1.0]
    """
    return fft_op(input, name=name)


@export("signal.ifft")
def ifft(input: Any, name: str | None = None) -> Any:
    """The inverse discrete Fourier transform over the last dimension.

    Args:
        input: complex64 or complex128 tensor `[..., n]`.
        name: name of the node in a graph.

    Returns:
        A tensor like `input`.

    Raises:
        InvalidArgumentError: for a scalar or another dtype.

    >>> import tidefall as tf
    >>> tf.signal.ifft(tf.constant([3.0, -1.0], tf.complex64)).numpy().real.tolist()
    [1.0, 2.0]
    """
    return ifft_op(input, name=name)


@export("signal.fft2d")
def fft2d(input: Any, name: str | None = None) -> Any:
    """The discrete Fourier transform over the last two dimensions.

    Args:
        input: complex64 or complex128 tensor `[..., m, n]`.
        name: name of the node in a graph.

    Returns:
        A tensor like `input`.

    Raises:
        InvalidArgumentError: for fewer dimensions or another dtype.

    >>> import tidefall as tf
    >>> tf.signal.fft2d(tf.ones([2, 2], tf.complex64)).numpy().real.tolist()
    [[4.0, 0.0], [0.0, 0.0]]
    """
    return fft2d_op(input, name=name)


@export("signal.ifft2d")
def ifft2d(input: Any, name: str | None = None) -> Any:
    """The inverse discrete Fourier transform over the last two dimensions.

    Args:
        input: complex64 or complex128 tensor `[..., m, n]`.
        name: name of the node in a graph.

    Returns:
        A tensor like `input`.

    Raises:
        InvalidArgumentError: for fewer dimensions or another dtype.

    >>> import tidefall as tf
    >>> tf.signal.ifft2d(tf.ones([2, 2], tf.complex64)).numpy().real.tolist()
    [[1.0, 0.0], [0.0, 0.0]]
    """
    return ifft2d_op(input, name=name)


@export("signal.fft3d")
def fft3d(input: Any, name: str | None = None) -> Any:
    """The discrete Fourier transform over the last three dimensions.

    Args:
        input: complex64 or complex128 tensor `[..., l, m, n]`.
        name: name of the node in a graph.

    Returns:
        A tensor like `input`.

    Raises:
        InvalidArgumentError: for fewer dimensions or another dtype.

    >>> import tidefall as tf
    >>> tf.signal.fft3d(tf.ones([1, 1, 2], tf.complex64)).numpy().real.tolist()
    [[[2.0, 0.0]]]
    """
    return fft3d_op(input, name=name)


@export("signal.ifft3d")
def ifft3d(input: Any, name: str | None = None) -> Any:
    """The inverse discrete Fourier transform over the last three dimensions.

    Args:
        input: complex64 or complex128 tensor `[..., l, m, n]`.
        name: name of the node in a graph.

    Returns:
        A tensor like `input`.

    Raises:
        InvalidArgumentError: for fewer dimensions or another dtype.

    >>> import tidefall as tf
    >>> tf.signal.ifft3d(tf.ones([1, 1, 2], tf.complex64)).numpy().real.tolist()
    [[[1.0, 0.0]]]
    """
    return ifft3d_op(input, name=name)
