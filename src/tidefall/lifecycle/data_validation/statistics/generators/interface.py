"""What a generator is: the interface of TensorFlow Data Validation's.

A generator gathers accumulators from Arrow record batches, merges them in the order of the data,
and says what it found as a message.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tidefall.lifecycle.data_validation.paths import FeaturePath


class StatsGenerator:
    """What generators have in common.

    Args:
        name: what messages call it.
        schema: of the data, if it needs one.
    """

    def __init__(self, name: str, schema: Any = None):
        self._name, self._schema = name, schema

    @property
    def name(self) -> str:
        """What messages call it."""
        return self._name

    @property
    def schema(self) -> Any:
        """The schema that it was given."""
        return self._schema

    def create_accumulator(self) -> Any:
        """Return an empty accumulator."""
        raise NotImplementedError

    def merge_accumulators(self, accumulators: Iterable[Any]) -> Any:
        """Return one accumulator in place of several, which stand in the order of the data."""
        raise NotImplementedError

    def compact(self, accumulator: Any) -> Any:
        """Return the accumulator in a form that takes less memory."""
        return accumulator

    def extract_output(self, accumulator: Any) -> Any:
        """Return what an accumulator says, as a message."""
        raise NotImplementedError


class CombinerStatsGenerator(StatsGenerator):
    """A generator that sees whole batches. Its output is a `DatasetFeatureStatistics`.

    >>> from tidefall import data_validation as tfdv
    >>> from tidefall.proto import metadata
    >>> class Longest(tfdv.CombinerStatsGenerator):
    ...     def create_accumulator(self):
    ...         return 0
    ...     def add_input(self, accumulator, batch):
    ...         return max(accumulator, batch.num_columns)
    ...     def merge_accumulators(self, accumulators):
    ...         return max(accumulators)
    ...     def extract_output(self, accumulator):
    ...         result = metadata.DatasetFeatureStatistics()
    ...         feature = result.features.add(path={"step": ["x"]})
    ...         feature.custom_stats.add(name="columns", num=accumulator)
    ...         return result
    >>> import pyarrow as pa
    >>> options = tfdv.StatsOptions(generators=[Longest("longest")])
    >>> found = tfdv.generate_statistics_from_arrow(pa.table({"x": [1, 2]}), options)
    >>> found.datasets[0].features[0].custom_stats[0].num
    1.0
    """

    def add_input(self, accumulator: Any, input_record_batch: Any) -> Any:
        """Return the accumulator with a batch taken in.

        Args:
            accumulator: may be changed.
            input_record_batch: an Arrow record batch whose columns are lists of values, one for
                each row, null where the row lacks the feature.
        """
        raise NotImplementedError


class CombinerFeatureStatsGenerator(StatsGenerator):
    """A generator that sees each feature by itself. Its output is a `FeatureNameStatistics`."""

    def add_input(self, accumulator: Any, feature_path: FeaturePath, feature_array: Any) -> Any:
        """Return the accumulator of a feature with the rows of a batch taken in.

        Args:
            accumulator: may be changed.
            feature_path: the feature.
            feature_array: an Arrow array of lists of values, one for each row.
        """
        raise NotImplementedError


def checked_generators(generators: Sequence[Any] | None) -> None:
    """Refuse what is no generator.

    Raises:
        TypeError: something else was given.
    """
    for one in generators or ():
        if not isinstance(one, StatsGenerator):
            raise TypeError(
                "generators: expected a CombinerStatsGenerator, CombinerFeatureStatsGenerator or "
                f"TransformStatsGenerator, received {type(one).__name__}"
            )
