"""Members on one host reduce through memory that they share; connections only carry signals.

Each member has a segment of three slots. An array goes through it in chunks that stay in the cache:
all write a chunk, each reduces its part of it, all read the parts. While the parts of one chunk are
read the next one is written already: so one signal a chunk is enough, and a slot is written again
only when all have read it.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tidefall.base.replica_group import Merge
from tidefall.distribute.collectives.links import Links

CHUNK = 1 << 20
"""Bytes of a slot; 1 MB is in the second-level cache of most processors."""
_SLOTS = 3
_FOLDER = Path("/dev/shm")
_HOST = Path("/proc/sys/kernel/random/boot_id")


class SharedMemory:
    """The segments of all members, as one of them sees them.

    Args:
        rank: this member.
        segments: those of all, by rank.
    """

    def __init__(self, rank: int, segments: list[mmap.mmap]):
        self._rank = rank
        self._slots = [
            [np.frombuffer(s, np.uint8, CHUNK, i * CHUNK) for i in range(_SLOTS)] for s in segments
        ]

    def all_reduce(self, value: np.ndarray, merge: Merge, links: Links, result: np.ndarray) -> None:
        """Combine a flat array with those of the others, in the order of the ranks.

        Args:
            value: this member's.
            merge: combines two.
            links: to the others.
            result: where it is put; it may be the value.
        """
        step = CHUNK // value.itemsize
        size = len(self._slots)
        slots = [[slot.view(value.dtype) for slot in segment] for segment in self._slots]
        mine = slots[self._rank]
        starts = range(0, value.size, step)
        mine[0][: min(step, value.size)] = value[:step]
        links.signal()
        for number, start in enumerate(starts):
            slot = number % _SLOTS
            length = min(step, value.size - start)
            bounds = [length * i // size for i in range(size + 1)]
            part = slice(bounds[self._rank], bounds[self._rank + 1])
            into = mine[slot][part]
            if size == 2:
                merge(slots[0][slot][part], slots[1][slot][part], out=into)  # type: ignore[call-arg]
            else:
                into[:] = combined([segment[slot][part] for segment in slots], merge)
            after = value[start + step : start + 2 * step]
            mine[(number + 1) % _SLOTS][: after.size] = after
            links.signal()
            for owner in range(size):
                owned = slice(bounds[owner], bounds[owner + 1])
                result[start + owned.start : start + owned.stop] = slots[owner][slot][owned]


def combined(parts: Sequence[np.ndarray], merge: Merge) -> np.ndarray:
    """Arrays merged one after the other."""
    total = merge(parts[0], parts[1])
    for other in parts[2:]:
        merge(total, other, out=total)  # type: ignore[call-arg]
    return total


def share_memory(rank: int, links: Links) -> SharedMemory | None:
    """Share memory with all others, if all are on one host; the files are gone on return.

    Raises:
        LinkLost: a member is gone.
    """
    path, own = _make()
    try:
        host = _HOST.read_text().strip() if own is not None else ""
        told = links.messages(f"{host}\n{path}".encode())
        segments: list[mmap.mmap | None] = [None] * (len(told) + 1)
        segments[rank] = own
        for other, (meta, _) in told.items():
            theirs, _, name = meta.decode().partition("\n")
            if own is not None and theirs == host:
                segments[other] = _open(Path(name))
        opened = [segment for segment in segments if segment is not None]
        answers = links.messages(b"all" if len(opened) == len(segments) else b"not all")
    finally:
        with contextlib.suppress(OSError):
            os.unlink(path)
    if len(opened) < len(segments) or any(meta != b"all" for meta, _ in answers.values()):
        return None
    return SharedMemory(rank, opened)


def _make() -> tuple[Path, mmap.mmap | None]:
    """A new segment; none where the system has no such memory, or not enough."""
    path = _FOLDER / f"tidefall-{secrets.token_hex(16)}"
    try:
        number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        return path, None
    try:
        # Without room that is set apart, writing could end the process.
        os.posix_fallocate(number, 0, _SLOTS * CHUNK)
        return path, mmap.mmap(number, _SLOTS * CHUNK)
    except OSError:
        return path, None
    finally:
        os.close(number)


def _open(path: Path) -> mmap.mmap | None:
    if path.parent != _FOLDER:
        return None
    try:
        number = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        return mmap.mmap(number, _SLOTS * CHUNK)
    except (OSError, ValueError):
        return None
    finally:
        os.close(number)
