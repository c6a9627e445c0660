"""Discrete Fourier transforms over any axes, in the way of NumPy's `fftn` and `rfftn`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.ops.array.common import check_axis
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.common import invalid, jnp, known_value
from tidefall.ops.math.cast import cast
from tidefall.ops.signal.fitting import fit, half_weights
from tidefall.ops.signal.real_fourier import COMPLEX_OF, REAL_OF, count_of, half, length_tensor
from tidefall.ops.slices.gathering import gather
from tidefall.tensor.conversion import convert_to_tensor


def _plan(rank: int, fft_length: np.ndarray, axes: np.ndarray) -> list[tuple[int, int]]:
    """Pairs of axis and length, the last one last."""
    if fft_length.ndim != 1 or fft_length.shape != axes.shape or not axes.size:
        raise invalid(
            "fft_length and axes must be vectors of one size, not empty; got "
            f"{list(fft_length.shape)} and {list(axes.shape)}"
        )
    places = [check_axis(a, rank) for a in axes.tolist()]
    if len(set(places)) < len(places):
        raise invalid(f"axes must differ from each other, got {axes.tolist()}")
    if (fft_length < 1).any():
        raise invalid(f"fft_length must be positive, got {fft_length.tolist()}")
    return list(zip(places, fft_length.tolist(), strict=True))


def _complex_kernel(name: str, modules: Any) -> Callable[..., Any]:
    def run(input: Any, fft_length: np.ndarray, axes: np.ndarray) -> Any:
        dtype = input.dtype
        for axis, length in reversed(_plan(input.ndim, fft_length, axes)):
            input = getattr(modules(), name)(input, length, axis)
        return input.astype(dtype)

    return run


def _forward_kernel(modules: Any) -> Callable[..., Any]:
    def run(input: Any, fft_length: np.ndarray, axes: np.ndarray, *, Tcomplex: DType) -> Any:
        *others, (axis, length) = _plan(input.ndim, fft_length, axes)
        result = modules().rfft(input, length, axis)
        for axis, length in reversed(others):
            result = modules().fft(result, length, axis)
        return result.astype(Tcomplex.as_numpy_dtype)

    return run


def _backward_kernel(modules: Any) -> Callable[..., Any]:
    def run(input: Any, fft_length: np.ndarray, axes: np.ndarray, *, Treal: DType) -> Any:
        *others, (last, size) = _plan(input.ndim, fft_length, axes)
        for axis, length in others:
            input = modules().ifft(input, length, axis)
        return modules().irfft(input, size, last).astype(Treal.as_numpy_dtype)

    return run


def _shape_rule(halves: bool) -> Callable[[Inference], TensorShape]:
    def rule(c: Inference) -> TensorShape:
        source = c.shape(0)
        lengths, axes = c.constant(1), c.constant(2)
        if source.rank is None:
            return source
        if axes is None:
            return TensorShape([None] * source.rank)
        dims = source.as_list()
        for i, axis in enumerate(axes.tolist()):
            size = None if lengths is None else int(lengths[i])
            last = i == len(axes) - 1
            dims[check_axis(axis, source.rank)] = half(size) if halves and last else size
        return TensorShape(dims)

    return rule


def _known_axes(op: Any) -> list[int]:
    axes = known_value(op.inputs[2])
    if axes is None or op.inputs[0].shape.rank is None:
        raise UnimplementedError(
            None, None, f"The gradient of {op.type} needs axes and a rank known while tracing."
        )
    return [check_axis(a, op.inputs[0].shape.rank) for a in axes.tolist()]


def _along(weights: Any, axis: int, rank: int) -> Any:
    dims = [1] * rank
    dims[axis] = -1
    return raw.Reshape(weights, np.array(dims, np.int32))


def _weights(op: Any, axes: list[int], dtype: DType, middle: float) -> Any:
    lengths = known_value(op.inputs[1])
    length = op.inputs[1][-1] if lengths is None else int(lengths[-1])
    weights = half_weights(length, dtype, end=1.0, middle=middle)
    return _along(weights, axes[-1], op.inputs[0].shape.rank)


def _fft_grad(op: Any, dy: Any) -> list[Any]:
    x, lengths, axes = op.inputs
    dx = ifftnd_op(dy, lengths, axes) * count_of(lengths, dy.dtype)
    return [fit(dx, x, _known_axes(op)), None, None]


def _ifft_grad(op: Any, dy: Any) -> list[Any]:
    x, lengths, axes = op.inputs
    dx = fftnd_op(dy, lengths, axes) / count_of(lengths, dy.dtype)
    return [fit(dx, x, _known_axes(op)), None, None]


def _rfft_grad(op: Any, dy: Any) -> list[Any]:
    x, lengths, axes = op.inputs
    places = _known_axes(op)
    dx = irfftnd_op(dy * _weights(op, places, dy.dtype, 0.5), lengths, axes, Treal=x.dtype)
    return [fit(dx * count_of(lengths, x.dtype), x, places), None, None]


def _irfft_grad(op: Any, dy: Any) -> list[Any]:
    x, lengths, axes = op.inputs
    places = _known_axes(op)
    dx = rfftnd_op(dy, lengths, axes, Tcomplex=x.dtype) * _weights(op, places, x.dtype, 2.0)
    return [fit(dx / count_of(lengths, x.dtype), x, places), None, None]


_STATIC = ("fft_length", "axes")
fftnd_op = op(
    "FFTND",
    shape=_shape_rule(halves=False),
    host=_complex_kernel("fft", lambda: np.fft),
    xla=_complex_kernel("fft", lambda: jnp.fft),
    effects=PURE,
    gradient=_fft_grad,
    static=_STATIC,
)
ifftnd_op = op(
    "IFFTND",
    shape=_shape_rule(halves=False),
    host=_complex_kernel("ifft", lambda: np.fft),
    xla=_complex_kernel("ifft", lambda: jnp.fft),
    effects=PURE,
    gradient=_ifft_grad,
    static=_STATIC,
)
rfftnd_op = op(
    "RFFTND",
    shape=_shape_rule(halves=True),
    host=_forward_kernel(lambda: np.fft),
    xla=_forward_kernel(lambda: jnp.fft),
    effects=PURE,
    gradient=_rfft_grad,
    static=_STATIC,
)
irfftnd_op = op(
    "IRFFTND",
    shape=_shape_rule(halves=False),
    host=_backward_kernel(lambda: np.fft),
    xla=_backward_kernel(lambda: jnp.fft),
    effects=PURE,
    gradient=_irfft_grad,
    static=_STATIC,
)


# ---- the public functions of tf.signal ----


def _lengths_and_axes(x: Any, fft_length: Any, axes: Any, halved: bool) -> tuple[Any, Any]:
    rank = x.shape.rank
    if axes is None:
        if rank is None:
            raise ValueError("axes must be given for a tensor whose rank is not known.")
        count = rank if fft_length is None else length_tensor(fft_length).shape[0]
        axes = np.arange(-(count or 0), 0, dtype=np.int32)
    places = convert_to_tensor(axes, dtypes.int32)
    if fft_length is not None:
        return length_tensor(fft_length), places
    known = known_value(places)
    sizes = [None] if known is None or rank is None else [x.shape[int(a)] for a in known]
    if None not in sizes:
        found = np.array(sizes, np.int32)
        if halved:
            found[-1] = 2 * (found[-1] - 1)
        return found, places
    lengths = gather(shape(x), places % raw.Size(shape(x)))
    if not halved:
        return lengths, places
    return raw.ConcatV2([lengths[:-1], 2 * (lengths[-1:] - 1)], 0), places


def _factor(lengths: Any, norm: str | None, inverse: bool, dtype: DType) -> Any:
    """What a transform is multiplied with for its normalization; None for nothing."""
    if norm not in (None, "backward", "forward", "ortho"):
        raise ValueError(
            f"Unknown normalization {norm!r}. Expected None, 'backward', 'forward' or 'ortho'."
        )
    if norm in (None, "backward"):
        return None
    known = known_value(convert_to_tensor(lengths))
    if known is not None:
        count = float(np.prod(known.astype(np.float64)))
        root = count**0.5 if norm == "ortho" else count
        return root if inverse else 1 / root
    count = raw.Prod(cast(lengths, dtypes.float64), np.array(0, np.int32), keep_dims=False)
    root = count**0.5 if norm == "ortho" else count
    return cast(root if inverse else 1 / root, dtype)


def _run(transform: Any, x: Any, where: Any, norm: Any, inverse: bool, options: Any) -> Any:
    result = transform(x, *where, **options)
    factor = _factor(where[0], norm, inverse, result.dtype)
    return result if factor is None else result * factor


@export("signal.fftnd")
def fftnd(
    input_tensor: Any,
    fft_length: Any = None,
    axes: Any = None,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """The discrete Fourier transform over any axes.

    TensorFlow declares this function and its op but has no kernel for them; what they do here is
    what NumPy's `fftn` does.

    Args:
        input_tensor: complex64 or complex128 tensor.
        fft_length: int32 vector, a length for each axis, to which the input is cropped or padded
            with zeros; None for the input's own.
        axes: int32 vector of different axes; None for all, or the last ones.
        norm: "backward" or None, "ortho", or "forward": which direction is divided by the number
            of elements.
        name: name of the node in a graph.

    Returns:
        A tensor of the dtype of the input.

    Raises:
        InvalidArgumentError: if an axis is out of range or comes twice, or a length is not
            positive.
        ValueError: for another `norm`.

    >>> import tidefall as tf
    >>> tf.signal.fftnd(tf.ones([2, 2], tf.complex64), axes=[0]).numpy().real.tolist()
    [[2.0, 2.0], [0.0, 0.0]]
    """
    x = convert_to_tensor(input_tensor, dtype_hint=dtypes.complex64)
    where = _lengths_and_axes(x, fft_length, axes, halved=False)
    return _run(fftnd_op, x, where, norm, False, {"name": name})


@export("signal.ifftnd")
def ifftnd(
    input_tensor: Any,
    fft_length: Any = None,
    axes: Any = None,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """The inverse of `fftnd`.

    Args:
        input_tensor: complex64 or complex128 tensor.
        fft_length: int32 vector, a length for each axis; None for the input's own.
        axes: int32 vector of different axes; None for all, or the last ones.
        norm: "backward" or None, "ortho", or "forward".
        name: name of the node in a graph.

    Returns:
        A tensor of the dtype of the input.

    Raises:
        InvalidArgumentError: if an axis is out of range or comes twice, or a length is not
            positive.
        ValueError: for another `norm`.

    >>> import tidefall as tf
    >>> tf.signal.ifftnd(tf.ones([2, 2], tf.complex64), axes=[0]).numpy().real.tolist()
    [[1.0, 1.0], [0.0, 0.0]]
    """
    x = convert_to_tensor(input_tensor, dtype_hint=dtypes.complex64)
    where = _lengths_and_axes(x, fft_length, axes, halved=False)
    return _run(ifftnd_op, x, where, norm, True, {"name": name})


@export("signal.rfftnd")
def rfftnd(
    input_tensor: Any,
    fft_length: Any = None,
    axes: Any = None,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """The discrete Fourier transform of real numbers over any axes; the last one is halved.

    Args:
        input_tensor: float32 or float64 tensor.
        fft_length: int32 vector, a length for each axis; None for the input's own.
        axes: int32 vector of different axes; None for all, or the last ones.
        norm: "backward" or None, "ortho", or "forward".
        name: name of the node in a graph.

    Returns:
        A complex tensor; along the last of `axes` it has `fft_length[-1] // 2 + 1` elements.

    Raises:
        InvalidArgumentError: if an axis is out of range or comes twice, or a length is not
            positive.
        ValueError: for another dtype or `norm`.

    >>> import tidefall as tf
    >>> tf.signal.rfftnd([[1.0, 2.0], [3.0, 4.0]]).numpy().real.tolist()
    [[10.0, -2.0], [-4.0, 0.0]]
    """
    x = convert_to_tensor(input_tensor, dtype_hint=dtypes.float32)
    if x.dtype not in COMPLEX_OF:
        raise ValueError(f"RFFTND requires tf.float32 or tf.float64 inputs, got: {x!r}")
    where = _lengths_and_axes(x, fft_length, axes, halved=False)
    options = {"Tcomplex": COMPLEX_OF[x.dtype], "name": name}
    return _run(rfftnd_op, x, where, norm, False, options)


@export("signal.irfftnd")
def irfftnd(
    input_tensor: Any,
    fft_length: Any = None,
    axes: Any = None,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """The inverse of `rfftnd`.

    Args:
        input_tensor: complex64 or complex128 tensor, halved along the last of `axes`.
        fft_length: int32 vector, a length of the result for each axis; None for the input's own,
            with `2 * (m - 1)` for the last.
        axes: int32 vector of different axes; None for all, or the last ones.
        norm: "backward" or None, "ortho", or "forward".
        name: name of the node in a graph.

    Returns:
        A float32 or float64 tensor.

    Raises:
        InvalidArgumentError: if an axis is out of range or comes twice, or a length is not
            positive.
        ValueError: for another dtype or `norm`.

    >>> import tidefall as tf
    >>> tf.signal.irfftnd(tf.signal.rfftnd([[1.0, 2.0], [3.0, 4.0]])).numpy().tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    x = convert_to_tensor(input_tensor, dtype_hint=dtypes.complex64)
    if x.dtype not in REAL_OF:
        raise ValueError(f"IRFFTND requires tf.complex64 or tf.complex128 inputs, got: {x!r}")
    where = _lengths_and_axes(x, fft_length, axes, halved=True)
    return _run(irfftnd_op, x, where, norm, True, {"Treal": REAL_OF[x.dtype], "name": name})


# ---- the ops by themselves, at the top level ----


@export("fftnd")
def fftnd_of(input: Any, fft_length: Any, axes: Any, name: str | None = None) -> Any:
    """The op FFTND; `tf.signal.fftnd` has defaults for its arguments.

    >>> import tidefall as tf
    >>> tf.fftnd(tf.ones([2, 2], tf.complex64), [2], [1]).numpy().real.tolist()
    [[2.0, 0.0], [2.0, 0.0]]
    """
    return fftnd_op(input, fft_length, axes, name=name)


@export("ifftnd")
def ifftnd_of(input: Any, fft_length: Any, axes: Any, name: str | None = None) -> Any:
    """The op IFFTND; `tf.signal.ifftnd` has defaults for its arguments.

    >>> import tidefall as tf
    >>> tf.ifftnd(tf.ones([2, 2], tf.complex64), [2], [1]).numpy().real.tolist()
    [[1.0, 0.0], [1.0, 0.0]]
    """
    return ifftnd_op(input, fft_length, axes, name=name)


@export("rfftnd")
def rfftnd_of(
    input: Any,
    fft_length: Any,
    axes: Any,
    Tcomplex: Any = dtypes.complex64,
    name: str | None = None,
) -> Any:
    """The op RFFTND; `tf.signal.rfftnd` has defaults for its arguments.

    >>> import tidefall as tf
    >>> tf.rfftnd(tf.ones([2, 2]), [2], [1]).numpy().real.tolist()
    [[2.0, 0.0], [2.0, 0.0]]
    """
    return rfftnd_op(input, fft_length, axes, Tcomplex=Tcomplex, name=name)


@export("irfftnd")
def irfftnd_of(
    input: Any,
    fft_length: Any,
    axes: Any,
    Treal: Any = dtypes.float32,
    name: str | None = None,
) -> Any:
    """The op IRFFTND; `tf.signal.irfftnd` has defaults for its arguments.

    >>> import tidefall as tf
    >>> tf.irfftnd(tf.ones([2, 2], tf.complex64), [2], [1]).numpy().tolist()
    [[1.0, 0.0], [1.0, 0.0]]
    """
    return irfftnd_op(input, fft_length, axes, Treal=Treal, name=name)
