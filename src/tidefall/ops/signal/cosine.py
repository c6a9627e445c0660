"""Discrete cosine transforms, and the modified one over overlapping frames.

N. Ahmed, T. Natarajan, K. R. Rao: Discrete Cosine Transform. J. P. Princen, A. B. Bradley:
Analysis/Synthesis Filter Bank Design Based on Time Domain Aliasing Cancellation.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.op import raw
from tidefall.op.registry import find_op
from tidefall.ops.array.padding import pad
from tidefall.ops.array.ranges import range as range_
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.common import known_value
from tidefall.ops.math.cast import cast
from tidefall.ops.math.complex_numbers import complex_, real
from tidefall.ops.signal.fitting import fit
from tidefall.ops.signal.framing import frame, overlap_and_add
from tidefall.ops.signal.real_fourier import irfft, rfft
from tidefall.ops.signal.windows import scalar_int, vorbis_window
from tidefall.tensor.conversion import convert_to_tensor

_INVERSE = {1: 1, 2: 3, 3: 2, 4: 4}


def _check(x: Any, kind: int, n: int | None, axis: int, norm: str | None) -> None:
    if axis != -1:
        raise NotImplementedError(f"axis must be -1. Got: {axis}")
    if n is not None and n < 1:
        raise ValueError(f"n should be a positive integer or None, got {n}")
    if kind not in _INVERSE:
        raise ValueError(f"Types I, II, III and IV (I)DCT are supported. Got: {kind}")
    if kind == 1:
        if norm == "ortho":
            raise ValueError("Normalization is not supported for the Type-I DCT.")
        size = x.shape[-1] if x.shape.rank else None
        if size is not None and size < 2:
            raise ValueError("Type-I DCT requires the dimension to be greater than one.")
    if norm not in (None, "ortho"):
        raise ValueError(f"Unknown normalization. Expected None or 'ortho', got: {norm}")


def _resized(x: Any, n: int) -> Any:
    """The first `n` values along the last axis, with zeros for those that are not there."""
    size = x.shape[-1] if x.shape.rank is not None else None
    if size is not None and n <= size:
        return x[..., :n]
    rank = x.shape.rank
    if rank is None:
        return fit(x, np.array([n], np.int32), [-1], only_pad=True)[..., :n]
    missing = n - size if size is not None else raw.Maximum(0, n - shape(x)[-1])
    nothing = np.zeros(2, np.int32)
    last = raw.Pack([np.int32(0), missing])
    return pad(x, raw.Pack([*[nothing] * (rank - 1), last]))[..., :n]


def _turns(size: Any, real_dtype: Any, sign: float) -> Any:
    """`2 * exp(sign * i * pi * k / (2 * size))` for k below size."""
    if isinstance(size, int):
        angle = sign * math.pi / 2 / max(size, 1) * np.arange(size)
        kind = real_dtype.as_numpy_dtype
        return complex_((2 * np.cos(angle)).astype(kind), (2 * np.sin(angle)).astype(kind))
    angle = sign * math.pi / 2 * cast(range_(size), dtypes.float64) / cast(size, dtypes.float64)
    parts = [cast(2.0 * find_op(name)(angle), real_dtype) for name in ("Cos", "Sin")]
    return complex_(*parts)


def _ends(size: Any, dtype: Any, first: Any, others: Any) -> Any:
    """A vector with one value at its start and another everywhere else."""
    if isinstance(size, int):
        weights = np.full(size, others, dtype.as_numpy_dtype)
        weights[:1] = first
        return weights
    at_start = raw.Equal(range_(size), 0)
    return cast(raw.SelectV2(at_start, first, others), dtype)


def _root(size: Any, power: float) -> Any:
    if isinstance(size, int):
        return float(size) ** power if size else 0.0
    return cast(size, dtypes.float64) ** power


def _last_size(x: Any) -> Any:
    size = x.shape[-1] if x.shape.rank is not None else None
    return shape(x)[-1] if size is None else size


def _dct1(x: Any, size: Any, norm: str | None) -> Any:
    return real(rfft(raw.ConcatV2([x, x[..., -2:0:-1]], -1)))


def _dct2(x: Any, size: Any, norm: str | None) -> Any:
    spectrum = rfft(x, fft_length=[2 * size])[..., :size]
    result = real(spectrum * _turns(size, x.dtype, -1.0))
    if norm == "ortho":
        half_root = 0.5 * _root(size, -0.5)
        result = result * _ends(size, x.dtype, half_root, half_root * math.sqrt(2))
    return result


def _dct3(x: Any, size: Any, norm: str | None) -> Any:
    if norm == "ortho":
        root = _root(size, 0.5)
        x = x * _ends(size, x.dtype, root, root * math.sqrt(0.5))
    else:
        x = x * (float(size) if isinstance(size, int) else cast(size, x.dtype))
    turned = _turns(size, x.dtype, 1.0) * complex_(x, raw.ZerosLike(x))
    return irfft(turned, fft_length=[2 * size])[..., :size]


def _dct4(x: Any, size: Any, norm: str | None) -> Any:
    zeros = raw.ZerosLike(x)
    result = _dct2(raw.ConcatV2([x, zeros], -1), 2 * size, None)[..., 1::2]
    if norm == "ortho":
        factor = math.sqrt(0.5) * _root(size, -0.5)
        # A float becomes of the result's dtype; cast would make it float32 first.
        result = result * (factor if isinstance(size, int) else cast(factor, x.dtype))
    return result


_TRANSFORMS = {1: _dct1, 2: _dct2, 3: _dct3, 4: _dct4}


@export("signal.dct")
def dct(
    input: Any,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """The discrete cosine transform of type I, II, III or IV over the last dimension.

    Args:
        input: float32 or float64 tensor `[..., samples]`.
        type: 1 to 4.
        n: the input is cropped or padded with zeros to this length; None for its own.
        axis: -1.
        norm: "ortho" for an orthonormal transform; None, as is.
        name: unused.

    Returns:
        A tensor like `input`, its last dimension `n`.

    Raises:
        ValueError: for another type or normalization, or a length too small.
        NotImplementedError: for another axis.

    >>> import tidefall as tf
    >>> tf.signal.dct([1.0, 1.0, 1.0]).numpy().round(5).tolist()
    [6.0, 0.0, 0.0]
    """
    x = convert_to_tensor(input)
    _check(x, type, n, axis, norm)
    if x.dtype not in (dtypes.float32, dtypes.float64):
        raise TypeError(f"tf.signal.dct takes float32 or float64, got {x.dtype.name}")
    if n is not None:
        x = _resized(x, n)
    return _TRANSFORMS[type](x, _last_size(x), norm)


@export("signal.idct")
def idct(
    input: Any,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """The inverse of `dct`, but for a factor unless `norm` is "ortho".

    Args:
        input: float32 or float64 tensor `[..., samples]`.
        type: 1 to 4: type of the transform to undo.
        n: the input is cropped or padded with zeros to this length; None for its own.
        axis: -1.
        norm: "ortho" for an orthonormal transform; None, as is: then `idct(dct(x))` is x times
            twice its length (type 1: twice its length less 2).
        name: unused.

    Returns:
        A tensor like `input`, its last dimension `n`.

    Raises:
        ValueError: for another type or normalization, or a length too small.
        NotImplementedError: for another axis.

    >>> import tidefall as tf
    >>> x = tf.signal.dct([1.0, 2.0], norm="ortho")
    >>> tf.signal.idct(x, norm="ortho").numpy().round(5).tolist()
    [1.0, 2.0]
    """
    return dct(input, _INVERSE.get(type, type), n, axis, norm, name)


@export("signal.mdct")
def mdct(
    signals: Any,
    frame_length: Any,
    window_fn: Any = vorbis_window,
    pad_end: bool = False,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """The modified discrete cosine transform: frames that overlap by half, each made half as long.

    Args:
        signals: float32 or float64 tensor `[..., samples]`.
        frame_length: integer of shape (), a multiple of 4.
        window_fn: function of a length and `dtype` that returns a window; None for none.
        pad_end: pad the signal with zeros, so that all of it lies in a frame.
        norm: None or "ortho".
        name: unused.

    Returns:
        A tensor `[..., frames, frame_length / 2]`.

    Raises:
        ValueError: for a scalar signal, or a frame length that is not a multiple of 4.

    >>> import tidefall as tf
    >>> tf.signal.mdct(tf.ones([8]), 4).shape.as_list()
    [3, 2]
    """
    signals = convert_to_tensor(signals)
    signals.shape.with_rank_at_least(1)
    length = scalar_int(frame_length, "frame_length")
    known = known_value(length)
    if known is not None and int(known) % 4:
        raise ValueError(f"The frame length must be a multiple of 4. Got {int(known)}")
    size: Any = length if known is None else int(known)
    frames = frame(signals, size, size // 2, pad_end=pad_end)
    frames = frames * _window(window_fn, size, signals.dtype)
    quarter = size // 4
    a, b, c, d = (frames[..., i * quarter : (i + 1) * quarter] for i in range(4))
    folded = raw.ConcatV2([-_backwards(c) - d, a - _backwards(b)], -1)
    return dct(folded, type=4, norm=norm)


def _window(window_fn: Any, length: Any, dtype: Any) -> Any:
    """The window, or without one the constant whose square and its shifted self add up to one."""
    return math.sqrt(0.5) if window_fn is None else window_fn(length, dtype=dtype)


def _backwards(x: Any) -> Any:
    return x[..., ::-1]


@export("signal.inverse_mdct")
def inverse_mdct(
    mdcts: Any, window_fn: Any = vorbis_window, norm: str | None = None, name: str | None = None
) -> Any:
    """The inverse of `mdct`, exact but for the first and the last half of a frame.

    Args:
        mdcts: float32 or float64 tensor `[..., frames, half_length]`, `half_length` even.
        window_fn: the function given to `mdct`; its window must satisfy the Princen-Bradley
            condition, as `vorbis_window` and `kaiser_bessel_derived_window` do.
        norm: as given to `mdct`.
        name: unused.

    Returns:
        A tensor `[..., (frames + 1) * half_length]`.

    Raises:
        ValueError: for fewer dimensions.
        InvalidArgumentError: for an odd `half_length`.

    >>> import tidefall as tf
    >>> x = tf.signal.inverse_mdct(tf.signal.mdct(tf.ones([12]), 4))
    >>> x.numpy().round(5).tolist()[2:-2]
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    mdcts = convert_to_tensor(mdcts)
    mdcts.shape.with_rank_at_least(2)
    half_length = _last_size(mdcts)
    folded = dct(mdcts, type=4, norm=norm)
    if norm is None:
        scale = 0.5 / (
            half_length if isinstance(half_length, int) else cast(half_length, folded.dtype)
        )
        folded = folded * scale
    x0, x1 = raw.Split(np.int32(-1), folded, num_split=2)
    frames = raw.ConcatV2([x1, -_backwards(x1), -_backwards(x0), -x0], -1)
    frames = frames * _window(window_fn, 2 * half_length, mdcts.dtype)
    return overlap_and_add(frames, half_length)
