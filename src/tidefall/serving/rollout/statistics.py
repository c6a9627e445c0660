"""What is remembered of one version's answers while it is on trial."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from random import SystemRandom
from typing import Any, Generic, TypeVar

import numpy as np

from tidefall.base import errors
from tidefall.serving.inference import Outcome
from tidefall.serving.models.execution import QueueFullError
from tidefall.serving.rollout.drift import Row, output_rows
from tidefall.serving.rollout.sequential import Count, quantile_ranks

_SAMPLES = 2000
# Latencies are counted in buckets, each 1.1 % longer than the one before, from a microsecond on.
_BUCKETS_PER_OCTAVE = 64
_SHORTEST = 1e-6
_LAST_BUCKET = 40 * _BUCKETS_PER_OCTAVE

# Requests that no version could have answered say nothing of this one.
_NOT_THE_MODELS_FAULT = frozenset({errors.CANCELLED, errors.NOT_FOUND, errors.UNAUTHENTICATED})


class VersionStatistics:
    """Counts and samples of one version, of bounded size. Not safe for several threads."""

    def __init__(self) -> None:
        self.requests = 0
        self.errors = 0
        self._latencies: Counter[int] = Counter()
        self._samples: dict[str, Reservoir[Row]] = {}

    def add(self, outcome: Outcome) -> None:
        """Counts one request."""
        if outcome.error is not None and _is_nobodys_fault(outcome.error):
            return
        self.requests += 1
        if outcome.error is not None:
            self.errors += 1
            return
        self._latencies[_bucket(outcome.seconds)] += 1
        for name, array in (outcome.outputs or {}).items():
            name = f"{outcome.signature_name}/{name}"
            if name not in self._samples:
                self._samples[name] = Reservoir(_SAMPLES)
            self._samples[name].extend(output_rows(np.asarray(array)))

    def failed(self) -> Count:
        """The failed requests, of all."""
        return Count(self.errors, self.requests)

    def error_rate(self) -> float:
        """The share of failed requests."""
        return self.errors / self.requests if self.requests else 0.0

    def latency(self, quantile: float, alpha: float) -> tuple[float, float, float] | None:
        """A quantile of latency in seconds, between bounds that hold at all times at once.

        Args:
            quantile: 0 to 1.
            alpha: how improbable it is that the quantile is ever outside of the bounds.

        Returns:
            Lower bound, value, upper bound, to 1 %; None where there are too few requests for
            bounds.
        """
        total = self._latencies.total()
        low, high = quantile_ranks(total, quantile, alpha) if total else (0, 1)
        if low < 1 or high > total:
            return None
        ranks = (low, max(1, math.ceil(total * quantile)), high)
        first, middle, last = self._buckets_of(ranks)
        return _seconds(first), _seconds(middle + 0.5), _seconds(last + 1)

    def _buckets_of(self, ranks: Iterable[int]) -> list[int]:
        found: list[int] = []
        seen, buckets, bucket = 0, iter(sorted(self._latencies)), -1
        for rank in ranks:
            while seen < rank:
                bucket = next(buckets)
                seen += self._latencies[bucket]
            found.append(bucket)
        return found

    def copy(self) -> VersionStatistics:
        """What is known now, for one who judges it while more is added here."""
        copied = VersionStatistics()
        copied.requests, copied.errors = self.requests, self.errors
        copied._latencies = self._latencies.copy()
        copied._samples = {name: sample.copy() for name, sample in self._samples.items()}
        return copied

    def as_json(self) -> dict[str, Any]:
        """The counts, without samples of outputs, as `merge` takes them."""
        latencies = {str(bucket): count for bucket, count in sorted(self._latencies.items())}
        return {"requests": self.requests, "errors": self.errors, "latencies": latencies}

    def merge(self, document: Mapping[str, Any]) -> None:
        """Adds what another server counted."""
        self.requests += int(document["requests"])
        self.errors += int(document["errors"])
        for bucket, count in document["latencies"].items():
            self._latencies[int(bucket)] += int(count)

    def samples(self) -> dict[str, Reservoir[Row]]:
        """Samples of the rows of each output, by "signature/output"."""
        return self._samples


def _is_nobodys_fault(error: errors.OpError) -> bool:
    return error.error_code in _NOT_THE_MODELS_FAULT or isinstance(error, QueueFullError)


def _bucket(seconds: float) -> int:
    if seconds <= _SHORTEST:
        return 0
    return min(_LAST_BUCKET, int(math.log2(seconds / _SHORTEST) * _BUCKETS_PER_OCTAVE))


def _seconds(bucket: float) -> float:
    return _SHORTEST * 2 ** (bucket / _BUCKETS_PER_OCTAVE)


_T = TypeVar("_T")
_random = SystemRandom()  # leaves the generator that the user seeds alone


class Reservoir(Generic[_T]):
    """A fair sample of a stream (Vitter's algorithm R, 1985)."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.seen = 0
        """How many values there were."""
        self.values: list[_T] = []

    def copy(self) -> Reservoir[_T]:
        """The sample as it is now."""
        copied: Reservoir[_T] = Reservoir(self._size)
        copied.seen, copied.values = self.seen, self.values.copy()
        return copied

    def extend(self, values: Iterable[_T]) -> None:
        """Takes more of the stream."""
        for value in values:
            self.seen += 1
            if len(self.values) < self._size:
                self.values.append(value)
            else:
                place = _random.randrange(self.seen)
                if place < self._size:
                    self.values[place] = value
