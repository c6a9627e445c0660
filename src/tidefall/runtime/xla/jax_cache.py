"""Entries of jax's compilation cache, written whole or not at all."""

from __future__ import annotations

import contextlib
import os
from typing import Any


def write_whole_entries() -> None:
    """Has jax write an entry of its cache under a temporary name first.

    Its own way leaves a part of the entry behind when the disk is full or the process is killed.
    It never writes over an entry, so every process from then on fails to read that one, says so,
    and compiles anew. Caches with a limit of size, which the user asked for, stay as they are.
    """
    try:
        from jax._src.lru_cache import LRUCache
    except ImportError:  # It is jax's own affair, and may move.
        return
    kind: Any = LRUCache
    put = kind.put

    def put_whole(cache: Any, key: str, value: bytes) -> None:
        if cache.eviction_enabled or "://" in str(cache.path):
            put(cache, key, value)
            return
        path = f"{cache.path}/{key}-cache"
        if not os.path.exists(path):
            _write_whole(path, value)

    kind.put = put_whole


def _write_whole(path: str, content: bytes) -> None:
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
