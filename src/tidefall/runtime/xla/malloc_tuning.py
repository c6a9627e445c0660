"""How the C library keeps memory that compiled programs give back.

XLA takes the working memory of a program anew for each call and gives it back at the end. glibc
returns such large blocks to the system at once, and each page of the next call is then mapped and
cleared again: 12,500 page faults for a step of a small Transformer or CNN, a quarter of its time
(two cores, 2026-11: 90 -> 62 ms and 175 -> 140 ms with the memory kept; 750 -> 480 ms for
EfficientNet-B0, whose steps take 0.7 GB). Input pipelines of large elements do the same with their
batches.
"""

from __future__ import annotations

import ctypes
import os

from tidefall.base.config import config

# From glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8

LEAST_KEPT, MAX_KEPT = 1 << 30, (1 << 31) - 1
"""Bounds of `kept_bytes`. glibc takes no larger number."""


def kept_bytes() -> int:
    """How much free memory stays with the process: a quarter of the machine's, within bounds."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(max(machine // 4, LEAST_KEPT), MAX_KEPT)


def keep_freed_memory() -> bool:
    """Let glibc keep freed memory for the next call, up to `kept_bytes`. Larger blocks are still
    mapped and unmapped one by one.

    The settings of the user go first: nothing is done if the environment has `MALLOC_...` or
    `GLIBC_TUNABLES`, nor with another C library or allocator, nor if `TIDEFALL_KEEP_MEMORY=0`.

    Returns:
        Whether it is done.
    """
    environment = os.environ
    if not config.keep_memory or "GLIBC_TUNABLES" in environment:
        return False
    if any(name.startswith("MALLOC_") for name in environment) or "LD_PRELOAD" in environment:
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "gnu_get_libc_version") or not hasattr(library, "mallopt"):
        return False
    # The heaps of other arenas end at 64 MB; what is larger would be mapped each time.
    most = kept_bytes()
    settings = {_ARENA_MAX: 1, _MMAP_THRESHOLD: most, _TRIM_THRESHOLD: most}
    return all(library.mallopt(name, value) for name, value in settings.items())
