"""The process as the metrics show it, and the processors it may use."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path

from tidefall.serving.operations.metrics import Labels, Registry

_STARTED = time.time()


def register_process_metrics(registry: Registry) -> None:
    """Registers memory, processor time, open files and threads under Prometheus's usual names."""
    one: Labels = ()
    registry.gauge(
        "process_resident_memory_bytes", "Memory in use.", [], lambda: {one: resident_bytes()}
    )
    registry.gauge(
        "process_cpu_seconds_total",
        "Processor time used.",
        [],
        lambda: {one: sum(os.times()[:2])},
        kind="counter",
    )
    registry.gauge(
        "process_start_time_seconds",
        "When the server was started, in seconds since the epoch.",
        [],
        lambda: {one: _STARTED},
    )
    registry.gauge("process_open_fds", "Open files.", [], lambda: {one: _open_files()})
    registry.gauge(
        "tidefall_serving_usable_cpus",
        "Processors that the server may use.",
        [],
        lambda: {one: usable_cpus()},
    )


def resident_bytes() -> int:
    """The memory this process occupies, in bytes.

    Raises:
        OSError: the system does not tell.
    """
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd")) - 1  # Less the one that lists them.


def usable_cpus(root: Path = Path("/")) -> float:
    """How many processors this process may use at once.

    A container that may use half a processor still sees all of them; the limit is in its control
    group. Starting a thread for each processor seen makes such a server spend its share at once
    and stand still for the rest of each period.

    Args:
        root: where the file systems of the kernel are mounted.
    """
    cpus = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0)
    cpus = cpus or float(os.cpu_count() or 1)
    return min(cpus, _quota(root))


def _quota(root: Path) -> float:
    """The limit of the control group, in either version; infinite where there is none."""
    group = root / "sys/fs/cgroup"
    try:
        allowed, period = (group / "cpu.max").read_text().split()
        return math.inf if allowed == "max" else int(allowed) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        pass
    try:
        allowed = (group / "cpu/cpu.cfs_quota_us").read_text()
        period = (group / "cpu/cpu.cfs_period_us").read_text()
        return math.inf if int(allowed) <= 0 else int(allowed) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return math.inf
