"""Picture files, chance and boxes, against what TensorFlow made of them; and damaged files."""

from __future__ import annotations

import base64
import functools
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tidefall as tf
from tests.ops.image.calls import decodings, draws, outcome, suppressions

SEED = 5


@functools.cache
def recorded() -> dict[str, Any]:
    return json.loads(gzip.decompress(Path(__file__).with_name("pictures.json.gz").read_bytes()))


FILES = {name: base64.b64decode(text) for name, text in recorded()["files"].items()}


def check(got: Any, wanted: Any, what: str, tolerance: float = 0.0) -> None:
    """Compare two outcomes, numbers to a tolerance."""
    if isinstance(got, str) or isinstance(wanted, str):
        assert got == wanted, what
        return
    assert len(got) == len(wanted), what
    for one, other in zip(got, wanted, strict=True):
        assert one[:2] == other[:2], what
        if isinstance(one[2], str) or isinstance(other[2], str):
            assert one[2] == other[2], what
        else:
            np.testing.assert_allclose(one[2], other[2], atol=tolerance, err_msg=what)


@pytest.mark.parametrize("name", FILES)
def test_a_file_decodes_as_tensorflow_decodes_it(name: str) -> None:
    for what, call in decodings(tf, name, FILES[name]):
        check(outcome(call), recorded()["decoded"][f"{name}: {what}"], what)


@pytest.mark.parametrize("what", recorded()["drawn"])
def test_chance_draws_as_tensorflow_draws(what: str) -> None:
    call = dict(draws(tf))[what]
    tf.random.set_seed(SEED)
    check(outcome(call), recorded()["drawn"][what], what, 1e-5)


def test_padded_suppression_takes_the_boxes_that_tensorflow_takes() -> None:
    for what, call in suppressions(tf):
        check(outcome(call), recorded()["suppressed"][what], what)


@pytest.mark.parametrize("jit", [False, True])
def test_padded_suppression_takes_any_number_of_images_in_a_graph(jit: bool) -> None:
    boxes = np.random.default_rng(0).uniform(0, 2, (3, 6, 4)).astype(np.float32)
    scores = np.random.default_rng(1).uniform(0, 1, (3, 6)).astype(np.float32)

    def suppress(boxes: Any, scores: Any) -> Any:
        return tf.image.non_max_suppression_padded(
            boxes, scores, 4, pad_to_max_output_size=True, tile_size=4
        )

    spec = [tf.TensorSpec([None, None, 4]), tf.TensorSpec([None, None])]
    got = tf.function(suppress, input_signature=spec, jit_compile=jit)(boxes, scores)
    for one, other in zip(got, suppress(boxes, scores), strict=True):
        np.testing.assert_array_equal(one, other)


DECODERS = (
    tf.io.decode_image,
    tf.io.decode_jpeg,
    tf.io.decode_png,
    tf.io.decode_gif,
    tf.io.decode_bmp,
    tf.io.decode_webp,
    tf.io.extract_jpeg_shape,
    lambda file: tf.io.decode_png(file, dtype=tf.uint16, channels=4),
    lambda file: tf.io.decode_jpeg(file, try_recover_truncated=True, acceptable_fraction=0.3),
    lambda file: tf.io.decode_and_crop_jpeg(file, [0, 0, 2, 2], ratio=2),
)


def decode_all(file: bytes) -> None:
    """Every decoder gives a picture or InvalidArgumentError, nothing else."""
    for decode in DECODERS:
        try:
            picture = decode(file)
        except tf.errors.InvalidArgumentError:
            continue
        assert picture.dtype in (tf.uint8, tf.uint16, tf.int32)


HEADS = [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"RIFF\0\0\0\0WEBPVP8X"]


@settings(max_examples=60, deadline=None, database=None)
@given(st.sampled_from(HEADS), st.binary(max_size=80))
def test_bytes_that_are_no_picture_end_in_one_kind_of_error(head: bytes, tail: bytes) -> None:
    decode_all(head + tail)


@settings(max_examples=120, deadline=None, database=None)
@given(st.data())
def test_damaged_files_end_in_one_kind_of_error(data: st.DataObject) -> None:
    file = bytearray(FILES[data.draw(st.sampled_from(sorted(FILES)))])
    if not file:
        return
    for _ in range(data.draw(st.integers(1, 6))):
        # Headers say more than pixels: half of the changes go there.
        last = data.draw(st.sampled_from([min(len(file), 48), len(file)])) - 1
        file[data.draw(st.integers(0, last))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(file))) if data.draw(st.booleans()) else len(file)
    decode_all(bytes(file[:cut]))
