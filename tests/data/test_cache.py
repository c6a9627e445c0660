"""Caching: the input is asked once, unless an iteration stops early."""

import pytest

import tidefall as tf

Dataset = tf.data.Dataset


def counting():
    calls = []

    def generate():
        for i in range(4):
            calls.append(i)
            yield i

    spec = tf.TensorSpec([], tf.int32)
    return Dataset.from_generator(generate, output_signature=spec).cache(), calls


def test_elements_are_made_once():
    cached, calls = counting()
    for _ in range(3):
        assert [int(x) for x in cached] == [0, 1, 2, 3]
    assert len(calls) == 4
    assert [int(x) for x in cached.repeat(2)] == [0, 1, 2, 3] * 2
    assert len(calls) == 4


def test_iteration_that_stops_early_keeps_nothing():
    cached, calls = counting()
    for x in cached:
        if int(x) == 1:
            break
    assert [int(x) for x in cached] == [0, 1, 2, 3]
    assert calls == [0, 1, 0, 1, 2, 3]


def test_file_is_not_implemented(tmp_path):
    with pytest.raises(tf.errors.UnimplementedError, match="caching in files"):
        Dataset.range(3).cache(str(tmp_path / "cache"))
