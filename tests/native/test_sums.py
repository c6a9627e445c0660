"""Native sums agree with NumPy, eagerly and compiled, and compiled functions use them."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

import tidefall as tf
from tests.native.ways import ALL
from tidefall.base.errors import InternalError
from tidefall.native import sums
from tidefall.native.library import call, enabled, status

native_only = pytest.mark.skipif(not enabled(), reason=f"native kernels: {status().reason}")

SHAPES = {
    "channels of pictures": ((3, 17, 19, 5), (0, 1, 2)),
    "pictures apart": ((3, 17, 19, 5), (1, 2)),
    "columns": ((1000, 96), (0,)),
    "wide columns": ((37, 1300), (0,)),
    "two rows": ((2, 300), (0,)),
    "two threads": ((4, 100, 100, 16), (0, 1, 2)),
    "more rows apart than threads": ((40, 100, 90), (1,)),
    "one element each": ((6, 4, 1), (0,)),
}


@native_only
@ALL
@pytest.mark.parametrize(("shape", "axes"), SHAPES.values(), ids=SHAPES)
def test_sums_over_the_middle_agree_with_numpy(shape: Any, axes: Any, run: Any) -> None:
    draw = np.random.default_rng(5).normal
    x, y = (draw(2.0, size=shape).astype(np.float32) for _ in range(2))
    expected = x.sum(axes, dtype=np.float64)
    by = sums.middle(shape, axes)
    assert by is not None
    kept = expected.shape
    close = partial(np.testing.assert_allclose, rtol=1e-5, atol=1e-4)
    close(sums.middle_sums(run, x, by, kept), expected)
    expected = np.multiply(x, y, dtype=np.float64).sum(axes)
    close(sums.middle_products(run, x, y, by, kept), expected)
    centre = x.mean(axes, keepdims=True)
    expected = np.square(x.astype(np.float64) - centre).sum(axes)
    close(sums.middle_squares(run, x, centre, by, kept), expected)


def test_only_axes_that_lie_together_are_a_middle() -> None:
    assert sums.middle((2, 3, 4, 5), (1, 2)) == (2, 12, 5)
    assert sums.middle((2, 3, 1, 5), (0, 1)) == (1, 6, 5)
    assert sums.middle((2, 1, 4, 5), (0, 2)) == (1, 8, 5)
    assert sums.middle((2, 3, 4, 5), (0, 2)) is None
    assert sums.middle((2, 3, 4, 5), (3,)) is None  # what is kept comes before
    assert sums.middle((2, 3), (0, 1)) is None
    assert sums.middle((1, 3), (0,)) is None  # nothing to add up


@native_only
def test_arrays_of_other_sizes_are_an_error() -> None:
    x = np.zeros((4, 3), np.float32)
    with pytest.raises(InternalError, match="not of the sizes in the settings"):
        call("middle_sums", [x], [((3,), np.float32)], (0, 1, 5, 3))
    with pytest.raises(InternalError, match="expected 2 arrays"):
        call("middle_sums", [x], [((3,), np.float32)], (1, 1, 4, 3))


LARGE = (3, 100, 100, 8)


def _compiled(function: Any, *arrays: np.ndarray, loose: bool = False) -> np.ndarray:
    """The function compiled, with shapes that are known while tracing or not."""
    shapes = [[None] * a.ndim if loose else a.shape for a in arrays]
    signature = [tf.TensorSpec(s, tf.float32) for s in shapes]
    return tf.function(function, signature, jit_compile=True)(*map(tf.constant, arrays)).numpy()


@pytest.mark.parametrize("loose", [False, True], ids=["known shapes", "unknown shapes"])
def test_reductions_of_large_arrays_agree_with_numpy(loose: bool) -> None:
    draw = np.random.default_rng(6).normal
    x, y = (draw(1.0, size=LARGE).astype(np.float32) for _ in range(2))
    row = y[:1, :1, :1]
    over = (0, 1, 2)
    cases = [
        (lambda x, y: tf.reduce_sum(x, over), x.sum(over, dtype=np.float64)),
        (lambda x, y: tf.reduce_mean(x, [1, 2], keepdims=True), x.mean((1, 2), keepdims=True)),
        (lambda x, y: tf.reduce_sum(x * y, over), (x * y).sum(over, dtype=np.float64)),
        (lambda x, y: tf.reduce_sum(x * y[:1], over), (x * y[:1]).sum(over, dtype=np.float64)),
        (lambda x, y: tf.reduce_sum(y[:1, :1, :1] * x, [0, 1]), (row * x).sum((0, 1))),
        (
            lambda x, y: tf.reduce_mean(tf.math.squared_difference(row[0, 0], x), over),
            ((row - x) ** 2).mean(over),
        ),
        (lambda x, y: tf.nn.moments(x, over)[1], x.var(over, dtype=np.float64)),
        (
            lambda x, y: tf.reduce_mean(tf.math.squared_difference(x, y), over),
            ((x - y) ** 2).mean(over),
        ),
        (lambda x, y: tf.raw_ops.BiasAddGrad(out_backprop=x), x.sum(over, dtype=np.float64)),
    ]
    for function, expected in cases:
        found = _compiled(function, x, y, loose=loose)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-2)


def test_what_is_not_finite_stays_so() -> None:
    x = np.ones(LARGE, np.float32)
    x[1, 2, 3, :3] = np.inf, -np.inf, np.nan
    sum_of = _compiled(lambda x: tf.reduce_sum(x, (0, 1, 2)), x)
    np.testing.assert_array_equal(sum_of[:4], [np.inf, -np.inf, np.nan, 30000])
    variance = _compiled(lambda x: tf.nn.moments(x, (0, 1, 2))[1], x)
    np.testing.assert_array_equal(variance[:4], [np.nan, np.nan, np.nan, 0])


@pytest.mark.parametrize("axes", [[4], [0, 0], [-5]])
def test_impossible_axes_are_an_error_for_large_arrays_too(axes: list[int]) -> None:
    with pytest.raises((tf.errors.InvalidArgumentError, ValueError)):
        _compiled(lambda x: tf.reduce_sum(x, axes), np.ones(LARGE, np.float32), loose=True)


def test_training_normalisation_of_large_pictures_agrees_with_the_host() -> None:
    draw = np.random.default_rng(7).normal
    x, dy = (draw(1.0, 2.0, size=LARGE).astype(np.float32) for _ in range(2))
    scale, offset = (draw(size=8).astype(np.float32) for _ in range(2))

    def step(x: Any, dy: Any, scale: Any, offset: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch([x, scale, offset])
            y, mean, variance = tf.compat.v1.nn.fused_batch_norm(x, scale, offset)
        return y, mean, variance, *tape.gradient(y, [x, scale, offset], dy)

    arrays = [tf.constant(a) for a in (x, dy, scale, offset)]
    for found, expected in zip(
        tf.function(step, jit_compile=True)(*arrays), step(*arrays), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-2)
