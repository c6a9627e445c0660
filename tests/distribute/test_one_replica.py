"""A strategy of one device costs nothing in compiled steps; generators draw apart in replicas."""

import pytest

SETUP = """
import sys
from collections import Counter
import tidefall as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
"""


@pytest.mark.process
@pytest.mark.compiles
def test_the_step_of_one_replica_is_the_same_program(run_python):
    run_python(
        SETUP
        + """
import keras

def step_under(strategy):
    on_read = dict(synchronization=tf.VariableSynchronization.ON_READ,
                   aggregation=tf.VariableAggregation.SUM)
    with strategy.scope():
        w, seen = tf.Variable(tf.ones([4, 3])), tf.Variable(0.0, **on_read)

    def replica(x, y):
        with tf.GradientTape() as tape:
            error = tf.reduce_sum((x @ w - y) ** 2, 1)
            loss = tf.nn.compute_average_loss(error, global_batch_size=8)
        slope = tape.gradient(loss, w)
        slope = tf.distribute.get_replica_context().all_reduce("SUM", slope)
        w.assign_sub(0.1 * slope)
        seen.assign_add(loss)
        return loss

    @tf.function
    def step(x, y):
        return strategy.reduce("SUM", strategy.run(replica, (x, y)), axis=None)

    return step

def keras_step(strategy):
    with strategy.scope():
        model = keras.Sequential([keras.Input([4]), keras.layers.Dense(3)])
        model.compile("adam", "mse")
        model.optimizer.build(model.trainable_variables)
    data = iter(tf.data.Dataset.from_tensors((tf.ones([8, 4]), tf.zeros([8, 3]))).repeat())
    with strategy.scope():
        model.fit(tf.ones([8, 4]), tf.zeros([8, 3]), verbose=0)
    return lambda *ignored: model.train_function(data)

def calls(step, *args):
    count = 0
    def profile(frame, event, arg):
        nonlocal count
        count += event == "call"
    sys.setprofile(profile)
    step(*args)
    sys.setprofile(None)
    return count

x, y = tf.ones([8, 4]), tf.zeros([8, 3])
strategies = [tf.distribute.get_strategy(), tf.distribute.OneDeviceStrategy("CPU:0"),
              tf.distribute.MirroredStrategy(["CPU:0"])]
steps = [step_under(strategy) for strategy in strategies]
nodes = [Counter(n.type for n in s.get_concrete_function(x, y).graph.get_operations())
         for s in steps]
assert nodes[0] == nodes[1] == nodes[2], nodes
for tier in ("host", "xla"):
    tf.config.experimental.set_execution_tier(tier)
    for made in (steps, [keras_step(strategy) for strategy in strategies]):
        for step in made:
            for _ in range(3):
                step(x, y)
        counts = [calls(step, x, y) for step in made]
        assert max(counts[1:]) <= counts[0] + 2, (tier, counts)
"""
    )


@pytest.mark.process
@pytest.mark.parametrize("tier", ["host", "xla"])
def test_generators_draw_apart_in_replicas(tier, run_python):
    # The numbers are TensorFlow's.
    run_python(
        SETUP
        + """
tf.config.experimental.set_execution_tier(sys.argv[1])
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
wanted = [[-0.87930447, 0.020661574], [-1.5822568, 0.77539235]]

def close(values, wanted):
    return all(abs(float(v) - w) < 2e-6 for v, w in zip(values, wanted, strict=True))

with strategy.scope():
    eager, traced = (tf.random.Generator.from_seed(1) for _ in range(2))
outer = tf.function(lambda: strategy.run(lambda: traced.normal([])))
for row in wanted:
    assert close(strategy.run(lambda: eager.normal([])).values, row)
    assert close(outer().values, row)

with strategy.scope():
    assert abs(float(tf.random.Generator.from_seed(1).normal([])) - 0.43842274) < 2e-6
eager.skip(5)  # outside of the replicas, all components move on
first, second = (component.numpy().tolist() for component in eager.state.values)
assert first == second, (first, second)
""",
        tier,
    )
