"""Programs that AutoGraph cannot run, each with the words its error must have.

The line at fault ends in `# here`. Which class an error has is recorded from TensorFlow.
"""

# ruff: noqa: B007, C416, F821, F841, RET503 - wrong on purpose

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import tidefall as tf


class Wrong(NamedTuple):
    function: Callable[..., Any]
    argument: Any
    words: tuple[str, ...]


WRONG: dict[str, Wrong] = {}


def wrong(argument: Any, *words: str) -> Callable[[Any], Any]:
    """Register a program with its argument and parts of the error's message."""

    def register(function: Any) -> Any:
        WRONG[function.__name__] = Wrong(function, argument, words)
        return function

    return register


class Box:
    """An object with any attributes."""


# ---- branches ----


@wrong(1, "'y' must also be initialized in the else branch")
def undefined_in_else(x):
    if x > 0:  # here
        y = 1
    return y


@wrong(1, "'y' must also be initialized in the main branch")
def undefined_in_then(x):
    if x > 0:  # here
        pass
    else:
        y = 1
    return y


@wrong(1, "'y' must also be initialized in the else branch")
def undefined_in_elif(x):
    if x > 0:
        y = 1
    elif x > -1:  # here
        y = 2
    return y


@wrong(1, "the else branch must also have a return statement")
def return_in_one_branch(x):
    if x > 0:  # here
        return 1


@wrong(1, "the main branch must also have a return statement")
def return_in_else_only(x):
    if x > 0:  # here
        x = x + 1
    else:
        return x


@wrong(1, "the return value is None at the end of the else branch")
def returns_none_in_one_branch(x):
    if x > 0:  # here
        return x
    return None


@wrong(1, "'y' has dtype int32 in the main branch", "float32 in the else branch", "tf.cast")
def dtypes_of_branches(x):
    if x > 0:  # here
        y = 1
    else:
        y = 1.0
    return y


@wrong(1, "'y' has dtype int32 in the main branch, but dtype float32 in the else branch")
def dtype_of_a_tensor(x):
    if x > 0:  # here
        y = 1
    else:
        y = tf.constant(1.0)
    return y


@wrong(1, "dtype int32", "dtype string")
def number_or_string(x):
    if x > 0:  # here
        return 1
    return "one"


@wrong(1, "'y' is None at the end of the else branch")
def none_in_else(x):
    y = None
    if x > 0:  # here
        y = 1
    return y


@wrong(1, "'y' is None at the end of the main branch")
def none_in_then(x):
    y = x
    if x > 0:  # here
        y = None
    return y


@wrong(1, "'y' does not have the same nested structure", "number of elements")
def lengths_of_branches(x):
    if x > 0:  # here
        y = (1, 2)
    else:
        y = (1, 2, 3)
    return y


@wrong(1, "'y' does not have the same nested structure", "keys")
def keys_of_branches(x):
    if x > 0:  # here
        y = {"a": 1}
    else:
        y = {"b": 1}
    return y


@wrong(1, "'y'", "nested structure")
def list_or_tensor(x):
    if x > 0:  # here
        y = [x]
    else:
        y = x
    return y


@wrong(1, "'y' must be a tensor in both branches", "object")
def objects(x):
    if x > 0:  # here
        y = object()
    else:
        y = object()
    z = y
    return x


@wrong(1, "'box.value' must also be initialized in the else branch")
def attribute_in_one_branch(x):
    box = Box()
    if x > 0:  # here
        box.value = x
    return box.value


@wrong([True, False], "condition of if statement expected to be `tf.bool` scalar", "reduce_all")
def vector_condition(x):
    if x:  # here
        return 1
    return 2


@wrong(3, "condition of if statement expected to be `tf.bool` scalar", "tf.cast")
def integer_condition(x):
    if x:  # here
        return 1
    return 2


@wrong("text", "condition of if statement expected to be `tf.bool` scalar")
def string_condition(x):
    if x:  # here
        return 1
    return 2


@wrong(1, "has dtype int32 in the main branch, but dtype float32 in the else branch")
def dtypes_of_a_ternary(x):
    return 1 if x > 0 else 2.0  # here


@wrong(1, "None at the end of the main branch")
def none_in_a_ternary(x):
    return None if x > 0 else x  # here


@wrong(-1, "bad luck")
def raise_in_a_branch(x):
    if x > 0:
        raise ValueError("bad luck")  # here
    return x


@wrong(1, "'zzz' is not defined")
def unknown_name_in_a_branch(x):
    if x > 0:
        return zzz  # here
    return x


@wrong(1, "'q'", "not associated with a value")
def read_before_assignment(x):
    y = q + 1  # here
    q = x
    return y


@wrong(1, "'q'", "not associated with a value")
def read_before_assignment_in_a_branch(x):
    if x > 0:
        y = q + 1  # here
        q = y
    else:
        y = x
        q = x
    return y + q


# ---- loops ----


@wrong(3, "float32", "int32", "AddV2")
def python_zero_and_floats(n):
    i, total = 0, 0
    while i < n:
        total = total + 0.5  # here
        i += 1
    return total


@wrong(3, "'x' has dtype int32 before the loop, but dtype float32 after one iteration", "tf.cast")
def dtype_after_an_iteration(n):
    x = tf.constant(0)
    while x < n:  # here
        x = tf.cast(x, tf.float32)
    return x


@wrong(3, "'x' has dtype float32 before the loop, but dtype int32 after one iteration")
def dtype_in_a_for_loop(n):
    x = 0.0
    for i in tf.range(n):  # here
        x = i
    return x


@wrong(3, "'x' has shape (1,) before the loop, but shape (2,) after", "set_loop_options")
def shape_after_an_iteration(n):
    x, i = tf.zeros([1]), 0
    while i < n:  # here
        x = tf.concat([x, x], 0)
        i += 1
    return x


@wrong(3, "'x' has shape () before the loop, but shape (2,) after one iteration")
def rank_after_an_iteration(n):
    x = 0.0
    for _ in tf.range(n):  # here
        x = x + tf.ones([2])
    return x


@wrong(3, "'x' has shape", "set_loop_options")
def shape_against_its_invariant(n):
    x = tf.zeros([1, 2])
    for _ in tf.range(n):  # here
        tf.autograph.experimental.set_loop_options(
            shape_invariants=[(x, tf.TensorShape([None, 2]))]
        )
        x = tf.concat([x, x], 1)
    return x


@wrong(3, "'x' is None at the end of the iteration")
def none_after_an_iteration(n):
    x, i = tf.constant(1), 0
    while i < n:  # here
        x = None
        i += 1
    return x


@wrong(3, "'x' does not have the same nested structure before and after one iteration")
def structure_after_an_iteration(n):
    x, i = (1,), 0
    while i < n:  # here
        x = (*x, i)
        i += 1
    return x


@wrong(3, "'z' must be defined before the loop")
def read_in_the_loop_before_assignment(n):
    i = 0
    while i < n:  # here
        if i > 0:
            z = z + i
        else:
            z = 0
        i += 1
    return z


@wrong(0, "loop must iterate at least once to initialize last")
def undefined_after_no_iterations(n):
    for i in tf.range(n):  # here
        last = i * 2
    return last


@wrong(3, "condition of while loop expected to be `tf.bool` scalar", "tf.cast")
def integer_loop_condition(n):
    while n:  # here
        n -= 1
    return n


@wrong([True, True], "condition of while loop expected to be `tf.bool` scalar")
def vector_loop_condition(x):
    while x:  # here
        x = tf.logical_not(x)
    return x


@wrong(3, "tf.range")
def loop_over_a_scalar(x):
    for i in x:  # here
        x = x + i
    return x


@wrong(3, "singleton tf.Variables")
def variable_in_a_loop(n):
    for i in tf.range(n):  # here
        v = tf.Variable(1.0)
    return n


@wrong(3, "unhashable")
def tensor_as_a_key(n):
    found = {}
    for i in tf.range(n):
        found[i] = 1  # here
    return n


@wrong(3, "bad step")
def raise_in_a_loop(n):
    for i in tf.range(n):
        raise RuntimeError("bad step")  # here
    return n


@wrong(3, "'missing'")
def unknown_attribute_in_a_loop(n):
    for i in tf.range(n):
        n = n + n.missing  # here
    return n


@wrong(5, "End of sequence")
def past_the_end_of_an_iterator(n):
    iterator = iter(tf.data.Dataset.range(1))
    next(iterator)
    return next(iterator)  # here


# ---- shapes and dtypes inside of control flow ----


@wrong(1, "Dimensions must be equal")
def shapes_in_a_branch(x):
    if x > 0:
        y = tf.zeros([2]) + tf.zeros([3])  # here
    else:
        y = tf.zeros([2])
    return y


@wrong(1, "Incompatible shapes")
def shapes_in_a_running_loop(n):
    x = tf.zeros([tf.cast(n, tf.int32) + 1])
    for i in tf.range(3):
        x = x + tf.zeros([n + 4])  # here
    return x


@wrong(1, "float32", "int32")
def dtypes_in_a_loop(n):
    total = 0.0
    for i in tf.range(n):
        total = total + i  # here
    return total


# ---- what is not converted ----


@wrong(3, "not allowed")
def filter_of_a_comprehension(n):
    return [i for i in range(3) if n > i]  # here


@wrong(3, "not allowed")
def comprehension_over_an_unknown_length(n):
    return [i for i in tf.range(n)]  # here


@wrong(3, "not allowed")
def membership(n):
    return n in [1, 2]  # here


@wrong(3, "not allowed")
def bool_of_a_tensor(n):
    return bool(n > 1)  # here


@wrong(3, "SymbolicTensor")
def index_of_a_list(n):
    return [1, 2, 3][n]  # here


@wrong([[3, 1], [1, 0]], "rank 1")
def sorted_matrix(x):
    return sorted(x)  # here


@wrong(3, "non-scalar")
def length_of_a_scalar(x):
    return len(x)  # here


@wrong(3, "divmod")
def divmod_of_a_tensor(x):
    return divmod(x, 2)  # here


@wrong(3, "argument")
def call_with_too_many_arguments(x):
    def one(a):
        return a

    if x > 0:
        return one(x, x)  # here
    return x


@wrong(3, "not callable")
def call_of_a_number(x):
    if x > 0:
        return x(1)  # here
    return x


@wrong(3, "unpack")
def unpacking(x):
    if x > 0:
        a, b = (x, x, x)  # here
        x = a + b
    return x
