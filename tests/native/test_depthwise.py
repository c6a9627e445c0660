"""The native gradient of depthwise filters agrees with NumPy's, eagerly and compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tidefall as tf
from tests.native.ways import ALL
from tidefall.base.errors import InternalError
from tidefall.native.library import call, enabled, status
from tidefall.ops.nn.convolution import kernels
from tidefall.ops.nn.windows import geometry

native_only = pytest.mark.skipif(not enabled(), reason=f"native kernels: {status().reason}")

# Sizes, window, channels, stride, dilation, padding.
CASES = {
    "5x5": ((14, 14), (5, 5), 96, 1, 1, "SAME"),
    "5x5 strided": ((15, 13), (5, 5), 64, 2, 1, "SAME"),
    "odd channels": ((9, 11), (3, 5), 83, 1, 1, "SAME"),
    "few channels": ((9, 11), (4, 2), 3, 1, 1, "VALID"),
    "dilated": ((16, 17), (5, 3), 80, 1, 3, "SAME"),
    "strided with a rest": ((18, 19), (3, 4), 16, 3, 1, "VALID"),
    "window larger than the picture": ((3, 2), (7, 7), 20, 1, 1, "SAME"),
    "one result": ((5, 5), (5, 5), 130, 1, 1, "VALID"),
    "two threads": ((56, 56), (5, 5), 72, 1, 1, "SAME"),
}


@native_only
@ALL
@pytest.mark.parametrize(
    ("sizes", "window", "channels", "stride", "dilation", "padding"), CASES.values(), ids=CASES
)
def test_the_gradient_agrees_with_numpy(
    sizes: Any, window: Any, channels: int, stride: int, dilation: int, padding: str, run: Any
) -> None:
    g = geometry(sizes, window, (stride,) * 2, padding, (), (dilation,) * 2)
    draw = np.random.default_rng(8).normal
    x = draw(size=(3, *sizes, channels)).astype(np.float32)
    dy = draw(size=(3, *g.outs, channels)).astype(np.float32)
    shape = (*window, channels, 1)
    how = (*g.strides, *g.dilations, *g.before)
    dw = run("depthwise_filter_gradient", [x, dy], [(shape, np.float32)], how)[0]
    expected = kernels.depthwise_filter_gradient(x, dy, shape, g)
    # Sums of thousands of products, in another order on each kind of processor.
    np.testing.assert_allclose(dw, expected, rtol=2e-5, atol=1e-3)


@native_only
def test_arrays_that_do_not_fit_are_an_error() -> None:
    x, dy = np.zeros((1, 6, 6, 4), np.float32), np.zeros((1, 6, 6, 5), np.float32)
    with pytest.raises(InternalError, match="one filter for each channel"):
        call("depthwise_filter_gradient", [x, dy], [((5, 5, 4, 1), np.float32)], (1, 1, 1, 1, 2, 2))


@pytest.mark.parametrize("multiplier", [1, 2])
@pytest.mark.parametrize("window", [3, 5])
def test_gradients_of_a_compiled_function_agree_with_eager_ones(
    window: int, multiplier: int
) -> None:
    draw = np.random.default_rng(9).normal
    x = tf.constant(draw(size=(2, 11, 10, 6)), tf.float32)
    w = tf.constant(draw(size=(window, window, 6, multiplier)), tf.float32)

    def gradients(x: Any, w: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch([x, w])
            y = tf.nn.depthwise_conv2d(x, w, [1, 2, 2, 1], "SAME")
            loss = tf.reduce_sum(y * y)
        return tape.gradient(loss, [x, w])

    compiled = tf.function(gradients, jit_compile=True)(x, w)
    for found, expected in zip(compiled, gradients(x, w), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)
