"""Snappy decompression: known blocks, damage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidefall.io.records import snappy
from tidefall.proto import varint

LONG = bytes(range(256)) * 2


def literal(data):
    """A literal element with its length in two bytes."""
    return b"\xf4" + (len(data) - 1).to_bytes(2, "little") + data


@pytest.mark.parametrize(
    ("elements", "plain"),
    [
        (b"", b""),
        (b"\x00a", b"a"),
        (b"\x04ab\x01\x02", b"ababab"),  # one-byte offset, into itself
        (b"\x0cabcd\x02\x02\x00", b"abcdc"),  # two-byte offset, length 1
        (b"\x0cabcd\x0f\x04\x00\x00\x00", b"abcdabcd"),  # four-byte offset
        (b"\xf0\x3c" + LONG[:61], LONG[:61]),  # literal length in one more byte
        (literal(LONG), LONG),
        (literal(LONG) + b"\x21\x00", LONG + LONG[256:260]),  # offset of more than eight bits
        (b"\x00a\xfe\x01\x00", b"a" * 65),
    ],
)
def test_each_kind_of_element(elements, plain):
    assert snappy.decompress(varint.encode(len(plain)) + elements) == plain


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("", "varint"),
        ("01", "0 bytes where 1"),
        ("0100", "literal"),
        ("02fc00", "ends inside"),
        ("ffffffff0f00", "cannot hold"),
        ("060461620103", "reaches 3 bytes back from byte 2"),
        ("060461620100", "reaches 0 bytes back"),
        ("0304616201", "ends inside"),
        ("01046162", "more than the announced"),
        ("03046162", "2 bytes where 3"),
    ],
)
def test_malformed_blocks_are_value_errors(block, message):
    with pytest.raises(ValueError, match=message):
        snappy.decompress(bytes.fromhex(block))


@given(st.binary())
def test_any_block_is_bytes_or_a_value_error(data):
    try:
        plain = snappy.decompress(data)
    except ValueError:
        return
    assert len(plain) <= 22 * len(data)
