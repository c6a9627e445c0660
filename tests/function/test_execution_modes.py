"""Switches of tf.experimental for how ops are executed."""

import warnings

import pytest

import tidefall as tf


def test_functions_run_the_same_with_every_executor():
    double = tf.function(lambda x: x * 2)
    for name in (None, "", "DEFAULT", "SINGLE_THREADED_EXECUTOR"):
        with tf.experimental.function_executor_type(name):
            assert int(double(tf.constant(3))) == 6


def test_an_unknown_executor_is_not_found():
    unknown = tf.experimental.function_executor_type("bicycle")
    with pytest.raises(tf.errors.NotFoundError, match="bicycle"), unknown:
        tf.function(lambda x: x)(tf.constant(1))


def test_errors_in_an_async_scope_are_raised_and_cleared():
    with pytest.raises(tf.errors.InvalidArgumentError), tf.experimental.async_scope():
        tf.constant([1.0]) + tf.constant([1.0, 2.0, 3.0])[:2] + tf.constant([1.0, 2.0, 3.0])
    tf.experimental.async_clear_error()
    assert int(tf.constant(1) + 1) == 2


def test_strict_mode_raises_deprecation_warnings_of_the_package():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tf.experimental.enable_strict_mode()
        with pytest.raises(DeprecationWarning):
            warnings.warn_explicit("old", DeprecationWarning, "x.py", 1, module="tidefall.ops.x")
        warnings.warn_explicit("old", DeprecationWarning, "x.py", 1, module="other")
