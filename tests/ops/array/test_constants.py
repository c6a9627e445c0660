"""Tensors of one value."""

import pytest

import tidefall as tf


@pytest.mark.parametrize("make", [tf.zeros, tf.ones, lambda shape: tf.fill(shape, 1.0)])
def test_more_than_there_is_memory_for(make):
    with pytest.raises(tf.errors.ResourceExhaustedError, match="Unable to allocate"):
        make([1 << 20, 1 << 28])
