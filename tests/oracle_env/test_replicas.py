"""Files written under strategies go both ways between here and TensorFlow, slots and all."""

import json

import pytest

from tests.distribute import test_distributed_variables as exports
from tests.oracle.replicas import saving

pytestmark = pytest.mark.oracle

SOURCE = (
    "import sys; sys.path.insert(0, sys.argv.pop(1))\n"
    "from tests.oracle.replicas.saving import main\nmain()"
)


READ = """
import sys
import tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
assert model.predict(tf.constant([1.0, 10.0])).numpy().tolist() == [2.0, 30.0]
for step in (1, 2):
    assert [float(v) for v in model.count(tf.constant(1.0))] == [3.0 * step + 4.5] * 2
assert float(model.total) == 6.0 and float(model.seen) == 6.0
assert float(model.called(tf.constant(1.0))) == 4.0
"""


@pytest.mark.process
@pytest.mark.parametrize("writer", ["none", "mirrored2"])
def test_tensorflow_goes_on(writer, run_python, run_oracle, repo_root, tmp_path):
    root, folder = str(repo_root), str(tmp_path)
    wanted = json.loads(run_python(SOURCE, root, "tidefall", "host", "write", folder, writer))
    for reader in ("none", "mirrored2"):
        # One strategy a process: TensorFlow mixes up the collectives of several.
        found = json.loads(run_oracle(SOURCE, root, "tensorflow", "", "read", folder, reader))
        saving.check(wanted, found)


@pytest.mark.process
def test_what_tensorflow_saved_goes_on(run_python, run_oracle, repo_root, tmp_path):
    root, folder = str(repo_root), str(tmp_path)
    wanted = json.loads(run_oracle(SOURCE, root, "tensorflow", "", "write", folder, "mirrored2"))
    found = json.loads(
        run_python(SOURCE, root, "tidefall", "host", "read", folder, *saving.STRATEGIES)
    )
    saving.check(wanted, found)


@pytest.mark.process
def test_tensorflow_reads_functions_that_run_replicas(run_python, run_oracle, tmp_path):
    run_python(exports.SETUP + exports.EXPORT, str(tmp_path / "model"))
    run_oracle(READ, str(tmp_path / "model"))
