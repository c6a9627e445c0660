# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.signal`."""

from collections.abc import Callable
import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import TensorLike
from typing import Any

def dct(input: TensorLike, type: int = 2, n: int | None = None, axis: int = -1, norm: str | None = None, name: str | None = None) -> tf.Tensor:
    """The discrete cosine transform of type I, II, III or IV over the last dimension."""
def fft(input: TensorLike, name: str | None = None) -> tf.Tensor:
    """The discrete Fourier transform over the last dimension."""
def fft2d(input: TensorLike, name: str | None = None) -> tf.Tensor:
    """The discrete Fourier transform over the last two dimensions."""
def fft3d(input: TensorLike, name: str | None = None) -> tf.Tensor:
    """The discrete Fourier transform over the last three dimensions."""
def fftnd(input_tensor: TensorLike, fft_length: TensorLike | None = None, axes: TensorLike | None = None, norm: str | None = None, name: str | None = None) -> tf.Tensor:
    """The discrete Fourier transform over any axes."""
def fftshift(x: TensorLike, axes: Any = None, name: str | None = None) -> tf.Tensor:
    """Move the zero frequency to the middle."""
def frame(signal: TensorLike, frame_length: Any, frame_step: Any, pad_end: bool = False, pad_value: TensorLike = 0, axis: int = -1, name: str | None = None) -> tf.Tensor:
    """Cut one axis into frames, which overlap if the step is smaller than they are long."""
def hamming_window(window_length: Any, periodic: Any = True, dtype: DTypeLike = tf.float32, name: str | None = None) -> tf.Tensor:
    """The Hamming window, a raised cosine that starts at 0.08."""
def hann_window(window_length: Any, periodic: Any = True, dtype: DTypeLike = tf.float32, name: str | None = None) -> tf.Tensor:
    """The Hann window, a raised cosine that starts at zero."""
def idct(input: TensorLike, type: int = 2, n: int | None = None, axis: int = -1, norm: str | None = None, name: str | None = None) -> tf.Tensor:
    """The inverse of `dct`, but for a factor unless `norm` is "ortho"."""
def ifft(input: TensorLike, name: str | None = None) -> tf.Tensor:
    """The inverse discrete Fourier transform over the last dimension."""
def ifft2d(input: TensorLike, name: str | None = None) -> tf.Tensor:
    """The inverse discrete Fourier transform over the last two dimensions."""
def ifft3d(input: TensorLike, name: str | None = None) -> tf.Tensor:
    """The inverse discrete Fourier transform over the last three dimensions."""
def ifftnd(input_tensor: TensorLike, fft_length: TensorLike | None = None, axes: TensorLike | None = None, norm: str | None = None, name: str | None = None) -> tf.Tensor:
    """The inverse of `fftnd`."""
def ifftshift(x: TensorLike, axes: Any = None, name: str | None = None) -> tf.Tensor:
    """Undo `fftshift`; they differ for odd sizes."""
def inverse_mdct(mdcts: TensorLike, window_fn: Any = ..., norm: str | None = None, name: str | None = None) -> tf.Tensor:
    """The inverse of `mdct`, exact but for the first and the last half of a frame."""
def inverse_stft(stfts: TensorLike, frame_length: Any, frame_step: Any, fft_length: Any = None, window_fn: Any = ..., name: str | None = None) -> tf.Tensor:
    """The inverse of `stft`; the signal comes back if the windows add up to one."""
def inverse_stft_window_fn(frame_step: Any, forward_window_fn: Any = ..., name: str | None = None) -> Callable[..., Any]:
    """The window function with which `inverse_stft` restores what `stft` made of a signal."""
def irfft(input_tensor: TensorLike, fft_length: TensorLike | None = None, name: str | None = None) -> tf.Tensor:
    """The inverse of `rfft`: real numbers from half a spectrum, over the last dimension."""
def irfft2d(input_tensor: TensorLike, fft_length: TensorLike | None = None, name: str | None = None) -> tf.Tensor:
    """The inverse of `rfft2d`, over the last two dimensions."""
def irfft3d(input_tensor: TensorLike, fft_length: TensorLike | None = None, name: str | None = None) -> tf.Tensor:
    """The inverse of `rfft3d`, over the last three dimensions."""
def irfftnd(input_tensor: TensorLike, fft_length: TensorLike | None = None, axes: TensorLike | None = None, norm: str | None = None, name: str | None = None) -> tf.Tensor:
    """The inverse of `rfftnd`."""
def kaiser_bessel_derived_window(window_length: Any, beta: Any = 12.0, dtype: DTypeLike = tf.float32, name: str | None = None) -> tf.Tensor:
    """The Kaiser-Bessel derived window, whose square and its shifted self add up to one."""
def kaiser_window(window_length: Any, beta: Any = 12.0, dtype: DTypeLike = tf.float32, name: str | None = None) -> tf.Tensor:
    """The Kaiser window: `I0(beta * sqrt(1 - x^2)) / I0(beta)` for x from -1 to 1."""
def linear_to_mel_weight_matrix(num_mel_bins: int = 20, num_spectrogram_bins: Any = 129, sample_rate: Any = 8000, lower_edge_hertz: float = 125.0, upper_edge_hertz: float = 3800.0, dtype: DTypeLike = tf.float32, name: str | None = None) -> tf.Tensor:
    """The matrix that turns spectra into mel spectra: triangular bands, evenly spaced in mel."""
def mdct(signals: TensorLike, frame_length: Any, window_fn: Any = ..., pad_end: bool = False, norm: str | None = None, name: str | None = None) -> tf.Tensor:
    """The modified discrete cosine transform: frames that overlap by half, each made half as long."""
def mfccs_from_log_mel_spectrograms(log_mel_spectrograms: TensorLike, name: str | None = None) -> tf.Tensor:
    """Mel-frequency cepstral coefficients: the cosine transform of log mel spectra."""
def overlap_and_add(signal: TensorLike, frame_step: Any, name: str | None = None) -> tf.Tensor:
    """Put frames together again: each starts `frame_step` after the one before, overlaps add up."""
def rfft(input_tensor: TensorLike, fft_length: TensorLike | None = None, name: str | None = None) -> tf.Tensor:
    """The discrete Fourier transform of real numbers, over the last dimension."""
def rfft2d(input_tensor: TensorLike, fft_length: TensorLike | None = None, name: str | None = None) -> tf.Tensor:
    """The discrete Fourier transform of real numbers, over the last two dimensions."""
def rfft3d(input_tensor: TensorLike, fft_length: TensorLike | None = None, name: str | None = None) -> tf.Tensor:
    """The discrete Fourier transform of real numbers, over the last three dimensions."""
def rfftnd(input_tensor: TensorLike, fft_length: TensorLike | None = None, axes: TensorLike | None = None, norm: str | None = None, name: str | None = None) -> tf.Tensor:
    """The discrete Fourier transform of real numbers over any axes; the last one is halved."""
def stft(signals: TensorLike, frame_length: Any, frame_step: Any, fft_length: Any = None, window_fn: Any = ..., pad_end: bool = False, name: str | None = None) -> tf.Tensor:
    """The short-time Fourier transform: the spectra of overlapping, windowed frames."""
def vorbis_window(window_length: Any, dtype: DTypeLike = tf.float32, name: str | None = None) -> tf.Tensor:
    """The window of the Vorbis codec: `sin(pi / 2 * sin(pi * (n + 0.5) / length)^2)`."""
