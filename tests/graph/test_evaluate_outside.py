"""Values of symbolic tensors, for variables made while a function is traced."""

import pytest

import tidefall as tf
from tidefall.graph.evaluate_outside import evaluate_outside


def test_constants_and_what_follows_from_them():
    found = []

    @tf.function
    def f():
        x = tf.reshape(tf.range(6), [2, 3])
        first, second = tf.split(tf.cast(x, tf.float32) * 2.0, [1, 2], axis=1)
        found.append(evaluate_outside(tf.reduce_sum(second) + first))

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
            found.append(evaluate_outside(tf.reduce_sum(outside) + symbolic))

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
    assert evaluate_outside(x) is x


FIRST_NUMBERS = [0.68962, -0.39072, -0.80191, 0.15601, 0.40899, 0.05581]


def test_random_initial_values_start_at_the_seeds_whatever_was_drawn_before():
    """The numbers are TensorFlow's: each variable's, and those of a second model, are the first."""
    tf.random.set_seed(22)
    tf.random.uniform([3, 2], -1.0, 1.0, seed=5)

    class Model:
        w = v = None

        @tf.function
        def __call__(self, x):
            if self.w is None:
                self.w = tf.Variable(tf.random.uniform([3, 2], -1.0, 1.0, seed=5))
                self.v = tf.Variable(tf.random.uniform([3, 2], -1.0, 1.0, seed=5))
            return x @ self.w + x @ self.v

    for _ in range(2):
        model = Model()
        model(tf.ones([1, 3]))
        assert model.w.numpy().ravel() == pytest.approx(FIRST_NUMBERS, abs=1e-5)
        assert model.v.numpy().ravel() == pytest.approx(FIRST_NUMBERS, abs=1e-5)
