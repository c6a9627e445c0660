"""The mel scale: spectra in bands as wide as the ear takes them, and cepstra of those."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export
from tidefall.op import raw
from tidefall.ops.array.ranges import linspace
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.common import known_value
from tidefall.ops.math.cast import cast
from tidefall.ops.signal.cosine import dct
from tidefall.tensor.conversion import convert_to_tensor

_BREAK_HERTZ = 700.0
_SLOPE = 1127.0


def _mel(hertz: Any) -> Any:
    return _SLOPE * raw.Log1p(hertz / _BREAK_HERTZ)


def _check(bins: Any, rate: Any, lower: float, upper: float, dtype: Any) -> None:
    if isinstance(bins, int) and bins <= 0:
        raise ValueError(f"num_mel_bins must be positive. Got: {bins}")
    if lower < 0.0:
        raise ValueError(f"lower_edge_hertz must be non-negative. Got: {lower}")
    if lower >= upper:
        raise ValueError(f"lower_edge_hertz {lower} >= upper_edge_hertz {upper}")
    known = known_value(convert_to_tensor(rate))
    if known is not None:
        if known <= 0:
            raise ValueError(f"sample_rate must be positive. Got: {rate}")
        if upper > float(known) / 2:
            raise ValueError(
                "upper_edge_hertz must not be larger than the Nyquist frequency "
                f"(sample_rate / 2). Got {upper} for sample_rate: {rate}"
            )
    if not dtype.is_floating:
        raise ValueError(f"dtype must be a floating point type. Got: {dtype!r}")


@export("signal.linear_to_mel_weight_matrix")
def linear_to_mel_weight_matrix(
    num_mel_bins: int = 20,
    num_spectrogram_bins: Any = 129,
    sample_rate: Any = 8000,
    lower_edge_hertz: float = 125.0,
    upper_edge_hertz: float = 3800.0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Any:
    """The matrix that turns spectra into mel spectra: triangular bands, evenly spaced in mel.

    Args:
        num_mel_bins: number of bands.
        num_spectrogram_bins: integer of shape (): bins of the spectra, from 0 to half the rate.
        sample_rate: samples in a second.
        lower_edge_hertz: where the lowest band begins.
        upper_edge_hertz: where the highest band ends.
        dtype: floating-point dtype of the result.
        name: unused.

    Returns:
        A tensor `[num_spectrogram_bins, num_mel_bins]`; multiply spectra with it from the right.

    Raises:
        ValueError: for bands that are none, negative, or beyond half the sample rate.

    >>> import tidefall as tf
    >>> spectra = tf.ones([7, 129])
    >>> tf.matmul(spectra, tf.signal.linear_to_mel_weight_matrix()).shape.as_list()
    [7, 20]
    """
    dtype = as_dtype(dtype)
    _check(num_mel_bins, sample_rate, lower_edge_hertz, upper_edge_hertz, dtype)
    exact = dtypes.float64
    nyquist = cast(convert_to_tensor(sample_rate), exact) / 2.0
    # The lowest bin is the constant part, which belongs to no band.
    hertz = linspace(np.float64(0), nyquist, num_spectrogram_bins)[1:]
    bins = raw.ExpandDims(_mel(hertz), 1)
    lowest, highest = (_mel(np.float64(edge)) for edge in (lower_edge_hertz, upper_edge_hertz))
    edges = linspace(lowest, highest, num_mel_bins + 2)
    lower, center, upper = edges[None, :-2], edges[None, 1:-1], edges[None, 2:]
    rising, falling = (bins - lower) / (center - lower), (upper - bins) / (upper - center)
    weights = raw.Maximum(np.float64(0), raw.Minimum(rising, falling))
    return cast(raw.Pad(weights, np.array([[1, 0], [0, 0]], np.int32)), dtype)


@export("signal.mfccs_from_log_mel_spectrograms")
def mfccs_from_log_mel_spectrograms(log_mel_spectrograms: Any, name: str | None = None) -> Any:
    """Mel-frequency cepstral coefficients: the cosine transform of log mel spectra.

    The scaling is that of HTK.

    Args:
        log_mel_spectrograms: float32 or float64 tensor `[..., num_mel_bins]`.
        name: unused.

    Returns:
        A tensor of the same shape; usually the first 13 or so of the last dimension are used.

    Raises:
        ValueError: if there are no bins.

    >>> import tidefall as tf
    >>> tf.signal.mfccs_from_log_mel_spectrograms(tf.ones([2])).numpy().round(4).tolist()
    [2.0, 0.0]
    """
    x = convert_to_tensor(log_mel_spectrograms, dtype_hint=dtypes.float32)
    bins = x.shape[-1] if x.shape.rank else None
    if bins == 0:
        raise ValueError(f"num_mel_bins must be positive. Got: {x!r}")
    count = bins if bins is not None else cast(shape(x)[-1], x.dtype)
    return dct(x, type=2) * (2.0 * count) ** -0.5
