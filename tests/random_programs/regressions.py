"""Programs on which the ways of running once disagreed."""

from __future__ import annotations

from typing import Any

import numpy as np

import tidefall as tf


def branch_that_only_assigns() -> Any:
    """A Case whose outputs nobody reads was left out, with its assignment."""
    v = tf.Variable(1.0)

    def assign() -> Any:
        v.assign_add(1.0)
        return tf.constant(0.0)

    def f(n: Any) -> Any:
        tf.switch_case(n, [lambda: tf.constant(1.0), assign])
        return n + 1

    return f, [v]


def pads_of_a_scalar() -> Any:
    """XLA was given no widths in a form that it refused."""

    def f(x: Any) -> Any:
        widths = tf.zeros([0, 2], tf.int32)
        plain = tf.pad(x, widths, constant_values=2.0)
        return plain, tf.pad(x, widths), tf.pad(x, widths, "REFLECT")

    return f, []


def gradient_of_a_capture_in_a_branch() -> Any:
    """A small eager tensor became a constant of the branch, though a tape outside watched it."""

    def f(x: Any, n: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * 3.0
            choose = tf.function(
                lambda a: tf.switch_case(n, [lambda: a + y, lambda: a * y]), autograph=False
            )
            result = choose(x)
        return tape.gradient(result, x)

    return f, []


CASES = [
    (gradient_of_a_capture_in_a_branch, [np.ones(2, np.float32), np.array(1, np.int32)]),
    (pads_of_a_scalar, [np.array(3.0, np.float32)]),
    (branch_that_only_assigns, [np.array(1, np.int32)]),
]
"""Functions that make a function and its variables, and the arguments to call it with."""
