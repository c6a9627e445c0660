"""PNG and WAV files, read back by other readers."""

import io
import json
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from tidefall.io.codecs.png import png_bytes
from tidefall.io.codecs.wav import wav_bytes
from tidefall.summary.events.pixels import to_uint8_image

RECORDED = json.loads(
    (Path(__file__).parents[1] / "oracle" / "wire_formats.json").read_text(encoding="utf-8")
)


@given(
    st.integers(1, 4).flatmap(
        lambda c: hnp.arrays("u1", st.tuples(*[st.integers(1, 9)] * 2, st.just(c)))
    )
)
def test_pictures_come_back_from_png(image):
    decoded = Image.open(io.BytesIO(png_bytes(image)))
    assert decoded.mode == {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[image.shape[2]]
    np.testing.assert_array_equal(np.asarray(decoded).reshape(image.shape), image)


@pytest.mark.parametrize("shape", [(2, 2), (2, 2, 5), (0, 2, 3), (2, 2, 0)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"PNG"):
        png_bytes(np.zeros(shape, np.uint8))


def test_other_types_are_refused():
    with pytest.raises(ValueError, match="float32"):
        png_bytes(np.zeros((2, 2, 3), np.float32))


@pytest.mark.parametrize(("dtype", "pixels", "expected"), RECORDED["images"], ids=str)
def test_pixels_become_bytes_as_in_tensorflow(dtype, pixels, expected):
    image = np.array(pixels).astype(dtype)
    converted = to_uint8_image(image)
    assert converted.dtype == np.uint8
    assert converted.tolist() == expected


@pytest.mark.parametrize("dtype", [bool, complex])
def test_pixels_of_other_types_are_refused(dtype):
    with pytest.raises(TypeError, match="floats or integers"):
        to_uint8_image(np.zeros(3, dtype))


def test_samples_become_the_bytes_tensorflow_writes():
    samples, expected = RECORDED["audio"]
    clip = np.float32(samples).reshape(-1, 1)
    assert wav_bytes(clip, 8000).hex() == expected


def test_sound_comes_back_from_wav():
    clip = np.linspace(-1, 1, 12, dtype=np.float32).reshape(6, 2)
    with wave.open(io.BytesIO(wav_bytes(clip, 44100))) as file:
        assert file.getparams()[:4] == (2, 2, 44100, 6)
        samples = np.frombuffer(file.readframes(6), "<i2").reshape(6, 2)
    np.testing.assert_allclose(samples / 32768, clip, atol=1 / 32768)


def test_sound_of_another_rank_is_refused():
    with pytest.raises(ValueError, match=r"\[frames, channels\]"):
        wav_bytes(np.zeros(3), 8000)
