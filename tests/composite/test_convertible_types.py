"""Every class of values for which TensorFlow registers a conversion to tensors has one here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tidefall as tf

VALUES = {
    "Asset": (lambda: tf.saved_model.Asset("words.txt"), b"words.txt"),
    "Asset of a path": (lambda: tf.saved_model.Asset(Path("words.txt")), b"words.txt"),
    "Asset of an asset": (
        lambda: tf.saved_model.Asset(tf.saved_model.Asset("words.txt")),
        b"words.txt",
    ),
    "Dimension": (lambda: tf.compat.v1.Dimension(3), 3),
    "IndexedSlices": (
        lambda: tf.IndexedSlices(tf.constant([[5]]), tf.constant([1]), tf.constant([2, 1])),
        [[0], [5]],
    ),
    "TensorShape": (lambda: tf.TensorShape([2, 3]), [2, 3]),
    "Variable": (lambda: tf.Variable([1, 2]), [1, 2]),
    "list": (lambda: [tf.constant(1), 2], [1, 2]),
    "range": (lambda: range(3), [0, 1, 2]),
    "tuple": (lambda: ((1, 2), (tf.constant(3), 4)), [[1, 2], [3, 4]]),
}
WAYS = {
    "convert_to_tensor": tf.convert_to_tensor,
    "op": lambda value: tf.expand_dims(value, 0)[0],
    "raw op": lambda value: tf.raw_ops.Identity(input=value),
    "stack": lambda value: tf.stack([value, value])[0],
    "dtype": lambda value: tf.convert_to_tensor(value, tf.convert_to_tensor(value).dtype),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", VALUES)
def test_converts_eagerly_and_in_functions(name, way):
    make, expected = VALUES[name]
    value, convert = make(), WAYS[way]
    assert np.array_equal(convert(value).numpy(), expected)
    assert np.array_equal(tf.function(lambda: convert(value))().numpy(), expected)


@pytest.mark.parametrize("name", [name for name in VALUES if name != "IndexedSlices"])
def test_converts_in_graphs_of_tensorflow_1(name):
    make, expected = VALUES[name]
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tensor = tf.identity(tf.convert_to_tensor(make()))
        session.run(tf.compat.v1.global_variables_initializer())
        assert np.array_equal(session.run(tensor), expected)


def test_another_dtype_is_refused():
    with pytest.raises(ValueError, match="requested dtype int32"):
        tf.convert_to_tensor(tf.saved_model.Asset("words.txt"), tf.int32)


def test_what_no_tensor_can_hold_is_refused():
    with pytest.raises(ValueError, match="unknown Dimension"):
        tf.convert_to_tensor(tf.compat.v1.Dimension(None))
    with pytest.raises(TypeError, match="Cannot convert Dimension 3"):
        tf.convert_to_tensor(tf.compat.v1.Dimension(3), tf.float32)
