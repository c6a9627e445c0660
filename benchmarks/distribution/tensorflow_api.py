"""The rows on Tidefall and TensorFlow: the same programs, with the same strategies."""

from __future__ import annotations

import argparse
import importlib
import itertools
import json
import os
import time
from typing import Any

import numpy as np

from benchmarks import keras_models
from benchmarks.distribution import members
from benchmarks.distribution.repeated import MODELS, SIZES, fewer, median_of

CLOSURES = 3000


def reductions(tf: Any, quick: bool) -> dict[str, dict[str, float]]:
    """All-reduces of `MultiWorkerMirroredStrategy`, and of Tidefall's process group alone."""
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    found: dict[str, dict[str, float]] = {}
    for name, (size, count) in SIZES.items():
        value = tf.ones([size // 4])

        @tf.function
        def total(value: Any) -> Any:
            def replica() -> Any:
                # TensorFlow finds no device of a value that was not computed in the replica.
                return _context(tf).all_reduce("sum", tf.identity(value))

            return strategy.run(replica)

        def wait(total: Any = total, value: Any = value) -> None:
            total(value).numpy()

        seconds = median_of(wait, fewer(count, quick), warm=2)
        found[f"workers_reduce_{name}"] = {"strategy": seconds}
    return found


def _context(tf: Any) -> Any:
    return tf.distribute.get_replica_context()


def group_reductions(quick: bool) -> dict[str, dict[str, float]]:
    """The same without a strategy, which is what PyTorch's and jax's rows are."""
    from tidefall.distribute.collectives.process_group import ProcessGroup

    task = json.loads(os.environ["TF_CONFIG"])
    found = {}
    with ProcessGroup(task["cluster"]["worker"], task["task"]["index"]) as group:
        for name, (size, count) in SIZES.items():
            array = np.ones(size // 4, np.float32)

            def total(array: Any = array) -> None:
                group.all_reduce(array, out=array)

            found[f"workers_reduce_{name}"] = {
                "group": median_of(total, fewer(count, quick), warm=2)
            }
    return found


class Training:
    """A model of `keras_models.py` in a training loop of its own, under a strategy or none."""

    def __init__(self, tf: Any, name: str, strategy: Any, workers: int, quick: bool):
        x, y = keras_models.batch(name, quick)
        share = len(x) // workers
        keras = tf.keras
        with strategy.scope():
            model = keras_models.build(keras, name, x.shape[1:])
            optimizer = keras.optimizers.Adam()
            optimizer.build(model.trainable_variables)
        losses = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=None)
        rows = len(x)

        def replica(x: Any, y: Any) -> Any:
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(losses(y, model(x, training=True))) / rows
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            return loss

        @tf.function
        def step(x: Any, y: Any) -> Any:
            return strategy.reduce("sum", strategy.run(replica, args=(x, y)), axis=None)

        data = tf.constant(x[:share]), tf.constant(y[:share])
        self.step = lambda: step(*data).numpy()


def steps(tf: Any, name: str, quick: bool) -> dict[str, dict[str, float]]:
    """A training step of two workers."""
    training = Training(tf, name, tf.distribute.MultiWorkerMirroredStrategy(), 2, quick)
    seconds = median_of(training.step, fewer(MODELS[name], quick), warm=fewer(30, quick))
    return {f"workers_{name}_step": {"strategy": seconds}}


def first_step(tf: Any, quick: bool) -> float:
    """The time at which the first step of an MLP is over; without Keras, whose import would be most
    of it."""
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    widths = [784, 512, 512, keras_models.CLASSES]
    with strategy.scope():
        kernels = [
            tf.Variable(tf.random.normal(shape, stddev=0.05))
            for shape in itertools.pairwise(widths)
        ]

    def replica(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            hidden = tf.nn.relu(tf.nn.relu(x @ kernels[0]) @ kernels[1])
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y, hidden @ kernels[2])
            loss = tf.nn.compute_average_loss(losses)
        gradients = _context(tf).all_reduce("sum", tape.gradient(loss, kernels))
        for kernel, gradient in zip(kernels, gradients, strict=True):
            kernel.assign_sub(0.1 * gradient)
        return loss

    @tf.function
    def step(x: Any, y: Any) -> Any:
        return strategy.reduce("sum", strategy.run(replica, args=(x, y)), axis=None)

    x, y = keras_models.batch("mlp", quick)
    rows = len(x) // 2
    x = np.ones((rows, widths[0]), np.float32)
    step(tf.constant(x), tf.constant(y[:rows])).numpy()
    return time.time()


def mirrored(tf: Any, quick: bool) -> dict[str, dict[str, float]]:
    """A step under `MirroredStrategy` with one device over one without; they take turns."""
    none = Training(tf, "mlp", tf.distribute.get_strategy(), 1, quick)
    one = Training(tf, "mlp", tf.distribute.MirroredStrategy(["cpu:0"]), 1, quick)
    ratios = []
    for each in (none, one):
        median_of(each.step, fewer(150, quick))
    for _ in range(fewer(9, quick)):
        without = median_of(none.step, fewer(40, quick))
        ratios.append(median_of(one.step, fewer(40, quick)) / without)
    return {"mirrored_ratio": {"tf.function": float(np.median(ratios))}}


def closures(tf: Any, quick: bool) -> dict[str, dict[str, float]]:
    """Seconds a closure, scheduled by the hundred and joined."""
    resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    coordinator = tf.distribute.coordinator.ClusterCoordinator(
        tf.distribute.ParameterServerStrategy(resolver)
    )

    @tf.function
    def work(x: Any) -> Any:
        return x + 1.0

    argument = tf.constant(1.0)
    count = 20 if quick else CLOSURES

    def run(count: int) -> None:
        for _ in range(count):
            coordinator.schedule(work, args=(argument,))
        coordinator.join()

    run(fewer(100, quick))
    seconds = median_of(lambda: run(count), fewer(3, quick)) / count
    return {"coordinator_closure": {"tf.function": seconds}}


def serve(tf: Any, task: dict[str, Any]) -> None:
    """Be a worker or a parameter server until the end."""
    tf.distribute.Server(
        task["cluster"], job_name=task["task"]["type"], task_index=task["task"]["index"]
    ).join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module", choices=["tidefall", "tensorflow"])
    parser.add_argument(
        "part", choices=["reductions", "group", "start", "mirrored", "closures", *MODELS]
    )
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    part, quick = arguments.part, arguments.quick
    if part == "group":
        members.report(group_reductions(quick))
        return
    os.environ["KERAS_BACKEND"] = "tensorflow"
    tf = importlib.import_module(arguments.module)
    task = json.loads(os.environ["TF_CONFIG"])
    if task["task"]["type"] in ("worker", "ps") and part == "closures":
        serve(tf, task)
    parts = {"reductions": reductions, "mirrored": mirrored, "closures": closures}
    if part == "start":
        members.report(first_step(tf, quick))
    elif part in parts:
        members.report(parts[part](tf, quick))
    else:
        members.report(steps(tf, part, quick))


if __name__ == "__main__":
    main()
