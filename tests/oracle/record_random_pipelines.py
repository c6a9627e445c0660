"""Records what the random pipelines of tests/data/random_pipelines.py give.

Run with genuine TensorFlow; writes tests/data/random_pipelines.json.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import tensorflow as tf

from tests.data.random_pipelines import COUNT, outcome
from tests.data.values import summary


def main() -> None:
    lines = [f'"{seed}": {json.dumps(outcome(seed, tf, summary))}' for seed in range(COUNT)]
    target = Path(__file__).parents[1] / "data" / "random_pipelines.json"
    temporary = target.with_suffix(".tmp")
    temporary.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    temporary.replace(target)
    print(f"{target}: {COUNT} pipelines")


if __name__ == "__main__":
    main()
