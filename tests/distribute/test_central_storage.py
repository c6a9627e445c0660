"""`CentralStorageStrategy` on two CPUs, against what TensorFlow 2.21 answers."""

import pytest

PROGRAM = """
import tidefall as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.experimental.CentralStorageStrategy(["cpu:0", "cpu:1"])
extended = strategy.extended
aggregations = tf.VariableAggregation

def refused(error, message, call):
    try:
        call()
    except error as raised:
        assert message in str(raised), raised
    else:
        raise AssertionError(message)

def step(v):
    number = tf.cast(tf.distribute.get_replica_context().replica_id_in_sync_group, tf.float32)
    v.assign_add(number + 1.0)
    return v.read_value()
"""


@pytest.mark.process
def test_central_storage(run_python):
    run_python(
        PROGRAM
        + """
host = "/job:localhost/replica:0/task:0"
assert strategy.num_replicas_in_sync == 2
assert extended.worker_devices == (f"{host}/device:CPU:0", f"{host}/device:CPU:1")
assert extended.parameter_devices == ("/device:CPU:0",)
Central = tf.distribute.experimental.CentralStorageStrategy
assert Central(["cpu:1"]).extended.parameter_devices == (f"{host}/device:CPU:1",)
assert Central(parameter_device="cpu:1").extended.parameter_devices == ("cpu:1",)

def three_ways(v):
    yield strategy.run(step, args=(v,))
    yield strategy.run(tf.function(lambda: step(v)))
    yield tf.function(lambda: strategy.run(step, args=(v,)))()

with strategy.scope():
    recorded = {"SUM": [4, 7, 10], "MEAN": [2.5, 4, 5.5], "ONLY_FIRST_REPLICA": [2, 3, 4]}
    for name, wanted in recorded.items():
        v = tf.Variable(1.0, aggregation=getattr(aggregations, name))
        found = [[float(r) for r in result.values] for result in three_ways(v)]
        assert found == [[w, w] for w in wanted], (name, found)
        assert strategy.experimental_local_results(v) == (v,)
        assert v.device == f"{host}/device:CPU:0"
    v.assign(5.0)
    assert repr(v) == "<tf.Variable 'Variable:0' shape=() dtype=float32, numpy=5.0>"
    doubled = strategy.run(lambda x: x * v, args=(tf.constant(2.0),))
    assert [float(x) for x in doubled.values] == [10.0, 10.0]
    assert len(extended.update(v, lambda x: x.assign_add(1.0), group=False)) == 1
    assert float(v) == 6.0
    refused(ValueError, "cannot be reduced", lambda: strategy.reduce("SUM", v, axis=None))

    none = tf.Variable(1.0)
    for run in (step, tf.function(step)):
        refused(ValueError, "You must specify an aggregation method",
                lambda: strategy.run(run, args=(none,)))
    whole = tf.Variable(1, aggregation=aggregations.MEAN)
    refused(ValueError, "", lambda: strategy.run(lambda: whole.assign_add(
        tf.distribute.get_replica_context().replica_id_in_sync_group)))
    read = tf.Variable(1.0, synchronization=tf.VariableSynchronization.ON_READ,
                       aggregation=aggregations.SUM)
    refused(ValueError, "1.0 cannot be reduced", lambda: strategy.run(lambda: read.assign_add(1.0)))
    assert float(read.read_value()) == 1.0

dataset = strategy.experimental_distribute_dataset(tf.data.Dataset.range(4).batch(2))
first = next(iter(dataset))
assert [x.numpy().tolist() for x in first.values] == [[0], [1]]
"""
    )


@pytest.mark.process
def test_training_and_checkpoints(run_python, tmp_path):
    run_python(
        PROGRAM
        + """
import sys
with strategy.scope():
    w = tf.Variable([2.0], aggregation=aggregations.MEAN)

@tf.function
def train(x):
    def replica(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(w * w * x)
        slope = tf.distribute.get_replica_context().all_reduce("SUM", tape.gradient(loss, w))
        w.assign_sub(0.1 * slope)
        return loss
    return strategy.reduce("SUM", strategy.run(replica, args=(x,)), axis=None)

inputs = strategy.experimental_distribute_values_from_function(
    lambda context: tf.constant(float(context.replica_id_in_sync_group)))
assert float(train(inputs)) == 4.0
assert abs(float(w[0]) - 1.6) < 1e-6
path = tf.train.Checkpoint(w=w).save(sys.argv[1] + "/c")
plain = tf.Variable([0.0])
tf.train.Checkpoint(w=plain).restore(path)
assert float(plain[0]) == float(w[0])
w.assign([0.0])
tf.train.Checkpoint(w=w).restore(path)
assert float(plain[0]) == float(w[0])
""",
        str(tmp_path),
    )
