"""Saving and loading models in TensorFlow's API: the same lines for real TensorFlow and Tidefall.

One process does one thing once, as programs do, so that its time includes what is imported for
it, and its peak memory can be told. Each library loads the files that it wrote itself; a process
of its own writes them, and they are still in the system's cache.
"""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import timing

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

SIZES = ("resnet50", "1gb")


def home() -> Path:
    """Where the files lie until `clean` removes them: up to 5 GB."""
    return Path(tempfile.gettempdir()) / f"tidefall-bench-{os.getuid()}" / "models"


def clean() -> None:
    """Remove all that was written."""
    shutil.rmtree(home(), ignore_errors=True)


# ---- models ----


def resnet50(tf: Any, quick: bool) -> Any:
    """ResNet50 with random weights (98 MB), or two small layers."""
    if not quick:
        return tf.keras.applications.ResNet50(weights=None)
    layers = [tf.keras.Input([8]), tf.keras.layers.Dense(8), tf.keras.layers.Dense(2)]
    return tf.keras.Sequential(layers)


def large(tf: Any, quick: bool) -> Any:
    """A module of 200 variables that makes use of each: 1.05 GB."""

    class Large(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            shape = [1024, 8 if quick else 1280]
            self.parts = [tf.Variable(np.full(shape, i, "float32")) for i in range(200)]

        @tf.function(input_signature=[tf.TensorSpec([None, 1024])])
        def __call__(self, x: Any) -> Any:
            for part in self.parts:
                x += tf.reduce_mean(tf.matmul(x, part), -1, keepdims=True)
            return x

    return Large()


def make(tf: Any, size: str, quick: bool) -> Any:
    """The model of a size."""
    return resnet50(tf, quick) if size == "resnet50" else large(tf, quick)


def save(tf: Any, model: Any, size: str, path: str) -> None:
    """Write a SavedModel."""
    if size == "resnet50":
        model.export(path, verbose=False)
    else:
        tf.saved_model.save(model, path, signatures=model.__call__)


# ---- what is measured ----


def save_model(tf: Any, size: str, quick: bool) -> float:
    model = make(tf, size, quick)
    with _scratch() as folder:
        return _seconds(lambda: save(tf, model, size, f"{folder}/model"))


def load_model(tf: Any, size: str, quick: bool) -> float:
    path = _written(tf, size, quick) / "model"
    return _seconds(lambda: tf.saved_model.load(str(path)))


def predict_model(tf: Any, size: str, quick: bool) -> float:
    """From the call of `load` to the first result."""
    path = _written(tf, size, quick) / "model"

    def load_and_predict() -> None:
        served = tf.saved_model.load(str(path)).signatures["serving_default"]
        ((name, spec),) = served.structured_input_signature[1].items()
        (result,) = served(**{name: tf.zeros([d or 1 for d in spec.shape])}).values()
        result.numpy()

    return _seconds(load_and_predict)


def save_checkpoint(tf: Any, size: str, quick: bool) -> float:
    checkpoint = tf.train.Checkpoint(model=make(tf, size, quick))
    with _scratch() as folder:
        return _seconds(lambda: checkpoint.write(f"{folder}/ckpt"))


def restore_checkpoint(tf: Any, size: str, quick: bool) -> float:
    path = _written(tf, size, quick) / "ckpt"
    checkpoint = tf.train.Checkpoint(model=make(tf, size, quick))
    return _seconds(lambda: checkpoint.read(str(path)).assert_consumed())


ACTIONS: dict[str, Callable[[Any, str, bool], float]] = {
    "model_save": save_model,
    "model_load": load_model,
    "model_predict": predict_model,
    "checkpoint_save": save_checkpoint,
    "checkpoint_restore": restore_checkpoint,
}
CASES = {f"{action}_{size}": (action, size) for size in SIZES for action in ACTIONS}


def _seconds(action: Callable[[], Any]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def _scratch() -> tempfile.TemporaryDirectory[str]:
    home().mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=home())


def _written(tf: Any, size: str, quick: bool) -> Path:
    """The folder of the library's model and checkpoint; another process makes it if need be."""
    name = tf.__name__.partition(".")[0]
    folder = home() / f"{name}-{size}{'-quick' if quick else ''}"
    if not folder.exists():
        command = [sys.executable, "-m", "benchmarks.model_files", "--module", name]
        command += ["--write", size, *(["--quick"] if quick else [])]
        subprocess.run(command, check=True, stdout=sys.stderr)
    return folder


def _write(tf: Any, size: str, quick: bool) -> None:
    name = tf.__name__.partition(".")[0]
    model = make(tf, size, quick)
    part = Path(tempfile.mkdtemp(dir=home()))
    save(tf, model, size, str(part / "model"))
    tf.train.Checkpoint(model=model).write(str(part / "ckpt"))
    part.rename(home() / f"{name}-{size}{'-quick' if quick else ''}")


def main() -> None:
    parser = timing.parser()
    parser.add_argument("--module", default="tidefall", choices=["tidefall", "tensorflow"])
    parser.add_argument("--write", choices=SIZES, help="only write the files of a size")
    arguments = parser.parse_args()
    tf = importlib.import_module(arguments.module)
    home().mkdir(parents=True, exist_ok=True)
    if arguments.write:
        _write(tf, arguments.write, arguments.quick)
        return
    timing.main(
        {arguments.module: tf.__version__},
        {
            name: lambda clock, action=action, size=size: {
                "eager": ACTIONS[action](tf, size, clock.quick)
            }
            for name, (action, size) in CASES.items()
        },
        arguments,
    )


if __name__ == "__main__":
    main()
