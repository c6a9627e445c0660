"""LiteRT runs the files of the converter, and gives what Keras gives: a fixed sample.

`python -m tests.lite.round_trips` takes all models.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.lite.round_trips.__main__ import LITERT
from tests.lite.round_trips.compare import compared
from tests.lite.round_trips.making import KINDS, make

pytestmark = pytest.mark.oracle

SAMPLE = [
    "dense_gelu", "conv2d_bn", "transposed", "layer_norm", "lstm", "bidirectional_gru",
    "masked_text", "attention_masked", "encoder", "resnet", "detector", "branches", "indexing",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_litert_gives_the_same(kind: str, run_oracle, tmp_path: Path):
    for name in SAMPLE:
        make(name, kind, tmp_path)
    kernels = "reference" if kind in ("int8", "int16") else "fast"
    run_oracle(LITERT.read_text(), str(tmp_path), json.dumps(SAMPLE), kernels)
    found = compared(kind, SAMPLE, tmp_path)
    assert {name: error for name, (_, error) in found.items() if error} == {}
