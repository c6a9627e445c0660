"""The values of slices, and those of slices compared with others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tidefall.lifecycle.model_analysis.keys import AttributionsKey, MetricKey, PlotKey
from tidefall.lifecycle.model_analysis.slicing import spec_matches


@dataclass(frozen=True)
class Interval:
    """A 95 % confidence interval.

    Attributes:
        lower: its lower end.
        upper: its upper end.
        standard_error: of the value.
        degrees_of_freedom: of the t distribution.
    """

    lower: float
    upper: float
    standard_error: float
    degrees_of_freedom: int


@dataclass
class SliceValues:
    """The values of one slice.

    Attributes:
        key: the slice's, a `SliceKey`; a pair of them where two are compared.
        metrics: by key.
        plots: by key.
        attributions: floats or arrays by feature, by key.
        intervals: by metric key, where they were asked for.
        error: why there are no values.
    """

    key: Any
    metrics: dict[MetricKey, Any] = field(default_factory=dict)
    plots: dict[PlotKey, Any] = field(default_factory=dict)
    attributions: dict[AttributionsKey, dict[str, Any]] = field(default_factory=dict)
    intervals: dict[MetricKey, Interval] = field(default_factory=dict)
    error: str = ""
    is_cross: bool = False


def crossed(found: Sequence[SliceValues], config: Any) -> list[SliceValues]:
    """Baseline slices' values minus those of the slices that are compared with them.

    Args:
        found: the values of slices.
        config: an `EvalConfig`; a cross slicing spec that names no slices to compare with means
            all but its baseline's.
    """
    usable = [one for one in found if not one.error and not one.is_cross]
    if not config.cross_slicing_specs or not usable:
        return []
    keys, table, present = _numbers(usable)
    pairs = []
    for spec in config.cross_slicing_specs:
        is_base = np.array([spec_matches(spec.baseline_spec, one.key) for one in usable])
        is_other = ~is_base
        if spec.slicing_specs:
            is_other = np.array(
                [any(spec_matches(s, one.key) for s in spec.slicing_specs) for one in usable]
            )
        for base in np.flatnonzero(is_base):
            others = np.flatnonzero(is_other)
            others = others[others != base]
            apart = (table[base] - table[others]).tolist()
            shared = present[base] & present[others]
            for place, other in enumerate(others):
                pair = SliceValues((usable[base].key, usable[other].key), is_cross=True)
                pair.metrics = {keys[j]: apart[place][j] for j in np.flatnonzero(shared[place])}
                pairs.append(pair)
    return pairs


def _numbers(found: Sequence[SliceValues]) -> tuple[list[MetricKey], np.ndarray, np.ndarray]:
    """Metrics that are numbers: their keys, float64 [slices, keys], and which ones there are."""
    places: dict[MetricKey, int] = {}
    for one in found:
        for key, value in one.metrics.items():
            if isinstance(value, float):
                places.setdefault(key, len(places))
    table = np.full((len(found), len(places)), np.nan)
    present = np.zeros(table.shape, bool)
    for row, one in enumerate(found):
        for key, value in one.metrics.items():
            if isinstance(value, float):
                table[row, places[key]], present[row, places[key]] = value, True
    return list(places), table, present
