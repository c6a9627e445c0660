"""`ClusterCoordinator`, of a strategy whose cluster is in this process."""

import gc
import subprocess
import sys
import time
import weakref
from types import SimpleNamespace

import pytest

import tidefall as tf
from tests.distribute.coordinator.local_tasks import LocalTask, LocalWorker

ClusterCoordinator = tf.distribute.coordinator.ClusterCoordinator


class LocalStrategy(tf.distribute.OneDeviceStrategy):
    """One replica on each worker; the cluster is in this process."""

    _is_parameter_server_strategy_v2 = True

    def __init__(self):
        super().__init__("/cpu:0")
        self._cluster_coordinator = None


@pytest.fixture
def cluster(monkeypatch):
    servers = [LocalTask("/job:ps/replica:0/task:0")]
    workers = [LocalWorker(i, servers) for i in range(2)]
    tasks = SimpleNamespace(worker_tasks=lambda: workers, ps_tasks=lambda: servers)
    monkeypatch.setitem(sys.modules, "tidefall.distribute.cluster.tasks", tasks)
    return tasks


def test_training_as_the_guide_does_it(cluster):
    strategy = LocalStrategy()
    coordinator = ClusterCoordinator(strategy)
    with strategy.scope():
        weight = tf.Variable(0.0)
        loss_of_epoch = tf.keras.metrics.Mean()

    @tf.function
    def step(iterator):
        def replica(x, y):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((weight * x - y) ** 2)
            weight.assign_sub(0.02 * tape.gradient(loss, weight))
            loss_of_epoch.update_state(loss)
            return loss

        losses = strategy.run(replica, args=next(iterator))
        return strategy.reduce("sum", losses, axis=None)

    @tf.function
    def dataset_of_worker():
        def dataset(context):
            x = tf.range(8, dtype=tf.float32)
            return tf.data.Dataset.from_tensor_slices((x, 3 * x)).shuffle(8).repeat().batch(4)

        return strategy.distribute_datasets_from_function(dataset)

    dataset = coordinator.create_per_worker_dataset(dataset_of_worker)
    iterator = iter(dataset)
    losses = []
    for _ in range(4):
        loss_of_epoch.reset_state()
        values = [coordinator.schedule(step, args=(iterator,)) for _ in range(10)]
        coordinator.join()
        losses.append(float(loss_of_epoch.result()))
        assert coordinator.done()
    assert losses[-1] < 0.01 * losses[0]
    assert abs(float(weight) - 3.0) < 0.1
    fetched = coordinator.fetch({"last": values[-1], "count": 10})
    assert fetched["count"] == 10 and fetched["last"] < losses[0]


def test_a_strategy_has_one_coordinator(cluster):
    strategy = LocalStrategy()
    coordinator = ClusterCoordinator(strategy)
    assert ClusterCoordinator(strategy=strategy) is coordinator
    assert coordinator.strategy is strategy
    assert ClusterCoordinator(LocalStrategy()) is not coordinator


@pytest.mark.parametrize("strategy", [tf.distribute.OneDeviceStrategy("/cpu:0"), None])
def test_another_strategy_is_refused(strategy):
    with pytest.raises(ValueError, match="ParameterServerStrategy` is supported to work with"):
        ClusterCoordinator(strategy)


def test_a_lost_server_is_told_when_the_coordinator_is_made(cluster):
    cluster.ps_tasks()[0].kill()
    strategy = LocalStrategy()
    with pytest.raises(tf.errors.UnavailableError, match="/job:ps"):
        ClusterCoordinator(strategy)
    cluster.ps_tasks()[0].restart()
    assert ClusterCoordinator(strategy).done()


def test_functions_are_traced_in_the_scope(cluster):
    strategy = LocalStrategy()
    coordinator = ClusterCoordinator(strategy)
    made = []

    @tf.function
    def step():
        assert tf.distribute.get_strategy() is strategy
        assert tf.distribute.in_cross_replica_context()
        if not made:
            made.append(tf.Variable(1.0))
        return made[0] + 1.0

    assert coordinator.schedule(step).fetch() == 2.0
    with strategy.scope():
        assert coordinator.schedule(step).fetch() == 2.0


def test_names_are_those_of_tensorflow():
    new, old = tf.distribute.coordinator, tf.distribute.experimental.coordinator
    assert new.ClusterCoordinator is old.ClusterCoordinator
    assert new.PerWorkerValue is old.PerWorkerValues
    assert new.RemoteValue is old.RemoteValue


def test_a_coordinator_that_nobody_holds_is_let_go(cluster):
    strategy = LocalStrategy()
    coordinator = ClusterCoordinator(strategy)
    value = coordinator.schedule(tf.function(lambda: tf.constant(1)))
    assert value.fetch() == 1
    gone = weakref.ref(coordinator)
    del strategy, coordinator
    gc.collect()
    assert gone() is None
    assert value.fetch() == 1


SCRIPT = """
import sys, time
from types import SimpleNamespace
import tidefall as tf
from tests.distribute.coordinator.local_tasks import LocalWorker
from tests.distribute.coordinator.test_cluster_coordinator import LocalStrategy
workers = [LocalWorker(0), LocalWorker(1)]
workers[0].freeze()
workers[1].kill()
sys.modules["tidefall.distribute.cluster.tasks"] = SimpleNamespace(
    worker_tasks=lambda: workers, ps_tasks=lambda: []
)
coordinator = tf.distribute.coordinator.ClusterCoordinator(LocalStrategy())
for _ in range(4):
    coordinator.schedule(tf.function(lambda: tf.constant(1)))
print("end", flush=True)
"""


@pytest.mark.process
def test_a_script_ends_by_itself():
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "end\n" and done.returncode == 0, done.stderr
    assert time.monotonic() - started < 30
