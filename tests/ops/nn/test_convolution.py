"""Convolution against its definition: any window, stride, dilation, padding, layout and groups."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import tidefall as tf
from tidefall.op import raw
from tidefall.op.registry import find_op
from tidefall.ops.nn.windows import geometry, out_size, same_padding

RNG = np.random.default_rng(0)


def direct(x: np.ndarray, w: np.ndarray, g: tuple, groups: int) -> np.ndarray:
    """Convolution of `[batch, *spatial, channels]` one output position at a time."""
    padded = np.pad(x, [(0, 0), *g.pairs, (0, 0)])
    part, filters = w.shape[-2], w.shape[-1] // groups
    out = np.zeros((x.shape[0], *g.outs, w.shape[-1]))
    for position in itertools.product(*map(range, g.outs)):
        seen = tuple(
            slice(p * s, p * s + (k - 1) * d + 1, d)
            for p, s, k, d in zip(position, g.strides, g.windows, g.dilations, strict=True)
        )
        patch = padded[(slice(None), *seen)]
        for group in range(groups):
            inputs = patch[..., group * part : (group + 1) * part].reshape(x.shape[0], -1)
            weights = w[..., group * filters : (group + 1) * filters].reshape(-1, filters)
            place = (slice(None), *position, slice(group * filters, (group + 1) * filters))
            out[place] = inputs @ weights
    return out


def settings(rng: np.random.Generator) -> dict:
    """A random convolution that fits."""
    while True:
        n = int(rng.integers(2, 4))
        groups = int(rng.choice([1, 1, 2, 3]))
        sizes = tuple(int(v) for v in rng.integers(3, 8, n))
        window = tuple(int(v) for v in rng.integers(1, 4, n))
        strides = tuple(int(v) for v in rng.integers(1, 4, n))
        dilations = tuple(int(v) for v in rng.choice([1, 1, 2], n))
        padding = str(rng.choice(["SAME", "VALID", "EXPLICIT"] if n == 2 else ["SAME", "VALID"]))
        explicit = tuple(int(v) for v in rng.integers(0, 3, 2 * n)) if padding == "EXPLICIT" else ()
        try:
            g = geometry(sizes, window, strides, padding, explicit, dilations)
        except ValueError:
            continue
        if 0 not in g.outs:
            part, filters = (int(v) for v in rng.integers(1, 4, 2))
            return {
                "g": g,
                "groups": groups,
                "x": (2, *sizes, groups * part),
                "w": (*window, part, groups * filters),
                "padding": padding,
                "explicit": explicit,
                "first": bool(rng.integers(2)),
            }


def attributes(case: dict) -> dict:
    g, first = case["g"], case["first"]

    def full(values: tuple) -> list[int]:
        return [1, 1, *values] if first else [1, *values, 1]

    letters = "DHW"[-len(g.windows) :]
    attrs = {
        "strides": full(g.strides),
        "dilations": full(g.dilations),
        "padding": case["padding"],
        "data_format": f"NC{letters}" if first else f"N{letters}C",
    }
    if case["explicit"]:
        zeros = [0, 0]
        explicit = list(case["explicit"])
        flat = [*zeros, *zeros, *explicit] if first else [*zeros, *explicit, *zeros]
        attrs["explicit_paddings"] = flat
    return attrs


CASES = [settings(np.random.default_rng(seed)) for seed in range(24)]


HOST = [(number, False) for number in range(len(CASES))]
COMPILED = [(number, True) for number in range(0, len(CASES), 3)]  # compiling takes long


@pytest.mark.parametrize("number, jit", HOST + COMPILED)
def test_convolution_and_its_gradients(number: int, jit: bool) -> None:
    case = CASES[number]
    rng = np.random.default_rng(number)
    rank = len(case["g"].windows)
    x, w = rng.standard_normal(case["x"]), rng.standard_normal(case["w"])
    expected = direct(x, w, case["g"], case["groups"])
    dy = rng.standard_normal(expected.shape)
    attrs = attributes(case)
    to_layout = (0, rank + 1, *range(1, rank + 1)) if case["first"] else tuple(range(rank + 2))
    back = tuple(np.argsort(to_layout))
    forward = find_op("Conv2D" if rank == 2 else "Conv3D")

    def run(x, w, dy):
        with tf.GradientTape() as tape:
            tape.watch([x, w])
            y = forward(x, w, **attrs)
        return y, *tape.gradient(y, [x, w], output_gradients=dy)

    tensors = [tf.constant(a) for a in (x.transpose(to_layout), w, dy.transpose(to_layout))]
    y, dx, dw = tf.function(run, jit_compile=True)(*tensors) if jit else run(*tensors)
    np.testing.assert_allclose(y.numpy().transpose(back), expected, 1e-9, 1e-9)
    # The gradients are the transposes of the (linear) convolution: <conv(v), dy> = <v, gradient>.
    for v, gradient, image in (
        (rng.standard_normal(x.shape), dx.numpy().transpose(back), True),
        (rng.standard_normal(w.shape), dw.numpy(), False),
    ):
        moved = (
            direct(v, w, case["g"], case["groups"])
            if image
            else direct(x, v, case["g"], case["groups"])
        )
        np.testing.assert_allclose((moved * dy).sum(), (v * gradient).sum(), 1e-8, 1e-8)


@pytest.mark.parametrize("first", [False, True], ids=["NHWC", "NCHW"])
def test_depthwise_is_convolution_in_as_many_groups(first: bool) -> None:
    x, w = RNG.standard_normal((2, 5, 6, 3)), RNG.standard_normal((2, 3, 3, 2))
    if first:
        x = x.transpose(0, 3, 1, 2)
    how = {
        "strides": [1, 1, 1, 1],
        "padding": "SAME",
        "data_format": "NCHW" if first else "NHWC",
    }
    grouped = w.reshape(2, 3, 1, 6)
    dy = RNG.standard_normal(raw.Conv2D(x, grouped, **how).shape)
    with tf.GradientTape(persistent=True) as tape:
        tensors = [tf.constant(v) for v in (x, w, grouped)]
        tape.watch(tensors)
        one = raw.DepthwiseConv2dNative(tensors[0], tensors[1], **how)
        other = raw.Conv2D(tensors[0], tensors[2], **how)
    np.testing.assert_allclose(one, other, 1e-10)
    got = tape.gradient(one, tensors[:2], output_gradients=dy)
    want = tape.gradient(other, [tensors[0], tensors[2]], output_gradients=dy)
    np.testing.assert_allclose(got[0], want[0], 1e-9)
    np.testing.assert_allclose(got[1], want[1].numpy().reshape(w.shape), 1e-9)


def test_blocks_of_rows_give_what_one_block_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    x, w = RNG.standard_normal((3, 9, 8, 4)), RNG.standard_normal((3, 3, 2, 6))

    def run() -> list:
        with tf.GradientTape() as tape:
            tensors = [tf.constant(x), tf.constant(w)]
            tape.watch(tensors)
            y = tf.nn.conv2d(*tensors, 2, "SAME")
        return [y, *tape.gradient(y, tensors)]

    whole = run()
    monkeypatch.setattr("tidefall.ops.nn.windows.BLOCK_ELEMENTS", 100)
    for got, want in zip(run(), whole, strict=True):
        np.testing.assert_allclose(got, want, 1e-10)


@pytest.mark.parametrize(
    "size, window, stride, dilation, padding, expected",
    [
        (7, 3, 1, 1, "VALID", 5),
        (7, 3, 2, 1, "VALID", 3),
        (7, 3, 1, 2, "VALID", 3),
        (7, 3, 2, 1, "SAME", 4),
        (7, None, 2, 1, "SAME", 4),
        (7, None, 2, 1, "VALID", None),
        (None, 3, 2, 1, "SAME", None),
        (3, 4, 1, 1, "VALID", 0),
    ],
)
def test_output_sizes(size, window, stride, dilation, padding, expected) -> None:
    assert out_size(size, window, stride, dilation, padding) == expected


def test_same_padding_puts_the_odd_element_after() -> None:
    assert same_padding(6, 3, 2) == (0, 1)
    assert same_padding(7, 3, 2) == (1, 1)
    assert same_padding(7, 1, 3) == (0, 0)


def test_unknown_sizes_are_inferred_as_far_as_known() -> None:
    with tf.Graph().as_default():
        x = raw.Placeholder(dtype=tf.float32, shape=[None, 9, None, 3])
        w = raw.Placeholder(dtype=tf.float32, shape=[3, 3, 3, 8])
        assert tf.nn.conv2d(x, w, 2, "SAME").shape.as_list() == [None, 5, None, 8]
        unknown = raw.Placeholder(dtype=tf.float32, shape=None)
        assert tf.nn.conv2d(unknown, w, 2, "SAME").shape.as_list() == [None, None, None, 8]
        with pytest.raises(ValueError, match="evenly divisible"):
            tf.nn.conv2d(x[..., :2], w, 1, "SAME")
