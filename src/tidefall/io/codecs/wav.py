"""Sound as WAV files: the ops `EncodeWav` and `DecodeWav`."""

from __future__ import annotations

import struct
from collections import namedtuple
from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import shape_text

_LARGEST_CHUNK = 2**31 - 1
# What may stand before the format: padding, and the chunks of Broadcast Wave files (EBU Tech 3285).
_LEADING = frozenset([b"JUNK", b"bext", b"iXML", b"qlty", b"mext", b"levl", b"link", b"axml"])
DecodeWav = namedtuple("DecodeWav", ["audio", "sample_rate"])


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


encode_wav_op = op(
    "EncodeWav", shape=_scalar, host=_encode, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


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


class _Reader:
    """The bytes of a file, taken from the front."""

    def __init__(self, data: bytes):
        self.data = data
        self.offset = 0

    def take(self, count: int) -> bytes:
        end = self.offset + count
        if end > len(self.data):
            raise ValueError(
                f"Data too short when trying to read {count} bytes of a WAV file at "
                f"{self.offset}: the file has {len(self.data)}."
            )
        taken, self.offset = self.data[self.offset : end], end
        return taken

    def expect(self, tag: bytes) -> None:
        found = self.take(len(tag))
        if found != tag:
            raise ValueError(f"Header mismatch: Expected {tag.decode()} but found {found!r}.")

    def chunk(self) -> tuple[bytes, int]:
        """The name and the size of the chunk that starts here."""
        name, size = self.take(4), int.from_bytes(self.take(4), "little")
        if size > _LARGEST_CHUNK:
            raise ValueError(
                f"WAV data chunk {name!r} is too large: {size} bytes, but the limit is "
                f"{_LARGEST_CHUNK}."
            )
        return name, size

    def skip_to(self, name: bytes, over: frozenset[bytes] | None = None) -> int:
        """Pass over chunks (of these names, if given) up to one, and give that one's size."""
        while self.offset < len(self.data):
            found, size = self.chunk()
            if found == name:
                return size
            if over is not None and found not in over:
                raise ValueError(f"Expected the chunk {name!r} of a WAV file, found {found!r}.")
            self.offset += size  # chunks of odd size are not padded, as in TensorFlow
        raise ValueError(f"No {name.decode().strip()} chunk found in WAV.")


def _format(reader: _Reader) -> tuple[int, int]:
    """The number of channels and the sample rate, from the format's chunk."""
    size = reader.skip_to(b"fmt ", over=_LEADING)
    if size not in (16, 18):
        raise ValueError(f"Bad format chunk size for WAV: Expected 16 or 18, but got {size}.")
    kind, channels, rate, second, frame, bits = struct.unpack("<HHIIHH", reader.take(16))
    reader.take(size - 16)
    if kind != 1:
        raise ValueError(f"Bad audio format for WAV: Expected 1 (PCM), but got {kind}.")
    if channels < 1:
        raise ValueError(f"Bad number of channels for WAV: Expected at least 1, got {channels}.")
    if bits != 16:
        raise ValueError(f"Can only read 16-bit WAV files, but received {bits}.")
    if frame != 2 * channels:
        raise ValueError(
            f"Bad bytes per sample in WAV header: Expected {2 * channels} but got {frame}."
        )
    if second != frame * rate:
        raise ValueError(
            f"Bad bytes per second in WAV header: Expected {frame * rate} but got {second} "
            f"(sample_rate={rate}, bytes_per_sample={frame})."
        )
    return channels, rate


def wav_samples(data: bytes) -> tuple[np.ndarray, int]:
    """Decode a WAV file of 16-bit samples.

    Args:
        data: the file's bytes.

    Returns:
        The sound, float32 `[frames, channels]` from -1 to 1, and the number of frames in a second.

    Raises:
        ValueError: not a WAV file, broken, or of another kind of samples.
    """
    reader = _Reader(data)
    reader.expect(b"RIFF")
    reader.take(4)  # the size of the file, which some writers leave 0
    reader.expect(b"WAVE")
    channels, rate = _format(reader)
    frames = reader.skip_to(b"data") // (2 * channels)
    samples = np.frombuffer(reader.take(frames * 2 * channels), dtype="<i2")
    while reader.offset < len(data):
        name, size = reader.chunk()
        if name == b"data":
            raise ValueError("More than one data chunk found in WAV.")
        reader.offset += size
    sound = samples.astype(np.float32) / np.float32(32768)
    return sound.reshape(frames, channels), rate


def _check_wishes(samples: int, channels: int) -> None:
    for what, size in (("samples", samples), ("channels", channels)):
        if size < -1:
            raise ValueError(f"desired_{what} must be >= -1, got {size}")


def _decoded_shapes(c: Inference) -> list[TensorShape]:
    if c.shape(0).rank not in (None, 0):
        raise ValueError(f"Shape must be rank 0 but is rank {c.shape(0).rank}")
    sizes = (c.attr("desired_samples"), c.attr("desired_channels"))
    _check_wishes(*sizes)
    return [TensorShape([None if size == -1 else size for size in sizes]), TensorShape(())]


def _decode(
    contents: np.ndarray, *, desired_channels: int, desired_samples: int
) -> tuple[np.ndarray, np.ndarray]:
    if contents.ndim:
        raise ValueError(f"contents must be scalar, got shape {shape_text(contents.shape)}")
    _check_wishes(desired_samples, desired_channels)
    sound, rate = wav_samples(bytes(contents.item()))
    if desired_samples != -1:
        sound = sound[:desired_samples]
        sound = np.pad(sound, [(0, desired_samples - len(sound)), (0, 0)])
    if desired_channels != -1:
        # Channels that the file lacks repeat its last one.
        sound = sound[:, np.minimum(np.arange(desired_channels), sound.shape[1] - 1)]
    return sound, np.array(rate, dtype=np.int32)


decode_wav_op = op(
    "DecodeWav", shape=_decoded_shapes, host=_decode, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


@export("audio.decode_wav")
def decode_wav(
    contents: Any, desired_channels: int = -1, desired_samples: int = -1, name: str | None = None
) -> Any:
    """Decode a WAV file of 16-bit samples.

    Args:
        contents: string of shape (): the file.
        desired_channels: how many channels to give; -1: those of the file. Of more channels than
            the file has, the others repeat its last one.
        desired_samples: how many frames to give; -1: all. Zeros follow a shorter sound.
        name: name of the node in a graph.

    Returns:
        A named tuple: `audio`, float32 `[frames, channels]` from -1 to 1, and `sample_rate`, int32
        of shape (): frames in a second.

    Raises:
        InvalidArgumentError: not a WAV file, a broken one, or samples that are not 16-bit PCM;
            a wish below -1.

    >>> import tidefall as tf
    >>> file = tf.audio.encode_wav([[0.5], [-0.25]], 8000)
    >>> sound, rate = tf.audio.decode_wav(file, desired_samples=3)
    >>> sound.numpy().tolist(), int(rate)
    ([[0.5], [-0.25], [0.0]], 8000)
    """
    wishes = {"desired_channels": desired_channels, "desired_samples": desired_samples}
    return DecodeWav(*decode_wav_op(contents, **wishes, name=name))
