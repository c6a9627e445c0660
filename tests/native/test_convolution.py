"""Native convolution agrees with NumPy's, eagerly and in compiled programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from ml_dtypes import bfloat16

from tests.native.ways import BOTH
from tidefall.base.errors import InternalError
from tidefall.native import convolution as native
from tidefall.native.library import call, enabled, status, takes_products
from tidefall.native.post_ops import PostOp, post_ops
from tidefall.ops.nn.convolution import kernels
from tidefall.ops.nn.fused import POST_OPS
from tidefall.ops.nn.windows import geometry

pytestmark = pytest.mark.skipif(not enabled(), reason=f"native kernels: {status().reason}")


@dataclass(frozen=True)
class Case:
    sizes: tuple[int, ...]
    windows: tuple[int, ...]
    channels: int
    filters: int
    groups: int = 1
    stride: int = 1
    dilation: int = 1
    padding: str = "SAME"
    explicit: tuple[int, ...] = ()


CASES = {
    "3x3": Case((16, 16), (3, 3), 8, 16),
    "one channel": Case((9, 9), (3, 3), 1, 5),
    "three channels": Case((12, 12), (5, 5), 3, 32),
    "odd sizes, strided": Case((15, 17), (3, 5), 7, 9, stride=2, padding="VALID"),
    "strided with a rest": Case((10, 11), (3, 3), 4, 8, stride=3, padding="VALID"),
    "strided, padded unevenly": Case((16, 16), (3, 3), 4, 8, stride=2),
    "dilated": Case((16, 16), (3, 3), 8, 8, dilation=2),
    "explicit padding": Case((8, 8), (3, 3), 4, 4, padding="EXPLICIT", explicit=(2, 0, 1, 3)),
    "1x1": Case((8, 8), (1, 1), 16, 24),
    "1x1 strided": Case((9, 9), (1, 1), 16, 24, stride=2),
    "groups": Case((10, 10), (3, 3), 12, 24, groups=4),
    "groups of eight": Case((10, 10), (3, 3), 16, 32, groups=2),
    "depthwise": Case((10, 10), (3, 3), 13, 13, groups=13),
    "depthwise, strided": Case((11, 11), (5, 5), 16, 16, groups=16, stride=2),
    "depthwise, dilated": Case((16, 16), (3, 3), 16, 16, groups=16, dilation=2),
    "depthwise, two filters each": Case((10, 10), (3, 3), 6, 12, groups=6),
    "1D": Case((32,), (3,), 16, 8),
    "1D dilated": Case((32,), (3,), 4, 8, dilation=4, padding="VALID"),
    "3D": Case((6, 7, 8), (3, 2, 3), 4, 8),
    "window as large as the image": Case((5, 5), (5, 5), 4, 8, padding="VALID"),
}


def _taken(dtype: Any) -> Any:
    """The dtype, if kernels take it on this processor."""
    if not takes_products(np.zeros(1, dtype)):
        pytest.skip("the processor does not multiply bfloat16")
    return dtype


def _close(dtype: Any) -> Any:
    """What compares results of a dtype with those of its inputs as float32."""
    # Results are rounded to 8 bits.
    rtol, atol = (2e-5, 5e-4) if dtype == np.float32 else (8e-3, 1e-2)

    def compare(actual: np.ndarray, expected: np.ndarray) -> None:
        assert actual.dtype == dtype
        np.testing.assert_allclose(actual.astype(np.float32), expected, rtol, atol)

    return compare


def _first(x: np.ndarray) -> np.ndarray:
    """Channels moved to the second place."""
    return np.ascontiguousarray(np.moveaxis(x, -1, 1))


@pytest.mark.compiles
@BOTH
@pytest.mark.parametrize("first", [False, True], ids=["channels last", "channels first"])
@pytest.mark.parametrize("dtype", [np.float32, bfloat16])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_convolution_and_its_gradients_agree_with_numpy(
    case: Case, dtype: Any, first: bool, run: Any
) -> None:
    rank = len(case.sizes)
    g = geometry(
        case.sizes,
        case.windows,
        (case.stride,) * rank,
        case.padding,
        case.explicit,
        (case.dilation,) * rank,
    )
    draw = np.random.default_rng(3).normal
    x = draw(size=(2, *case.sizes, case.channels)).astype(_taken(dtype))
    w = draw(size=(*case.windows, case.channels // case.groups, case.filters)).astype(dtype)
    dy = draw(size=(2, *g.outs, case.filters)).astype(dtype)
    place = _first if first else np.asarray
    close = _close(dtype)

    y = native.convolve(run, place(x), w, g, case.groups, first)
    dx = native.convolve_input_gradient(run, place(dy), w, g, case.groups, first)
    dw = native.convolve_filter_gradient(run, place(x), place(dy), g, case.groups, first)
    x, w, dy = (a.astype(np.float32) for a in (x, w, dy))
    close(y, place(kernels.convolve(x, w, g)))
    close(dx, place(kernels.convolve_input_gradient(dy, w, x.shape, g)))
    close(dw, kernels.convolve_filter_gradient(x, dy, w.shape, g))


@BOTH
@pytest.mark.parametrize("dtype", [np.float32, bfloat16])
def test_filter_gradients_of_several_threads_are_added_up(dtype: Any, run: Any) -> None:
    g = geometry((32, 32), (3, 3), (1, 1), "SAME", (), (1, 1))
    draw = np.random.default_rng(5).normal
    x = draw(size=(7, 32, 32, 16)).astype(_taken(dtype))
    dy = draw(size=(7, 32, 32, 24)).astype(dtype)
    dw = native.convolve_filter_gradient(run, x, dy, g, 1, False)
    x, dy = x.astype(np.float32), dy.astype(np.float32)
    expected = kernels.convolve_filter_gradient(x, dy, (3, 3, 16, 24), g)
    _close(dtype)(dw, expected)


ACTIVATIONS = {
    "Relu": lambda y: np.maximum(y, 0),
    "Relu6": lambda y: np.clip(y, 0, 6),
    "Elu": lambda y: np.where(y > 0, y, np.expm1(y)),
    "LeakyRelu": lambda y: np.where(y > 0, y, 0.3 * y),
    "Sigmoid": lambda y: 1 / (1 + np.exp(-y)),
    "Tanh": np.tanh,
    "Swish": lambda y: y / (1 + np.exp(np.minimum(-y, 80))),
}
STEPS = {
    **{name: ("BiasAdd", name) for name in ACTIVATIONS},
    "bias": ("BiasAdd",),
    "activation alone": ("Relu",),
    "normalisation": ("Mul", "BiasAdd", "Swish"),
    "normalisation after a bias": ("BiasAdd", "Mul", "BiasAdd", "Relu"),
    "sum": ("BiasAdd", "Add", "Relu"),
    "swish before the end": ("Mul", "Swish", "Add"),
}
"""What follows a convolution."""


@BOTH
@pytest.mark.parametrize("groups", [1, 24], ids=["", "depthwise"])
@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_steps_come_after_the_convolution(
    steps: tuple[str, ...], batch: int, groups: int, run: Any
) -> None:
    g = geometry((40, 30), (3, 5), (1, 2), "SAME", (), (1, 1))
    draw = np.random.default_rng(4).normal
    x = draw(size=(batch, 40, 30, 24)).astype(np.float32)  # enough for several threads
    w = draw(size=(3, 5, 24 // groups, 24)).astype(np.float32)
    expected = kernels.convolve(x, w, g)
    others = []
    for name in steps:
        if name in ACTIVATIONS:
            expected = ACTIVATIONS[name](expected)
            continue
        shape = expected.shape if name == "Add" else 24
        others.append(draw(size=shape).astype(np.float32))
        expected = expected * others[-1] if name == "Mul" else expected + others[-1]
    y = native.convolve(
        run, x, w, g, groups, False, others, post_ops([POST_OPS[name] for name in steps], 0.3)
    )
    np.testing.assert_allclose(y, expected, rtol=2e-5, atol=5e-4)


@BOTH
@pytest.mark.parametrize("channels", [1, 21])
def test_swish_of_values_at_the_ends(channels: int, run: Any) -> None:
    values = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        30.0,
        -30.0,
        100.0,
        -100.0,
        3e38,
        -3e38,
        np.inf,
        -np.inf,
        np.nan,
    ]
    x = np.tile(np.float32(values)[None, :, None, None], (1, 1, 1, channels))
    w = np.ones((1, 1, 1, channels), np.float32)
    g = geometry((13, 1), (1, 1), (1, 1), "VALID", (), (1, 1))
    y = native.convolve(run, x, w, g, channels, False, (), post_ops([PostOp.SWISH]))
    with np.errstate(over="ignore", invalid="ignore"):
        expected = x * (1 / (1 + np.exp(-x)))
    np.testing.assert_allclose(y, expected, rtol=1e-6, atol=1e-30)


def test_what_a_kernel_cannot_take_is_an_error() -> None:
    x = np.zeros((1, 4, 4, 2), np.float32)
    w = np.zeros((3, 3, 5, 2), np.float32)  # of five channels
    with pytest.raises(InternalError, match=r"native kernel convolution: .*TIDEFALL_NATIVE=0"):
        call("convolution", [x, w], [((1, 4, 4, 2), np.float32)], (1, 0, *[1] * 8))
    with pytest.raises(InternalError, match="expected 2 arrays in and 1 out"):
        call("convolution", [x], [((1, 4, 4, 2), np.float32)], ())
    w, how = np.zeros((1, 1, 2, 2), np.float32), (1, 0, *[1] * 4, *[0] * 4)
    with pytest.raises(InternalError, match="expected 1 arrays for what follows, got 0"):
        call("convolution", [x, w], [((1, 4, 4, 2), np.float32)], (*how, *post_ops([PostOp.MUL])))
