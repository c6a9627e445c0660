"""A recommender whose embeddings are kept by parameter servers, while workers come and go.

    tidefall launch --chief --workers 2 --ps 2 examples/recommender.py --folder FOLDER
    python examples/recommender.py [--short]

The first form starts five processes, each of which runs this script; the second has its servers in
one process. The chief schedules steps; whichever worker is free takes one. A worker that is killed
is missed by nobody: another one repeats its step. When a parameter server is killed, the embeddings
that it kept are gone, and the chief goes on from its last checkpoint.
"""

from __future__ import annotations

import argparse
import tempfile
from typing import Any

import numpy as np

import tidefall as tf

USERS, ITEMS, FACTORS, BATCH = 400, 300, 4, 256
SAVE_EVERY = 5


def ratings() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who gave what to which film: tastes are points, and so are films."""
    random = np.random.default_rng(3)
    tastes, films = random.normal(size=(USERS, FACTORS)), random.normal(size=(ITEMS, FACTORS))
    user = random.integers(0, USERS, 20_000)
    item = random.integers(0, ITEMS, 20_000)
    given = (tastes[user] * films[item]).sum(1) + 0.1 * random.normal(size=20_000)
    return user, item, given.astype(np.float32)


def batches(context: tf.distribute.InputContext) -> tf.data.Dataset:
    """The data of one worker, without end, in an order of its own."""
    return tf.data.Dataset.from_tensor_slices(ratings()).shuffle(20_000).repeat().batch(BATCH)


def serve(resolver: Any) -> None:
    """Be a worker or a parameter server, until this process is ended."""
    server = tf.distribute.Server(
        resolver.cluster_spec(),
        job_name=resolver.task_type,
        task_index=resolver.task_id,
        protocol="grpc",
    )
    server.join()


def servers_here() -> Any:
    """Start two workers and two parameter servers in this process."""
    from tidefall.distribute.launch.processes import cluster_of

    spec = tf.train.ClusterSpec(cluster_of({"worker": 2, "ps": 2}))
    for job in spec.jobs:
        for task in range(spec.num_tasks(job)):
            tf.distribute.Server(spec, job_name=job, task_index=task, protocol="grpc")
    return tf.distribute.cluster_resolver.SimpleClusterResolver(spec, rpc_layer="grpc")


def train(resolver: Any, folder: str, epochs: int, steps: int) -> None:
    """Schedule steps, and say after each epoch how far off the ratings are."""
    strategy = tf.distribute.ParameterServerStrategy(resolver)
    coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy)
    with strategy.scope():
        users = tf.Variable(tf.random.stateless_normal((USERS, FACTORS), seed=(1, 2)))
        items = tf.Variable(tf.random.stateless_normal((ITEMS, FACTORS), seed=(3, 4)))
        epoch = tf.Variable(0)

    def update(user: Any, item: Any, rating: Any) -> Any:
        with tf.GradientTape() as tape:
            found = tf.reduce_sum(tf.gather(users, user) * tf.gather(items, item), 1)
            loss = tf.reduce_mean((found - rating) ** 2)
        gradients: Any = tape.gradient(loss, (users, items))
        for table, gradient in zip((users, items), gradients, strict=True):
            # Only the rows of this batch are read and written.
            table.scatter_sub(tf.IndexedSlices(5.0 * gradient.values, gradient.indices))
        return loss

    @tf.function
    def step(iterator: Any) -> Any:
        losses = strategy.run(update, args=next(iterator))
        return strategy.reduce("mean", losses, axis=None)

    dataset = coordinator.create_per_worker_dataset(
        lambda: strategy.distribute_datasets_from_function(batches)
    )
    iterator = iter(dataset)
    manager = tf.train.CheckpointManager(
        tf.train.Checkpoint(users=users, items=items, epoch=epoch), folder, max_to_keep=2
    )
    manager.restore_or_initialize()
    while int(epoch.numpy()) < epochs:
        losses = [coordinator.schedule(step, args=(iterator,)) for _ in range(steps)]
        coordinator.join()
        epoch.assign_add(1)
        if epoch.numpy() % SAVE_EVERY == 0:
            manager.save()
        error = np.sqrt(np.mean(coordinator.fetch(losses)))
        print(f"epoch {epoch.numpy()} rmse {error:.3f}", flush=True)


def main() -> None:
    """Be what TF_CONFIG says; without it, be all of them."""
    parser = argparse.ArgumentParser(description="A recommender with parameter servers.")
    parser.add_argument("--folder", help="where the checkpoints are")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--steps", type=int, default=80, help="of an epoch")
    parser.add_argument("--short", action="store_true", help="few epochs")
    arguments = parser.parse_args()
    resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    if resolver.task_type in ("worker", "ps"):
        serve(resolver)
        return
    if not resolver.cluster_spec().jobs:
        resolver = servers_here()
    with tempfile.TemporaryDirectory() as temporary:
        epochs = 10 if arguments.short else arguments.epochs
        train(resolver, arguments.folder or temporary, epochs, arguments.steps)


if __name__ == "__main__":
    main()
