"""Generators that see all rows one after the other, as often as they like, without accumulators."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tidefall.lifecycle.data_validation.failures import invalid, unimplemented
from tidefall.lifecycle.data_validation.statistics.generators.interface import StatsGenerator

SlicedBatch = tuple[str, Any]
"""The name of a slice and an Arrow record batch of its rows."""

Transform = Callable[[Iterable[SlicedBatch]], Iterable[tuple[str, Any]]]


class SpooledBatches:
    """Record batches on disk, in their order; the file is gone when nobody holds it any more."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="tidefall-batches-")
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._parts: list[SpooledBatches] = []
        self._files: list[str] = []

    def add(self, batch: Any) -> None:
        """Write a batch behind the others."""
        import pyarrow as pa

        # A file holds one schema, and a column that lacks values may have another type than before.
        path = os.path.join(self._folder, f"{len(self._files):06d}.arrow")
        with pa.OSFile(path, "wb") as sink, pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        self._files.append(path)

    def append(self, other: SpooledBatches) -> None:
        """Put another one's batches behind these."""
        self._parts.append(other)  # So that its folder stays.
        self._files += other._files

    def __iter__(self) -> Iterator[Any]:
        import pyarrow as pa

        for path in self._files:
            with pa.OSFile(path) as source, pa.ipc.open_stream(source) as reader:
                yield from reader


class TransformStatsGenerator(StatsGenerator):
    """A generator that is a function of all rows of a slice: a transform.

    TensorFlow Data Validation's is one of Beam's PTransforms. Here it is a function, or an object
    with a method `expand`, from pairs of a slice's name and an Arrow record batch to pairs of a
    slice's name and a `DatasetFeatureStatistics`. It is called once for each slice. Batches lie on
    disk meanwhile, so that it may look at them several times.

    Args:
        name: what messages call it.
        ptransform: the function, or an object with `expand`.
        schema: of the data, if it needs one.

    Raises:
        TypeError: `ptransform` is neither.
        UnimplementedError: it is a transform of Beam.

    >>> from tidefall import data_validation as tfdv
    >>> from tidefall.proto import metadata
    >>> def span(batches):
    ...     for name, batch in batches:
    ...         values = batch.column("x").flatten().to_pylist()
    ...         result = metadata.DatasetFeatureStatistics()
    ...         feature = result.features.add(path={"step": ["x"]})
    ...         feature.custom_stats.add(name="span", num=max(values) - min(values))
    ...         yield name, result
    >>> import pyarrow as pa
    >>> options = tfdv.StatsOptions(generators=[tfdv.TransformStatsGenerator("span", span)])
    >>> found = tfdv.generate_statistics_from_arrow(pa.table({"x": [3, 8]}), options)
    >>> found.datasets[0].features[0].custom_stats[0].num
    5.0
    """

    def __init__(self, name: str, ptransform: Any, schema: Any = None):
        super().__init__(name, schema)
        if any(
            kind.__module__.partition(".")[0] == "apache_beam" for kind in type(ptransform).mro()
        ):
            raise unimplemented(
                f"TransformStatsGenerator({name!r}): transforms of Beam; give a function from "
                "pairs of a slice's name and a record batch to pairs of a name and statistics"
            )
        transform = getattr(ptransform, "expand", ptransform)
        if not callable(transform):
            raise TypeError(
                f"TransformStatsGenerator({name!r}): expected a function or an object with "
                f"`expand`, received {type(ptransform).__name__}"
            )
        self._transform: Transform = transform

    def create_accumulator(self) -> SpooledBatches:
        """Return a place for batches."""
        return SpooledBatches()

    def add_input(self, accumulator: SpooledBatches, input_record_batch: Any) -> SpooledBatches:
        """Keep a batch."""
        accumulator.add(input_record_batch)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[SpooledBatches]) -> SpooledBatches:
        """Put batches one behind the other."""
        merged, *rest = accumulators
        for other in rest:
            merged.append(other)
        return merged

    def transformed(self, slice_name: str, batches: SpooledBatches) -> Iterator[Any]:
        """What the transform says of a slice.

        Raises:
            InvalidArgumentError: it gave no pairs, or one of another slice.
        """
        for pair in self._transform((slice_name, batch) for batch in batches):
            if not (isinstance(pair, tuple) and len(pair) == 2 and pair[0] == slice_name):
                raise invalid(
                    f"generator {self.name!r}: expected pairs of {slice_name!r}, the name of the "
                    f"slice, and a DatasetFeatureStatistics, received {pair!r:.100}"
                )
            yield pair[1]
