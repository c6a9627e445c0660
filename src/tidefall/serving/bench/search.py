"""The highest rate a server sustains with a latency quantile under a limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tidefall.serving.bench.load import Load, Result, Target


def highest_rate(
    target: Target,
    load: Load,
    limit: float,
    *,
    quantile: float = 0.99,
    precision: float = 0.05,
    report: Callable[[Result], None] = lambda result: None,
) -> Result | None:
    """Searches the highest open-loop rate with that quantile of latency under a limit.

    A closed loop gives the first guess. From there the rate rises by a half until it is too high,
    or falls by a third until it is not; then the interval is halved. A rate is too high when it
    fails twice.

    Args:
        target: what to ask.
        load: connections and times of each trial; its rate is not used.
        limit: of the latency, in seconds.
        quantile: which quantile has to stay under the limit.
        precision: how close to the answer to go, as a share of it.
        report: is told of each trial.

    Returns:
        The trial with the highest rate that passed; None if none did.
    """
    guess = target.run(replace(load, rate=None, seconds=min(load.seconds, 2.0)))
    report(guess)
    best: Result | None = None
    low, high, rate = 0.0, 0.0, max(guess.rate, 1.0) * 0.8
    for _ in range(12):
        passed: Result | None = None
        for _ in range(2):  # Something else on the machine may be in the way, once.
            trial = target.run(replace(load, rate=rate, give_up=min(load.give_up, 10 * limit)))
            report(trial)
            if passes(trial, limit, quantile):
                passed = trial
                break
        if passed is not None:
            best, low = passed, rate
        else:
            high = rate
        if high and low and high <= low * (1 + precision):
            break
        rate = (low + high) / 2 if low and high else rate * (1.5 if low else 0.67)
        if rate < 0.5:
            break
    return best


def passes(result: Result, limit: float, quantile: float) -> bool:
    """Whether all requests were answered, in time, and as many as were meant to be sent."""
    if result.failed or result.gave_up or not result.latencies:
        return False
    return result.quantile(quantile) <= limit
