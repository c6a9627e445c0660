"""Iterators over datasets in sessions."""

from __future__ import annotations

import pytest

import tidefall as tf


def test_an_initializable_iterator_begins_anew() -> None:
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        limit = v1.placeholder(tf.int64, [])
        dataset = tf.data.Dataset.range(limit).map(lambda n: (n, n * n)).batch(2)
        iterator = v1.data.make_initializable_iterator(dataset)
        element = iterator.get_next()
        for count, wanted in ((3, [[0, 1], [4]]), (1, [[0]])):
            session.run(iterator.initializer, {limit: count})
            assert [session.run(element)[1].tolist() for _ in wanted] == wanted
            with pytest.raises(tf.errors.OutOfRangeError):
                session.run(element)


def test_it_is_for_graphs() -> None:
    with pytest.raises(RuntimeError, match="eager"):
        tf.compat.v1.data.make_initializable_iterator(tf.data.Dataset.range(2))
