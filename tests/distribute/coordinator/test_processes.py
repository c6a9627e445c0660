"""Training on worker processes that are killed, frozen and started again midway."""

import signal
import time

import numpy as np
import pytest

import tidefall as tf
from tests.distribute.coordinator.process_tasks import ProcessWorker
from tidefall.distribute.coordinator.cluster import Cluster
from tidefall.distribute.coordinator.per_worker_dataset import per_worker_dataset
from tidefall.distribute.launch.processes import free_addresses

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def workers():
    ports = [int(address.rpartition(":")[2]) for address in free_addresses(2)]
    made = [ProcessWorker(i, port) for i, port in enumerate(ports)]
    for worker in made:
        worker.wait()
    yield made
    for worker in made:
        worker.kill()


@pytest.fixture
def cluster(workers):
    made = Cluster(workers, [])
    yield made
    made.stop()


@tf.function
def gradient_of(iterator, weight):
    x, y = next(iterator)
    with tf.GradientTape() as tape:
        tape.watch(weight)
        loss = tf.reduce_mean((tf.linalg.matvec(x, weight) - y) ** 2)
    return loss, tape.gradient(loss, weight)


class Training:
    """Each step is a gradient of the weights at its time, which are here."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.weight = np.zeros(3, np.float32)
        self.losses = []
        x = np.random.default_rng(1).normal(size=(64, 3)).astype(np.float32)
        y = x @ np.array([1.0, 2.0, 3.0], np.float32)
        names = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer([0], [1.0]), 1.0)

        @tf.function
        def data():
            batches = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(64).repeat().batch(16)
            return batches.map(lambda x, y: (x, y * names[0]))

        self.iterator = iter(per_worker_dataset(data, cluster))

    def schedule(self, count):
        return [
            self.cluster.schedule(gradient_of, (self.iterator, self.weight), None)
            for _ in range(count)
        ]

    def epoch(self, between=lambda: None):
        values = self.schedule(20)
        between()
        values += self.schedule(20)
        self.cluster.join()
        for value in values:
            loss, gradient = value.fetch()
            self.weight = self.weight - 0.01 * gradient
            self.losses.append(loss)


@pytest.mark.parametrize("how", ["killed", "frozen"])
def test_training_goes_on_while_a_worker_is_away(cluster, workers, how, caplog):
    training = Training(cluster)
    lost = workers[0]
    training.epoch()
    if how == "killed":
        training.epoch(between=lost.kill)
        lost.start()
        lost.wait()
    else:
        training.epoch(between=lambda: lost.signal(signal.SIGSTOP))
        lost.signal(signal.SIGCONT)
    for _ in range(4):
        training.epoch()
    assert len(training.losses) == 6 * 40
    assert training.losses[-1] < 0.01 * training.losses[0]
    np.testing.assert_allclose(training.weight, [1, 2, 3], atol=0.1)
    assert f"{lost.name} is lost" in caplog.text
    until = time.monotonic() + 10
    while f"{lost.name} is back" not in caplog.text:
        assert time.monotonic() < until
        time.sleep(0.02)


def test_an_error_there_is_raised_here(cluster):
    @tf.function
    def step(x):
        return tf.debugging.check_numerics(x, "as told")

    value = cluster.schedule(step, (tf.constant(np.nan),), None)
    with pytest.raises(tf.errors.InvalidArgumentError, match="as told"):
        cluster.join()
    with pytest.raises(tf.errors.InvalidArgumentError, match="as told"):
        value.fetch()


def test_texts_and_composites_come_back(cluster):
    @tf.function
    def step(texts):
        return tf.strings.split(texts), tf.strings.length(texts)

    parts, lengths = cluster.schedule(step, (tf.constant(["a b", "c"]),), None).get()
    assert parts.to_list() == [[b"a", b"b"], [b"c"]]
    assert lengths.numpy().tolist() == [3, 1]
