"""Ops that make Summary messages, as graphs of TensorFlow 1 use them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from tidefall.base.shapes import TensorShape
from tidefall.io.codecs.png import png_bytes
from tidefall.io.codecs.wav import wav_bytes
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, scalar
from tidefall.proto import tensors


def _text(value: Any) -> str:
    value = np.asarray(value)[()]
    return value.decode() if isinstance(value, bytes) else str(value)


def _message(values: Sequence[Any]) -> np.ndarray:
    from tidefall.proto import Summary

    return np.array(Summary(value=values).SerializeToString(), object)


def _value(**fields: Any) -> Any:
    from tidefall.proto import Summary

    return Summary.Value(**fields)


def _scalars(tags: np.ndarray, values: np.ndarray) -> np.ndarray:
    tags, values = np.asarray(tags), np.asarray(values)
    if tags.size != values.size:
        raise invalid(
            f"tags and values are not the same shape: {list(tags.shape)} != {list(values.shape)}"
        )
    pairs = zip(tags.reshape(-1), values.reshape(-1), strict=True)
    return _message([_value(tag=_text(t), simple_value=float(v)) for t, v in pairs])


op("ScalarSummary", shape=scalar, host=_scalars, effects=PURE, gradient=NOT_DIFFERENTIABLE)


@cache
def _limits() -> np.ndarray:
    """The upper limits of the buckets: powers of 1.1 on both sides of zero."""
    positive, value = [], 1e-12
    while value < 1e20:
        positive.append(value)
        value *= 1.1
    largest = float(np.finfo(np.float64).max)
    positive.append(largest)
    return np.array([*(-v for v in reversed(positive)), 0.0, *positive])


def _histogram(tag: np.ndarray, values: np.ndarray) -> np.ndarray:
    from tidefall.proto import HistogramProto

    flat = np.asarray(values).astype(np.float64).reshape(-1)
    if not np.isfinite(flat).all():
        bad = "Nan" if np.isnan(flat).any() else "Infinity"
        raise invalid(f"{bad} in summary histogram for: {_text(tag)}")
    limits = _limits()
    counts = np.bincount(np.searchsorted(limits, flat, side="right"), minlength=len(limits))
    histogram = HistogramProto(
        min=flat.min() if flat.size else limits[-1],
        max=flat.max() if flat.size else -limits[-1],
        num=flat.size,
        sum=flat.sum(),
        sum_squares=(flat * flat).sum(),
    )
    i = 0
    while i < len(limits):
        end, count = limits[i], counts[i]
        i += 1
        if not count:  # empty buckets beside each other are written as one
            while i < len(limits) and not counts[i]:
                end = limits[i]
                i += 1
        histogram.bucket_limit.append(end)
        histogram.bucket.append(count)
    return _message([_value(tag=_text(tag), histo=histogram)])


op("HistogramSummary", shape=scalar, host=_histogram, effects=PURE, gradient=NOT_DIFFERENTIABLE)


def _as_bytes(image: np.ndarray, bad_color: np.ndarray) -> np.ndarray:
    """Pixels of 0 to 255, scaled by the largest value; those that are not finite get a colour."""
    finite = np.isfinite(image).all(axis=-1)
    known = image[finite]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    most, offset, top = (max(-low, high), 128.0, 127.0) if low < 0 else (high, 0.0, 255.0)
    scale = 0.0 if most < 1e-6 else top / most
    result = np.empty(image.shape, np.uint8)
    result[...] = np.asarray(bad_color).reshape(-1)[: image.shape[-1]]
    result[finite] = (known * scale + offset).astype(np.uint8)
    return result


def _images(tag: np.ndarray, tensor: np.ndarray, *, max_images: int, bad_color: Any) -> np.ndarray:
    from tidefall.proto import Summary

    if tensor.ndim != 4 or tensor.shape[3] not in (1, 3, 4):
        raise invalid(f"Tensor must be 4-D with last dim 1, 3, or 4, not {list(tensor.shape)}")
    color = bad_color if isinstance(bad_color, np.ndarray) else np.array([255, 0, 0, 255], np.uint8)
    values = []
    for i, image in enumerate(tensor[:max_images]):
        pixels = image if image.dtype == np.uint8 else _as_bytes(image.astype(np.float32), color)
        height, width, channels = pixels.shape
        label = _text(tag) + ("/image" if max_images == 1 else f"/image/{i}")
        picture = Summary.Image(
            height=height, width=width, colorspace=channels, encoded_image_string=png_bytes(pixels)
        )
        values.append(_value(tag=label, image=picture))
    return _message(values)


op("ImageSummary", shape=scalar, host=_images, effects=PURE, gradient=NOT_DIFFERENTIABLE)


def _sounds(tag: np.ndarray, tensor: np.ndarray, rate: float, most: int) -> np.ndarray:
    from tidefall.proto import Summary

    if tensor.ndim not in (2, 3):
        raise invalid(f"Tensor must be 3-D or 2-D, got: {list(tensor.shape)}")
    if not 0 < rate < 2**32:
        raise invalid(f"sample_rate must be positive and less than 2**32, not {rate}")
    clips = tensor if tensor.ndim == 3 else tensor[:, :, None]
    values = []
    for i, clip in enumerate(clips[:most]):
        label = _text(tag) + ("/audio" if most == 1 else f"/audio/{i}")
        sound = Summary.Audio(
            sample_rate=rate,
            num_channels=clip.shape[1],
            length_frames=clip.shape[0],
            encoded_audio_string=wav_bytes(clip, int(rate)),
            content_type="audio/wav",
        )
        values.append(_value(tag=label, audio=sound))
    return _message(values)


def _audio_v2(
    tag: np.ndarray, tensor: np.ndarray, sample_rate: np.ndarray, *, max_outputs: int
) -> np.ndarray:
    return _sounds(tag, tensor, float(sample_rate), max_outputs)


def _audio(
    tag: np.ndarray, tensor: np.ndarray, *, sample_rate: float, max_outputs: int
) -> np.ndarray:
    return _sounds(tag, tensor, sample_rate, max_outputs)


op("AudioSummaryV2", shape=scalar, host=_audio_v2, effects=PURE, gradient=NOT_DIFFERENTIABLE)
op("AudioSummary", shape=scalar, host=_audio, effects=PURE, gradient=NOT_DIFFERENTIABLE)


def _tensor(tag: np.ndarray, tensor: np.ndarray, serialized_summary_metadata: Any) -> np.ndarray:
    from tidefall.proto import SummaryMetadata

    metadata = _parsed(SummaryMetadata, np.asarray(serialized_summary_metadata)[()])
    message = tensors.make_tensor_proto(tensor)
    return _message([_value(tag=_text(tag), tensor=message, metadata=metadata)])


op("TensorSummaryV2", shape=scalar, host=_tensor, effects=PURE, gradient=NOT_DIFFERENTIABLE)


def _parsed(kind: Any, serialized: bytes) -> Any:
    from google.protobuf.message import DecodeError

    try:
        return kind.FromString(serialized)
    except DecodeError as error:
        raise invalid(f"Cannot parse a {kind.__name__}: {error}") from None


def _merge(inputs: Sequence[np.ndarray]) -> np.ndarray:
    from tidefall.proto import Summary

    merged, seen = Summary(), set()
    for serialized in inputs:
        for item in np.asarray(serialized).reshape(-1):
            for value in _parsed(Summary, item).value:
                if value.tag in seen and not value.HasField("tensor"):
                    raise invalid(f"Duplicate tag {value.tag} found in summary inputs")
                seen.add(value.tag)
                merged.value.add().CopyFrom(value)
    return np.array(merged.SerializeToString(), object)


def _merge_shape(c: Inference) -> TensorShape:
    return TensorShape(())


op("MergeSummary", shape=_merge_shape, host=_merge, effects=PURE, gradient=NOT_DIFFERENTIABLE)
