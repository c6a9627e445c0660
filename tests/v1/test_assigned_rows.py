"""Rows of what an assignment gives are read after it."""

from __future__ import annotations

import tidefall as tf


def test_rows_are_read_after_the_assignment() -> None:
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        v = v1.get_variable("v", initializer=[[1.0], [2.0]], use_resource=True)
        session.run(v.initializer)
        assert session.run(tf.gather(v1.assign_add(v, [[10.0], [10.0]]), [1])).tolist() == [[12.0]]
        assert session.run(tf.gather_nd(v1.assign(v, [[3.0], [4.0]]), [[0, 0]])).tolist() == [3.0]
