"""Shuffling: every element once, and one algorithm for numbers and for elements."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tidefall as tf

Dataset = tf.data.Dataset


@settings(max_examples=60, deadline=None)
@given(count=st.integers(0, 60), buffer=st.integers(1, 70), seed=st.integers(0, 2**62))
def test_numbers_and_elements_are_shuffled_alike(count, buffer, seed):
    numbers = Dataset.range(count)
    by_number = numbers.shuffle(buffer, seed=seed)
    by_element = numbers.filter(lambda x: x >= 0).shuffle(buffer, seed=seed)
    for _ in range(2):
        order = list(by_number.as_numpy_iterator())
        assert order == list(by_element.as_numpy_iterator())
        assert sorted(order) == list(range(count))
    # An element moves forward by less than the buffer.
    assert all(x < place + buffer for place, x in enumerate(order))


def test_seeds_decide_the_order():
    def order(**options):
        return list(Dataset.range(50).shuffle(50, **options).as_numpy_iterator())

    assert order(seed=1) == order(seed=1)
    assert order(seed=1) != order(seed=2)
    assert order() != order(), "without seeds the order is anybody's guess"


def test_global_seed_decides_the_order():
    def orders():
        tf.random.set_seed(7)
        dataset = Dataset.range(50).shuffle(50)
        return [list(dataset.as_numpy_iterator()) for _ in range(2)]

    try:
        first = orders()
        assert first == orders()
        assert first[0] != first[1]
    finally:
        tf.random.set_seed(None)


def test_buffer_of_unknown_size_holds_everything():
    dataset = Dataset.range(30)
    assert sorted(dataset.shuffle(tf.data.UNKNOWN_CARDINALITY).as_numpy_iterator()) == list(
        range(30)
    )
    same = [dataset.shuffle(n, seed=3) for n in (30, 10**12)]
    assert list(same[0].as_numpy_iterator()) == list(same[1].as_numpy_iterator())


def test_rows_stay_together():
    x = np.arange(200).reshape(100, 2)
    dataset = Dataset.from_tensor_slices((x, x[:, 0] * 10)).shuffle(100, seed=1).batch(7)
    for rows, labels in dataset:
        np.testing.assert_array_equal(labels, rows[:, 0] * 10)


def test_input_that_fails_costs_no_element():
    checked = Dataset.from_tensor_slices([1.0, 2.0, 0.0, 4.0, 5.0]).map(
        lambda x: tf.debugging.check_numerics(1 / x, "inverse")
    )
    iterator = iter(checked.shuffle(2, seed=1))
    seen, failed = [], 0
    while True:
        try:
            seen.append(float(next(iterator)))
        except tf.errors.InvalidArgumentError:
            failed += 1
        except StopIteration:
            break
    assert failed == 1
    assert sorted(seen) == pytest.approx([0.2, 0.25, 0.5, 1.0])
