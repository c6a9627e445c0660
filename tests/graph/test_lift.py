"""Values of symbolic tensors, for variables made while a function is traced."""

import pytest

import tidefall as tf
from tidefall.graph.lift import evaluate


def test_constants_and_what_follows_from_them():
    found = []

    @tf.function
    def f():
        x = tf.reshape(tf.range(6), [2, 3])
        first, second = tf.split(tf.cast(x, tf.float32) * 2.0, [1, 2], axis=1)
        found.append(evaluate(tf.reduce_sum(second) + first))

    f()
    assert found[0].numpy().tolist() == [[24.0], [30.0]]


def test_what_was_captured_from_outside():
    outside = tf.constant([1.0] * 200)
    found = []

    @tf.function
    def f():
        symbolic = 3.0 * tf.constant(2.0)

        @tf.function
        def inner():
            found.append(evaluate(tf.reduce_sum(outside) + symbolic))

        inner()

    f()
    assert float(found[0]) == 206.0


def test_an_initial_value_made_of_constants():
    class Counter(tf.Module):
        v = None

        @tf.function
        def __call__(self):
            if self.v is None:
                self.v = tf.Variable(tf.ones([2]) * 3.0)
            return self.v.assign_add([1.0, 1.0])

    counter = Counter()
    counter()
    assert counter().numpy().tolist() == [5.0, 5.0]


def test_an_initial_value_that_depends_on_an_argument():
    @tf.function
    def f(x):
        return tf.Variable(x * 2.0)

    with pytest.raises(tf.errors.InaccessibleTensorError, match=r"depends on 'x', an argument"):
        f.get_concrete_function(tf.TensorSpec([]))


def test_eager_tensors_are_returned():
    x = tf.constant(1.0)
    assert evaluate(x) is x
