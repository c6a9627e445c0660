"""Iterations that end otherwise than at the end leave no thread, no open generator, and no hang."""

import gc
import os
import queue
import subprocess
import sys
import textwrap
import threading
import time

import pytest

import tidefall as tf
from tidefall.data.engine.workers import NAME

Dataset = tf.data.Dataset


def threads():
    return [t for t in threading.enumerate() if t.name == NAME]


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


class Generators:
    """Endless generators, of which it is known how many are open."""

    def __init__(self):
        self.open = self.begun = 0

    def __call__(self):
        self.open += 1
        self.begun += 1
        try:
            i = 0
            while True:
                yield i
                i += 1
        finally:
            self.open -= 1

    def dataset(self):
        return Dataset.from_generator(self, output_types=tf.int32)


def python(x):
    return tf.numpy_function(lambda v: v, [x], tf.int32)


def slow(x):
    return tf.numpy_function(lambda v: (time.sleep(0.001), v)[1], [x], tf.int32)


PIPELINES = {
    "plain": lambda d: d,
    "prefetch": lambda d: d.prefetch(3),
    "twice": lambda d: d.prefetch(2).prefetch(2),
    "parallel": lambda d: d.map(python, num_parallel_calls=3),
    "unordered": lambda d: d.map(python, num_parallel_calls=3, deterministic=False),
    "tuned": lambda d: d.map(python, num_parallel_calls=tf.data.AUTOTUNE).prefetch(-1),
    "batches": lambda d: d.map(python, num_parallel_calls=2).batch(2).prefetch(2),
    "interleaved": lambda d: Dataset.range(3).interleave(lambda _: d, cycle_length=2).prefetch(1),
    "lanes": lambda d: Dataset.range(3).interleave(
        lambda _: d.map(slow), cycle_length=2, num_parallel_calls=2
    ),
    "flat": lambda d: Dataset.range(3).flat_map(lambda _: d.prefetch(1)),
    "shuffled": lambda d: d.shuffle(10).prefetch(1),
    "zipped": lambda d: Dataset.zip(d, d.prefetch(1)),
    "concatenated": lambda d: d.concatenate(d),
    "cached": lambda d: d.cache(),
    "repeated": lambda d: d.take(2).repeat().prefetch(1),
    "windows": lambda d: d.window(2).flat_map(lambda w: w),
    "filtered": lambda d: d.filter(lambda x: x % 2 == 0),
}


@pytest.mark.parametrize("name", PIPELINES)
def test_loop_that_is_left_closes_its_generators(name):
    generators = Generators()
    for i, _ in enumerate(PIPELINES[name](generators.dataset())):
        if i == 20:
            break
    gc.collect()
    assert generators.begun
    assert wait_until(lambda: not generators.open)


def test_exception_in_the_loop():
    generators = Generators()

    def loop():
        for _ in generators.dataset().prefetch(2):
            raise KeyError

    with pytest.raises(KeyError):
        loop()
    gc.collect()
    assert wait_until(lambda: not generators.open)


def test_loop_in_a_function_that_is_left():
    generators = Generators()

    @tf.function
    def first_large(dataset):
        for x in dataset:
            if x > 3:
                return x
        return -1

    assert int(first_large(generators.dataset().prefetch(2))) == 4
    gc.collect()
    assert wait_until(lambda: not generators.open)


def test_generator_that_blocks_does_not_hold_up_the_program():
    waiting = queue.Queue()

    def blocks():
        yield 1
        waiting.get()
        yield 2

    iterator = iter(Dataset.from_generator(blocks, output_types=tf.int32).prefetch(2).prefetch(1))
    assert int(next(iterator)) == 1
    del iterator
    gc.collect()
    waiting.put(None)


@pytest.mark.parametrize("deterministic", [True, False])
def test_function_that_fails_in_one_of_several_threads(deterministic):
    def fails_at_five(v):
        if v == 5:
            raise ValueError("five")
        return v

    def function(x):
        return tf.numpy_function(fails_at_five, [x], tf.int64)

    dataset = Dataset.range(20).map(function, num_parallel_calls=4, deterministic=deterministic)
    iterator, found, errors = iter(dataset), [], 0
    while True:
        try:
            found.append(int(next(iterator)))
        except StopIteration:
            break
        except tf.errors.InvalidArgumentError as error:
            errors += ", element 5: " in error.message
    assert errors == 1
    assert sorted(found) == [x for x in range(20) if x != 5]


@pytest.mark.parametrize("calls", [1, 4])
def test_an_error_keeps_no_thread(calls):
    def fails(v):
        raise ValueError

    function = lambda x: tf.numpy_function(fails, [x], tf.int32)  # noqa: E731
    iterator = iter(Generators().dataset().map(function, num_parallel_calls=calls))
    for _ in range(3):
        with pytest.raises(tf.errors.InvalidArgumentError):
            next(iterator)
    del iterator
    gc.collect()
    assert wait_until(lambda: not threads())


def test_an_error_nobody_took_keeps_no_thread():
    def fails(v):
        if v > 2:
            raise ValueError
        return v

    dataset = Dataset.range(9).map(
        lambda x: tf.numpy_function(fails, [x], tf.int64), num_parallel_calls=2
    )
    gc.collect()
    gc.disable()
    try:
        iterator = iter(dataset.prefetch(4))
        next(iterator)
        time.sleep(0.05)
        del iterator
        assert wait_until(lambda: not threads())
    finally:
        gc.enable()


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="there is no such list here")
@pytest.mark.parametrize("ahead", [False, True])
def test_files_are_closed(ahead, tmp_path):
    names = []
    for i in range(3):
        names.append(str(tmp_path / f"{i}"))
        with tf.io.TFRecordWriter(names[-1], "GZIP" if ahead else "") as writer:
            for j in range(20):
                writer.write(f"{i} {j}")
    compression = "GZIP" if ahead else ""
    records = Dataset.from_tensor_slices(names).interleave(
        lambda name: tf.data.TFRecordDataset(name, compression), cycle_length=3
    )
    dataset = records.prefetch(2) if ahead else records
    before = len(os.listdir("/proc/self/fd"))
    for taken in range(20):
        iterator = iter(dataset.map(tf.strings.length))
        for _ in range(taken):
            next(iterator)
        del iterator
    gc.collect()
    assert wait_until(lambda: len(os.listdir("/proc/self/fd")) <= before)


@pytest.mark.parametrize(
    "values, expected",
    [
        (["x", 1, 2], ["InvalidArgumentError", 1, 2, "end", "end"]),
        ([1, "x", 2], [1, "InvalidArgumentError", 2, "end", "end"]),
        ([1, [2, 3], 4], [1, "InvalidArgumentError", 4, "end", "end"]),
        ([1, 2, "x"], [1, 2, "InvalidArgumentError", "end", "end"]),
        ([ValueError(), 1], ["InvalidArgumentError", "end", "end", "end", "end"]),
        ([1, ValueError(), 1], [1, "InvalidArgumentError", "end", "end", "end"]),
        ([1, 2, KeyError()], [1, 2, "UnknownError", "end", "end"]),
        ([1, StopIteration()], [1, "UnknownError", "end", "end", "end"]),
        ([1, MemoryError()], [1, "ResourceExhaustedError", "end", "end", "end"]),
        ([1, NotImplementedError()], [1, "UnimplementedError", "end", "end", "end"]),
        ([1, RuntimeError()], [1, "UnknownError", "end", "end", "end"]),
        ([1, tf.errors.OutOfRangeError(None, None, "")], [1, "UnknownError", *["end"] * 3]),
    ],
)
@pytest.mark.parametrize("ahead", [False, True])
def test_generators_that_fail_at_first_between_and_at_last(values, expected, ahead):
    """The classes and what comes after them are TensorFlow's."""
    closed = []

    def generate():
        try:
            for value in values:
                if isinstance(value, Exception):
                    raise value
                yield value
        finally:
            closed.append(True)

    dataset = Dataset.from_generator(generate, output_signature=tf.TensorSpec([], tf.int32))
    iterator, found = iter(dataset.prefetch(2) if ahead else dataset), []
    for _ in range(5):
        try:
            found.append(int(next(iterator)))
        except StopIteration:
            found.append("end")
        except tf.errors.OpError as error:
            found.append(type(error).__name__)
    assert found == expected
    assert closed == [True]


PROGRAM = """
import os, queue, signal, sys, threading, time
import tidefall as tf

Dataset = tf.data.Dataset

def slow(x):
    return tf.numpy_function(lambda v: (time.sleep(0.01), v)[1], [x], tf.int64)

def blocks():
    yield 1
    threading.Event().wait()

endless = Dataset.range(10).repeat().map(slow, num_parallel_calls=3).prefetch(2)
lanes = Dataset.range(2).interleave(
    lambda _: Dataset.range(1000).map(slow), cycle_length=2, num_parallel_calls=2
)
blocked = Dataset.from_generator(blocks, output_types=tf.int32).prefetch(1)
"""

PROGRAMS = {
    "end while threads run": (
        """
        iterators = [iter(endless), iter(endless.batch(2).prefetch(5)), iter(blocked)]
        for iterator in iterators:
            next(iterator)
        lanes = iter(lanes)
        for _ in range(20):
            next(lanes)
        print("end")
        """,
        "end",
    ),
    "end inside of a loop": (
        """
        for x in endless:
            print(int(x))
            sys.exit()
        """,
        "0",
    ),
    "end by an error": (
        """
        sys.excepthook = lambda *error: print(error[0].__name__)
        for x in endless:
            raise KeyError
        """,
        "KeyError",
    ),
    "interrupt while waiting": (
        """
        iterator = iter(blocked)
        next(iterator)
        threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        try:
            next(iterator)
        except KeyboardInterrupt:
            print("interrupted")
        print([int(next(iter(endless)))])
        """,
        "interrupted [0]",
    ),
    "interrupt in the generator": (
        """
        def interrupted():
            yield 1
            raise KeyboardInterrupt

        for dataset in (lambda d: d, lambda d: d.prefetch(1)):
            iterator = iter(dataset(Dataset.from_generator(interrupted, output_types=tf.int32)))
            next(iterator)
            try:
                next(iterator)
            except KeyboardInterrupt:
                print("interrupted")
        """,
        "interrupted interrupted",
    ),
    "interrupt in a function": (
        """
        def interrupted(v):
            raise KeyboardInterrupt

        dataset = Dataset.range(3).map(lambda x: tf.numpy_function(interrupted, [x], tf.int64))
        try:
            next(iter(dataset))
        except KeyboardInterrupt:
            print("interrupted")
        """,
        "interrupted",
    ),
    "fork with lanes": (
        """
        iterator = iter(lanes)
        for _ in range(20):
            next(iterator)
        child = os.fork()
        if not child:
            try:
                next(iterator)
            except tf.errors.FailedPreconditionError:
                print("forked")
            print([int(x) for x in lanes.take(20)][-1])
            sys.exit()
        print(os.waitpid(child, 0)[1], int(next(iterator)))
        """,
        "forked 9 0 10",
    ),
    "fork": (
        """
        iterator = iter(endless)
        next(iterator)
        child = os.fork()
        if not child:
            try:
                next(iterator)
            except tf.errors.FailedPreconditionError as error:
                print("forked" if "before the process was forked" in str(error) else error)
            print([int(x) for x in endless.take(3)])
            sys.exit()
        print(os.waitpid(child, 0)[1], int(next(iterator)))
        """,
        "forked [0, 1, 2] 0 1",
    ),
}


@pytest.mark.process
@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_end(name, tmp_path):
    if "fork" in name and not hasattr(os, "fork"):
        pytest.skip("there is no fork here")
    code, expected = PROGRAMS[name]
    program = tmp_path / "program.py"
    program.write_text(PROGRAM + textwrap.dedent(code))
    result = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", str(program)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.stdout.split() == expected.split()
    assert not result.stderr
    assert result.returncode == (name == "end by an error")
