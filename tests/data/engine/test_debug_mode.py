"""`tf.data.experimental.enable_debug_mode`: functions of datasets run as Python."""

import pytest

import tidefall as tf
from tidefall.base.config import config

Dataset = tf.data.Dataset


@pytest.fixture(autouse=True)
def debug_mode():
    with config.override(dataset_debug_mode=False):
        tf.data.experimental.enable_debug_mode()
        yield


def values(dataset):
    return [x.tolist() for x in dataset.as_numpy_iterator()]


def test_functions_see_eager_tensors_one_element_at_a_time():
    seen = []

    def double(x):
        if tf.executing_eagerly():
            seen.append((int(x), tf.inside_function()))
        return x * 2

    dataset = Dataset.range(3).map(double, num_parallel_calls=2).prefetch(2)
    assert not seen, "it was only traced"
    iterator = iter(dataset)
    assert int(next(iterator)) == 0
    assert seen == [(0, False)], "nothing is made ahead of time"
    assert [int(x) for x in iterator] == [2, 4]
    assert [x for x, _ in seen] == [0, 1, 2]


def choose(x):
    return x if x > 1 else -x


def total(state, x):
    return state + x, state


ZERO = tf.constant(0, tf.int64)
PIPELINES = {
    "map": (lambda d: d.map(choose), [0, -1, 2]),
    "pairs": (lambda d: d.map(lambda x: {"a": x, "b": [x, 1]}).map(lambda x: x["b"][1]), [1] * 3),
    "filter": (lambda d: d.filter(lambda x: x > 1), [2]),
    "flat_map": (lambda d: d.flat_map(lambda x: Dataset.range(x).map(lambda y: y + x)), [1, 2, 3]),
    "interleave": (
        lambda d: d.interleave(lambda x: Dataset.from_tensors(x).repeat(2), num_parallel_calls=2),
        [0, 1, 0, 1, 2, 2],
    ),
    "scan": (lambda d: d.scan(ZERO, total), [0, 0, 1]),
    "take_while": (lambda d: d.take_while(lambda x: x < 2), [0, 1]),
    "batch": (lambda d: d.map(choose).batch(2, num_parallel_calls=2), [[0, -1], [2]]),
    "shuffled": (lambda d: d.map(choose).shuffle(1), [0, -1, 2]),
    "ragged": (lambda d: d.map(lambda x: tf.ragged.constant([[1], [2, 3]])[1]), [[2, 3]] * 3),
    "python_number": (lambda d: d.map(lambda x: 3), [3] * 3),
}


@pytest.mark.parametrize("name", PIPELINES)
def test_elements_are_those_of_traced_functions(name):
    make, expected = PIPELINES[name]
    debugged = make(Dataset.range(3))
    assert values(debugged) == expected
    with config.override(dataset_debug_mode=False):
        traced = make(Dataset.range(3))
    assert values(traced) == expected
    assert traced.element_spec == debugged.element_spec


def test_reduce_and_functions_inside_of_functions():
    assert int(Dataset.range(4).reduce(ZERO, lambda s, x: s + x)) == 6

    @tf.function
    def times(n):
        total = tf.constant(0, tf.int64)
        for x in Dataset.range(4).map(lambda x: x * n):
            total += x
        return total

    assert int(times(tf.constant(2, tf.int64))) == 12


@pytest.mark.parametrize(
    "error, kind",
    [
        (ValueError("b"), tf.errors.InvalidArgumentError),
        (TypeError("b"), tf.errors.InvalidArgumentError),
        (KeyError("b"), tf.errors.UnknownError),
        (StopIteration(), tf.errors.InvalidArgumentError),
        (NotImplementedError("b"), tf.errors.UnimplementedError),
        (ZeroDivisionError("b"), tf.errors.UnknownError),
    ],
)
def test_exceptions_have_tensorflows_class_and_tell_the_line(error, kind):
    def broken(x):
        if tf.executing_eagerly() and int(x) == 1:
            raise error
        return x

    iterator = iter(Dataset.range(3).map(broken))
    assert int(next(iterator)) == 0
    with pytest.raises(kind) as caught:
        next(iterator)
    line = broken.__code__.co_firstlineno + 2
    assert f"at {__file__}:{line}, in broken" in caught.value.message
    assert "element 1: int64[]" in caught.value.message
    assert [int(x) for x in iterator] == [2]


def test_result_of_another_type_than_the_traced_one():
    dataset = Dataset.range(2).map(lambda x: 1 if tf.executing_eagerly() else x)
    with pytest.raises(tf.errors.InvalidArgumentError, match="It returned int32"):
        next(iter(dataset))


def test_iterators_are_saved_and_restored():
    dataset = Dataset.range(6).map(choose).filter(lambda x: x % 2 == 0)
    iterator = iter(dataset)
    next(iterator), next(iterator)
    state = iterator._resource.save()
    other = iter(dataset)
    other._resource.restore(state)
    assert [int(x) for x in other] == [int(x) for x in iterator] == [4]


def test_not_inside_of_a_function():
    with pytest.raises(ValueError, match="only supported in eager mode"):
        tf.function(tf.data.experimental.enable_debug_mode)()
