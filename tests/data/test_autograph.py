"""Datasets in functions that AutoGraph converts; the values are TensorFlow's."""

import numpy as np
import pytest

import tidefall as tf

Dataset = tf.data.Dataset
ZERO = np.int64(0)
NUMBERS = tf.data.DatasetSpec(tf.TensorSpec([], tf.int64))


def total(dataset):
    sum_ = tf.constant(0, tf.int64)
    for x in dataset:
        sum_ += x
    return sum_


def skips_even(dataset):
    sum_ = tf.constant(0, tf.int64)
    for x in dataset:
        if x % 2 == 0:
            continue
        sum_ += x
    return sum_


def stops(dataset):
    sum_ = tf.constant(0, tf.int64)
    for x in dataset:
        if x > 2:
            break
        sum_ += x
    return sum_


def with_else(dataset):
    sum_ = tf.constant(0, tf.int64)
    for x in dataset:
        if x > 40:
            break
        sum_ += x
    else:
        sum_ += 1000
    return sum_


def returns(dataset):
    for x in dataset:
        if x > 1:
            return x
    return tf.constant(-1, tf.int64)


def nested(dataset):
    sum_ = tf.constant(0, tf.int64)
    for x in dataset:
        for y in Dataset.range(x):
            if y == 2:
                break
            sum_ += x * 10 + y
    return sum_


def with_iterator(dataset):
    iterator = iter(dataset)
    sum_ = next(iterator) + iterator.get_next()
    for x in iterator:
        sum_ += x * 100
    return sum_


def with_optional(dataset):
    iterator, sum_ = iter(dataset), tf.constant(0, tf.int64)
    element = iterator.get_next_as_optional()
    while element.has_value():
        sum_ += element.get_value()
        element = iterator.get_next_as_optional()
    return sum_


def chosen(dataset):
    if dataset.cardinality() > 3:
        dataset = dataset.map(lambda x: x * 2)
    else:
        dataset = dataset.take(1)
    return total(dataset)


def last(dataset):
    x = tf.constant(-1, tf.int64)
    for x in dataset:  # noqa: B007 - it is what is returned
        pass
    return x


def numbered(dataset):
    sum_ = tf.constant(0, tf.int64)
    for i, x in enumerate(dataset):
        sum_ += tf.cast(i, tf.int64) * x
    for x, y in zip(dataset, dataset.skip(1), strict=False):
        sum_ += 100 * x * y
    for x in map(tf.square, filter(lambda x: x > 1, dataset)):
        sum_ += 10000 * x
    return sum_


def windows(dataset):
    sum_ = tf.constant(0, tf.int64)
    for window in dataset.window(2):
        sum_ = 10 * sum_ + total(window)
    return sum_


def repeated(dataset):
    sum_ = tf.constant(0, tf.int64)
    for _ in tf.range(3):
        sum_ += total(dataset)
    return sum_


def grows(dataset):
    found = tf.zeros([0], tf.int64)
    for x in dataset:
        found = tf.concat([found, [x]], 0)
    return found


def grows_nested(dataset):
    found = tf.zeros([2, 0], tf.int64)
    for x in dataset:
        for y in dataset:
            found = tf.concat([found, [[x], [y]]], 1)
    return found[:, -3:]


def rank_grows(dataset):
    found = tf.zeros([1], tf.int64)
    for _ in dataset:
        found = found[tf.newaxis]
    return found


LOOPS = {
    total: 6,
    skips_even: 4,
    stops: 3,
    with_else: 1006,
    returns: 2,
    nested: 10 + 20 + 21 + 30 + 31,
    with_iterator: 501,
    with_optional: 6,
    chosen: 12,
    last: 3,
    numbered: 14 + 800 + 130000,
    windows: 15,
    repeated: 18,
    len: 4,
    grows: [0, 1, 2, 3],
    grows_nested: [[3, 3, 3], [1, 2, 3]],
    rank_grows: [[[[[0]]]]],
}


@pytest.mark.parametrize("function", LOOPS, ids=lambda f: f.__name__)
def test_loops(function):
    traced = tf.function(lambda dataset: function(dataset))
    assert traced(Dataset.range(4)).numpy().tolist() == LOOPS[function]


def test_shapes_that_a_loop_changes_are_left_open():
    traced = tf.function(grows).get_concrete_function(NUMBERS)
    assert traced.output_shapes.as_list() == [None]
    with pytest.raises(ValueError, match="set_loop_options"):
        tf.function(lambda dataset: grows(iter(dataset)))(Dataset.range(3))

    @tf.function
    def other_type(dataset):
        found = 0
        for x in dataset:
            found = x
        return found

    with pytest.raises(TypeError, match="dtype int32 before the loop, but dtype int64"):
        other_type(Dataset.range(3))


@pytest.mark.parametrize(
    "dataset", [Dataset.range(4).filter(lambda x: x > 1), Dataset.range(4).repeat()]
)
def test_length_of_a_dataset_that_has_none(dataset):
    with pytest.raises(tf.errors.InvalidArgumentError, match="definite number of elements"):
        tf.function(lambda d: len(d))(dataset)


def test_iterator_goes_on_where_the_loop_stopped():
    iterator = iter(Dataset.range(8))

    @tf.function
    def until_two(iterator):
        sum_ = tf.constant(0, tf.int64)
        for x in iterator:
            sum_ += x
            if x % 3 == 2:
                break
        return sum_

    assert int(until_two(iterator)) == 3
    assert int(next(iterator)) == 3
    assert int(until_two(iterator)) == 9
    assert int(until_two(iterator)) == 13
    assert int(until_two(iterator)) == 0


def test_end_of_an_iterator_in_a_function():
    with pytest.raises(tf.errors.OutOfRangeError):
        tf.function(lambda dataset: next(iter(dataset)))(Dataset.range(0))


def test_python_side_effects_happen_for_every_element():
    seen = []

    @tf.function
    def add(dataset):
        def step(state, x):
            tf.py_function(lambda v: seen.append(int(v)), [x], [])
            return state + x

        return dataset.reduce(ZERO, step)

    assert int(add(Dataset.range(4))) == 6
    assert seen == [0, 1, 2, 3]


def test_datasets_as_arguments_and_results():
    @tf.function
    def split(dataset):
        return {"first": dataset.take(1), "rest": (dataset.skip(1), dataset.cardinality())}

    parts = split(Dataset.range(3))
    assert [int(x) for x in parts["first"]] == [0]
    assert [int(x) for x in parts["rest"][0].map(lambda x: x * 2)] == [2, 4]
    assert int(parts["rest"][1]) == 3
    made = tf.function(lambda n: Dataset.range(n).batch(2))(tf.constant(3, tf.int64))
    assert made.element_spec == tf.TensorSpec([None], tf.int64)
    assert len(made) == 2


def test_one_trace_for_datasets_of_one_spec():
    traces = []

    @tf.function
    def add(dataset):
        traces.append(1)
        return dataset.reduce(ZERO, lambda state, x: state + x)

    found = [int(add(d)) for d in (Dataset.range(3), Dataset.range(4).filter(lambda x: x > 1))]
    assert found == [3, 5]
    assert len(traces) == 1
    add(Dataset.range(3).batch(3))
    assert len(traces) == 2
    signed = tf.function(total, input_signature=[NUMBERS])
    assert int(signed(Dataset.range(4))) == 6


def test_captured_datasets_and_iterators():
    dataset, iterator = Dataset.range(5).map(lambda x: x * 2), iter(Dataset.range(5))
    add = tf.function(lambda: total(dataset))
    assert [int(add()), int(add())] == [20, 20]
    take = tf.function(lambda: next(iterator))
    assert [int(take()), int(take()), int(next(iterator))] == [0, 1, 2]


def test_variables_are_read_when_elements_are_made():
    weight = tf.Variable(2.0)
    dataset = Dataset.from_tensor_slices([1.0, 2.0]).map(lambda x: x * weight)
    assert [float(x) for x in dataset] == [2.0, 4.0]
    weight.assign(10.0)
    assert [float(x) for x in dataset] == [10.0, 20.0]
    with pytest.raises(ValueError, match="singleton"):
        Dataset.range(2).map(lambda x: tf.Variable(1.0) + 1.0)


def test_gradients_of_steps_in_a_loop():
    weight = tf.Variable(2.0)

    @tf.function
    def train(dataset):
        loss = tf.constant(0.0)
        for x in dataset:
            with tf.GradientTape() as tape:
                loss = (weight * x - 6.0) ** 2
            weight.assign_sub(0.1 * tape.gradient(loss, weight))
        return loss

    assert float(train(Dataset.from_tensor_slices([1.0, 2.0]))) == pytest.approx(0.16)
    assert float(weight.numpy()) == pytest.approx(2.96)


def test_datasets_inside_of_mapped_functions():
    def add_up(x):
        sum_ = tf.constant(0, tf.int64)
        for y in Dataset.range(x):
            sum_ += y
        return sum_

    def reduced(x):
        return Dataset.range(x).reduce(ZERO, lambda state, y: state + y)

    for function in (add_up, tf.function(add_up), reduced):
        assert [int(x) for x in Dataset.range(5).map(function)] == [0, 0, 1, 3, 6]
    firsts = Dataset.range(1, 4).map(lambda x: next(iter(Dataset.range(x, 10))))
    assert [int(x) for x in firsts] == [1, 2, 3]


def test_error_in_a_loop_of_a_graph_names_the_element():
    def invert(x):
        return tf.debugging.check_numerics(1.0 / tf.cast(x - 2, tf.float32), "not finite")

    @tf.function
    def add(dataset):
        sum_ = tf.constant(0.0)
        for x in dataset:
            sum_ += x
        return sum_

    with pytest.raises(tf.errors.InvalidArgumentError, match="element 2: int64"):
        add(Dataset.range(4).map(invert))
