"""Long work beside requests, in steps so small that no request waits long for one.

A thread that runs Python holds the interpreter for up to `sys.getswitchinterval()` at a time, and a
request changes threads several times. Loading a model beside requests at 0.5 ms made their 99th
percentile 2.5 times as long, at 0.1 ms 1.2 times. All threads change more often then, which takes a
third of the rate where many are busy: so this is only for the time of such work.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS = 0.0001

_lock = threading.Lock()
_running = 0
_before = 0.0


@contextmanager
def small_steps() -> Iterator[None]:
    """Has threads change often within the block, and while any other such block lasts."""
    global _running, _before
    with _lock:
        if not _running:
            _before = sys.getswitchinterval()
            sys.setswitchinterval(min(SECONDS, _before))
        _running += 1
    try:
        yield
    finally:
        with _lock:
            _running -= 1
            if not _running:
                sys.setswitchinterval(_before)
