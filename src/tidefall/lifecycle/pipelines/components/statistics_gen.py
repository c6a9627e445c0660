"""StatisticsGen, SchemaGen, ImportSchemaGen, ExampleValidator: data validation as steps."""

from __future__ import annotations

import json
import os
import shutil
from typing import Any

from tidefall.lifecycle.pipelines.components.files import listed, schema_path, split_files
from tidefall.lifecycle.pipelines.dsl.nodes import (
    BaseComponent,
    BaseExecutor,
    ChannelParameter,
    ComponentSpec,
    ExecutionParameter,
)
from tidefall.lifecycle.pipelines.failures import invalid, missing
from tidefall.lifecycle.pipelines.types.artifact import single
from tidefall.lifecycle.pipelines.types.standard_artifacts import (
    ExampleAnomalies,
    Examples,
    ExampleStatistics,
    Schema,
)

_OPTIONAL = ExecutionParameter(optional=True)


def _kept(artifact: Any, parameters: dict[str, Any]) -> list[str]:
    left_out = listed(parameters, "exclude_splits")
    return [name for name in artifact.splits if name not in left_out]


class StatisticsGenSpec(ComponentSpec):
    """What StatisticsGen takes and gives."""

    PARAMETERS = {"stats_options_json": _OPTIONAL, "exclude_splits": _OPTIONAL}  # noqa: RUF012
    INPUTS = {"examples": ChannelParameter(Examples),  # noqa: RUF012
              "schema": ChannelParameter(Schema, optional=True)}  # fmt: skip
    OUTPUTS = {"statistics": ChannelParameter(ExampleStatistics)}  # noqa: RUF012


class StatisticsExecutor(BaseExecutor):
    """Statistics of each split."""

    def Do(
        self, input_dict: dict[str, list[Any]], output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:  # fmt: skip
        from tidefall.lifecycle import data_validation as tfdv
        from tidefall.lifecycle.data_validation.protos import write_binary

        examples = single(input_dict["examples"], "examples")
        (statistics,) = output_dict["statistics"]
        given = exec_properties.get("stats_options_json")
        options = tfdv.StatsOptions.from_json(given) if given else tfdv.StatsOptions()
        if input_dict.get("schema"):
            options.schema = tfdv.load_schema_text(schema_path(input_dict["schema"][0]))
        statistics.splits = _kept(examples, exec_properties)
        statistics.span = examples.span
        for split in statistics.splits:
            found = tfdv.generate_statistics_from_tfrecord(
                split_files(examples, split), stats_options=options
            )
            os.makedirs(statistics.path(split=split))
            write_binary(found, os.path.join(statistics.path(split=split), "FeatureStats.pb"))


class StatisticsGen(BaseComponent):
    """Statistics of examples: `FeatureStats.pb` in a folder for each split.

    Args:
        examples: Examples.
        schema: a Schema that says more about the features.
        stats_options: `StatsOptions` of data validation.
        exclude_splits: splits that are left out.
    """

    SPEC_CLASS, EXECUTOR_SPEC = StatisticsGenSpec, StatisticsExecutor

    def __init__(
        self, examples: Any, schema: Any = None, stats_options: Any = None,
        exclude_splits: list[str] | None = None,
    ):  # fmt: skip
        super().__init__(
            StatisticsGenSpec(
                examples=examples, schema=schema, exclude_splits=json.dumps(exclude_splits or []),
                stats_options_json=stats_options.to_json() if stats_options else None,
            )
        )  # fmt: skip


class SchemaGenSpec(ComponentSpec):
    """What SchemaGen takes and gives."""

    PARAMETERS = {"infer_feature_shape": _OPTIONAL, "exclude_splits": _OPTIONAL}  # noqa: RUF012
    INPUTS = {"statistics": ChannelParameter(ExampleStatistics)}  # noqa: RUF012
    OUTPUTS = {"schema": ChannelParameter(Schema)}  # noqa: RUF012


def _load(statistics: Any, split: str) -> Any:
    from tidefall.lifecycle import data_validation as tfdv

    path = os.path.join(statistics.path(split=split), "FeatureStats.pb")
    return tfdv.load_stats_binary(path)


def _kept_features(before: Any, after: Any) -> Any:
    """A schema of several splits: a feature that only some of them have may be missing."""
    shown = {one.name for one in before.feature if not one.HasField("lifecycle_stage")}
    known = {one.name for one in before.feature}
    for feature in after.feature:
        is_gone = feature.name in shown and feature.HasField("lifecycle_stage")
        if is_gone or feature.name not in known:
            feature.ClearField("lifecycle_stage")
            feature.presence.min_count = 0
            # A part or a shape would ask for a value of every example.
            feature.presence.ClearField("min_fraction")
            feature.ClearField("shape")
    return after


class SchemaExecutor(BaseExecutor):
    """The schema that all splits keep to."""

    def Do(
        self, input_dict: dict[str, list[Any]], output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:  # fmt: skip
        from tidefall.lifecycle import data_validation as tfdv

        statistics = single(input_dict["statistics"], "statistics")
        schema = None
        for split in _kept(statistics, exec_properties):
            found = _load(statistics, split)
            if schema is None:
                shape = bool(exec_properties.get("infer_feature_shape", 1))
                schema = tfdv.infer_schema(found, infer_feature_shape=shape)
            else:
                schema = _kept_features(schema, tfdv.update_schema(schema, found))
        if schema is None:
            raise invalid(f"SchemaGen: no split of {statistics.splits} is left to look at")
        tfdv.write_schema_text(schema, schema_path(output_dict["schema"][0]))


class SchemaGen(BaseComponent):
    """A schema inferred from statistics: `schema.pbtxt`.

    Args:
        statistics: ExampleStatistics.
        infer_feature_shape: whether features that are always there have a shape.
        exclude_splits: splits that are left out.
    """

    SPEC_CLASS, EXECUTOR_SPEC = SchemaGenSpec, SchemaExecutor

    def __init__(
        self, statistics: Any, infer_feature_shape: Any = True,
        exclude_splits: list[str] | None = None,
    ):  # fmt: skip
        shape = (
            int(infer_feature_shape)
            if isinstance(infer_feature_shape, bool)
            else infer_feature_shape
        )
        super().__init__(
            SchemaGenSpec(
                statistics=statistics, infer_feature_shape=shape,
                exclude_splits=json.dumps(exclude_splits or []),
            )
        )  # fmt: skip


class ImportSchemaGenSpec(ComponentSpec):
    """What ImportSchemaGen takes and gives."""

    PARAMETERS = {"schema_file": ExecutionParameter(str)}  # noqa: RUF012
    OUTPUTS = {"schema": ChannelParameter(Schema)}  # noqa: RUF012


class ImportSchemaExecutor(BaseExecutor):
    """A copy of the file, once it was read."""

    @classmethod
    def prepare(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        """Let the file's content count for the cache."""
        from tidefall.lifecycle.metadata.hashing import content_hash

        path = parameters["schema_file"]
        if not os.path.isfile(path):
            raise missing(f"ImportSchemaGen: there is no file {path}")
        return {**parameters, "schema_hash": content_hash(path)}

    def Do(
        self, input_dict: dict[str, list[Any]], output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:  # fmt: skip
        from tidefall.lifecycle import data_validation as tfdv

        del input_dict
        tfdv.load_schema_text(exec_properties["schema_file"])
        shutil.copyfile(exec_properties["schema_file"], schema_path(output_dict["schema"][0]))


class ImportSchemaGen(BaseComponent):
    """A schema that somebody wrote.

    Args:
        schema_file: a Schema in text format.
    """

    SPEC_CLASS, EXECUTOR_SPEC = ImportSchemaGenSpec, ImportSchemaExecutor

    def __init__(self, schema_file: str):
        super().__init__(ImportSchemaGenSpec(schema_file=schema_file))


class ExampleValidatorSpec(ComponentSpec):
    """What ExampleValidator takes and gives."""

    PARAMETERS = {"exclude_splits": _OPTIONAL}  # noqa: RUF012
    INPUTS = {"statistics": ChannelParameter(ExampleStatistics),  # noqa: RUF012
              "schema": ChannelParameter(Schema)}  # fmt: skip
    OUTPUTS = {"anomalies": ChannelParameter(ExampleAnomalies)}  # noqa: RUF012


class ValidatorExecutor(BaseExecutor):
    """The anomalies of each split."""

    def Do(
        self, input_dict: dict[str, list[Any]], output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:  # fmt: skip
        from tidefall.lifecycle import data_validation as tfdv
        from tidefall.lifecycle.data_validation.protos import write_binary

        statistics = single(input_dict["statistics"], "statistics")
        schema = tfdv.load_schema_text(schema_path(single(input_dict["schema"], "schema")))
        (anomalies,) = output_dict["anomalies"]
        anomalies.splits = _kept(statistics, exec_properties)
        anomalies.span = statistics.span
        blessed = {}
        for split in anomalies.splits:
            found = tfdv.validate_statistics(_load(statistics, split), schema)
            os.makedirs(anomalies.path(split=split))
            write_binary(found, os.path.join(anomalies.path(split=split), "SchemaDiff.pb"))
            blessed[split] = int(not found.anomaly_info and not found.data_missing)
        anomalies.custom_properties["blessed"] = json.dumps(blessed)


class ExampleValidator(BaseComponent):
    """What breaks a schema: `SchemaDiff.pb` in a folder for each split.

    Args:
        statistics: ExampleStatistics.
        schema: a Schema.
        exclude_splits: splits that are left out.
    """

    SPEC_CLASS, EXECUTOR_SPEC = ExampleValidatorSpec, ValidatorExecutor

    def __init__(self, statistics: Any, schema: Any, exclude_splits: list[str] | None = None):
        super().__init__(
            ExampleValidatorSpec(
                statistics=statistics, schema=schema,
                exclude_splits=json.dumps(exclude_splits or []),
            )
        )  # fmt: skip
