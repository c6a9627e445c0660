"""Streams of stateful random ops: shared, moved on and reset the same way by every executor."""

from __future__ import annotations

import numpy as np
import pytest

import tidefall as tf
from tidefall.base.config import config
from tidefall.ops.random.seeds import Stream, get_seed

DRAWS = {
    "uniform": lambda: tf.random.uniform([3], seed=7),
    "integers": lambda: tf.random.uniform([3], 0, 1000, tf.int64, seed=7),
    "shuffle": lambda: tf.random.shuffle(tf.range(9), seed=7),
    "categorical": lambda: tf.random.categorical(tf.zeros([2, 50]), 5, seed=7),
}


@pytest.fixture(autouse=True)
def _seeded():
    tf.random.set_seed(5)
    yield
    tf.random.set_seed(None)


@pytest.mark.parametrize("name", DRAWS)
def test_compiled_code_draws_the_numbers_of_eager_code(name: str) -> None:
    draw = DRAWS[name]
    eager = [draw().numpy() for _ in range(3)]
    tf.random.set_seed(5)
    function = tf.function(draw, jit_compile=True)
    np.testing.assert_array_equal([function().numpy() for _ in range(3)], eager)


def test_a_function_that_changes_its_executor_continues_its_stream() -> None:
    draw = DRAWS["uniform"]
    eager = [draw().numpy() for _ in range(4)]
    tf.random.set_seed(5)
    function, numbers = tf.function(draw), []
    for tier in ("host", "xla", "xla", "host"):
        with config.override(tier=tier):
            numbers.append(function().numpy())
    np.testing.assert_array_equal(numbers, eager)


@pytest.mark.parametrize("jit", [False, True])
def test_setting_the_seed_resets_functions(jit: bool) -> None:
    function = tf.function(lambda: tf.random.uniform([4]), jit_compile=jit)
    first = [function().numpy() for _ in range(2)]
    tf.random.set_seed(5)
    np.testing.assert_array_equal([function().numpy() for _ in range(2)], first)
    assert not np.array_equal(*first)


@pytest.mark.parametrize("jit", [False, True])
def test_every_round_of_a_loop_draws_anew(jit: bool) -> None:
    @tf.function(jit_compile=jit)
    def rounds(n):
        def body(i, rows):
            drawn = tf.random.uniform([1, 2], seed=3)
            return i + 1, tf.tensor_scatter_nd_update(rows, [[i]], drawn)

        return tf.while_loop(lambda i, _: i < n, body, (0, tf.zeros([4, 2])))[1]

    straight = [tf.random.uniform([1, 2], seed=3).numpy()[0] for _ in range(7)]
    tf.random.set_seed(5)
    np.testing.assert_array_equal(rounds(tf.constant(4)), straight[:4])
    np.testing.assert_array_equal(rounds(tf.constant(3))[:3], straight[4:])


@pytest.mark.parametrize("jit", [False, True])
def test_two_functions_have_streams_of_their_own(jit: bool) -> None:
    def draw():
        return tf.random.uniform([2])

    one, other = (tf.function(draw, jit_compile=jit) for _ in range(2))
    first = one().numpy()
    one()
    np.testing.assert_array_equal(other(), first)


@pytest.mark.parametrize("jit", [False, True])
def test_without_a_seed_numbers_differ(jit: bool) -> None:
    tf.random.set_seed(None)
    assert get_seed(None) == (None, None)
    function = tf.function(lambda: tf.random.uniform([4]), jit_compile=jit)
    drawn = {
        tuple(f().numpy().tolist()) for f in (function, function, lambda: tf.random.uniform([4]))
    }
    assert len(drawn) == 3


def test_dropout_differs_from_call_to_call_and_keeps_the_mean() -> None:
    function = tf.function(lambda x: tf.nn.dropout(x, 0.25), jit_compile=True)
    x = tf.ones([100, 100])
    first, second = function(x).numpy(), function(x).numpy()
    assert set(np.unique(first)) == {0.0, np.float32(1 / 0.75)}
    assert not np.array_equal(first, second)
    assert abs(first.mean() - 1) < 0.05


def test_reserving_wraps_around_128_bits() -> None:
    stream = Stream(1, 2)
    stream.move_to(2**128 - 1)
    assert stream.reserve(3) == (1, 2**128 - 1)
    assert stream.reserve(0) == (1, 2)


def test_a_generator_is_saved_with_what_holds_it(tmp_path) -> None:
    class Holder(tf.Module):
        def __init__(self):
            super().__init__()
            self.generator = tf.random.Generator.from_seed(3)

    holder = Holder()
    holder.generator.normal([5])
    path = tf.train.Checkpoint(holder=holder).save(str(tmp_path / "state"))
    expected = holder.generator.normal([3]).numpy()
    other = Holder()
    tf.train.Checkpoint(holder=other).restore(path).assert_consumed()
    np.testing.assert_array_equal(other.generator.normal([3]), expected)


def test_generators_in_compiled_functions_move_their_state() -> None:
    generator = tf.random.Generator.from_seed(3)
    straight = [generator.uniform([3]).numpy() for _ in range(3)]
    generator.reset_from_seed(3)
    function = tf.function(lambda: generator.uniform([3]), jit_compile=True)
    np.testing.assert_array_equal([function().numpy() for _ in range(3)], straight)
