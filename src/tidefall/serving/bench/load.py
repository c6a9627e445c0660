"""What to send, and what came of it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

QUANTILES = (0.5, 0.9, 0.95, 0.99, 0.999)


@dataclass(frozen=True, slots=True)
class Load:
    """How requests follow one another. Times are in seconds.

    Args:
        rate: requests per second in the open loop; None sends each as its connection is free.
        connections: connections (REST) or calls under way (gRPC), at most.
        seconds: how long to send and measure.
        warmup: how long to send before that, without measuring.
        timeout: a request without an answer after this has failed.
        give_up: an open loop ends early when requests have waited this long to be sent.
        seed: of the random arrival times.
    """

    rate: float | None = None
    connections: int = 16
    seconds: float = 10.0
    warmup: float = 1.0
    timeout: float = 10.0
    give_up: float = 5.0
    seed: int = 0

    def arrivals(self) -> list[float]:
        """When to send each request of the open loop, warm-up included, counted from the start."""
        assert self.rate is not None
        total = self.warmup + self.seconds
        random = np.random.default_rng(self.seed)
        # Enough gaps to get past the end but for one case in billions; the rest is cut off.
        count = int(self.rate * total + 6 * (self.rate * total) ** 0.5 + 10)
        times = np.cumsum(random.exponential(1 / self.rate, count))
        return times[times < total].tolist()


@dataclass(slots=True)
class Result:
    """What a load showed.

    Args:
        load: what was asked for.
        seconds: how long was measured.
        latencies: of the requests that succeeded, in seconds.
        failures: how often each kind of error happened.
        late: how late each request was sent because the generator, not the server, was busy.
        gave_up: whether the load ended early, because the server fell behind.
    """

    load: Load
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list[float])
    failures: Counter[str] = field(default_factory=Counter[str])
    late: list[float] = field(default_factory=list[float])
    gave_up: bool = False

    @property
    def rate(self) -> float:
        """Answered requests per second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    @property
    def failed(self) -> int:
        """How many requests failed."""
        return sum(self.failures.values())

    def quantile(self, q: float) -> float:
        """The latency in seconds that a share `q` of the answered requests did not exceed."""
        if not self.latencies:
            return float("nan")
        return float(np.quantile(self.latencies, q, method="higher"))

    def as_json(self) -> dict[str, Any]:
        """The figures, with latencies in milliseconds."""
        latencies = {f"p{100 * q:g}": _ms(self.quantile(q)) for q in QUANTILES}
        latencies["mean"] = _ms(float(np.mean(self.latencies)) if self.latencies else None)
        latencies["max"] = _ms(self.quantile(1.0))
        late = float(np.quantile(self.late, 0.99)) if self.late else 0.0
        return {
            "offered_per_second": self.load.rate,
            "connections": self.load.connections,
            "seconds": round(self.seconds, 3),
            "answered": len(self.latencies),
            "answered_per_second": round(self.rate, 1),
            "latency_ms": latencies,
            "failed": self.failed,
            "failures": dict(self.failures.most_common()),
            "generator_late_p99_ms": _ms(late),
            "gave_up": self.gave_up,
        }


def _ms(seconds: float | None) -> float | None:
    """Milliseconds; None, which JSON can hold, where there is no figure."""
    if seconds is None or math.isnan(seconds):
        return None
    return round(seconds * 1e3, 3)


class Target(Protocol):
    """A server and what to ask it."""

    def run(self, load: Load) -> Result:
        """Sends a load and measures."""
        ...


def table(results: Sequence[Result]) -> str:
    """The figures as text, a line for each result."""
    names = [f"p{100 * q:g}" for q in QUANTILES]
    rows = [["offered/s", "answered/s", *[f"{name} ms" for name in names], "max ms", "failed"]]
    for result in results:
        figures = result.as_json()
        latencies = figures["latency_ms"]
        offered = figures["offered_per_second"]
        row = ["closed loop" if offered is None else f"{offered:.0f}", f"{result.rate:.1f}"]
        row += [_number(latencies[name]) for name in (*names, "max")]
        rows.append([*row, str(result.failed) + (" (gave up)" if result.gave_up else "")])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
    for result in results:
        lines += [f"  {count} x {kind}" for kind, count in result.failures.most_common(10)]
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
