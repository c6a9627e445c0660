"""Into how many parts variables are cut, beside values from TensorFlow."""

# ruff: noqa: E501 - tables read better in long lines

from __future__ import annotations

from typing import Any

import pytest

import tidefall as tf

v1 = tf.compat.v1

CUTS: list[tuple[str, dict[str, Any], list[int], str, list[int]]] = [
    ("fixed_size_partitioner", {"num_shards": 3}, [5, 2], "float32", [3, 1]),
    ("fixed_size_partitioner", {"num_shards": 3, "axis": 1}, [2, 7], "float32", [1, 3]),
    ("fixed_size_partitioner", {"num_shards": 8}, [5, 2], "float32", [5, 1]),
    ("variable_axis_size_partitioner", {"max_shard_bytes": 16}, [5, 2], "float32", [3, 1]),
    ("variable_axis_size_partitioner", {"max_shard_bytes": 3}, [5, 2], "float32", [5, 1]),
    ("variable_axis_size_partitioner", {"max_shard_bytes": 16, "axis": 1}, [5, 6], "float32", [1, 6]),
    ("variable_axis_size_partitioner", {"max_shard_bytes": 16, "max_shards": 2}, [5, 2], "float32", [2, 1]),
    ("variable_axis_size_partitioner", {"max_shard_bytes": 100}, [5, 2], "string", [2, 1]),
    ("variable_axis_size_partitioner", {"max_shard_bytes": 100, "bytes_per_string_element": 64}, [5, 2], "string", [5, 1]),
    ("min_max_variable_partitioner", {"max_partitions": 4}, [5, 2], "float32", [1, 1]),
    ("min_max_variable_partitioner", {"max_partitions": 4, "min_slice_size": 8}, [5, 2], "float32", [4, 1]),
    ("min_max_variable_partitioner", {"max_partitions": 10, "min_slice_size": 1}, [5, 2], "float32", [5, 1]),
    ("min_max_variable_partitioner", {"max_partitions": 0}, [5], "float32", [1]),
    ("min_max_variable_partitioner", {"max_partitions": 4, "min_slice_size": 16}, [5, 2], "string", [4, 1]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options", "shape", "dtype", "expected"), CUTS)
def test_cuts(
    name: str, options: dict[str, Any], shape: list[int], dtype: str, expected: list[int]
) -> None:
    cut = getattr(v1, name)(**options)
    assert cut(shape=tf.TensorShape(shape), dtype=tf.as_dtype(dtype)) == expected


def test_what_cannot_be_cut_is_refused() -> None:
    with pytest.raises(ValueError, match="max_shard_bytes is 0"):
        v1.variable_axis_size_partitioner(0)
    with pytest.raises(ValueError, match="axis 4"):
        v1.min_max_variable_partitioner(axis=4)(shape=tf.TensorShape([5]), dtype=tf.float32)
    cut = v1.variable_axis_size_partitioner(8)
    with pytest.raises(ValueError, match="fully defined"):
        cut(shape=tf.TensorShape([None, 2]), dtype=tf.float32)
    with pytest.raises(ValueError, match="one dimension"):
        v1.get_variable("x", [4, 4], partitioner=lambda **unused: [2, 2])


def test_parts_without_a_graph() -> None:
    whole = v1.get_variable(
        "w",
        initializer=tf.reshape(tf.range(10.0), [5, 2]),
        partitioner=v1.fixed_size_partitioner(2),
    )
    assert [part.shape.as_list() for part in whole] == [[3, 2], [2, 2]]
    whole.assign_add(tf.ones([5, 2]))
    assert tf.convert_to_tensor(whole)[4].numpy().tolist() == [9.0, 10.0]
    assert tf.Variable.SaveSliceInfo.from_spec("5 2 3,2:0,2").spec == "5 2 3,2:0,2"
