"""TensorFlow.js itself, in Node: what it says of a model."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from importlib.resources import as_file, files
from typing import Any

import numpy as np

from tidefall.base import errors

PACKAGES = "TIDEFALL_TFJS"
"""The environment variable that names a folder in which `@tensorflow/tfjs` is installed."""
_DTYPES = {"int64": "int32", "float64": "float32"}


class Node:
    """A process of Node with TensorFlow.js in it; use it in a `with`.

    Raises:
        UnavailableError: there is no Node, or the package is not installed.
    """

    def __init__(self) -> None:
        packages = os.environ.get(PACKAGES, "")
        node = shutil.which("node")
        package = os.path.join(packages, "node_modules", "@tensorflow", "tfjs")
        if node is None or not os.path.isdir(package):
            raise errors.UnavailableError(
                None, None,
                f"Node with TensorFlow.js: `npm install @tensorflow/tfjs@4.22.0` in a folder that "
                f"{PACKAGES} names",
            )  # fmt: skip
        with as_file(files("tidefall.export.tfjs") / "run.mjs") as script:
            self._process = subprocess.Popen(
                [node, str(script), packages],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            )  # fmt: skip

    def __enter__(self) -> Node:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def run(self, folder: str, inputs: Any, layers: bool = False) -> dict[str, np.ndarray]:
        """Return the outputs of a model by name, those of a layers model by number.

        Args:
            folder: of the model.
            inputs: arrays by name, or, for a layers model, in order.
            layers: whether it is one.

        Raises:
            InternalError: what TensorFlow.js said.
        """
        given = [_plain(v) for v in inputs] if layers else {k: _plain(v) for k, v in inputs.items()}
        job = {"folder": os.path.abspath(folder), "inputs": given, "layers": layers}
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise errors.InternalError(None, None, "the process of Node has ended")
        answer = json.loads(line)
        if "error" in answer:
            raise errors.InternalError(None, None, f"TensorFlow.js: {answer['error']}")
        return {
            name: np.array(one["values"], one["dtype"]).reshape(one["shape"])
            for name, one in answer["outputs"].items()
        }


def _plain(value: np.ndarray) -> dict[str, Any]:
    array = np.asarray(value)
    dtype = _DTYPES.get(array.dtype.name, array.dtype.name)
    return {"dtype": dtype, "shape": list(array.shape), "values": array.ravel().tolist()}
