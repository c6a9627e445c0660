# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.audio`."""

from tidefall._api.audio import decode_wav as decode_wav
from tidefall._api.audio import encode_wav as encode_wav

