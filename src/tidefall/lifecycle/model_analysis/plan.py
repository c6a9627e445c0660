"""What a configuration asks for: values to compute, statistics to add up, thresholds to keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.keys import (
    AggregationType,
    AttributionsKey,
    MetricKey,
    PlotKey,
    SubKey,
)
from tidefall.lifecycle.model_analysis.metrics.base import (
    REGISTRY,
    Context,
    Derived,
    Metric,
    snake_case,
)
from tidefall.lifecycle.model_analysis.metrics.pairs import pair_sums
from tidefall.lifecycle.model_analysis.metrics.specs import metric_of

BASELINE, CANDIDATE = "baseline", "candidate"


@dataclass(frozen=True)
class Bound:
    """A threshold of a metric.

    Attributes:
        spec: the `SlicingSpec` or `CrossSlicingSpec` it holds for; None for all rows.
        threshold: a `GenericValueThreshold` or `GenericChangeThreshold`.
    """

    spec: Any
    threshold: Any


@dataclass
class Plan:
    """All of it.

    Attributes:
        config: the configuration, with defaults.
        derived: values to compute, by key.
        bounds: thresholds by metric key.
        baseline: the baseline model's name; None where there is none.
    """

    config: Any
    derived: dict[MetricKey | PlotKey | AttributionsKey, Derived]
    bounds: dict[MetricKey, list[Bound]]
    baseline: str | None


def plan_of(config: Any) -> Plan:
    """What a configuration asks for.

    Raises:
        InvalidArgumentError: it contradicts itself, or names an unknown metric.
    """
    specs = list(config.model_specs)
    names = [spec.name for spec in specs]
    if len(set(names)) < len(names):
        raise invalid(f"model_specs: names are not unique: {names}")
    baselines = [spec.name for spec in specs if spec.is_baseline]
    if len(baselines) > 1:
        raise invalid(f"model_specs: several baselines: {baselines}")
    plan = Plan(config, {}, {}, baselines[0] if baselines else None)
    for spec in config.metrics_specs:
        for name in spec.model_names:
            if name not in names:
                raise invalid(f"metrics_specs: unknown model {name!r}; there are {sorted(names)}")
        metrics = [(metric_of(metric), metric) for metric in spec.metrics]
        metrics += _named_by_thresholds(spec, {metric.name for metric, _ in metrics})
        for model in spec.model_names or names:
            for output in spec.output_names or [""]:
                for context in _contexts(spec, _model(specs, model), output, plan.baseline):
                    for metric, message in metrics:
                        _put(plan, spec, metric, message, context)
            if spec.output_weights:
                for context in _contexts(spec, _model(specs, model), "", plan.baseline):
                    for metric, message in metrics:
                        for one in _mean_of_outputs(metric, context, spec.output_weights):
                            plan.derived[one.key] = one
                            _bound(plan, one.key, spec, metric, message)
    return plan


def _mean_of_outputs(
    metric: Metric, context: Context, weights: Mapping[str, float]
) -> list[Derived]:
    """The weighted mean of a metric's numbers over outputs."""
    if metric.is_plot:
        return []
    outputs = sorted(weights)
    parts = [list(_derived(metric, replace(context, output=output))) for output in outputs]
    found = []
    for several in zip(*parts, strict=True):
        statistics = {
            f"{place}/{name}": statistic
            for place, one in enumerate(several)
            for name, statistic in one.statistics.items()
        }

        def value(have: Mapping[str, Any], several: Any = several) -> float:
            values = [
                one.result({name: have[f"{place}/{name}"] for name in one.statistics})
                for place, one in enumerate(several)
            ]
            if not all(isinstance(one, float) for one in values):
                raise invalid(f"output_weights: {several[0].key.name!r} is no number")
            return float(np.average(values, weights=[weights[output] for output in outputs]))

        found.append(Derived(replace(several[0].key, output_name=""), statistics, value))
    return found


def _named_by_thresholds(spec: Any, known: set[str]) -> list[tuple[Metric, Any]]:
    """Metrics that only thresholds name, with their default settings.

    In TensorFlow Model Analysis they are those that the model was compiled with; a SavedModel of
    Keras 3 does not say which those were.
    """
    from tidefall.proto import evaluation

    found = []
    names = {*spec.thresholds, *spec.per_slice_thresholds, *spec.cross_slice_thresholds} - known
    for name in sorted(names):
        config = evaluation.MetricConfig(class_name=_class_of(name))
        found.append((metric_of(config), config))
    return found


def _class_of(name: str) -> str:
    """The class whose metric is called so by default."""
    import keras

    for one, kind in REGISTRY.items():
        if one[0] != "_" and kind.default_name() == name:
            return one
    for one in dir(keras.metrics):
        if one[0] != "_" and snake_case(one) == name:
            return one
    raise invalid(f"thresholds: no metric is called {name!r}; add it to the metrics of the spec")


def _model(specs: Sequence[Any], name: str) -> Any:
    return next(spec for spec in specs if spec.name == name)


def _contexts(spec: Any, model: Any, output: str, baseline: str | None) -> list[Context]:
    has_weights = bool(model.example_weight_key or model.example_weight_keys)
    wanted: list[bool | None]
    if spec.HasField("example_weights"):
        options = spec.example_weights
        wanted = [v for v, on in ((True, options.weighted), (False, options.unweighted)) if on]
        if True in wanted and not has_weights:
            raise invalid("example_weights.weighted needs example_weight_key in the model_spec")
    else:
        wanted = [True if has_weights else None]
    sub_keys: list[SubKey | None] = [
        SubKey(**{name: value})
        for name, values in (
            ("class_id", spec.binarize.class_ids.values),
            ("k", spec.binarize.k_list.values),
            ("top_k", spec.binarize.top_k_list.values),
        )
        for value in values
    ]
    found = [
        Context(model.name, output, sub_key, None, (), weighted, spec.query_key, baseline)
        for weighted in wanted
        for sub_key in (sub_keys or [None] if not spec.HasField("aggregate") else sub_keys)
    ]
    if spec.HasField("aggregate"):
        kind = AggregationType(**{spec.aggregate.WhichOneof("type") or "micro_average": True})
        weights = tuple(sorted(spec.aggregate.class_weights.items()))
        ranks = [SubKey(top_k=k) for k in spec.aggregate.top_k_list.values] or [None]
        found += [
            Context(model.name, output, rank, kind, weights, weighted, spec.query_key, baseline)
            for weighted in wanted
            for rank in ranks
        ]
    return found


def _put(plan: Plan, spec: Any, metric: Metric, message: Any, context: Context) -> None:
    if context.aggregation and metric.is_plot:
        return
    for one in _derived(metric, context):
        plan.derived[one.key] = one
        if isinstance(one.key, MetricKey):
            _bound(plan, one.key, spec, metric, message)


def _derived(metric: Metric, context: Context) -> Sequence[Derived]:
    kind = context.aggregation.kind if context.aggregation else ""
    if kind in ("macro_average", "weighted_macro_average"):
        return _macro(metric, context, kind)
    return metric.derive(context)


def _macro(metric: Metric, context: Context, kind: str) -> list[Derived]:
    """The mean over classes, or over the first ranks."""
    if context.sub_key is not None:
        ids = [SubKey(k=k) for k in range(1, (context.sub_key.top_k or 0) + 1)]
        given = {SubKey(k=n): w for n, w in context.class_weights}
        weights = {key: given.get(key, 0.0) if given else 1.0 for key in ids}
    else:
        weights = {SubKey(class_id=n): w for n, w in context.class_weights}
        if not weights:
            raise invalid(f"aggregate with {kind} needs class_weights or top_k_list")
    plain = replace(context, aggregation=None, class_weights=(), sub_key=None)
    parts = [list(metric.derive(replace(plain, sub_key=key))) for key in weights]
    labels = [pair_sums(replace(plain, sub_key=key), "labels", lambda y, p: [y]) for key in weights]
    found = []
    for several in zip(*parts, strict=True):
        statistics = {
            f"{place}/{name}": statistic
            for place, one in enumerate(several)
            for name, statistic in one.statistics.items()
        }
        statistics |= {f"label/{place}": statistic for place, statistic in enumerate(labels)}

        def value(have: Mapping[str, Any], several: Any = several) -> float:
            given = np.array(list(weights.values()))
            if kind == "weighted_macro_average":
                positives = np.array([have[f"label/{i}"][1, 0] for i in range(len(several))])
                given = given * positives
            values = np.array(
                [
                    one.result({name: have[f"{i}/{name}"] for name in one.statistics})
                    for i, one in enumerate(several)
                ]
            )
            counted = given != 0
            total = given[counted].sum()
            return float((values[counted] * given[counted]).sum() / total) if total else np.nan

        key = replace(several[0].key, sub_key=context.sub_key, aggregation_type=context.aggregation)
        found.append(Derived(key, statistics, value))
    return found


def _bound(plan: Plan, key: MetricKey, spec: Any, metric: Metric, message: Any) -> None:
    given: list[tuple[Any, Any]] = []
    if message.HasField("threshold"):
        given.append((None, message.threshold))
    given += [(s, t.threshold) for t in message.per_slice_thresholds for s in t.slicing_specs]
    given += [
        (s, t.threshold) for t in message.cross_slice_thresholds for s in t.cross_slicing_specs
    ]
    name = metric.name
    if name in spec.thresholds:
        given.append((None, spec.thresholds[name]))
    if name in spec.per_slice_thresholds:
        several = spec.per_slice_thresholds[name].thresholds
        given += [(s, t.threshold) for t in several for s in t.slicing_specs]
    if name in spec.cross_slice_thresholds:
        several = spec.cross_slice_thresholds[name].thresholds
        given += [(s, t.threshold) for t in several for s in t.cross_slicing_specs]
    for where, threshold in given:
        if threshold.HasField("value_threshold"):
            plan.bounds.setdefault(key, []).append(Bound(where, threshold.value_threshold))
        if threshold.HasField("change_threshold") and key.model_name != plan.baseline:
            change = key.make_diff_key()
            plan.bounds.setdefault(change, []).append(Bound(where, threshold.change_threshold))
