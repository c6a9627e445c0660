"""TensorFlow Lite models here and in LiteRT: latency, load time and memory.

    python -m benchmarks.lite [MODEL.tflite ...] --threads 1 2

LiteRT runs in the environment of TIDEFALL_ORACLE, where ai-edge-litert is installed. Without
models, some that were recorded for the tests are measured; those are small, so what is measured
there is what a call costs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tidefall.base.command_line import run

REPO = Path(__file__).resolve().parents[2]
RECORDED = REPO / "tests" / "lite" / "recorded" / "models.tar.xz"
SMALL = (
    "dense_float", "dense_int8", "conv2d_float", "conv2d_int8", "depthwise_float",
    "attention_float", "lstm_float",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure models; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lite", description=__doc__)
    parser.add_argument("models", nargs="*", metavar="MODEL", help=".tflite files")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--warmup", type=int, default=200, help="enough that models get compiled")
    parser.add_argument("--output", type=Path, help="write the figures here, as JSON")
    flags = parser.parse_args(arguments)
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        models = [Path(each) for each in flags.models] or _recorded(Path(folder))
        for model in models:
            for threads in flags.threads:
                found += _measured(model, threads, flags)
    if flags.output:
        flags.output.write_text(json.dumps(found, indent=1) + "\n")
    return 0


def _recorded(folder: Path) -> list[Path]:
    with tarfile.open(RECORDED) as archive:
        archive.extractall(folder, [f"{each}.tflite" for each in SMALL], filter="data")
    return [folder / f"{each}.tflite" for each in SMALL]


def _measured(model: Path, threads: int, flags: argparse.Namespace) -> list[dict[str, Any]]:
    found = [_timed(sys.executable, "tidefall", model, threads, flags)]
    python = Path(os.environ.get("TIDEFALL_ORACLE") or REPO / ".oracle") / "bin" / "python"
    if python.exists():
        found.append(_timed(str(python), "ai-edge-litert", model, threads, flags))
    base = found[-1]["median_ms"]
    for each in found:
        each["model"] = model.name
        print(
            f"{model.stem:<24} {threads} threads  {each['engine']:<16}"
            f"{each['median_ms']:>10.3f} ms {each['median_ms'] / base:>8.2f} of LiteRT"
            f"{each['load_ms']:>9.1f} ms to load{each['peak_mb']:>8.0f} MB",
            flush=True,
        )
    return found


def _timed(
    python: str, engine: str, model: Path, threads: int, flags: argparse.Namespace
) -> dict[str, Any]:
    environment = {**os.environ, "PYTHONPATH": str(REPO / "src")}
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        environment[name] = str(threads)
    command = [
        python, "-m", "tidefall.lite", "bench", str(model), "--engine", engine, "--threads",
        str(threads), "--runs", str(flags.runs), "--warmup", str(flags.warmup),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise RuntimeError(f"{engine}: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    run(main)
