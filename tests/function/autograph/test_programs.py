"""Programs give the same as plain Python, as functions on the host, and compiled."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import tidefall as tf
from tests.function.autograph.programs import PROGRAMS


def tensors(arguments):
    return [tf.constant(a) for a in arguments]


def values(result):
    return [np.asarray(tf.convert_to_tensor(v)) for v in tf.nest.flatten(result) if v is not None]


def assert_agrees(name, function):
    program = PROGRAMS[name]
    for arguments in program.arguments:
        expected = program.function(*tensors(arguments))
        found = function(*tensors(arguments))
        tf.nest.assert_same_structure(
            tf.nest.map_structure(lambda _: 0, expected), tf.nest.map_structure(lambda _: 0, found)
        )
        for one, other in zip(values(expected), values(found), strict=True):
            if one.dtype == object:
                assert one == other
            else:
                np.testing.assert_allclose(other, one, rtol=1e-5, err_msg=f"{name}{arguments}")


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_a_function_on_the_host(name):
    function = tf.function(PROGRAMS[name].function)
    assert_agrees(name, function)


@pytest.mark.compiles
@pytest.mark.parametrize("name", [n for n, p in PROGRAMS.items() if p.compiles])
def test_compiled(name):
    assert_agrees(name, tf.function(PROGRAMS[name].function, jit_compile=True))


RECORDED = json.loads(Path(__file__).with_name("recorded.json").read_text())["programs"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_tensorflow_has_it(name):
    program = PROGRAMS[name]
    function = tf.function(program.function)
    assert len(RECORDED[name]) == len(program.arguments)
    for arguments, recorded in zip(program.arguments, RECORDED[name], strict=True):
        if isinstance(recorded, dict):
            continue  # TensorFlow refuses the program
        found = [tf.convert_to_tensor(v) for v in tf.nest.flatten(function(*tensors(arguments)))]
        assert [t.dtype.name for t in found] == [dtype for dtype, _ in recorded]
        for tensor, (dtype, value) in zip(found, recorded, strict=True):
            if dtype == "string":
                assert str(tensor.numpy()) == value
            else:
                np.testing.assert_allclose(tensor.numpy(), value, rtol=1e-5)


def test_programs_that_tensorflow_refuses_are_known():
    refused = {n for n, calls in RECORDED.items() if any(isinstance(c, dict) for c in calls)}
    assert RECORDED.keys() == PROGRAMS.keys()
    assert refused == {
        "break_and_continue",  # `else` of a loop
        "builtins",  # max and min
        "builtins_of_vectors",
        "dynamic_rnn_with_a_list",  # lists that a loop appends to
        "for_else",
        "in_with_and_try",  # `return` inside of them
        "list_append",
        "list_append_in_a_branch",
        "methods",  # attributes such as self.__private
        "nested_returns",  # a branch that may return and may go on
        "python_loop_stopped_by_a_tensor",
        "return_from_a_python_loop",
        "return_from_nested_loops",  # `return` inside of a loop
        "returns_everywhere",
        "returns_nothing",
        "search",
        "test_becomes_a_tensor",  # `while` that begins over Python values
        "walrus",
        "while_true",
        "while_true_return",
    }
