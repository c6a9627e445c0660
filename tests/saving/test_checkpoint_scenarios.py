"""Checkpoints beside TensorFlow: what is written, read and said is what it wrote, read and said."""

import base64
import gzip
import json

import pytest

import tidefall as tf
from tests.oracle import checkpoints
from tests.oracle.checkpoints.scenario import RECORDED, SCENARIOS, differences, run_half

assert checkpoints  # its import registers the scenarios


@pytest.fixture(scope="module")
def recorded():
    return json.loads(gzip.decompress(RECORDED.read_bytes()))


def check(recorded, name, half, folder):
    # What numbers and files are noted as is what comes back from JSON.
    found = json.loads(json.dumps(run_half(tf, name, half, str(folder))))
    assert not differences(found, recorded[name][half])


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_scenario(recorded, name, tmp_path):
    for half in SCENARIOS[name]:
        check(recorded, name, half, tmp_path)


PAIRS = [name for name, halves in SCENARIOS.items() if "load" in halves]


@pytest.mark.parametrize("name", PAIRS)
def test_files_of_tensorflow(recorded, name, tmp_path):
    for file, content in recorded[name]["files"].items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(base64.b64decode(content))
    check(recorded, name, "load", tmp_path)
