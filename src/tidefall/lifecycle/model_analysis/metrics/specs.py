"""Metrics to and from `MetricsSpec` messages."""

from __future__ import annotations

import difflib
import importlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.metrics.areas import AUC, AUCPrecisionRecall
from tidefall.lifecycle.model_analysis.metrics.base import REGISTRY, Metric, snake_case
from tidefall.lifecycle.model_analysis.metrics.calibration import (
    Calibration,
    MeanLabel,
    MeanPrediction,
)
from tidefall.lifecycle.model_analysis.metrics.counts import ExampleCount, WeightedExampleCount
from tidefall.lifecycle.model_analysis.metrics.keras_metrics import (
    KerasMetric,
    keras_class,
    of_config,
)
from tidefall.lifecycle.model_analysis.metrics.losses import (
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
)
from tidefall.lifecycle.model_analysis.metrics.many_classes import MultiClassConfusionMatrixPlot
from tidefall.lifecycle.model_analysis.metrics.plots import CalibrationPlot, ConfusionMatrixPlot
from tidefall.lifecycle.model_analysis.metrics.rates import BinaryAccuracy, Precision, Recall
from tidefall.lifecycle.model_analysis.metrics.regression import MeanSquaredError


def metric_of(config: Any) -> Metric:
    """The metric that a `MetricConfig` says.

    Raises:
        InvalidArgumentError: there is no such class, or it does not take the settings.
    """
    name, text = config.class_name, config.config.strip()
    if text and not text.startswith("{"):
        text = "{" + text + "}"
    try:
        settings = json.loads(text) if text else {}
    except json.JSONDecodeError as error:
        raise invalid(f"metric {name!r}: config {config.config!r} is no JSON: {error}") from None
    module = config.module
    if module and not module.startswith(("tensorflow_model_analysis", "tidefall", "keras", "tf.")):
        try:
            kind = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError) as error:
            raise invalid(f"metric {name!r} of module {module!r}: {error}") from None
    else:
        kind = REGISTRY.get(name)
        if kind is None or module.startswith(("keras", "tf.keras")):
            kind = keras_class(name) or kind
    if kind is None or name.startswith("_"):
        close = difflib.get_close_matches(name, REGISTRY, n=3)
        raise invalid(
            f"unknown metric {name!r}: neither tfma.metrics nor keras.metrics has it"
            + (f"; did you mean {', '.join(close)}?" if close else "")
        )
    if not issubclass(kind, Metric):
        return of_config(kind, {"name": snake_case(name), **settings})
    settings.pop("dtype", None)
    try:
        return kind(**settings)
    except TypeError as error:
        raise invalid(f"metric {name!r} with {settings}: {error}") from None


def specs_from_metrics(
    metrics: Any,
    model_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    output_weights: Mapping[str, float] | None = None,
    binarize: Any = None,
    aggregate: Any = None,
    example_weights: Any = None,
    query_key: str | None = None,
    include_example_count: bool | None = None,
    include_weighted_example_count: bool | None = None,
) -> list[Any]:
    """Return `MetricsSpec`s for metrics of this package and Keras's.

    Args:
        metrics: a list, or lists by output.
        model_names: models they are for; all by default.
        output_names: outputs.
        output_weights: weights of outputs.
        binarize: `BinarizationOptions`.
        aggregate: `AggregationOptions`.
        example_weights: `ExampleWeightOptions`.
        query_key: the feature that says which rows are one query.
        include_example_count: whether `example_count` is added; by default yes.
        include_weighted_example_count: whether `weighted_example_count` is; by default yes.

    Raises:
        TypeError: one is no metric.
    """
    from tidefall.proto import evaluation

    if isinstance(metrics, Mapping):
        found: list[Any] = []
        for output, several in metrics.items():
            several = several if isinstance(several, Sequence) else [several]
            found += specs_from_metrics(
                several, model_names, [output] if output else None, output_weights, binarize,
                aggregate, example_weights, query_key, include_example_count,
                include_weighted_example_count,
            )  # fmt: skip
        return found
    counts: list[Metric] = []
    if include_example_count is None or include_example_count:
        counts.append(ExampleCount())
    if include_weighted_example_count is None or include_weighted_example_count:
        counts.append(WeightedExampleCount())
    given = [_config_of(metric) for metric in metrics]
    known = {config.class_name for config in given}
    given += [_config_of(m) for m in counts if type(m).__name__ not in known]
    return [
        evaluation.MetricsSpec(
            metrics=given,
            model_names=model_names,
            output_names=output_names,
            output_weights=output_weights,
            binarize=binarize,
            aggregate=aggregate,
            example_weights=example_weights,
            query_key=query_key,
        )
    ]


def _config_of(metric: Any) -> Any:
    from tidefall.proto import evaluation

    if isinstance(metric, KerasMetric):
        metric = metric.metric
    settings = metric.get_config()
    if not isinstance(metric, Metric):
        import keras

        if not isinstance(metric, keras.metrics.Metric):
            raise TypeError(f"{type(metric).__name__} is no metric of this package or Keras")
    module = type(metric).__module__
    if module.startswith("keras."):
        module = "keras.metrics"
    elif isinstance(metric, Metric) and module.startswith("tidefall."):
        module = ""
    text = json.dumps(settings, default=float)
    return evaluation.MetricConfig(class_name=type(metric).__name__, module=module, config=text)


def default_regression_specs(
    model_names: Any = None, output_names: Any = None, output_weights: Any = None,
    loss_functions: Sequence[Any] | None = None, min_value: float | None = None,
    max_value: float | None = None,
) -> list[Any]:  # fmt: skip
    """Return the metrics that a regression usually has."""
    losses = list(loss_functions or [MeanSquaredError(name="mse")])
    metrics = [
        *losses, MeanLabel(), MeanPrediction(), Calibration(),
        CalibrationPlot(min_value=min_value, max_value=max_value),
    ]  # fmt: skip
    return specs_from_metrics(metrics, model_names, output_names, output_weights)


def default_binary_classification_specs(
    model_names: Any = None, output_names: Any = None, output_weights: Any = None,
    binarize: Any = None, aggregate: Any = None, include_loss: bool = True,
) -> list[Any]:  # fmt: skip
    """Return the metrics that a classification into two classes usually has."""
    metrics: list[Metric] = [BinaryCrossEntropy()] if include_loss else []
    metrics += [
        BinaryAccuracy(), AUC(), AUCPrecisionRecall(), Precision(), Recall(), MeanLabel(),
        MeanPrediction(), Calibration(), ConfusionMatrixPlot(), CalibrationPlot(),
    ]  # fmt: skip
    return specs_from_metrics(
        metrics, model_names, output_names, output_weights, binarize, aggregate
    )


def default_multi_class_classification_specs(
    model_names: Any = None, output_names: Any = None, output_weights: Any = None,
    binarize: Any = None, aggregate: Any = None, sparse: bool = True,
) -> list[Any]:  # fmt: skip
    """Return the metrics that a classification into many classes usually has."""
    from tidefall.proto import evaluation

    del sparse
    metrics: list[Metric] = [CategoricalCrossEntropy(), MultiClassConfusionMatrixPlot()]
    if binarize is None:
        for k in (1, 3):
            metrics += [
                Precision(name="precision", top_k=k),
                Recall(name="recall", top_k=k),
            ]
    found = specs_from_metrics(metrics, model_names, output_names, output_weights)
    if binarize is not None or aggregate is not None:
        aggregate = aggregate or evaluation.AggregationOptions(micro_average=True)
        binary = [AUC(), Precision(), Recall()]
        found += specs_from_metrics(
            binary, model_names, output_names, output_weights, binarize, aggregate,
            include_example_count=False, include_weighted_example_count=False,
        )  # fmt: skip
    return found
