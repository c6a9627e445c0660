"""Configurations with their defaults, and what contradicts itself in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tidefall.base.logs import get_logger
from tidefall.lifecycle.model_analysis.plan import BASELINE, CANDIDATE


def update_eval_config_with_defaults(
    eval_config: Any,
    maybe_add_baseline: bool | None = None,
    maybe_remove_baseline: bool | None = None,
    has_baseline: bool | None = False,
    rubber_stamp: bool | None = False,
) -> Any:
    """Return a copy of a configuration with defaults in it.

    With a baseline, a single unnamed model spec becomes those of "candidate" and "baseline".
    Without one, the baseline's spec and change thresholds go. A single model's name is "".

    Args:
        eval_config: an `EvalConfig`; it stays as it is.
        maybe_add_baseline: the older way to say `has_baseline=True`.
        maybe_remove_baseline: the older way to say `has_baseline=False`.
        has_baseline: whether there is a baseline; None leaves that to the two above.
        rubber_stamp: whether a first model is blessed without a baseline to measure changes from.

    Raises:
        ValueError: arguments contradict each other.

    >>> from tidefall import model_analysis as tfma
    >>> config = tfma.EvalConfig(model_specs=[tfma.ModelSpec(label_key="y")])
    >>> found = update_eval_config_with_defaults(config, has_baseline=True)
    >>> [(spec.name, spec.is_baseline) for spec in found.model_specs]
    [('candidate', False), ('baseline', True)]
    """
    if maybe_add_baseline and maybe_remove_baseline:
        raise ValueError("only one of maybe_add_baseline and maybe_remove_baseline should be used")
    if (maybe_add_baseline or maybe_remove_baseline) and has_baseline:
        raise ValueError(
            "maybe_add_baseline and maybe_remove_baseline are ignored if has_baseline is set"
        )
    adds = bool(maybe_add_baseline or has_baseline)
    # As in TensorFlow Model Analysis: False, which is the default, removes as well.
    removes = bool(maybe_remove_baseline) or has_baseline is False
    if not adds and has_change_threshold(eval_config) and not rubber_stamp:
        get_logger().error(
            "There are change thresholds, but the baseline is missing. This is allowed only when "
            "rubber stamping (first run)."
        )
    config = type(eval_config)()
    config.CopyFrom(eval_config)
    options = config.options
    if options.compute_confidence_intervals.value and not options.confidence_intervals.method:
        options.confidence_intervals.method = options.confidence_intervals.JACKKNIFE
    specs = config.model_specs
    if adds and len(specs) == 1 and not specs[0].name:
        baseline = specs.add()
        baseline.CopyFrom(specs[0])
        baseline.name, baseline.is_baseline = BASELINE, True
        specs[0].name = CANDIDATE
    if removes and not adds:
        kept = [spec for spec in specs if not spec.is_baseline]
        gone = {spec.name for spec in specs if spec.is_baseline}
        del specs[:]
        specs.extend(kept)
        for threshold in _thresholds(config):
            threshold.ClearField("change_threshold")
        for metrics in config.metrics_specs:
            metrics.model_names[:] = [name for name in metrics.model_names if name not in gone]
    if not specs:
        specs.add()
    if len(specs) == 1:
        specs[0].name = ""
    for metrics in config.metrics_specs:
        if len(specs) == 1:
            metrics.model_names[:] = [""]
        elif not metrics.model_names:
            metrics.model_names.extend(spec.name for spec in specs)
    return config


def _thresholds(config: Any) -> Iterator[Any]:
    """All `MetricThreshold`s of a configuration."""
    for spec in config.metrics_specs:
        for metric in spec.metrics:
            if metric.HasField("threshold"):
                yield metric.threshold
            yield from (one.threshold for one in metric.per_slice_thresholds)
            yield from (one.threshold for one in metric.cross_slice_thresholds)
        yield from spec.thresholds.values()
        for several in (*spec.per_slice_thresholds.values(), *spec.cross_slice_thresholds.values()):
            yield from (one.threshold for one in several.thresholds)


def has_change_threshold(eval_config: Any) -> bool:
    """Return whether some threshold is about the change from a baseline."""
    return any(one.HasField("change_threshold") for one in _thresholds(eval_config))


def has_threshold(eval_config: Any) -> bool:
    """Return whether there is some threshold."""
    return any(one.ByteSize() for one in _thresholds(eval_config))


def verify_eval_config(eval_config: Any, baseline_required: bool | None = None) -> None:
    """Refuse configurations whose model specs contradict each other.

    Args:
        eval_config: an `EvalConfig`.
        baseline_required: whether one must be the baseline.

    Raises:
        ValueError: they do.
    """
    if not eval_config.model_specs:
        raise ValueError("At least one model_spec is required")
    names = [spec.name for spec in eval_config.model_specs]
    for spec in eval_config.model_specs:
        for one, several in (
            ("label_key", "label_keys"),
            ("prediction_key", "prediction_keys"),
            ("example_weight_key", "example_weight_keys"),
        ):
            if getattr(spec, one) and getattr(spec, several):
                raise ValueError(
                    f"only one of {one} or {several} should be used at a time: model_spec "
                    f"{spec.name!r}"
                )
    if len(set(names)) < len(names):
        raise ValueError(f"more than one model_spec has the same name: {names}")
    if len(names) > 1 and "" in names:
        raise ValueError(
            f"A name is required for all ModelSpecs when multiple models are used: {names}"
        )
    baselines = [spec.name for spec in eval_config.model_specs if spec.is_baseline]
    if len(baselines) > 1:
        raise ValueError(f"only one model_spec may be a baseline, found: {baselines}")
    if baseline_required and not baselines:
        raise ValueError("A baseline ModelSpec is required")
