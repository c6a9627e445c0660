# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.audio`."""

import tidefall as tf
from tidefall._api._types import TensorLike
from typing import Any

def decode_wav(contents: Any, desired_channels: int = -1, desired_samples: int = -1, name: str | None = None) -> tf.raw_ops._DecodeWav:
    """Decode a WAV file of 16-bit samples."""
def encode_wav(audio: TensorLike, sample_rate: Any, name: str | None = None) -> tf.Tensor:
    """Encode sound as a WAV file of 16-bit samples."""
