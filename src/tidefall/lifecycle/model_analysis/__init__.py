"""Evaluation: metrics of models over slices of data, and whether they keep thresholds.

Models and rows enter, or rows that hold predictions; metrics, plots and validations leave as
TensorFlow Model Analysis's messages, in its result files. Read `evaluate.py` first, then
`engine.py`: one pass over batches.
"""

from __future__ import annotations

from tidefall.base.exports import lazy_names

_HOME = {
    ".beam": (
        "BatchedInputsToExtracts", "ExtractAndEvaluate", "ExtractEvaluateAndWriteResults",
        "InputsToExtracts", "Validate", "WriteResults",
    ),
    ".stages": (
        "ARROW_RECORD_BATCH_KEY", "ATTRIBUTIONS_KEY", "EXAMPLE_WEIGHTS_KEY", "FEATURES_KEY",
        "LABELS_KEY", "LAST_EXTRACTOR_STAGE_NAME", "METRICS_KEY", "PLOTS_KEY", "PREDICTIONS_KEY",
        "VALIDATIONS_KEY", "default_evaluators", "default_extractors", "default_writers",
    ),
    ".exploration.buckets": ("add_quantile_buckets", "add_time_windows"),
    ".exploration.discovery": ("WorstSlice", "find_worst_slices"),
    ".exploration.windows": ("Stability", "stability"),
    ".evaluate": (
        "analyze_raw_data", "multiple_data_analysis", "multiple_model_analysis",
        "run_model_analysis",
    ),
    ".models": ("EvalSharedModel", "ModelLoader", "default_eval_shared_model"),
    ".validation": ("ValidationFailure", "validation_failures"),
    ".utils": ("update_eval_config_with_defaults", "verify_eval_config"),
    ".keys": ("AggregationType", "AttributionsKey", "MetricKey", "PlotKey", "SubKey"),
    ".results": (
        "DATA_CENTRIC_MODE", "EvalResult", "EvalResults", "MODEL_CENTRIC_MODE",
        "SlicedAttributions", "SlicedMetrics", "SlicedPlots", "load_attributions",
        "load_eval_result", "load_eval_results", "load_metrics", "load_plots",
        "load_validation_result", "make_eval_results",
    ),
    ".plan": ("BASELINE", "CANDIDATE"),
    "tidefall.proto.evaluation": (
        "AggregationOptions", "AttributionsForSlice", "BinarizationOptions",
        "ConfidenceIntervalOptions", "CrossSliceMetricThreshold", "CrossSliceMetricThresholds",
        "CrossSlicingSpec", "EvalConfig", "ExampleWeightOptions", "GenericChangeThreshold",
        "GenericValueThreshold", "MetricConfig", "MetricDirection", "MetricThreshold",
        "MetricsForSlice", "MetricsSpec", "ModelSpec", "Options", "PaddingOptions",
        "PerSliceMetricThreshold", "PerSliceMetricThresholds", "PlotsForSlice",
        "RepeatedInt32Value", "RepeatedStringValue", "SlicingSpec", "ValidationResult",
    ),
}  # fmt: skip
_ALIASES = {"BASELINE_KEY": "BASELINE", "CANDIDATE_KEY": "CANDIDATE"}

__version__ = "0.48.0"
"""The version of TensorFlow Model Analysis whose interface this is."""

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    _HOME,
    aliases=_ALIASES,
    modules={
        "evaluators": ".stages",
        "extractors": ".stages",
        "metrics": ".metrics",
        "utils": ".utils",
        "view": ".view",
        "writers": ".stages",
    },
)
