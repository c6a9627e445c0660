"""The processor that this runs on."""

from __future__ import annotations

import contextlib
import os
import platform
from pathlib import Path


def processor_name() -> str:
    """What its maker calls it, as far as the system tells."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def usable_processors() -> int:
    """How many of them this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
