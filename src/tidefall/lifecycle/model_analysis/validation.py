"""Whether metrics keep their thresholds: a model is blessed, or told what fails by how much."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.keys import MetricKey
from tidefall.lifecycle.model_analysis.plan import Bound, Plan
from tidefall.lifecycle.model_analysis.slice_values import SliceValues
from tidefall.lifecycle.model_analysis.slicing import (
    deserialize,
    serialize,
    slice_name,
    spec_matches,
    stringify,
)


def validate(plan: Plan, values: Sequence[SliceValues], rubber_stamp: bool = False) -> Any:
    """Return the `ValidationResult` of an evaluation.

    Args:
        plan: with the thresholds.
        values: of slices.
        rubber_stamp: whether there is no baseline yet; then changes are not held against one, and
            without other thresholds the model is good.
    """
    from tidefall.proto import evaluation

    result = evaluation.ValidationResult(validation_ok=True, rubber_stamp=rubber_stamp)
    if not plan.bounds:
        result.validation_ok = rubber_stamp
        result.missing_thresholds = not rubber_stamp
        return result
    matched: dict[bytes, tuple[Any, int]] = {}
    for one in values:
        if one.error:
            continue
        failures = evaluation.MetricsValidationForSlice()
        for key, bounds in plan.bounds.items():
            if key.model_name == plan.baseline and plan.baseline is not None:
                continue
            _check(one, key, bounds, plan, failures, matched)
        if failures.failures:
            result.validation_ok = False
            if one.is_cross:
                failures.cross_slice_key.baseline_slice_key.CopyFrom(serialize(one.key[0]))
                failures.cross_slice_key.comparison_slice_key.CopyFrom(serialize(one.key[1]))
            else:
                failures.slice_key.CopyFrom(serialize(one.key))
            result.metric_validations_per_slice.append(failures)
    _add_details(result, plan, matched)
    return result


def _check(
    one: SliceValues,
    key: MetricKey,
    bounds: Sequence[Bound],
    plan: Plan,
    failures: Any,
    matched: dict[bytes, tuple[Any, int]],
) -> None:
    told: set[bytes] = set()
    for bound in bounds:
        if not _applies(bound.spec, one):
            continue
        name = _spec_name(bound.spec)
        matched[name] = (bound.spec, matched.get(name, (None, 0))[1] + 1)
        value = one.metrics.get(key)
        base = one.metrics.get(key.make_baseline_key(plan.baseline or ""))
        message = _complaint(bound.threshold, value, base)
        serialized = bound.threshold.SerializeToString(deterministic=True)
        if message is None or serialized in told:
            continue
        told.add(serialized)
        failure = failures.failures.add(message=message)
        failure.metric_key.CopyFrom(key.to_proto())
        if isinstance(value, float):
            failure.metric_value.double_value.value = value
        if bound.threshold.DESCRIPTOR.name == "GenericValueThreshold":
            failure.metric_threshold.value_threshold.CopyFrom(bound.threshold)
        else:
            failure.metric_threshold.change_threshold.CopyFrom(bound.threshold)


def _applies(spec: Any, one: SliceValues) -> bool:
    if spec is None:
        return not one.is_cross and not one.key
    if spec.DESCRIPTOR.name == "CrossSlicingSpec":
        return (
            one.is_cross
            and spec_matches(spec.baseline_spec, one.key[0])
            and any(spec_matches(s, one.key[1]) for s in spec.slicing_specs)
        )
    return not one.is_cross and spec_matches(spec, one.key)


def _complaint(threshold: Any, value: Any, base: Any) -> str | None:
    """Why a value does not keep a threshold; None if it does."""
    if value is None:
        return "Metric not found."
    if not isinstance(value, float):
        return f"a {type(value).__name__} cannot be held against a threshold"
    if math.isnan(value):
        return "the value is not a number"
    if threshold.DESCRIPTOR.name == "GenericValueThreshold":
        if threshold.HasField("lower_bound") and value < threshold.lower_bound.value:
            low = threshold.lower_bound.value
            return f"{value:.6g} is {low - value:.3g} below the lower bound {low:.6g}"
        if threshold.HasField("upper_bound") and value > threshold.upper_bound.value:
            high = threshold.upper_bound.value
            return f"{value:.6g} is {value - high:.3g} above the upper bound {high:.6g}"
        return None
    if threshold.direction not in (1, 2):
        raise invalid("change_threshold needs direction: LOWER_IS_BETTER or HIGHER_IS_BETTER")
    sign = 1 if threshold.direction == 2 else -1
    words = "at least" if sign > 0 else "at most"
    if threshold.HasField("absolute") and sign * value < sign * threshold.absolute.value:
        return f"the change is {value:.6g}, expected {words} {threshold.absolute.value:.6g}"
    if threshold.HasField("relative"):
        if not isinstance(base, float) or math.isclose(base, 0.0):
            return "the baseline's value is 0 or unknown: there is no relative change"
        share = value / base
        if not sign * share >= sign * threshold.relative.value:
            return (
                f"the relative change is {share:.6g}, expected {words} "
                f"{threshold.relative.value:.6g}"
            )
    return None


def _spec_name(spec: Any) -> bytes:
    if spec is None:
        return b"SlicingSpec"
    return spec.DESCRIPTOR.name.encode() + spec.SerializeToString(deterministic=True)


def _add_details(result: Any, plan: Plan, matched: dict[bytes, tuple[Any, int]]) -> None:
    from tidefall.proto import evaluation

    for spec, count in matched.values():
        details = result.validation_details.slicing_details.add(num_matching_slices=count)
        if spec is None:
            details.slicing_spec.SetInParent()
        elif spec.DESCRIPTOR.name == "SlicingSpec":
            details.slicing_spec.CopyFrom(spec)
        else:
            details.cross_slicing_spec.CopyFrom(spec)
    missing = {
        _spec_name(bound.spec): bound.spec
        for key, bounds in plan.bounds.items()
        if plan.baseline is None or key.model_name != plan.baseline
        for bound in bounds
        if _spec_name(bound.spec) not in matched
    }
    for spec in missing.values():
        result.validation_ok = False
        if spec is None:
            result.missing_slices.append(evaluation.SlicingSpec())
        elif spec.DESCRIPTOR.name == "SlicingSpec":
            result.missing_slices.append(spec)
        else:
            result.missing_cross_slices.append(spec)


class ValidationFailure(NamedTuple):
    """What does not keep a threshold.

    Attributes:
        slice: where.
        metric: which; "" where there is no such slice.
        reason: by how much.
    """

    slice: str
    metric: str
    reason: str


def validation_failures(result: Any) -> list[ValidationFailure]:
    """Return which slices fail a validation, and by how much.

    Args:
        result: a `ValidationResult`; None, as of an evaluation without thresholds, has none.
    """
    if result is None:
        return []
    found = []
    for one in result.metric_validations_per_slice:
        key: Any = deserialize(one.slice_key)
        if one.HasField("cross_slice_key"):
            pair = one.cross_slice_key
            key = (deserialize(pair.baseline_slice_key), deserialize(pair.comparison_slice_key))
        where = slice_name(key)
        for failure in one.failures:
            name = str(MetricKey.from_proto(failure.metric_key))
            found.append(ValidationFailure(where, name, failure.message))
    missing = [_spec_text(spec) for spec in result.missing_slices]
    for spec in result.missing_cross_slices:
        several = ", ".join(_spec_text(one) for one in spec.slicing_specs)
        missing.append(f"{_spec_text(spec.baseline_spec)} against {several}")
    return found + [ValidationFailure(text, "", "there is no such slice") for text in missing]


def _spec_text(spec: Any) -> str:
    """A `SlicingSpec` as the names of its slices begin."""
    if spec.slice_keys_sql:
        return spec.slice_keys_sql
    values = [*((name, "*") for name in spec.feature_keys), *spec.feature_values.items()]
    return stringify(tuple(sorted(values)))
