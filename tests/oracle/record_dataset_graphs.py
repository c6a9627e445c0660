"""Records the graphs that TensorFlow writes of the pipelines in tests/data/pipelines.

Run with genuine TensorFlow; writes tests/data/dataset_graphs.json.gz. Pipelines that cannot be
serialised, and those over files, whose graphs name folders, are left out.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import tensorflow as tf

from tests.data.pipelines import PIPELINES


def main() -> None:
    folders = [str(Path(__file__).resolve().parents[2]).encode(), tempfile.gettempdir().encode()]
    graphs = {}
    for name, build in PIPELINES.items():
        tf.random.set_seed(None)
        try:
            data = tf.raw_ops.DatasetToGraphV2(
                input_dataset=build(tf)._variant_tensor,
                external_state_policy=1,
                strip_device_assignment=True,
            ).numpy()
        except tf.errors.FailedPreconditionError as error:
            print(f"{name}: {error.message[:80]}")
            continue
        if not any(folder in data for folder in folders):
            graphs[name] = base64.b64encode(data).decode()
    target = Path(__file__).parents[1] / "data" / "dataset_graphs.json.gz"
    temporary = target.with_suffix(".tmp")
    temporary.write_bytes(gzip.compress(json.dumps(graphs).encode(), mtime=0))
    temporary.replace(target)
    print(f"{target}: {len(graphs)} graphs")


if __name__ == "__main__":
    main()
