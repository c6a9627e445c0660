"""The gradient of a depthwise filter that XLA computes by itself, against its definition."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import tidefall as tf
from tidefall.op import raw
from tidefall.ops.nn.convolution import depthwise_lowerings as lowerings
from tidefall.ops.nn.windows import geometry

# Sizes that are one block, several, and several with a rest; window, stride, dilation, multiplier.
SHAPES = [
    ((5, 7), (3, 3), 1, 1, 1),
    ((57, 61), (1, 1), 1, 1, 2),
    ((59, 30), (2, 5), 1, 1, 1),
    ((60, 9), (3, 2), 2, 1, 1),
    ((13, 40), (3, 3), 1, 3, 2),
]


def direct(x: np.ndarray, dy: np.ndarray, w: tuple[int, ...], g: object) -> np.ndarray:
    padded = np.pad(x, [(0, 0), *g.pairs, (0, 0)])
    dy = dy.reshape(*dy.shape[:3], *w[2:])
    result = np.zeros(w)
    for at in itertools.product(range(w[0]), range(w[1])):
        seen = tuple(
            slice(a * d, a * d + (n - 1) * s + 1, s)
            for a, d, n, s in zip(at, g.dilations, g.outs, g.strides, strict=True)
        )
        result[at] = np.einsum("nijc,nijcm->cm", padded[(slice(None), *seen)], dy)
    return result


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("sizes, window, stride, dilation, multiplier", SHAPES)
def test_the_gradient_of_a_filter_is_its_definition(
    sizes, window, stride, dilation, multiplier, padding, monkeypatch
):
    monkeypatch.setattr(lowerings, "takes_products", lambda *arrays: False)  # no native kernel
    rng = np.random.default_rng(0)
    g = geometry(sizes, window, (stride,) * 2, padding, (), (dilation,) * 2)
    w = (*window, 3, multiplier)
    x = rng.standard_normal((2, *sizes, 3)).astype(np.float32)
    dy = rng.standard_normal((2, *g.outs, 3 * multiplier)).astype(np.float32)

    @tf.function(jit_compile=True)
    def compiled(x, dy):
        return raw.DepthwiseConv2dNativeBackpropFilter(
            x,
            list(w),
            dy,
            strides=[1, stride, stride, 1],
            padding=padding,
            dilations=[1, dilation, dilation, 1],
        )

    np.testing.assert_allclose(compiled(x, dy), direct(x, dy, w, g), rtol=1e-4, atol=1e-4)


def test_halves_are_summed_in_float32():
    x, dy = np.ones((1, 64, 64, 1), np.float16), np.ones((1, 64, 64, 1), np.float16)

    @tf.function(jit_compile=True)
    def compiled(x, dy):
        return raw.DepthwiseConv2dNativeBackpropFilter(
            x, [1, 1, 1, 1], dy, strides=[1, 1, 1, 1], padding="SAME"
        )

    assert float(compiled(x, dy)[0, 0, 0, 0]) == 4096


@pytest.mark.parametrize("size", [1, 7, 56, 57, 61, 112, 224, 225])
@pytest.mark.parametrize("most", [1, 4, 28, 56])
def test_parts_cover_a_dimension_once(size, most):
    parts = lowerings._parts(size, most)
    places = [p.start + i for p in parts for i in range(p.count * p.block)]
    assert places == list(range(size))
    assert all(p.block <= most for p in parts) and len(parts) <= 2
