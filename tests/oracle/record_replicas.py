"""Records what TensorFlow makes of the programs of several replicas, in replicas.json.gz.

Run with genuine TensorFlow.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.oracle.replicas import harness

OUTPUT = Path(__file__).with_name("replicas.json.gz")


if __name__ == "__main__":
    import tensorflow  # noqa: F401 - once, and not for each program

    tasks = [(name, mode) for name, modes in harness.programs().items() for mode in modes]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda task: harness.apart("tensorflow", *task), tasks))
    found: dict[str, dict[str, Any]] = {}
    for (name, mode), answer in zip(tasks, answers, strict=True):
        found.setdefault(name, {})[mode] = answer
    text = json.dumps(found, sort_keys=True).encode()
    OUTPUT.write_bytes(gzip.compress(text, 9, mtime=0))
    print(f"{len(found)} programs in {OUTPUT.name}")
