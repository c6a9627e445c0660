"""Transforms over any axes, for which TensorFlow has ops and no kernels: they are NumPy's."""

from __future__ import annotations

import numpy as np
import pytest

import tidefall as tf

RNG = np.random.default_rng(7)
REAL = RNG.normal(size=(3, 4, 5))
COMPLEX = REAL + 1j * RNG.normal(size=(3, 4, 5))
CASES = [
    (None, None),
    (None, [0]),
    (None, [2, 0]),
    ([4, 3], [0, 2]),
    ([2, 6, 8], None),
    ([7], [-2]),
]
PAIRS = [("fftnd", COMPLEX), ("ifftnd", COMPLEX), ("rfftnd", REAL), ("irfftnd", COMPLEX)]


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(("lengths", "axes"), CASES)
@pytest.mark.parametrize(("name", "x"), PAIRS)
def test_is_what_numpy_computes(name: str, x: np.ndarray, lengths, axes, compiled: bool) -> None:
    wanted = getattr(np.fft, name.replace("nd", "n"))(x, lengths, axes or (0, 1, 2))

    def function(v):
        return getattr(tf.signal, name)(v, lengths, axes)

    found = tf.function(function, jit_compile=True)(x) if compiled else function(tf.constant(x))
    np.testing.assert_allclose(found.numpy(), wanted, atol=1e-10)


@pytest.mark.parametrize("norm", ["backward", "ortho", "forward"])
@pytest.mark.parametrize(("name", "x"), PAIRS)
def test_is_normalized_as_numpy_does(name: str, x: np.ndarray, norm: str) -> None:
    wanted = getattr(np.fft, name.replace("nd", "n"))(x, axes=(0, 1), norm=norm)
    found = getattr(tf.signal, name)(tf.constant(x), axes=[0, 1], norm=norm)
    np.testing.assert_allclose(found.numpy(), wanted, atol=1e-10)


@pytest.mark.parametrize(("lengths", "axes"), CASES)
@pytest.mark.parametrize(("name", "x"), PAIRS)
def test_gradient_is_the_slope(name: str, x: np.ndarray, lengths, axes) -> None:
    weights = None

    def loss(v):
        nonlocal weights
        y = getattr(tf.signal, name)(v, lengths, axes)
        parts = tf.stack([tf.math.real(y), tf.math.imag(y)]) if y.dtype.is_complex else y
        if weights is None:
            weights = np.random.default_rng(1).normal(size=parts.shape.as_list())
        return tf.reduce_sum(parts * weights)

    value = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(value)
        total = loss(value)
    step = np.zeros_like(x)
    step[1, 2, 1] = 1.0
    slope = float(loss(tf.constant(x + step)) - loss(tf.constant(x - step))) / 2
    gradient = tape.gradient(total, value).numpy()
    assert gradient.shape == x.shape
    np.testing.assert_allclose(gradient[1, 2, 1].real, slope, atol=1e-10)


@pytest.mark.parametrize(
    ("lengths", "axes"), [([4], [5]), ([4, 4], [0]), ([4, 4], [0, 0]), ([0], [0])]
)
def test_refuses_what_no_transform_is(lengths, axes) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="FFTND"):
        tf.fftnd(tf.constant(COMPLEX), lengths, axes)


def test_static_shapes() -> None:
    @tf.function(input_signature=[tf.TensorSpec([None, 8])])
    def run(x):
        y = tf.signal.rfftnd(x, [6], [1])
        assert y.shape.as_list() == [None, 4]
        return tf.signal.irfftnd(y, [6], [1])

    np.testing.assert_allclose(run(tf.ones([2, 8])).numpy(), np.ones([2, 6]), atol=1e-6)


@pytest.mark.parametrize("suffix", ["", "2D", "3D"])
def test_the_old_ops_are_the_new_ones(suffix: str) -> None:
    x = tf.constant(COMPLEX.astype(np.complex64))
    for name in ("FFT", "IFFT"):
        old = getattr(tf.raw_ops, f"Batch{name}{suffix}")(input=x)
        new = getattr(tf.raw_ops, f"{name}{suffix}")(input=x)
        np.testing.assert_array_equal(old.numpy(), new.numpy())
