"""Functions that work on many elements at once give what they give for each element alone."""

import numpy as np
import pytest

import tidefall as tf
from tidefall.data.engine.functions import Runner
from tidefall.data.engine.node import Node

Dataset = tf.data.Dataset


def numbers(count=10):
    return np.linspace(-3, 3, 4 * count, dtype=np.float32).reshape(count, 4)


def runner(dataset) -> Runner:
    node: Node = dataset._node
    return node.functions[0]


TOGETHER = {
    "arithmetic": lambda x: (x / 255.0 - 0.5) * 2.0,
    "choice": lambda x: tf.where(x > 0, x, -x),
    "one_hot": lambda x: tf.one_hot(tf.cast(x, tf.int32), 5),
    "maximum": lambda x: tf.reduce_max(x),
    "reshape": lambda x: tf.reshape(x, [2, 2]),
    "slice": lambda x: x[1:3],
    "constant": lambda x: tf.constant([1, 2]),
    "several": lambda x: {"a": tf.concat([x, x], 0), "b": (tf.stack([x, x]), x[0] > 0)},
    "text": lambda x: tf.strings.upper(tf.as_string(x)),
    "counts": lambda x: tf.reduce_sum(tf.cast(x, tf.int32)),
    "exp": lambda x: tf.exp(x),
}
ALONE = {
    "float_sum": (lambda x: tf.reduce_sum(x), "rounds differently"),
    "product": (lambda x: tf.linalg.matvec(tf.ones([4, 4]), x), "one element at a time"),
    "unknown_shape": (lambda x: x[x > 0], "one element at a time"),
    "random": (lambda x: x + tf.random.uniform([4], seed=1), "one element at a time"),
    "python": (lambda x: tf.numpy_function(np.sin, [x], tf.float32), "one element at a time"),
}


def same(one, other):
    one, other = tf.nest.flatten(one), tf.nest.flatten(other)
    return all(np.array_equal(a.numpy(), b.numpy()) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("name", TOGETHER)
def test_elements_are_those_of_each_alone(name):
    function = TOGETHER[name]
    dataset = Dataset.from_tensor_slices(numbers()).map(function)
    assert runner(dataset).vectorized, runner(dataset).one_by_one
    one_by_one = [function(tf.constant(row)) for row in numbers()]
    for found, expected in zip(dataset, one_by_one, strict=True):
        assert same(found, expected)
    (batch,) = dataset.batch(10)
    for i, expected in enumerate(one_by_one):
        assert same(tf.nest.map_structure(lambda t, i=i: t[i], batch), expected)


@pytest.mark.parametrize("name", ALONE)
def test_says_why_a_function_works_on_one_element_at_a_time(name):
    function, reason = ALONE[name]
    dataset = Dataset.from_tensor_slices(numbers()).map(function)
    assert not runner(dataset).vectorized
    assert reason in runner(dataset).one_by_one


@pytest.mark.parametrize("index", [0, 4, 9])
def test_only_the_element_that_fails_is_lost(index):
    def invert(x):
        shifted = tf.cast(x, tf.float32) - float(index)
        return tf.debugging.check_numerics(1.0 / shifted, "not finite")

    iterator = iter(Dataset.range(10).map(invert))
    found = []
    for _ in range(10):
        try:
            found.append(float(next(iterator)))
        except tf.errors.InvalidArgumentError:
            found.append(None)
    assert [i for i, value in enumerate(found) if value is None] == [index]
    assert next(iterator, "the end") == "the end"


def test_a_batch_with_an_element_that_fails_raises_and_the_next_goes_on_behind_it():
    def invert(x):
        return tf.debugging.check_numerics(1.0 / (tf.cast(x, tf.float32) - 4.0), "not finite")

    iterator = iter(Dataset.range(10).map(invert).batch(3))
    next(iterator)
    with pytest.raises(tf.errors.InvalidArgumentError):
        next(iterator)
    assert [len(batch) for batch in iterator] == [3, 2]


def test_filter_asks_about_many_elements_at_once():
    kept = Dataset.range(5000).filter(lambda x: x % 7 == 3).map(lambda x: x * 2)
    expected = [2 * x for x in range(5000) if x % 7 == 3]
    assert [int(x) for x in kept] == expected
    assert np.concatenate([b.numpy() for b in kept.batch(64)]).tolist() == expected


def test_filter_goes_on_behind_an_element_that_fails():
    def check(x):
        shifted = 1.0 / (tf.cast(x, tf.float32) - 4.0)
        return tf.debugging.check_numerics(shifted, "not finite") > 0

    iterator = iter(Dataset.range(8).filter(check))
    with pytest.raises(tf.errors.InvalidArgumentError, match="not finite"):
        next(iterator)
    assert [int(x) for x in iterator] == [5, 6, 7]


def test_shuffled_elements_are_made_when_they_are_drawn():
    expected = [int(x) * 3 for x in Dataset.range(50).shuffle(20, seed=4)]
    assert [int(x) for x in Dataset.range(50).map(lambda x: x * 3).shuffle(20, seed=4)] == expected
