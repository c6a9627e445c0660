"""Records the elements of the pipelines in tests/data/pipelines.

Run with genuine TensorFlow; writes tests/data/pipelines.json.
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

from tests.data.pipelines import FAILING, PIPELINES
from tests.data.values import outcome, summary


def main() -> None:
    recorded = {"pipelines": {}, "failing": {}}
    for name, build in PIPELINES.items():
        # The graph's seed would leak from one pipeline into the next.
        tf.random.set_seed(None)
        recorded["pipelines"][name] = summary(build(tf))
    for name, build in FAILING.items():
        recorded["failing"][name] = outcome(build, tf)
    target = Path(__file__).parents[1] / "data" / "pipelines.json"
    lines = [
        f'"{group}": {{\n'
        + ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in table.items())
        + "\n}"
        for group, table in recorded.items()
    ]
    temporary = target.with_suffix(".tmp")
    temporary.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    temporary.replace(target)
    print(f"{target}: {len(PIPELINES)} pipelines, {len(FAILING)} errors")


if __name__ == "__main__":
    main()
