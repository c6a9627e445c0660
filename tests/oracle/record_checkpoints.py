"""Records checkpoints that TensorFlow wrote, and what it noted while it wrote and read them.

    python tests/oracle/record_checkpoints.py [SCENARIO ...]

Runs in the environment that `make oracle` makes; writes checkpoints.json.gz beside this file.
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

from tests.oracle import checkpoints
from tests.oracle.checkpoints.scenario import RECORDED, SCENARIOS, run_half

assert checkpoints  # its import registers the scenarios


def record(name: str) -> dict[str, Any]:
    """What each half noted, and the files that the first left to the second."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for half in SCENARIOS[name]:
            found[half] = run_half(tf, name, half, folder)
            if half == "save":
                found["files"] = {
                    str(path.relative_to(folder)): base64.b64encode(path.read_bytes()).decode()
                    for path in sorted(Path(folder).rglob("*"))
                    if path.is_file()
                }
    return found


def main() -> None:
    chosen = sys.argv[1:] or list(SCENARIOS)
    found = {name: record(name) for name in chosen}
    if sys.argv[1:]:
        found = json.loads(gzip.decompress(RECORDED.read_bytes())) | found
    text = json.dumps(found, sort_keys=True, separators=(",", ":")).encode()
    RECORDED.write_bytes(gzip.compress(text, 9, mtime=0))


if __name__ == "__main__":
    main()
