"""`tidefall lite bench`: how long a model takes to load and to run, and how much memory."""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from typing import Any

import numpy as np

ENGINES = ("tidefall", "tidefall-reference", "ai-edge-litert")
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    parser.add_argument("model", metavar="MODEL", help="a .tflite file")
    parser.add_argument("--threads", type=int, default=1, help="how many threads to use")
    parser.add_argument("--runs", type=int, default=50, help="how many runs to measure")
    parser.add_argument("--warmup", type=int, default=20, help="how many runs to make before")
    parser.add_argument(
        "--settle", type=float, default=2, metavar="SECONDS",
        help="how long to warm up at least; what is used often is compiled",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--engine", choices=ENGINES, help=argparse.SUPPRESS)


def execute(flags: argparse.Namespace) -> int:
    """Run the command; returns the exit status.

    Each engine is measured in a process of its own, so that memory is its own.
    """
    if flags.threads < 1 or flags.runs < 1 or flags.warmup < 0:
        raise ValueError("--threads and --runs must be at least 1, and --warmup at least 0.")
    if flags.engine:
        print(json.dumps(_measure(flags)))
        return 0
    found = [_started(flags, engine) for engine in ENGINES]
    found = [each for each in found if each is not None]
    if flags.json:
        print(json.dumps(found, indent=2))
        return 0
    heads = ("median ms", "p90 ms", "first ms", "load ms", "peak MB")
    print(f"{'engine':<20}" + "".join(f"{each:>11}" for each in heads))
    for each in found:
        print(
            f"{each['engine']:<20}{each['median_ms']:>11.3f}{each['p90_ms']:>11.3f}"
            f"{each['first_ms']:>11.2f}{each['load_ms']:>11.2f}{each['peak_mb']:>11.1f}"
        )
    return 0


def _started(flags: argparse.Namespace, engine: str) -> dict[str, Any] | None:
    threads = str(flags.threads)
    environment = {**os.environ, **dict.fromkeys(_THREAD_VARIABLES, threads)}
    if flags.threads == 1:
        xla = environment.get("XLA_FLAGS", "")
        environment["XLA_FLAGS"] = f"{xla} --xla_cpu_multi_thread_eigen=false".strip()
    command = [
        sys.executable, "-m", "tidefall.lite", "bench", flags.model, "--engine", engine,
        "--threads", threads, "--runs", str(flags.runs), "--warmup", str(flags.warmup),
        "--settle", str(flags.settle),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        if engine == "ai-edge-litert" and "ModuleNotFoundError" in done.stderr:
            return None
        raise RuntimeError(f"{engine}: {done.stderr.strip().splitlines()[-1:] or 'no result'}")
    return json.loads(done.stdout.splitlines()[-1])


def _measure(flags: argparse.Namespace) -> dict[str, Any]:
    before = time.perf_counter()
    interpreter = _interpreter(flags)
    interpreter.allocate_tensors()
    loaded = time.perf_counter()
    draw = np.random.default_rng(0)
    for detail in interpreter.get_input_details():
        interpreter.set_tensor(detail["index"], _random(detail, draw))
    started = time.perf_counter()
    interpreter.invoke()
    first = time.perf_counter() - started
    settled = time.perf_counter() + flags.settle
    while flags.warmup > 0 or time.perf_counter() < settled:
        interpreter.invoke()
        flags.warmup -= 1
    times = []
    for _ in range(flags.runs):
        started = time.perf_counter()
        interpreter.invoke()
        times.append(time.perf_counter() - started)
    return {
        "engine": flags.engine,
        "threads": flags.threads,
        "median_ms": float(np.median(times)) * 1e3,
        "p10_ms": float(np.quantile(times, 0.1)) * 1e3,
        "p90_ms": float(np.quantile(times, 0.9)) * 1e3,
        "first_ms": first * 1e3,
        "load_ms": (loaded - before) * 1e3,
        "peak_mb": peak_mb(),
    }


def peak_mb() -> float:
    """The most memory that this process has had, in MB; since it began, not what forked it."""
    try:
        with open("/proc/self/status") as status:
            kilobytes = next(line.split()[1] for line in status if line.startswith("VmHWM"))
        return int(kilobytes) / 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _interpreter(flags: argparse.Namespace) -> Any:
    if flags.engine == "ai-edge-litert":
        from ai_edge_litert.interpreter import (  # pyright: ignore[reportMissingImports]
            Interpreter as Theirs,
        )

        return Theirs(flags.model, num_threads=flags.threads)
    from tidefall.lite.interpreter.interpreter import Interpreter, OpResolverType

    kernels = OpResolverType.AUTO
    if flags.engine == "tidefall-reference":
        kernels = OpResolverType.BUILTIN_REF
    return Interpreter(
        flags.model, num_threads=flags.threads, experimental_op_resolver_type=kernels
    )


def _random(detail: dict[str, Any], draw: np.random.Generator) -> Any:
    shape, dtype = detail["shape"], np.dtype(detail["dtype"])
    if dtype.kind == "f":
        return draw.normal(size=shape).astype(dtype)
    if dtype.kind in "iu" and detail["quantization_parameters"]["scales"].size:
        info = np.iinfo(dtype)
        return draw.integers(info.min, info.max + 1, shape).astype(dtype)
    if dtype.kind in "iub":
        return draw.integers(0, 2, shape).astype(dtype)
    raise ValueError(f"Inputs of type {dtype} cannot be made up; {detail['name']!r} is one.")
