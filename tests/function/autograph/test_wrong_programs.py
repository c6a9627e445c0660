"""Wrong programs raise TensorFlow's errors, name the line, and leave the function usable."""

from __future__ import annotations

import inspect
import json
import traceback
from pathlib import Path

import pytest

import tidefall as tf
from tests.function.autograph import wrong_programs
from tests.function.autograph.wrong_programs import WRONG
from tidefall.base.state import state

RECORDED = json.loads(Path(__file__).with_name("recorded.json").read_text())["wrong"]


def line_at_fault(function):
    lines, start = inspect.getsourcelines(function)
    (number,) = [start + i for i, line in enumerate(lines) if line.rstrip().endswith("# here")]
    return number


def text_of(error):
    notes = getattr(error, "__notes__", ())
    return "\n".join([str(error), *notes])


def error_of(function, *arguments):
    with pytest.raises(Exception) as caught:
        function(*arguments)
    return caught.value


@pytest.mark.parametrize("name", WRONG)
def test_wrong_program(name):
    program = WRONG[name]

    def guarded(x, run):
        return program.function(x) if run else x

    function = tf.function(guarded)
    argument = tf.constant(program.argument)
    first, again = error_of(function, argument, True), error_of(function, argument, True)

    assert type(first).__name__ == type(again).__name__ == RECORDED[name]["error"]
    text = text_of(first)
    for word in program.words:
        assert word in text
    assert type(first) is type(again) and text == text_of(again)
    place = f"{wrong_programs.__file__}:{line_at_fault(program.function)}"
    note = f'"{wrong_programs.__file__}", line {line_at_fault(program.function)},'
    assert place in text or note in text, text
    # Nothing is left behind, and the same function still works.
    assert state.graph is None and not state.tapes and not state.needs_dispatch
    tf.debugging.assert_equal(function(argument, False), argument)


def test_there_are_enough_of_them():
    assert len(WRONG) >= 40
    assert WRONG.keys() == RECORDED.keys()


def test_tracebacks_show_the_users_lines_and_function_names():
    program = WRONG["raise_in_a_loop"]
    error = error_of(tf.function(program.function), tf.constant(3))
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if f.filename == wrong_programs.__file__]
    assert {f.name for f in own} == {"raise_in_a_loop"}
    assert own[-1].lineno == line_at_fault(program.function)
    assert own[-1].line == 'raise RuntimeError("bad step")  # here'


def test_nodes_know_the_users_lines():
    program = WRONG["raise_in_a_branch"]

    @tf.function
    def function(x):
        if x > 0:
            y = tf.cos(x)
        else:
            y = tf.sin(x)
        return y

    graph = function.get_concrete_function(tf.constant(1.0)).graph
    start = inspect.getsourcelines(function.python_function)[1]
    (branch,) = [n for n in graph.get_operations() if n.type.endswith("If")]
    assert branch.user_line == f"{__file__}:{start + 2}"
    inner = branch.attrs["else_branch"].graph.get_operations()
    assert [n.frame for n in inner if n.type == "Sin"] == [(__file__, start + 5, "function")]
    assert program.words


def test_attributes_and_globals_are_put_back_after_an_error():
    box = wrong_programs.Box()
    box.value = 1

    @tf.function
    def function(x):
        if x > 0:
            box.value = x
        else:
            box.value = None
        return x

    error_of(function, tf.constant(1))
    assert box.value == 1
