"""Expensive eager ops move from their host kernels to their lowerings, and nothing else changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tidefall as tf
from tidefall.base.config import config
from tidefall.op import raw
from tidefall.ops import eager_tiers

X = tf.random.stateless_uniform([2, 8, 8, 3], [1, 2])
W = tf.random.stateless_uniform([3, 3, 3, 4], [3, 4])
DEEP = tf.random.stateless_uniform([3, 3, 3, 1], [3, 4])

PROGRAMS = {
    "conv2d": lambda x: tf.nn.conv2d(x, W, 1, "SAME"),
    "strided": lambda x: tf.nn.conv2d(x, W, 2, "VALID"),
    "transposed": lambda x: tf.nn.conv2d_transpose(x[..., :1], W[..., :1], [2, 8, 8, 3], 1),
    "depthwise": lambda x: tf.nn.depthwise_conv2d(x, DEEP, [1, 1, 1, 1], "SAME"),
    "conv3d": lambda x: tf.nn.conv3d(x[None], W[None], [1] * 5, "SAME"),
}
COSTLY = {
    "exp": tf.exp,
    "expm1": tf.math.expm1,
    "log": lambda x: tf.math.log(x + 1.0),
    "log1p": tf.math.log1p,
    "tanh": tf.tanh,
    "sigmoid": tf.sigmoid,
    "erf": tf.math.erf,
    "erfc": tf.math.erfc,
    "elu": lambda x: tf.nn.elu(x - 0.5),
    "selu": lambda x: tf.nn.selu(x - 0.5),
    "softplus": tf.nn.softplus,
    "softmax": tf.nn.softmax,
    "log_softmax": tf.nn.log_softmax,
    "sinh": tf.sinh,
    "acosh": lambda x: tf.acosh(x + 1.5),
    "atanh": lambda x: tf.atanh(x - 0.5),
    "erfinv": lambda x: tf.math.erfinv(x * 1.5 - 0.75),
}


def _with_gradient(program: Any, x: Any) -> list[np.ndarray]:
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = program(x)
    return [y.numpy(), tape.gradient(y, x).numpy()]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every op is worth compiling at once; gives the names of those that were."""
    moved: list[str] = []
    monkeypatch.setattr(eager_tiers, "COMPILE_SECONDS", 0.0)
    monkeypatch.setattr(eager_tiers, "WORTH_SECONDS", 0.0)
    monkeypatch.setattr(eager_tiers._log, "info", lambda text, name, *_: moved.append(name))
    return moved


@pytest.mark.parametrize("name", PROGRAMS)
def test_results_agree_after_the_move(name: str, impatient: list[str]) -> None:
    x = X[:, :, :, :] + 0.0
    with config.override(tier="host"):
        expected = _with_gradient(PROGRAMS[name], x)
        assert not impatient
    for _ in range(3):
        for got, wanted in zip(_with_gradient(PROGRAMS[name], x), expected, strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", COSTLY)
def test_large_arrays_of_costly_functions_move(name: str, impatient: list[str]) -> None:
    x = tf.random.stateless_uniform([3, eager_tiers.LARGE // 3 + 1], [1, 2])
    with config.override(tier="host"):
        expected = _with_gradient(COSTLY[name], x)
    COSTLY[name](x[0])
    assert not impatient
    for _ in range(2):
        for got, wanted in zip(_with_gradient(COSTLY[name], x), expected, strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)
    assert impatient


@pytest.mark.parametrize(
    ("seconds", "trials"), [(2, eager_tiers._TRIALS), (3, 1)], ids=["slower", "hopeless"]
)
def test_an_op_that_is_slower_compiled_moves_back(
    monkeypatch: pytest.MonkeyPatch, seconds: int, trials: int
) -> None:
    clock = iter(range(10_000))
    tiers = eager_tiers._Tiers(raw.Neg, 0)

    def lowering(*_: Any) -> list[int]:
        for _ in range(seconds - 1):
            next(clock)
        return [0, 0]

    monkeypatch.setattr(tiers._op, "run_lowering", lowering)
    monkeypatch.setattr(eager_tiers, "perf_counter", lambda: float(next(clock)))
    ran = [len(tiers.run([tf.constant([1.0])], {"T": tf.float32})) for _ in range(20)]
    # A call on the host costs 1 "second". The first compiled one, which compiles, is not a trial.
    assert ran == [1] + [2] * (trials + 1) + [1] * (19 - trials - 1)


def test_an_op_moves_once_for_each_shape(impatient: list[str]) -> None:
    for batch in (5, 6):
        for _ in range(3):
            tf.nn.conv2d(tf.zeros([batch, 7, 7, 3]), W, 1, "SAME")
    assert impatient == ["Conv2D", "Conv2D"]


def test_nothing_moves_where_results_must_repeat(impatient: list[str]) -> None:
    tf.random.set_seed(1)
    with config.override(op_determinism=True):
        for _ in range(3):
            tf.nn.conv2d(tf.zeros([4, 7, 7, 3]), W, 1, "SAME")
    assert not impatient


def test_errors_are_the_same_after_the_move(impatient: list[str]) -> None:
    for _ in range(3):
        with pytest.raises(tf.errors.InvalidArgumentError):
            tf.nn.conv2d(X, tf.zeros([3, 3, 2, 4]), 1, "SAME")
