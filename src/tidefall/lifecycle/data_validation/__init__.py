"""Data that can be trusted: statistics, the schema that is a contract, and what breaks it.

Files, frames, queries and datasets enter; statistics, schemas and anomalies leave as TensorFlow
Metadata's messages. The names are those of TensorFlow Data Validation, whose import name
`tensorflow_data_validation` is answered with this package where the alias is on. Read
`statistics/table.py` for how statistics are made, and `rules/update.py` for how they are judged.

    from tidefall import data_validation as tfdv

    statistics = tfdv.generate_statistics_from_csv("train.csv")
    schema = tfdv.infer_schema(statistics)
    anomalies = tfdv.validate_statistics(tfdv.generate_statistics_from_csv("today.csv"), schema)
    tfdv.display_anomalies(anomalies)
"""

from __future__ import annotations

from tidefall.base.exports import lazy_names

_HOME = {
    ".anomalies.validate": (
        "ValidationOptions", "validate_corresponding_slices", "validate_statistics",
        "validate_statistics_internal",
    ),
    ".contract.files": (
        "admitted_rows",
        "validate_examples_in_csv",
        "validate_examples_in_tfrecord",
    ),
    "tidefall.io.records.quarantine": ("Quarantine", "read_quarantine"),
    ".contract.records": ("RecordDoor",),
    ".contract.rows": ("Refusal", "RowContract"),
    ".contract.saved_models": ("attach_schema", "attached_schema", "served_part"),
    ".options": (
        "DEFAULT_SLICE", "PerFeatureStatsConfig", "SlicingConfig", "SlicingSpec", "StatsOptions",
    ),
    ".paths": ("FeaturePath",),
    ".protos": (
        "load_anomalies_binary", "load_anomalies_text", "load_schema_text",
        "load_sharded_statistics", "load_statistics", "load_stats_binary", "load_stats_text",
        "write_anomalies_text", "write_schema_text", "write_stats_text",
    ),
    ".report.display": (
        "compare_slices",
        "display_anomalies",
        "display_schema",
        "get_anomalies_dataframe",
        "get_drift_skew_dataframe",
        "get_schema_dataframe",
        "get_statistics_html",
        "visualize_statistics",
    ),
    ".report.page": ("statistics_page",),
    ".anomalies.explain": ("Explanation", "explain_anomalies"),
    ".anomalies.hints": ("find_hints",),
    ".schema.edit": (
        "generate_dummy_schema_with_paths", "get_domain", "get_feature", "set_domain",
    ),
    ".schema.infer": ("infer_schema", "update_schema"),
    ".statistics.generate": (
        "generate_statistics_from_arrow", "generate_statistics_from_csv",
        "generate_statistics_from_dataframe", "generate_statistics_from_dataset",
        "generate_statistics_from_parquet", "generate_statistics_from_sql",
        "generate_statistics_from_tfrecord", "generate_statistics_in_memory",
    ),
    ".statistics.generators.example_weights": ("ExampleWeightMap",),
    ".statistics.generators.interface": (
        "CombinerFeatureStatsGenerator", "CombinerStatsGenerator",
    ),
    ".statistics.generators.lift": ("LiftStatsGenerator",),
    ".statistics.generators.mutual_information": ("MutualInformation",),
    ".statistics.generators.partitioned": (
        "NonStreamingCustomStatsGenerator", "PartitionedStatsFn",
    ),
    ".statistics.generators.transforms": ("TransformStatsGenerator",),
    ".statistics.slices": ("get_feature_value_slicer",),
    ".statistics.table": ("TableStatistics",),
    ".views": (
        "CrossFeatureView", "DatasetListView", "DatasetView", "FeatureView", "get_custom_stats",
        "get_feature_stats", "get_slice_stats",
    ),
}  # fmt: skip
_ALIASES = {"experimental_get_feature_value_slicer": "get_feature_value_slicer"}

__version__ = "1.16.1"
"""The version of TensorFlow Data Validation whose interface this is."""

__getattr__, __dir__, __all__ = lazy_names(__name__, _HOME, aliases=_ALIASES)
