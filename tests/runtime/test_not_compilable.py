"""What jit_compile=True says of programs that it cannot compile: every op, with its line.

In each program the lines to be named end in a comment.
"""

import inspect

import numpy as np
import pytest

import tidefall as tf


def printing(x):
    tf.print("x is", x)  # StringFormat PrintV2
    return x * 2.0


def unknown_sizes(x):
    positive = tf.where(x > 0)  # Where
    values, _, _ = tf.unique_with_counts(x)  # UniqueWithCounts
    return tf.size(positive) + tf.size(values)


def python(x):
    y = tf.py_function(lambda a: a + 1, [x], tf.float32)  # EagerPyFunc
    return y + tf.numpy_function(np.sin, [x], tf.float32)  # PyFunc


def called(x):
    return tf.reduce_sum(tf.function(_inner)(x))


def _inner(x):
    return tf.unique_with_counts(x, name="distinct").count


def in_a_loop(x):
    for i in tf.range(3):
        tf.print(i)  # StringFormat PrintV2
        x += 1
    return x


def in_a_branch(x):
    if tf.reduce_sum(x) > 0:
        y, _ = tf.unique(x)  # Unique
        x = x[: tf.size(y)]
    else:
        tf.print(x)  # StringFormat PrintV2
    return tf.reduce_sum(x)


def in_a_loop_in_a_branch(x):
    if x[0] > 0:
        for _ in tf.range(2):
            tf.print(x)  # StringFormat PrintV2
    return x


def beside_a_loop(x):
    for _ in tf.range(2):
        x += 1.0
    return tf.io.serialize_tensor(x)  # SerializeTensor


def pipelines(x):
    total = 0.0
    for element in tf.data.Dataset.from_tensor_slices(x):  # TensorSliceDataset
        total += element
    return total


PROGRAMS = [
    printing,
    unknown_sizes,
    python,
    in_a_loop,
    in_a_branch,
    in_a_loop_in_a_branch,
    beside_a_loop,
    pipelines,
]


def error_of(program, x):
    with pytest.raises(tf.errors.InvalidArgumentError) as raised:
        tf.function(program, jit_compile=True)(x)
    return raised.value.message


@pytest.mark.parametrize("program", PROGRAMS, ids=[p.__name__ for p in PROGRAMS])
def test_every_op_is_named_with_its_line(program):
    x = tf.constant([1.0, 2.0, 3.0])
    message = error_of(program, x)
    lines, first = inspect.getsourcelines(program)
    for number, line in enumerate(lines, first):
        for op in line.partition("  # ")[2].split():
            assert any(
                shown.startswith(f"  {op} ") and shown.endswith(f"test_not_compilable.py:{number}")
                for shown in message.splitlines()
            ), f"{op} at {number} in {message}"
    assert "drop jit_compile=True" in message


def test_ops_of_called_functions_are_named():
    message = error_of(called, tf.constant([1.0, 2.0]))
    line = inspect.getsourcelines(_inner)[1] + 1
    assert "  UniqueWithCounts (node distinct)" in message
    assert f"test_not_compilable.py:{line}" in message


@pytest.mark.parametrize(
    "program, op, argument",
    [
        (lambda x: tf.zeros([tf.cast(tf.reduce_sum(x), tf.int32), 2]), "Fill", "dims"),
        (lambda x: tf.reshape(x, [tf.cast(x[0], tf.int32), -1]), "Reshape", "shape"),
        (lambda x: tf.range(x[0]), "Range", "limit"),
        (lambda x: tf.split(x, tf.cast(x, tf.int32)), "SplitV", "size_splits"),
        (lambda x: tf.math.top_k(x, tf.cast(x[0], tf.int32)), "TopKV2", "k"),
    ],
    ids=["zeros", "reshape", "range", "split", "top_k"],
)
def test_values_needed_while_compiling(program, op, argument):
    message = error_of(program, tf.constant([1.0, 1.0]))
    assert message.startswith(f"Input `{argument}` of {op} must be a compile-time constant")
    assert "leave out jit_compile=True" in message
    assert "test_not_compilable.py" in message


def test_the_function_stays_usable():
    function = tf.function(lambda x, loud: tf.print(x) if loud else x * 2.0, jit_compile=True)
    with pytest.raises(tf.errors.InvalidArgumentError):
        function(tf.constant(1.0), True)
    assert function(tf.constant(1.0), False).numpy() == 2.0


SIZED_BY_VALUES = {
    "where": lambda x: tf.where(x > 0)[:, 0],
    "unique": lambda x: tf.unique(x)[1],
    "boolean_mask": lambda x: tf.boolean_mask(x, x > 1),
    "dynamic_partition": lambda x: tf.dynamic_partition(x, tf.cast(x > 1, tf.int32), 2)[1],
    "setdiff": lambda x: tf.raw_ops.ListDiff(x=x, y=[3.0]).out,
    "in a branch": lambda x: tf.cond(x[0] > 0, lambda: tf.size(tf.where(x > 1)), lambda: 0),
}


@pytest.mark.parametrize("program", SIZED_BY_VALUES.values(), ids=SIZED_BY_VALUES)
def test_what_tensorflow_compiles_runs_though_its_sizes_depend_on_values(program):
    x = tf.constant([3.0, 1.0, 0.0, 3.0, 0.0, 5.0])
    given = tf.function(program, jit_compile=True)(x)
    np.testing.assert_array_equal(given, program(x))
