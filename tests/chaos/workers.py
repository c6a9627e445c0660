"""A worker that trains with the others; each of its lines says a step, the last one the weights."""

import hashlib
import time

import numpy as np

import tidefall as tf

STEPS = 150

strategy = tf.distribute.MultiWorkerMirroredStrategy()
rng = np.random.default_rng(0)
x = rng.normal(size=(64, 8)).astype("float32")
y = (x @ rng.normal(size=(8, 1))).astype("float32")
with strategy.scope():
    kernel = tf.Variable(tf.zeros([8, 1]))
dataset = strategy.experimental_distribute_dataset(
    tf.data.Dataset.from_tensor_slices((x, y)).batch(32).repeat()
)


def replica(x, y):
    with tf.GradientTape() as tape:
        loss = tf.nn.compute_average_loss((x @ kernel - y) ** 2)
    gradient = tf.distribute.get_replica_context().all_reduce("sum", tape.gradient(loss, kernel))
    kernel.assign_sub(0.01 * gradient)
    return loss


@tf.function
def step(batch):
    return strategy.reduce("sum", strategy.run(replica, args=batch), axis=None)


for number, batch in zip(range(STEPS), dataset, strict=False):
    step(batch)
    print("step", number, flush=True)
    time.sleep(0.02)
print("result", hashlib.sha256(kernel.numpy().tobytes()).hexdigest(), flush=True)
