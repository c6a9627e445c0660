"""Prefetching: made ahead, in order, errors in their place, and no thread left behind."""

import gc
import threading
import time

import pytest

import tidefall as tf
from tidefall.data.engine import prefetch_buffer

Dataset = tf.data.Dataset
SPEC = tf.TensorSpec([], tf.int32)


def threads():
    return [t for t in threading.enumerate() if t.name == "tidefall-data"]


def wait_until(condition):
    for _ in range(500):
        if condition():
            return True
        time.sleep(0.01)
    return False


@pytest.fixture(autouse=True)
def no_threads_left():
    gc.collect()
    assert wait_until(lambda: not threads())
    yield
    gc.collect()
    assert wait_until(lambda: not threads())


class Source:
    """Counts what it was asked for."""

    def __init__(self, count, fails_at=None):
        self.made = 0
        self.count = count
        self.fails_at = fails_at

    def __call__(self):
        for i in range(self.count):
            self.made += 1
            if i == self.fails_at:
                raise ValueError("element 2 is broken")
            yield i


def dataset(source):
    return Dataset.from_generator(source, output_signature=SPEC)


@pytest.mark.parametrize("size", [1, 3])
def test_as_many_elements_are_made_ahead_as_were_asked_for(size):
    source = Source(100)
    iterator = iter(dataset(source).prefetch(size))
    assert source.made == 0, "nothing is made before the first element is asked for"
    next(iterator)
    assert wait_until(lambda: source.made == 1 + size)
    time.sleep(0.05)
    assert source.made == 1 + size
    next(iterator)
    assert wait_until(lambda: source.made == 2 + size)


def test_thread_ends_with_the_elements():
    iterator = iter(Dataset.range(3).prefetch(2))
    assert [int(x) for x in iterator] == [0, 1, 2]
    assert wait_until(lambda: not threads())
    with pytest.raises(StopIteration):
        next(iterator)


def test_thread_ends_with_the_iterator():
    iterator = iter(Dataset.range(100).repeat().prefetch(2).map(lambda x: x).prefetch(1))
    next(iterator)
    assert len(threads()) == 2
    del iterator
    gc.collect()
    assert wait_until(lambda: not threads())


def test_loop_that_is_left_early_leaves_no_thread():
    for x in Dataset.range(1000).prefetch(tf.data.AUTOTUNE):
        if int(x) == 3:
            break
    del x
    gc.collect()
    assert wait_until(lambda: not threads())


def test_errors_come_in_their_place():
    checked = Dataset.from_tensor_slices([1.0, 0.0, 2.0]).map(
        lambda x: tf.debugging.check_numerics(1 / x, "inverse")
    )
    iterator = iter(checked.prefetch(5))
    assert float(next(iterator)) == 1.0
    with pytest.raises(tf.errors.InvalidArgumentError, match="inverse"):
        next(iterator)
    assert float(next(iterator)) == 0.5
    with pytest.raises(StopIteration):
        next(iterator)


def test_generator_that_fails_ends_after_its_error():
    iterator = iter(dataset(Source(5, fails_at=2)).prefetch(2))
    assert [int(next(iterator)) for _ in range(2)] == [0, 1]
    with pytest.raises(tf.errors.InvalidArgumentError, match="element 2 is broken"):
        next(iterator)
    with pytest.raises(StopIteration):
        next(iterator)


def test_many_epochs_leave_nothing():
    pipeline = Dataset.range(4).prefetch(1).repeat(2).prefetch(2)
    for _ in range(20):
        assert [int(x) for x in pipeline] == [0, 1, 2, 3] * 2


def test_iterator_used_by_several_threads_gives_each_element_once():
    iterator = iter(Dataset.range(400).prefetch(2))
    seen = []

    def consume():
        for x in iterator:
            seen.append(int(x))

    workers = [threading.Thread(target=consume) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(seen) == list(range(400))


def test_iterator_that_is_left_in_a_later_epoch_leaves_no_thread():
    iterator = iter(Dataset.range(10).prefetch(2).repeat())
    for _ in range(25):
        next(iterator)
    del iterator
    gc.collect()
    assert wait_until(lambda: not threads())


def test_iterator_is_saved_while_its_buffer_is_full():
    dataset = Dataset.range(50).filter(lambda x: tf.random.uniform([]) < 2.0).shuffle(4, seed=1)
    iterator = iter(dataset.prefetch(2).map(tf.strings.as_string, 3).batch(2))
    next(iterator)
    time.sleep(0.05)
    state = iterator._resource.to_bytes()
    rest = [x.numpy().tolist() for x in iterator]
    iterator._resource.from_bytes(state)
    assert [x.numpy().tolist() for x in iterator] == rest


AUTOTUNE = tf.data.AUTOTUNE


def once(seconds):
    """A pipeline whose number of elements is not known, each of which takes some time."""

    def work(value):
        time.sleep(seconds)
        return value

    def made(x):
        return tf.ensure_shape(tf.numpy_function(work, [x], tf.int64), [])

    return Dataset.range(3).filter(lambda x: x >= 0).map(made)


def test_one_quick_element_takes_no_thread(monkeypatch):
    monkeypatch.setattr(prefetch_buffer, "_LONG", 600.0)  # whatever else this machine does
    pipeline = Dataset.range(9).filter(lambda x: x > 2).map(lambda x: x * 2, AUTOTUNE)
    iterator = iter(pipeline.prefetch(AUTOTUNE))
    assert int(next(iterator)) == 6
    assert not threads()
    assert int(next(iterator)) == 8
    assert threads()
    assert [int(x) for x in iterator] == [10, 12, 14, 16]


def test_after_a_slow_element_the_next_ones_are_made_ahead():
    iterator = iter(once(0.02).prefetch(AUTOTUNE))
    assert int(next(iterator)) == 0
    assert threads()
    assert [int(x) for x in iterator] == [1, 2]


def test_first_element_that_fails():
    numbers = Dataset.range(4).filter(lambda x: x >= 0)
    checked = numbers.map(lambda x: tf.debugging.check_numerics(1 / x, "inverse"), AUTOTUNE)
    iterator = iter(checked.prefetch(AUTOTUNE))
    with pytest.raises(tf.errors.InvalidArgumentError, match="element 0: int64"):
        next(iterator)
    assert [float(x) for x in iterator] == [1.0, 0.5, 1 / 3]


def test_no_element_at_all():
    iterator = iter(
        Dataset.range(4).filter(lambda x: x > 9).map(lambda x: x, AUTOTUNE).prefetch(-1)
    )
    for _ in range(3):
        with pytest.raises(StopIteration):
            next(iterator)


@pytest.mark.parametrize("vectorised", [True, False])
@pytest.mark.parametrize("taken", [0, 1, 2, 3])
def test_state_around_the_first_element(taken, vectorised):
    def function(x):
        return x * 2 if vectorised else tf.reduce_sum(tf.cast(x, tf.float32) * 0.1)

    numbers = Dataset.range(2).flat_map(lambda x: Dataset.range(3))
    pipeline = numbers.map(function, AUTOTUNE).prefetch(AUTOTUNE)
    iterator = iter(pipeline)
    seen = [float(next(iterator)) for _ in range(taken)]
    state = iterator._resource.to_bytes()
    rest = [float(x) for x in iterator]
    assert seen + rest == [float(x) for x in pipeline]
    other = iter(pipeline)
    other._resource.from_bytes(state)
    assert [float(x) for x in other] == rest
