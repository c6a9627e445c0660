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


CASES = [
    (branch_that_only_assigns, [np.array(1, np.int32)]),
]
"""Functions that make a function and its variables, and the arguments to call it with."""
