"""What the requests of the last five minutes were like, for whoever comes to look."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tidefall.serving.inference import Outcome
from tidefall.serving.models.states import State, VersionStatus
from tidefall.serving.operations.measures import SECONDS

STEP_SECONDS = 2.0
STEPS = 150


class _Step:
    """What was counted within one step: requests, failures, and latencies by limit."""

    __slots__ = ("failed", "latency", "number", "requests")

    def __init__(self, number: int) -> None:
        self.number = number
        self.requests = self.failed = 0
        self.latency = [0] * (len(SECONDS) + 1)


class History:
    """Counts requests in steps of two seconds: an observer of `Inference`.

    It holds 150 steps of the server and of each version that is loaded, and no more; steps without
    requests take no room. Any thread may use it.

    Args:
        clock: the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._lock = threading.Lock()
        self._all: deque[_Step] = deque(maxlen=STEPS)
        self._versions: dict[tuple[str, int], deque[_Step]] = {}

    def observe(self, outcome: Outcome) -> None:
        """Counts one request."""
        place = bisect_left(SECONDS, outcome.seconds + outcome.encode_seconds)
        number = self._number()
        with self._lock:
            self._count(self._all, number, place, outcome)
            if outcome.version is not None:
                key = outcome.call.model, outcome.version
                if key not in self._versions:
                    self._forget_old(number)
                    self._versions[key] = deque(maxlen=STEPS)
                self._count(self._versions[key], number, place, outcome)

    @staticmethod
    def _count(steps: deque[_Step], number: int, place: int, outcome: Outcome) -> None:
        # Threads may come late by a step; what they bring counts with the newest.
        if not steps or steps[-1].number < number:
            steps.append(_Step(number))
        step = steps[-1]
        step.requests += 1
        step.failed += outcome.error is not None
        step.latency[place] += 1

    def _forget_old(self, number: int) -> None:
        # A version's last request may be counted after it was unloaded.
        for key, steps in list(self._versions.items()):
            if number - steps[-1].number > STEPS:
                del self._versions[key]

    def listen(self, model: str, status: VersionStatus) -> None:
        """Drops what is known of a version that was unloaded: a listener to changes of states."""
        if status.state is State.END:
            with self._lock:
                self._versions.pop((model, status.version), None)

    def as_json(self) -> dict[str, Any]:
        """The server's steps, oldest first; the one under way is left out.

        Returns:
            `steps` of `seconds` each, and `points`: for each step that had requests, how many steps
            ago it was, requests, failures, and two quantiles of latency in seconds, 50 and 99 %.
            `uptime` says for how long there has been anything to count.
        """
        now = self._number()
        with self._lock:
            points = [
                [
                    now - step.number,
                    step.requests,
                    step.failed,
                    quantile(SECONDS, step.latency, 0.5),
                    quantile(SECONDS, step.latency, 0.99),
                ]
                for step in self._all
                if 0 < now - step.number <= STEPS
            ]
        return {
            "seconds": STEP_SECONDS,
            "steps": STEPS,
            "uptime": self._clock() - self._began,
            "points": points,
        }

    def of_version(self, model: str, version: int) -> dict[str, Any]:
        """What a version answered within the last five minutes, the step under way included."""
        oldest = self._number() - STEPS
        with self._lock:
            steps = [s for s in self._versions.get((model, version), ()) if s.number >= oldest]
            latency = [sum(counts) for counts in zip(*(s.latency for s in steps), strict=True)]
            return {
                "requests": sum(step.requests for step in steps),
                "failed": sum(step.failed for step in steps),
                "half": quantile(SECONDS, latency, 0.5),
                "most": quantile(SECONDS, latency, 0.99),
            }

    def _number(self) -> int:
        return int((self._clock() - self._began) / STEP_SECONDS)


def quantile(limits: Sequence[float], counts: Iterable[int], share: float) -> float | None:
    """Return the value under which a share of those lies that were counted up to each limit.

    Within two limits values are taken to be spread evenly; beyond the last one, to be there.

    Args:
        limits: upper limits, rising.
        counts: how many values there are up to each limit, and beyond the last.
        share: 0 to 1.

    Returns:
        The value; None where there are none.

    >>> quantile([1.0, 2.0], [0, 10, 0], 0.5)
    1.5
    """
    counts = list(counts)
    wanted, low = share * sum(counts), 0.0
    if not wanted:
        return None
    for limit, count in zip(limits, counts, strict=False):
        if count >= wanted:
            return low + (limit - low) * wanted / count
        wanted, low = wanted - count, limit
    return low
