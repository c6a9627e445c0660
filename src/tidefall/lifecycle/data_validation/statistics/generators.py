"""Statistics of one's own, beside ours: the interface of TensorFlow Data Validation's generators.

A generator gathers accumulators from Arrow record batches, merges them in the order of the data,
and says what it found as a message, which is joined with the others' by the paths of features.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tidefall.lifecycle.data_validation.failures import invalid, unimplemented
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


class TransformStatsGenerator(StatsGenerator):
    """A generator that is a Beam transform: there is no Beam here.

    Raises:
        UnimplementedError: always.
    """

    def __init__(self, name: str, ptransform: Any = None, schema: Any = None):
        del ptransform, schema
        raise unimplemented(
            f"TransformStatsGenerator({name!r}): Beam transforms; a CombinerStatsGenerator does "
            "the same by accumulators"
        )


def checked_generators(generators: Sequence[Any] | None) -> None:
    """Refuse what is no generator.

    Raises:
        TypeError: something else was given.
    """
    for one in generators or ():
        if not isinstance(one, (CombinerStatsGenerator, CombinerFeatureStatsGenerator)):
            raise TypeError(
                "generators: expected a CombinerStatsGenerator or CombinerFeatureStatsGenerator, "
                f"received {type(one).__name__}"
            )


class OwnStatistics:
    """What generators have gathered of the rows of one slice.

    Args:
        generators: what gathers.
    """

    def __init__(self, generators: Sequence[Any]):
        self._generators = list(generators)
        # By the number of the generator, and the path of the feature where it sees only one.
        self._held: dict[tuple[int, FeaturePath | None], Any] = {}

    def add(self, batch: Any) -> None:
        """Take in the rows of an Arrow record batch."""
        import pyarrow as pa

        if not self._generators:
            return
        columns = [as_lists(column) for column in batch.columns]
        lists = pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
        for number, generator in enumerate(self._generators):
            if isinstance(generator, CombinerStatsGenerator):
                held = self._of(number, None)
                self._held[number, None] = generator.add_input(held, lists)
                continue
            for name, column in zip(batch.schema.names, columns, strict=True):
                path = FeaturePath([name])
                held = self._of(number, path)
                self._held[number, path] = generator.add_input(held, path, column)

    def _of(self, number: int, path: FeaturePath | None) -> Any:
        found = self._held.get((number, path))
        return self._generators[number].create_accumulator() if found is None else found

    def merge(self, other: OwnStatistics) -> None:
        """Take in what was gathered of the rows behind."""
        for key, theirs in other._held.items():
            generator = self._generators[key[0]]
            if key in self._held:
                theirs = generator.merge_accumulators([self._held[key], theirs])
            self._held[key] = generator.compact(theirs)

    def fill(self, message: Any) -> None:
        """Add it to the features of a DatasetFeatureStatistics.

        Raises:
            InvalidArgumentError: a generator gave something else than its message.
        """
        from tidefall.proto import metadata

        places = {tuple(feature.path.step): feature for feature in message.features}

        def join(found: Any) -> None:
            steps = tuple(found.path.step) or (found.name,)
            if steps in places:
                for name in ("name", "path"):  # Steps would be added to those that are there.
                    found.ClearField(name)
            else:
                places[steps] = message.features.add()
            places[steps].MergeFrom(found)

        for (number, path), held in self._held.items():
            generator = self._generators[number]
            found = generator.extract_output(held)
            kind = metadata.DatasetFeatureStatistics
            if path is not None:
                kind = metadata.FeatureNameStatistics
            if found.DESCRIPTOR.full_name != kind.DESCRIPTOR.full_name:
                raise invalid(
                    f"generator {generator.name!r}: expected a {kind.__name__}, received a "
                    f"{type(found).__name__}"
                )
            own = kind.FromString(found.SerializeToString())
            if path is None:
                for feature in own.features:
                    join(feature)
                message.cross_features.extend(own.cross_features)
            else:
                own.path.step[:] = list(path.steps())
                join(own)


def as_lists(column: Any) -> Any:
    """A column whose rows are lists of values; rows without a value are null."""
    import numpy as np
    import pyarrow as pa

    kind = column.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return column
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
    offsets = pa.array(np.arange(len(column) + 1))
    mask = column.is_null() if column.null_count else None
    return pa.LargeListArray.from_arrays(offsets, column, mask=mask)
