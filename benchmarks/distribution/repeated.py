"""Timing what several processes do in step: each of them repeats it the same number of times."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

SIZES = {"1kb": (1 << 10, 300), "1mb": (1_000_000, 100), "100mb": (100_000_000, 8)}
"""Bytes of the all-reduces, and how often each is done."""
MODELS = {"cnn": 20, "transformer": 20}
"""Models of `keras_models.py`, and how many steps are timed."""


def median_of(action: Callable[[], Any], count: int, warm: int = 0) -> float:
    """Median seconds of an action that waits for its result.

    Args:
        action: what is repeated.
        count: how often it is timed.
        warm: how often it is done before.
    """
    for _ in range(warm):
        action()
    times = []
    for _ in range(count):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def fewer(count: int, quick: bool) -> int:
    """A number of repetitions, few where only the script is to be proven."""
    return 2 if quick else count
