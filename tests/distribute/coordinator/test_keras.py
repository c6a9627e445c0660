"""A Keras model on parameter servers, as TensorFlow's tutorial has it: words are looked up in the
workers' datasets, the embedding is divided over the servers, Keras's optimizer makes its variables
in the first step."""

import subprocess
import sys

import pytest

SCRIPT = """
import numpy as np
import tidefall as tf
from tidefall.distribute.launch.processes import cluster_of

cluster = tf.train.ClusterSpec(cluster_of({"worker": 2, "ps": 2}))
for job in cluster.jobs:
    for task in range(cluster.num_tasks(job)):
        tf.distribute.Server(cluster, job_name=job, task_index=task, protocol="grpc")
strategy = tf.distribute.ParameterServerStrategy(
    tf.distribute.cluster_resolver.SimpleClusterResolver(cluster, rpc_layer="grpc"),
    variable_partitioner=tf.distribute.experimental.partitioners.FixedShardsPartitioner(2),
)
coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy)

WORDS = ["apple", "pear", "plum", "nut", "oak", "elm", "ash"]
dice = np.random.default_rng(1)
baskets = np.array([dice.choice(WORDS, 3, replace=False) for _ in range(200)])
labels = np.array([["yes" if "apple" in basket else "no"] for basket in baskets])
keras = tf.keras
with strategy.scope():
    word_number = keras.layers.StringLookup(vocabulary=WORDS, mask_token=None)
    answer_number = keras.layers.StringLookup(
        vocabulary=["no", "yes"], num_oov_indices=0, mask_token=None
    )
    embedding = keras.layers.Embedding(8, 16)
    model = keras.Sequential(
        [
            keras.layers.Input((3,), dtype="int64"),
            embedding,
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    optimizer = keras.optimizers.RMSprop(0.05)
    accuracy = keras.metrics.BinaryAccuracy()
loss_of = keras.losses.BinaryCrossentropy()


def batches(context):
    data = tf.data.Dataset.from_tensor_slices((baskets, labels)).shuffle(200).repeat().batch(32)
    return data.map(lambda basket, label: (word_number(basket), answer_number(label)))


@tf.function
def step(iterator):
    def replica(words, answers):
        with tf.GradientTape() as tape:
            found = model(words, training=True)
            loss = loss_of(answers, found)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        accuracy.update_state(answers, found)
        return loss

    return strategy.reduce("sum", strategy.run(replica, args=next(iterator)), axis=None)


@tf.function
def dataset_of_worker():
    return strategy.distribute_datasets_from_function(batches)


iterator = iter(coordinator.create_per_worker_dataset(dataset_of_worker))
losses = [coordinator.schedule(step, args=(iterator,)) for _ in range(120)]
coordinator.join()
losses = coordinator.fetch(losses)
assert np.mean(losses[-10:]) < 0.3 * np.mean(losses[:10]), losses
assert 0.0 < float(accuracy.result()) <= 1.0
found = model.predict(word_number(baskets), verbose=0) > 0.5
assert np.mean(found == (labels == "yes")) > 0.95
shards = embedding.weights[0].value.variables
assert [v.shape.as_list() for v in shards] == [[4, 16], [4, 16]]
assert {v.device[:24] for v in shards} == {f"/job:ps/replica:0/task:{i}" for i in range(2)}
print("trained")
"""


@pytest.mark.process
def test_a_model_is_trained(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout == "trained\n" and done.returncode == 0, done.stderr
