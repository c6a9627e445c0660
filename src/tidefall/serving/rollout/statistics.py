"""What is remembered of one version's answers while it is on trial."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from random import SystemRandom
from typing import Generic, TypeVar

import numpy as np

from tidefall.base import errors
from tidefall.serving.inference import Outcome
from tidefall.serving.rollout.drift import Row, output_rows

_LATENCIES = 8192
_SAMPLES = 2000
# One-sided confidence of 99 %.
_Z = 2.326

# Requests that no version could have answered say nothing of this one.
_NOT_THE_MODELS_FAULT = frozenset(
    {errors.CANCELLED, errors.NOT_FOUND, errors.UNAUTHENTICATED, errors.RESOURCE_EXHAUSTED}
)


class VersionStatistics:
    """Counts and samples of one version, of bounded size. Not safe for several threads."""

    def __init__(self) -> None:
        self.requests = 0
        self.errors = 0
        self._latencies: deque[float] = deque(maxlen=_LATENCIES)
        self._samples: dict[str, Reservoir[Row]] = {}

    def add(self, outcome: Outcome) -> None:
        """Counts one request."""
        if outcome.error is not None and outcome.error.error_code in _NOT_THE_MODELS_FAULT:
            return
        self.requests += 1
        if outcome.error is not None:
            self.errors += 1
            return
        self._latencies.append(outcome.seconds)
        for name, array in (outcome.outputs or {}).items():
            name = f"{outcome.signature_name}/{name}"
            if name not in self._samples:
                self._samples[name] = Reservoir(_SAMPLES)
            self._samples[name].extend(output_rows(np.asarray(array)))

    def error_rate(self) -> float:
        """The share of failed requests."""
        return self.errors / self.requests if self.requests else 0.0

    def least_error_rate(self) -> float:
        """What the share of failures is at least, with 99 % confidence (Wilson, 1927)."""
        n = self.requests
        if not n:
            return 0.0
        p, z2 = self.errors / n, _Z * _Z
        middle = p + z2 / (2 * n)
        spread = _Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
        return max(0.0, (middle - spread) / (1 + z2 / n))

    def latency(self, quantile: float) -> tuple[float, float, float] | None:
        """A quantile of latency in seconds, between bounds that hold with 99 % confidence.

        The bounds are order statistics, so nothing is assumed of the distribution.

        Returns:
            Lower bound, value, upper bound; None where there are too few requests for bounds.
        """
        ordered = sorted(self._latencies)
        n = len(ordered)
        spread = _Z * math.sqrt(n * quantile * (1 - quantile))
        low, high = math.floor(n * quantile - spread), math.ceil(n * quantile + spread)
        if low < 0 or high >= n:
            return None
        return ordered[low], ordered[min(n - 1, int(n * quantile))], ordered[high]

    def copy(self) -> VersionStatistics:
        """What is known now, for one who judges it while more is added here."""
        copied = VersionStatistics()
        copied.requests, copied.errors = self.requests, self.errors
        copied._latencies = self._latencies.copy()
        copied._samples = {name: sample.copy() for name, sample in self._samples.items()}
        return copied

    def samples(self) -> dict[str, Reservoir[Row]]:
        """Samples of the rows of each output, by "signature/output"."""
        return self._samples


_T = TypeVar("_T")
_random = SystemRandom()  # leaves the generator that the user seeds alone


class Reservoir(Generic[_T]):
    """A fair sample of a stream (Vitter's algorithm R, 1985)."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._seen = 0
        self.values: list[_T] = []

    def copy(self) -> Reservoir[_T]:
        """The sample as it is now."""
        copied: Reservoir[_T] = Reservoir(self._size)
        copied._seen, copied.values = self._seen, self.values.copy()
        return copied

    def extend(self, values: Iterable[_T]) -> None:
        """Takes more of the stream."""
        for value in values:
            self._seen += 1
            if len(self.values) < self._size:
                self.values.append(value)
            else:
                place = _random.randrange(self._seen)
                if place < self._size:
                    self.values[place] = value
