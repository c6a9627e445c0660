"""Serving functions that begin with bytes: text, pictures, serialised Examples."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from tests.oracle.saved_models.harness import model, wave

TEXT = np.array([b"Hello, World! hello", b"", b"a-b  c_d 42", "Größe über".encode()], object)


@model(
    ("clean", TEXT), ("words", TEXT), ("ragged", TEXT), ("unicode", TEXT), ("hashed", TEXT),
    ("numbers", np.array([b"1.5", b"-2"], object)), ("signatures/serving_default", {"text": TEXT}),
    ("ngrams", TEXT),
)  # fmt: skip
def text(tf: Any) -> Any:
    """Regular expressions, splitting, n-grams, Unicode, hashing."""
    strings = tf.strings
    given = [tf.TensorSpec([None], tf.string, name="text")]

    class Text(tf.Module):
        @tf.function(input_signature=given)
        def clean(self, x: Any) -> Any:
            x = strings.regex_replace(strings.lower(x), r"[^a-z0-9 ]+", " ")
            return {"clean": strings.strip(x), "match": strings.regex_full_match(x, "h.*o")}

        @tf.function(input_signature=given)
        def words(self, x: Any) -> Any:
            parts = strings.split(self.clean(x)["clean"])
            return parts, parts.to_tensor(""), strings.reduce_join(parts, 1, separator="|")

        @tf.function(input_signature=given)
        def ragged(self, x: Any) -> Any:
            parts = strings.split(x)
            return parts.row_lengths(), strings.length(parts.flat_values), strings.upper(parts[2])

        @tf.function(input_signature=given)
        def unicode(self, x: Any) -> Any:
            points = strings.unicode_decode(x, "UTF-8")
            return (
                points,
                strings.unicode_encode(points, "UTF-16-BE"),
                strings.length(x, "UTF8_CHAR"),
            )

        @tf.function(input_signature=given)
        def hashed(self, x: Any) -> Any:
            fast = strings.to_hash_bucket_fast(x, 1000)
            return fast, strings.to_hash_bucket_strong(x, 1000, [1, 2]), strings.substr(x, 0, 0)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def numbers(self, x: Any) -> Any:
            value = strings.to_number(x)
            return value, strings.as_string(value * 2.0, precision=3), tf.io.encode_base64(x)

        @tf.function(input_signature=given)
        def ngrams(self, x: Any) -> Any:
            return strings.ngrams(strings.split(x), 2, separator="~")

    obj = Text()
    return obj, obj.clean


def png(pixels: np.ndarray) -> bytes:
    """A picture [height, width, 3] of uint8 as a PNG file."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data).to_bytes(4, "big")
        return len(data).to_bytes(4, "big") + kind + data + checksum

    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


PIXELS = (np.arange(6 * 5 * 3) * 37 % 256).astype(np.uint8).reshape(6, 5, 3)
PICTURES = np.array([png(PIXELS), png(PIXELS[:4])], object)


@model(
    ("serve", PICTURES), ("signatures/serving_default", {"image_bytes": PICTURES}),
    ("describe", "signatures/serving_default"), ("encode", PIXELS), ("bright", wave(4, 4, 3)),
    ("gradient", ("bright", wave(4, 4, 3)), ["kernel"]), ("raises", ("serve", TEXT)),
)  # fmt: skip
def pictures(tf: Any) -> Any:
    """Encoded pictures that are decoded, resized and scored."""

    class Pictures(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.kernel = tf.Variable(wave(3, 3, 3, 2, scale=0.3))

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="image_bytes")])
        def serve(self, data: Any) -> Any:
            def decode(one: Any) -> Any:
                image = tf.io.decode_image(one, channels=3, expand_animations=False)
                image = tf.image.convert_image_dtype(image, tf.float32)
                return tf.image.adjust_contrast(tf.image.resize(image, [8, 8]), 2.0)

            images = tf.map_fn(decode, data, fn_output_signature=tf.TensorSpec([8, 8, 3]))
            scores = tf.nn.conv2d(images, self.kernel, 2, "SAME")
            return {"scores": tf.reduce_mean(scores, [1, 2]), "pixels": images}

        @tf.function(input_signature=[tf.TensorSpec([None, None, 3], tf.uint8)])
        def encode(self, image: Any) -> Any:
            again = tf.io.decode_png(tf.io.encode_png(image))
            return again, tf.image.flip_left_right(image), tf.image.rgb_to_grayscale(image)

        @tf.function(input_signature=[tf.TensorSpec([4, 4, 3], tf.float32)])
        def bright(self, image: Any) -> Any:
            image = tf.image.adjust_brightness(image, 0.1)
            big = tf.image.resize(image, [8, 6], "bicubic", antialias=True)
            return tf.nn.conv2d(tf.image.central_crop(big, 0.5)[None], self.kernel, 1, "SAME")

    obj = Pictures()
    return obj, obj.serve


def example(tf: Any, **features: Any) -> bytes:
    """A serialised Example."""
    message = tf.train.Example()
    for name, values in features.items():
        kinds = {bytes: "bytes_list", int: "int64_list", float: "float_list"}
        kind = kinds[type(values[0])]
        getattr(message.features.feature[name], kind).value.extend(values)
    return message.SerializeToString(deterministic=True)


def _examples(tf: Any) -> Any:
    return tf.constant(
        [
            example(tf, value=[1.5], words=[b"a", b"b"], pair=[1, 2], ids=[5, 6, 7]),
            example(tf, words=[b"c"], pair=[3, 4]),
        ]
    )


@model(
    ("serve", _examples), ("signatures/serving_default", {"examples": _examples}),
    ("describe", "signatures/serving_default"), ("raises", ("serve", TEXT)), ("one", _examples),
    ("sequence",), session=False,
)  # fmt: skip
def examples(tf: Any) -> Any:
    """Signatures that parse Examples: dense, sparse, ragged features, and sequences."""
    io = tf.io
    sequence = tf.train.SequenceExample()
    sequence.context.feature["n"].int64_list.value.append(3)
    for row in ([1.0, 2.0], [3.0, 4.0]):
        feature = sequence.feature_lists.feature_list["rows"].feature.add()
        feature.float_list.value.extend(row)
    serialized = sequence.SerializeToString(deterministic=True)

    class Examples(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = tf.Variable(2.0)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
        def serve(self, data: Any) -> Any:
            features = {
                "value": io.FixedLenFeature([], tf.float32, 0.25),
                "pair": io.FixedLenFeature([2], tf.int64),
                "words": io.VarLenFeature(tf.string),
                "ids": io.RaggedFeature(tf.int64),
            }
            found = io.parse_example(data, features)
            return {
                "value": found["value"] * self.scale,
                "pair": found["pair"],
                "words": tf.sparse.to_dense(found["words"]),
                "ids": found["ids"].to_tensor(),
            }

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def one(self, data: Any) -> Any:
            return io.parse_single_example(data[0], {"pair": io.FixedLenFeature([2], tf.int64)})

        @tf.function(input_signature=[])
        def sequence(self) -> Any:
            return io.parse_single_sequence_example(
                tf.constant(serialized),
                {"n": io.FixedLenFeature([], tf.int64)},
                {"rows": io.FixedLenSequenceFeature([2], tf.float32)},
            )

    obj = Examples()
    return obj, obj.serve


@model(
    ("records", np.array([b"1,a,2.5", b",b,"], object)), ("raw", np.array([b"\1\0\2\0"], object))
)
def other_formats(tf: Any) -> Any:
    """CSV lines, raw bytes, JSON Examples and serialised tensors."""
    stored = tf.io.serialize_tensor(tf.constant([1.0, 2.0]))

    class Formats(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def records(self, lines: Any) -> Any:
            return tf.io.decode_csv(lines, [7, "", 0.5])

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def raw(self, data: Any) -> Any:
            return tf.io.decode_raw(data, tf.int16), tf.io.parse_tensor(stored, tf.float32)

    return Formats()
