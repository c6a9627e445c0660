"""Choosing a version by weight: at random, or always the same one for the same key."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from random import SystemRandom

_SCALE = float(2**64)
_random = SystemRandom()  # leaves the generator that the user seeds alone


def choose(
    shares: Sequence[tuple[int, float]], available: Collection[int], key: str | None, salt: str
) -> int | None:
    """The version for one request.

    A key is hashed to a point between 0 and 1, where the shares lie side by side in their order.
    So a client stays at the first version while that version's share grows.

    Args:
        shares: versions and weights.
        available: the versions that can answer; the others' shares fall to these.
        key: what is the same for all requests of one client; None chooses at random.
        salt: the model's name, so that the same clients are not the first everywhere.

    Returns:
        A version, or None if none of those with a share is available.

    >>> choose([(2, 1.0), (1, 99.0)], {1}, None, "digits")
    1
    """
    present = [(version, weight) for version, weight in shares if version in available and weight]
    if not present:
        return None
    point = (_random.random() if key is None else _point(key, salt)) * sum(w for _, w in present)
    for version, weight in present:
        point -= weight
        if point < 0:
            return version
    return present[-1][0]


def _point(key: str, salt: str) -> float:
    text = f"{len(salt)}:{salt}{key}".encode("utf-8", "surrogateescape")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) / _SCALE
