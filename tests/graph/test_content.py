"""The hash of what a graph computes: the same for the same computation under other names."""

import numpy as np
import pytest

import tidefall as tf
from tidefall.graph.content import content_hash


def hash_of(function, shape=(2,), dtype=tf.float32):
    traced = tf.function(function).get_concrete_function(tf.TensorSpec(shape, dtype))
    return content_hash(traced.graph)


def branches(x, factor):
    return tf.cond(tf.reduce_sum(x) > 0.0, lambda: x * factor, lambda: x)


def looped(x, factor):
    return tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * factor), (0, x))[1]


SAME = {
    "sum": lambda x: x + 1.0,
    "constant array": lambda x: x + tf.constant(np.float32([1.0, 2.0])),
    "branches": lambda x: branches(x, 2.0),
    "loop": lambda x: looped(x, 2.0),
    "strings": lambda x: tf.strings.join([tf.strings.as_string(x), "a"]),
}
OTHERS = {
    "another constant": lambda x: x + 2.0,
    "another array": lambda x: x + tf.constant(np.float32([1.0, 3.0])),
    "another op": lambda x: x - 1.0,
    "inputs in another order": lambda x: 1.0 + x,
    "another branch": lambda x: branches(x, 3.0),
    "another loop": lambda x: looped(x, 3.0),
    "another string": lambda x: tf.strings.join([tf.strings.as_string(x), "b"]),
    "another attribute": lambda x: tf.reduce_sum(x, keepdims=True) + x,
    "that attribute": lambda x: tf.reduce_sum(x, keepdims=False) + x,
    "another output": lambda x: (x + 1.0, x),
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_computation_has_the_same_hash(name):
    def renamed(x):
        with tf.name_scope("elsewhere"):
            return SAME[name](x)

    assert hash_of(SAME[name]) == hash_of(renamed) is not None


def test_whatever_else_differs_makes_another_hash():
    functions = list((SAME | OTHERS).values())
    hashes = [hash_of(function) for function in functions]
    assert len(set(hashes)) == len(functions)


def test_types_and_shapes_of_inputs_count():
    def double(x):
        return x + x

    found = {hash_of(double, *spec) for spec in [((2,),), ((3,),), ((None,),), ((2,), tf.int32)]}
    assert len(found) == 4


def test_values_of_variables_do_not_count():
    def using(variable):
        return hash_of(lambda x: x * variable)

    assert using(tf.Variable(3.0)) == using(tf.Variable(5.0))
    assert using(tf.Variable(3.0)) != using(tf.Variable([3.0, 1.0]))
