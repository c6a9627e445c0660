"""Records what the programs in tests/keras/programs give under genuine TensorFlow.

Writes tests/keras/recorded.json.gz; with names of modules, only theirs are recorded again.
"""

from __future__ import annotations

import gzip
import json
import logging
import os
import sys
import warnings
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ["KERAS_BACKEND"] = "tensorflow"
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import keras
import tensorflow as tf

from tests.keras.programs import MODULES, programs_of
from tests.keras.programs.helpers import outcome

TARGET = Path(__file__).parents[1] / "keras" / "recorded.json.gz"


def main(chosen: list[str]) -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    recorded = json.loads(gzip.decompress(TARGET.read_bytes())) if TARGET.exists() else {}
    for module in chosen or MODULES:
        recorded[module] = {}
        for name, program in programs_of(module).items():
            recorded[module][name] = outcome(program, tf, keras)
            print(f"{module}.{name}", flush=True)
    kept = {module: recorded[module] for module in MODULES if module in recorded}
    lines = json.dumps(kept, separators=(",", ":")).encode()
    temporary = TARGET.with_suffix(".tmp")
    temporary.write_bytes(gzip.compress(lines, mtime=0))
    temporary.replace(TARGET)
    print(f"{TARGET}: {sum(map(len, kept.values()))} programs")


if __name__ == "__main__":
    main(sys.argv[1:])
