"""Pooling against its definition, on the host and compiled."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import tidefall as tf
from tidefall.ops.nn.pooling import kernels, lowerings
from tidefall.ops.nn.pooling.ops import pool_geometry


def direct(x: np.ndarray, g, dy: np.ndarray) -> dict[str, np.ndarray]:
    """Pooling one window at a time."""
    found = {
        "max": np.zeros(g.outs),
        "avg": np.zeros(g.outs),
        "argmax": np.zeros(g.outs, np.int64),
        "dmax": np.zeros(x.shape),
        "davg": np.zeros(x.shape),
    }
    for position in itertools.product(*map(range, g.outs)):
        inside = [
            [p * s + i - b for i in range(w) if 0 <= p * s + i - b < n]
            for p, s, w, b, n in zip(position, g.strides, g.windows, g.before, g.sizes, strict=True)
        ]
        elements = list(itertools.product(*inside))
        values = [x[e] for e in elements]
        first = elements[int(np.argmax(values))]
        found["max"][position], found["avg"][position] = max(values), np.mean(values)
        found["argmax"][position] = np.ravel_multi_index(first, x.shape)
        found["dmax"][first] += dy[position]
        for element in elements:
            found["davg"][element] += dy[position] / len(elements)
    return found


def settings(seed: int):
    """A random pooling that fits; half of them have windows side by side."""
    rng = np.random.default_rng(seed)
    while True:
        n = int(rng.integers(1, 4))
        sizes = tuple(int(v) for v in rng.integers(1, 9, n))
        windows = tuple(int(v) for v in rng.integers(1, 4, n))
        strides = windows if rng.integers(2) else tuple(int(v) for v in rng.integers(1, 4, n))
        padding = str(rng.choice(["SAME", "VALID", "EXPLICIT"]))
        explicit: tuple[int, ...] = ()
        if padding == "EXPLICIT":
            pairs = [int(rng.integers(0, w)) for w in windows for _ in range(2)]
            explicit = (0, 0, *pairs, 0, 0)
        how = ((1, *windows, 1), (1, *strides, 1), padding, explicit, "NHWC")
        try:
            g = pool_geometry((2, *sizes, 3), how)
        except ValueError:
            continue
        if 0 not in g.outs:
            return g


@pytest.mark.parametrize("seed", range(30))
def test_host_kernels(seed: int) -> None:
    g = settings(seed)
    rng = np.random.default_rng(seed)
    # Few different numbers: many windows have two maxima, and the first must win.
    x, dy = rng.integers(-3, 3, g.sizes).astype(float), rng.standard_normal(g.outs)
    want = direct(x, g, dy)
    np.testing.assert_array_equal(kernels.max_pool(x, g), want["max"])
    np.testing.assert_allclose(kernels.avg_pool(x, g), want["avg"])
    np.testing.assert_array_equal(kernels.max_pool_argmax(x, g, True)[1], want["argmax"])
    np.testing.assert_allclose(kernels.max_pool_gradient(x, want["max"], dy, g), want["dmax"])
    np.testing.assert_allclose(kernels.avg_pool_gradient(dy, g.sizes, g), want["davg"])
    ddx = rng.standard_normal(x.shape)
    picked = kernels.max_pool_gradient_gradient(x, want["max"], ddx, g)
    np.testing.assert_array_equal(picked, ddx.reshape(-1)[want["argmax"]])


@pytest.mark.parametrize("most_terms", [64, 1], ids=["unrolled", "windowed"])
@pytest.mark.parametrize("seed", range(0, 30, 5))
def test_lowerings(seed: int, most_terms: int, monkeypatch: pytest.MonkeyPatch) -> None:
    import jax

    monkeypatch.setattr(lowerings, "MAX_TERMS", most_terms)
    g = settings(seed)
    rng = np.random.default_rng(seed)
    x, dy = rng.integers(-3, 3, g.sizes).astype(float), rng.standard_normal(g.outs)
    want = direct(x, g, dy)

    def run(x, y, dy, argmax):
        return {
            "max": lowerings.max_pool(x, g),
            "avg": lowerings.avg_pool(x, g),
            "argmax": lowerings.max_pool_argmax(x, g, True)[1],
            "dmax": lowerings.max_pool_gradient(x, y, dy, g),
            "davg": lowerings.avg_pool_gradient(dy, g),
            "by argmax": lowerings.argmax_gradient(dy, argmax, g, True),
        }

    with jax.enable_x64(True):
        got = jax.jit(run)(x, want["max"], dy, want["argmax"])
    want["by argmax"] = want["dmax"]
    for name, value in got.items():
        np.testing.assert_allclose(value, want[name], 1e-9, 1e-9, err_msg=name)


@pytest.mark.parametrize("ksize, strides", [(2, 2), (3, 2), (3, 1)])
def test_gradient_of_max_pooling_compiles_without_select_and_scatter(ksize, strides) -> None:
    import jax

    g = pool_geometry(
        (1, 8, 8, 2), ((1, ksize, ksize, 1), (1, strides, strides, 1), "SAME", (), "NHWC")
    )
    x = np.zeros(g.sizes, np.float32)
    y = dy = np.zeros(g.outs, np.float32)
    text = jax.jit(lambda *a: lowerings.max_pool_gradient(*a, g)).lower(x, y, dy).as_text()
    assert "select_and_scatter" not in text
    assert "reduce_window" not in text


@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d"])
def test_channels_first(name: str) -> None:
    x = np.random.default_rng(0).standard_normal((2, 5, 6, 3))
    function = getattr(tf.nn, name)
    with tf.GradientTape(persistent=True) as tape:
        last, first = tf.constant(x), tf.constant(x.transpose(0, 3, 1, 2))
        tape.watch([last, first])
        a = function(last, [3, 2], [2, 1], "SAME")
        b = function(first, [3, 2], [2, 1], "SAME", data_format="NCHW")
    np.testing.assert_allclose(b.numpy().transpose(0, 2, 3, 1), a)
    np.testing.assert_allclose(
        tape.gradient(b, first).numpy().transpose(0, 2, 3, 1), tape.gradient(a, last)
    )


def test_integers_are_pooled_over_their_whole_range() -> None:
    x = tf.constant([[[[-128]], [[-100]]]], tf.int8)
    assert tf.nn.max_pool2d(x, [1, 2], 1, "SAME").numpy().ravel().tolist() == [-128, -100]
