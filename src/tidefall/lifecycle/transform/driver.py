"""`analyze_and_transform`: from data and a preprocessing function to an output directory."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import tidefall as tf
from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.data_validation.protos import own
from tidefall.lifecycle.transform import export
from tidefall.lifecycle.transform.cache import AnalyzerCache
from tidefall.lifecycle.transform.features import (
    schema_as_feature_spec,
    schema_from_feature_spec,
    type_specs,
)
from tidefall.lifecycle.transform.output import TFTransformOutput, transformed_batches
from tidefall.lifecycle.transform.phases import (
    Columns,
    Preprocessing,
    Traced,
    analyze,
    checked_outputs,
)
from tidefall.lifecycle.transform.sources import BATCH_SIZE, CsvOptions, Shard, shards_of
from tidefall.lifecycle.transform.tensors import values_of
from tidefall.lifecycle.transform.tracing import Trace, tracing
from tidefall.proto import metadata


class Analysis:
    """What an analysis gave, and the data it was made of.

    Attributes:
        output: the output directory, as a `TFTransformOutput`.
        passes: how often the data were read.
        cache_hits: how many accumulators of shards came from the cache.
        cache_misses: how many had to be made.
    """

    def __init__(
        self, output: TFTransformOutput, shards: list[Shard], passes: int,
        cache: AnalyzerCache | None,
    ):  # fmt: skip
        self.output, self.passes = output, passes
        self.cache_hits = cache.hits if cache else 0
        self.cache_misses = cache.misses if cache else 0
        self._shards = shards

    def batches(self) -> Iterator[dict[str, Any]]:
        """Yield the transformed data, in batches: dicts of tensors."""
        yield from transformed_batches(self.output, self._shards)

    def write_examples(self, path: str, compression: str = "GZIP") -> int:
        """Write the transformed data as a TFRecord of Examples, whole or not at all.

        Args:
            path: the name of the file.
            compression: "GZIP", "ZLIB" or "".

        Returns:
            How many examples there are.
        """
        count = 0
        temporary = f"{path}.tmp"
        with tf.io.TFRecordWriter(temporary, tf.io.TFRecordOptions(compression)) as writer:
            for batch in self.batches():
                for example in serialized_examples(batch):
                    writer.write(example)
                    count += 1
        os.replace(temporary, path)
        return count


def feature_rows(batch: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a batch: of dense features arrays or scalars, of others lists of values."""
    columns: dict[str, list[Any]] = {}
    for name, value in batch.items():
        if isinstance(value, tf.SparseTensor):
            value = tf.RaggedTensor.from_sparse(value)
        if isinstance(value, tf.RaggedTensor):
            columns[name] = [np.asarray(row) for row in value.to_list()]
        else:
            columns[name] = list(value.numpy())
    names = list(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def serialized_examples(batch: Mapping[str, Any]) -> list[bytes]:
    """The rows of a batch as serialized Examples."""
    kinds = {"f": "float_list", "i": "int64_list"}
    examples = []
    for row in feature_rows(batch):
        example = tf.train.Example()
        for name, value in row.items():
            array = np.ravel(np.asarray(value))
            kind = kinds.get(array.dtype.kind, "bytes_list")
            if not array.size:
                example.features.feature[name].SetInParent()
            else:
                getattr(example.features.feature[name], kind).value.extend(array.tolist())
        examples.append(example.SerializeToString())
    return examples


def analyze_and_transform(
    data: Any,
    preprocessing_fn: Preprocessing,
    output_dir: str,
    feature_spec: Mapping[str, Any] | None = None,
    schema: Any = None,
    cache_dir: str | None = None,
    batch_size: int = BATCH_SIZE,
    csv_options: CsvOptions | None = None,
) -> Analysis:
    """Run a preprocessing function's analyzers over data and write its graph.

    Args:
        data: a dict of arrays, a list of dicts, an Arrow table, a data frame, a `tf.data.Dataset`
            of batches, or one or more names or patterns of files: `.csv`, `.parquet`, else
            TFRecords of Examples.
        preprocessing_fn: a function from a dict of tensors, one batch, to a dict of tensors. It
            calls analyzers and mappers of this package, and any op.
        output_dir: where the result goes: `transform_fn`, `transformed_metadata`, `metadata`. It
            appears whole or not at all, and replaces what was there.
        feature_spec: the columns: features as `tf.io.parse_example` takes them.
        schema: in its place a Schema of TensorFlow Metadata.
        cache_dir: a folder for what analyzers found in each file. With it, only files are read that
            were not there or not the same before.
        batch_size: how many rows are looked at together.
        csv_options: how CSV files are read.

    Returns:
        An `Analysis`: the output, and an iterator over the transformed data.

    Raises:
        InvalidArgumentError: no data, missing columns, or analyzers in places where none can be.
        TypeError: outputs that are no tensors.
        ValueError: outputs that no Example can hold.

    >>> import tempfile
    >>> import tidefall as tf
    >>> from tidefall import transform as tft
    >>> analysis = tft.analyze_and_transform(
    ...     {"x": [1.0, 2.0, 3.0]}, lambda inputs: {"y": tft.scale_to_0_1(inputs["x"])},
    ...     tempfile.mkdtemp() + "/out", {"x": tf.io.FixedLenFeature([], tf.float32)})
    >>> next(analysis.batches())["y"].numpy().tolist()
    [0.0, 0.5, 1.0]
    """
    if (feature_spec is None) == (schema is None):
        raise ValueError("give one of feature_spec and schema")
    if feature_spec is None:
        feature_spec = schema_as_feature_spec(schema).feature_spec
    raw_schema = schema_from_feature_spec(feature_spec) if schema is None else own(schema)
    specs = type_specs(feature_spec)
    shards = shards_of(data, feature_spec, batch_size, csv_options)
    cache = AnalyzerCache(cache_dir) if cache_dir else None
    with tempfile.TemporaryDirectory(prefix="tidefall-transform-") as folder:
        source = f"{sorted(feature_spec.items())!r}{csv_options!r}"
        _refuse_empty(shards)
        known, passes = analyze(preprocessing_fn, specs, shards, folder, cache, source)
        _export(preprocessing_fn, specs, known, output_dir, raw_schema)
    return Analysis(TFTransformOutput(output_dir), shards, passes, cache)


def _refuse_empty(shards: list[Shard]) -> None:
    for shard in shards:
        for _ in shard.features():
            return
    raise invalid(
        "there are no data to analyze: "
        + (", ".join(shard.name for shard in shards[:5]) or "no file")
        + " has no row"
    )


def _export(
    preprocessing_fn: Preprocessing, specs: dict[str, Any], known: Traced, output_dir: str,
    raw_schema: Any,
) -> None:  # fmt: skip
    transformed_schema = schema_from_feature_spec(
        export.output_spec(known.outputs), _domains(known)
    )
    module = export.Exported()

    @tf.function(input_signature=[specs], autograph=False)
    def transform(inputs: dict[str, Any]) -> dict[str, Any]:
        with tracing(Trace(known.trace.results, known.trace.folder, module)):
            return checked_outputs(preprocessing_fn(Columns(inputs)))

    export.write(
        output_dir, module, transform, specs, transformed_schema, raw_schema, known.trace.assets
    )


def _domains(known: Traced) -> dict[str, Any]:
    """The ranges of integer outputs that are categories."""
    names, bounds = [], []
    for name, value in known.outputs.items():
        values = values_of(value)
        if values.name in known.trace.ranges and value.dtype == tf.int64:
            names.append(name)
            bounds += known.trace.ranges[values.name]
    if not names:
        return {}
    numbers = [int(bound) for bound in known.graph.prune([], bounds)()]
    return {
        name: metadata.IntDomain(min=low, max=high, is_categorical=True)
        for name, low, high in zip(names, numbers[::2], numbers[1::2], strict=True)
    }
