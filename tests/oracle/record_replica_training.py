"""Records what TensorFlow makes of training on one and on two CPUs, in replica_training.json.gz.

Run with genuine TensorFlow.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.oracle.replicas import harness, training

OUTPUT = Path(__file__).with_name("replica_training.json.gz")
REPLICAS = (0, 2)


def main() -> None:
    import tensorflow  # noqa: F401 - once, and not for each run

    found: dict[str, Any] = {}
    for run in training.RUNS:
        for replicas in REPLICAS:
            found[f"{run} {replicas}"] = harness.in_child(
                lambda run=run, replicas=replicas: training.digest(
                    training.train(harness.start("tensorflow"), run, replicas)
                )
            )
    text = json.dumps(found, sort_keys=True).encode()
    OUTPUT.write_bytes(gzip.compress(text, 9, mtime=0))
    print(f"{len(found)} runs in {OUTPUT.name}")


if __name__ == "__main__":
    main()
