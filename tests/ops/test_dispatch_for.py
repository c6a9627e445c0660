"""tf.experimental.dispatch_for_...: public functions taught new types."""

import pytest

import tidefall as tf


class Masked(tf.experimental.ExtensionType):
    values: tf.Tensor
    mask: tf.Tensor


M = Masked


@pytest.fixture
def register():
    """Registers functions for the time of a test."""
    done = []

    def apply(decorator, target):
        done.append(decorator(target))
        return target

    yield apply
    for target in done:
        tf.experimental.unregister_dispatch_for(target)


@pytest.fixture
def m():
    return Masked([1.0, 4.0], [True, False])


def test_unary_functions(register, m):
    with pytest.raises(ValueError, match="unsupported type"):
        tf.sqrt(m)
    decorator = tf.experimental.dispatch_for_unary_elementwise_apis(M)
    register(decorator, lambda api, x: M(api(x.values), x.mask))
    assert tf.sqrt(m).values.numpy().tolist() == [1.0, 2.0]
    assert tf.cast(m, tf.int32).values.dtype == tf.int32
    assert tf.abs(x=m).values.numpy().tolist() == [1.0, 4.0]
    assert tf.zeros_like(m, dtype=tf.int32).values.numpy().tolist() == [0, 0]
    with pytest.raises(ValueError, match="has already been registered"):
        tf.experimental.dispatch_for_unary_elementwise_apis(M)(lambda api, x: x)


def test_binary_functions(register, m):
    both = M | tf.Tensor
    decorator = tf.experimental.dispatch_for_binary_elementwise_apis(both, both)
    register(decorator, lambda api, x, y: api.__name__)
    assert tf.add(m, tf.constant(1.0)) == "add"
    assert tf.multiply(tf.constant(1.0), m) == "multiply"
    with pytest.raises(ValueError, match="unsupported type"):
        tf.add(m, 1.0)
    assert float(tf.add(tf.constant(1.0), tf.constant(2.0))) == 3.0


def test_assertions(register, m):
    decorator = tf.experimental.dispatch_for_binary_elementwise_assert_apis(M, M)
    register(decorator, lambda api, x, y: api(x.values, y.values))
    assert tf.debugging.assert_equal(m, m) is None


def test_one_function(register, m):
    def joined(values, axis, name="concat"):
        return M(tf.concat([v.values for v in values], axis), values[0].mask)

    register(tf.experimental.dispatch_for_api(tf.concat, {"values": list[M]}), joined)
    assert tf.concat([m, m], 0).values.shape == [4]
    assert tf.concat(values=[m], axis=0).values.shape == [2]
    with pytest.raises(ValueError, match="unsupported type"):
        tf.concat([m, 1], 0)

    def total(input_tensor: M, axis=None, keepdims=False, name=None):
        return tf.reduce_sum(input_tensor.values)

    register(tf.experimental.dispatch_for_api(tf.reduce_sum), total)
    assert float(tf.reduce_sum(m)) == 5.0

    def shape(input, out_type=None, name=None):
        return tf.shape(input.values)

    register(tf.experimental.dispatch_for_api(tf.shape, {0: M}), shape)
    assert tf.shape(m).numpy().tolist() == [2]


def test_a_function_may_be_taken_back(m):
    def total(input_tensor: M, axis=None, keepdims=False, name=None):
        return 5

    tf.experimental.dispatch_for_api(tf.reduce_mean)(total)
    assert tf.reduce_mean(m) == 5
    tf.experimental.unregister_dispatch_for(total)
    with pytest.raises(ValueError, match="unsupported type"):
        tf.reduce_mean(m)
    with pytest.raises(ValueError, match="was not registered"):
        tf.experimental.unregister_dispatch_for(total)


def _same(input_tensor, axis=None, keepdims=False, name=None):
    return 1


def _other(x: M, axis=None, keepdims=False, name=None):
    return 1


ERRORS = [
    (lambda: tf.experimental.dispatch_for_api(len), "does not support dispatch"),
    (lambda: tf.experimental.dispatch_for_api(tf.reduce_mean)(_other), "does not match API's"),
    (lambda: tf.experimental.dispatch_for_api(tf.reduce_mean)(_same), "at least one signature"),
    (
        lambda: tf.experimental.dispatch_for_api(tf.reduce_mean, {"foo": M})(_same),
        "unknown parameter 'foo'",
    ),
]


@pytest.mark.parametrize("wrong, match", ERRORS, ids=range(len(ERRORS)))
def test_errors(wrong, match):
    with pytest.raises(ValueError, match=match):
        wrong()


def test_a_handler_may_leave_out_the_name():
    class Pair(tf.experimental.ExtensionType):
        value: tf.Tensor

    @tf.experimental.dispatch_for_api(tf.math.add, {"x": Pair, "y": Pair})
    def added(x, y):
        return Pair(x.value - y.value)

    assert tf.add(Pair(5), Pair(3), name="named").value.numpy() == 2
    assert tf.add(Pair(5), Pair(3), "named").value.numpy() == 2
    tf.experimental.unregister_dispatch_for(added)
