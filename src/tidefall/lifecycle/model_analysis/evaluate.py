"""Evaluations: rows pass once, through models where there are some, and metrics are written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid, unimplemented
from tidefall.lifecycle.data_validation.statistics.scan import Progress
from tidefall.lifecycle.model_analysis.engine import Evaluation
from tidefall.lifecycle.model_analysis.inputs import Inputs, numeric, padded, values_of
from tidefall.lifecycle.model_analysis.models import (
    EvalSharedModel,
    default_eval_shared_model,
    models_of,
    spec_of,
)
from tidefall.lifecycle.model_analysis.plan import BASELINE, plan_of
from tidefall.lifecycle.model_analysis.predict import Predictor
from tidefall.lifecycle.model_analysis.result_files import CONFIG_FILE, write_results
from tidefall.lifecycle.model_analysis.results import (
    DATA_CENTRIC_MODE,
    MODEL_CENTRIC_MODE,
    EvalResult,
    EvalResults,
    load_eval_result,
)
from tidefall.lifecycle.model_analysis.rows import Rows, rows_of, table_of
from tidefall.lifecycle.model_analysis.slice_values import SliceValues
from tidefall.lifecycle.model_analysis.stages import (
    SLICES_KEY,
    VALIDATIONS_KEY,
    Stages,
    evaluation_of,
)
from tidefall.lifecycle.model_analysis.utils import (
    has_change_threshold,
    update_eval_config_with_defaults,
    verify_eval_config,
)
from tidefall.lifecycle.model_analysis.validation import validate

_FRAME = "<user provided frame>"


def inputs_of(rows: Rows, config: Any, predictors: Mapping[str, Predictor]) -> Inputs:
    """Return labels, predictions and weights of a batch.

    Labels and weights are features that the model's preprocessing made, or columns. Predictions are
    the model's, or columns.

    Args:
        rows: the batch.
        config: an `EvalConfig`, whose model specs name the columns.
        predictors: models by name.

    Raises:
        InvalidArgumentError: a column is not there, or holds no numbers.
    """
    labels, predictions, weights = {}, {}, {}
    made: dict[str, np.ndarray] = {}
    for spec in config.model_specs:
        features: dict[str, np.ndarray] = {}
        predictor = predictors.get(spec.name)
        if predictor is not None:
            outputs, features = predictor(rows)
            predictions |= {(spec.name, output): value for output, value in outputs.items()}
            made = {**features, **made}
        for found, key, keys, read in (
            (labels, spec.label_key, spec.label_keys, values_of),
            (weights, spec.example_weight_key, spec.example_weight_keys, numeric),
            (predictions, spec.prediction_key, spec.prediction_keys, values_of),
        ):
            if found is predictions and predictor is not None:
                continue
            if key:
                found[spec.name, ""] = _values(rows, features, key, read)
            for output, column in keys.items():
                found[spec.name, output] = _values(rows, features, column, read)
        if spec.HasField("padding_options"):
            _pad(spec, labels, predictions)
    return Inputs(_with_features(rows.batch, made), labels, predictions, weights)


def _pad(
    spec: Any,
    labels: dict[tuple[str, str], np.ndarray],
    predictions: dict[tuple[str, str], np.ndarray],
) -> None:
    options = spec.padding_options
    for found, whole, real in (
        (labels, options.label_int_padding, options.label_float_padding),
        (predictions, options.prediction_int_padding, options.prediction_float_padding),
    ):
        for key in [key for key in found if key[0] == spec.name]:
            found[key] = padded(found[key], whole, real)


def _values(
    rows: Rows,
    features: Mapping[str, np.ndarray],
    name: str,
    read: Callable[[Any, str], np.ndarray],
) -> np.ndarray:
    if name not in features:
        return read(rows.batch, name)
    found = features[name]
    if found.dtype.kind not in "iufb" and read is numeric:
        raise invalid(f"feature {name!r} of preprocessing holds {found.dtype}, expected numbers")
    return found[:, 0] if found.ndim == 2 and found.shape[1] == 1 else found


def _with_features(batch: Any, features: Mapping[str, np.ndarray]) -> Any:
    """A batch with what preprocessing made, to be sliced by; raw columns come first."""
    import pyarrow as pa

    for name, values in features.items():
        flat = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
        if name not in batch.schema.names and flat.ndim == 1:
            batch = batch.append_column(name, pa.array(flat))
    return batch


def run_model_analysis(
    eval_shared_model: Any = None,
    eval_config: Any = None,
    data_location: Any = "",
    file_format: str = "",
    output_path: str | os.PathLike[str] | None = None,
    extractors: Any = None,
    evaluators: Any = None,
    writers: Any = None,
    pipeline_options: Any = None,
    slice_spec: Any = None,
    write_config: bool | None = True,
    compute_confidence_intervals: bool | None = False,
    min_slice_size: int = 1,
    random_seed_for_testing: int | None = None,
    schema: Any = None,
    *,
    progress: Progress | None = None,
) -> EvalResult | EvalResults:
    """Return the metrics of models over data, and write them.

    The data pass once, in batches; all models see the same rows.

    Args:
        eval_shared_model: an `EvalSharedModel`, several, or a dictionary of them by name; None
            where the data hold predictions, which the model specs name.
        eval_config: an `EvalConfig`.
        data_location: names, patterns or folders of TFRecord files of Examples, CSV or Parquet
            files; or a pandas data frame, an Arrow table, or a `tf.data` dataset.
        file_format: "tfrecords", "csv" ("text" is the same) or "parquet"; by the files' names by
            default, and "tfrecords" where they do not say.
        output_path: the folder of result files; by default a temporary one.
        extractors: `Extractor`s in their order; by default `default_extractors()`.
        evaluators: `Evaluator`s; by default `default_evaluators()`.
        writers: `Writer`s; by default `default_writers()`. Where those are not among them, no files
            are written and the result is empty.
        pipeline_options: accepted; there is no pipeline.
        slice_spec: not possible; `slicing_specs` of the configuration say it.
        write_config: whether `eval_config.json` is written.
        compute_confidence_intervals: as the configuration's option.
        min_slice_size: as the configuration's option.
        random_seed_for_testing: of the samples of confidence intervals.
        schema: accepted; what a model takes is in its signature.
        progress: told bytes done, and of all.

    Returns:
        An `EvalResult`; with several models `EvalResults`, one for each in the specs' order.

    Raises:
        ValueError: the configuration contradicts itself.
        NotFoundError: there is no such file or model.
        InvalidArgumentError: a column, metric, signature or feature is not there.
        UnimplementedError: an argument that is not possible is given.

    >>> import pandas as pd
    >>> from tidefall import model_analysis as tfma
    >>> frame = pd.DataFrame({"tipped": [1, 0, 1, 1], "score": [0.9, 0.2, 0.4, 0.7]})
    >>> config = tfma.EvalConfig(
    ...     model_specs=[tfma.ModelSpec(label_key="tipped", prediction_key="score")],
    ...     metrics_specs=[tfma.MetricsSpec(metrics=[tfma.MetricConfig(class_name="Recall")])],
    ... )
    >>> result = run_model_analysis(eval_config=config, data_location=frame)
    >>> round(result.get_metrics_for_slice(())["recall"]["doubleValue"], 3)
    0.667
    """
    if slice_spec:
        raise unimplemented("run_model_analysis: slice_spec; slicing_specs of the configuration")
    if eval_config is None:
        raise ValueError("run_model_analysis needs an eval_config")
    models = models_of(eval_shared_model)
    has_baseline = _has_baseline(models, eval_config)
    rubber_stamp = any(model.rubber_stamp for model in models)
    config = update_eval_config_with_defaults(
        eval_config, has_baseline=has_baseline, rubber_stamp=rubber_stamp
    )
    options = config.options
    if compute_confidence_intervals:
        options.compute_confidence_intervals.value = True
    if min_slice_size > 1:
        options.min_slice_size.value = min_slice_size
    if not write_config:
        options.disabled_outputs.values.append(CONFIG_FILE)
    folder = os.fspath(output_path) if output_path else tempfile.mkdtemp()
    stamped = rubber_stamp and not has_baseline and has_change_threshold(eval_config)
    seed = random_seed_for_testing
    stages = Stages(extractors, evaluators, writers)
    _evaluate(config, models, data_location, file_format, folder, seed, progress, stamped, stages)
    if not stages.writes_files:
        return EvalResult([], [], config=config)
    if len(config.model_specs) == 1:
        return load_eval_result(folder)
    results = [load_eval_result(folder, model_name=spec.name) for spec in config.model_specs]
    return EvalResults(results, MODEL_CENTRIC_MODE)


def _has_baseline(models: list[EvalSharedModel], config: Any) -> bool:
    if not models:
        return any(spec.is_baseline for spec in config.model_specs)
    baselines = {BASELINE, *(spec.name for spec in config.model_specs if spec.is_baseline)}
    return any(model.is_baseline or model.model_name in baselines - {""} for model in models)


def _evaluate(
    config: Any,
    models: list[EvalSharedModel],
    data: Any,
    file_format: str,
    folder: str,
    seed: int | None = None,
    progress: Progress | None = None,
    stamped: bool = False,
    stages: Stages | None = None,
) -> None:
    verify_eval_config(config)
    table = table_of(data, file_format)
    plan = plan_of(config)
    if not plan.derived:
        raise invalid("eval_config has no metrics: add metrics_specs { metrics { class_name } }")
    specs = [spec_of(config, model.model_name) for model in models]
    for spec in config.model_specs:
        if spec not in specs and not (spec.prediction_key or spec.prediction_keys):
            raise invalid(
                f"model_spec {spec.name!r} has neither a model of that name nor a prediction_key: "
                f"models are {[model.model_name for model in models]}"
            )
    predictors = {
        spec.name: Predictor(model, spec) for model, spec in zip(models, specs, strict=True)
    }
    stages = stages or Stages()

    def end(values: list[SliceValues]) -> dict[str, Any]:
        validation = validate(plan, values, stamped) if plan.bounds or stamped else None
        return evaluation_of(values, validation)

    def write(evaluation: dict[str, Any]) -> None:
        write_results(
            folder, config, evaluation[SLICES_KEY], evaluation[VALIDATIONS_KEY], _shown(data),
            file_format, {model.model_name: model.model_path or "" for model in models},
        )  # fmt: skip

    stages.run(
        rows_of(table, progress),
        lambda rows: inputs_of(rows, config, predictors),
        lambda: Evaluation(plan, seed),
        end,
        write,
        [spec.name for spec in config.model_specs],
    )


def _shown(data: Any) -> str:
    if isinstance(data, list | tuple):
        return ",".join(map(os.fspath, data))
    return os.fspath(data) if isinstance(data, str | os.PathLike) else _FRAME


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
        extractors: as `run_model_analysis` takes them.
        evaluators: likewise.
        writers: likewise.
        add_metric_callbacks: not possible.

    Raises:
        ValueError: the configuration lacks keys, as in TensorFlow Model Analysis.
        InvalidArgumentError: a column, metric or feature is not there, or shapes differ.
        UnimplementedError: an argument that is not possible is given.
    """
    if add_metric_callbacks:
        raise unimplemented("analyze_raw_data: add_metric_callbacks")
    if eval_config is None:
        raise ValueError("eval_config must not be None.")
    if len(eval_config.model_specs) != 1:
        raise ValueError("analyze_raw_data needs an eval_config with exactly one model spec.")
    spec = eval_config.model_specs[0]
    if not (spec.label_key or spec.label_keys) or not (spec.prediction_key or spec.prediction_keys):
        raise ValueError("the model spec needs label_key and prediction_key.")
    folder = os.fspath(output_path) if output_path else tempfile.mkdtemp()
    stages = Stages(extractors, evaluators, writers)
    _evaluate(eval_config, [], data, "", folder, stages=stages)
    if not stages.writes_files:
        return EvalResult([], [], config=eval_config)
    return load_eval_result(folder)


def multiple_model_analysis(
    model_locations: Sequence[str], data_location: Any, **arguments: Any
) -> EvalResults:
    """Return the metrics of several models over the same data, each by itself.

    Args:
        model_locations: where the models lie.
        data_location: as `run_model_analysis` takes it.
        arguments: others of `run_model_analysis`, such as `eval_config`; results are written below
            `output_path`, into a folder for each model.
    """
    runs = [(location, data_location) for location in model_locations]
    return EvalResults(_each(runs, **arguments), MODEL_CENTRIC_MODE)


def multiple_data_analysis(
    model_location: str, data_locations: Sequence[Any], **arguments: Any
) -> EvalResults:
    """Return the metrics of one model over several data sets, each by itself.

    Args:
        model_location: where the model lies.
        data_locations: each as `run_model_analysis` takes it.
        arguments: others of `run_model_analysis`, such as `eval_config`; results are written below
            `output_path`, into a folder for each data set.
    """
    runs = [(model_location, location) for location in data_locations]
    return EvalResults(_each(runs, **arguments), DATA_CENTRIC_MODE)


def _each(
    runs: Sequence[tuple[str, Any]], eval_config: Any = None, output_path: Any = None,
    **arguments: Any,
) -> list[EvalResult]:  # fmt: skip
    found = []
    for place, (model, data) in enumerate(runs):
        shared = default_eval_shared_model(model, eval_config=eval_config)
        folder = os.path.join(output_path, str(place)) if output_path else None
        result = run_model_analysis(shared, eval_config, data, output_path=folder, **arguments)
        if isinstance(result, EvalResults):
            raise invalid("eval_config has several model specs, and each model is by itself here")
        found.append(result)
    return found
