"""IndexedSlices: rows by index, and how they become dense."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tidefall as tf
from tidefall.composite.indexed_slices import as_indexed_slices


@pytest.fixture
def slices() -> Any:
    return tf.IndexedSlices(
        tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
        tf.constant([0, 2, 0]),
        tf.constant([4, 2]),
    )


def test_repeated_rows_add_up(slices: Any) -> None:
    dense = tf.convert_to_tensor(slices)
    assert dense.numpy().tolist() == [[6.0, 8.0], [0.0, 0.0], [3.0, 4.0], [0.0, 0.0]]


def test_ops_take_them_as_tensors(slices: Any) -> None:
    assert tf.add(slices, 1.0).numpy()[1].tolist() == [1.0, 1.0]
    assert tf.shape(slices).numpy().tolist() == [4, 2]
    assert tf.is_tensor(slices)


def test_identity_and_negation_stay_sparse(slices: Any) -> None:
    for result, sign in ((tf.identity(slices), 1.0), (-slices, -1.0)):
        assert isinstance(result, tf.IndexedSlices)
        np.testing.assert_array_equal(result.values.numpy(), sign * slices.values.numpy())


def test_without_a_shape_there_is_no_dense_form(slices: Any) -> None:
    loose = tf.IndexedSlices(slices.values, slices.indices)
    assert loose.shape.rank is None
    with pytest.raises(ValueError, match="without dense_shape"):
        tf.convert_to_tensor(loose)


def test_the_dtype_must_fit(slices: Any) -> None:
    with pytest.raises(ValueError, match="with dtype float32"):
        tf.convert_to_tensor(slices, tf.int32)


def test_the_spec_takes_them_apart_and_together(slices: Any) -> None:
    spec = slices._type_spec
    assert spec == tf.IndexedSlicesSpec([4, 2], tf.float32, tf.int32, tf.int32, [3])
    parts = tf.nest.flatten(slices, expand_composites=True)
    again = tf.nest.pack_sequence_as(slices, parts, expand_composites=True)
    assert [p is q for p, q in zip(parts, (again.values, again.indices), strict=False)] == [
        True
    ] * 2
    assert tf.IndexedSlicesSpec([None, 2], tf.float32, tf.int32, tf.int32).is_compatible_with(
        slices
    )


def test_functions_take_and_return_them(slices: Any) -> None:
    @tf.function
    def doubled(s: Any) -> Any:
        return tf.IndexedSlices(s.values * 2.0, s.indices, s.dense_shape)

    result = doubled(slices)
    assert isinstance(result, tf.IndexedSlices)
    assert result.values.numpy().tolist() == [[2.0, 4.0], [6.0, 8.0], [10.0, 12.0]]


def test_the_gradient_of_a_gather_is_sparse() -> None:
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.gather(x, [1, 1])
    grad = tape.gradient(y, x)
    assert isinstance(grad, tf.IndexedSlices)
    assert grad.indices.numpy().tolist() == [1, 1]
    assert tf.convert_to_tensor(grad).numpy().tolist() == [[0.0, 0.0], [2.0, 2.0]]


def test_a_dense_tensor_has_all_its_rows() -> None:
    sparse = as_indexed_slices(tf.constant([[1.0], [2.0]]))
    assert sparse.indices.numpy().tolist() == [0, 1]
    assert tf.convert_to_tensor(sparse).numpy().tolist() == [[1.0], [2.0]]


def test_as_text_they_show_their_tensors(slices: Any) -> None:
    shown = "tf.Tensor([0 2 0], shape=(3,), dtype=int32)"
    assert str(slices).startswith(f"IndexedSlices(indices={shown}, values=tf.Tensor(")
    assert str(slices).endswith("dense_shape=tf.Tensor([4 2], shape=(2,), dtype=int32))")


def test_the_static_shape_says_what_is_known_of_the_dense_one() -> None:
    seen = []

    @tf.function
    def watch(shape: Any, rows: Any) -> Any:
        for dense in (shape, tf.stack([rows, 2]), tf.constant([4, 2])):
            seen.append(tf.IndexedSlices(tf.zeros([1, 2]), tf.constant([0]), dense).shape.as_list())
        return rows

    watch(tf.constant([4, 2]), tf.constant(4))
    assert seen == [[None, None], [None, 2], [4, 2]]
