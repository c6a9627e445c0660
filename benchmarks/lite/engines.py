"""One model in one runtime other than Tidefall and LiteRT, or one conversion; prints JSON.

    python engines.py onnxruntime FILE.onnx THREADS RUNS
    python engines.py tensorflow MODEL THREADS RUNS
    python engines.py convert MODEL float|int8

Run by the Python of the environment that has the runtime. `convert` is Tidefall's converter or
TensorFlow's, whichever `tensorflow` is.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

_WARMUP = 20


def main() -> None:
    engine, model, *rest = sys.argv[1:]
    run = {"onnxruntime": _onnxruntime, "tensorflow": _tensorflow, "convert": _convert}[engine]
    found = run(model, *rest)
    print(json.dumps({"engine": engine, "peak_mb": _peak_mb(), **found}))


def _peak_mb() -> float:
    """The most memory that this process has had, since it began."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def _onnxruntime(path: str, threads: str, runs: str) -> dict[str, float]:
    import onnxruntime  # pyright: ignore[reportMissingImports]

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(threads)
    started = time.perf_counter()
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    loaded = time.perf_counter() - started
    draw = np.random.default_rng(0)
    given = {}
    for each in session.get_inputs():
        shape = [d if isinstance(d, int) else 1 for d in each.shape]
        dtype = np.int8 if "int8" in each.type else np.float32
        given[each.name] = (draw.random(shape) * 100).astype(dtype)
    return _timed(lambda: session.run(None, given), loaded, int(runs))


def _tensorflow(name: str, threads: str, runs: str) -> dict[str, float]:
    import tensorflow as tf  # pyright: ignore[reportMissingImports]

    tf.config.threading.set_intra_op_parallelism_threads(int(threads))
    tf.config.threading.set_inter_op_parallelism_threads(1)
    started = time.perf_counter()
    model, samples = _made(name)
    given = tf.constant(samples[0][0])
    call = tf.function(lambda x: model(x))
    call = call.get_concrete_function(tf.TensorSpec(given.shape, given.dtype))
    loaded = time.perf_counter() - started
    return _timed(lambda: call(given).numpy(), loaded, int(runs))


def _convert(name: str, kind: str) -> dict[str, float]:
    import tensorflow as tf  # pyright: ignore[reportMissingImports]

    model, samples = _made(name)
    before = _peak_mb()
    started = time.perf_counter()
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if kind == "int8":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: samples
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    content = converter.convert()
    return {
        "seconds": time.perf_counter() - started,
        "mb_before": before,
        "mb_file": len(content) / 2**20,
    }


def _made(name: str) -> tuple[Any, list[list[np.ndarray]]]:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from benchmarks.lite.models import MODELS, samples

    model = MODELS[name]()
    return model, samples(model)


def _timed(run: Callable[[], Any], loaded: float, runs: int) -> dict[str, float]:
    for _ in range(_WARMUP):
        run()
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return {
        "median_ms": float(np.median(times)) * 1e3,
        "p10_ms": float(np.quantile(times, 0.1)) * 1e3,
        "load_ms": loaded * 1e3,
    }


if __name__ == "__main__":
    main()
