"""The page of a store with 100,000 runs and 10,000 versions: how soon it is useful.

    python -m benchmarks.ui --store /tmp/large --fill
    python -m benchmarks.ui --store /tmp/large

`--fill` makes the store, which takes a minute or two. Told are the time from starting the command
until it answers, the medians of what the page asks for, and, where playwright has a Chromium, the
time from opening a place in a fresh browser window until its rows and its curves are drawn.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.registry import fill

ROUNDS = 9
QUESTIONS: dict[str, dict[str, Any]] = {
    "experiments": {},
    "runs": {"size": 50},
    "runs, page 100": {"size": 50, "first": 5000},
    "runs by a parameter": {"filter": "params.p = '777'"},
    "runs by a metric": {"filter": "metrics.loss < 0.0001"},
    "runs, best first": {"order_by": "metrics.loss ASC"},
    "runs, best first, page 100": {"order_by": "metrics.loss ASC", "first": 5000},
    "runs ordered by a parameter": {"order_by": "params.p ASC"},
    "models": {},
    "model": {"name": "m"},
    "model, page 100": {"name": "m", "first": 5000},
    "version": {"name": "m", "version": 5000},
    "artifacts": {},
    "artifact-types": {},
    "lineage": {"artifact": "m/5000"},
}
"""What the page asks for; the endpoint is the first word."""
PLACES = {
    "#/runs": "table[aria-label=Runs] tbody tr",
    "#/runs?experiment={large}": "table[aria-label=Runs] tbody tr, figure polyline",
    "#/runs?experiment={large}&order_by=metrics.loss%20ASC": (
        "table[aria-label=Runs] tbody tr, figure polyline"
    ),
    "#/models": "table[aria-label=Models] tbody tr",
    "#/models/m": "table[aria-label=Versions] tbody tr",
    "#/models/m/5000": "h1",
    "#/artifacts": "table[aria-label=Artifacts] tbody tr",
}
"""Places of the page, and what is there once they are of use; {large} is the experiment's id."""


LONG = 1_000_000


def log_long_run(tracker: Any) -> None:
    """Store a run with very many values of one metric."""
    from tidefall.lifecycle.track.records import Metric

    records = tracker.records
    key = records.create_experiment("long")
    run = records.create_run(key, tags={"mlflow.runName": "long"})
    for first in range(0, LONG, 10_000):
        values = [Metric("loss", 1 / (n + 1), n, n) for n in range(first, first + 10_000)]
        records.log(run.id, values)


@contextlib.contextmanager
def served(store: Path) -> Iterator[tuple[str, float]]:
    """The address of a server of the store's page, and how many seconds it took to answer."""
    command = [sys.executable, "-m", "tidefall", "ui", "--store", str(store), "--port=0", "--json"]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        with urllib.request.urlopen(url) as reply:
            reply.read()
        try:
            yield url, time.perf_counter() - began
        finally:
            process.terminate()


def median_ms(call: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """The median time of a call, in milliseconds; the first is left out."""
    times = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times[1:])


def questions(url: str) -> Iterator[tuple[str, float]]:
    """Each question, and the median milliseconds of its answer."""
    for name, given in QUESTIONS.items():
        endpoint = name.partition(",")[0].split()[0]
        address = f"{url}/api/{endpoint}?{urllib.parse.urlencode(given)}"
        yield name, median_ms(lambda address=address: _read(address))
    query = urllib.parse.urlencode({"filter": "run_name = 'long'"})
    with urllib.request.urlopen(f"{url}/api/runs?{query}") as reply:
        (run,) = json.load(reply)["runs"]
    query = urllib.parse.urlencode({"runs": run["id"], "metric": "loss"})
    yield f"curve of {LONG:,} values", median_ms(lambda: _read(f"{url}/api/curves?{query}"), 3)


def _read(address: str) -> None:
    with urllib.request.urlopen(address) as reply:
        reply.read()


def places(url: str) -> Iterator[tuple[str, float]]:
    """Each place, and the median milliseconds until a new browser window shows it."""
    from playwright.sync_api import sync_playwright

    with urllib.request.urlopen(f"{url}/api/experiments") as reply:
        ids = {one["name"]: one["id"] for one in json.load(reply)["experiments"]}
    program = os.environ.get("TIDEFALL_BROWSER") or shutil.which("chromium")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for place, wanted in PLACES.items():

            def visit(place: str = place, wanted: str = wanted) -> None:
                context = browser.new_context()  # With nothing in its cache.
                page = context.new_page()
                page.goto(f"{url}/{place.format(large=ids['large'])}")
                for selector in wanted.split(", "):
                    page.wait_for_selector(selector, state="attached")
                context.close()

            yield place, median_ms(visit, 5)
        browser.close()


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--store", type=Path, required=True, help="a folder, kept for the next time"
    )
    parser.add_argument("--fill", action="store_true", help="make the store first")
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--versions", type=int, default=10_000)
    flags = parser.parse_args()
    if flags.fill:
        from tidefall.lifecycle.registry.registry import Registry
        from tidefall.lifecycle.track.tracker import Tracker

        with (
            Tracker(flags.store) as tracker,
            Registry(flags.store, database=tracker.database) as registry,
        ):
            fill(tracker, registry, flags.runs, flags.versions)
            log_long_run(tracker)
        return
    with served(flags.store) as (url, seconds):
        print(f"{'from the command to an answer':<48} {1000 * seconds:8.1f} ms")
        for name, milliseconds in questions(url):
            print(f"{name:<48} {milliseconds:8.1f} ms")
        try:
            for place, milliseconds in places(url):
                print(f"{place:<48} {milliseconds:8.1f} ms")
        except ImportError:
            print("The places are not measured: playwright is not installed")


if __name__ == "__main__":
    main()
