# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.spectral`."""

from tidefall._api.signal import dct as dct
from tidefall._api.signal import fft as fft
from tidefall._api.signal import fft2d as fft2d
from tidefall._api.signal import fft3d as fft3d
from tidefall._api.signal import idct as idct
from tidefall._api.signal import ifft as ifft
from tidefall._api.signal import ifft2d as ifft2d
from tidefall._api.signal import ifft3d as ifft3d
from tidefall._api.signal import irfft as irfft
from tidefall._api.signal import irfft2d as irfft2d
from tidefall._api.signal import irfft3d as irfft3d
from tidefall._api.signal import rfft as rfft
from tidefall._api.signal import rfft2d as rfft2d
from tidefall._api.signal import rfft3d as rfft3d

