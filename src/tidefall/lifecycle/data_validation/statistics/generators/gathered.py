"""What generators have gathered of one slice, and how that joins the usual statistics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.data_validation.paths import FeaturePath
from tidefall.lifecycle.data_validation.statistics.generators.interface import (
    CombinerFeatureStatsGenerator,
)
from tidefall.lifecycle.data_validation.statistics.generators.transforms import (
    TransformStatsGenerator,
)


class OwnStatistics:
    """What generators have gathered of the rows of one slice.

    Args:
        generators: what gathers.
        name: of the slice.
    """

    def __init__(self, generators: Sequence[Any], name: str):
        self._generators, self._name = list(generators), name
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
            if not isinstance(generator, CombinerFeatureStatsGenerator):
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
        places = {tuple(feature.path.step): feature for feature in message.features}

        def join(found: Any) -> None:
            steps = tuple(found.path.step) or (found.name,)
            if steps in places:
                for name in ("name", "path"):  # Steps would be added to those that are there.
                    found.ClearField(name)
            else:
                places[steps] = message.features.add()
            places[steps].MergeFrom(found)

        for path, found in self._messages():
            if path is None:
                for feature in found.features:
                    join(feature)
                message.cross_features.extend(found.cross_features)
            else:
                found.path.step[:] = list(path.steps())
                join(found)

    def _messages(self) -> Iterator[tuple[FeaturePath | None, Any]]:
        """What each generator says, of a feature or of the data set, in our classes."""
        from tidefall.proto import metadata

        for (number, path), held in self._held.items():
            generator = self._generators[number]
            if isinstance(generator, TransformStatsGenerator):
                said = list(generator.transformed(self._name, held))
            else:
                said = [generator.extract_output(held)]
            kind = metadata.DatasetFeatureStatistics
            if path is not None:
                kind = metadata.FeatureNameStatistics
            for found in said:
                full_name = getattr(getattr(found, "DESCRIPTOR", None), "full_name", "")
                if full_name != kind.DESCRIPTOR.full_name:
                    raise invalid(
                        f"generator {generator.name!r}: expected a {kind.__name__}, received a "
                        f"{type(found).__name__}"
                    )
                yield path, kind.FromString(found.SerializeToString())


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
