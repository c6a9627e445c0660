"""Values of sparse tensors are elements like sparse tensors."""

from __future__ import annotations

import tidefall as tf


def test_a_value_of_a_sparse_tensor_is_one_component() -> None:
    value = tf.compat.v1.SparseTensorValue([[0, 1]], [7], [1, 2])
    dataset = tf.data.Dataset.from_tensors((value, {"x": value}))
    assert isinstance(dataset.element_spec[0], tf.SparseTensorSpec)
    assert isinstance(dataset.element_spec[1]["x"], tf.SparseTensorSpec)
    for first, second in dataset:
        assert tf.sparse.to_dense(first).numpy().tolist() == [[0, 7]]
        assert tf.sparse.to_dense(second["x"]).numpy().tolist() == [[0, 7]]
