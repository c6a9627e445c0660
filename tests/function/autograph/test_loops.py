"""Loops over tensors: options, lists, datasets and gradients."""

# ruff: noqa: C417 - `map` is a function to be converted

from __future__ import annotations

import numpy as np
import pytest

import tidefall as tf

options = tf.autograph.experimental.set_loop_options


def kinds(function, *arguments):
    graph = function.get_concrete_function(*arguments).graph
    return [n.type.removeprefix("Stateless") for n in graph.get_operations()]


# ---- options ----


def test_shape_invariants():
    @tf.function
    def doubled(n):
        x = tf.constant([1])
        for _ in tf.range(n):
            options(shape_invariants=[(x, tf.TensorShape([None]))], parallel_iterations=2)
            x = tf.concat([x, x], 0)
        return x

    assert doubled(tf.constant(3)).shape == (8,)
    assert doubled.get_concrete_function(tf.constant(3)).output_shapes.as_list() == [None]


def test_shape_invariants_of_structures():
    @tf.function
    def grown(n):
        pair = (tf.zeros([1]), tf.zeros([1, 2]))
        i = 0
        while i < n:
            tf.autograph.experimental.set_loop_options(
                shape_invariants=[(pair, (tf.TensorShape([None]), tf.TensorShape([None, 2])))],
                swap_memory=True,
            )
            pair = tuple(tf.concat([p, p], 0) for p in pair)
            i += 1
        return pair

    assert [t.shape.as_list() for t in grown(tf.constant(2))] == [[4], [4, 2]]


def test_maximum_iterations():
    @tf.function
    def limited(n):
        i = 0
        while i < n:
            options(maximum_iterations=n // 2)
            i += 1
        return i

    assert int(limited(tf.constant(10))) == 5


def test_unknown_dimensions_are_relaxed_without_options():
    @tf.function(input_signature=[tf.TensorSpec([None])])
    def doubled(x):
        for _ in tf.range(2):
            x = tf.concat([x, x], 0)
        return x

    assert doubled(tf.constant([1.0, 2.0])).shape == (8,)


# ---- what becomes a loop, and what is unrolled ----


def test_python_values_decide_while_tracing():
    @tf.function
    def function(x, deep):
        for _ in range(3):
            if deep:
                x = x + 1
        while len(x.shape) < 2:
            x = x[None]
        return x

    found = kinds(function, tf.constant([1]), True)
    assert "If" not in found and "While" not in found
    assert found.count("AddV2") == 3


def test_a_range_is_counted_not_computed():
    @tf.function(jit_compile=True)
    def total(n):
        result = 0
        for i in tf.range(n):
            result += i
        return result

    assert int(total(tf.constant(5))) == 10  # a range of unknown length could not be compiled


@pytest.mark.parametrize("step", [3, -3])
def test_a_range_with_a_step_known_only_at_run_time(step):
    @tf.function
    def visited(start, limit, step):
        result = tf.constant([0])
        for i in tf.range(start, limit, step):
            options(shape_invariants=[(result, tf.TensorShape([None]))])
            result = tf.concat([result, [i]], 0)
        return result

    start, limit = (0, 8) if step > 0 else (8, 0)
    found = visited(tf.constant(start), tf.constant(limit), tf.constant(step))
    assert found.numpy().tolist() == [0, *range(start, limit, step)]


def test_short_circuit_keeps_what_may_fail_from_running():
    @tf.function
    def leading(x):
        i = 0
        while i < tf.shape(x)[0] and tf.gather(x, i) > 0:
            i += 1
        return i

    assert [int(leading(tf.constant(x))) for x in ([1, 2], [1, -1], [-1, 1])] == [2, 1, 0]


def test_cheap_conditions_are_joined_without_a_branch():
    @tf.function
    def function(x):
        return x > 0 and x < 5 and not (x == 3 or x == 4)

    assert "If" not in kinds(function, tf.constant(1))
    assert [bool(function(tf.constant(v))) for v in (2, 3, 7)] == [True, False, False]


# ---- lists ----


def test_a_list_is_one_tensor_for_the_caller():
    @tf.function
    def squares(n):
        found = []
        for i in tf.range(n):
            found.append(i * i)
        return {"squares": found}

    assert squares(tf.constant(4))["squares"].numpy().tolist() == [0, 1, 4, 9]


def test_a_list_in_use_after_the_loop():
    @tf.function
    def function(n):
        rows = [tf.zeros([2])]
        for i in tf.range(n):
            rows.append(tf.ones([2]) * tf.cast(i, tf.float32))
        total = tf.zeros([2])
        for row in rows:
            total += row
        return len(rows), rows[0], rows[-1], rows[1:], total, tf.stack(rows, axis=1)

    count, first, last, rest, total, stacked = function(tf.constant(3))
    assert int(count) == 4
    assert first.numpy().tolist() == [0, 0] and last.numpy().tolist() == [2, 2]
    assert rest.numpy()[:, 0].tolist() == [0, 1, 2]
    assert total.numpy().tolist() == [3, 3]
    assert stacked.numpy()[0].tolist() == [0, 0, 1, 2]


def test_a_list_that_no_iteration_fills():
    @tf.function
    def function(n):
        found = []
        for _ in tf.range(n):
            found.append(tf.ones([2]))
        return tf.stack(found)

    assert function(tf.constant(0)).shape == (0, 2)


def test_gradients_through_a_list():
    @tf.function
    def powers(x):
        found = []
        y = x
        for _ in tf.range(3):
            y = y * x
            found.append(y)
        return tf.reduce_sum(tf.stack(found))

    for jit_compile in (False, True):
        x = tf.constant(2.0)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.function(powers.python_function, jit_compile=jit_compile)(x)
        assert float(y) == 28
        assert float(tape.gradient(y, x)) == 2 * 2 + 3 * 4 + 4 * 8


@pytest.mark.parametrize(
    "value, words",
    [(lambda i: (i, i), "tuple"), (lambda i: object(), "object")],
)
def test_lists_hold_tensors(value, words):
    @tf.function
    def function(n):
        found = []
        for i in tf.range(n):
            found.append(value(i))
        return len(found)

    with pytest.raises(TypeError, match="Only tensors can be appended") as caught:
        function(tf.constant(3))
    assert words in str(caught.value)


def test_lists_hold_one_dtype():
    @tf.function
    def function(n):
        found = []
        for i in tf.range(n):
            found.append(i)
            found.append(0.5)
        return len(found)

    with pytest.raises(TypeError, match="all elements must have one dtype"):
        function(tf.constant(3))


def test_items_of_a_tensor():
    @tf.function
    def function(x, i):
        x[0] = 10
        x[i] += 5
        return x

    assert function(tf.constant([1, 2, 3]), tf.constant(2)).numpy().tolist() == [10, 2, 8]

    @tf.function
    def sliced(x):
        x[0:1] = 3
        return x

    with pytest.raises(TypeError, match="does not support item assignment"):
        sliced(tf.constant([1, 2, 3]))


# ---- datasets ----


def numbers(n=5):
    return tf.data.Dataset.range(n)


def test_loops_over_datasets():
    @tf.function
    def function(limit):
        total, count = tf.constant(0, tf.int64), 0
        for i, (a, b) in enumerate(zip(numbers(), map(lambda v: v * 10, numbers()))):  # noqa: B905
            if a == limit:
                break
            if i == 1:
                continue
            total += a + b
            count += 1
        else:
            count = -count
        return total, count

    assert [int(v) for v in function(tf.constant(3, tf.int64))] == [22, 2]
    assert [int(v) for v in function(tf.constant(9, tf.int64))] == [99, -4]


def test_return_from_a_loop_over_a_dataset():
    @tf.function
    def first_above(limit):
        for value in filter(lambda v: v % 2 == 0, numbers(10)):
            if value > limit:
                return value
        return tf.constant(-1, tf.int64)

    assert [int(first_above(tf.constant(x, tf.int64))) for x in (3, 100)] == [4, -1]


def test_a_loop_takes_from_an_iterator_what_it_uses():
    @tf.function
    def upto(iterator, limit):
        total = tf.constant(0, tf.int64)
        for value in iterator:
            total += value
            if value == limit:
                break
        return total

    iterator = iter(numbers(8))
    assert [int(upto(iterator, tf.constant(x, tf.int64))) for x in (2, 4)] == [3, 7]
    assert int(next(iterator)) == 5
    assert int(upto(iterator, tf.constant(0, tf.int64))) == 13


def test_datasets_of_structures_and_outer_datasets():
    outer = tf.data.Dataset.from_tensor_slices({"x": [1.0, 2.0], "y": ["a", "b"]}).batch(2)

    @tf.function
    def function(dataset):
        total, text = 0.0, ""
        for element in dataset:
            for value in element["x"]:
                total += value
            text += element["y"][0]
        return total, text

    total, text = function(outer)
    assert float(total) == 3 and text.numpy() == b"a"


def test_a_training_loop_over_a_dataset():
    weight = tf.Variable(0.0)
    x = np.array([1.0, 2.0, 3.0, 4.0], np.float32)
    dataset = tf.data.Dataset.from_tensor_slices((x, 2 * x)).batch(2).repeat(50)

    @tf.function
    def train(dataset):
        steps = 0
        for inputs, targets in dataset:
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((weight * inputs - targets) ** 2)
            if loss < 1e-6:
                break
            weight.assign_sub(0.05 * tape.gradient(loss, weight))
            steps += 1
        return steps

    assert 5 < int(train(dataset)) < 50
    assert abs(float(weight) - 2) < 1e-2


def test_functions_given_to_datasets_are_converted():
    def clipped(x):
        if x > 2:
            return tf.constant(2, tf.int64)
        return x

    assert [int(v) for v in numbers().map(clipped)] == [0, 1, 2, 2, 2]
    kept = numbers().filter(lambda x: x > 1 and x < 4)
    assert [int(v) for v in kept] == [2, 3]


def test_any_all_len_and_next():
    @tf.function
    def function(values):
        dataset = tf.data.Dataset.from_tensor_slices(values)
        iterator = iter(dataset)
        return any(dataset), all(dataset), len(dataset), next(iterator), next(iterator, True)

    found = function(tf.constant([False, True]))
    assert [t.numpy().item() for t in found] == [True, False, 2, False, True]


def test_ragged_rows():
    @tf.function
    def longest(ragged):
        best = 0
        for row in ragged:
            best = max(best, tf.shape(row)[0])
        return best

    assert int(longest(tf.ragged.constant([[1], [2, 3, 4], [], [5, 6]]))) == 3


# ---- gradients ----


@pytest.mark.parametrize("jit_compile", [False, True])
def test_gradients_of_converted_control_flow(jit_compile):
    def function(x):
        y = x
        for i in tf.range(4):
            if i % 2 == 0:
                y = y * x
            else:
                y = y + x if y < 100.0 else y
        return y

    for value in (2.0, -1.5):
        x = tf.constant(value)
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = tf.function(function, jit_compile=jit_compile)(x)
            slope = inner.gradient(y, x)
        second = outer.gradient(slope, x)
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                expected = function(x)
            wanted = inner.gradient(expected, x)
        assert float(y) == float(expected)
        np.testing.assert_allclose(float(slope), float(wanted), rtol=1e-5)
        np.testing.assert_allclose(float(second), float(outer.gradient(wanted, x)), rtol=1e-5)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_tape_inside(jit_compile):
    weight = tf.Variable(3.0)

    @tf.function(jit_compile=jit_compile)
    def function(x):
        with tf.GradientTape() as tape:
            y = x
            for i in tf.range(3):
                if i < 2:
                    y = y * weight
        return tape.gradient(y, weight)

    assert float(function(tf.constant(2.0))) == 12


def test_variables_assigned_in_branches_and_loops():
    count = tf.Variable(0)

    @tf.function
    def function(n):
        for i in tf.range(n):
            if i % 2 == 0:
                count.assign_add(i)
        return count.read_value()

    assert int(function(tf.constant(5))) == 6 == int(count)
