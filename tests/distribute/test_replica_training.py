"""Training on several replicas gives what one device gives; its checkpoints fit any strategy."""

import pytest

SETUP = """
import os, sys, tempfile
import numpy as np
import tidefall as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 4)

def mirrored(n):
    return tf.distribute.MirroredStrategy([f"CPU:{i}" for i in range(n)])
"""


@pytest.mark.process
@pytest.mark.parametrize(
    ("tier", "counts", "rows"), [("host", (2, 4), 8), ("xla", (2, 4), 8), ("xla", (64,), 128)]
)
def test_losses_and_weights_are_those_of_one_device(tier, counts, rows, run_python):
    run_python(
        SETUP.replace("* 4", f"* {max(counts)}")
        + """
tf.config.experimental.set_execution_tier(sys.argv[1])
rows = int(sys.argv[2])
rng = np.random.default_rng(0)
x = rng.normal(size=(rows, 3)).astype("float32")
y = rng.normal(size=(rows, 1)).astype("float32")
first, second = rng.normal(size=(3, 5)), rng.normal(size=(5, 1))

def trained(strategy):
    with strategy.scope():
        w = [tf.Variable(first, dtype=tf.float32), tf.Variable(second, dtype=tf.float32)]
    data = tf.data.Dataset.from_tensors((x, y)).unbatch().batch(rows).repeat(20)
    data = strategy.experimental_distribute_dataset(data)

    def step(x, y):
        with tf.GradientTape() as tape:
            error = tf.reduce_sum((tf.tanh(x @ w[0]) @ w[1] - y) ** 2, 1)
            loss = tf.nn.compute_average_loss(error, global_batch_size=rows)
        slopes = tape.gradient(loss, w)
        slopes = tf.distribute.get_replica_context().all_reduce("SUM", slopes)
        for variable, slope in zip(w, slopes):
            variable.assign_sub(0.1 * slope)
        return loss

    @tf.function
    def one(x, y):
        return strategy.reduce("SUM", strategy.run(step, (x, y)), None)

    return [float(one(*batch)) for batch in data], [v.numpy() for v in w]

losses, weights = trained(tf.distribute.OneDeviceStrategy("CPU:0"))
for n in map(int, sys.argv[3:]):
    found, own = trained(mirrored(n))
    np.testing.assert_allclose(found, losses, rtol=1e-5, atol=1e-5)
    for a, b in zip(own, weights):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)
""",
        tier,
        str(rows),
        *map(str, counts),
    )


@pytest.mark.process
def test_checkpoints_fit_every_strategy(run_python):
    run_python(
        SETUP
        + """
on_read = dict(synchronization=tf.VariableSynchronization.ON_READ,
               aggregation=tf.VariableAggregation.SUM, trainable=False)

def made(strategy, value):
    with strategy.scope():
        total = tf.Variable(value, **on_read)
        return tf.train.Checkpoint(w=tf.Variable([value, value]), total=total)

strategies = [tf.distribute.get_strategy(), tf.distribute.OneDeviceStrategy("CPU:0"),
              mirrored(2), mirrored(4)]
with tempfile.TemporaryDirectory() as folder:
    for i, writer in enumerate(strategies):
        saved = made(writer, 0.0)
        saved.w.assign([3.0, 3.0])
        saved.total.assign(8.0)
        path = saved.write(os.path.join(folder, str(i)))
        for reader in strategies:
            restored = made(reader, 1.0)
            restored.read(path)
            assert restored.w.numpy().tolist() == [3.0, 3.0]
            assert float(restored.total.numpy()) == 8.0
            for part in reader.experimental_local_results(restored.w):
                assert part.numpy().tolist() == [3.0, 3.0]
"""
    )
