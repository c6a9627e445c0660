"""The tests of Keras that pass on real TensorFlow: recorded once, kept compressed."""

from __future__ import annotations

import functools
import json
import lzma
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.keras_suite.run import Outcome

FILE = Path(__file__).with_name("baseline.json.xz")


@functools.cache
def _read() -> dict:
    return json.loads(lzma.decompress(FILE.read_bytes())) if FILE.exists() else {"files": {}}


def outcomes() -> dict[str, str]:
    """`passed`, `failed` or `skipped` by test."""
    return {
        f"{name}::{test}": outcome
        for name, content in _read()["files"].items()
        for outcome, tests in content["tests"].items()
        for test in tests
    }


def seconds() -> dict[str, float]:
    """The time each test file took on TensorFlow."""
    return {name: content["seconds"] for name, content in _read()["files"].items()}


def write(recorded: Mapping[str, Outcome], python: str) -> None:
    """Write the baseline file.

    Args:
      recorded: the outcomes of a whole run on TensorFlow, by test.
      python: the interpreter they were recorded with.
    """
    files: dict[str, dict] = {}
    for name, outcome in sorted(recorded.items()):
        file, test = name.split("::", 1)
        content = files.setdefault(file, {"seconds": 0.0, "tests": {}})
        content["seconds"] = round(content["seconds"] + outcome.seconds, 2)
        content["tests"].setdefault(outcome.outcome, []).append(test)
    document = {"versions": _versions(python), "files": files}
    FILE.write_bytes(lzma.compress(json.dumps(document, sort_keys=True).encode(), preset=9))


def _versions(python: str) -> dict[str, str]:
    code = (
        "import importlib.metadata as m, json; print(json.dumps({d.name: d.version for d in"
        " m.distributions() if d.name.lower().replace('_', '-') in {'tensorflow-cpu', 'tensorflow',"
        " 'keras', 'jax', 'numpy', 'scipy', 'pandas', 'scikit-learn', 'pytest', 'tensorboard'}}))"
    )
    found = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(found.stdout)
