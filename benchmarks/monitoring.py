"""Monitoring: large logs, detectors beside others', and what it costs the model server.

    python -m benchmarks.monitoring rows --count 50000000 --folder /scratch/monitoring
    python -m benchmarks.monitoring streams --peers evidently=PYTHON nannyml=PYTHON river=PYTHON
    python -m benchmarks.monitoring server

`rows` writes that many predictions (an id, four numbers, two texts, a score, by 20 regions) and
makes a drift report of the second half against the first, by region, in a process of its own.
`streams` gives each tool the same streams with a change in the middle, and without one: how often it
raises an alarm where nothing has changed, how often where something has, how late, and how long it
takes. `server` measures the latency of a server with monitoring and without, in turns.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

_CHUNK = 1_000_000
_REGIONS = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.monitoring", description=__doc__)
    commands = parser.add_subparsers(required=True)
    rows = commands.add_parser("rows")
    rows.add_argument("--count", type=int, default=50_000_000)
    rows.add_argument("--folder", help="where the store is made, or is from the last time")
    rows.set_defaults(run=_rows)
    report = commands.add_parser("report")
    report.add_argument("folder")
    report.set_defaults(run=_report)
    streams = commands.add_parser("streams")
    streams.add_argument("--peers", nargs="*", default=[], help="NAME=PYTHON")
    streams.add_argument("--count", type=int, default=40, help="streams of each kind")
    # S
    server = commands.add_parser("server")
    server.add_argument("--rounds", type=int, default=5)
    server.add_argument("--seconds", type=float, default=4.0)
    # V
    flags = parser.parse_args(arguments)
    return flags.run(flags)


# --- many rows ------------------------------------------------------------------------------------


def _rows(flags: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(flags.folder or temporary)
        _fill(folder, flags.count)
        command = [sys.executable, "-m", "benchmarks.monitoring", "report", str(folder)]
        print(subprocess.run(command, check=True, capture_output=True, text=True).stdout, end="")
    return 0


def _fill(folder: Path, count: int) -> None:
    import pyarrow as pa

    from tidefall import monitoring
    from tidefall.lifecycle.monitoring.manifest import EVENTS

    store = monitoring.open_store(folder)
    have = store.count("taxi")
    if have >= count:
        return
    regions = pa.array([f"region {n}" for n in range(_REGIONS)])
    methods = pa.array(["card", "cash", "dispute", "other"])
    ones = pa.array(["serving_default"]), pa.array(["OK"])
    for first in range(have, count, _CHUNK):
        rows = min(_CHUNK, count - first)
        draw = np.random.default_rng(first)
        moved = 0.4 if first >= count // 2 else 0.0
        region = draw.integers(0, _REGIONS, rows).astype(np.int32)
        fare = draw.gamma(3.0, 5.0, rows).astype(np.float32)
        miles = draw.gamma(2.0, 1.5, rows).astype(np.float32)
        miles[region == 7] *= 1 + moved
        score = 1 / (1 + np.exp(3 - 0.2 * fare - 0.3 * miles + draw.normal(size=rows)))
        zero = pa.array(np.zeros(rows, np.int32))
        columns = {
            "id": pa.array([f"{n:x}" for n in range(first, first + rows)]),
            "time": pa.array((1_700_000_000 + np.arange(first, first + rows)) * 1_000_000),
            "signature": pa.DictionaryArray.from_arrays(zero, ones[0]),
            "status": pa.DictionaryArray.from_arrays(zero, ones[1]),
            "seconds": pa.array(draw.gamma(2.0, 0.001, rows).astype(np.float32)),
            "input.region": pa.DictionaryArray.from_arrays(pa.array(region), regions),
            "input.payment": pa.DictionaryArray.from_arrays(
                pa.array(draw.integers(0, 4, rows).astype(np.int32)), methods
            ),
            "input.fare": pa.array(fare),
            "input.miles": pa.array(miles),
            "input.hour": pa.array(draw.integers(0, 24, rows).astype(np.int32)),
            "input.speed": pa.array(draw.normal(12, 4, rows).astype(np.float32)),
            "output.score": pa.array(score.astype(np.float32)),
        }
        with store.manifest.writing():
            store.commit([(EVENTS, "taxi", 1, pa.table(columns))])
        print(f"\r{first + rows:,} rows", end="", file=sys.stderr, flush=True)
    with store.manifest.writing():
        pass
    print(f", {store.size() / 1e9:.2f} GB", file=sys.stderr)


def _report(flags: argparse.Namespace) -> int:
    import resource

    from tidefall import monitoring

    store = monitoring.open_store(flags.folder, must_exist=True)
    span = store.span("taxi")
    assert span.begin is not None and span.end is not None
    middle = (span.begin + span.end) / 2
    before, now = monitoring.Window(span.begin, middle), monitoring.Window(middle, span.end)
    begin = time.perf_counter()
    report = monitoring.drift_report(store, "taxi", before, now, segments=["input.region"])
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    rows = report.reference_count + report.current_count
    print(f"{rows:,} rows, {len(report.findings)} comparisons: {seconds:.1f} s, {peak} MiB at most")
    for finding in report.alerts[:5]:
        print(f"  {finding.feature} in {finding.segment or 'all rows'}: {finding.value:.3f}")
    for cause in report.causes[:2]:
        print(f"  {cause.reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
