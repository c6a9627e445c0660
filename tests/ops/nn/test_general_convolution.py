"""What TensorFlow has no kernel for: gradients of `tf.conv`, groups, the second gradient ops."""

import numpy as np
import pytest

import tidefall as tf

ONES = [1, 1, 1, 1]


def _random(*shape):
    return tf.constant(np.random.default_rng(sum(shape)).standard_normal(shape))


def _gradients(function, *inputs):
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        y = function(*inputs)
        loss = tf.reduce_sum(y * tf.sin(y))
    return tape.gradient(loss, inputs)


@pytest.mark.parametrize(
    ("padding", "explicit"),
    [("SAME", []), ("VALID", []), ("EXPLICIT", [0, 0, 1, 2, 0, 1, 0, 0])],
)
@pytest.mark.parametrize("jit", [False, True])
def test_gradients_are_those_of_conv2d(padding, explicit, jit):
    x, w = _random(2, 3, 5, 6, 3), _random(2, 2, 3, 4)

    def general(x, w):
        return tf.conv(x, w, [1, 2, 1, 1], padding, explicit_paddings=explicit, batch_dims=2)

    def plain(x, w):
        pads = np.array(explicit).reshape(4, 2).tolist() if explicit else padding
        y = tf.nn.conv2d(tf.reshape(x, [6, 5, 6, 3]), w, [1, 2, 1, 1], pads)
        return tf.reshape(y, [2, 3, *y.shape[1:]])

    if jit:
        general = tf.function(general, jit_compile=True)
    for ours, theirs in zip(_gradients(general, x, w), _gradients(plain, x, w), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10)


def test_gradients_are_those_of_conv3d():
    x, w = _random(2, 4, 5, 6, 3), _random(2, 2, 2, 3, 4)

    def general(x, w):
        return tf.conv(x, w, [1, 1, 2, 1, 1], "SAME")

    def plain(x, w):
        return tf.nn.conv3d(x, w, [1, 1, 2, 1, 1], "SAME")

    for ours, theirs in zip(_gradients(general, x, w), _gradients(plain, x, w), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10)


def test_groups_and_channels_first():
    x, w = _random(2, 4, 5, 6), _random(2, 2, 2, 6)
    y = tf.conv(x, w, ONES, "SAME", data_format="CHANNELS_FIRST", groups=2)
    last = tf.nn.conv2d(tf.transpose(x, [0, 2, 3, 1]), w, 1, "SAME")
    np.testing.assert_allclose(y, tf.transpose(last, [0, 3, 1, 2]), rtol=1e-10)


@pytest.mark.parametrize("jit", [False, True])
def test_gradient_ops_that_take_tensors(jit):
    x, w, dy = _random(2, 5, 6, 3), _random(2, 2, 3, 4), _random(2, 3, 6, 4)
    how = {"strides": [1, 2, 1, 1], "padding": "SAME"}
    to_input = tf.function(lambda *a: tf.conv2d_backprop_input_v2(*a, **how), jit_compile=jit)
    to_filter = tf.function(lambda *a: tf.conv2d_backprop_filter_v2(*a, **how), jit_compile=jit)
    old_input = tf.raw_ops.Conv2DBackpropInput(
        input_sizes=x.shape, filter=w, out_backprop=dy, **how
    )
    old_filter = tf.raw_ops.Conv2DBackpropFilter(
        input=x, filter_sizes=w.shape, out_backprop=dy, **how
    )
    np.testing.assert_allclose(to_input(x, w, dy), old_input, rtol=1e-10)
    np.testing.assert_allclose(to_filter(x, w, dy), old_filter, rtol=1e-10)
    for function, old in (
        (to_input, lambda x, w, dy: tf.nn.conv2d_transpose(dy, w, x.shape, [1, 2, 1, 1])),
        (
            to_filter,
            lambda x, w, dy: tf.raw_ops.Conv2DBackpropFilter(
                input=x, filter_sizes=w.shape, out_backprop=dy, **how
            ),
        ),
    ):
        for ours, theirs in zip(
            _gradients(function, x, w, dy), _gradients(old, x, w, dy), strict=True
        ):
            assert (ours is None) == (theirs is None)
            if ours is not None:
                np.testing.assert_allclose(ours, theirs, rtol=1e-10)


def test_gradient_ops_refuse_shapes_that_do_not_fit():
    x, w, dy = _random(2, 5, 6, 3), _random(2, 2, 3, 4), _random(2, 2, 6, 4)
    for function in (tf.conv2d_backprop_input_v2, tf.conv2d_backprop_filter_v2):
        with pytest.raises(tf.errors.InvalidArgumentError, match="out_backprop"):
            function(x, w, dy, ONES, "SAME")
