"""One pass over batches: slices, then what each statistic adds up, then values.

Evaluations of shards merge exactly: what is kept are sums, and rows where metrics rank them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.inputs import Inputs
from tidefall.lifecycle.model_analysis.keys import AttributionsKey, MetricKey, PlotKey
from tidefall.lifecycle.model_analysis.plan import Plan
from tidefall.lifecycle.model_analysis.resampling import Draws
from tidefall.lifecycle.model_analysis.slice_values import Interval, SliceValues, crossed
from tidefall.lifecycle.model_analysis.slicing import (
    Group,
    SliceTable,
    slicers_of,
)
from tidefall.lifecycle.model_analysis.statistics import Accumulator, Statistic, Sums, Terms

SAMPLES = 20
"""Samples of confidence intervals, as TFMA takes."""
_ROWS = Sums("rows", lambda inputs: Terms([np.ones(inputs.rows)]))


class Sample:
    """Accumulators of all statistics over the same rows."""

    def __init__(self, statistics: dict[Any, Statistic]):
        self.parts: dict[Any, Accumulator] = {key: s.new() for key, s in statistics.items()}
        self._units = {key: statistic.unit for key, statistic in statistics.items()}

    @property
    def units(self) -> set[str]:
        """What stays together, see `Statistic.unit`."""
        return set(self._units.values())

    def add(
        self,
        inputs: Inputs,
        groups: Sequence[Group],
        times: np.ndarray | None,
        unit: str | None = None,
    ) -> None:
        """Take a batch; of one unit's statistics alone where that is given."""
        for key, part in self.parts.items():
            if unit is None or self._units[key] == unit:
                part.add(inputs, groups, times)

    def merge(self, other: Sample, numbers: np.ndarray) -> None:
        """Add another one."""
        for key, part in self.parts.items():
            part.merge(other.parts[key], numbers)


class Evaluation:
    """What has been evaluated so far.

    Args:
        plan: what is wanted.
        seed: of confidence intervals' samples.
    """

    def __init__(self, plan: Plan, seed: int | None = None):
        self.plan, self.slices = plan, SliceTable()
        self._slicers = slicers_of(plan.config)
        self._statistics: dict[Any, Statistic] = {_ROWS.key: _ROWS}
        for derived in plan.derived.values():
            self._statistics |= {s.key: s for s in derived.statistics.values()}
        self._all = Sample(self._statistics)
        self._method = _interval_method(plan.config)
        self._samples = [Sample(self._statistics) for _ in range(SAMPLES if self._method else 0)]
        self._random = np.random.default_rng(seed)

    def add(self, inputs: Inputs) -> None:
        """Take a batch."""
        if not inputs.rows:
            return
        groups = [slicer.groups(inputs.batch, self.slices) for slicer in self._slicers]
        self._all.add(inputs, groups, None)
        for unit in sorted(self._all.units) if self._method else []:
            draws = Draws(self._random, inputs.batch, unit)
            parts = None
            if self._method == "JACKKNIFE":
                parts = (draws.uniform(0) * SAMPLES).astype(np.int64)
            for number, sample in enumerate(self._samples):
                if parts is not None:
                    sample.add(inputs, [_where(g, parts == number) for g in groups], None, unit)
                else:
                    sample.add(inputs, groups, draws.poisson(number), unit)

    def merge(self, other: Evaluation) -> None:
        """Add the evaluation of other rows with the same plan."""
        if self._statistics.keys() != other._statistics.keys():
            raise invalid("evaluations of different configurations cannot be merged")
        numbers = np.array([self.slices.number(key) for key in other.slices.keys], np.int64)
        if not len(numbers):
            return
        self._all.merge(other._all, numbers)
        for here, there in zip(self._samples, other._samples, strict=True):
            here.merge(there, numbers)

    def values(self) -> list[SliceValues]:
        """The values of all slices, and of slices compared with others."""
        samples = self._samples
        if self._method == "JACKKNIFE":
            samples = self._left_out()
        least = self.plan.config.options.min_slice_size.value or 1
        found = []
        for number, key in enumerate(self.slices.keys):
            count = int(self._all.parts[_ROWS.key].value(number)[0, 0])
            if count < least:
                found.append(SliceValues(key, error=_TOO_SMALL.format(least)))
                continue
            one = SliceValues(key)
            for name, derived in self.plan.derived.items():
                value = _result(derived, self._all, number)
                if isinstance(name, PlotKey):
                    one.plots[name] = value
                elif isinstance(name, AttributionsKey):
                    one.attributions[name] = value
                else:
                    one.metrics[name] = value
            _add_differences(one.metrics, self.plan.baseline)
            if samples:
                self._add_intervals(one, samples, number)
            found.append(one)
        return found + crossed(found, self.plan.config)

    def _left_out(self) -> list[Sample]:
        """For each part the sums of all the others."""
        numbers = np.arange(len(self.slices))
        found = []
        for left in range(SAMPLES):
            sample = Sample(self._statistics)
            for number, part in enumerate(self._samples):
                if number != left:
                    sample.merge(part, numbers)
            found.append(sample)
        return found

    def _add_intervals(self, one: SliceValues, samples: list[Sample], number: int) -> None:
        rows: list[dict[MetricKey, Any]] = []
        for sample in samples:
            values = {
                key: _result(self.plan.derived[key], sample, number)
                for key in one.metrics
                if key in self.plan.derived
                and self.plan.derived[key].has_interval
                and isinstance(one.metrics[key], float)
            }
            _add_differences(values, self.plan.baseline)
            rows.append(values)
        for key in rows[0]:
            one.intervals[key] = interval(np.array([row[key] for row in rows]), self._method)


def interval(samples: np.ndarray, method: str) -> Interval:
    """A confidence interval of a value, around the mean of its values over samples as in TFMA.

    Args:
        samples: float64 [samples]; for "JACKKNIFE" without one part each.
        method: "JACKKNIFE" or "POISSON_BOOTSTRAP".
    """
    from scipy import stats

    n = len(samples)
    middle, error = float(samples.mean()), float(samples.std(ddof=1))
    if method == "JACKKNIFE":
        # The deviation of the pseudo-values n * value - (n - 1) * sample, over the root of n.
        error *= (n - 1) / np.sqrt(n)
    reach = float(stats.t.ppf(0.975, n - 1)) * error
    return Interval(middle - reach, middle + reach, error, n - 1)


_TOO_SMALL = (
    "Example count for this slice key is lower than the minimum required value: {}. No data is "
    "aggregated for this slice."
)


def _interval_method(config: Any) -> str:
    options = config.options
    if not options.compute_confidence_intervals.value:
        return ""
    method = options.confidence_intervals.method
    kinds = options.confidence_intervals.ConfidenceIntervalMethod
    if method == kinds.Value("JACKKNIFE"):
        return "JACKKNIFE"
    return "POISSON_BOOTSTRAP"


def _where(group: Group, chosen: np.ndarray) -> Group:
    picked = np.flatnonzero(chosen if group.rows is None else chosen[group.rows])
    ids = group.ids if isinstance(group.ids, int) else group.ids[picked]
    return Group(picked if group.rows is None else group.rows[picked], ids)


def _result(derived: Any, sample: Sample, number: int) -> Any:
    have = {name: sample.parts[s.key].value(number) for name, s in derived.statistics.items()}
    return derived.result(have)


def _add_differences(metrics: dict[MetricKey, Any], baseline: str | None) -> None:
    """What candidates' numbers are above the baseline's."""
    if baseline is None:
        return
    for key, value in list(metrics.items()):
        if key.model_name == baseline or key.is_diff or not isinstance(value, float):
            continue
        other = metrics.get(key.make_baseline_key(baseline))
        if isinstance(other, float):
            metrics[key.make_diff_key()] = value - other
