"""Values of ragged tensors are made of lists, and taken where ragged tensors are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tidefall as tf

v1 = tf.compat.v1
ROWS = [[1, 2], [3], [4, 5, 6]]


@pytest.mark.parametrize(
    ("arguments", "shape"),
    (
        ({"pylist": ROWS}, (3, None)),
        ({"pylist": [[], []], "ragged_rank": 2}, (2, None, None)),
        ({"pylist": [], "inner_shape": (0,)}, (0,)),
        ({"pylist": [[[1, 2]], []], "ragged_rank": 1}, (2, None, 2)),
        ({"pylist": 7}, ()),
    ),
)
def test_shapes(arguments: dict[str, Any], shape: tuple[int | None, ...]) -> None:
    assert v1.ragged.constant_value(**arguments).shape == shape


@pytest.mark.parametrize(
    ("arguments", "message"),
    (
        ({"pylist": [1, 2, 3], "ragged_rank": 1}, "depth 1, but ragged_rank=1 requires"),
        ({"pylist": [[1]], "ragged_rank": -1}, "must be nonnegative"),
        ({"pylist": [1, 2, 3], "inner_shape": (1, 1)}, "cannot reshape"),
        ({"pylist": [[[], [[]]]], "ragged_rank": 1}, "inconsistent shape"),
    ),
)
def test_lists_that_do_not_fit(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        v1.ragged.constant_value(**arguments)


@pytest.mark.parametrize(
    "call",
    (
        lambda rows: tf.abs(rows),
        lambda rows: tf.add(rows, 1),
        lambda rows: tf.concat([rows, tf.ragged.constant([[7]])], 0),
        lambda rows: v1.batch_gather(rows, tf.zeros_like(tf.ragged.constant(ROWS))),
        lambda rows: tf.reduce_sum(rows, 1),
    ),
)
def test_functions_take_values(call: Any) -> None:
    value = v1.ragged.constant_value(ROWS, dtype=np.int32)
    expected = call(tf.ragged.constant(ROWS))
    found = call(value)
    assert getattr(found, "to_list", found.numpy().tolist)() == (
        getattr(expected, "to_list", expected.numpy().tolist)()
    )


def test_row_lengths_of_a_negative_axis_in_a_graph() -> None:
    rows = tf.ragged.constant([[[1, 2], [3]], [[4]]])
    found = tf.function(lambda: rows.row_lengths(-1))()
    assert found.to_list() == rows.row_lengths(2).to_list() == [[2, 1], [1]]


def test_stacked_partitions_of_dense_data() -> None:
    numbers = tf.ragged.constant([[1, 0], [0, 0]])
    found = tf.ragged.stack_dynamic_partitions([["a", "b"], ["c", "d"]], numbers, 2)
    assert found.to_list() == [[b"b", b"c", b"d"], [b"a"]]
