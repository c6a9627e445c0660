"""Batch size and waiting time found by themselves, for a latency that is asked for.

**Size.** Batches are padded to powers of two, so that few shapes are compiled. The time each size
takes is measured as requests come. A request that just missed a batch waits for that one and then
for its own, so a size is used while twice its time fits into the latency; of a size not tried yet,
its time is taken to be twice that of half the size. That is Clipper's rule, the largest batch whose
time stays under the objective (Crankshaw et al., NSDI 2017, section 4.3), with measured times
instead of a search. Whether a larger batch gains anything per row is not asked: it costs no latency
that is not granted, and on busy processors measured times are too noisy to tell.

**Waiting.** A batch begins as soon as the one before is done. What has come in between is the next
batch, so that size follows load with no waiting at all, and a lone client never waits. While
batches of several requests show that clients are many, waiting a little longer makes fewer and
larger batches, which leaves more of the processors to reading requests. The delay is found by
additive increase and multiplicative decrease (Clipper's section 4.3.2 waits a fixed time; Triton's
dynamic batcher has `max_queue_delay_microseconds` for it): it grows a little with each batch of
several requests, and is halved with each for which waiting brought nobody. Waiting ends early once
no request has come for twice the usual time between two.
"""

from __future__ import annotations

from collections.abc import Iterator

from tidefall.serving.batching.queues import Batch

LARGEST = 256
_SHARE = 0.8  # Of the latency that is planned with; the rest is for the network and for noise.
_WEIGHT = 0.2  # Of the latest measurement.
_FORGET = 0.9998  # Sizes found too slow become a little faster with each batch, to be tried again.
# Of the target. Clients that wait for an answer send nothing: with a delay of up to half of it, 64
# of them got 6,500 answers a second from the digits CNN, with an eighth 9,200.
_LONGEST_DELAY = 0.125
_SHORTEST_DELAY = 50e-6  # Below, a thread's timer is no more exact than that.


class AutomaticPolicy:
    """Finds size and delay for a latency target.

    Args:
        target: the latency that 99 in 100 requests are to stay under, in seconds.
        largest: rows of a batch at most.
    """

    one_at_a_time = True

    def __init__(self, target: float, largest: int = LARGEST) -> None:
        self._target = target * _SHARE
        self._largest = largest
        self._seconds: dict[int, float] = {}
        self._tried: set[int] = set()
        self._rows = 1
        self._delay = 0.0
        self._gap = 0.0

    @property
    def rows(self) -> int:
        """How many rows a batch may have now."""
        return self._rows

    @property
    def delay(self) -> float:
        """How long the first request of a batch may wait for others now, in seconds."""
        return self._delay

    def due(self, first: float, last: float) -> float:
        """A batch waits for the delay at most, and no longer than requests keep coming."""
        if not self._delay:
            return first
        return min(first + self._delay, last + 2 * self._gap)

    def size(self, rows: int) -> int:
        """The next power of two."""
        return 1 << (rows - 1).bit_length()

    def ran(self, batch: Batch) -> None:
        """Learns from a batch."""
        self._learn_time(batch.size, batch.seconds)
        self._rows = self._best_size()
        self._learn_delay(batch)

    def sizes(self) -> Iterator[int]:
        """Powers of two, until the time of one shows that the next would take too long.

        Trials beside requests take longer than they would alone, so one more size is tried than
        `_best_size` would use.
        """
        size = 1
        while size <= self._largest and (size == 1 or self._expected(size) <= self._target):
            yield size
            size *= 2

    def learn(self, size: int, seconds: float) -> None:
        """Takes the time of a trial for that of batches of this size."""
        self._tried.add(size)
        self._seconds[size] = seconds
        self._rows = self._best_size()

    def _learn_time(self, size: int, seconds: float) -> None:
        if size not in self._tried:
            self._tried.add(size)  # The first run of a size prepares for it, and tells nothing.
            return
        for other in self._seconds:
            if other > self._rows:
                self._seconds[other] *= _FORGET
        known = self._seconds.get(size)
        if known is None:
            self._seconds[size] = seconds
        else:
            self._seconds[size] += _WEIGHT * (min(seconds, 4 * known) - known)

    def _best_size(self) -> int:
        """The largest size that is fast enough, at most one step beyond what was tried."""
        most = min(self._largest, 2 * max(self._seconds, default=0))
        size = 1
        while 2 * size <= most:
            if 2 * self._expected(2 * size) > self._target:
                break
            size *= 2
        return size

    def _expected(self, size: int) -> float:
        """How long a batch of a size takes at most, going by the sizes that were measured."""
        as_large = [seconds for other, seconds in self._seconds.items() if other >= size]
        if as_large:
            return min(as_large)
        other = max(self._seconds)
        return self._seconds[other] * size / other

    def _learn_delay(self, batch: Batch) -> None:
        if batch.requests > 1:
            self._gap += _WEIGHT * (batch.waited / batch.requests - self._gap)
        if batch.idle and not batch.joined:
            self._delay = self._delay / 2 if self._delay > _SHORTEST_DELAY else 0.0
        elif batch.requests > 1 and batch.rows < batch.limit:
            room = self._target - 2 * self._seconds.get(self._rows, 0.0)
            most = min(room / 2, _LONGEST_DELAY * self._target)
            self._delay = max(0.0, min(self._delay + self._target / 100, most))
