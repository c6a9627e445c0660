"""Evaluations of data frames and Arrow tables that hold predictions."""

from __future__ import annotations

import os
import tempfile
from typing import Any

from tidefall.lifecycle.data_validation.failures import invalid, unimplemented
from tidefall.lifecycle.data_validation.sources.tables import arrow_source, frame_source
from tidefall.lifecycle.model_analysis.engine import Evaluation, check_implemented
from tidefall.lifecycle.model_analysis.inputs import Inputs, numeric, values_of
from tidefall.lifecycle.model_analysis.plan import plan_of
from tidefall.lifecycle.model_analysis.result_files import write_results
from tidefall.lifecycle.model_analysis.results import EvalResult, load_eval_result
from tidefall.lifecycle.model_analysis.validation import validate


def inputs_of(batch: Any, config: Any) -> Inputs:
    """Labels, predictions and weights of a batch, as model specs name their columns.

    Raises:
        InvalidArgumentError: a column is not there, or holds no numbers.
    """
    labels, predictions, weights = {}, {}, {}
    for spec in config.model_specs:
        for found, key, keys, read in (
            (labels, spec.label_key, spec.label_keys, values_of),
            (predictions, spec.prediction_key, spec.prediction_keys, values_of),
            (weights, spec.example_weight_key, spec.example_weight_keys, numeric),
        ):
            if key:
                found[spec.name, ""] = read(batch, key)
            for output, column in keys.items():
                found[spec.name, output] = read(batch, column)
    return Inputs(batch, labels, predictions, weights)


def analyze_raw_data(
    data: Any,
    eval_config: Any = None,
    output_path: str | None = None,
    extractors: Any = None,
    evaluators: Any = None,
    writers: Any = None,
    add_metric_callbacks: Any = None,
) -> EvalResult:
    """Return the metrics of a data frame that holds labels and predictions.

    Args:
        data: a pandas data frame, Arrow table, record batch or reader of batches.
        eval_config: an `EvalConfig` with one model spec, which names `label_key` and
            `prediction_key`.
        output_path: the folder of result files; by default a temporary one.
        extractors: not possible.
        evaluators: not possible.
        writers: not possible.
        add_metric_callbacks: not possible.

    Raises:
        ValueError: the configuration lacks keys, as in TensorFlow Model Analysis.
        InvalidArgumentError: a column, metric or feature is not there, or shapes differ.
        UnimplementedError: an argument that is not possible is given.
    """
    for name, value in (
        ("extractors", extractors),
        ("evaluators", evaluators),
        ("writers", writers),
        ("add_metric_callbacks", add_metric_callbacks),
    ):
        if value:
            raise unimplemented(f"analyze_raw_data: {name}")
    if eval_config is None:
        raise ValueError("eval_config must not be None.")
    if len(eval_config.model_specs) != 1:
        raise ValueError("analyze_raw_data needs an eval_config with exactly one model spec.")
    spec = eval_config.model_specs[0]
    if not (spec.label_key or spec.label_keys) or not (spec.prediction_key or spec.prediction_keys):
        raise ValueError("the model spec needs label_key and prediction_key.")
    check_implemented(eval_config)
    if not any(spec.metrics for spec in eval_config.metrics_specs):
        raise invalid("eval_config has no metrics: add metrics_specs { metrics { class_name } }")
    plan = plan_of(eval_config)
    evaluation = Evaluation(plan)
    source = frame_source(data) if hasattr(data, "iloc") else arrow_source(data)
    for shard in source.shards():
        for batch in shard.batches():
            evaluation.add(inputs_of(batch, eval_config))
    values = evaluation.values()
    folder = output_path or tempfile.mkdtemp()
    validation = validate(plan, values) if plan.bounds else None
    write_results(os.fspath(folder), eval_config, values, validation, "<user provided frame>")
    return load_eval_result(os.fspath(folder))
