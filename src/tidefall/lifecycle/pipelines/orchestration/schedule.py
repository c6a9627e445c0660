"""A pipeline again and again: the next run begins when its time has come and the last has ended."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from typing import Any

from tidefall.lifecycle.pipelines.failures import invalid

_log = logging.getLogger("tidefall.pipelines")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds_of(text: str) -> float:
    """Return how long a text such as "90", "15m", "1h" or "1d" says.

    Raises:
        InvalidArgumentError: it says nothing of the kind.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text.strip())
    if match is None or not float(match.group(1)):
        raise invalid(f"{text!r} is no time: a number, with s, m, h or d behind it, was expected")
    return float(match.group(1)) * _UNITS[match.group(2)]


def run_on_schedule(
    run: Callable[[], Any], every: float, times: int | None = None,
    clock: Callable[[], float] = time.time, sleep: Callable[[float], None] = time.sleep,
) -> int:  # fmt: skip
    """Call a function at times that are multiples of `every` from the first, which is now.

    A time that passes while a run goes on is left out. A run that fails is told in the log, and the
    next one comes as it would have come: it takes up what the failed one finished.

    Args:
        run: runs the pipeline.
        every: seconds.
        times: how many runs; None for no end.
        clock, sleep: the time in seconds, and how to wait.

    Returns:
        How many runs failed.
    """
    begin, done, failed = clock(), 0, 0
    while True:
        try:
            run()
        except Exception as error:  # noqa: BLE001 - whatever a component raises
            failed += 1
            _log.error("a scheduled run failed: %s: %s", type(error).__name__, error)
        done += 1
        if times is not None and done >= times:
            return failed
        passed = clock() - begin
        sleep(begin + (passed // every + 1) * every - clock())
