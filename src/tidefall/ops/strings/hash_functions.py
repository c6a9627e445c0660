"""Hash functions of many byte strings at once, bit for bit those of TensorFlow.

Strings are grouped by length, and each group is hashed with array operations, so that a hundred
thousand strings take some tens of them. All arithmetic is modulo 2**64.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.ops.strings.byte_arrays import lengths_of, to_splits

_U = np.uint64
_PADDING = 64


class Strings:
    """Byte strings in one buffer.

    Args:
        items: the strings.
    """

    def __init__(self, items: Sequence[bytes]):
        self.lengths = lengths_of(items)
        self.starts = to_splits(self.lengths)[:-1]
        buffer = np.frombuffer(b"".join(items) + bytes(_PADDING), np.uint8)
        self._buffer = buffer
        # Every 8 bytes of the buffer, wherever they begin, as a view: no copy is made.
        self._words = np.ndarray((len(buffer) - 7,), "<u8", buffer, strides=(1,))
        self._halves = np.ndarray((len(buffer) - 3,), "<u4", buffer, strides=(1,))

    def __len__(self) -> int:
        return len(self.lengths)

    def words(self, at: Any) -> np.ndarray:
        """The 8 bytes from each position, as little-endian numbers."""
        return self._words[at].astype(_U)

    def halves(self, at: Any) -> np.ndarray:
        """The 4 bytes from each position, as little-endian numbers."""
        return self._halves[at].astype(_U)

    def bytes(self, at: Any) -> np.ndarray:
        """The byte at each position."""
        return self._buffer[at].astype(_U)


def _rotate_right(value: Any, by: int) -> Any:
    return (value >> _U(by)) | (value << _U(64 - by))


def _rotate_left(value: Any, by: int) -> Any:
    return _rotate_right(value, 64 - by)


def _hash_groups(
    strings: Strings, groups: Sequence[tuple[int, Callable[[Strings, Any, Any], Any]]]
) -> np.ndarray:
    """Hash with the function of the first group whose greatest length a string does not exceed."""
    result = np.zeros(len(strings), _U)
    least = -1
    for greatest, function in groups:
        chosen = (strings.lengths > least) & (strings.lengths <= greatest)
        least = greatest
        if chosen.any():
            places = np.flatnonzero(chosen)
            result[places] = function(strings, strings.starts[places], strings.lengths[places])
    return result


# ---- Fingerprint64 of FarmHash ----

_K0, _K1, _K2 = _U(0xC3A5C85C97CB3127), _U(0xB492B66FBE98F273), _U(0x9AE16A3B2F90404F)
_LONG = 1 << 62


def _shift_mix(value: Any) -> Any:
    return value ^ (value >> _U(47))


def _mix16(u: Any, v: Any, multiplier: Any) -> Any:
    a = (u ^ v) * multiplier
    a ^= a >> _U(47)
    b = (v ^ a) * multiplier
    b ^= b >> _U(47)
    return b * multiplier


def _farm_empty(s: Strings, start: Any, length: Any) -> Any:
    return np.full(len(start), _K2, _U)


def _farm_to_3(s: Strings, start: Any, length: Any) -> Any:
    a, b, c = s.bytes(start), s.bytes(start + (length >> 1)), s.bytes(start + length - 1)
    y = a + (b << _U(8))
    z = length.astype(_U) + (c << _U(2))
    return _shift_mix(y * _K2 ^ z * _K0) * _K2


def _farm_to_7(s: Strings, start: Any, length: Any) -> Any:
    n = length.astype(_U)
    first, last = s.halves(start), s.halves(start + length - 4)
    return _mix16(n + (first << _U(3)), last, _K2 + n * _U(2))


def _farm_to_16(s: Strings, start: Any, length: Any) -> Any:
    multiplier = _K2 + length.astype(_U) * _U(2)
    a = s.words(start) + _K2
    b = s.words(start + length - 8)
    c = _rotate_right(b, 37) * multiplier + a
    d = (_rotate_right(a, 25) + b) * multiplier
    return _mix16(c, d, multiplier)


def _farm_to_32(s: Strings, start: Any, length: Any) -> Any:
    multiplier = _K2 + length.astype(_U) * _U(2)
    end = start + length
    a = s.words(start) * _K1
    b = s.words(start + 8)
    c = s.words(end - 8) * multiplier
    d = s.words(end - 16) * _K2
    return _mix16(
        _rotate_right(a + b, 43) + _rotate_right(c, 30) + d,
        a + _rotate_right(b + _K2, 18) + c,
        multiplier,
    )


def _farm_to_64(s: Strings, start: Any, length: Any) -> Any:
    multiplier = _K2 + length.astype(_U) * _U(2)
    end = start + length
    a = s.words(start) * _K2
    b = s.words(start + 8)
    c = s.words(end - 8) * multiplier
    d = s.words(end - 16) * _K2
    y = _rotate_right(a + b, 43) + _rotate_right(c, 30) + d
    z = _mix16(y, a + _rotate_right(b + _K2, 18) + c, multiplier)
    e = s.words(start + 16) * multiplier
    f = s.words(start + 24)
    g = (y + s.words(end - 32)) * multiplier
    h = (z + s.words(end - 24)) * multiplier
    return _mix16(
        _rotate_right(e + f, 43) + _rotate_right(g, 30) + h,
        e + _rotate_right(f + a, 18) + g,
        multiplier,
    )


def _weak_32(s: Strings, at: Any, a: Any, b: Any) -> tuple[Any, Any]:
    w, x, y, z = (s.words(at + 8 * i) for i in range(4))
    a = a + w
    b = _rotate_right(b + a + z, 21)
    c = a
    a = a + x + y
    b = b + _rotate_right(a, 44)
    return a + z, b + c


def _farm_long(s: Strings, start: Any, length: Any) -> Any:
    order = np.argsort(-length, kind="stable")  # those still at work are always the first ones
    start, length = start[order], length[order]
    count = len(start)
    x = np.full(count, 81, _U)
    y = x * _K1 + _U(113)
    z = _shift_mix(y * _K2 + _U(113)) * _K2
    v0, v1, w0, w1 = (np.zeros(count, _U) for _ in range(4))
    x = x * _K2 + s.words(start)
    blocks = (length - 1) // 64
    for i in range(int(blocks[0])):
        n = int(np.searchsorted(-blocks, -i, "left"))
        at = start[:n] + 64 * i
        x_, y_, z_ = x[:n], y[:n], z[:n]
        x_ = _rotate_right(x_ + y_ + v0[:n] + s.words(at + 8), 37) * _K1
        y_ = _rotate_right(y_ + v1[:n] + s.words(at + 48), 42) * _K1
        x_ = x_ ^ w1[:n]
        y_ = y_ + v0[:n] + s.words(at + 40)
        z_ = _rotate_right(z_ + w0[:n], 33) * _K1
        v0[:n], v1[:n] = _weak_32(s, at, v1[:n] * _K1, x_ + w0[:n])
        w0[:n], w1[:n] = _weak_32(s, at + 32, z_ + w1[:n], y_ + s.words(at + 16))
        x[:n], y[:n], z[:n] = z_, y_, x_
    multiplier = _K1 + ((z & _U(0xFF)) << _U(1))
    at = start + length - 64
    w0 = w0 + ((length - 1) & 63).astype(_U)
    v0 = v0 + w0
    w0 = w0 + v0
    x = _rotate_right(x + y + v0 + s.words(at + 8), 37) * multiplier
    y = _rotate_right(y + v1 + s.words(at + 48), 42) * multiplier
    x = x ^ (w1 * _U(9))
    y = y + v0 * _U(9) + s.words(at + 40)
    z = _rotate_right(z + w0, 33) * multiplier
    v0, v1 = _weak_32(s, at, v1 * multiplier, x + w0)
    w0, w1 = _weak_32(s, at + 32, z + w1, y + s.words(at + 16))
    z, x = x, z
    hashed = _mix16(
        _mix16(v0, w0, multiplier) + _shift_mix(y) * _K0 + z,
        _mix16(v1, w1, multiplier) + x,
        multiplier,
    )
    result = np.empty(count, _U)
    result[order] = hashed
    return result


def fingerprint64(items: Sequence[bytes]) -> np.ndarray:
    """FarmHash's Fingerprint64 of each string, uint64 `[n]`."""
    return _hash_groups(
        Strings(items),
        (
            (0, _farm_empty),
            (3, _farm_to_3),
            (7, _farm_to_7),
            (16, _farm_to_16),
            (32, _farm_to_32),
            (64, _farm_to_64),
            (_LONG, _farm_long),
        ),
    )


def join_fingerprints(first: Any, second: Any) -> Any:
    """The fingerprint of two things of which each has one."""
    result = first ^ _HASH_MULTIPLIER
    result = result ^ (_shift_mix(second * _HASH_MULTIPLIER) * _HASH_MULTIPLIER)
    result = result * _HASH_MULTIPLIER
    result = _shift_mix(result) * _HASH_MULTIPLIER
    return _shift_mix(result)


# ---- words and tails, for the two hashes below ----


def _tails(s: Strings, start: Any, length: Any) -> np.ndarray:
    """What is left behind the last whole word of each string; bytes beyond it are zero."""
    rest = (length & 7).astype(_U)
    word = s.words(start + (length & ~7))
    return word & ((_U(1) << (rest * _U(8))) - _U(1))


def _by_words(length: Any) -> tuple[np.ndarray, list[int]]:
    """The longest strings first, and how many of them have an i-th whole word."""
    order = np.argsort(-length, kind="stable")
    words = length[order] >> 3
    counts = [int(np.searchsorted(-words, -i, "left")) for i in range(int(words[0]))]
    return order, counts


# ---- Hash64 of old TensorFlow, a Murmur hash ----

_HASH_MULTIPLIER = _U(0xC6A4A7935BD1E995)
_HASH_SEED = _U(0xDECAFCAFFE)


def hash64(items: Sequence[bytes]) -> np.ndarray:
    """The hash of each string that `tf.strings.to_hash_bucket` uses, uint64 `[n]`."""
    m, s = _HASH_MULTIPLIER, Strings(items)
    if not len(s):
        return np.zeros(0, _U)
    order, counts = _by_words(s.lengths)
    start, length = s.starts[order], s.lengths[order]
    h = _HASH_SEED ^ (length.astype(_U) * m)
    for i, n in enumerate(counts):
        k = s.words(start[:n] + 8 * i) * m
        k = (k ^ (k >> _U(47))) * m
        h[:n] = (h[:n] ^ k) * m
    h = np.where(length & 7, (h ^ _tails(s, start, length)) * m, h)
    h = (h ^ (h >> _U(47))) * m
    h = h ^ (h >> _U(47))
    result = np.empty(len(s), _U)
    result[order] = h
    return result


# ---- SipHash-2-4 ----


def _sip_rounds(v: list[Any], count: int) -> None:
    v0, v1, v2, v3 = v
    for _ in range(count):
        v0 = v0 + v1
        v2 = v2 + v3
        v1 = _rotate_left(v1, 13) ^ v0
        v3 = _rotate_left(v3, 16) ^ v2
        v0 = _rotate_left(v0, 32)
        v2 = v2 + v1
        v0 = v0 + v3
        v1 = _rotate_left(v1, 17) ^ v2
        v3 = _rotate_left(v3, 21) ^ v0
        v2 = _rotate_left(v2, 32)
    v[:] = v0, v1, v2, v3


def siphash(items: Sequence[bytes], key: tuple[int, int]) -> np.ndarray:
    """SipHash-2-4 of each string, uint64 `[n]`; the key is two numbers of 64 bits."""
    s = Strings(items)
    if not len(s):
        return np.zeros(0, _U)
    order, counts = _by_words(s.lengths)
    start, length = s.starts[order], s.lengths[order]
    k0, k1 = (_U(part & 0xFFFFFFFFFFFFFFFF) for part in key)
    magic = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
    v = [np.full(len(s), k ^ _U(m), _U) for k, m in zip((k0, k1, k0, k1), magic, strict=True)]
    for i, n in enumerate(counts):
        part = [lane[:n] for lane in v]
        _sip_absorb(part, s.words(start[:n] + 8 * i))
        for lane, changed in zip(v, part, strict=True):
            lane[:n] = changed
    _sip_absorb(v, _tails(s, start, length) | (length.astype(_U) << _U(56)))
    v[2] = v[2] ^ _U(0xFF)
    _sip_rounds(v, 4)
    result = np.empty(len(s), _U)
    result[order] = v[0] ^ v[1] ^ v[2] ^ v[3]
    return result


def _sip_absorb(v: list[Any], word: Any) -> None:
    v[3] = v[3] ^ word
    _sip_rounds(v, 2)
    v[0] = v[0] ^ word
