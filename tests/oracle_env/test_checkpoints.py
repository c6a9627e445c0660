"""Real TensorFlow reads the checkpoints that Tidefall writes."""

import gzip
import json

import pytest

import tidefall as tf
from tests.oracle import checkpoints
from tests.oracle.checkpoints.scenario import RECORDED, SCENARIOS, differences, run_half

pytestmark = pytest.mark.oracle

assert checkpoints  # its import registers the scenarios

LOAD = """
import json, sys
sys.path.insert(0, sys.argv[1])
import tensorflow as tf
from tests.oracle import checkpoints
from tests.oracle.checkpoints.scenario import run_half
found = {}
for name in json.loads(sys.argv[4]):
    try:
        found[name] = run_half(tf, name, "load", f"{sys.argv[2]}/{name}")
    except Exception as error:
        found[name] = f"{type(error).__name__}: {error}"
with open(sys.argv[3], "w") as file:
    json.dump(found, file)
"""

PAIRS = [name for name, halves in SCENARIOS.items() if "load" in halves]


@pytest.fixture(scope="session")
def read_by_tensorflow(run_oracle, repo_root, tmp_path_factory):
    """What TensorFlow notes when it reads the files written here."""
    folder = tmp_path_factory.mktemp("checkpoints")
    for name in PAIRS:
        (folder / name).mkdir()
        run_half(tf, name, "save", str(folder / name))
    target = folder / "results.json"
    run_oracle(LOAD, str(repo_root), str(folder), str(target), json.dumps(PAIRS))
    return json.loads(target.read_text())


@pytest.mark.parametrize("name", PAIRS)
def test_tensorflow_reads_our_checkpoints(name, read_by_tensorflow):
    expected = json.loads(gzip.decompress(RECORDED.read_bytes()))[name]["load"]
    assert not differences(read_by_tensorflow[name], expected)
