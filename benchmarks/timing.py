"""Timing one Python statement, the same way in every environment (standard library only)."""

import argparse
import gc
import json
import statistics
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

Seconds = float
Result = TypeVar("Result")


class Unavailable(Exception):
    """This case cannot run here, for the reason given; not a failure."""


Case = Callable[["Clock"], dict[str, Seconds]]

_LOOP = """
def loop(count):
    result = None
    start = clock()
    for _ in range(count):
        result = {statement}
    finish(result)
    return clock() - start
"""


class Clock:
    """Decides how long to measure: properly, or just long enough to see that a case runs."""

    def __init__(self, quick: bool = False):
        self.quick = quick
        self.batches = 1 if quick else 9
        self.batch_seconds = 0.001 if quick else 0.05
        self.warm_seconds = 0.0  # time that libraries which adapt get first, without being timed
        self.steps_per_epoch = 3 if quick else 60
        self.epochs = 2 if quick else 6

    def statement(
        self, statement: str, names: dict[str, Any], finish: Callable[[Any], Any] = id
    ) -> Seconds:
        """Median seconds of one run of `statement`.

        Args:
          statement: an expression over `names`.
          names: what the expression may use.
          finish: waits for a result; called once at the end of each timed batch, so that
            a library which only queues work is charged for doing it.
        """
        names = {**names, "clock": time.perf_counter, "finish": finish}
        exec(_LOOP.format(statement=statement), names)
        loop = names["loop"]
        loop(3)
        warm = time.perf_counter() + self.warm_seconds
        while time.perf_counter() < warm:
            loop(1)
        count = 1
        while loop(count) < self.batch_seconds:
            count *= 2
        return statistics.median(loop(count) / count for _ in range(self.batches))

    def once(self, make: Callable[[], Any], use: Callable[[Any], Any]) -> Seconds:
        """Median seconds of `use(make())`, where only the first use of each thing made counts."""
        times = []
        for _ in range(1 if self.quick else 3):
            made = make()
            start = time.perf_counter()
            use(made)
            times.append(time.perf_counter() - start)
        return statistics.median(times)

    def epochs_of(self, epoch: Callable[[], Any]) -> Seconds:
        """Median seconds of one training step; `epoch()` runs `steps_per_epoch` of them."""
        times = []
        for _ in range(self.epochs):
            start = time.perf_counter()
            epoch()
            times.append(time.perf_counter() - start)
        # The first epoch traces and compiles.
        return statistics.median(times[1:]) / self.steps_per_epoch


def seconds_of(action: Callable[[], Result]) -> tuple[Seconds, Result]:
    """Seconds of one run of an action, and what it returned."""
    start = time.perf_counter()
    result = action()
    return time.perf_counter() - start, result


def resident_bytes() -> int:
    """Memory of this process that is resident, after collecting garbage."""
    gc.collect()
    try:
        with open("/proc/self/status") as status:
            return int(status.read().split("VmRSS:")[1].split()[0]) * 1024
    except OSError:
        raise Unavailable("resident memory is read from /proc") from None


def peak_bytes() -> int:
    """The most memory of this process that was resident at a time."""
    try:
        with open("/proc/self/status") as status:
            return int(status.read().split("VmHWM:")[1].split()[0]) * 1024
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(versions: dict[str, str], cases: dict[str, Case], arguments: argparse.Namespace) -> None:
    """Runs the cases asked for and prints one line of JSON for the orchestrator."""
    clock = Clock(arguments.quick)
    report: dict[str, Any] = {
        "versions": versions,
        "seconds": {},
        "unavailable": {},
        "failures": {},
    }
    for name in [n for n in arguments.cases if n in cases] if arguments.cases else cases:
        try:
            report["seconds"][name] = cases[name](clock)
        except Unavailable as reason:
            report["unavailable"][name] = str(reason)
        except Exception as error:  # noqa: BLE001
            # One broken case must not hide the others; the table shows it as failed.
            report["failures"][name] = f"{type(error).__name__}: {error}"
            traceback.print_exc()
    report["peak"] = peak_bytes()
    sys.stdout.write(json.dumps(report) + "\n")


def parser() -> argparse.ArgumentParser:
    """The arguments every case script takes."""
    result = argparse.ArgumentParser()
    result.add_argument("cases", nargs="*", help="names of cases; all when none is given")
    result.add_argument("--quick", action="store_true", help="check that the cases run")
    return result
