"""Python generators as datasets."""

import gc

import numpy as np
import pytest

import tidefall as tf

from_generator = tf.data.Dataset.from_generator
NUMBER = tf.TensorSpec([], tf.int32)


def test_generator_begins_anew_for_each_iterator():
    calls = []

    def generate():
        calls.append(1)
        yield from range(3)

    dataset = from_generator(generate, output_signature=NUMBER)
    assert not calls
    assert [int(x) for x in dataset.repeat(2)] == [0, 1, 2] * 2
    assert len(calls) == 2


def test_generator_is_closed_with_its_iterator():
    closed = []

    def generate():
        try:
            while True:
                yield 1
        finally:
            closed.append(True)

    iterator = iter(from_generator(generate, output_signature=NUMBER))
    next(iterator)
    assert not closed
    del iterator
    gc.collect()
    assert closed == [True]


def test_elements_keep_their_values_when_the_generator_reuses_its_array():
    def generate():
        array = np.zeros(2, np.int32)
        for i in range(3):
            array[:] = i
            yield array

    dataset = from_generator(generate, output_signature=tf.TensorSpec([2], tf.int32))
    assert [x.numpy().tolist() for x in list(dataset)] == [[0, 0], [1, 1], [2, 2]]


@pytest.mark.parametrize(
    "error, kind",
    [
        (ValueError("boom"), tf.errors.InvalidArgumentError),
        (TypeError("boom"), tf.errors.InvalidArgumentError),
        (KeyError("boom"), tf.errors.UnknownError),
        (tf.errors.DataLossError(None, None, "boom"), tf.errors.DataLossError),
    ],
)
def test_error_of_the_generator(error, kind):
    def generate():
        yield 1
        raise error

    iterator = iter(from_generator(generate, output_signature=NUMBER))
    assert int(next(iterator)) == 1
    with pytest.raises(kind, match="boom") as caught:
        next(iterator)
    if kind is not tf.errors.DataLossError:
        assert f"Dataset.from_generator({generate.__qualname__} at {__file__}:" in str(caught.value)
    with pytest.raises(StopIteration):
        next(iterator)


@pytest.mark.parametrize(
    "value, message",
    [
        ("text", "expected type was int32"),
        ([1, 2], r"shape \(2,\) where an element of shape \(\)"),
        (1.5, "expected type was int32"),
        (None, "expected type was int32"),
        ((1, 2), r"element of shape \(2,\)"),
    ],
)
def test_wrong_element(value, message):
    iterator = iter(from_generator(lambda: [value], output_signature=NUMBER))
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        next(iterator)


def test_iterable_that_is_no_generator():
    assert [int(x) for x in from_generator(lambda: [1, 2], output_types=tf.int64)] == [1, 2]
    iterator = iter(from_generator(lambda: 5, output_types=tf.int64))
    with pytest.raises(tf.errors.InvalidArgumentError, match="not iterable"):
        next(iterator)


def test_values_that_are_arrays_tensors_and_numbers():
    def generate():
        yield 1, np.float64(2.5)
        yield np.int64(3), tf.constant(4.5)

    signature = (tf.TensorSpec([], tf.int32), tf.TensorSpec([], tf.float32))
    dataset = from_generator(generate, output_signature=signature)
    assert [(int(a), float(b)) for a, b in dataset] == [(1, 2.5), (3, 4.5)]
    assert next(iter(dataset))[1].dtype == tf.float32


def test_generator_cannot_be_saved():
    @tf.function
    def first():
        return from_generator(lambda: [7], output_signature=NUMBER).get_single_element()

    assert int(first()) == 7
    with pytest.raises(tf.errors.InvalidArgumentError, match="exists in this process only"):
        first.get_concrete_function().graph.as_graph_def()
