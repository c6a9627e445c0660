"""Functions are scheduled, run once, and their values and errors come back."""

import gc
import threading
import time
import weakref

import numpy as np
import pytest

import tidefall as tf
from tests.distribute.coordinator.local_tasks import LocalTask, LocalWorker
from tidefall.distribute.coordinator.closure import make_closure
from tidefall.distribute.coordinator.closure_queue import ClosureQueue
from tidefall.distribute.coordinator.cluster import Cluster
from tidefall.distribute.coordinator.per_worker_dataset import per_worker_dataset


@pytest.fixture
def workers():
    return [LocalWorker(0), LocalWorker(1)]


@pytest.fixture
def cluster(workers):
    made = Cluster(workers, [])
    yield made
    made.stop()


@tf.function
def add(x, y=1.0):
    return x + y


@tf.function
def fail():
    tf.debugging.Assert(tf.random.uniform([]) > 2.0, ["as told"])
    return tf.constant(1)


@tf.function
def worker_index():
    return tf.distribute.coordinator.experimental_get_current_worker_index()


def test_values_come_back_in_the_functions_structure(cluster):
    @tf.function
    def structured(x):
        return {"a": x, "b": (x + 1.0, tf.ragged.constant([[1], [2, 3]])), "c": None}

    value = cluster.schedule(structured, (tf.constant(2.0),), None)
    found = value.get()
    assert isinstance(found["a"], tf.Tensor) and found["c"] is None
    assert found["b"][1].to_list() == [[1], [2, 3]]
    assert value.fetch()["b"][0] == np.float32(3.0)
    assert isinstance(value.fetch()["a"], np.float32)


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((tf.constant(1.0), tf.constant(2.0)), None),
        ((tf.constant(1.0),), {"y": tf.constant(2.0)}),
        ((np.float32(1.0), np.float32(2.0)), {}),
        ((tf.constant(1.0), 2.0), None),
        ([tf.constant(1.0)], {"y": 2.0}),
    ],
)
def test_arguments_are_those_of_a_call(cluster, args, kwargs):
    assert cluster.schedule(add, args, kwargs).fetch() == 3.0


def test_a_concrete_function_is_run_as_it_is(cluster):
    concrete = add.get_concrete_function(tf.TensorSpec([None]), tf.TensorSpec([None]))
    value = cluster.schedule(concrete, ([1.0], tf.constant([2.0])), None)
    assert value.fetch().tolist() == [3.0]


def test_functions_are_traced_once(cluster):
    traced = []

    @tf.function
    def step(x):
        traced.append(x)
        return x * 2

    values = [cluster.schedule(step, (tf.constant(i),), None) for i in range(20)]
    assert [value.fetch() for value in values] == [2 * i for i in range(20)]
    assert len(traced) == 1


def test_each_is_run_once_by_whoever_is_free(cluster, workers):
    count = tf.Variable(0)

    @tf.function
    def step():
        count.assign_add(1)

    workers[0].seconds = workers[1].seconds = 0.002
    for _ in range(50):
        cluster.schedule(step, None, None)
    cluster.join()
    assert cluster.done()
    assert count.numpy() == 50
    assert workers[0].ran + workers[1].ran == 50
    assert min(workers[0].ran, workers[1].ran) > 5


def test_a_function_knows_its_worker(cluster, workers):
    workers[0].seconds = workers[1].seconds = 0.01
    values = [cluster.schedule(worker_index, None, None) for _ in range(10)]
    assert {int(value.fetch()) for value in values} == {0, 1}


@pytest.mark.parametrize(
    ("fn", "args", "error", "message"),
    [
        (lambda: 1, None, TypeError, "only accepts a `tf.function` or a concrete function"),
        (None, None, TypeError, "only accepts a `tf.function`"),
        (add, (1, 2, 3), TypeError, "too many positional arguments"),
    ],
)
def test_what_cannot_be_scheduled_is_refused_at_once(cluster, fn, args, error, message):
    with pytest.raises(error, match=message):
        cluster.schedule(fn, args, None)
    assert cluster.done()


def test_values_of_functions_are_no_arguments(cluster):
    value = cluster.schedule(add, (tf.constant(1.0),), None)
    with pytest.raises(ValueError, match=r"RemoteValue.* used as an input to scheduled function"):
        cluster.schedule(add, ([value],), None)


# ---- errors ----


@pytest.mark.parametrize("wait", ["join", "done", "schedule"])
def test_an_error_is_raised_once_and_cancels_what_waits(workers, wait):
    workers = workers[:1]
    cluster = Cluster(workers, [])
    workers[0].freeze()
    before = cluster.schedule(add, (tf.constant(1.0),), None)
    failed = cluster.schedule(fail, None, None)
    after = [cluster.schedule(add, (tf.constant(1.0),), None) for _ in range(3)]
    workers[0].thaw()
    with pytest.raises(tf.errors.InvalidArgumentError, match="as told"):
        failed.fetch()
    args = (add, (tf.constant(1.0),), None) if wait == "schedule" else ()
    with pytest.raises(tf.errors.InvalidArgumentError, match="as told"):
        getattr(cluster, wait)(*args)
    assert before.fetch() == 2.0
    for value in after:
        with pytest.raises(tf.errors.CancelledError, match="Please reschedule the function"):
            value.get()

    again = cluster.schedule(add, (tf.constant(2.0),), None)
    cluster.join()
    assert again.fetch() == 3.0 and cluster.done()
    cluster.stop()


def test_an_error_is_raised_when_nothing_runs_any_more(cluster, workers):
    workers[0].seconds = workers[1].seconds = 0.2
    slow = cluster.schedule(add, (tf.constant(1.0),), None)
    while not any(worker.began.is_set() for worker in workers):
        time.sleep(0.001)
    workers[0].seconds = workers[1].seconds = 0.0
    cluster.schedule(fail, None, None)
    with pytest.raises(tf.errors.InvalidArgumentError):
        cluster.join()
    assert workers[0].ran + workers[1].ran >= 1
    assert slow.fetch() == 2.0


def test_what_a_worker_sends_amiss_is_an_error(cluster, workers):
    workers[0].run = workers[1].run = lambda function, inputs: [1.0, 2.0, 3.0]
    value = cluster.schedule(add, (tf.constant(1.0),), None)
    with pytest.raises(ValueError, match="zip"):
        cluster.join()
    with pytest.raises(ValueError, match="zip"):
        value.fetch()


def test_a_full_queue_makes_schedule_wait():
    queue = ClosureQueue(capacity=2)
    closures = [make_closure(add, (tf.constant(1.0),), None)[0] for _ in range(3)]
    queue.put(closures[0])
    queue.put(closures[1])
    third = threading.Thread(target=queue.put, args=(closures[2],), daemon=True)
    third.start()
    third.join(0.05)
    assert third.is_alive()
    assert queue.get() is closures[0]
    third.join(5)
    assert not third.is_alive()
    assert queue.get() is closures[1]
    queue.put_back(closures[1])
    assert queue.get() is closures[1]
    assert queue.get() is closures[2]


# ---- datasets ----


@tf.function
def take(iterator):
    return next(iterator)


def test_each_worker_has_a_dataset_of_its_own(cluster, workers):
    @tf.function
    def numbers():
        index = tf.distribute.coordinator.experimental_get_current_worker_index()
        return tf.data.Dataset.range(100).shard(2, index)

    dataset = per_worker_dataset(numbers, cluster)
    assert dataset.element_spec == tf.TensorSpec([], tf.int64)
    iterator = iter(dataset)
    workers[0].seconds = workers[1].seconds = 0.005
    values = [cluster.schedule(take, (iterator,), None) for _ in range(20)]
    found = sorted(int(value.fetch()) for value in values)
    even, odd = [n for n in found if n % 2 == 0], [n for n in found if n % 2]
    assert even == [2 * i for i in range(len(even))] and even
    assert odd == [2 * i + 1 for i in range(len(odd))] and odd


def test_a_dataset_is_whole_on_each_worker(cluster, workers):
    iterator = iter(per_worker_dataset(tf.data.Dataset.range(3), cluster))
    workers[0].seconds = workers[1].seconds = 0.01
    values = [cluster.schedule(take, (iterator,), None) for _ in range(4)]
    assert {int(value.fetch()) for value in values} <= {0, 1, 2}


def test_a_distributed_dataset_gives_its_batches(cluster):
    strategy = tf.distribute.OneDeviceStrategy("/cpu:0")

    def batches():
        return strategy.distribute_datasets_from_function(
            lambda context: tf.data.Dataset.range(8).batch(4)
        )

    for given in (batches, batches()):
        iterator = iter(per_worker_dataset(given, cluster))
        value = cluster.schedule(take, (iterator,), None)
        assert value.fetch().tolist() == [0, 1, 2, 3]


def test_a_dataset_function_is_traced_when_given(cluster):
    def wrong():
        raise KeyError("as told")

    with pytest.raises(KeyError, match="as told"):
        per_worker_dataset(wrong, cluster)
    with pytest.raises(ValueError, match="must return a dataset"):
        per_worker_dataset(lambda: tf.constant(1), cluster)
    with pytest.raises(ValueError, match="Unexpected dataset type"):
        per_worker_dataset([1, 2], cluster)

    def with_variable():
        return tf.data.Dataset.range(int(tf.Variable(3).shape.rank))

    with pytest.raises(ValueError, match="Creating variables in `dataset_fn` is not allowed"):
        per_worker_dataset(with_variable, cluster)


def test_iterators_of_all_workers_have_no_next(cluster):
    dataset = per_worker_dataset(tf.data.Dataset.range(3), cluster)
    with pytest.raises(NotImplementedError, match="not supported right now"):
        next(iter(dataset))
    with pytest.raises(RuntimeError, match=r"not supported inside of tf\.function"):
        tf.function(lambda: iter(dataset) and tf.constant(1)).get_concrete_function()


def test_the_end_of_a_dataset_is_an_error_of_the_function(cluster):
    iterator = iter(per_worker_dataset(tf.data.Dataset.range(1), cluster))
    for _ in range(3):
        cluster.schedule(take, (iterator,), None)
    with pytest.raises(tf.errors.OutOfRangeError):
        cluster.join()


def test_what_a_dataset_raises_is_raised_by_join(cluster):
    @tf.function
    def wrong():
        tf.debugging.Assert(tf.random.uniform([]) > 2.0, ["as told"])
        return tf.data.Dataset.range(3)

    iterator = iter(per_worker_dataset(wrong, cluster))
    cluster.schedule(take, (iterator,), None)
    with pytest.raises(tf.errors.InvalidArgumentError, match="as told"):
        cluster.join()


def test_per_worker_values_hold_remote_values_only():
    with pytest.raises(AssertionError, match="should only take `RemoteValue`s"):
        tf.distribute.coordinator.PerWorkerValue([1])


def test_per_worker_values_of_functions_are_no_arguments(cluster):
    values = tf.distribute.coordinator.PerWorkerValue(
        [cluster.schedule(add, (tf.constant(1.0),), None) for _ in range(2)]
    )
    with pytest.raises(ValueError, match="cannot be the input of another one"):
        cluster.schedule(add, (values,), None)


def test_a_worker_index_is_for_functions_of_workers():
    with pytest.raises(RuntimeError, match="Cannot retrieve the worker index"):
        tf.distribute.coordinator.experimental_get_current_worker_index()
    with pytest.raises(RuntimeError, match="Cannot retrieve the worker index"):
        worker_index()


# ---- the end ----


def test_threads_end_with_the_cluster():
    before = set(threading.enumerate())
    cluster = Cluster([LocalWorker(0)], [LocalTask("/job:ps/replica:0/task:0")])
    value = cluster.schedule(add, (tf.constant(1.0),), None)
    assert value.fetch() == 2.0
    cluster.stop()
    until = time.monotonic() + 5
    while set(threading.enumerate()) > before:
        assert time.monotonic() < until
        time.sleep(0.02)


def test_what_was_run_is_let_go(cluster):
    x = tf.constant(5.0)
    gone = weakref.ref(x)
    value = cluster.schedule(tf.function(lambda y: y + 1.0), (x,), None)
    cluster.join()
    del x, value
    gc.collect()
    assert gone() is None
