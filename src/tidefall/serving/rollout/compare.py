"""What two versions of a model answered to one request, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tidefall.serving.models.servable import Arrays


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far numbers may be apart and count as equal: |a - b| <= absolute + relative * |b|."""

    relative: float = 1e-3
    absolute: float = 1e-5


@dataclass(frozen=True, slots=True)
class OutputDifference:
    """How one output differs.

    Args:
        output: its name.
        reason: "missing", "unexpected", "shape", "dtype" or "values".
        values: how many values differ, of those compared.
        share: the same as a share of all values, 0 to 1.
        largest: the largest absolute difference of two numbers.
        labels: the share of rows whose largest value is at another place, where rows have several
            values, as scores of classes do.
    """

    output: str
    reason: str
    values: int = 0
    share: float = 1.0
    largest: float | None = None
    labels: float | None = None

    def as_json(self) -> dict[str, Any]:
        """The fields that say something."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def differences(
    expected: Arrays, found: Arrays, tolerance: Tolerance | None = None
) -> list[OutputDifference]:
    """The outputs that are not equal, in order of name.

    Args:
        expected: the outputs of the version that is trusted.
        found: those of the version in question.
        tolerance: what counts as equal.

    >>> [d] = differences({"y": np.float32([1, 2])}, {"y": np.float32([1, 3])})
    >>> d.reason, d.values, d.largest
    ('values', 1, 1.0)
    """
    tolerance = tolerance or Tolerance()
    found_differences: list[OutputDifference] = []
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            found_differences.append(OutputDifference(name, "missing"))
        elif name not in expected:
            found_differences.append(OutputDifference(name, "unexpected"))
        elif difference := _difference(name, expected, found, tolerance):
            found_differences.append(difference)
    return found_differences


def _difference(
    name: str, expected: Arrays, found: Arrays, tolerance: Tolerance
) -> OutputDifference | None:
    a, b = np.asarray(expected[name]), np.asarray(found[name])
    if a.shape != b.shape:
        return OutputDifference(name, "shape")
    if a.dtype != b.dtype:
        return OutputDifference(name, "dtype")
    if not _is_number(a):
        count = int(np.count_nonzero(a != b))
        return OutputDifference(name, "values", count, count / a.size) if count else None
    exact = a.dtype.kind in "biu"
    same = a == b
    a, b = a.astype(np.float64), b.astype(np.float64)
    equal = (
        same if exact else np.isclose(b, a, tolerance.relative, tolerance.absolute, equal_nan=True)
    )
    differing = int(equal.size - np.count_nonzero(equal))
    if not differing:
        return None
    with np.errstate(invalid="ignore"):
        apart = np.abs(a - b)[~equal]
    finite = apart[np.isfinite(apart)]
    return OutputDifference(
        name,
        "values",
        differing,
        differing / a.size,
        float(finite.max()) if finite.size else None,
        _other_labels(a, b),
    )


def _is_number(array: np.ndarray) -> bool:
    # ml_dtypes' floats are of kind "V".
    return array.dtype.kind in "biuf" or array.dtype.name.startswith(("bfloat", "float"))


def _other_labels(a: np.ndarray, b: np.ndarray) -> float | None:
    if a.ndim < 2 or a.shape[-1] < 2:
        return None
    others: np.ndarray = a.argmax(-1) != b.argmax(-1)
    return float(np.mean(others))


class Comparison:
    """Counts what many requests showed. Not safe for several threads by itself."""

    def __init__(self, tolerance: Tolerance | None = None) -> None:
        self._tolerance = tolerance
        self.requests = 0
        self.equal = 0
        self.errors = 0
        self._outputs: dict[str, dict[str, Any]] = {}

    def add(self, expected: Arrays, found: Arrays) -> list[OutputDifference]:
        """Compares the outputs for one request, and returns what differs."""
        different = differences(expected, found, self._tolerance)
        self.requests += 1
        self.equal += not different
        for difference in different:
            self._count(difference)
        return different

    def add_error(self) -> None:
        """Counts a request that only the version in question failed."""
        self.requests += 1
        self.errors += 1

    def _count(self, difference: OutputDifference) -> None:
        seen = self._outputs.setdefault(
            difference.output, {"requests": 0, "reasons": {}, "largest": 0.0, "labels": 0.0}
        )
        seen["requests"] += 1
        seen["reasons"][difference.reason] = seen["reasons"].get(difference.reason, 0) + 1
        seen["largest"] = max(seen["largest"], difference.largest or 0.0)
        seen["labels"] += difference.labels or 0.0

    def as_json(self) -> dict[str, Any]:
        """The counts: requests, equal ones, errors, and for each output how it differed."""
        outputs: Mapping[str, dict[str, Any]] = {
            name: {
                "requests": seen["requests"],
                "reasons": dict(seen["reasons"]),
                "largest": seen["largest"],
                "other_labels": seen["labels"] / self.requests,
            }
            for name, seen in sorted(self._outputs.items())
        }
        return {
            "requests": self.requests,
            "equal": self.equal,
            "errors": self.errors,
            "outputs": outputs,
        }
