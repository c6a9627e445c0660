"""Features of speech as the ops of old speech models compute them: AudioSpectrogram and Mfcc."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.array.common import require_rank
from tidefall.ops.common import invalid, jnp
from tidefall.ops.nn.convolution.ops import ranked

# ---- AudioSpectrogram ----


def _fft_length(window_size: int) -> int:
    return 1 << (window_size - 1).bit_length()


def _check_window(window_size: int, stride: int) -> None:
    if window_size < 2 or stride < 1:
        raise invalid(
            f"Spectrogram initialization failed for window size {window_size} and stride {stride}"
        )


def _frames(samples: int, window_size: int, stride: int) -> int:
    return (samples - window_size) // stride + 1 if samples >= window_size else 0


def _spectrogram_shape(c: Inference) -> TensorShape:
    samples, channels = ranked(c.shape(0), 2, "input")
    window_size, stride = c.attr("window_size"), c.attr("stride")
    if window_size <= 1 or stride <= 0:
        return TensorShape([channels, None, None])
    frames = None if samples is None else _frames(samples, window_size, stride)
    return TensorShape([channels, frames, _fft_length(window_size) // 2 + 1])


def _spectrogram(
    x: Any, window_size: int, stride: int, magnitude_squared: bool, xp: Any, dtype: Any
) -> Any:
    if x.ndim != 2:
        raise invalid(f"input must be 2-dimensional{list(x.shape)}")
    _check_window(window_size, stride)
    count = _frames(x.shape[0], window_size, stride)
    places = np.arange(count)[:, None] * stride + np.arange(window_size)
    window = 0.5 - 0.5 * np.cos(2 * np.pi / window_size * np.arange(window_size))
    frames = x.T.astype(dtype)[:, places] * window.astype(dtype)
    length = _fft_length(window_size)
    if frames.size:
        spectra = xp.fft.rfft(frames, length)
    else:
        spectra = xp.zeros((*frames.shape[:2], length // 2 + 1), np.complex64)
    power = xp.square(spectra.real) + xp.square(spectra.imag)
    return (power if magnitude_squared else xp.sqrt(power)).astype(np.float32)


spectrogram_op = op(
    "AudioSpectrogram",
    shape=_spectrogram_shape,
    host=lambda input, *, window_size, stride, magnitude_squared: _spectrogram(
        input, window_size, stride, magnitude_squared, np, np.float64
    ),
    xla=lambda input, *, window_size, stride, magnitude_squared: _spectrogram(
        jnp.asarray(input), window_size, stride, magnitude_squared, jnp, np.float32
    ),
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)

# ---- Mfcc ----

_LEAST = 1e-12
"""Energies below it count as this much, so that they have a logarithm."""


def _mel(frequency: Any) -> Any:
    return 1127.0 * np.log1p(frequency / 700.0)


@lru_cache(maxsize=16)
def _filterbank(
    bins: int, sample_rate: int, channels: int, lower: float, upper: float
) -> np.ndarray | None:
    """The weights `[bins, channels]` of the mel filters; None where they reach beyond the bins."""
    hertz_per_bin = 0.5 * sample_rate / (bins - 1)
    first, last = int(1.5 + lower / hertz_per_bin), int(upper / hertz_per_bin)
    if last >= bins:
        return None
    low = _mel(lower)
    centres = low + (_mel(upper) - low) / (channels + 1) * np.arange(1, channels + 2)
    edges = np.concatenate([[low], centres])
    at = np.arange(first, last + 1)
    mel = _mel(at * hertz_per_bin)
    # The last filter whose centre lies below a bin; it falls there while the next one rises.
    below = np.minimum(np.searchsorted(centres, mel), channels) - 1
    falling = (edges[below + 2] - mel) / (edges[below + 2] - edges[below + 1])
    weights = np.zeros((bins, channels))
    inside = below >= 0
    weights[at[inside], below[inside]] = falling[inside]
    rises = below + 1 < channels
    weights[at[rises], below[rises] + 1] += 1 - falling[rises]
    return weights


@lru_cache(maxsize=16)
def _cosines(channels: int, count: int) -> np.ndarray:
    """The matrix `[channels, count]` of a discrete cosine transform."""
    angles = np.pi / channels * np.outer(np.arange(channels) + 0.5, np.arange(count))
    return math.sqrt(2 / channels) * np.cos(angles)


def _mfcc_shape(c: Inference) -> TensorShape:
    channels, frames, _ = ranked(c.shape(0), 3, "spectrogram")
    require_rank(c.shape(1), 0)
    return TensorShape([channels, frames, c.attr("dct_coefficient_count")])


def _mfcc(
    x: Any, sample_rate: Any, lower: float, upper: float, channels: int, count: int, xp: Any
) -> Any:
    if x.ndim != 3:
        raise invalid(f"spectrogram must be 3-dimensional{list(x.shape)}")
    if np.ndim(sample_rate):
        raise invalid(
            f"Input sample_rate should be a scalar tensor, got {list(np.shape(sample_rate))} "
            "instead."
        )
    bins, rate = x.shape[2], int(sample_rate)
    if not (
        channels > 0 and rate > 0 and bins > 1 and 0 <= lower < upper and 0 < count <= channels
    ):
        raise invalid(
            f"Mfcc initialization failed for channel count {bins}, sample rate {rate} and "
            f"filterbank_channel_count {channels}"
        )
    weights = _filterbank(bins, rate, channels, lower, upper)
    if weights is None:
        return xp.zeros((*x.shape[:2], count), np.float32)
    energies = xp.sqrt(x) @ weights.astype(x.dtype)
    logarithms = xp.log(xp.maximum(energies, _LEAST))
    return (logarithms @ _cosines(channels, count).astype(x.dtype)).astype(np.float32)


def _mfcc_host(
    spectrogram: np.ndarray,
    sample_rate: np.ndarray,
    *,
    upper_frequency_limit: float,
    lower_frequency_limit: float,
    filterbank_channel_count: int,
    dct_coefficient_count: int,
) -> np.ndarray:
    return _mfcc(
        spectrogram.astype(np.float64),
        sample_rate,
        lower_frequency_limit,
        upper_frequency_limit,
        filterbank_channel_count,
        dct_coefficient_count,
        np,
    )


def _mfcc_xla(
    spectrogram: Any,
    sample_rate: Any,
    *,
    upper_frequency_limit: float,
    lower_frequency_limit: float,
    filterbank_channel_count: int,
    dct_coefficient_count: int,
) -> Any:
    return _mfcc(
        jnp.asarray(spectrogram),
        sample_rate,
        lower_frequency_limit,
        upper_frequency_limit,
        filterbank_channel_count,
        dct_coefficient_count,
        jnp,
    )


mfcc_op = op(
    "Mfcc",
    shape=_mfcc_shape,
    host=_mfcc_host,
    xla=_mfcc_xla,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
    static=("sample_rate",),
)
