"""Records what TensorFlow makes of the device scenarios, in device_scenarios.json.gz.

Run with genuine TensorFlow.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.oracle.device_scenarios import SCENARIOS, main

OUTPUT = Path(__file__).with_name("device_scenarios.json.gz")


if __name__ == "__main__":
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        main("tensorflow")
    OUTPUT.write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))
    print(f"{len(SCENARIOS)} scenarios in {OUTPUT.name}")
