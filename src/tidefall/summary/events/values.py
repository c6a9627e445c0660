"""Summaries: what one step says about one tag, for TensorBoard's dashboards.

Each function takes plain numbers or arrays and returns a `Summary.Value`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.io.codecs.png import png_bytes
from tidefall.io.codecs.wav import wav_bytes
from tidefall.proto import tensors
from tidefall.summary.events.buckets import histogram_buckets
from tidefall.summary.events.pixels import to_uint8_image

AUDIO_IS_WAV = b"\x10\x0b"  # the audio plugin's own metadata message: encoding = 11


def tensor_value(tag: str, tensor: Any, metadata: Any = None) -> Any:
    """Any tensor under a tag.

    Args:
        tag: the name in the dashboard.
        tensor: an array of any shape and type, strings included.
        metadata: a `SummaryMetadata` that names the dashboard, or None.

    Returns:
        A `Summary.Value`.

    Raises:
        TypeError: TensorFlow has no such data type.
    """
    from tidefall.proto import Summary

    value = Summary.Value(tag=tag, tensor=tensors.make_tensor_proto(tensor, content=True))
    if metadata is not None:
        value.metadata.CopyFrom(metadata)
    return value


def plugin_metadata(plugin: str, description: str | None = None, content: bytes = b"") -> Any:
    """The `SummaryMetadata` that sends a summary to a dashboard.

    Args:
        plugin: the dashboard: "scalars", "histograms", "text", "images", "audio", ...
        description: what the tag means, in Markdown.
        content: the dashboard's own data.

    Returns:
        A `SummaryMetadata`.
    """
    from tidefall.proto import SummaryMetadata

    metadata = SummaryMetadata(summary_description=description or "")
    metadata.plugin_data.plugin_name = plugin
    metadata.plugin_data.content = content
    return metadata


def scalar_value(tag: str, value: Any, description: str | None = None) -> Any:
    """A number.

    Args:
        tag: the name in the dashboard.
        value: a number, or an array of shape `[]`; written as float32.
        description: what it means, in Markdown.

    Returns:
        A `Summary.Value`.

    Raises:
        ValueError: not a scalar.

    >>> scalar_value("loss", 0.5).metadata.plugin_data.plugin_name
    'scalars'
    """
    array = np.real(np.asarray(value))
    if array.shape != ():
        raise ValueError(f"Summary {tag!r} takes a scalar, got the shape {list(array.shape)}.")
    return tensor_value(tag, array.astype(np.float32), plugin_metadata("scalars", description))


def histogram_value(
    tag: str, values: Any, buckets: int | None = None, description: str | None = None
) -> Any:
    """The distribution of values.

    Args:
        tag: the name in the dashboard.
        values: numbers of any shape.
        buckets: how many buckets of equal width; 30 by default.
        description: what it means, in Markdown.

    Returns:
        A `Summary.Value` with a float64 tensor `[buckets, 3]`: left edge, right edge, count.
    """
    metadata = plugin_metadata("histograms", description)
    return tensor_value(tag, histogram_buckets(values, buckets), metadata)


def text_value(tag: str, text: Any, description: str | None = None) -> Any:
    """Text, or a table of texts.

    Args:
        tag: the name in the dashboard.
        text: `str` or `bytes` (UTF-8, in Markdown), or an array of them.
        description: what it means, in Markdown.

    Returns:
        A `Summary.Value`.

    Raises:
        TypeError: not text.
    """
    return tensor_value(tag, tensors.bytes_array(text), plugin_metadata("text", description))


def image_value(tag: str, images: Any, max_outputs: int = 3, description: str | None = None) -> Any:
    """Pictures.

    Args:
        tag: the name in the dashboard.
        images: `[batch, height, width, channels]`, channels 1 to 4; floats from 0 to 1, or
            integers that use their whole range.
        max_outputs: how many pictures of the batch to keep.
        description: what they are, in Markdown.

    Returns:
        A `Summary.Value` with strings: the width, the height, and each picture as PNG.

    Raises:
        ValueError: another rank, another number of channels, or empty pictures.
        TypeError: neither floats nor integers.
    """
    metadata = plugin_metadata("images", description)
    return tensor_value(tag, image_strings(tag, images, max_outputs), metadata)


def image_strings(tag: str, images: Any, max_outputs: int = 3) -> np.ndarray:
    """What an image summary holds: width, height and each picture as PNG, an array of `bytes`."""
    images = np.asarray(images)
    if images.ndim != 4:
        raise ValueError(
            f"Summary {tag!r} takes images of shape [batch, height, width, channels], "
            f"got {list(images.shape)}."
        )
    _, height, width, _ = images.shape
    pictures = to_uint8_image(images[: max(max_outputs, 0)])
    return tensors.bytes_array([str(width), str(height), *map(png_bytes, pictures)])


def audio_value(
    tag: str,
    audio: Any,
    sample_rate: int,
    max_outputs: int = 3,
    description: str | None = None,
) -> Any:
    """Sound.

    Args:
        tag: the name in the dashboard.
        audio: floats from -1 to 1, `[batch, frames, channels]`.
        sample_rate: frames in a second.
        max_outputs: how many clips of the batch to keep.
        description: what they are, in Markdown.

    Returns:
        A `Summary.Value` with strings `[clips, 2]`: each clip as WAV, and an empty label.

    Raises:
        ValueError: another rank.
    """
    strings = audio_strings(tag, audio, sample_rate, max_outputs)
    return tensor_value(tag, strings, plugin_metadata("audio", description, AUDIO_IS_WAV))


def audio_strings(tag: str, audio: Any, sample_rate: int, max_outputs: int = 3) -> np.ndarray:
    """What an audio summary holds, `[clips, 2]`: each clip as WAV, and an empty label."""
    audio = np.asarray(audio)
    if audio.ndim != 3:
        raise ValueError(
            f"Summary {tag!r} takes audio of shape [batch, frames, channels], "
            f"got {list(audio.shape)}."
        )
    clips = [wav_bytes(clip, sample_rate) for clip in audio[: max(max_outputs, 0)]]
    strings = np.full((len(clips), 2), b"", dtype=object)
    for row, clip in zip(strings, clips, strict=True):
        row[0] = clip
    return strings
