"""Programs give the same as plain Python, as functions on the host, and compiled."""

from __future__ import annotations

import numpy as np
import pytest

import tidefall as tf
from tests.function.autograph.programs import PROGRAMS


def tensors(arguments):
    return [tf.constant(a) for a in arguments]


def values(result):
    return [
        np.asarray(v) for v in tf.nest.flatten(tf.nest.map_structure(tf.convert_to_tensor, result))
    ]


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


@pytest.mark.parametrize("name", [n for n, p in PROGRAMS.items() if p.compiles])
def test_compiled(name):
    assert_agrees(name, tf.function(PROGRAMS[name].function, jit_compile=True))
