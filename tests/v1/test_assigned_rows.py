"""Rows and elements of variables of graphs: read after an assignment, and changed."""

from __future__ import annotations

import pytest

import tidefall as tf

v1 = tf.compat.v1


def test_rows_are_read_after_the_assignment() -> None:
    with tf.Graph().as_default(), v1.Session() as session:
        v = v1.get_variable("v", initializer=[[1.0], [2.0]], use_resource=True)
        session.run(v.initializer)
        assert session.run(tf.gather(v1.assign_add(v, [[10.0], [10.0]]), [1])).tolist() == [[12.0]]
        assert session.run(tf.gather_nd(v1.assign(v, [[3.0], [4.0]]), [[0, 0]])).tolist() == [3.0]


@pytest.mark.parametrize("use_resource", [True, False])
@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("add", [1.0, 12.0, 6.0]),
        ("sub", [1.0, -8.0, 0.0]),
        ("mul", [1.0, 20.0, 9.0]),
        ("div", [1.0, 0.5, 1.0]),
        ("max", [1.0, 10.0, 3.0]),
        ("min", [1.0, 2.0, 3.0]),
        ("update", [1.0, 10.0, 3.0]),
    ],
)
def test_rows_and_elements_change(use_resource: bool, how: str, expected: list[float]) -> None:
    first = {"div": 4.0}.get(how, 10.0)
    with tf.Graph().as_default(), v1.Session() as session:
        v = v1.get_variable("v", initializer=[1.0, 2.0, 3.0], use_resource=use_resource)
        rows = tf.IndexedSlices(tf.constant([first, 3.0]), tf.constant([1, 2]))
        after = [getattr(v, f"scatter_{how}")(rows)]
        if how not in ("mul", "div"):
            after.append(getattr(v, f"scatter_nd_{how}")([[1], [2]], [first, 3.0]))
        for changed in after:
            session.run(v.initializer)
            assert session.run(changed).tolist() == expected


@pytest.mark.parametrize("use_resource", [True, False])
def test_rows_of_each_batch_change(use_resource: bool) -> None:
    with tf.Graph().as_default(), v1.Session() as session:
        v = v1.get_variable("v", initializer=[[1.0, 2.0], [3.0, 4.0]], use_resource=use_resource)
        rows = tf.IndexedSlices(tf.constant([[9.0], [8.0]]), tf.constant([[1], [0]]))
        after = v.batch_scatter_update(rows)
        session.run(v.initializer)
        assert session.run(after).tolist() == [[1.0, 9.0], [8.0, 4.0]]
        with pytest.raises(TypeError, match="IndexedSlices"):
            v.scatter_add(3.0)
