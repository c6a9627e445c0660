"""Rows of files against a schema, each by itself."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from tidefall.io.records.quarantine import Quarantine
from tidefall.lifecycle.data_validation.contract.rows import Refusal, RowContract
from tidefall.lifecycle.data_validation.options import StatsOptions
from tidefall.lifecycle.data_validation.paths import FeaturePath
from tidefall.lifecycle.data_validation.protos import write_binary
from tidefall.lifecycle.data_validation.rules.tree import is_deprecated
from tidefall.lifecycle.data_validation.sources.record_files import RecordSource
from tidefall.lifecycle.data_validation.sources.shards import Source
from tidefall.lifecycle.data_validation.statistics.generate import Location, csv_source
from tidefall.lifecycle.data_validation.statistics.table import TableStatistics


def validate_examples_in_tfrecord(
    data_location: Location,
    stats_options: StatsOptions,
    output_path: str | os.PathLike[str] | None = None,
    pipeline_options: Any = None,
    num_sampled_examples: int = 0,
) -> Any:
    """Return statistics of the examples that break a schema, one data set for each reason.

    Args:
        data_location: TFRecord files of Examples.
        stats_options: with the schema.
        output_path: a file to write the statistics to as well.
        pipeline_options: accepted for TFDV's sake.
        num_sampled_examples: also return up to so many rows for each reason.

    Returns:
        A `DatasetFeatureStatisticsList` whose data sets are called `FEATURE_TYPE`; with
        `num_sampled_examples` a pair of it and rows by that name, as dictionaries.

    Raises:
        ValueError: the options have no schema.
    """
    return _validated(RecordSource(data_location), stats_options, output_path, num_sampled_examples)


def validate_examples_in_csv(
    data_location: Location,
    stats_options: StatsOptions,
    column_names: Sequence[str] | None = None,
    delimiter: str = ",",
    output_path: str | os.PathLike[str] | None = None,
    pipeline_options: Any = None,
    num_sampled_examples: int = 0,
) -> Any:
    """Return statistics of the rows that break a schema, one data set for each reason.

    Args:
        data_location: CSV files.
        stats_options: with the schema.
        column_names: of files without a line of names.
        delimiter: one character.
        output_path: a file to write the statistics to as well.
        pipeline_options: accepted for TFDV's sake.
        num_sampled_examples: also return up to so many rows for each reason, as a data frame.

    Raises:
        ValueError: the options have no schema.
    """
    source = csv_source(data_location, stats_options, column_names, delimiter)
    found = _validated(source, stats_options, output_path, num_sampled_examples)
    if not num_sampled_examples:
        return found
    import pandas as pd

    return found[0], {reason: pd.DataFrame(rows) for reason, rows in found[1].items()}


def _validated(source: Source, options: StatsOptions, output_path: Any, samples: int) -> Any:
    if options.schema is None:
        raise ValueError("The specified stats_options must include a schema.")
    known = {feature.name for feature in options.schema.feature if not is_deprecated(feature)}
    contract = RowContract(options.schema)
    plain = options.replace(slice_functions=None, slicing_config=None)
    tables: dict[str, TableStatistics] = {}
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for shard in source.shards():
        for batch in shard.batches():
            for reason, chosen in _by_reason(contract, batch, known).items():
                part = batch.take(chosen)
                tables.setdefault(reason, TableStatistics(plain)).add(part)
                if len(rows[reason]) < samples:
                    rows[reason] += part.slice(0, samples - len(rows[reason])).to_pylist()
    from tidefall.proto import metadata

    result = metadata.DatasetFeatureStatisticsList()
    for reason in sorted(tables):
        dataset = tables[reason].message().datasets[0]
        dataset.name = reason
        result.datasets.append(dataset)
    if output_path is not None:
        write_binary(result, output_path)
    return (result, dict(rows)) if samples else result


def _by_reason(contract: RowContract, batch: Any, known: set[str]) -> dict[str, list[int]]:
    found: dict[str, dict[int, None]] = defaultdict(dict)
    for refusal in contract.refusals(batch):
        found[f"{refusal.feature}_{refusal.type}"][refusal.row] = None
    for name in batch.schema.names:
        # A column that the schema does not know is wrong in each row that has it.
        if name not in known:
            column = batch.column(batch.schema.names.index(name))
            for row, there in enumerate(column.is_valid().to_pylist()):
                if there:
                    found[f"{FeaturePath([name])}_SCHEMA_NEW_COLUMN"][row] = None
    return {reason: list(rows) for reason, rows in found.items()}


def admitted_rows(
    source: Source,
    schema: Any,
    environment: str | None = None,
    quarantine_path: str | os.PathLike[str] | None = None,
) -> Iterator[tuple[Any, list[Refusal]]]:
    """Batches of rows that keep to a schema, and why others were refused.

    Args:
        source: the rows.
        schema: a `Schema`.
        environment: one of its environments.
        quarantine_path: a file for the rows that are refused.

    Yields:
        An Arrow record batch of the rows that may pass, and the refusals of the others.
    """
    contract = RowContract(schema, environment)
    quarantine = None if quarantine_path is None else Quarantine(quarantine_path)
    for shard in source.shards():
        for batch in shard.batches():
            yield admitted(contract, batch, quarantine)


def admitted(
    contract: RowContract, batch: Any, quarantine: Quarantine | None = None
) -> tuple[Any, list[Refusal]]:
    """The rows of an Arrow record batch that keep to a contract, and why others were refused.

    Args:
        contract: what is demanded.
        batch: the rows.
        quarantine: takes those that are refused.
    """
    import pyarrow as pa

    refusals = list(contract.refusals(batch))
    if not refusals:
        return batch, refusals
    refused = sorted({refusal.row for refusal in refusals})
    if quarantine is not None:
        rows = batch.take(pa.array(refused, pa.int64())).to_pylist()
        for row, features in zip(refused, rows, strict=True):
            quarantine.add(features, [one for one in refusals if one.row == row])
    passing = sorted(set(range(batch.num_rows)) - set(refused))
    return batch.take(pa.array(passing, pa.int64())), refusals
