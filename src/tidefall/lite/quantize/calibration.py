"""Ranges of activations: the least and the largest number of each value over all samples."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tidefall.base import errors
from tidefall.lite.converter.ir import LiteProgram, Value
from tidefall.lite.converter.report import Report
from tidefall.lite.quantize.observed import ObservedProgram
from tidefall.lite.quantize.samples import Samples

if TYPE_CHECKING:
    from tidefall.lite.quantize.trained import RandomSamples

_log = logging.getLogger("tidefall.lite")
FAR = 20.0
"""A number so many standard deviations from the mean is an outlier that is reported."""


@dataclass
class Range:
    """What was seen of a value.

    Attributes:
        low, high: the least and the largest number.
        count, total, squares: of all numbers, for mean and deviation.
        is_trained: whether training found it, so that it is to be kept as it is.
    """

    low: float = math.inf
    high: float = -math.inf
    count: int = 0
    total: float = 0.0
    squares: float = 0.0
    is_trained: bool = False

    def see(self, array: np.ndarray) -> None:
        """Take in the numbers of one run."""
        if not array.size:
            return
        low, high = float(array.min()), float(array.max())
        if not (math.isfinite(low) and math.isfinite(high)):
            finite = array[np.isfinite(array)]
            if not finite.size:
                return
            array, low, high = finite, float(finite.min()), float(finite.max())
        self.low, self.high = min(self.low, low), max(self.high, high)
        self.count += array.size
        self.total += float(array.sum(dtype=np.float64))
        self.squares += float(np.square(array, dtype=np.float64).sum())

    @property
    def is_known(self) -> bool:
        """Whether anything was seen."""
        return self.count > 0

    def far(self) -> float:
        """How many standard deviations the farthest number is from the mean."""
        mean = self.total / self.count
        deviation = math.sqrt(max(self.squares / self.count - mean * mean, 0.0))
        reach = max(self.high - mean, mean - self.low)
        return reach / deviation if deviation > 0 else 0.0


def calibrate(
    program: LiteProgram, samples: Samples | RandomSamples, report: Report
) -> dict[int, Range]:
    """Run a float model on samples.

    Args:
        program: a float model.
        samples: the samples.
        report: takes ranges and outliers by layer.

    Returns:
        What was seen of each float value, by its id.

    Raises:
        tf.errors.InvalidArgumentError: if there are no samples, or an input never changes.
    """
    ranges: dict[int, Range] = {}

    def observe(value: Value, array: np.ndarray) -> None:
        if value.is_float and not value.is_constant:
            ranges.setdefault(id(value), Range()).see(array)

    observed = ObservedProgram(program, observe)
    seen: set[str] = set()
    for key, arrays in samples:
        seen.add(key)
        observed.call(key, arrays)
    _check_inputs(program, ranges, seen)
    _note(program, ranges, report)
    return ranges


def _check_inputs(program: LiteProgram, ranges: dict[int, Range], seen: set[str]) -> None:
    for signature in program.signatures:
        if signature.key not in seen:
            raise errors.InvalidArgumentError(
                None, None,
                f"The representative dataset has no samples for the signature {signature.key!r}.",
            )  # fmt: skip
        for name, value in zip(signature.inputs, signature.subgraph.inputs, strict=True):
            found = ranges.get(id(value))
            if found is not None and found.low == found.high:
                raise errors.InvalidArgumentError(
                    None, None,
                    f"The input {name!r} is {found.low:g} throughout the representative dataset, "
                    "so that ranges of activations cannot be found. Give samples of real data.",
                )  # fmt: skip


def _note(program: LiteProgram, ranges: dict[int, Range], report: Report) -> None:
    for operator in program.operators():
        for value in operator.outputs:
            found = ranges.get(id(value))
            if found is None or not found.is_known:
                continue
            low, high = report.ranges.get(value.layer, (found.low, found.high))
            report.ranges[value.layer] = (min(low, found.low), max(high, found.high))
            far = found.far()
            if far > FAR:
                text = (
                    f"{value.layer}: {found.low:.3g} to {found.high:.3g}, {far:.0f} standard "
                    "deviations from the mean: most numbers share few integers"
                )
                report.outliers.append(text)
    for text in report.outliers:
        _log.info("outlier in calibration: %s", text)
