"""Sound as WAV files: the `EncodeWav` op."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from tidefall.core.exports import export
from tidefall.core.inference import Inference
from tidefall.core.op import NOT_DIFFERENTIABLE, op
from tidefall.core.shapes import TensorShape
from tidefall.ops.common import shape_text


def wav_bytes(audio: Any, sample_rate: int) -> bytes:
    """Encode sound as a WAV file of 16-bit samples.

    Args:
      audio: floats from -1 to 1, `[frames, channels]`.
      sample_rate: frames in a second.

    Returns:
      The WAV file's bytes.

    Raises:
      ValueError: another rank, no channels or too many, or a rate that does not fit the format.
    """
    audio = np.asarray(audio, dtype=np.float32)
    if audio.ndim != 2:
        raise ValueError(f"Audio has the shape [frames, channels], got {list(audio.shape)}.")
    channels = audio.shape[1]
    if not 0 < channels < 2**16:
        raise ValueError(f"Audio has 1 to {2**16 - 1} channels, got {channels}.")
    if not 0 < sample_rate < 2**32:
        raise ValueError(f"The sample rate must be in (0, 2^32), got {sample_rate}.")
    scaled = np.nan_to_num(np.clip(audio, -1, 1)) * np.float32(32768)
    rounded = np.trunc(scaled + np.copysign(np.float32(0.5), scaled))  # halves away from zero
    samples = np.clip(rounded, -32768, 32767).astype("<i2").tobytes()
    frame = 2 * channels
    pcm = struct.pack("<HHIIHH", 1, channels, sample_rate, sample_rate * frame, frame, 16)
    return b"".join(
        [
            b"RIFF" + struct.pack("<I", 36 + len(samples)) + b"WAVE",
            b"fmt " + struct.pack("<I", len(pcm)) + pcm,
            b"data" + struct.pack("<I", len(samples)) + samples,
        ]
    )


def _scalar(c: Inference) -> TensorShape:
    if c.shape(0).rank not in (None, 2):
        raise ValueError(f"audio must be 2-dimensional, got {shape_text(c.shape(0))}")
    if c.shape(1).rank not in (None, 0):
        raise ValueError(
            f"Input sample_rate should be a scalar tensor, got {shape_text(c.shape(1))} instead."
        )
    return TensorShape(())


def _encode(audio: np.ndarray, sample_rate: np.ndarray) -> np.ndarray:
    if sample_rate.ndim:
        raise ValueError(f"sample_rate must be a scalar, got {shape_text(sample_rate.shape)}")
    return np.array(wav_bytes(audio, int(sample_rate)), dtype=object)


encode_wav_op = op("EncodeWav", shape=_scalar, host=_encode, gradient=NOT_DIFFERENTIABLE)


@export("audio.encode_wav")
def encode_wav(audio: Any, sample_rate: Any, name: str | None = None) -> Any:
    """Encode sound as a WAV file of 16-bit samples.

    Args:
        audio: float32 `[frames, channels]`, from -1 to 1.
        sample_rate: int32 of shape (): frames in a second.
        name: name of the node in a graph.

    Returns:
        A string tensor of shape (): the file.

    Raises:
        InvalidArgumentError: for another rank, no channels, or an impossible rate.

    >>> import tidefall as tf
    >>> tf.audio.encode_wav([[0.5], [-0.5]], 8000).numpy()[:4]
    b'RIFF'
    """
    return encode_wav_op(audio, sample_rate, name=name)
