"""`Dataset.profile` charges the time to the stages that take it."""

import threading
import time as clock

import numpy as np
import pytest

import tidefall as tf
from tidefall.data.engine import measure
from tidefall.data.engine.prefetch_buffer import ReadAhead

Dataset = tf.data.Dataset


class Time:
    """A clock that goes on only when somebody works."""

    def __init__(self):
        self.now = 0.0
        self._lock = threading.Lock()

    def __call__(self):
        return self.now

    def works(self, seconds):
        """A function that takes so long."""

        def work(x):
            with self._lock:
                self.now += seconds
            return x

        return lambda x: tf.ensure_shape(tf.numpy_function(work, [x], x.dtype), x.shape)


@pytest.fixture
def time(monkeypatch):
    time = Time()
    monkeypatch.setattr(measure, "perf_counter", time)
    monkeypatch.setattr("tidefall.data.report.profile.perf_counter", time)
    return time


def elements(report):
    return {stage.name.split("(")[0]: stage.elements for stage in report.stages}


def own(report):
    return [stage.own for stage in report.stages]


def test_time_is_a_stages_own(time):
    dataset = Dataset.range(12).map(time.works(1)).map(time.works(3)).batch(4)
    report = dataset.profile(elements=2)
    assert [stage.elements for stage in report.stages] == [8, 8, 8, 2]
    assert own(report) == [0, 8, 24, 0]
    assert [stage.input for stage in report.stages] == [0, 0, 8, 32]
    assert (report.seconds, report.waited, report.elements) == (32, 32, 2)
    assert report.bottleneck.name == report.stages[2].name
    assert report.advice.startswith("map(<lambda> at test_profile.py:")
    assert report.advice.endswith(
        "takes 75% of the time on 1 thread: num_parallel_calls=tf.data.AUTOTUNE"
    )
    lines = str(report).splitlines()
    assert lines[0] == "2 elements in 32.00 s, of which the program waited 100%"
    assert lines[-1] == report.advice
    assert len(lines) == 7


@pytest.mark.parametrize(
    "make, expected",
    [
        (lambda d: d.map(lambda x: x + 1), {"range": 100, "map": 100}),
        (lambda d: d.shuffle(9).map(lambda x: x + 1).batch(8, True),
         {"range": 100, "shuffle": 100, "map": 100, "batch": 12}),
        (lambda d: d.map(lambda x: x + 1).shuffle(9).batch(8, True),
         {"range": 100, "map": 100, "shuffle": 100, "batch": 12}),
        (lambda d: d.filter(lambda x: x < 50).batch(10), {"filter": 50, "batch": 5}),
        (lambda d: d.take(7).repeat(3), {"take": 21, "repeat": 21}),
        (lambda d: d.padded_batch(10), {"range": 100, "padded_batch": 10}),
        (lambda d: d.batch(10).prefetch(2).unbatch(),
         {"batch": 10, "prefetch": 10, "unbatch": 100}),
    ],
)  # fmt: skip
def test_elements_of_each_stage(make, expected):
    dataset = make(Dataset.range(100))
    with dataset.profile() as report:
        found = list(dataset)
    assert report.elements == len(found)
    assert {name: elements(report)[name] for name in expected} == expected


@pytest.mark.parametrize("threads", [1, 3])
def test_work_of_threads_is_that_of_their_stage(time, threads):
    dataset = Dataset.range(30).map(time.works(2), num_parallel_calls=threads).batch(3).prefetch(2)
    with dataset.profile() as report:
        assert len(list(dataset)) == 10
    numbers, mapped, batched, prefetched = report.stages
    assert [s.elements for s in report.stages] == [30, 30, 10, 10]
    assert mapped.own >= 60, "of several threads together"
    assert numbers.own == batched.own == 0
    assert mapped.threads == threads
    assert prefetched.threads == 1
    assert numbers.waited is batched.waited is None
    assert mapped.waited is not None
    assert (mapped.size, prefetched.size) == (threads, 2)
    assert 0 <= prefetched.ready <= 2
    assert report.bottleneck.name == mapped.name


def test_nested_pipelines_are_one_stage_each(time):
    work = time.works(1)
    dataset = Dataset.range(1, 5).interleave(
        lambda n: Dataset.range(n).map(work).repeat(2), cycle_length=3
    )
    report = dataset.profile(elements=100)
    names = [(s.name.split("(")[0], s.depth, s.elements) for s in report.stages]
    assert names == [
        ("range", 0, 4), ("range", 1, 20), ("map", 1, 20), ("repeat", 1, 20), ("interleave", 0, 20)
    ]  # fmt: skip
    assert own(report) == [0, 0, 20, 0, 0]
    assert report.bottleneck.depth == 1


def test_nested_pipelines_behind_a_thread(time):
    work = time.works(1)
    dataset = Dataset.range(4).flat_map(lambda n: Dataset.range(3).map(work)).prefetch(1)
    report = dataset.profile(elements=100)
    assert [s.elements for s in report.stages] == [4, 12, 12, 12, 12]
    assert own(report)[2] == 12


def test_datasets_that_threads_read_by_turns():
    def slow(x):
        return tf.numpy_function(lambda v: (clock.sleep(0.002), v)[1], [x], tf.int64)

    dataset = Dataset.range(4).interleave(
        lambda n: Dataset.range(20).map(slow), cycle_length=4, num_parallel_calls=4
    )
    report = dataset.profile(elements=80)
    names = [(s.name.split("(")[0], s.depth, s.elements) for s in report.stages]
    assert names == [("range", 0, 4), ("range", 1, 80), ("map", 1, 80), ("interleave", 0, 80)]
    assert report.bottleneck.name.startswith("map(slow")
    assert [s.threads for s in report.stages] == [1, 4, 4, 4]
    assert "on each of 4 threads" in report.advice


def test_threads_that_do_not_pay_are_no_waiting(time):
    dataset = Dataset.range(30).map(time.works(2), num_parallel_calls=tf.data.AUTOTUNE)
    report = dataset.profile(elements=10)
    assert (report.seconds, report.waited) == (20, 20)
    assert report.stages[1].own == 20


def test_program_that_takes_the_time(time):
    dataset = Dataset.range(10).map(time.works(1))
    with dataset.profile() as report:
        for _ in dataset:
            time.now += 99
    assert report.waited == 10
    assert report.seconds == 1000
    assert "hardly be faster with another pipeline" in report.advice


def test_turns_of_program_and_pipeline_end_with_prefetch(time):
    dataset = Dataset.range(10).map(time.works(1))
    with dataset.profile() as report:
        for _ in dataset:
            time.now += 1
    assert "prefetch(tf.data.AUTOTUNE)" in report.advice


def test_seconds_are_enough(time):
    report = Dataset.range(10).repeat().map(time.works(1)).profile(seconds=5)
    assert report.elements == 5


def test_iterations_in_the_block_of_this_and_what_is_made_of_it():
    dataset = Dataset.range(10)
    with dataset.profile() as report:
        list(dataset.batch(5))
        list(dataset)
        list(Dataset.range(99))
        dataset.reduce(tf.constant(0, tf.int64), lambda s, x: s + x)

        @tf.function
        def total():
            count = tf.constant(0, tf.int64)
            for x in dataset.map(lambda x: x * 2):
                count += x
            return count

        assert int(total()) == 90
    list(dataset)
    assert [s.elements for s in report.stages] == [10, 2, 20, 10, 10]


def test_nothing_measured():
    assert "Nothing was iterated" in str(Dataset.range(3).profile())
    assert Dataset.range(3).profile(elements=0).bottleneck is None


def test_generator_is_told_what_to_do(time):
    def numbers():
        for i in range(5):
            time.now += 1
            yield i

    report = Dataset.from_generator(numbers, output_types=tf.int32).batch(2).profile(elements=2)
    assert report.stages[0].own == 4
    assert "leave to `map` what the generator does" in report.advice


def test_elements_are_the_same_and_nothing_stays_behind():
    images = np.random.default_rng(0).normal(size=[50, 3])
    dataset = Dataset.from_tensor_slices(images).shuffle(20, seed=1).map(lambda x: x * 2).batch(7)
    expected = np.concatenate(list(dataset.as_numpy_iterator()))
    dataset = Dataset.from_tensor_slices(images).shuffle(20, seed=1).map(lambda x: x * 2).batch(7)
    with dataset.profile():
        assert np.array_equal(np.concatenate(list(dataset.as_numpy_iterator())), expected)
    assert not measure.roots
    assert measure.clock.stage is None


def test_errors_pass_through():
    def broken(x):
        return tf.debugging.check_numerics(1.0 / tf.cast(x - 2, tf.float32), "x")

    dataset = Dataset.range(4).map(broken)
    with pytest.raises(tf.errors.InvalidArgumentError, match="element 2"):
        dataset.profile(elements=9)
    assert not measure.roots
    assert measure.clock.stage is None


def test_measuring_goes_on_after_a_restore():
    source = Dataset.range(9)._node.make_iterator()
    iterator, stage = ReadAhead(source), measure.Measured(None)
    iterator.measure_threads(stage)
    taken = [next(iterator)]
    iterator.restore(iterator.save())
    taken.append(next(iterator))
    assert [int(element[0]) for element in taken] == [0, 1]
    assert (stage.takings, stage.size) == (2, 2)
