"""Version swaps of a served model under load: failures, latency, memory, and what is left behind.

    python -m benchmarks.serving.swaps [--model DIR] [--swaps 100] [--clients 4] [--rate 100]

A model server runs as a process of its own, and so do the clients, which the copying of versions
would disturb. They send requests at a steady rate, first with nothing else going on, then while one
version after the other is put in place of the last one. The report compares the two. DIR is a
SavedModel with one float input; the digits CNN of the demo, untrained, if it is not given.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.serving import Client, ServerProcess

WARMUP = Path("assets.extra") / "tf_serving_warmup_requests"


@dataclass
class Load:
    """What the clients saw: seconds of each request, and the errors."""

    latencies: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def quantile(self, q: float) -> float:
        """A quantile of the latencies, in milliseconds."""
        return float(np.quantile(self.latencies, q)) * 1e3

    def summary(self) -> dict[str, Any]:
        """The figures of the report."""
        return {
            "requests": len(self.latencies),
            "failures": len(self.failures),
            "p50_ms": round(self.quantile(0.5), 2),
            "p99_ms": round(self.quantile(0.99), 2),
            "max_ms": round(self.quantile(1.0), 2),
        }


class Clients:
    """A process whose threads send requests at a steady rate, each on a connection of its own."""

    def __init__(self, url: str, name: str, instance: Any, count: int, rate: float) -> None:
        context = multiprocessing.get_context("spawn")
        self._end, there = context.Pipe()
        arguments = there, url, name, instance, count, rate
        self._process = context.Process(target=_ask_until_told, args=arguments, daemon=True)
        self._process.start()
        self.take()  # Once there is an answer, it is running.

    def take(self) -> Load:
        """What was seen since the last call."""
        self._end.send("take")
        return self._end.recv()

    def stop(self) -> None:
        """Ends the process."""
        self._end.send("stop")
        self._process.join()


def _ask_until_told(end: Any, url: str, name: str, instance: Any, count: int, rate: float) -> None:
    load, stop, pause = Load(), threading.Event(), count / rate

    def ask(offset: float) -> None:
        with Client(url, name) as client:
            due = time.perf_counter() + offset
            while not stop.wait(max(0.0, due - time.perf_counter())):
                seen, start = load, time.perf_counter()
                try:
                    client.predict([instance])
                except errors.OpError as error:
                    seen.failures.append(error.message)
                seen.latencies.append(time.perf_counter() - start)
                due = max(due + pause, time.perf_counter() - pause)

    threads = [threading.Thread(target=ask, args=(i * pause / count,)) for i in range(count)]
    for thread in threads:
        thread.start()
    while end.recv() != "stop":
        taken, load = load, Load()
        end.send(taken)
    stop.set()
    for thread in threads:
        thread.join()


def make_digits(folder: Path) -> Path:
    """Exports the demo's CNN, untrained."""
    from tidefall.tools import demo

    model = demo.build_model(np.zeros((8, 8, 8, 1), np.float32))
    demo.export(model, folder)
    return folder / "1"


def input_of(model: Path) -> tuple[str, np.ndarray]:
    """The name of a model's input, and one instance of it."""
    from tidefall.serving.models.saved_model import read_signature_defs

    ((name, info),) = read_signature_defs(model)["serving_default"].inputs.items()
    sizes = [dim.size for dim in info.tensor_shape.dim[1:]]
    return name, np.random.default_rng(1).random(sizes, np.float32)


def write_warm_up(model: Path, name: str, instance: np.ndarray) -> None:
    """Puts a request beside a model, so that each version is compiled before it is used."""
    from tidefall.io.records.tfrecord import encode_record
    from tidefall.proto import serving
    from tidefall.proto.tensors import make_tensor_proto

    log = serving.PredictionLog()
    log.predict_log.request.inputs[name].CopyFrom(make_tensor_proto(instance[None]))
    (model / WARMUP.parent).mkdir(exist_ok=True)
    (model / WARMUP).write_bytes(encode_record(log.SerializeToString()))


def publish(model: Path, base: Path, version: int) -> None:
    """Puts a version in place, whole at once."""
    made = base.parent / f"new-{version}"
    shutil.copytree(model, made)
    made.rename(base / str(version))


def wait_for(client: Client, version: int, before: int) -> None:
    """Waits until a version answers and the one before is unloaded."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        states = {int(status["version"]): status["state"] for status in client.status()}
        if states.get(version) == "AVAILABLE" and states.get(before, "END") == "END":
            return
        time.sleep(0.02)
    raise SystemExit(f"version {version} did not replace {before}: {client.status()}")


def footprint(pid: int) -> dict[str, int]:
    """Memory in KiB, threads and open files of a process."""
    status = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
    )
    return {
        "rss_kib": int(status["VmRSS"].split()[0]),
        "threads": int(status["Threads"]),
        "files": len(list(Path(f"/proc/{pid}/fd").iterdir())),
    }


def run(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Runs the benchmark; returns its figures."""
    model = folder / "model"
    shutil.copytree(options.model or make_digits(folder / "made"), model)
    name, instance = input_of(model)
    write_warm_up(model, name, instance)
    base = folder / "served"
    base.mkdir()
    publish(model, base, 1)
    flags = {"file_system_poll_wait_seconds": 0.1}
    with ServerProcess("swapped", base, **flags) as server, Client(server.url, "swapped") as client:
        clients = Clients(server.url, "swapped", instance.tolist(), options.clients, options.rate)
        try:
            time.sleep(1.0)
            clients.take()
            time.sleep(options.seconds)
            steady, before = clients.take(), footprint(server.pid)
            start = time.perf_counter()
            for version in range(2, options.swaps + 2):
                publish(model, base, version)
                wait_for(client, version, version - 1)
                shutil.rmtree(base / str(version - 1))
                time.sleep(options.pause)
            seconds = time.perf_counter() - start
            swapping = clients.take()
            time.sleep(1.0)
            after = footprint(server.pid)
        finally:
            clients.stop()
    return {
        "steady": steady.summary(),
        "swapping": swapping.summary(),
        "swaps": options.swaps,
        "seconds_per_swap": round(seconds / options.swaps, 3),
        "p99_ratio": round(swapping.quantile(0.99) / steady.quantile(0.99), 2),
        "before": before,
        "after": after,
        "memory_ratio": round(after["rss_kib"] / before["rss_kib"], 3),
        "first_failures": (steady.failures + swapping.failures)[:3],
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving.swaps", description=__doc__)
    parser.add_argument("--model", type=Path, help="the directory of a SavedModel")
    parser.add_argument("--swaps", type=int, default=100)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--rate", type=float, default=100.0, help="requests per second, together")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds between swaps")
    parser.add_argument("--seconds", type=float, default=10.0, help="of steady load")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = run(options, Path(folder))
    print(json.dumps(figures, indent=2))
    return 1 if figures["steady"]["failures"] or figures["swapping"]["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
