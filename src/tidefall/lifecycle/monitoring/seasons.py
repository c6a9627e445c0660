"""Baselines for what changes by the hour and by the weekday anyway."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.monitoring.reports import Window

DAY, WEEK = 86_400.0, 7 * 86_400.0


def seasonal_windows(current: Window, period: float = WEEK, count: int = 4) -> list[Window]:
    """Return the windows that lie whole periods before one: the same hours of earlier weeks.

    Args:
        current: the window.
        period: seconds; a week by default, `DAY` for what only has hours.
        count: how many.

    Raises:
        InvalidArgumentError: the window has no bounds, or is longer than the period.

    >>> seasonal_windows(Window(864000.0, 867600.0), DAY, 2)[1]
    Window(begin=691200.0, end=694800.0, version=None)
    """
    if current.begin is None or current.end is None:
        raise invalid("a seasonal baseline needs a window with a begin and an end")
    if not 0 < current.end - current.begin <= period or count < 1:
        raise invalid(f"a window of {current.end - current.begin} s has no season of {period} s")
    return [
        Window(current.begin - period * n, current.end - period * n) for n in range(1, count + 1)
    ]


def seasonal_threshold(threshold: float, earlier: Sequence[float]) -> float:
    """Return a threshold that the distances of earlier windows stay below.

    It is their median and three standard deviations, those found from the median absolute
    deviation, or what was asked for, if that is more.

    >>> seasonal_threshold(0.1, [0.2, 0.3, 0.4, 0.3])
    0.52
    """
    values = np.asarray(earlier, np.float64)
    middle = float(np.median(values))
    deviation = 1.4826 * float(np.median(np.abs(values - middle)))
    if deviation == 0.0 and len(values) > 1:
        deviation = float(values.std())
    return max(threshold, round(middle + 3 * deviation, 2) if threshold else middle + 3 * deviation)
