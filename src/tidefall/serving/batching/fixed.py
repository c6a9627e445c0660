"""Batches as a file of parameters says."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from tidefall.serving.batching.parameters import BatchingParameters
from tidefall.serving.batching.queues import Batch


class FixedPolicy:
    """A greatest size and a time to wait that stay as they are, as in TensorFlow Serving.

    Args:
        parameters: the sizes and the time.
    """

    one_at_a_time = False

    def __init__(self, parameters: BatchingParameters) -> None:
        self._rows = parameters.batch_rows
        self._timeout = parameters.batch_timeout_micros / 1e6
        self._sizes = parameters.allowed_batch_sizes

    @property
    def rows(self) -> int:
        """How many rows a batch may have."""
        return self._rows

    def due(self, first: float, last: float) -> float:
        """A batch waits until its first request has waited for the timeout."""
        return first + self._timeout

    def size(self, rows: int) -> int:
        """The least of the allowed sizes that the rows fit into."""
        place = bisect_left(self._sizes, rows)
        return self._sizes[place] if place < len(self._sizes) else rows

    def ran(self, batch: Batch) -> None:
        """Nothing is learned."""

    def sizes(self) -> Iterator[int]:
        """The allowed ones; where all are, none is better than another."""
        return iter(self._sizes)

    def learn(self, size: int, seconds: float) -> None:
        """Nothing is learned."""
