"""Numbers where care is needed: wide and narrow dtypes, limits, exactness, complex slopes."""

import numpy as np
import pytest

import tidefall as tf
from tidefall.ops.linalg.matmul import product

c = tf.constant


# ---- narrow floats are accumulated in float32 ----


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("axis", [None, 0])
def test_sums_of_narrow_floats_do_not_stagnate(dtype, axis) -> None:
    x = tf.fill([4096, 1], c(1.0, dtype))
    assert float(tf.reshape(tf.reduce_sum(x, axis), [])) == 4096.0
    assert float(tf.reshape(tf.reduce_mean(x * 100, axis), [])) == 100.0
    assert float(tf.reshape(tf.matmul(x, x, transpose_a=True), [])) == 4096.0
    assert float(tf.reshape(tf.einsum("ij,ij->", x, x), [])) == 4096.0
    assert float(tf.reshape(tf.add_n([x] * 3)[0], [])) == 3.0


# ---- integers ----


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "int16", "uint32", "uint64"])
def test_large_integer_products_are_exact(dtype) -> None:
    info = np.iinfo(dtype)
    rng = np.random.default_rng(0)
    for high in (100, info.max):
        a = rng.integers(0, high, (40, 30), dtype=dtype)
        b = rng.integers(0, high, (30, 20), dtype=dtype)
        expected = (a.astype(object) @ b.astype(object)) % 2 ** (8 * info.dtype.itemsize)
        np.testing.assert_array_equal(
            product(a, b), expected.astype(f"u{info.dtype.itemsize}").view(dtype)
        )


def test_mean_of_integers_cannot_overflow() -> None:
    assert int(tf.reduce_mean(c([100, 100], tf.int8))) == 100
    assert int(tf.reduce_mean(c([2**62, 2**62, 2**62], tf.int64) // 2)) == 2**61
    assert int(tf.reduce_mean(c([-3, -4]))) == -3


@pytest.mark.parametrize("dtype", ["int8", "int32", "int64"])
def test_smallest_integer_survives_division(dtype) -> None:
    least = np.iinfo(dtype).min
    assert int(c(least, dtype) // c(1, dtype)) == least
    assert int(c(least, dtype) % c(7, dtype)) == least % 7
    assert int(tf.truncatediv(c(least, dtype), c(2, dtype))) == least // 2


# ---- casts that saturate ----


@pytest.mark.parametrize("source", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize(
    "target", ["int8", "uint8", "int32", "uint32", "int64", "uint64", "float16", "bfloat16"]
)
def test_saturating_casts_end_at_the_last_value_that_fits(source, target) -> None:
    x = c([np.inf, -np.inf, 0.0, 1.0], source)
    wanted = tf.dtypes.as_dtype(target)
    high, low, zero, one = (float(v) for v in tf.saturate_cast(x, target).numpy())
    assert (zero, one) == (0.0, 1.0)
    assert np.isfinite([high, low]).all()
    assert float(wanted.min) <= low <= 0.0
    limit = min(float(wanted.max), float(x.dtype.max))
    assert limit * 0.99 <= high <= limit * 1.01


@pytest.mark.parametrize("target", ["uint64", "int32", "uint8", "bfloat16"])
def test_saturating_casts_of_wide_integers(target) -> None:
    x = c([100, -100, 2**40], tf.int64)
    info = tf.dtypes.as_dtype(target)
    expected = [min(max(v, float(info.min)), float(info.max)) for v in (100, -100, 2**40)]
    np.testing.assert_allclose([float(v) for v in tf.saturate_cast(x, target).numpy()], expected)


# ---- nan ----


def test_nan_spreads_through_running_logsumexp() -> None:
    result = tf.math.cumulative_logsumexp([1.0, np.nan, 2.0]).numpy()
    np.testing.assert_array_equal(np.isnan(result), [False, True, True])


def test_gradient_of_products_with_zeros() -> None:
    x = c([2.0, 0.0, 3.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_prod(x)
    np.testing.assert_array_equal(tape.gradient(y, x).numpy(), [0.0, 6.0, 0.0])


def test_gradient_of_power_at_zero_is_finite() -> None:
    x, y = c([0.0, 2.0]), c([2.0, 3.0])
    with tf.GradientTape() as tape:
        tape.watch([x, y])
        z = x**y
    dx, dy = tape.gradient(z, [x, y])
    np.testing.assert_allclose(dx.numpy(), [0.0, 12.0])
    np.testing.assert_allclose(dy.numpy(), [0.0, 8.0 * np.log(2.0)], rtol=1e-6)


# ---- slopes of complex functions ----
# The gradient of a real loss is the direction of steepest ascent: the slope by the real part plus
# i times the slope by the imaginary part. (Those of xdivy, xlogy and cumprod are as in TensorFlow,
# which lacks a conjugate there.)

COMPLEX = {
    "divide": lambda x, y: x / y,
    "divide_no_nan": lambda x, y: tf.math.divide_no_nan(x, y),
    "pow": lambda x, y: x**y,
    "reduce_prod": lambda x, y: tf.reduce_prod(x * y),
    "tanh": lambda x, y: tf.tanh(x) * tf.sigmoid(y),
    "sqrt": lambda x, y: tf.sqrt(x) * tf.math.rsqrt(y),
    "squared_difference": lambda x, y: tf.math.squared_difference(x, y),
    "matmul": lambda x, y: tf.matmul(x[:, None], y[:, None], adjoint_a=True),
    "einsum": lambda x, y: tf.einsum("i,j->ij", x, tf.math.conj(y)),
    "abs": lambda x, y: tf.cast(tf.abs(x) * tf.math.angle(y), tf.complex128),
    "sign": lambda x, y: tf.sign(x) * tf.math.reciprocal(y),
}


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_gradients_point_uphill(name) -> None:
    rng = np.random.default_rng(len(name))
    x, y, weight = (rng.uniform(0.3, 1.0, 3) + 1j * rng.uniform(0.3, 1.0, 3) for _ in "xyw")

    def loss(x, y):
        z = COMPLEX[name](x, y)
        return tf.reduce_sum(tf.math.real(z * tf.cast(tf.reshape(weight[:1], []), z.dtype)))

    tensors = [c(x), c(y)]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        value = loss(*tensors)
    if name == "squared_difference":  # real, and its gradient is meant for real losses
        weight = weight.real + 0j
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            value = loss(*tensors)
    gradients = tape.gradient(value, tensors)
    for place, gradient in enumerate(gradients):
        for step in (1e-6, 1e-6j):
            moved = [c(x), c(y)]
            moved[place] = c([x, y][place] + step * np.array([1.0, 0.0, 0.0]))
            slope = (float(loss(*moved)) - float(value)) / abs(step)
            part = gradient.numpy()[0].real if step.imag == 0 else gradient.numpy()[0].imag
            np.testing.assert_allclose(part, slope, rtol=1e-4, atol=1e-5)
