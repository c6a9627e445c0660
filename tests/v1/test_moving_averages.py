"""`tf.train.ExponentialMovingAverage`, with values from TensorFlow 2.21."""

import numpy as np
import pytest

import tidefall as tf

v1 = tf.compat.v1


def names(variables):
    return [variable.name for variable in variables]


def test_eager_with_a_number_of_updates():
    value = tf.Variable([1.0, 2.0], name="v")
    ema = tf.train.ExponentialMovingAverage(0.9, num_updates=3, zero_debias=True)
    found = []
    for first in (1.0, 2.0, 3.0):
        value.assign([first, 2.0])
        assert ema.apply([value]) is None
        found.append(ema.average(value).numpy())
    np.testing.assert_allclose(found, [[1, 2], [1.6923077, 2], [2.5976331, 2]], rtol=1e-6)
    assert not ema.average(value).trainable
    assert ema.average(tf.Variable(1.0)) is None


def test_in_a_function():
    value = tf.Variable([1.0, 2.0])
    ema = tf.train.ExponentialMovingAverage(0.5)

    @tf.function
    def follow():
        ema.apply([value])
        return ema.average(value)

    np.testing.assert_array_equal(follow(), [1.0, 2.0])
    value.assign([3.0, 4.0])
    np.testing.assert_array_equal(follow(), [2.0, 3.0])


def test_graph_of_variables_and_tensors():
    with tf.Graph().as_default():
        ema = tf.train.ExponentialMovingAverage(0.9, zero_debias=True)
        weights = v1.get_variable("w", initializer=[1.0, 2.0])
        fed = v1.placeholder(tf.float32, [], name="c")
        update = ema.apply([fed, weights])
        end = "ExponentialMovingAverage"
        assert (update.type, update.name) == ("NoOp", end)
        assert names(v1.global_variables()) == [
            "w:0", f"c/{end}:0", f"w/{end}:0", f"c/{end}/biased:0", f"c/{end}/local_step:0",
        ]  # fmt: skip
        assert names(v1.trainable_variables()) == names(v1.moving_average_variables()) == ["w:0"]
        assert ema.average_name(weights) == f"w/{end}"
        assert set(ema.variables_to_restore()) == {
            f"w/{end}", f"c/{end}", f"c/{end}/biased", f"c/{end}/local_step",
        }  # fmt: skip
        with v1.Session() as session:
            session.run(v1.global_variables_initializer())
            found = []
            for value in (3.0, 5.0):
                session.run(update, {fed: value})
                found.append(session.run(ema.average(fed)))
        np.testing.assert_allclose(found, [3.0, 4.0526314], rtol=1e-6)


def test_graph_with_a_variable_number_of_updates():
    with tf.Graph().as_default():
        count = v1.get_variable("n", initializer=2, trainable=False)
        ema = tf.train.ExponentialMovingAverage(0.9, num_updates=count)
        weights = v1.get_variable("w", initializer=[1.0, 2.0])
        update = ema.apply()
        with v1.Session() as session:
            session.run(v1.global_variables_initializer())
            found = []
            for first in (5.0, 6.0, 7.0):
                session.run(weights.assign([first, 6.0]))
                session.run(update)
                found.append(session.run(ema.average(weights)))
        np.testing.assert_allclose(found, [[4, 5], [5.5, 5.75], [6.625, 5.9375]], rtol=1e-6)


@pytest.mark.parametrize(
    "values, match",
    [
        (lambda: [tf.constant(1.0)], "does not support non-Variable tensors"),
        (lambda: [tf.Variable(1)], "must be half, float, or double"),
    ],
)
def test_errors(values, match):
    with pytest.raises(TypeError, match=match):
        tf.train.ExponentialMovingAverage(0.9).apply(values())
