"""Monitoring: large logs, detectors beside others', and what it costs the model server.

    python -m benchmarks.monitoring rows --count 50000000 --folder /scratch/monitoring
    python -m benchmarks.monitoring streams --peers evidently=PYTHON nannyml=PYTHON river=PYTHON
    python -m benchmarks.monitoring server

`rows` writes that many predictions (an id, four numbers, two texts, a score, by 20 regions) and
makes a drift report of the second half against the first, by region, in a process of its own.
`streams` gives each tool the same streams with a change in the middle, and without one: how often
it raises an alarm where nothing has changed, how often where something has, how late, and how long
it takes. `server` measures the latency of a server with monitoring and without, in turns.
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
    streams.set_defaults(run=_streams)
    server = commands.add_parser("server")
    server.add_argument("--rounds", type=int, default=5)
    server.add_argument("--seconds", type=float, default=4.0)
    server.set_defaults(run=_server)
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


# --- detectors ------------------------------------------------------------------------------------

_LENGTH, _CHUNK_ROWS = 10_000, 500
_CHANGES = ("none", "mean", "spread", "small mean", "shape")


def _stream(kind: str, seed: int) -> np.ndarray:
    """Numbers whose distribution changes in the middle: float64 `[_LENGTH]`."""
    draw = np.random.default_rng(seed)
    first, second = draw.normal(size=_LENGTH // 2), draw.normal(size=_LENGTH // 2)
    if kind == "mean":
        second += 0.5
    elif kind == "small mean":
        second += 0.25
    elif kind == "spread":
        second *= 1.5
    elif kind == "shape":
        second = draw.exponential(size=_LENGTH // 2) - 1
    return np.concatenate([first, second])


_PEER = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
import numpy as np
tool, rows = sys.argv[1], 500
streams = np.load(sys.argv[2])
def chunks(x):  # the first fifth is the reference
    return x[:2000], [x[n:n + rows] for n in range(2000, len(x), rows)]
if tool == "evidently":
    import pandas as pd
    from evidently import Report
    from evidently.presets import DataDriftPreset
    def alarms(x):
        reference, rest = chunks(x)
        frame = pd.DataFrame({"x": reference})
        found = []
        for part in rest:
            run = Report([DataDriftPreset()]).run(pd.DataFrame({"x": part}), frame).dict()
            found.append(run["metrics"][0]["value"]["count"] > 0)
        return found
elif tool == "nannyml":
    import pandas as pd, nannyml as nml
    def alarms(x):
        reference, rest = chunks(x)
        calculator = nml.UnivariateDriftCalculator(
            column_names=["x"], continuous_methods=["jensen_shannon"], chunk_size=rows)
        calculator.fit(pd.DataFrame({"x": reference}))
        found = calculator.calculate(pd.DataFrame({"x": np.concatenate(rest)}))
        return found.to_df()[("x", "jensen_shannon", "alert")].tolist()[-len(rest):]
else:
    from river import drift
    def alarms(x):
        detector, found = drift.ADWIN(), []
        for n, value in enumerate(x.tolist()):
            detector.update(value)
            if n >= 2000:
                if (n - 2000) % rows == 0:
                    found.append(False)
                found[-1] |= detector.drift_detected
        return found
begin = time.perf_counter()
found = [alarms(x) for x in streams]
print(json.dumps({"alarms": [[bool(a) for a in one] for one in found],
                  "seconds": time.perf_counter() - begin}))
"""


def _our_alarms(streams: np.ndarray) -> dict[str, Any]:
    from tidefall import monitoring

    found = []
    seconds = 0.0
    for stream in streams:
        with tempfile.TemporaryDirectory() as folder:
            store = monitoring.open_store(folder)
            store.add_predictions("m", 1, {"x": stream}, {}, times=np.arange(float(len(stream))))
            begin = time.perf_counter()
            reference = monitoring.Window(0.0, 2000.0)
            found.append(
                [
                    bool(
                        monitoring.drift_report(
                            store, "m", reference, monitoring.Window(n, n + _CHUNK_ROWS),
                            thresholds={"psi": 0.0}, alpha=0.001,
                        ).alerts
                    )
                    for n in np.arange(2000.0, _LENGTH, _CHUNK_ROWS).tolist()
                ]
            )  # fmt: skip
            seconds += time.perf_counter() - begin
    return {"alarms": found, "seconds": seconds}


def _streams(flags: argparse.Namespace) -> int:
    peers = dict(peer.split("=", 1) for peer in flags.peers)
    head = f"{'stream':<12}{'tool':<12}{'false alarms':>14}{'found':>8}{'late, chunks':>14}"
    print(head + f"{'ms a stream':>13}")
    before = (_LENGTH // 2 - 2000) // _CHUNK_ROWS
    for kind in _CHANGES:
        streams = np.stack([_stream(kind, seed) for seed in range(flags.count)])
        results = {"tidefall": _our_alarms(streams)}
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "streams.npy"
            np.save(path, streams)
            for name, python in peers.items():
                command = [python, "-c", _PEER, name, str(path)]
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                if done.returncode:
                    print(f"{name}: {done.stderr.strip().splitlines()[-1][:100]}")
                    continue
                results[name] = json.loads(done.stdout.splitlines()[-1])
        for name, result in results.items():
            alarms = np.array(result["alarms"])
            after = alarms if kind == "none" else alarms[:, :before]
            late = [int(np.argmax(row)) for row in alarms[:, before:] if row.any()]
            found = "-" if kind == "none" else f"{len(late) / len(alarms):.0%}"
            delay = "-" if kind == "none" or not late else f"{np.mean(late):.1f}"
            each = 1000 * result["seconds"] / len(alarms)
            print(f"{kind:<12}{name:<12}{after.mean():>14.2%}{found:>8}{delay:>14}{each:>13.1f}")
    return 0


# --- the server -----------------------------------------------------------------------------------


def _server(flags: argparse.Namespace) -> int:
    """Latencies of a server with monitoring and of one without, one second of each in turn."""
    import http.client

    import tidefall as tf
    from tidefall.serving import ServerProcess

    weights = tf.Variable(tf.random.stateless_normal([16, 16], [1, 2]))

    @tf.function(input_signature=[tf.TensorSpec([None, 16], tf.float32, name="x")])
    def serve(x):
        return {"y": tf.nn.softmax(x @ weights)}

    module = tf.Module()
    module.weights = weights
    body = json.dumps({"instances": np.random.default_rng(0).normal(size=(1, 16)).tolist()})
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, f"{folder}/m/1", signatures=serve)
        kinds = {"without": {}, "with": {"monitoring_log": f"{folder}/log"}}
        servers = {name: ServerProcess("m", f"{folder}/m", **f) for name, f in kinds.items()}
        try:
            links = {}
            for name, server in servers.items():
                host = server.start().url.removeprefix("http://")
                links[name] = http.client.HTTPConnection(host)
            taken: dict[str, list[float]] = {name: [] for name in servers}
            ratios = []
            for turn in range(flags.rounds + 1):
                quantiles = {}
                for name in list(servers)[:: 1 if turn % 2 else -1]:
                    times = _asked(links[name], body, flags.seconds)
                    quantiles[name] = np.quantile(times, [0.5, 0.99])
                    if turn:  # The first one warms up.
                        taken[name] += times
                if turn:
                    ratios.append(quantiles["with"] / quantiles["without"])
        finally:
            for server in servers.values():
                server.stop()
    for name, times in taken.items():
        p50, p99 = np.quantile(times, [0.5, 0.99]) * 1e6
        print(f"{name:<8} {len(times):>7} requests, p50 {p50:.0f} us, p99 {p99:.0f} us")
    middle = np.median(ratios, axis=0) - 1
    print(f"median of {len(ratios)} rounds: p50 {middle[0]:+.1%}, p99 {middle[1]:+.1%}")
    return 0


def _asked(link: Any, body: str, seconds: float) -> list[float]:
    """Times of requests, one after the other, about 500 a second."""
    times: list[float] = []
    end = time.perf_counter() + seconds
    while (begin := time.perf_counter()) < end:
        link.request("POST", "/v1/models/m:predict", body, {"x-request-id": f"{begin}"})
        answer = link.getresponse()
        answer.read()
        assert answer.status == 200
        times.append(time.perf_counter() - begin)
        time.sleep(0.001)
    return times


if __name__ == "__main__":
    sys.exit(main())
