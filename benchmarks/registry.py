"""Logging metrics, listing runs, looking things up: this store beside MLflow's on one machine.

    python -m benchmarks.registry --mlflow /path/to/python --large

Each tool logs 10,000 metrics of one run (by its own way of logging many: ours gathers, MLflow's
`log_batch` takes a thousand), makes 1,000 runs with five parameters and five metrics, and lists
them. MLflow runs by the Python given, on its SQLite store in the same process, without a server.
`--large` fills a store with 100,000 runs and 10,000 versions and times looking one up. Times are
medians.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

METRICS, RUNS, ROUNDS = 10_000, 1_000, 5

_MLFLOW = """
import json, logging, sys, time
logging.disable(logging.CRITICAL)
from mlflow import MlflowClient
from mlflow.entities import Metric, Param
folder, count, runs, rounds = sys.argv[1], *map(int, sys.argv[2:])
client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
experiment = client.create_experiment("bench", artifact_location=folder)
logging_times = []
for _ in range(rounds):
    run = client.create_run(experiment).info.run_id
    began = time.perf_counter()
    for first in range(0, count, 1000):
        rows = [Metric(f"m{n % 10}", n / 7, 1000 + n, n) for n in range(first, first + 1000)]
        client.log_batch(run, metrics=rows)
    logging_times.append(time.perf_counter() - began)
listed = client.create_experiment("list", artifact_location=folder)
began = time.perf_counter()
for n in range(runs):
    run = client.create_run(listed).info.run_id
    client.log_batch(
        run, metrics=[Metric(f"m{k}", n + k, 1000, 0) for k in range(5)],
        params=[Param(f"p{k}", str(n)) for k in range(5)],
    )
making = time.perf_counter() - began
listing = []
for _ in range(rounds):
    began = time.perf_counter()
    found = client.search_runs([listed], max_results=runs)
    listing.append(time.perf_counter() - began)
    assert len(found) == runs
print(json.dumps({"log": logging_times, "make": [making], "list": listing}))
"""


def _timed(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def ours(folder: Path) -> dict[str, list[float]]:
    """Times of this store, in seconds."""
    from tidefall.lifecycle.track.records import Metric, Records
    from tidefall.lifecycle.track.tracker import Tracker

    with Tracker(folder) as tracker:
        records: Records = tracker.records
        logging = []
        for _ in range(ROUNDS):
            run = tracker.start_run(experiment="bench")

            def log(run: Any = run) -> None:
                for n in range(METRICS):
                    run.log_metric(f"m{n % 10}", n / 7, n)
                run.flush()

            logging.append(_timed(log))
            assert len(tracker.history(run.id, "m0")) == METRICS // 10
            run.end()
        key = records.create_experiment("list")

        def make() -> None:
            for n in range(RUNS):
                run = records.create_run(key)
                metrics = [Metric(f"m{k}", n + k, 0, 1000) for k in range(5)]
                records.log(run.id, metrics, {f"p{k}": str(n) for k in range(5)})

        making = _timed(make)
        listing = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            found = tracker.runs("list")
            listing.append(time.perf_counter() - began)
            assert len(found) == RUNS
    return {"log": logging, "make": [making], "list": listing}


def fill(tracker: Any, registry: Any, runs: int, versions: int) -> list[str]:
    """Store runs of the experiment `large` and versions of the model `m`; returns the runs' ids."""
    from tidefall.lifecycle.track.records import Metric

    records, ids = tracker.records, []
    key = records.create_experiment("large")
    for first in range(0, runs, 1000):
        with tracker.database.transaction():
            for n in range(first, min(first + 1000, runs)):
                run = records.create_run(key, params={"p": str(n)})
                records.log(run.id, [Metric("loss", n / runs, 0, 1)])
                ids.append(run.id)
    with tracker.database.transaction():
        model = registry.records.add_model("m")
        for n in range(1, versions + 1):
            texts = {"stage": "None", "source": "x", "run_id": ids[n]}
            registry.records.add_version(model, "m", n, f"/m/{n}", texts)
    registry.set_alias("m", "champion", versions // 2)
    return ids


def large(folder: Path, runs: int = 100_000, versions: int = 10_000) -> dict[str, float]:
    """Median milliseconds of looking up one of many."""
    from tidefall.lifecycle.registry.registry import Registry
    from tidefall.lifecycle.track.tracker import Tracker

    with Tracker(folder) as tracker, Registry(folder, database=tracker.database) as registry:
        ids = fill(tracker, registry, runs, versions)

        def median(call: Callable[[int], Any]) -> float:
            times = [_timed(lambda n=n: call(n)) for n in range(50)]
            return round(1000 * statistics.median(times), 3)

        return {
            "a run by its id": median(lambda n: tracker.run(ids[n * 1999])),
            "the best 100 runs by a metric": median(
                lambda n: tracker.runs("large", "", ["metrics.loss ASC"], 100)
            ),
            "the newest 100 runs": median(lambda n: tracker.runs("large", max_results=100)),
            "a run by a parameter": median(
                lambda n: tracker.runs("large", f"params.p = '{n * 1999}'", max_results=1)
            ),
            "a version by its number": median(lambda n: registry.version("m", n * 199 + 1)),
            "a version by an alias": median(lambda n: registry.version("m", "champion")),
        }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mlflow", help="a Python that has mlflow")
    parser.add_argument("--large", action="store_true")
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = {"tidefall": ours(Path(folder) / "ours")}
        if flags.mlflow:
            counts = [str(n) for n in (METRICS, RUNS, ROUNDS)]
            run = subprocess.run(
                [flags.mlflow, "-c", _MLFLOW, folder, *counts],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            results["mlflow"] = json.loads(run.stdout.splitlines()[-1])
        names = {
            "log": f"log {METRICS} metrics",
            "make": f"make {RUNS} runs",
            "list": f"list {RUNS} runs",
        }  # fmt: skip
        for key, name in names.items():
            medians = {tool: statistics.median(times[key]) for tool, times in results.items()}
            shown = "  ".join(f"{tool} {1000 * time:.1f} ms" for tool, time in medians.items())
            ratio = medians["mlflow"] / medians["tidefall"] if "mlflow" in medians else 0
            print(f"{name:<20} {shown}" + (f"  {ratio:.1f}x" if ratio else ""))
        if flags.large:
            for name, milliseconds in large(Path(folder) / "large").items():
                print(f"{name:<30} {milliseconds} ms")


if __name__ == "__main__":
    main()
