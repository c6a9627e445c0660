"""`generate_statistics_from_*`: statistics of files, frames, tables, queries and datasets."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import Any

from tidefall.base.logs import get_logger
from tidefall.lifecycle.data_validation.failures import invalid, need
from tidefall.lifecycle.data_validation.options import MEBIBYTE, StatsOptions
from tidefall.lifecycle.data_validation.paths import FeaturePath
from tidefall.lifecycle.data_validation.protos import write_binary
from tidefall.lifecycle.data_validation.sources.csv_files import CsvSource
from tidefall.lifecycle.data_validation.sources.files import matching
from tidefall.lifecycle.data_validation.sources.parquet_files import ParquetSource
from tidefall.lifecycle.data_validation.sources.record_files import RecordSource
from tidefall.lifecycle.data_validation.sources.shards import Source
from tidefall.lifecycle.data_validation.sources.tables import (
    arrow_source,
    dataset_source,
    frame_source,
    sql_source,
)
from tidefall.lifecycle.data_validation.statistics.scan import Progress, scan
from tidefall.lifecycle.data_validation.statistics.table import TableStatistics

Location = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def generate_statistics_from_csv(
    data_location: Location,
    column_names: Sequence[str] | None = None,
    delimiter: str = ",",
    output_path: str | os.PathLike[str] | None = None,
    stats_options: StatsOptions | None = None,
    pipeline_options: Any = None,
    compression_type: str = "AUTO",
    *,
    encoding: str = "utf-8",
    progress: Progress | None = None,
    work_folder: str | os.PathLike[str] | None = None,
) -> Any:
    """Return the statistics of CSV files.

    Types follow from the cells of each column: INT, else FLOAT, else STRING. An empty cell is a
    missing value. With `stats_options.infer_type_from_schema` the types are the schema's, and a
    cell that does not fit is an error.

    Args:
        data_location: files, patterns or folders.
        column_names: of files without a line of names.
        delimiter: one character.
        output_path: a file to write the statistics to as well.
        stats_options: what to gather.
        pipeline_options: accepted for TFDV's sake; there is no pipeline.
        compression_type: "AUTO", "GZIP" or "UNCOMPRESSED".
        encoding: of the text.
        progress: told bytes done, and of all.
        work_folder: keeps what is finished, so that a scan that was ended goes on.

    Returns:
        A `DatasetFeatureStatisticsList`.

    Raises:
        NotFoundError: there is no such file.
        InvalidArgumentError: a file is empty, or a cell is not what the schema says.
        DataLossError: a row is torn, or its bytes are no text; the message names file, row, column.

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp(), "trips.csv")
    >>> _ = path.write_text("fare,company\\n12.5,Blue\\n,Red\\n7.5,Blue\\n")
    >>> fare, company = generate_statistics_from_csv(path).datasets[0].features
    >>> fare.num_stats.mean, fare.num_stats.common_stats.num_missing
    (10.0, 1)
    >>> [(top.value, int(top.frequency)) for top in company.string_stats.top_values]
    [('Blue', 2), ('Red', 1)]
    """
    options = stats_options or StatsOptions()
    source = csv_source(data_location, options, column_names, delimiter, compression_type, encoding)
    return _generated(source, options, output_path, progress, work_folder)


def csv_source(
    location: Location,
    options: StatsOptions,
    column_names: Sequence[str] | None = None,
    delimiter: str = ",",
    compression: str = "AUTO",
    encoding: str = "utf-8",
) -> CsvSource:
    """CSV files as a source, in chunks that fit the memory."""
    threads = options.threads or os.cpu_count() or 1
    size = options.memory_budget // (8 * (threads + 2))
    return CsvSource(
        location,
        column_names,
        delimiter,
        compression,
        encoding,
        _types(options),
        min(max(size, MEBIBYTE), 16 * MEBIBYTE),
        options.on_bad_row,
    )


def parquet_source(location: Location, options: StatsOptions) -> ParquetSource:
    """Parquet files as a source, of which only the columns that matter are read."""
    columns = None
    sliced = options.slicers or options.slicing_config is not None
    if options.feature_allowlist is not None and not sliced:
        needed = {*(options.per_feature_weight_override or {}).values(), options.weight_feature}
        columns = [
            name
            for name in ParquetSource(location).names
            if options.allows(FeaturePath([name])) or name in needed
        ]
    threads = options.threads or os.cpu_count() or 1
    return ParquetSource(
        location,
        columns,
        options.memory_budget // (4 * (threads + 2)),
        options.columns_are_independent,
    )


def _types(options: StatsOptions) -> dict[str, str]:
    if not options.infer_type_from_schema:
        return {}
    from tidefall.proto.metadata import FeatureType

    known = {"BYTES": "string", "INT": "int64", "FLOAT": "double"}
    kinds = {feature.name: FeatureType.Name(feature.type) for feature in options.schema.feature}
    return {name: known[kind] for name, kind in kinds.items() if kind in known}


def generate_statistics_from_parquet(
    data_location: Location,
    stats_options: StatsOptions | None = None,
    output_path: str | os.PathLike[str] | None = None,
    *,
    progress: Progress | None = None,
    work_folder: str | os.PathLike[str] | None = None,
) -> Any:
    """Return the statistics of Parquet files.

    Args:
        data_location: files, patterns or folders.
        stats_options: what to gather.
        output_path: a file to write the statistics to as well.
        progress: told bytes done, and of all.
        work_folder: keeps what is finished, so that a scan that was ended goes on.

    Returns:
        A `DatasetFeatureStatisticsList`.

    Raises:
        NotFoundError: there is no such file.
        DataLossError: a file is damaged.
    """
    options = stats_options or StatsOptions()
    source = parquet_source(data_location, options)
    return _generated(source, options, output_path, progress, work_folder)


def generate_statistics_from_tfrecord(
    data_location: Location,
    output_path: str | os.PathLike[str] | None = None,
    stats_options: StatsOptions | None = None,
    pipeline_options: Any = None,
    *,
    progress: Progress | None = None,
    work_folder: str | os.PathLike[str] | None = None,
) -> Any:
    """Return the statistics of TFRecord files of `tf.train.Example` or `SequenceExample`.

    Feature lists of SequenceExamples are features of the structure `##SEQUENCE##`.

    Args:
        data_location: files, patterns or folders; compressed with gzip or not.
        output_path: a file to write the statistics to as well.
        stats_options: what to gather.
        pipeline_options: accepted for TFDV's sake; there is no pipeline.
        progress: told bytes done, and of all.
        work_folder: keeps what is finished, so that a scan that was ended goes on.

    Returns:
        A `DatasetFeatureStatisticsList`.

    Raises:
        NotFoundError: there is no such file.
        DataLossError: a file is damaged, or a record is no example.
        InvalidArgumentError: a feature holds values of several kinds.
    """
    options = stats_options or StatsOptions()
    return _generated(RecordSource(data_location), options, output_path, progress, work_folder)


def generate_statistics_from_dataframe(
    dataframe: Any, stats_options: StatsOptions | None = None, n_jobs: int = 1
) -> Any:
    """Return the statistics of a pandas data frame.

    Columns of truth values are categories of the integers 0 and 1.

    Args:
        dataframe: the frame; its index is left out.
        stats_options: what to gather.
        n_jobs: how many threads; -1 for all cores.

    Returns:
        A `DatasetFeatureStatisticsList`.

    Raises:
        TypeError: it is no data frame.
        ValueError: `n_jobs` is neither -1 nor positive.
        InvalidArgumentError: a column holds values of several types.
    """
    import pandas as pd

    if not isinstance(dataframe, pd.DataFrame):
        raise TypeError(
            f"dataframe argument is of type {type(dataframe).__name__}. Must be a pandas DataFrame."
        )
    if n_jobs < -1 or n_jobs == 0:
        raise ValueError(f"Invalid n_jobs parameter {n_jobs}. Should be either -1 or >= 1.")
    options = stats_options or StatsOptions()
    truth = [str(c) for c in dataframe.columns if dataframe[c].dtype.kind == "b"]
    if truth and options.schema is None:
        from tidefall.proto import metadata

        schema = metadata.Schema()
        for name in truth:
            feature = schema.feature.add(name=name, type=metadata.FeatureType.INT)
            feature.bool_domain.SetInParent()
        options = options.replace(schema=schema)
    if options.threads is None:
        options = options.replace(threads=(os.cpu_count() or 1) if n_jobs == -1 else n_jobs)
    return _generated(frame_source(dataframe), options)


def generate_statistics_from_arrow(table: Any, stats_options: StatsOptions | None = None) -> Any:
    """Return the statistics of an Arrow table, record batch, or reader of batches.

    >>> import pyarrow as pa
    >>> found = generate_statistics_from_arrow(pa.table({"tags": [["a", "b"], [], None]}))
    >>> common = found.datasets[0].features[0].string_stats.common_stats
    >>> common.num_non_missing, common.num_missing, common.min_num_values, common.max_num_values
    (2, 1, 0, 2)
    """
    return _generated(arrow_source(table), stats_options or StatsOptions())


def generate_statistics_from_sql(
    query: str, database: Any = ":memory:", stats_options: StatsOptions | None = None
) -> Any:
    """Return the statistics of the rows of a SQL query, which DuckDB runs.

    Args:
        query: SQL; files can be named in it, as in `select * from 'day.parquet' where fare > 0`.
        database: the file of a database, or a DuckDB connection.
        stats_options: what to gather.

    Raises:
        InvalidArgumentError: the query is refused.
    """
    return _generated(sql_source(query, database), stats_options or StatsOptions())


def generate_statistics_from_dataset(
    dataset: Any, stats_options: StatsOptions | None = None, batched: bool | None = None
) -> Any:
    """Return the statistics of a finite `tf.data.Dataset`.

    Args:
        dataset: elements are dictionaries of tensors, or pairs of one and a label.
        stats_options: what to gather.
        batched: whether elements are batches; see `sources.tables.dataset_source`.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.from_tensor_slices({"age": [31, 45, 54]})
    >>> found = generate_statistics_from_dataset(dataset)
    >>> found.datasets[0].num_examples, found.datasets[0].features[0].num_stats.max
    (3, 54.0)
    """
    return _generated(dataset_source(dataset, batched), stats_options or StatsOptions())


def generate_statistics_in_memory(batch: Any, options: StatsOptions | None = None) -> Any:
    """Return the statistics of one Arrow record batch."""
    table = TableStatistics(options or StatsOptions())
    table.add(batch)
    return table.message()


def source_of(
    location: Any, options: StatsOptions, file_format: str = "", delimiter: str = ","
) -> Source:
    """Files as a source, by what they are called.

    Args:
        location: files, patterns or folders.
        options: of the scan.
        file_format: "csv", "parquet" or "tfrecord"; by the names by default.
        delimiter: of CSV files.

    Raises:
        InvalidArgumentError: the names do not say what the files are.
    """
    files = matching(location)
    name = file_format or format_of(files[0])
    if name == "csv":
        return csv_source(files, options, delimiter=delimiter)
    if name == "parquet":
        return parquet_source(files, options)
    if name == "tfrecord":
        return RecordSource(files)
    raise invalid(
        f"{files[0]}: its name says neither csv, parquet nor tfrecord; say so with --format"
    )


def format_of(path: str) -> str:
    """What a file's name says that it is; "" if nothing."""
    name = os.path.basename(path).lower()
    for known, endings in (
        ("csv", (".csv", ".csv.gz", ".tsv", ".txt")),
        ("parquet", (".parquet", ".pq")),
        ("tfrecord", (".tfrecord", ".tfrecords", ".tfrecord.gz", ".tfrecords.gz")),
    ):
        if name.endswith(endings) or (known == "tfrecord" and "tfrecord" in name):
            return known
    return ""


def _generated(
    source: Source,
    options: StatsOptions,
    output_path: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    work_folder: str | os.PathLike[str] | None = None,
) -> Any:
    try:
        import pyarrow as pa  # noqa: F401
    except ImportError:
        raise need("pyarrow") from None
    found = scan(source, options, progress, work_folder)
    if found.skipped:
        text = "%d torn rows were left out of the statistics"
        get_logger().log(logging.WARNING, text, found.skipped)
    message = found.message()
    if output_path is not None:
        write_binary(message, output_path)
    return message
