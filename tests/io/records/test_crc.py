"""CRC-32C and its masked form."""

import mmap

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidefall.io.records import crc


# The first four are the test vectors of RFC 3720, section B.4.
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
        (b"", 0),
    ],
)
def test_known_checksums(data, expected):
    assert crc.crc32c(data) == expected


@pytest.mark.parametrize(
    "wrap",
    [
        bytearray,
        memoryview,
        lambda b: np.frombuffer(b, np.int16),
        lambda b: memoryview(bytearray(b)),
    ],
)
def test_any_buffer_has_the_checksum_of_its_bytes(wrap):
    assert crc.crc32c(wrap(b"abcdef")) == crc.crc32c(b"abcdef")
    assert crc.crc32c(wrap(b""), 5) == 5


def test_a_memory_map_is_a_buffer(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"abcdef")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert crc.crc32c(mapped) == crc.crc32c(b"abcdef")


@given(st.binary(), st.binary())
def test_a_checksum_extends(first, second):
    assert crc.crc32c(second, crc.crc32c(first)) == crc.crc32c(first + second)


@given(st.integers(0, 2**32 - 1))
def test_mask_is_undone_by_unmask(value):
    assert 0 <= crc.mask(value) < 2**32
    assert crc.unmask(crc.mask(value)) == value


def test_mask_is_the_one_in_tensorflow_files():
    # The checksum of eight zero bytes, as in the header of an empty record.
    assert crc.masked_crc32c(bytes(8)) == 0x07980329
