"""Wrong uses of functions raise TensorFlow's errors, say where, and leave the function usable.

The classes were read off TensorFlow 2.21. Programs that only AutoGraph refuses are in
`autograph/wrong_programs.py`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

import tidefall as tf

PROGRAMS: list[Any] = []
INVALID = tf.errors.InvalidArgumentError


def wrong(error: type, *words: str) -> Callable[[Any], Any]:
    """Register a maker of a wrong call and a right one, the error of the first, and its words."""

    def register(make: Any) -> Any:
        PROGRAMS.append(pytest.param(make, error, words, id=make.__name__))
        return make

    return register


def with_signature():
    return tf.function(lambda x: x + 1, input_signature=[tf.TensorSpec([None], tf.int32)])


def switched(body, argument):
    """Calls of a function that runs a wrong body, and of the same one that does not."""

    @tf.function
    def function(x, run):
        return body(x) if run else x

    return lambda: function(argument, True), lambda: function(argument, False)


# ---- arguments ----


@wrong(TypeError, "Can not cast")
def rank_against_the_signature():
    function = with_signature()
    return lambda: function(tf.constant([[1, 2]])), lambda: function(tf.constant([1]))


@wrong(TypeError, "Can not cast")
def dtype_against_the_signature():
    function = with_signature()
    return lambda: function(tf.constant([1.0])), lambda: function(tf.constant([1]))


@wrong(TypeError, "too many positional arguments")
def more_arguments_than_the_signature():
    function = with_signature()
    return lambda: function(tf.constant([1]), 2), lambda: function(tf.constant([1]))


@wrong(TypeError, "keyword-only parameter `y` must have a default value")
def signature_without_place_for_a_keyword():
    def function(x, *, y):
        return x

    signature = [tf.TensorSpec([], tf.int32)]
    return lambda: tf.function(function, input_signature=signature), lambda: function(1, y=2)


@wrong(TypeError, "Could not generate a generic TraceType", "{1, 2}")
def set_as_an_argument():
    function = tf.function(lambda x, items: x + len(items))
    one = tf.constant(1)
    return lambda: function(one, {1, 2}), lambda: function(one, (1, 2))


@wrong(TypeError, "not a callable object")
def function_of_a_number():
    return lambda: tf.function(3), lambda: None


@wrong(TypeError, "Can not cast 4.0 to Literal[3.0]")
def other_value_than_the_traced_one():
    function = tf.function(lambda x, y: x + y)
    concrete = function.get_concrete_function(tf.TensorSpec([], tf.float32), 3.0)
    return lambda: concrete(tf.constant(1.0), 4.0), lambda: concrete(tf.constant(1.0), 3.0)


@wrong(TypeError, "expects the tensors ['x']")
def unknown_keyword_of_a_concrete_function():
    function = tf.function(lambda x: x + 1).get_concrete_function(tf.TensorSpec([2]))
    return lambda: function(z=tf.ones([2])), lambda: function(x=tf.ones([2]))


# ---- variables and leaks ----


@wrong(ValueError, "only supports singleton tf.Variables")
def variable_in_each_call():
    def body(x):
        return x + tf.Variable(1.0)  # here

    return switched(body, tf.constant(1.0))


@wrong(ValueError, "only supports singleton tf.Variables")
def variable_in_the_second_trace():
    kept = []

    @tf.function
    def function(x, again):
        if again or not kept:
            kept.append(tf.Variable(1.0))  # here
        return kept[0] + x

    function(tf.constant(1.0), False)
    return lambda: function(1.0, True), lambda: function(tf.constant(1.0), False)


@wrong(tf.errors.InaccessibleTensorError, "out of scope")
def tensor_leaked_out_of_a_function():
    leaked = []

    @tf.function
    def function(x):
        leaked.append(x * 2)  # here
        return x

    return lambda: (function(tf.constant(1)), leaked[0] + 1), lambda: function(tf.constant(2))


@wrong(tf.errors.InaccessibleTensorError, "out of scope")
def tensor_leaked_out_of_a_loop():
    def body(x):
        kept = []

        def step(i):
            kept.append(i * 2)
            return i + 1

        tf.while_loop(lambda i: i < 3, step, [x])
        return kept[0] + 1  # here

    return switched(body, tf.constant(1))


# ---- control flow ----


@wrong(INVALID, "None of conditions evaluated as True")
def no_case_holds():
    @tf.function
    def function(x):
        return tf.case([(x > 5, lambda: x), (x > 7, lambda: -x)])  # here

    return lambda: function(tf.constant(1)), lambda: function(tf.constant(6))


@wrong(INVALID, "more than 1 conditions evaluated as True")
def two_exclusive_cases_hold():
    @tf.function
    def function(x):
        pairs = [(x > 1, lambda: x), (x > 2, lambda: -x)]
        return tf.case(pairs, default=lambda: x * 0, exclusive=True)  # here

    return lambda: function(tf.constant(3)), lambda: function(tf.constant(2))


@wrong(INVALID, "must be a bool scalar, but it is int32")
def loop_over_a_number():
    def body(x):
        return tf.while_loop(lambda i: i, lambda i: [i - 1], [x])  # here

    return switched(body, tf.constant(2))


@wrong(INVALID, "must be a scalar, but it has shape (2,)")
def loop_over_two_conditions():
    def body(x):
        return tf.while_loop(lambda i: i > 0, lambda i: [i - 1], [x])  # here

    return switched(body, tf.constant([2, 2]))


@wrong(INVALID, "must be a bool scalar, but it is string")
def choice_by_a_string():
    def body(x):
        return tf.cond(x, lambda: 1, lambda: 2)  # here

    return switched(body, tf.constant("yes"))


@wrong(TypeError, "int32", "float32")
def dtype_that_changes_in_a_loop():
    def body(x):
        return tf.while_loop(lambda i: i < 3, lambda i: [1.0], [x])  # here

    return switched(body, tf.constant(1))


@wrong(ValueError, "0 to 1")
def branches_with_a_hole():
    def body(x):
        return tf.switch_case(x, {0: lambda: 1, 2: lambda: 2})  # here

    return switched(body, tf.constant(1))


@wrong(INVALID)
def element_that_is_not_there():
    @tf.function
    def function(i):
        return tf.TensorArray(tf.int32, 3).write(i, 1).stack()  # here

    return lambda: function(tf.constant(7)), lambda: tf.TensorArray(tf.int32, 1).write(0, 1)


@wrong(ValueError)
def map_over_a_scalar():
    def body(x):
        return tf.map_fn(lambda v: v, x)  # here

    return switched(body, tf.constant(1))


# ---- gradients ----


@wrong(RuntimeError, "can only be used to compute one set of gradients")
def gradient_taken_twice():
    def body(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x
        return tape.gradient(y, x) + tape.gradient(y, x)  # here

    return switched(body, tf.constant(1.0))


@wrong(TypeError, "received None")
def gradient_of_nothing():
    def body(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
        return tape.gradient(None, x)  # here

    return switched(body, tf.constant(1.0))


def line_at_fault(make):
    lines, start = inspect.getsourcelines(make)
    return next((start + i for i, s in enumerate(lines) if s.rstrip().endswith("# here")), None)


@pytest.mark.parametrize(("make", "error", "words"), PROGRAMS)
def test_wrong_use(make, error, words):
    bad, good = make()
    with pytest.raises(error) as caught:
        bad()
    text = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", ())])
    for word in words:
        assert word in text
    line = line_at_fault(make)
    if line is not None:
        assert f"{__file__}:{line}" in text or f'"{__file__}", line {line},' in text
    good()


def test_one_condition_may_be_a_vector():
    def count(x):
        return tf.while_loop(lambda i: i > 0, lambda i: [i - 1], [x])[0]

    assert tf.function(count)(tf.constant([2])).numpy().tolist() == [0]
    assert tf.function(count, jit_compile=True)(tf.constant([2])).numpy().tolist() == [0]


def test_case_asserts_in_graphs_of_tensorflow_1():
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.compat.v1.placeholder(tf.int32, [])
        y = tf.case([(x > 1, lambda: x), (x > 2, lambda: -x)], exclusive=True)
        assert session.run(y, {x: 2}) == 2
        for value in (0, 3):
            with pytest.raises(INVALID):
                session.run(y, {x: value})


def test_tensors_of_unknown_rank_are_shown_without_a_shape():
    shown = []

    @tf.function(input_signature=[tf.TensorSpec(None, tf.float32)])
    def function(x):
        shown.append(str(x))
        return x

    function(tf.constant(1.0))
    assert shown == ['Tensor("x:0", dtype=float32)']
