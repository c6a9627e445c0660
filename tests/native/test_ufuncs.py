"""Universal functions over the kernels' loops agree with formulas, however their arrays lie."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest

import tidefall as tf
from tidefall.base.config import config
from tidefall.native import library
from tidefall.native.ufuncs import ufunc
from tidefall.ops.random import philox

pytestmark = pytest.mark.skipif(
    not library.enabled(), reason=f"native kernels: {library.status().reason}"
)
Formula = Callable[..., np.ndarray]


def _softmax(x: np.ndarray) -> np.ndarray:
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


ONE: dict[str, Formula] = {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.maximum(x, 0),
    "elu": lambda x: np.where(x < 0, np.expm1(np.minimum(x, 0)), x),
    "rsqrt": lambda x: 1 / np.sqrt(np.abs(x)),
    "softmax": _softmax,
    "log_softmax": lambda x: np.log(_softmax(x)),
}
MORE: dict[str, Formula] = {
    "squared_difference": lambda a, b: (a - b) ** 2,
    "sigmoid_grad": lambda y, dy: dy * y * (1 - y),
    "tanh_grad": lambda y, dy: dy * (1 - y * y),
    "relu_grad": lambda g, x: np.where(x > 0, g, 0),
    "elu_grad": lambda g, y: np.where(y < 0, (y + 1) * g, g),
    "sqrt_grad": lambda y, dy: dy * 0.5 / y,
    "rsqrt_grad": lambda y, dy: y**3 * dy * -0.5,
    "clip": lambda x, low, high: np.maximum(np.minimum(x, high), low),
}


def _arrays(name: str, shape: tuple[int, ...]) -> list[np.ndarray]:
    generator = np.random.default_rng(0)
    count = 1 if name in ONE else 3 if name == "clip" else 2
    made = [(generator.standard_normal(shape) * 4).astype(np.float32) for _ in range(count)]
    return [np.abs(made[0]), *made[1:]] if name == "rsqrt" else made


@pytest.mark.parametrize("shape", [(1,), (7,), (5, 33), (3, 4, 100), (70_001,), (9, 20_000)])
@pytest.mark.parametrize("name", [*ONE, *MORE])
def test_agrees_with_the_formula(name: str, shape: tuple[int, ...], level: str) -> None:
    given = _arrays(name, shape)
    result = ufunc(name)(*given)
    assert result.dtype == np.float32
    expected = {**ONE, **MORE}[name](*[a.astype(np.float64) for a in given])
    np.testing.assert_allclose(result, expected, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("name", [*ONE, *MORE])
def test_a_result_is_the_same_wherever_the_elements_lie(name: str) -> None:
    given = _arrays(name, (130, 1201))
    spread = [np.repeat(np.repeat(a, 2, 0), 3, 1)[::2, ::3] for a in given]
    turned = [np.asfortranarray(a) for a in given]
    result = ufunc(name)(*given)
    for others in (spread, turned):
        np.testing.assert_array_equal(ufunc(name)(*others), result)
    room = np.zeros((130, 2402), np.float32)
    ufunc(name)(*given, out=room[:, ::2])
    np.testing.assert_array_equal(room[:, ::2], result)
    assert not room[:, 1::2].any()


@pytest.mark.parametrize("name", ["sigmoid", "softmax", "clip"])
def test_a_result_does_not_depend_on_the_number_of_threads(name: str) -> None:
    given = _arrays(name, (1001, 997))
    result = ufunc(name)(*given)
    library.limit_threads(1)
    try:
        np.testing.assert_array_equal(ufunc(name)(*given), result)
    finally:
        library.limit_threads(0)


@pytest.mark.parametrize("count", [1, 12, 13, 100, 70_001])
def test_random_blocks_are_those_of_numpy(count: int, level: str) -> None:
    for key, counter in ((0, 0), (5, 7), (2**64 - 1, 2**128 - 3), (2**63 + 5, 2**64 - 9)):
        index = np.arange(count, dtype=np.uint64)
        made, first = philox.blocks(key, counter, index), philox.block(key, counter)
        config.native = False
        try:
            np.testing.assert_array_equal(made, philox.blocks(key, counter, index))
            assert first == philox.block(key, counter) == tuple(made[0].tolist())
        finally:
            config.native = True


def test_operands_broadcast() -> None:
    x = np.linspace(-2, 2, 1200, dtype=np.float32).reshape(30, 40)
    low, high = np.linspace(-1, 0, 40, dtype=np.float32), np.float32(1)
    np.testing.assert_array_equal(ufunc("clip")(x, low, high), np.clip(x, low, high))


@pytest.mark.parametrize("name", [*ONE, *MORE])
def test_nothing_is_computed_of_nothing(name: str) -> None:
    for shape in ((0,), (3, 0), (0, 3)):
        assert ufunc(name)(*_arrays(name, shape)).shape == shape


def test_what_is_no_number_stays_so_without_a_warning() -> None:
    inf, nan = np.float32(np.inf), np.float32(np.nan)
    x = np.array([nan, inf, -inf, -200, 200, 0], np.float32)
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(ufunc("relu")(x), [nan, inf, 0, 0, 200, 0])
        np.testing.assert_allclose(ufunc("sigmoid")(x), [nan, 1, 0, 0, 1, 0.5], atol=1e-30)
        np.testing.assert_array_equal(ufunc("elu")(x), [nan, inf, -1, -1, 200, 0])
        np.testing.assert_array_equal(ufunc("clip")(x, -1, nan), [nan] * 6)
        np.testing.assert_array_equal(ufunc("rsqrt")(x[[0, 1, 2, 5]]), [nan, 0, nan, inf])
        for name in ("softmax", "log_softmax"):
            rows = np.stack([np.roll([nan, 1, 2], i) for i in range(3)]).astype(np.float32)
            assert np.isnan(ufunc(name)(rows)).all()
            assert np.isnan(ufunc(name)(np.full((2, 40), -inf))).all()
        masked = ufunc("log_softmax")(np.array([0, -inf, 0], np.float32))
        np.testing.assert_allclose(masked, [-np.log(2), -inf, -np.log(2)])


def test_calls_from_several_threads() -> None:
    x = np.random.default_rng(0).standard_normal((300, 1000)).astype(np.float32)
    expected, found = ufunc("softmax")(x), []
    threads = [threading.Thread(target=lambda: found.append(ufunc("softmax")(x))) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    for result in found:
        np.testing.assert_array_equal(result, expected)
    assert len(found) == 4


def test_ops_do_without() -> None:
    x = tf.constant(np.linspace(-3, 3, 24, dtype=np.float32).reshape(4, 6))
    functions = [tf.sigmoid, tf.nn.relu, tf.nn.elu, tf.nn.softmax, tf.nn.log_softmax]
    functions.append(lambda x: tf.clip_by_value(x, -1.0, 1.0))
    with_kernels = [f(x).numpy() for f in functions]
    config.native = False
    try:
        assert ufunc("relu") is None
        for function, expected in zip(functions, with_kernels, strict=True):
            np.testing.assert_allclose(function(x).numpy(), expected, rtol=1e-6, atol=1e-7)
    finally:
        config.native = True
    assert ufunc("relu") is not None


def test_an_unknown_name() -> None:
    with pytest.raises(ValueError, match="no universal function called 'cosine'"):
        ufunc("cosine")
