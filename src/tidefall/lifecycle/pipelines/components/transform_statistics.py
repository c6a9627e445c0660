"""Schemas, statistics and anomalies of what enters a transform and of what leaves it."""

from __future__ import annotations

import enum
import os
from collections.abc import Callable, Sequence
from typing import Any

from tidefall.lifecycle.pipelines.failures import invalid
from tidefall.lifecycle.pipelines.types import standard_artifacts as types

STATISTICS_OUTPUTS = {
    "pre_transform_schema": types.Schema,
    "pre_transform_stats": types.ExampleStatistics,
    "post_transform_schema": types.Schema,
    "post_transform_stats": types.ExampleStatistics,
    "post_transform_anomalies": types.ExampleAnomalies,
}
"""The types of the outputs by their keys."""


class StatsType(enum.Enum):
    """What a `stats_options_updater_fn` is asked about."""

    UNKNOWN = 0
    PRE_TRANSFORM = 1
    POST_TRANSFORM = 2


def write_statistics(
    outputs: dict[str, list[Any]], schemas: Sequence[Any], files: Sequence[list[str]],
    updater: Callable[[StatsType, Any], Any] | None = None,
) -> None:  # fmt: skip
    """Write the outputs of `STATISTICS_OUTPUTS`; statistics are of all splits together.

    Args:
        outputs: artifacts by key.
        schemas: before and after.
        files: of the analyzed examples, and of the transformed ones.
        updater: makes other options of those that are used.

    Raises:
        InvalidArgumentError: the updater returns something else.
    """
    from tidefall.lifecycle import data_validation as tfdv
    from tidefall.lifecycle.data_validation.protos import write_binary

    def place(key: str, name: str) -> str:
        return os.path.join(outputs[key][0].uri, name)

    found = None
    for kind, schema, these in zip(
        (StatsType.PRE_TRANSFORM, StatsType.POST_TRANSFORM), schemas, files, strict=True
    ):
        prefix = kind.name.lower()
        options = tfdv.StatsOptions(schema=schema)
        if updater is not None:
            options = updater(kind, options)
            if not isinstance(options, tfdv.StatsOptions):
                raise invalid(f"stats_options_updater_fn returned {options!r}, no StatsOptions")
        found = tfdv.generate_statistics_from_tfrecord(these, stats_options=options)
        tfdv.write_schema_text(schema, place(f"{prefix}_schema", "schema.pbtxt"))
        write_binary(found, place(f"{prefix}_stats", "FeatureStats.pb"))
    anomalies = tfdv.validate_statistics(found, schemas[1])
    write_binary(anomalies, place("post_transform_anomalies", "SchemaDiff.pb"))
