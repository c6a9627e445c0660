"""Ops on files, serialized tensors, raw memory and base64, with TensorFlow's recorded results."""

import os
from pathlib import Path

import numpy as np
import pytest

import tidefall as tf


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("f").write_bytes(b"x\xff")


def test_whole_files():
    assert tf.io.read_file("f").numpy() == b"x\xff"
    assert tf.io.write_file("o/p/q", b"\0y") is None
    assert Path("o/p/q").read_bytes() == b"\0y"
    tf.io.write_file("o/p/q", "z")
    assert os.listdir("o/p") == ["q"]


def test_files_in_a_function():
    @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
    def append(name):
        content = tf.io.read_file(name)
        tf.io.write_file(name, tf.constant("new"))
        return content, tf.io.read_file(name), tf.io.matching_files("*")

    before, after, names = append("f")
    assert (before.numpy(), after.numpy(), names.numpy().tolist()) == (b"x\xff", b"new", [b"./f"])


def test_matching_files():
    for name in ("w2", "w1"):
        Path(name).touch()
    assert tf.io.matching_files(["f", "w*"]).numpy().tolist() == [b"./w1", b"./w2", b"f"]
    assert tf.io.matching_files(tf.constant([], tf.string)).shape == [0]


SERIALIZED = [
    ([1, 2], b'\x08\x03\x12\x04\x12\x02\x08\x02"\x08\x01\0\0\0\x02\0\0\0'),
    ("a", b"\x08\x07\x12\0B\x01a"),
    ([1.5], b'\x08\x01\x12\x04\x12\x02\x08\x01"\x04\0\0\xc0?'),
    ([True], b'\x08\n\x12\x04\x12\x02\x08\x01"\x01\x01'),
    (["a", b"\xff"], b"\x08\x07\x12\x04\x12\x02\x08\x02B\x01aB\x01\xff"),
    (np.complex128([2j]), b'\x08\x12\x12\x04\x12\x02\x08\x01"\x10' + b"\0" * 15 + b"@"),
]  # fmt: skip


@pytest.mark.parametrize("value, expected", SERIALIZED, ids=lambda v: str(v)[:12])
def test_tensors_as_messages(value, expected):
    tensor = tf.constant(value)
    serialized = tf.io.serialize_tensor(tensor)
    assert serialized.numpy() == expected
    np.testing.assert_array_equal(tf.io.parse_tensor(serialized, tensor.dtype), tensor)


RAW = [
    ([b"\1\2\3\4"], tf.uint8, {}, [[1, 2, 3, 4]]),
    (b"\1\2\3\4", tf.int16, {}, [513, 1027]),
    (b"\1\2\3\4", tf.int16, {"little_endian": False}, [258, 772]),
    ([b""], tf.int16, {}, np.zeros((1, 0))),
    (b"\0\1", tf.bool, {}, [False, True]),
    ([b"a", b"abc"], tf.uint8, {"fixed_length": 2}, [[97, 0], [97, 98]]),
    (
        [b"abcd", b"abc"],
        tf.uint16,
        {"fixed_length": 4, "little_endian": False},
        [[24930, 25444], [24930, 25344]],
    ),
    (b"a" * 8, tf.complex64, {"little_endian": False}, [2.598459e20 + 2.598459e20j]),
    (np.float32([1.5, -2]).tobytes(), tf.float32, {}, [1.5, -2]),
]


@pytest.mark.parametrize("data, dtype, options, expected", RAW, ids=str)
def test_raw_memory(data, dtype, options, expected):
    found = tf.io.decode_raw(data, dtype, **options)
    assert found.dtype == dtype
    np.testing.assert_allclose(np.asarray(found.numpy()), expected, rtol=1e-6)


def test_base64():
    plain = [b"", b"a", b"ab", b"abc", b"\xfb\xff"]
    bare = [b"", b"YQ", b"YWI", b"YWJj", b"-_8"]
    padded = [b"", b"YQ==", b"YWI=", b"YWJj", b"-_8="]
    assert tf.io.encode_base64(plain).numpy().tolist() == bare
    assert tf.io.encode_base64(plain, pad=True).numpy().tolist() == padded
    assert tf.io.decode_base64(bare).numpy().tolist() == plain
    assert tf.io.decode_base64(padded).numpy().tolist() == plain
    assert tf.io.decode_base64("YR").numpy() == b"a"


NOT_BASE64 = [b"+/8", b"a", b"YQ=", b"Y Q", b"YQ==YQ", b"=", b"====", b"YQ\n"]


@pytest.mark.parametrize("text", NOT_BASE64)
def test_not_base64(text):
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"(?i)base64"):
        tf.io.decode_base64(text)


def test_shapes_in_a_graph():
    @tf.function(input_signature=[tf.TensorSpec([2], tf.string)])
    def shapes(x):
        outputs = [
            tf.io.decode_raw(x, tf.uint8),
            tf.io.decode_raw(x, tf.uint16, fixed_length=4),
            tf.io.parse_tensor(x[0], tf.int32),
            tf.io.serialize_tensor(x),
            tf.io.encode_base64(x),
            tf.io.read_file(x[0]),
            tf.io.matching_files(x),
        ]
        found.extend((y.op.type, y.shape) for y in outputs)

    found: list = []
    shapes.get_concrete_function()
    assert [(kind, shape.rank and shape.as_list()) for kind, shape in found] == [
        ("DecodeRaw", [2, None]),
        ("DecodePaddedRaw", [2, 2]),
        ("ParseTensor", None),
        ("SerializeTensor", 0),
        ("EncodeBase64", [2]),
        ("ReadFile", 0),
        ("MatchingFiles", [None]),
    ]


INVALID = tf.errors.InvalidArgumentError
ERRORS = [
    (lambda: tf.io.read_file("nope"), tf.errors.NotFoundError, "nope; No such file"),
    (lambda: tf.io.read_file(["f"]), INVALID, r"must be scalar, but had shape: \[1\]"),
    (lambda: tf.io.read_file("."), tf.errors.FailedPreconditionError, "Is a directory"),
    (lambda: tf.io.read_file(3), TypeError, "Cannot convert 3"),
    (lambda: tf.io.write_file(".", "x"), tf.errors.FailedPreconditionError, "Is a directory"),
    (lambda: tf.io.write_file("f/x", "x"), tf.errors.FailedPreconditionError, "f is not a dir"),
    (lambda: tf.io.write_file(["a"], "x"), INVALID, "must be scalar"),
    (lambda: tf.io.matching_files([["f"]]), INVALID, r"scalar or vector, but had shape: \[1,1\]"),
    (
        lambda: tf.io.parse_tensor(tf.io.serialize_tensor([1]), tf.float32),
        INVALID,
        "Type mismatch between parsed tensor .int32. and dtype .float32.",
    ),
    (lambda: tf.io.parse_tensor(b"xx\xff", tf.int32), INVALID, "Could not parse `serialized`"),
    (lambda: tf.io.parse_tensor([b""], tf.int32), INVALID, "Expected `serialized` to be a scalar"),
    (lambda: tf.io.decode_raw(b"abc", tf.int16), INVALID, "length 3 that is not a multiple of 2"),
    (lambda: tf.io.decode_raw([b"a", b"ab"], tf.uint8), INVALID, "all be the same size"),
    (lambda: tf.io.decode_raw(b"a", tf.string), INVALID, "not in the list of allowed values"),
    (lambda: tf.io.decode_raw(b"a", tf.uint16, fixed_length=3), INVALID, "multiple of the size"),
    (lambda: tf.io.decode_raw(b"a", tf.uint8, fixed_length=0), INVALID, "greater than zero"),
    (lambda: tf.io.encode_png(tf.zeros([2, 2], tf.uint8)), INVALID, "at least rank 3"),
    (lambda: tf.io.encode_png(tf.zeros([2, 2, 5], tf.uint8)), INVALID, "1, 2, 3 or 4 channels"),
    (
        lambda: tf.io.encode_png(tf.zeros([2, 2, 1], tf.uint8), compression=20),
        INVALID,
        r"in \[-1,9\], got 20",
    ),
    (lambda: tf.audio.encode_wav(tf.zeros([2, 2, 2]), 8000), INVALID, "2-dimensional"),
    (lambda: tf.audio.encode_wav(tf.zeros([2, 0]), 8000), INVALID, "channels, got 0"),
    (lambda: tf.audio.encode_wav(tf.zeros([2, 1]), -1), INVALID, "sample rate"),
]


@pytest.mark.parametrize("call, error, match", ERRORS)
def test_errors(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_png_of_16_bits_and_of_batches():
    image = (np.arange(4, dtype=np.uint16) * 300).reshape(2, 2, 1)
    assert (
        tf.io.encode_png(image)
        .numpy()
        .hex()
        .startswith("89504e470d0a1a0a0000000d4948445200000002000000021000000000074d8ebb")
    )
    assert tf.io.encode_png(tf.zeros([3, 0, 2, 2, 1], tf.uint8)).shape == [3, 0]


def test_files_matched_once(tmp_path):
    (tmp_path / "a.txt").touch()
    pattern = str(tmp_path / "*.txt")
    files = tf.io.match_filenames_once(pattern)
    (tmp_path / "b.txt").touch()
    assert files.numpy().tolist() == [str(tmp_path / "a.txt").encode()]
    with tf.Graph().as_default():
        files = tf.io.match_filenames_once(pattern, name="files")
        assert not files.trainable
        assert tf.compat.v1.local_variables() == [files]
        assert tf.compat.v1.global_variables() == []
        with tf.compat.v1.Session() as session:
            session.run(tf.compat.v1.local_variables_initializer())
            assert len(session.run(files)) == 2
