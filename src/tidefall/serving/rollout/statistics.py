"""What is remembered of one version's answers while it is on trial."""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Sequence

import numpy as np

from tidefall.core import errors
from tidefall.serving.inference import Outcome

_LATENCIES = 8192
_SAMPLES = 2000
_PER_REQUEST = 16
_LABELS = 64
_BINS = 10
# One-sided confidence of 99 %.
_Z = 2.326

# Requests that no version could have answered say nothing of this one.
_NOT_THE_MODELS_FAULT = frozenset(
    {errors.CANCELLED, errors.NOT_FOUND, errors.UNAUTHENTICATED, errors.RESOURCE_EXHAUSTED}
)


class VersionStatistics:
    """Counts and samples of one version, of bounded size. Not safe for several threads."""

    def __init__(self) -> None:
        self.requests = 0
        self.errors = 0
        self._latencies: deque[float] = deque(maxlen=_LATENCIES)
        self._samples: dict[str, Reservoir] = {}

    def add(self, outcome: Outcome) -> None:
        """Counts one request."""
        if outcome.error is not None and outcome.error.error_code in _NOT_THE_MODELS_FAULT:
            return
        self.requests += 1
        if outcome.error is not None:
            self.errors += 1
            return
        self._latencies.append(outcome.seconds)
        for name, array in (outcome.outputs or {}).items():
            name = f"{outcome.signature_name}/{name}"
            if name not in self._samples:
                self._samples[name] = Reservoir(_SAMPLES)
            self._samples[name].extend(summary(np.asarray(array)))

    def error_rate(self) -> float:
        """The share of failed requests."""
        return self.errors / self.requests if self.requests else 0.0

    def least_error_rate(self) -> float:
        """What the share of failures is at least, with 99 % confidence (Wilson, 1927)."""
        n = self.requests
        if not n:
            return 0.0
        p, z2 = self.errors / n, _Z * _Z
        middle = p + z2 / (2 * n)
        spread = _Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
        return max(0.0, (middle - spread) / (1 + z2 / n))

    def latency(self, quantile: float) -> tuple[float, float, float] | None:
        """A quantile of latency in seconds, between bounds that hold with 99 % confidence.

        The bounds are order statistics, so nothing is assumed of the distribution.

        Returns:
          Lower bound, value, upper bound; None where there are too few requests for bounds.
        """
        ordered = sorted(self._latencies)
        n = len(ordered)
        spread = _Z * math.sqrt(n * quantile * (1 - quantile))
        low, high = math.floor(n * quantile - spread), math.ceil(n * quantile + spread)
        if low < 0 or high >= n:
            return None
        return ordered[low], ordered[min(n - 1, int(n * quantile))], ordered[high]

    def samples(self) -> dict[str, Reservoir]:
        """Samples of the values of each output, by "signature/output"."""
        return self._samples


class Reservoir:
    """A fair sample of a stream (Vitter's algorithm R, 1985)."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._seen = 0
        self.values: list[float | str] = []

    def extend(self, values: Sequence[float | str]) -> None:
        """Takes more of the stream."""
        for value in values:
            self._seen += 1
            if len(self.values) < self._size:
                self.values.append(value)
            else:
                place = random.randrange(self._seen)
                if place < self._size:
                    self.values[place] = value


def summary(array: np.ndarray) -> list[float | str]:
    """A few values that stand for an output: labels where rows hold scores, else the values.

    Numbers come as floats, everything else, labels too, as strings.
    """
    if array.dtype.kind in "OSU":
        return [_short(value) for value in array.ravel()[:_PER_REQUEST].tolist()]
    if array.ndim == 2 and array.shape[1] > 1 and array.dtype.kind not in "biu":
        return [str(label) for label in array[:_PER_REQUEST].argmax(-1).tolist()]
    flat = array.ravel()
    if flat.size > _PER_REQUEST:
        flat = flat[:: flat.size // _PER_REQUEST][:_PER_REQUEST]
    if array.dtype.kind == "b":
        return [str(value) for value in flat.tolist()]
    return [float(value) for value in flat.astype(np.float64).tolist()]


def _short(value: object) -> str:
    return (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))[:80]


def drift(stable: Sequence[float | str], candidate: Sequence[float | str]) -> float | None:
    """The population stability index between two samples, less what chance alone brings.

    Numbers are put into bins between the deciles of the stable sample; other values are their own
    categories. With B categories and samples of n and m, equal distributions have an expected index
    of (B - 1)(1/n + 1/m) (Yurdakul, "Statistical Properties of Population Stability Index", 2018).

    Returns:
      The index, 0 or more; None where there are too few values to say.
    """
    n, m = len(stable), len(candidate)
    if not n or not m:
        return None
    if any(isinstance(value, str) for value in (*stable, *candidate)):
        p, q = _label_counts([str(v) for v in stable], [str(v) for v in candidate])
    else:
        p, q = _bin_counts(np.array(stable, float), np.array(candidate, float))
    seen = (p + q) > 0
    p, q = p[seen], q[seen]
    if min(n, m) < 10 * len(p):
        return None
    # Half a count where there is none, or the logarithm would be infinite.
    p, q = np.maximum(p, 0.5) / n, np.maximum(q, 0.5) / m
    index = float(np.sum((p - q) * np.log(p / q)))
    return max(0.0, index - (len(p) - 1) * (1 / n + 1 / m))


def _label_counts(stable: list[str], candidate: list[str]) -> tuple[np.ndarray, np.ndarray]:
    labels, counts = np.unique(stable, return_counts=True)
    kept = labels[np.argsort(-counts)][:_LABELS].tolist()
    places = {label: place for place, label in enumerate(kept)}

    def count(values: list[str]) -> np.ndarray:
        # All labels the stable version never or seldom gives count as one.
        return np.bincount([places.get(v, len(kept)) for v in values], minlength=len(kept) + 1)

    return count(stable), count(candidate)


def _bin_counts(stable: np.ndarray, candidate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    finite = stable[np.isfinite(stable)]
    tenths = np.linspace(0, 1, _BINS + 1)[1:-1]
    edges = np.unique(np.quantile(finite, tenths)) if finite.size else finite

    def count(values: np.ndarray) -> np.ndarray:
        odd = ~np.isfinite(values)
        usual = values[~odd]
        # Between two edges, or at one: outputs that are often the same lie at edges.
        bins = np.searchsorted(edges, usual, "left") + np.searchsorted(edges, usual, "right")
        return np.append(np.bincount(bins, minlength=2 * len(edges) + 1), np.count_nonzero(odd))

    return count(stable), count(candidate)
