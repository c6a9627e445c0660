"""Programs of several replicas, eagerly and in both tiers, against what TensorFlow made of them."""

import gzip
import json
from pathlib import Path

import pytest

from tests.oracle.replicas import differences, harness

RECORDED = Path(harness.__file__).parent.with_name("replicas.json.gz")
TIERS = {"eager": "eager", "host": "function", "xla": "function"}
CASES = [
    (name, mode)
    for name, modes in harness.programs().items()
    for mode in TIERS
    if TIERS[mode] in modes
]


@pytest.fixture(scope="module")
def recorded():
    return json.loads(gzip.decompress(RECORDED.read_bytes()))


@pytest.fixture(scope="module")
def results(run_python, repo_root):
    source = (
        "import sys; sys.path.insert(0, sys.argv.pop(1))\n"
        "from tests.oracle.replicas.harness import main\nmain()"
    )
    return json.loads(run_python(source, str(repo_root), "", "tidefall", *TIERS))


@pytest.mark.process
@pytest.mark.compiles
@pytest.mark.parametrize(("name", "mode"), CASES, ids=[f"{n}-{m}" for n, m in CASES])
def test_program(name, mode, results, recorded):
    found = differences.between(results[name][mode], recorded[name][TIERS[mode]])
    assert not found or differences.is_known(name), found
