"""Asked for determinism, random ops without a seed raise; those with one give its numbers."""

import pytest

import tidefall as tf
from tidefall.base.config import config

MESSAGE = "Random ops require a seed to be set when determinism is enabled"
DRAWS = {
    "uniform": lambda **seed: tf.random.uniform([2], **seed),
    "integers": lambda **seed: tf.random.uniform([2], 0, 5, dtype=tf.int32, **seed),
    "normal": lambda **seed: tf.random.normal([2], **seed),
    "truncated_normal": lambda **seed: tf.random.truncated_normal([2], **seed),
    "shuffle": lambda **seed: tf.random.shuffle([1, 2], **seed),
    "gamma": lambda **seed: tf.random.gamma([2], 1.0, **seed),
    "poisson": lambda **seed: tf.random.poisson([2], 1.0, **seed),
    "categorical": lambda **seed: tf.random.categorical([[1.0, 2.0]], 2, **seed),
    "dropout": lambda **seed: tf.nn.dropout(tf.ones([2]), 0.5, **seed),
    "random_crop": lambda **seed: tf.image.random_crop(tf.ones([2, 2]), [1, 1], **seed),
    "initializer": lambda **seed: tf.random_normal_initializer(**seed)([2]),
    "dataset": lambda **seed: list(tf.data.Dataset.range(3).shuffle(3, **seed)),
}


@pytest.fixture(autouse=True)
def determinism():
    tf.random.set_seed(None)
    with config.override(op_determinism=False):
        tf.config.experimental.enable_op_determinism()
        yield
    tf.random.set_seed(None)


@pytest.mark.parametrize("name", DRAWS)
def test_a_draw_without_a_seed_raises(name):
    with pytest.raises(RuntimeError, match=MESSAGE):
        DRAWS[name]()
    with pytest.raises(RuntimeError, match=MESSAGE):
        tf.function(DRAWS[name])()


@pytest.mark.parametrize("name", DRAWS)
def test_a_draw_with_a_seed_runs(name):
    assert DRAWS[name](seed=3) is not None
    tf.random.set_seed(1)
    assert DRAWS[name]() is not None


def test_raw_ops_without_a_seed_raise():
    with pytest.raises(tf.errors.InvalidArgumentError, match="must have a seed specified"):
        tf.raw_ops.RandomUniform(shape=[2], dtype=tf.float32)
    assert tf.raw_ops.RandomUniform(shape=[2], dtype=tf.float32, seed=1).shape == [2]


def test_generators_start_at_a_known_state():
    with pytest.raises(RuntimeError, match="from_non_deterministic_state"):
        tf.random.Generator.from_non_deterministic_state()
    assert tf.random.Generator.from_seed(1).uniform([2]).shape == [2]


def test_functions_with_seeds_of_their_own_say_so():
    with pytest.raises(ValueError, match="requires a non-zero seed"):
        tf.image.sample_distorted_bounding_box([4, 4, 3], [[[0.0, 0.0, 1.0, 1.0]]], seed=0)
