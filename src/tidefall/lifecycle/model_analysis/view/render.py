"""Views of results: metrics by slice, over runs, plots, fairness indicators."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import unimplemented
from tidefall.lifecycle.model_analysis.exploration.windows import number_of
from tidefall.lifecycle.model_analysis.keys import SubKey
from tidefall.lifecycle.model_analysis.results import MODEL_CENTRIC_MODE, SlicedMetrics
from tidefall.lifecycle.model_analysis.slicing import OVERALL
from tidefall.lifecycle.model_analysis.view.charts import Series, bar_chart, line_chart
from tidefall.lifecycle.model_analysis.view.curves import figures_of
from tidefall.lifecycle.model_analysis.view.figures import Figure
from tidefall.lifecycle.model_analysis.view.page import Row, View
from tidefall.lifecycle.model_analysis.view.values import (
    bounds_of,
    chosen_slices,
    counts_of,
    metric_names,
    slice_name,
    text_of,
    title_of,
    value_of,
)

_PREFIX = "fairness_indicators_metrics/"


def render_slicing_metrics(
    result: Any,
    slicing_column: str | None = None,
    slicing_spec: Any = None,
    weighted_example_column: str | None = None,
    event_handlers: Any = None,
) -> View:
    """Return a view of the metrics of slices: a bar chart of each metric, and a table of all.

    Args:
        result: an `EvalResult`.
        slicing_column: the feature whose slices are shown; or
        slicing_spec: a `SlicingSpec` of them; by default all rows together.
        weighted_example_column: the metric that counts examples; by default `example_count`.
        event_handlers: not possible.

    Raises:
        ValueError: there is no such slice.
        UnimplementedError: `event_handlers` are given.

    >>> import pyarrow as pa
    >>> from tidefall import model_analysis as tfma
    >>> table = pa.table({"y": [1, 0, 1, 0], "p": [0.9, 0.2, 0.4, 0.6], "city": list("AABB")})
    >>> config = tfma.EvalConfig(model_specs=[tfma.ModelSpec(label_key="y", prediction_key="p")])
    >>> config.metrics_specs.extend(tfma.metrics.specs_from_metrics([tfma.metrics.AUC()]))
    >>> _ = config.slicing_specs.add(feature_keys=["city"])
    >>> view = render_slicing_metrics(tfma.analyze_raw_data(table, config), "city")
    >>> [row.name for row in view.rows], list(view.figures)[0]
    (['city:A', 'city:B'], 'auc')
    """
    if event_handlers is not None:
        raise unimplemented("render_slicing_metrics: event_handlers")
    return _by_slice(
        "Metrics by slice", result, result.slicing_metrics, slicing_column, slicing_spec,
        weighted_example_column,
    )  # fmt: skip


def render_slicing_attributions(
    result: Any,
    slicing_column: str | None = None,
    slicing_spec: Any = None,
    metric_name: str | None = None,
    weighted_example_column: str | None = None,
    event_handlers: Any = None,
) -> View:
    """Return a view of attributions by slice: a bar chart of each feature, and a table of all.

    Args:
        result: an `EvalResult`.
        slicing_column: the feature whose slices are shown; or
        slicing_spec: a `SlicingSpec` of them; by default all rows together.
        metric_name: such as "total_attributions"; needed where there are several.
        weighted_example_column: the metric that counts examples; by default `example_count`.
        event_handlers: not possible.

    Raises:
        ValueError: there is no such slice, or no attributions, or no metric is named.
        UnimplementedError: `event_handlers` are given.
    """
    if event_handlers is not None:
        raise unimplemented("render_slicing_attributions: event_handlers")
    names = {n for one in result.attributions for by_key in one.attributions.values()
             for metrics in by_key.values() for n in metrics}  # fmt: skip
    if metric_name is None and len(names) == 1:
        (metric_name,) = names
    if metric_name not in names:
        raise ValueError(f"metric_name {metric_name!r}: attributions are {sorted(names)}")
    sliced = [
        SlicedMetrics(
            one.slice,
            {
                output: {key: metrics.get(metric_name, {}) for key, metrics in by_key.items()}
                for output, by_key in one.attributions.items()
            },
        )
        for one in result.attributions
    ]
    title = f"{metric_name} by slice"
    return _by_slice(title, result, sliced, slicing_column, slicing_spec, weighted_example_column)


def _by_slice(
    title: str,
    result: Any,
    sliced: Sequence[SlicedMetrics],
    column: str | None,
    spec: Any,
    weighted: str | None,
) -> View:
    slices = chosen_slices(sliced, column, spec)
    names = metric_names(slices)
    counted = {one.slice: one for one in result.slicing_metrics}
    counts = list(counts_of([counted.get(one.slice, one) for one in slices], weighted))
    order = sorted(range(len(slices)), key=lambda i: -(counts[i] or 0.0))
    slices, counts = [slices[i] for i in order], [counts[i] for i in order]
    overall = next((s for s in sliced if s.slice == OVERALL), None)
    figures: dict[str, Figure] = {}
    for name in names:
        values = [value_of(one, name) for one in slices]
        numbers = [number_of(value) for value in values]
        if all(value is None for value in numbers):
            continue
        reference = None
        if overall is not None and len(slices) > 1:
            reference = number_of(value_of(overall, name))
        figures[title_of(name)] = bar_chart(
            title_of(name),
            [slice_name(one.slice) for one in slices],
            [("", [np.nan if v is None else v for v in numbers])],
            intervals=[bounds_of(value) for value in values],
            reference=reference,
        )
    rows = [
        Row(
            slice_name(one.slice),
            [text_of(value_of(one, name)) for name in names],
            [number_of(value_of(one, name)) for name in names],
            count,
        )
        for one, count in zip(slices, counts, strict=True)
    ]
    columns = ["slice", *map(title_of, names)]
    return View(title, figures, columns, rows, _notes(result), {n: [n] for n in figures})


def render_time_series(
    results: Any, slicing_spec: Any = None, display_full_path: bool = False
) -> View:
    """Return a view of several results: a line of each metric over models, or over data.

    Args:
        results: `EvalResults`; its mode says whether models or data differ.
        slicing_spec: a `SlicingSpec` of the slices whose lines are shown; by default all rows.
        display_full_path: whether runs are named by the whole path, not by its last part.

    Raises:
        ValueError: there are no results, or a result has no such slice.
    """
    runs = results.get_results()
    if not runs:
        raise ValueError("render_time_series: there are no results")
    is_model = results.get_mode() == MODEL_CENTRIC_MODE

    def name_of(run: Any) -> str:
        path = str(run.model_location if is_model else run.data_location)
        return path if display_full_path else os.path.basename(path.rstrip("/")) or path

    labels = [name_of(run) or f"run {place + 1}" for place, run in enumerate(runs)]
    by_run = [
        {one.slice: one for one in chosen_slices(run.slicing_metrics, None, slicing_spec)}
        for run in runs
    ]
    keys = list(dict.fromkeys(key for slices in by_run for key in slices))
    names = metric_names([one for slices in by_run for one in slices.values()])
    figures: dict[str, Figure] = {}
    places = np.arange(len(runs), dtype=float)
    for name in names:
        lines = []
        for key in keys:
            found = [number_of(value_of(s[key], name)) if key in s else None for s in by_run]
            if any(value is not None for value in found):
                values = np.array([np.nan if value is None else value for value in found])
                lines.append(Series(slice_name(key), places, values))
        if lines:
            figures[title_of(name)] = line_chart(
                title_of(name), lines[:8], "model" if is_model else "data", "", x_names=labels
            )
    rows = [
        Row(
            label if len(keys) == 1 else f"{label}, {slice_name(key)}",
            [text_of(value_of(slices[key], name)) for name in names],
            [number_of(value_of(slices[key], name)) for name in names],
        )
        for label, slices in zip(labels, by_run, strict=True)
        for key in slices
    ]
    columns = ["model" if is_model else "data", *map(title_of, names)]
    return View("Metrics over runs", figures, columns, rows)


def render_plot(
    result: Any,
    slicing_spec: Any = None,
    output_name: str | None = None,
    class_id: int | None = None,
    top_k: int | None = None,
    k: int | None = None,
    label: str | None = None,
) -> View:
    """Return a view of the plots of a slice: curves, calibration, matrices.

    Args:
        result: an `EvalResult`.
        slicing_spec: a `SlicingSpec` of one slice; by default all rows.
        output_name: the output, where there are several.
        class_id: the class of a plot.
        top_k: the ranks.
        k: the rank.
        label: not possible.

    Raises:
        ValueError: no slice, or more than one, is like that, or it has no such plot.
        UnimplementedError: `label` is given.
    """
    if label is not None:
        raise unimplemented("render_plot: label")
    slices = chosen_slices(result.plots, None, slicing_spec)
    if len(slices) > 1:
        names = [slice_name(one.slice) for one in slices][:20]
        raise ValueError(f"More than one slice matching slicing spec is found: {names}")
    one = slices[0]
    outputs = one.plot
    if output_name is None:
        if len(outputs) > 1 and "" not in outputs:
            raise ValueError(f"output_name must be one of {list(outputs)}")
        output_name = "" if "" in outputs else next(iter(outputs))
    if output_name not in outputs:
        raise ValueError(f"no plots of output {output_name!r}; there are {list(outputs)}")
    wanted = str(SubKey(class_id, k, top_k))
    by_key = outputs[output_name]
    if wanted not in by_key:
        raise ValueError(f"no plots of {wanted!r}; there are {list(by_key)}")
    figures = figures_of(by_key[wanted])
    title = f"Plots of {slice_name(one.slice)}" + (f", {wanted}" if wanted else "")
    return View(title, figures, notes=_notes(result))


def render_fairness_indicator(
    eval_result: Any = None,
    slicing_column: str | None = None,
    slicing_spec: Any = None,
    event_handlers: Any = None,
    multi_eval_results: Mapping[str, Any] | None = None,
    baseline_slice: Any = OVERALL,
) -> View:
    """Return a view of fairness indicators: rates by slice, and how far they are from a baseline.

    Args:
        eval_result: an `EvalResult` whose metrics have `FairnessIndicators`; or
        multi_eval_results: one or two by name, to be compared.
        slicing_column: the feature whose slices are shown; or
        slicing_spec: a `SlicingSpec` of them; by default all slices.
        event_handlers: not possible.
        baseline_slice: the slice that gaps are measured from; by default all rows.

    Raises:
        ValueError: neither or both of the results are given, they have no fairness indicators, or
            there is no such slice.
        UnimplementedError: `event_handlers` are given.
    """
    if event_handlers is not None:
        raise unimplemented("render_fairness_indicator: event_handlers")
    if (eval_result is None) == (multi_eval_results is None):
        raise ValueError(
            "render_fairness_indicator: eval_result or multi_eval_results, one of them"
        )
    runs = dict(multi_eval_results) if multi_eval_results is not None else {"": eval_result}
    tables = {name: _fairness_slices(run, slicing_column, slicing_spec, baseline_slice)
              for name, run in runs.items()}  # fmt: skip
    slices = next(iter(tables.values()))
    metrics = [m for m in metric_names(slices) if m[2].startswith(_PREFIX)]
    if not metrics:
        raise ValueError("the result has no fairness indicators; add the metric FairnessIndicators")
    keys = [one.slice for one in slices]
    figures, columns = {}, ["slice"]
    cells: dict[Any, list[tuple[str, float | None]]] = {key: [] for key in keys}
    for metric in metrics:
        title = title_of((metric[0], metric[1], metric[2].removeprefix(_PREFIX)))
        series, intervals = [], None
        for run, found in tables.items():
            by_slice = {one.slice: value_of(one, metric) for one in found}
            numbers = {key: number_of(by_slice.get(key)) for key in keys}
            if not series:
                intervals = [bounds_of(by_slice.get(key)) for key in keys]
            series.append((run, [np.nan if v is None else v for v in numbers.values()]))
            base = numbers.get(baseline_slice)
            columns += [f"{title} {run}".strip(), f"{title} {run} gap".replace("  ", " ")]
            for key, value in numbers.items():
                gap = None if value is None or base is None else value - base
                cells[key] += [
                    (text_of(by_slice.get(key)), value),
                    ("" if gap is None else f"{gap:+.4g}", gap),
                ]
        base = series[0][1][keys.index(baseline_slice)]
        figures[title] = bar_chart(
            title, [slice_name(key) for key in keys], series, intervals=intervals, reference=base
        )
    counts = dict(zip(keys, counts_of(slices, None), strict=True))
    rows = [
        Row(slice_name(key), [text for text, _ in found], [n for _, n in found], counts[key])
        for key, found in cells.items()
    ]
    note = f"Gaps are from {slice_name(baseline_slice)}, which the dashed line marks."
    choices: dict[str, list[str]] = {}
    for title in figures:
        choices.setdefault(title.split("@")[0], []).append(title)
    return View("Fairness indicators", figures, columns, rows, [note], choices)


def _fairness_slices(result: Any, column: str | None, spec: Any, baseline: Any) -> list[Any]:
    """The slices to show, the baseline first."""
    if column is None and spec is None:
        shown = [one for one in result.slicing_metrics if one.slice != baseline]
    else:
        shown = chosen_slices(result.slicing_metrics, column, spec)
        shown = [one for one in shown if one.slice != baseline]
    first = [one for one in result.slicing_metrics if one.slice == baseline]
    if not first:
        names = [slice_name(one.slice) for one in result.slicing_metrics][:20]
        raise ValueError(f"no slice {slice_name(baseline)} for a baseline; there are {names}")
    return first + shown


def _notes(result: Any) -> list[str]:
    found = []
    if result.model_location:
        found.append(f"Model: {result.model_location}")
    if result.data_location:
        found.append(f"Data: {result.data_location}")
    return found
