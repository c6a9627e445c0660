"""Short-time Fourier transforms: the spectrum of each of a row of windowed frames."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.op import raw
from tidefall.ops.array.padding import pad
from tidefall.ops.array.reshaping import reshape
from tidefall.ops.common import known_value
from tidefall.ops.math.cast import cast
from tidefall.ops.reductions.functions import reduce_sum
from tidefall.ops.signal.fitting import fit
from tidefall.ops.signal.framing import frame, overlap_and_add
from tidefall.ops.signal.real_fourier import REAL_OF, irfft, rfft
from tidefall.ops.signal.windows import hann_window, scalar_int
from tidefall.tensor.conversion import convert_to_tensor


def _number(value: Any, name: str) -> Any:
    """A Python int where it is known now, else a scalar tensor."""
    tensor = scalar_int(value, name)
    known = known_value(tensor)
    return tensor if known is None else int(known)


def _power_of_two(value: Any) -> Any:
    """The smallest power of two that is not below a number."""
    if isinstance(value, int):
        return 2 ** math.ceil(math.log2(value)) if value > 0 else 0
    exponent = raw.Ceil(raw.Log(cast(value, dtypes.float64)) / np.float64(math.log(2)) - 1e-9)
    return cast(2.0**exponent, value.dtype)


def _lengths(length: Any) -> Any:
    return np.array([length], np.int32) if isinstance(length, int) else reshape(length, [1])


@export("signal.stft")
def stft(
    signals: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Any = hann_window,
    pad_end: bool = False,
    name: str | None = None,
) -> Any:
    """The short-time Fourier transform: the spectra of overlapping, windowed frames.

    Args:
        signals: float32 or float64 tensor `[..., samples]`.
        frame_length: integer of shape (): samples in a frame.
        frame_step: integer of shape (): samples from one frame to the next.
        fft_length: integer of shape (): length of the transform; None for the smallest power of
            two that holds a frame.
        window_fn: function of a length and `dtype` that returns a window; None for none.
        pad_end: pad the signal with zeros, so that all of it lies in a frame.
        name: unused.

    Returns:
        A complex64 or complex128 tensor `[..., frames, fft_length // 2 + 1]`.

    Raises:
        ValueError: for a scalar signal, or lengths that are not scalars.

    >>> import tidefall as tf
    >>> tf.signal.stft(tf.ones([10]), frame_length=4, frame_step=2).shape.as_list()
    [4, 3]
    """
    signals = convert_to_tensor(signals)
    signals.shape.with_rank_at_least(1)
    length = _number(frame_length, "frame_length")
    step = _number(frame_step, "frame_step")
    size = _power_of_two(length) if fft_length is None else _number(fft_length, "fft_length")
    frames = frame(signals, length, step, pad_end=pad_end)
    if window_fn is not None:
        frames = frames * window_fn(length, dtype=frames.dtype)
    return rfft(frames, _lengths(size))


@export("signal.inverse_stft")
def inverse_stft(
    stfts: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Any = hann_window,
    name: str | None = None,
) -> Any:
    """The inverse of `stft`; the signal comes back if the windows add up to one.

    Args:
        stfts: complex64 or complex128 tensor `[..., frames, fft_length // 2 + 1]`.
        frame_length: integer of shape (): samples in a frame.
        frame_step: integer of shape (): samples from one frame to the next.
        fft_length: as given to `stft`.
        window_fn: function of a length and `dtype`; `inverse_stft_window_fn` makes the one that
            restores the signal. None for none.
        name: unused.

    Returns:
        A float32 or float64 tensor `[..., (frames - 1) * frame_step + frame_length]`.

    Raises:
        ValueError: for fewer dimensions, or lengths that are not scalars.

    >>> import tidefall as tf
    >>> spectra = tf.signal.stft(tf.ones([16]), 4, 2)
    >>> back = tf.signal.inverse_stft(spectra, 4, 2, window_fn=tf.signal.inverse_stft_window_fn(2))
    >>> back.numpy().round(4).tolist()[2:6]
    [1.0, 1.0, 1.0, 1.0]
    """
    stfts = convert_to_tensor(stfts, dtype_hint=dtypes.complex64)
    stfts.shape.with_rank_at_least(2)
    length = _number(frame_length, "frame_length")
    step = _number(frame_step, "frame_step")
    size = _power_of_two(length) if fft_length is None else _number(fft_length, "fft_length")
    frames = fit(irfft(stfts, _lengths(size)), _lengths(length), [-1], only_pad=True)[..., :length]
    if window_fn is not None:
        frames = frames * window_fn(length, dtype=REAL_OF[stfts.dtype])
    return overlap_and_add(frames, step)


@export("signal.inverse_stft_window_fn")
def inverse_stft_window_fn(
    frame_step: Any, forward_window_fn: Any = hann_window, name: str | None = None
) -> Callable[..., Any]:
    """The window function with which `inverse_stft` restores what `stft` made of a signal.

    D. Griffin, J. Lim: Signal Estimation from Modified Short-Time Fourier Transform.

    Args:
        frame_step: integer of shape (), as given to `stft`.
        forward_window_fn: the window function given to `stft`.
        name: unused.

    Returns:
        A function of `frame_length` and `dtype` that returns a window `[frame_length]`.

    >>> import tidefall as tf
    >>> tf.signal.inverse_stft_window_fn(2)(4, tf.float32).numpy().tolist()
    [0.0, 1.0, 1.0, 1.0]
    """

    def inverse_window(frame_length: Any, dtype: Any) -> Any:
        length = _number(frame_length, "frame_length")
        step = _number(frame_step, "frame_step")
        window = forward_window_fn(length, dtype=dtype)
        overlaps = -(-length // step)
        missing = overlaps * step - length
        paddings = [[0, missing]] if isinstance(missing, int) else [raw.Pack([0, missing])]
        squares = reshape(pad(window * window, paddings), raw.Pack([overlaps, step]))
        total = reduce_sum(squares, 0, keepdims=True)
        repeated = raw.Tile(total, raw.Pack([overlaps, 1]))
        # A sample that no window reaches stays at zero.
        return raw.DivNoNan(window, reshape(repeated, [-1])[:length])

    return inverse_window
