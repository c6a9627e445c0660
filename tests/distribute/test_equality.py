"""Keras trains on several replicas as on one device, in each tier, and as TensorFlow does."""

import gzip
import json
from pathlib import Path

import pytest

from tests.oracle.replicas import harness, training

RECORDED = Path(harness.__file__).parent.with_name("replica_training.json.gz")
TOLERANCE = 1e-5
TIERS = ("host", "xla", "auto")
SAMPLE = {
    "host": ["mlp-clipped-eager", "cnn-ema-fit", "transformer-adam-function", "lstm-clipped-fit"],
    "xla": ["mlp-adamw-fit", "cnn-sgd-function"],
    "auto": ["mlp-adam-fit", "lstm-sgd-function"],
}


def differences(tier, runs, counts, run_python, repo_root):
    """What is wrong with runs on these numbers of CPUs, in words."""
    wanted = [(run, replicas) for run in runs for replicas in counts]
    source = (
        "import sys; sys.path.insert(0, sys.argv.pop(1))\n"
        "from tests.oracle.replicas.training import main\nmain()"
    )
    printed = run_python(source, str(repo_root), "tidefall", tier, json.dumps(wanted), timeout=900)
    found = json.loads(printed)
    recorded = json.loads(gzip.decompress(RECORDED.read_bytes()))
    for run, replicas in wanted:
        result = found[key := f"{run} {replicas}"]
        if replicas < 2 or run not in training.LOCAL:
            difference = training.difference(result, found[f"{run} 0"])
            if difference > TOLERANCE:
                yield f"{key}: {difference} from one device"
        if key in recorded:
            difference = training.difference(training.digest(result), recorded[key])
            if difference > TOLERANCE:
                yield f"{key}: {difference} from TensorFlow"


@pytest.mark.process
@pytest.mark.compiles
@pytest.mark.parametrize("tier", TIERS)
def test_sample(tier, run_python, repo_root):
    assert not list(differences(tier, SAMPLE[tier], (0, 2, 4), run_python, repo_root))


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.compiles
@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("model", training.MODELS)
def test_all(tier, model, run_python, repo_root):
    runs = [run for run in training.RUNS if run.startswith(f"{model}-")]
    assert not list(differences(tier, runs, (0, 1, 2, 4), run_python, repo_root))


@pytest.mark.process
@pytest.mark.compiles
def test_a_variable_that_all_replicas_share_is_changed_by_each(run_python):
    run_python(
        """
import tidefall as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(["cpu:0", "cpu:1"])
shared = tf.Variable(0.0)  # outside of the scope, as metrics made there are
numbers = strategy.experimental_distribute_values_from_function(
    lambda context: tf.constant(1.0 + context.replica_id_in_sync_group))

@tf.function
def step(numbers):
    strategy.run(lambda x: shared.assign_add(x), (numbers,))

for tier in ("host", "xla"):
    tf.config.experimental.set_execution_tier(tier)
    shared.assign(0.0)
    step(numbers)
    step(numbers)
    assert float(shared) == 6.0, (tier, float(shared))
"""
    )
