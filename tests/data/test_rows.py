"""Elements one by one, many at a time, and left out: every iterator gives the same ones."""

import random
from itertools import islice

import numpy as np
import pytest

import tidefall as tf
from tests.data.pipelines import PIPELINES
from tidefall.data.engine.settings import started

UNSTACKABLE = {"map_unknown_shape", "concatenate_shapes"}


def same(one, other):
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        a, b = plain(a), plain(b)
        assert type(a) is type(b)
        np.testing.assert_equal(a, b)


def plain(value):
    """A value with ragged and sparse tensors, which are one object in it, taken apart."""
    if isinstance(value, np.ndarray) and value.dtype == object:
        if not value.ndim:  # as well as the object itself
            return plain(value[()])
        return [value.shape, [plain(item) for item in value.ravel()]]
    slots = getattr(type(value), "__slots__", None)
    return {name: getattr(value, name) for name in slots} if slots else value


def build(name):
    tf.random.set_seed(None)
    dataset = PIPELINES[name](tf)
    node = dataset._node
    return started(node)


@pytest.mark.parametrize("name", PIPELINES)
def test_rows_are_the_elements_stacked(name):
    expected = list(build(name))
    iterator = build(name)
    draws = random.Random(name)
    position = 0
    while position < len(expected):
        left = len(expected) - position
        step = draws.randint(1, 4)
        match draws.choice(["next", "rows", "skip"]):
            case "next":
                same(next(iterator), expected[position])
                position += 1
            case "skip":
                assert iterator.skip(step) == min(step, left)
                position += min(step, left)
            case "rows":
                wanted = expected[position : position + step]
                if len({tuple(np.shape(v) for v in element) for element in wanted}) > 1:
                    continue  # elements of different shapes cannot be stacked
                count, arrays = iterator.batch(step)
                assert count == len(wanted)
                for i, element in enumerate(wanted):
                    same([array[i, ...] for array in arrays], element)
                position += count
    for _ in range(2):
        assert iterator.batch(3)[0] == 0
        assert next(iterator, None) is None
        assert iterator.skip(2) == 0


@pytest.mark.parametrize("name", PIPELINES)
def test_the_end_comes_when_cardinality_says(name):
    dataset = PIPELINES[name](tf)
    count = int(dataset.cardinality())
    if count >= 0:
        assert sum(1 for _ in islice(dataset, 4000)) == count


def test_batches_of_slices_are_views():
    array = np.arange(12.0).reshape(6, 2)
    dataset = tf.data.Dataset.from_tensor_slices(array).batch(4)
    first = next(dataset._node.make_iterator())[0]
    assert first.base is not None
    assert first.base.size == array.size
