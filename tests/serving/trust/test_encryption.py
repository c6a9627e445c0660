"""Encrypted files of any size come back; every change of one is found."""

import pytest

from tidefall.base import errors
from tidefall.serving.trust.encryption import CHUNK, decrypt_file, encrypt_file

KEY = bytes(range(32))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_files_come_back(tmp_path, size):
    plain, hidden, again = (tmp_path / name for name in "abc")
    plain.write_bytes(bytes(n * 7 % 251 for n in range(size)))
    encrypt_file(plain, hidden, "a", KEY)
    decrypt_file(hidden, again, "a", KEY)
    assert again.read_bytes() == plain.read_bytes()


_SECOND, _THIRD = CHUNK + 32, 2 * CHUNK + 48
_SIZE = 16 + 2 * (CHUNK + 16) + 26
_CHANGES = {
    "a byte": lambda d: d[:100] + bytes([d[100] ^ 1]) + d[101:],
    "the head": lambda d: b"X" + d[1:],
    "the prefix": lambda d: d[:9] + bytes([d[9] ^ 1]) + d[10:],
    "cut within a chunk": lambda d: d[:-1],
    "cut after a chunk": lambda d: d[: 16 + 2 * (CHUNK + 16)],
    "chunks exchanged": lambda d: d[:16] + d[_SECOND:_THIRD] + d[16:_SECOND] + d[_THIRD:],
    "a chunk left out": lambda d: d[:16] + d[_SECOND:],
    "empty": lambda d: b"",
    "longer": lambda d: d + b"0",
}  # fmt: skip


@pytest.mark.parametrize("change", _CHANGES)
def test_changes_are_found(tmp_path, change):
    plain, hidden, again = (tmp_path / name for name in "abc")
    plain.write_bytes(bytes(2 * CHUNK + 10))
    encrypt_file(plain, hidden, "a", KEY)
    assert hidden.stat().st_size == _SIZE
    hidden.write_bytes(_CHANGES[change](hidden.read_bytes()))
    with pytest.raises(errors.DataLossError, match="b"):
        decrypt_file(hidden, again, "a", KEY)


def test_a_file_is_bound_to_its_name(tmp_path):
    plain, hidden, again = (tmp_path / name for name in "abc")
    plain.write_bytes(b"weights")
    encrypt_file(plain, hidden, "a", KEY)
    with pytest.raises(errors.DataLossError):
        decrypt_file(hidden, again, "b", KEY)
