"""Statistics that need rows all at once: of random samples of the data, and how they vary."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid, unimplemented
from tidefall.lifecycle.data_validation.paths import FeaturePath
from tidefall.lifecycle.data_validation.statistics.generators.interface import (
    CombinerStatsGenerator,
)

_SPARE = 5
"""A sample is cut down when it has so many times its size."""


class PartitionedStatsFn:
    """A statistic of a part of the data, for `NonStreamingCustomStatsGenerator`."""

    def compute(self, examples: Any) -> Any:
        """Return statistics of some rows.

        Args:
            examples: an Arrow record batch whose columns are lists of values.

        Returns:
            A `DatasetFeatureStatistics` with custom statistics that are numbers. What cannot be
            told of these rows may be left out.
        """
        raise NotImplementedError


class Sample:
    """Rows of one part of the data, at most so many, each with the same chance.

    Args:
        size: how many.
    """

    def __init__(self, size: int):
        self._size = size
        # Each batch with a random number for each row: the least numbers stay.
        self._held: list[tuple[Any, np.ndarray]] = []

    def add(self, batch: Any, numbers: np.ndarray) -> None:
        """Take in rows, with a random number for each."""
        self._held.append((batch, numbers))
        if sum(len(one) for _, one in self._held) > _SPARE * self._size:
            self.settle()

    def merge(self, other: Sample) -> None:
        """Take in another one's rows."""
        for batch, numbers in other._held:
            self.add(batch, numbers)

    def settle(self) -> None:
        """Leave out what is too much."""
        import pyarrow as pa

        every = np.concatenate([numbers for _, numbers in self._held])
        if len(every) <= self._size:
            return
        stays = np.zeros(len(every), bool)
        stays[np.argpartition(every, self._size - 1)[: self._size]] = True
        ends = np.cumsum([len(numbers) for _, numbers in self._held])
        places = np.split(stays, ends[:-1])
        self._held = [
            (batch.take(pa.array(np.flatnonzero(at))), numbers[at])
            for (batch, numbers), at in zip(self._held, places, strict=True)
            if at.any()
        ]

    def rows(self) -> Any:
        """The sample as one record batch."""
        import pyarrow as pa

        self.settle()
        tables = [pa.Table.from_batches([batch]) for batch, _ in self._held]
        try:
            table = pa.concat_tables(tables, promote_options="permissive").combine_chunks()
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise invalid(f"a column holds values of several types: {error}") from None
        return table.to_batches()[0]


class NonStreamingCustomStatsGenerator(CombinerStatsGenerator):
    """A statistic of random samples of the data, and how it varies between them.

    Rows are dealt to partitions at random; of each partition a sample that fits the memory is kept.
    For each feature and statistic `min_`, `max_`, `mean_`, `median_`, `std_dev_` and
    `num_partitions_` are told as custom statistics.

    Args:
        stats_fn: the statistic.
        num_partitions: how many samples.
        min_partitions_stat_presence: a statistic that fewer partitions have is left out.
        seed: of the random numbers.
        max_examples_per_partition: rows of a sample.
        batch_size: accepted for TFDV's sake.
        name: what messages call it.

    Raises:
        ValueError: a number is not positive.
        UnimplementedError: the statistic deals rows to partitions itself, by a transform of Beam.
    """

    def __init__(
        self,
        stats_fn: PartitionedStatsFn,
        num_partitions: int,
        min_partitions_stat_presence: int,
        seed: int,
        max_examples_per_partition: int,
        batch_size: int = 1000,
        name: str = "NonStreamingCustomStatsGenerator",
    ):
        super().__init__(name)
        del batch_size
        if min(num_partitions, max_examples_per_partition) < 1:
            raise ValueError("num_partitions and max_examples_per_partition must be at least 1")
        if hasattr(stats_fn, "partitioner"):
            raise unimplemented(f"generator {name!r}: a partitioner of its own, {stats_fn!r}")
        self._stats_fn = stats_fn
        self._partitions, self._needed = num_partitions, min_partitions_stat_presence
        self._seed, self._size = seed, max_examples_per_partition

    def create_accumulator(self) -> dict[int, Sample]:
        """Return no samples."""
        return {}

    def add_input(
        self, accumulator: dict[int, Sample], input_record_batch: Any
    ) -> dict[int, Sample]:
        """Deal the rows of a batch to partitions."""
        import pyarrow as pa

        batch = input_record_batch
        # The same rows draw the same numbers, whatever thread sees them, and when.
        mark = zlib.crc32(repr(batch.slice(0, 8).to_pydict()).encode())
        random = np.random.default_rng([self._seed, mark, batch.num_rows])
        dealt = random.integers(0, self._partitions, batch.num_rows)
        numbers = random.random(batch.num_rows)
        for partition in np.unique(dealt).tolist():
            rows = np.flatnonzero(dealt == partition)
            sample = accumulator.setdefault(partition, Sample(self._size))
            sample.add(batch.take(pa.array(rows)), numbers[rows])
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[dict[int, Sample]]) -> dict[int, Sample]:
        """Put samples together."""
        merged, *rest = accumulators
        for other in rest:
            for partition, sample in other.items():
                if partition in merged:
                    merged[partition].merge(sample)
                else:
                    merged[partition] = sample
        return merged

    def extract_output(self, accumulator: dict[int, Sample]) -> Any:
        """Return how the statistic varies, as a DatasetFeatureStatistics."""
        found: dict[FeaturePath, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        for _, sample in sorted(accumulator.items()):
            for feature in self._stats_fn.compute(sample.rows()).features:
                for stat in feature.custom_stats:
                    found[FeaturePath.from_proto(feature.path)][stat.name].append(stat.num)
        told = {
            path: dict(
                pair
                for name, values in stats.items()
                if len(values) >= self._needed
                for pair in _varies(name, np.array(values))
            )
            for path, stats in found.items()
        }
        return custom_statistics({path: stats for path, stats in told.items() if stats})


def _varies(name: str, values: np.ndarray) -> Iterator[tuple[str, float]]:
    yield f"min_{name}", float(values.min())
    yield f"max_{name}", float(values.max())
    yield f"mean_{name}", float(values.mean())
    yield f"median_{name}", float(np.median(values))
    yield f"std_dev_{name}", float(values.std())
    yield f"num_partitions_{name}", len(values)


def custom_statistics(found: dict[FeaturePath, dict[str, float]]) -> Any:
    """Numbers by feature and name as a DatasetFeatureStatistics, by name."""
    from tidefall.proto import metadata

    result = metadata.DatasetFeatureStatistics()
    for path in sorted(found):
        feature = result.features.add(path=path.to_proto())
        for name, number in sorted(found[path].items()):
            feature.custom_stats.add(name=name, num=number)
    return result
