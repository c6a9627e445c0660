"""Evaluations of tables for tests: in one pass, or in random parts that are merged."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lifecycle import model_analysis as tfma
from tidefall.lifecycle.model_analysis.engine import Evaluation
from tidefall.lifecycle.model_analysis.evaluate import inputs_of
from tidefall.lifecycle.model_analysis.plan import plan_of
from tidefall.lifecycle.model_analysis.rows import Rows
from tidefall.lifecycle.model_analysis.slice_values import SliceValues


def config_of(
    metrics: list[Any],
    *,
    weighted: bool = False,
    models: tuple[str, ...] = ("",),
    outputs: tuple[str, ...] = (),
    slices: tuple[tuple[str, ...], ...] = ((),),
    **spec: Any,
) -> Any:
    """A configuration: label `y`, prediction `p`, weight `w`, with `_NAME` for more than one.

    Of several models the first is the baseline.
    """
    config = tfma.EvalConfig()
    for number, name in enumerate(models):
        model = config.model_specs.add(name=name, is_baseline=len(models) > 1 and number == 0)
        ending = f"_{name}" if name else ""
        if outputs:
            for output in outputs:
                model.label_keys[output] = f"y_{output}"
                model.prediction_keys[output] = f"p_{output}"
        else:
            model.label_key, model.prediction_key = "y", f"p{ending}"
        if weighted:
            model.example_weight_key = "w"
    config.metrics_specs.extend(
        tfma.metrics.specs_from_metrics(
            metrics, list(models) if len(models) > 1 else None, list(outputs) or None,
            include_example_count=False, include_weighted_example_count=False, **spec,
        )
    )  # fmt: skip
    for features in slices:
        config.slicing_specs.add(feature_keys=features)
    return config


def evaluate(table: Any, config: Any, parts: int = 1, seed: int = 0) -> list[SliceValues]:
    """The values of slices: of an Arrow table, or of random parts of its rows, merged."""
    plan = plan_of(config)
    random = np.random.default_rng(seed)
    place = random.integers(0, parts, table.num_rows)
    whole = Evaluation(plan, seed=seed)
    for part in range(parts):
        one = whole if parts == 1 else Evaluation(plan, seed=part)
        rows = table.take(np.flatnonzero(place == part))
        for batch in rows.to_batches(max_chunksize=max(1, table.num_rows // 2)):
            one.add(inputs_of(Rows(batch), config, {}))
        if parts > 1:
            whole.merge(one)
    return whole.values()


def values(table: Any, metrics: list[Any], **settings: Any) -> dict[str, Any]:
    """The values over all rows by name, as `MetricKey` writes it."""
    (found,) = evaluate(table, config_of(metrics, **settings))
    assert not found.error
    return {str(key): value for key, value in found.metrics.items()}


def value(table: Any, metric: Any, **settings: Any) -> Any:
    """The value of one metric over all rows."""
    (found,) = values(table, [metric], **settings).values()
    return found


def plot(table: Any, metric: Any, **settings: Any) -> Any:
    """The `PlotData` of one metric over all rows."""
    (found,) = evaluate(table, config_of([metric], **settings))
    (message,) = found.plots.values()
    return message
