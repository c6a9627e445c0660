"""Which trace `get_concrete_function` gives when several could serve; recorded from TensorFlow."""

import pytest

import tidefall as tf


def spec(*shape, name=None):
    return tf.TensorSpec(None if shape == ("?",) else shape, tf.float32, name=name)


CASES = [
    # The specs asked for, and for each which of them its trace was made for.
    ([spec("?"), spec(None)], [0, 0]),
    ([spec("?"), spec(None, name="a")], [0, 1]),
    ([spec("?", name="a"), spec(None)], [0, 0]),
    ([spec("?", name="a"), spec(None, name="a")], [0, 0]),
    ([spec("?", name="a"), spec(None, name="b")], [0, 1]),
    ([spec(None, name="a"), spec(None, name="b"), spec(None)], [0, 1, 0]),
    ([spec(None), spec(None, name="b")], [0, 1]),
    ([spec(None), spec("?"), spec(2)], [0, 1, 0]),
    ([spec("?"), spec(None), spec(2)], [0, 0, 0]),
    ([spec(2), spec(None), spec("?"), spec(2), spec(3)], [0, 1, 2, 0, 1]),
    ([spec(None, None), spec(None, 2), spec(3, None), spec(3, 2)], [0, 0, 0, 0]),
    ([spec(None, 2), spec(3, None), spec(3, 2)], [0, 1, 0]),
]


@pytest.mark.parametrize(("specs", "expected"), CASES)
def test_the_least_general_trace_that_was_asked_for(specs, expected):
    function = tf.function(lambda x: x)
    made = [function.get_concrete_function(spec) for spec in specs]
    assert [made.index(one) for one in made] == expected


def test_calls_take_the_least_general_trace():
    function = tf.function(lambda x: tf.rank(x) if x.shape.rank is None else tf.constant(-1))
    function.get_concrete_function(spec(None))
    function.get_concrete_function(spec("?"))
    assert int(function(tf.ones([4]))) == -1
    assert int(function(tf.ones([4, 1]))) == 2


def test_shapes_left_open_by_calls_are_not_what_was_asked_for():
    function = tf.function(lambda x: x)
    for size in (2, 3, 4):
        function(tf.ones([size]))
    assert function.get_concrete_function(spec(5)).structured_outputs.shape == [5]
