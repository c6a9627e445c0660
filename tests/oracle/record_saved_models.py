"""Records SavedModels that TensorFlow wrote, and what it computes with them.

    python tests/oracle/record_saved_models.py

Runs in the environment that `make oracle` makes; writes saved_models.json.gz beside this file.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import tensorflow as tf

from tests.oracle import saved_models


def record(name: str) -> dict[str, Any]:
    """The files of one model, and what the loaded model gives."""
    with tempfile.TemporaryDirectory() as folder:
        obj, signatures = saved_models.build(tf, name)
        tf.saved_model.save(obj, folder, signatures)
        results = saved_models.results(tf, name, tf.saved_model.load(folder))
        files = {
            str(path.relative_to(folder)): base64.b64encode(path.read_bytes()).decode()
            for path in sorted(Path(folder).rglob("*"))
            if path.is_file()
        }
    return {"files": files, "results": results}


def main() -> None:
    found = {name: record(name) for name in saved_models.MODELS}
    text = json.dumps(found, sort_keys=True, separators=(",", ":")).encode()
    saved_models.RECORDED.write_bytes(gzip.compress(text, 9, mtime=0))


if __name__ == "__main__":
    main()
