"""The ThreeFry generator on each executor, against the numbers of compiled TensorFlow functions."""

import gzip
import json

import numpy as np
import pytest

import tidefall as tf
from tests.oracle import threefry

EXACT = ("uniform", "full", "between", "state", "skip")
RECORDED = json.loads(gzip.decompress(threefry.RECORDED.read_bytes()))
RUN = {
    "eager": lambda f: f(),
    "host": lambda f: tf.function(f, jit_compile=False)(),
    "xla": lambda f: tf.function(f, jit_compile=True)(),
}


def _tolerance(name):
    if name.split()[0] in EXACT or name.split()[-1] in EXACT:
        return 0.0
    # TensorFlow computes with the precision of the dtype, in an order of its own.
    return 2e-2 if "16" in name else 3e-6


@pytest.mark.parametrize("executor", RUN)
def test_numbers_are_tensorflows(executor):
    drawn = threefry.draw(tf, RUN[executor])
    assert drawn.keys() == RECORDED.keys()
    for name, expected in RECORDED.items():
        tolerance = _tolerance(name)
        kind = None if "full" in name else np.float64
        np.testing.assert_allclose(
            np.array(drawn[name], kind),
            np.array(expected, kind),
            rtol=tolerance,
            atol=tolerance,
            err_msg=name,
        )


def test_generators_split_and_make_seeds():
    generator = tf.random.Generator.from_seed(1, alg="threefry")
    first, second = generator.split(2)
    assert first.state.shape == [2] and first.algorithm == tf.random.Algorithm.THREEFRY.value
    assert first.uniform([]) != second.uniform([])
    assert generator.make_seeds(3).shape == [2, 3]


@pytest.mark.parametrize(
    "function",
    [
        lambda: tf.random.experimental.stateless_shuffle(tf.range(4), [1, 2], alg="threefry"),
        lambda: tf.random.Generator.from_seed(1, alg="threefry").binomial([2], 3.0, 0.5),
    ],
)
def test_what_comes_from_philox_only_is_refused(function):
    with pytest.raises(tf.errors.UnimplementedError, match="ThreeFry"):
        function()


def test_keys_and_counters_are_checked():
    how = {"shape": [2], "alg": 2, "dtype": tf.float32}
    key, counter = tf.constant([1], tf.uint64), tf.constant([1], tf.uint64)
    with pytest.raises(tf.errors.InvalidArgumentError, match="key must have shape"):
        tf.raw_ops.StatelessRandomUniformV2(key=key[0], counter=counter, **how)
    with pytest.raises(tf.errors.InvalidArgumentError, match="length at least 1"):
        tf.raw_ops.StatelessRandomUniformV2(key=key, counter=counter[:0], **how)
    with pytest.raises(ValueError, match="seed must have shape"):
        tf.random.stateless_uniform([2], [1, 2, 3], alg="threefry")
