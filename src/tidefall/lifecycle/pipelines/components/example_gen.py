"""ExampleGen: files and queries in, Examples in splits out."""

from __future__ import annotations

import bisect
import json
import os
from collections.abc import Iterator
from typing import Any, ClassVar

from tidefall.lifecycle.pipelines import proto
from tidefall.lifecycle.pipelines.components import example_inputs as inputs
from tidefall.lifecycle.pipelines.components.files import message
from tidefall.lifecycle.pipelines.dsl.nodes import (
    BaseComponent,
    BaseExecutor,
    ChannelParameter,
    ComponentSpec,
    ExecutionParameter,
)
from tidefall.lifecycle.pipelines.dsl.placeholders import Placeholder
from tidefall.lifecycle.pipelines.failures import invalid, unimplemented
from tidefall.lifecycle.pipelines.types.standard_artifacts import Examples
from tidefall.lifecycle.pipelines.utils.proto_utils import proto_to_json


class ExampleGenSpec(ComponentSpec):
    """What ExampleGen takes and gives."""

    PARAMETERS = {  # noqa: RUF012
        name: ExecutionParameter(optional=True)
        for name in ("input_base", "input_config", "output_config", "range_config", "custom_config",
                     "output_data_format", "query", "database")
    }  # fmt: skip
    OUTPUTS = {"examples": ChannelParameter(Examples)}  # noqa: RUF012


class FilesExecutor(BaseExecutor):
    """Reads records, puts each into its split by its hash."""

    @classmethod
    def prepare(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        """Find span, version and fingerprint, before the cache is asked."""
        found = dict(parameters)
        base = found.get("input_base") or ""
        config = message("Input", found, "input_config")
        wanted = message("RangeConfig", found, "range_config")
        spans = set()
        files: list[str] = []
        for split in config.splits:
            span, version, split.pattern = inputs.find_span(base, split.pattern, wanted)
            spans.add((span, version))
            files += inputs.matching(base, split.pattern)
        if len(spans) != 1:
            raise invalid(f"ExampleGen: the splits have different spans or versions: {spans}")
        ((span, version),) = spans
        found.update(input_config=proto_to_json(config), span=span, version=version)
        found["input_fingerprint"] = inputs.fingerprint(files)
        return found

    @staticmethod
    def records(files: list[str]) -> Iterator[bytes]:
        """Yield serialized Examples of files."""
        raise NotImplementedError

    def source(self, parameters: dict[str, Any], pattern: str) -> Iterator[bytes]:
        """Yield the records of an input split."""
        return self.records(inputs.matching(parameters.get("input_base") or "", pattern))

    def Do(
        self, input_dict: dict[str, list[Any]], output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:  # fmt: skip
        del input_dict
        (examples,) = output_dict["examples"]
        config = message("Input", exec_properties, "input_config")
        splits = message("Output", exec_properties, "output_config").split_config
        sources = [(one.name, one.pattern) for one in config.splits]
        if splits.splits and len(sources) != 1:
            raise invalid("ExampleGen: output splits need one input split, not several")
        names = [one.name for one in splits.splits] or [name for name, _ in sources]
        if len(set(names)) != len(names) or not all(names):
            raise invalid(f"ExampleGen: splits need different names, got {names}")
        examples.splits = names
        examples.span = exec_properties.get("span") or 0
        if exec_properties.get("version") is not None:
            examples.version = exec_properties["version"]
        examples.set_string_custom_property("file_format", "tfrecords_gzip")
        payload = exec_properties.get("output_data_format") or 6
        examples.set_string_custom_property("payload_format", proto.PayloadFormat.Name(payload))
        fingerprint = exec_properties.get("input_fingerprint")
        if fingerprint:
            examples.set_string_custom_property("input_fingerprint", fingerprint)
        counts = {}
        for name, pattern in sources:
            records = self.source(exec_properties, pattern)
            counts.update(_write(examples, records, splits if splits.splits else None, name))
        if not sum(counts.values()):
            raise invalid("ExampleGen: the input has no row")
        examples.set_string_custom_property("num_examples", json.dumps(counts))


def _write(examples: Any, records: Iterator[bytes], config: Any, only: str) -> dict[str, int]:
    from contextlib import ExitStack

    import tidefall as tf

    names = [one.name for one in config.splits] if config else [only]
    ends: list[int] = []
    for one in config.splits if config else ():
        if not one.hash_buckets:
            raise invalid(f"ExampleGen: split {one.name!r} needs hash_buckets of 1 or more")
        ends.append((ends[-1] if ends else 0) + one.hash_buckets)
    feature = config.partition_feature_name if config else ""
    counts = dict.fromkeys(names, 0)
    with ExitStack() as stack:
        writers = []
        for name in names:
            folder = examples.path(split=name)
            os.makedirs(folder, exist_ok=True)
            path = os.path.join(folder, "data_tfrecord-00000-of-00001.gz")
            writers.append(stack.enter_context(tf.io.TFRecordWriter(path, "GZIP")))
        for record in records:
            place = 0
            if ends:
                partition = _partition(record, feature) if feature else record
                place = bisect.bisect(ends, inputs.bucket_of(partition, ends[-1]))
            writers[place].write(record)
            counts[names[place]] += 1
    return counts


def _partition(record: bytes, name: str) -> bytes:
    import tidefall as tf

    feature = tf.train.Example.FromString(record).features.feature[name]
    kind = feature.WhichOneof("kind")
    values = getattr(feature, kind).value if kind in ("bytes_list", "int64_list") else ()
    if not values:
        raise invalid(f"ExampleGen: a row has no text or integer in {name!r} to split by")
    value = values[0]
    return value if isinstance(value, bytes) else str(value).encode()


class CsvExecutor(FilesExecutor):
    """Rows of CSV files."""

    @staticmethod
    def records(files: list[str]) -> Iterator[bytes]:
        return map(inputs.serialized, inputs.csv_rows(files))


class ParquetExecutor(FilesExecutor):
    """Rows of Parquet files."""

    @staticmethod
    def records(files: list[str]) -> Iterator[bytes]:
        return map(inputs.serialized, inputs.parquet_rows(files))


class ImportExecutor(FilesExecutor):
    """Records of TFRecord files, as they are."""

    @staticmethod
    def records(files: list[str]) -> Iterator[bytes]:
        from tidefall.io.records.tfrecord import read_records
        from tidefall.lifecycle.data_validation.sources.files import is_gzip

        for path in files:
            yield from read_records(path, "GZIP" if is_gzip(path) else "")


class SqlExecutor(FilesExecutor):
    """Rows of a query."""

    @classmethod
    def prepare(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        # A query can read any file, so that only its rows say whether something has changed.
        rows = inputs.sql_rows(str(parameters.get("database") or ""), parameters["query"])
        return {**parameters, "input_fingerprint": inputs.rows_fingerprint(rows)}

    def source(self, parameters: dict[str, Any], pattern: str) -> Iterator[bytes]:
        del pattern
        rows = inputs.sql_rows(str(parameters.get("database") or ""), parameters["query"])
        return map(inputs.serialized, rows)


def _default_output(input_config: Any) -> Any:
    if isinstance(input_config, Placeholder) or len(input_config.splits) > 1:
        return proto.Output()
    split = proto.SplitConfig.Split
    both = [split(name="train", hash_buckets=2), split(name="eval", hash_buckets=1)]
    return proto.Output(split_config=proto.SplitConfig(splits=both))


class FileBasedExampleGen(BaseComponent):
    """Examples of files.

    Args:
        input_base: the folder of the files.
        input_config: an `Input`: patterns of files by split; all files by default.
        output_config: an `Output`: splits and their shares; 2 of 3 for "train", else "eval".
        custom_config: not used.
        range_config: a `RangeConfig`: which span.
        output_data_format: what records are; Examples.
        custom_executor_spec: another executor.
    """

    SPEC_CLASS = ExampleGenSpec
    PATTERN: ClassVar[str] = "*"

    def __init__(
        self, input_base: str | None = None, input_config: Any = None, output_config: Any = None,
        custom_config: Any = None, range_config: Any = None, output_data_format: int | None = None,
        output_file_format: int | None = None, custom_executor_spec: Any = None,
    ):  # fmt: skip
        if output_file_format not in (None, 5):
            raise unimplemented("ExampleGen writes TFRecords with gzip; other output_file_format")
        if input_config is None:
            split = proto.Input.Split(name="single_split", pattern=self.PATTERN)
            input_config = proto.Input(splits=[split])
        super().__init__(
            ExampleGenSpec(
                input_base=input_base, input_config=input_config,
                output_config=output_config or _default_output(input_config),
                range_config=range_config, custom_config=custom_config,
                output_data_format=output_data_format,
            ),
            custom_executor_spec,
        )  # fmt: skip


class CsvExampleGen(FileBasedExampleGen):
    """Examples of the rows of CSV files, whose first line names the columns."""

    EXECUTOR_SPEC = CsvExecutor

    def __init__(
        self, input_base: str | None = None, input_config: Any = None, output_config: Any = None,
        range_config: Any = None,
    ):  # fmt: skip
        super().__init__(input_base, input_config, output_config, range_config=range_config)


class ParquetExampleGen(FileBasedExampleGen):
    """Examples of the rows of Parquet files."""

    EXECUTOR_SPEC = ParquetExecutor


class ImportExampleGen(FileBasedExampleGen):
    """The records of TFRecord files, in splits."""

    EXECUTOR_SPEC = ImportExecutor

    def __init__(
        self, input_base: str | None = None, input_config: Any = None, output_config: Any = None,
        range_config: Any = None, payload_format: int = 6,
    ):  # fmt: skip
        super().__init__(
            input_base, input_config, output_config, range_config=range_config,
            output_data_format=payload_format,
        )  # fmt: skip


class SqlExampleGen(BaseComponent):
    """Examples of the rows that a query gives.

    Args:
        query: in DuckDB's SQL; it can read files, too: `select * from 'trips.parquet'`. It runs
            once more before, to see whether the rows are those of an earlier run.
        database: a file of DuckDB or SQLite, whose SQL the query then is; none by default.
        output_config: as of `FileBasedExampleGen`.
    """

    SPEC_CLASS, EXECUTOR_SPEC = ExampleGenSpec, SqlExecutor

    def __init__(self, query: str, database: str | None = None, output_config: Any = None):
        split = proto.Input.Split(name="single_split", pattern=query)
        config = proto.Input(splits=[split])
        super().__init__(
            ExampleGenSpec(
                input_config=config, output_config=output_config or _default_output(config),
                query=query, database=database,
            )
        )  # fmt: skip
