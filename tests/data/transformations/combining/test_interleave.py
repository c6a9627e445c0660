"""`interleave` with threads: the order is that without them, and none of them is left behind."""

import gc
import threading
import time

import pytest

import tidefall as tf
from tests.data.values import encode
from tidefall.data.transformations.combining import interleave_slots

D = tf.data.Dataset


@pytest.fixture
def threads_at_once(monkeypatch):
    """Threads start with the second element, however quick reading is."""
    monkeypatch.setattr(interleave_slots.Reads, "add", lambda self, seconds: True)


def lengths(*counts):
    table = tf.constant(counts, tf.int64)
    return D.range(len(counts)), lambda i: D.range(100 * i, 100 * i + table[i])


def failing(x):
    """0, 1, 2, of which those fail that make 4 or more together with x."""

    def checked(y):
        with tf.control_dependencies([tf.debugging.assert_less(x + y, tf.constant(4, tf.int64))]):
            return y + 10 * x

    return D.range(3).map(checked)


PIPELINES = {
    "uneven": lambda **n: _interleave(lengths(3, 0, 5, 1, 2), 2, 1, **n),
    "blocks": lambda **n: _interleave(lengths(3, 4, 5, 1, 2), 3, 2, **n),
    "wide": lambda **n: _interleave(lengths(2, 2), 7, 1, **n),
    "none": lambda **n: _interleave(lengths(0, 0, 0), 2, 1, **n),
    "errors": lambda **n: D.range(4).interleave(failing, 2, 1, **n).ignore_errors(),
    "long": lambda **n: _interleave(lengths(50, 40, 60), 3, 1, **n),
    "shuffled": lambda **n: D.range(3).interleave(lambda i: D.range(6).shuffle(3, i), 2, 1, **n),
    "batched": lambda **n: _interleave(lengths(5, 5, 5, 5), 4, 1, **n).batch(3),
    "prefetched": lambda **n: D.range(4).prefetch(2).interleave(lambda i: D.range(i), 2, 1, **n),
}


def _interleave(source_and_function, cycle, block, **options):
    source, function = source_and_function
    return source.interleave(function, cycle, block, **options)


def elements(dataset):
    return [encode(element) for element in dataset]


@pytest.mark.parametrize("name", PIPELINES)
def test_order_is_that_without_threads(name, threads_at_once):
    build = PIPELINES[name]
    tf.random.set_seed(1)
    expected = elements(build())
    tf.random.set_seed(1)
    assert elements(build(num_parallel_calls=2)) == expected


@pytest.mark.parametrize("name", PIPELINES)
def test_goes_on_where_it_was_saved(name, threads_at_once):
    build = PIPELINES[name]
    tf.random.set_seed(1)
    dataset = build(num_parallel_calls=2)
    expected = elements(dataset)
    for stop in range(0, len(expected) + 1, 3):
        tf.random.set_seed(1)
        iterator = iter(build(num_parallel_calls=2))
        for _ in range(stop):
            next(iterator)
        state = iterator._resource.save()
        other = iter(build(num_parallel_calls=2))
        next(other, None)
        other._resource.restore(state)
        assert elements(other) == expected[stop:]
        assert elements(iterator) == expected[stop:]


def test_any_order_has_the_same_elements(threads_at_once):
    source, function = lengths(30, 5, 17, 9)
    dataset = source.interleave(function, 3, num_parallel_calls=3, deterministic=False)
    expected = sorted(int(x) for x in source.flat_map(function))
    assert sorted(int(x) for x in dataset) == expected


def test_reads_several_datasets_at_a_time():
    together = threading.Barrier(2, timeout=20)

    def wait(number):
        if number > 4:
            together.wait()  # breaks unless two threads get here
        else:
            time.sleep(0.002)
        return number

    def slow(i):
        numbers = D.range(8)
        return numbers.map(lambda j: tf.py_function(wait, [j], tf.int64))

    dataset = D.range(2).interleave(slow, 2, num_parallel_calls=2)
    assert [int(x) for x in dataset] == [i for i in range(8) for _ in range(2)][:10] + [
        i for i in range(5, 8) for _ in range(2)
    ]


def test_no_thread_is_left(threads_at_once):
    def count():
        return sum(thread.name == "tidefall-data" for thread in threading.enumerate())

    gc.collect()
    before = count()
    source, function = lengths(500, 500, 500)
    iterator = iter(source.interleave(function, 3, num_parallel_calls=3))
    for _ in range(20):
        next(iterator)
    assert count() == before + 3
    del iterator
    gc.collect()
    deadline = time.monotonic() + 10
    while count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert count() == before


def test_many_datasets_need_no_more_threads(threads_at_once):
    source = D.range(300)
    iterator = iter(source.interleave(D.range, 300, num_parallel_calls=2))
    for _ in range(400):
        next(iterator)
    assert sum(thread.name == "tidefall-data" for thread in threading.enumerate()) <= 2
