"""Variable-length integers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidefall.proto import varint


@pytest.mark.parametrize(
    ("value", "encoded"),
    [(0, "00"), (127, "7f"), (128, "8001"), (300, "ac02"), (2**64 - 1, "ff" * 9 + "01")],
)
def test_known_encodings(value, encoded):
    assert varint.encode(value).hex() == encoded
    assert varint.decode(bytes.fromhex(encoded), 0) == (value, len(encoded) // 2)


@given(st.integers(0, 2**64 - 1), st.binary(max_size=3), st.binary(max_size=3))
def test_round_trip_within_a_buffer(value, before, after):
    encoded = varint.encode(value)
    found = varint.decode(before + encoded + after, len(before))
    assert found == (value, len(before) + len(encoded))


@pytest.mark.parametrize(
    ("data", "bits"),
    [("", 64), ("80", 64), ("ff" * 11, 64), ("ff" * 9 + "02", 64), ("ff" * 4 + "1f", 32)],
)
def test_incomplete_or_too_wide_is_a_value_error(data, bits):
    with pytest.raises(ValueError, match=f"{bits}-bit varint"):
        varint.decode(bytes.fromhex(data), 0, bits)


@pytest.mark.parametrize("value", [-1, 2**64])
def test_only_64_bits_are_encoded(value):
    with pytest.raises(ValueError, match="0 to"):
        varint.encode(value)
