"""How much memory models may take, and how it is given back."""

from __future__ import annotations

import ctypes
import gc
import os
import threading
import time
from pathlib import Path

from tidefall.base import errors

_CGROUP_FILES = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_UNITS = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


class MemoryBudget:
    """Counts the memory of loaded versions against a limit. Any thread may use it.

    Args:
        limit: bytes for all versions together; None for the memory of this container or machine,
            less what the process takes before it loads models.
    """

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit if limit is not None else max(0, total_memory() - resident_memory())
        self._lock = threading.Lock()
        self._taken = 0

    @property
    def taken(self) -> int:
        """Bytes that loaded versions, and those being loaded, are taken to need."""
        return self._taken

    def take(self, what: str, size: int) -> None:
        """Sets memory aside for a version.

        Raises:
            ResourceExhaustedError: there is not so much left.
        """
        with self._lock:
            left = self.limit - self._taken
            if size <= left:
                self._taken += size
                return
        message = (
            f"{what} would not fit: it needs about {in_words(size)}, and of the limit of "
            f"{in_words(self.limit)} for all models {in_words(max(0, left))} are left. Serve fewer "
            "versions, or raise --total_model_memory_limit_bytes"
        )
        raise errors.ResourceExhaustedError(None, None, message)

    def give_back(self, size: int) -> None:
        """Lets others have what `take` set aside."""
        with self._lock:
            self._taken -= size


def in_words(size: int) -> str:
    """A number of bytes for people to read.

    >>> in_words(3 << 29), in_words(700)
    ('1.50 GiB', '700 bytes')
    """
    for unit, name in _UNITS:
        if size >= unit:
            return f"{size / unit:.2f} {name}"
    return f"{size} bytes"


def total_memory() -> int:
    """The bytes of memory that this container may use, or that the machine has."""
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for name in _CGROUP_FILES:
        try:
            text = Path(name).read_text().strip()
        except OSError:
            continue
        if text.isdecimal():
            found.append(int(text))
    return min(found)


def resident_memory() -> int:
    """The bytes of memory that this process takes now; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


class FreeMemory:
    """Gives memory back to the system that unloaded models no longer use.

    Weights are free at once; finding the rest, a model's graph, stops all threads for some 10 ms,
    so that is not done for each of many versions that follow each other closely.

    Args:
        pause: seconds from one time to the next.
    """

    def __init__(self, pause: float = 10.0) -> None:
        self._pause = pause
        self._lock = threading.Lock()
        self._is_asked = False
        self._next = 0.0

    def ask(self) -> None:
        """Says that there is memory to be freed."""
        self._is_asked = True

    def is_due(self) -> bool:
        """Whether `release` would do anything now."""
        return self._is_asked and time.monotonic() >= self._next

    def release(self) -> None:
        """Does it, if it was asked for and the last time is long enough ago."""
        with self._lock:
            if not self.is_due():
                return
            self._is_asked = False
            self._next = time.monotonic() + self._pause
        gc.collect()
        library = ctypes.CDLL(None)
        if hasattr(library, "malloc_trim"):
            library.malloc_trim(0)
