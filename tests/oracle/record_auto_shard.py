"""Record how real TensorFlow shares pipelines out among workers (tests/data/auto_shard.json)."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import tensorflow as tf
from tensorflow.python.data.experimental.ops import distribute

TESTS = Path(__file__).parent.parent
sys.path.insert(0, str(TESTS.parent))

from tests.data.auto_shard_cases import Files, outcomes  # noqa: E402

with tempfile.TemporaryDirectory() as folder:
    found = outcomes(Files(tf, Path(folder)), distribute._AutoShardDataset)
lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in found.items())
(TESTS / "data" / "auto_shard.json").write_text("{\n" + lines + "\n}\n")
