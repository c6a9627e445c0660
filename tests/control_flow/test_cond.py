"""tf.cond, tf.case, tf.switch_case and tf.while_loop, eager, on the host and compiled."""

from __future__ import annotations

import collections
from typing import Any

import numpy as np
import pytest

import tidefall as tf

WAYS = {
    "eager": lambda f: f,
    "host": tf.function,
    "xla": lambda f: tf.function(f, jit_compile=True),
}
EACH = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


@EACH
def test_cond_runs_one_branch(way):
    choose = way(lambda p, x: tf.cond(p, lambda: x * 2.0, lambda: x - 1.0))
    x = tf.constant(5.0)
    assert float(choose(tf.constant(True), x)) == 10.0
    assert float(choose(tf.constant(False), x)) == 4.0


@EACH
def test_only_the_chosen_branch_writes(way):
    v = tf.Variable(0.0)

    def count(p):
        return tf.cond(p, lambda: v.assign_add(1.0) + 0.0, lambda: v + 100.0)

    run = way(count)
    assert float(run(tf.constant(True))) == 1.0
    assert float(run(tf.constant(False))) == 101.0
    assert float(v) == 1.0


@EACH
def test_gradient_of_cond(way):
    def gradient(p, x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.cond(p, lambda: x * x, lambda: x * 3.0)
        return tape.gradient(y, x)

    run = way(gradient)
    assert float(run(tf.constant(True), tf.constant(4.0))) == 8.0
    assert float(run(tf.constant(False), tf.constant(4.0))) == 3.0


@EACH
def test_while_loop_repeats(way):
    run = way(lambda n: tf.while_loop(lambda i, s: i < n, lambda i, s: (i + 1, s + i), (0, 0)))
    i, total = run(tf.constant(5))
    assert (int(i), int(total)) == (5, 10)


@EACH
def test_while_loop_stops_at_maximum_iterations(way):
    run = way(
        lambda: tf.while_loop(
            lambda i: True, lambda i: [i + 1], [tf.constant(0)], maximum_iterations=3
        )
    )
    assert int(run()[0]) == 3


@EACH
def test_while_loop_updates_variables(way):
    v = tf.Variable(1.0)

    def double(n):
        def body(i):
            v.assign(v * 2.0)
            return [i + 1]

        return tf.while_loop(lambda i: i < n, body, [0])[0]

    way(double)(tf.constant(4))
    assert float(v) == 16.0


@EACH
def test_switch_case_and_default(way):
    branches = [lambda: tf.constant(10), lambda: tf.constant(20)]
    run = way(lambda i: tf.switch_case(i, branches, default=lambda: tf.constant(-1)))
    assert [int(run(tf.constant(i))) for i in (0, 1, 7)] == [10, 20, -1]


@EACH
def test_case_takes_the_first_that_holds(way):
    run = way(
        lambda x: (
            tf.case(
                [(x < 0, lambda: tf.constant("neg")), (x < 10, lambda: tf.constant("low"))],
                default=lambda: tf.constant("high"),
            )
            if way is not WAYS["xla"]
            else tf.case(
                [(x < 0, lambda: tf.constant(0)), (x < 10, lambda: tf.constant(1))],
                default=lambda: tf.constant(2),
            )
        )
    )
    names = {b"neg": 0, b"low": 1, b"high": 2}
    found = [run(tf.constant(i)).numpy() for i in (-1, 5, 50)]
    assert [names.get(f, f) for f in found] == [0, 1, 2]


def test_branches_must_agree():
    @tf.function
    def uneven(p):
        return tf.cond(p, lambda: tf.constant(1), lambda: tf.constant(1.0))

    with pytest.raises(TypeError, match="same dtypes"):
        uneven(tf.constant(True))


def test_loop_variables_keep_shape_and_dtype():
    @tf.function
    def grows(x):
        return tf.while_loop(lambda v: True, lambda v: [tf.concat([v, v], 0)], [x])

    with pytest.raises(ValueError, match="shape_invariants"):
        grows(tf.constant([1.0]))

    @tf.function
    def changes(x):
        return tf.while_loop(lambda v: True, lambda v: [tf.cast(v, tf.float32)], [x])

    with pytest.raises(TypeError, match="dtype"):
        changes(tf.constant(1))


def test_shape_invariants_allow_growth():
    @tf.function
    def grow(x):
        return tf.while_loop(
            lambda i, v: i < 3,
            lambda i, v: (i + 1, tf.concat([v, v], 0)),
            (0, x),
            shape_invariants=(tf.TensorShape([]), tf.TensorShape([None])),
        )[1]

    assert grow(tf.constant([1.0])).shape == [8]


@pytest.mark.parametrize("call", [lambda: tf.cond(True, 1, 2), lambda: tf.while_loop(1, 2, [3])])
def test_functions_must_be_callable(call):
    with pytest.raises(TypeError, match="callable"):
        call()


def test_raw_ops_take_concrete_functions() -> None:
    spec = tf.TensorSpec([], tf.int32)
    more = tf.function(lambda i: i + 1).get_concrete_function(spec)
    below = tf.function(lambda i: i < 3).get_concrete_function(spec)
    zero = [tf.constant(0)]
    assert int(tf.raw_ops.While(input=zero, cond=below, body=more)[0]) == 3
    chosen = tf.raw_ops.If(
        cond=True, input=zero, Tout=[tf.int32], then_branch=more, else_branch=more
    )
    assert int(chosen[0]) == 1
    assert int(tf.raw_ops.PartitionedCall(args=zero, Tout=[tf.int32], f=more)[0]) == 1


def test_slices_of_branches_get_indices_of_one_dtype() -> None:
    def rows(dtype: Any) -> Any:
        return tf.IndexedSlices(tf.ones([1, 2]), tf.constant([1], dtype), tf.constant([4, 2]))

    @tf.function
    def pick(p: Any, a: Any, b: Any) -> Any:
        return tf.cond(p, lambda: rows(a), lambda: rows(b))

    @tf.function
    def switch(i: Any) -> Any:
        return tf.switch_case(i, [lambda: rows(tf.int32), lambda: rows(tf.int64)])

    true = tf.constant(True)
    assert pick(true, tf.int32, tf.int32).indices.dtype == tf.int32
    assert pick(true, tf.int32, tf.int64).indices.dtype == tf.int64
    assert switch(tf.constant(0)).indices.dtype == tf.int64


def test_an_eager_loop_returns_what_its_body_does() -> None:
    def below(i: Any, *rest: Any) -> Any:
        return i < 2

    assert type(tf.while_loop(below, lambda i, a: (i + 1, a), [0, 1.0])) is tuple
    assert type(tf.while_loop(below, lambda i, a: [i + 1, a], (0, 1.0))) is list
    assert type(tf.while_loop(below, lambda i, a: (i + 1, a), [2, 1.0])) is list


def test_a_loop_in_a_graph_returns_what_it_was_given() -> None:
    Pair = collections.namedtuple("Pair", "i a")
    kinds = []

    @tf.function
    def run() -> Any:
        result = tf.while_loop(lambda i, a: i < 2, lambda i, a: (i + 1, a), Pair(0, 1.0))
        kinds.append(type(result))
        nested = tf.while_loop(
            lambda i, a: i < 2, lambda i, a: (i + 1, [a[0], a[1]]), [0, (1.0, 2.0)]
        )
        kinds.append(type(nested[1]))
        return result.i

    assert run().numpy() == 2
    assert kinds == [Pair, tuple]


def test_an_eager_loop_passes_values_as_they_are() -> None:
    seen = []

    def body(i: Any, total: Any) -> Any:
        seen.append(type(i))
        return i + 1, total + i

    result = tf.while_loop(lambda i, total: i < 3, body, (0, np.array(0)))
    assert seen == [int] * 3
    assert [t.dtype for t in result] == [tf.int32, tf.int64]
    assert result[1].numpy() == 3


def test_programs_are_told_the_values_that_tensorflow_tells() -> None:
    told = []

    @tf.function
    def watch(x: Any) -> Any:
        a = tf.constant([3, 4])
        told.extend(
            tf.get_static_value(t)
            for t in (tf.rank(x), tf.stack([a[0], 1]), tf.where(a >= 0, a, a), tf.cast(a, tf.int64))
        )
        return x

    watch(tf.ones([2, 2]))
    assert told[0] == 2
    assert told[1:3] == [None, None]
    assert told[3].tolist() == [3, 4]
