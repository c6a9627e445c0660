"""Whether a metric stays what it is from one window of time to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid


@dataclass(frozen=True)
class Stability:
    """A metric by windows.

    Attributes:
        windows: their starts, in order.
        values: float64 [windows] of the metric.
        overall: the metric over all rows; NaN where it was not evaluated.
        deviation: the standard deviation of the values.
        slope: of the line through the values, per window.
        slope_p_value: the chance of such a slope where there is none (a t-test of regression).
        largest_change: the widest change from one window to the next.
        outside: windows that are more than three robust deviations from the median.
    """

    windows: list[Any]
    values: np.ndarray
    overall: float
    deviation: float
    slope: float
    slope_p_value: float
    largest_change: float
    outside: list[Any]


def stability(
    result: Any,
    feature: str,
    metric: str,
    output_name: str = "",
    sub_key: str = "",
) -> Stability:
    """Return how a metric of an `EvalResult` changes over windows.

    Args:
        result: of an evaluation with slices by the feature alone, such as one that
            `add_time_windows` made; its values are in the order of time.
        feature: that column.
        metric: the name of a number.
        output_name: the output.
        sub_key: the class, rank or average, as results have it ("classId:1").

    Raises:
        InvalidArgumentError: there are fewer than two windows with the metric.

    >>> import pyarrow as pa
    >>> from tidefall import model_analysis as tfma
    >>> table = pa.table({"day": [0, 0, 1, 1, 2, 2], "y": [1.0] * 6, "p": [1, 1, 1, 0, 0, 0]})
    >>> config = tfma.EvalConfig(model_specs=[tfma.ModelSpec(label_key="y", prediction_key="p")])
    >>> config.metrics_specs.extend(tfma.metrics.specs_from_metrics([tfma.metrics.Recall()]))
    >>> _ = config.slicing_specs.add(feature_keys=["day"])
    >>> found = stability(tfma.analyze_raw_data(table, config), "day", "recall")
    >>> found.windows, found.values.tolist(), round(found.slope, 3)
    ([0, 1, 2], [1.0, 0.5, 0.0], -0.5)
    """
    pairs, overall = [], float("nan")
    for sliced in result.slicing_metrics:
        of_key = sliced.metrics.get(output_name, {}).get(sub_key, {})
        value = number_of(of_key.get(metric))
        if value is None:
            continue
        if sliced.slice == ():
            overall = value
        elif len(sliced.slice) == 1 and sliced.slice[0][0] == feature:
            pairs.append((sliced.slice[0][1], value))
    if len(pairs) < 2:
        raise invalid(
            f"{metric!r} in {len(pairs)} windows of {feature!r}, expected 2 or more; slice by "
            f"{feature!r} alone"
        )
    pairs.sort(key=lambda pair: pair[0])
    windows, values = [w for w, _ in pairs], np.array([v for _, v in pairs])
    slope, chance = _slope(values)
    middle = np.nanmedian(values)
    spread = 1.4826 * np.nanmedian(np.abs(values - middle))
    outside = [w for w, v in pairs if abs(v - middle) > 3 * spread + 1e-12 * max(abs(middle), 1.0)]
    changes = np.abs(np.diff(values))
    return Stability(
        windows, values, overall, float(np.nanstd(values, ddof=1)), slope, chance,
        float(np.nanmax(changes)) if not np.isnan(changes).all() else float("nan"), outside,
    )  # fmt: skip


def number_of(value: Any) -> float | None:
    """The number of a metric's value in an `EvalResult`; None if it is something else."""
    if not isinstance(value, dict):
        return None
    if "doubleValue" in value:
        return float(value["doubleValue"])
    bounded = value.get("boundedValue")
    if isinstance(bounded, dict):
        inner = bounded.get("value")
        return float(inner) if inner is not None else None
    return None


def _slope(values: np.ndarray) -> tuple[float, float]:
    """The slope of the least squares line and its p-value; NaN for that of two windows."""
    from scipy import stats

    known = ~np.isnan(values)
    if known.sum() < 2:
        return float("nan"), float("nan")
    found = stats.linregress(np.flatnonzero(known), values[known])
    return float(found.slope), float(found.pvalue) if known.sum() > 2 else float("nan")
