"""Keras models and optimizers take values from checkpoints before they are built."""

import logging

import numpy as np
import pytest

import tidefall as tf


def model():
    keras = tf.keras

    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(5)

        def call(self, x):
            return self.dense(x)

    return Net()


def training(folder):
    """A step of training, and what saves and restores it."""
    net, optimizer = model(), tf.keras.optimizers.Adam(0.1)
    manager = tf.train.CheckpointManager(
        tf.train.Checkpoint(optimizer=optimizer, net=net), folder, max_to_keep=None
    )

    def step():
        x = tf.reshape(tf.range(4.0), [4, 1])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum((net(x) - 3 * x) ** 2)
        variables = net.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    return step, manager, lambda: [v.numpy().copy() for v in [*net.variables, *optimizer.variables]]


def test_training_goes_on_where_it_was(tmp_path):
    step, manager, values = training(tmp_path)
    step()
    step()
    manager.save()
    step()
    again, other_manager, other_values = training(tmp_path)
    other_manager.checkpoint.restore(other_manager.latest_checkpoint)
    again()
    assert len(other_values()) == len(values()) == 8
    for own, expected in zip(other_values(), values(), strict=True):
        np.testing.assert_array_equal(own, expected)


def test_the_last_restoration_before_a_variable_exists_counts(tmp_path):
    step, manager, values = training(tmp_path)
    step()
    first = manager.save()
    saved = values()
    step()
    second = manager.save()
    net = model()
    checkpoint = tf.train.Checkpoint(net=net)
    checkpoint.restore(second).expect_partial()
    status = checkpoint.restore(first).expect_partial()
    net(tf.ones([1, 1]))
    np.testing.assert_array_equal(net.dense.kernel.numpy(), saved[0])
    status.assert_existing_objects_matched()


def test_values_that_do_not_fit_elements_of_a_list_are_told(tmp_path, caplog):
    a, b = tf.Variable([1.0]), tf.Variable([2.0, 3.0])
    path = tf.train.Checkpoint(all=[a, b]).write(tmp_path / "ckpt")
    holder = tf.train.Checkpoint(all=[])
    status = holder.read(path)
    holder.all.append(tf.Variable([0.0]))
    with caplog.at_level(logging.WARNING, "tidefall"):
        holder.all.append(tf.Variable([7.0]))
    assert "Element 1 of a list keeps its value" in caplog.text
    assert [float(v[0]) for v in holder.all] == [1.0, 7.0]
    with pytest.raises(AssertionError, match=r"all\.1"):
        status.assert_consumed()
