"""TensorFlow Lite models here and elsewhere: latency, load time, memory, and conversion.

    python -m benchmarks.lite [NAME | MODEL.tflite ...] --threads 1 2
    python -m benchmarks.lite --conversion

Names are those of `models.py`; all of them if none is given. LiteRT (ai-edge-litert) and TensorFlow
run in the environment of TIDEFALL_ORACLE, ONNX Runtime (with tf2onnx, which converts for it) in
`onnx` under TIDEFALL_PEERS; what is not there is left out. Ratios are to LiteRT.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.lite.models import INTEGERS, MODELS, samples
from tidefall.base.command_line import run

REPO = Path(__file__).resolve().parents[2]
ENGINES = Path(__file__).parent / "engines.py"
ORACLE = Path(os.environ.get("TIDEFALL_ORACLE") or REPO / ".oracle")
PEERS = Path(os.environ.get("TIDEFALL_PEERS") or REPO / ".peers")
_SECONDS = 300
_ENGINES = ("tidefall", "ai-edge-litert", "tensorflow", "onnxruntime")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure models; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lite", description=__doc__)
    parser.add_argument("models", nargs="*", metavar="MODEL", help="names, or .tflite files")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--engines", nargs="+", default=list(_ENGINES), choices=_ENGINES)
    parser.add_argument("--conversion", action="store_true", help="measure converting instead")
    parser.add_argument("--keep", action="store_true", help="put them into this machine's results")
    flags = parser.parse_args(arguments)
    names = flags.models or [*MODELS, *(f"{each}_int8" for each in INTEGERS)]
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            if flags.conversion:
                found += _conversions(name)
                continue
            path = Path(name) if name.endswith(".tflite") else _converted(name, Path(folder))
            for threads in flags.threads:
                found += _latencies(path, threads, flags)
    if flags.keep:
        from benchmarks.lite.report import keep

        keep(*(([], found) if flags.conversion else (found, [])))
    return 0


def _converted(name: str, folder: Path) -> Path:
    import tidefall as tf

    model = MODELS[name.removesuffix("_int8")]()
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if name.endswith("_int8"):
        data = samples(model)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: data
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    path = folder / f"{name}.tflite"
    path.write_bytes(converter.convert())
    return path


def _latencies(path: Path, threads: int, flags: argparse.Namespace) -> list[dict[str, Any]]:
    count = [str(threads), str(flags.runs)]
    bench = [
        "-m", "tidefall.lite", "bench", str(path), "--threads", str(threads), "--runs",
        str(flags.runs), "--engine",
    ]  # fmt: skip
    oracle, onnx = ORACLE / "bin" / "python", PEERS / "onnx" / "bin" / "python"
    found = []
    if "tidefall" in flags.engines:
        found.append(_run(sys.executable, [*bench, "tidefall"], threads))
    if oracle.exists() and "ai-edge-litert" in flags.engines:
        found.append(_run(oracle, [*bench, "ai-edge-litert"], threads))
    if oracle.exists() and "tensorflow" in flags.engines and path.stem in MODELS:
        found.append(_run(oracle, [str(ENGINES), "tensorflow", path.stem, *count], threads))
    if onnx.exists() and "onnxruntime" in flags.engines:
        found.append(_run_onnx(onnx, path, count, threads))
    base = next((e["median_ms"] for e in found if e["engine"] == "ai-edge-litert"), None)
    for each in found:
        each |= {"model": path.stem, "threads": threads}
        if "failed" in each:
            print(f"{path.stem:<24} {threads} threads  {each['engine']:<16} {each['failed']}")
            continue
        ratio = "" if base is None else f"{each['median_ms'] / base:>8.2f} of LiteRT"
        print(
            f"{path.stem:<24} {threads} threads  {each['engine']:<16}{each['median_ms']:>10.3f} ms"
            f"{ratio}{each['load_ms']:>9.1f} ms to load{each['peak_mb']:>8.0f} MB",
            flush=True,
        )
    return found


def _run_onnx(python: Path, path: Path, count: list[str], threads: int) -> dict[str, Any]:
    made = path.with_suffix(".onnx")
    if not made.exists():
        # tf2onnx reads the file by TensorFlow's package, which the oracle has.
        packages = next((ORACLE / "lib").glob("python*/site-packages"), None)
        command = ["-m", "tf2onnx.convert", "--tflite", str(path), "--output", str(made)]
        done = subprocess.run(
            [str(python), *command, "--opset", "17"], capture_output=True, text=True,
            env={**os.environ, "PYTHONPATH": str(packages or "")}, timeout=_SECONDS, check=False,
        )  # fmt: skip
        if done.returncode or not made.exists():
            return {"engine": "onnxruntime", "failed": "tf2onnx does not convert it"}
    return _run(python, [str(ENGINES), "onnxruntime", str(made), *count], threads)


def _conversions(name: str) -> list[dict[str, Any]]:
    kind = "int8" if name.endswith("_int8") else "float"
    command = [str(ENGINES), "convert", name.removesuffix("_int8"), kind]
    here = ["-m", "tidefall.compat.tensorflow", *command]
    found = [{**_run(sys.executable, here, 2), "engine": "tidefall"}]
    if (ORACLE / "bin" / "python").exists():
        found.append({**_run(ORACLE / "bin" / "python", command, 2), "engine": "tensorflow"})
    for each in found:
        each["model"] = name
        print(
            f"{name:<24} {each['engine']:<12}{each['seconds']:>8.2f} s to convert"
            f"{each['peak_mb'] - each['mb_before']:>8.0f} MB more"
            f"{each['peak_mb']:>8.0f} MB at most{each['mb_file']:>8.2f} MB file",
            flush=True,
        )
    return found


def _run(python: str | Path, command: list[str], threads: int) -> dict[str, Any]:
    environment = {**os.environ, "PYTHONPATH": str(REPO / "src"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    if command[0] == str(ENGINES):
        environment.pop("PYTHONPATH")
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        environment[name] = str(threads)
    done = subprocess.run(
        [str(python), *command], capture_output=True, text=True, env=environment, check=False,
        timeout=_SECONDS,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    run(main)
