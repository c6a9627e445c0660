# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.signal`."""

from tidefall._api.signal import dct as dct
from tidefall._api.signal import fft as fft
from tidefall._api.signal import fft2d as fft2d
from tidefall._api.signal import fft3d as fft3d
from tidefall._api.signal import fftnd as fftnd
from tidefall._api.signal import fftshift as fftshift
from tidefall._api.signal import frame as frame
from tidefall._api.signal import hamming_window as hamming_window
from tidefall._api.signal import hann_window as hann_window
from tidefall._api.signal import idct as idct
from tidefall._api.signal import ifft as ifft
from tidefall._api.signal import ifft2d as ifft2d
from tidefall._api.signal import ifft3d as ifft3d
from tidefall._api.signal import ifftnd as ifftnd
from tidefall._api.signal import ifftshift as ifftshift
from tidefall._api.signal import inverse_mdct as inverse_mdct
from tidefall._api.signal import inverse_stft as inverse_stft
from tidefall._api.signal import inverse_stft_window_fn as inverse_stft_window_fn
from tidefall._api.signal import irfft as irfft
from tidefall._api.signal import irfft2d as irfft2d
from tidefall._api.signal import irfft3d as irfft3d
from tidefall._api.signal import irfftnd as irfftnd
from tidefall._api.signal import kaiser_bessel_derived_window as kaiser_bessel_derived_window
from tidefall._api.signal import kaiser_window as kaiser_window
from tidefall._api.signal import linear_to_mel_weight_matrix as linear_to_mel_weight_matrix
from tidefall._api.signal import mdct as mdct
from tidefall._api.signal import mfccs_from_log_mel_spectrograms as mfccs_from_log_mel_spectrograms
from tidefall._api.signal import overlap_and_add as overlap_and_add
from tidefall._api.signal import rfft as rfft
from tidefall._api.signal import rfft2d as rfft2d
from tidefall._api.signal import rfft3d as rfft3d
from tidefall._api.signal import rfftnd as rfftnd
from tidefall._api.signal import stft as stft
from tidefall._api.signal import vorbis_window as vorbis_window

