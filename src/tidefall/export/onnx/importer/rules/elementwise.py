"""Functions of elements, alone or broadcast together."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import ml_dtypes
import numpy as np

import tidefall as tf
from tidefall.export.onnx.importer.registry import Call, CannotImport, dtype_of, onnx_op
from tidefall.export.onnx.importer.values import tensor_dtype


def _table(table: dict[str, Callable[..., Any]], count: int) -> None:
    for name, function in table.items():
        onnx_op(name)(partial(_apply, function, count))


def _apply(function: Callable[..., Any], count: int, c: Call) -> Any:
    return c.execution.layouts.elementwise(function, [c[i] for i in range(count)])


_table(
    {
        "Abs": tf.abs, "Acos": tf.acos, "Acosh": tf.acosh, "Asin": tf.asin, "Asinh": tf.asinh,
        "Atan": tf.atan, "Atanh": tf.atanh, "BitwiseNot": tf.bitwise.invert, "Ceil": tf.math.ceil,
        "Cos": tf.cos, "Cosh": tf.cosh, "Erf": tf.math.erf, "Exp": tf.exp, "Floor": tf.floor,
        "Identity": tf.identity, "IsNaN": tf.math.is_nan, "Log": tf.math.log, "Neg": tf.negative,
        "Not": tf.logical_not, "Reciprocal": tf.math.reciprocal, "Round": tf.round, "Sign": tf.sign,
        "Sin": tf.sin, "Sinh": tf.sinh, "Softsign": tf.nn.softsign, "Sqrt": tf.sqrt, "Tan": tf.tan,
        "Tanh": tf.tanh, "Sigmoid": tf.sigmoid, "Softplus": tf.nn.softplus, "Relu": tf.nn.relu,
        "Mish": lambda x: x * tf.tanh(tf.nn.softplus(x)),
    },
    1,
)  # fmt: skip
_table(
    {
        "Sub": tf.subtract, "Mul": tf.multiply, "And": tf.logical_and, "Or": tf.logical_or,
        "Xor": tf.math.logical_xor, "Equal": tf.equal, "Greater": tf.greater, "Less": tf.less,
        "GreaterOrEqual": tf.greater_equal, "LessOrEqual": tf.less_equal, "Add": tf.add,
        "BitwiseAnd": tf.bitwise.bitwise_and, "BitwiseOr": tf.bitwise.bitwise_or,
        "BitwiseXor": tf.bitwise.bitwise_xor,
    },
    2,
)  # fmt: skip


def _with_attributes(c: Call, function: Callable[[Any], Any]) -> Any:
    return c.execution.layouts.elementwise(function, [c[0]])


@onnx_op("Identity")
def _identity(c: Call) -> Any:
    return [c.get(0)]


@onnx_op("Div")
def _div(c: Call) -> Any:
    integer = dtype_of(c[0]).kind in "iu"
    function = tf.truncatediv if integer else tf.divide
    return c.execution.layouts.elementwise(function, c.inputs)


@onnx_op("Pow")
def _pow(c: Call) -> Any:
    x, y = c[0], c[1]
    if dtype_of(x) == dtype_of(y):
        return c.execution.layouts.elementwise(tf.pow, [x, y])
    wide = np.float64 if dtype_of(x).kind in "iu" else dtype_of(x)
    return tf.cast(tf.pow(tf.cast(x, wide), tf.cast(y, wide)), dtype_of(x))


@onnx_op("Mod")
def _mod(c: Call) -> Any:
    if c.attr("fmod", 0):
        return tf.truncatemod(c[0], c[1])
    return tf.math.floormod(c[0], c[1])


@onnx_op("BitShift")
def _shift(c: Call) -> Any:
    x, amount = tf.convert_to_tensor(c[0]), tf.convert_to_tensor(c[1])
    left = c.attr("direction") == b"LEFT"
    made = (tf.bitwise.left_shift if left else tf.bitwise.right_shift)(x, amount)
    # TensorFlow leaves open what shifting by more than there are bits gives.
    far = (amount < 0) | (amount >= 8 * dtype_of(x).itemsize)
    rest = tf.zeros_like(x) if left else tf.where(x < 0, ~tf.zeros_like(x), tf.zeros_like(x))
    return tf.where(far, rest, made)


def _fold(c: Call, function: Callable[..., Any]) -> Any:
    total = c[0]
    for other in c.inputs[1:]:
        total = c.execution.layouts.elementwise(function, [total, other])
    return total if len(c.inputs) > 1 else tf.identity(total)


@onnx_op("Sum")
def _sum(c: Call) -> Any:
    return _fold(c, tf.add)


@onnx_op("Mean")
def _mean(c: Call) -> Any:
    return _fold(c, tf.add) / len(c.inputs)


@onnx_op("Max")
def _max(c: Call) -> Any:
    return _fold(c, tf.maximum)


@onnx_op("Min")
def _min(c: Call) -> Any:
    return _fold(c, tf.minimum)


@onnx_op("Where")
def _where(c: Call) -> Any:
    return c.execution.layouts.elementwise(tf.where, c.inputs)


@onnx_op("Clip")
def _clip(c: Call) -> Any:
    low, high = (c.attr("min"), c.attr("max")) if c.opset < 11 else (c.get(1), c.get(2))
    dtype = dtype_of(c[0])

    def run(x: Any) -> Any:
        if low is not None:
            x = tf.maximum(x, tf.cast(low, dtype))
        return x if high is None else tf.minimum(x, tf.cast(high, dtype))

    return (
        tf.identity(_with_attributes(c, run)) if low is high is None else _with_attributes(c, run)
    )


@onnx_op("Cast", "CastLike")
def _cast(c: Call) -> Any:
    if c.op == "Cast":
        target = tensor_dtype(int(c.attr("to")))
    else:
        target = tf.as_dtype(dtype_of(c[1])) if dtype_of(c[1]).kind != "O" else tf.string
    x, source = c[0], dtype_of(c[0])
    if target == tf.string:
        if source.hasobject:
            return tf.identity(x)
        if source.kind == "f":
            raise CannotImport("numbers are spelled otherwise by ONNX")
        return tf.strings.as_string(x)
    if source.hasobject:
        if not target.is_floating and not target.is_integer:
            raise CannotImport("it casts strings to booleans")
        wide = target if target in (tf.float32, tf.float64, tf.int32, tf.int64) else tf.float32
        return tf.cast(tf.strings.to_number(x, wide), target)
    if target.name.startswith("float8") and c.attr("saturate", 1):
        most = float(ml_dtypes.finfo(target.as_numpy_dtype).max)
        x = tf.clip_by_value(tf.cast(x, tf.float32), -most, most)
    return c.execution.layouts.elementwise(lambda v: tf.cast(v, target), [x])


@onnx_op("RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike")
def _random(c: Call) -> Any:
    if c.op.endswith("Like"):
        shape, dtype = tf.shape(c[0]), tf.as_dtype(dtype_of(c[0]))
    else:
        shape, dtype = c.attr("shape"), tf.float32
    if c.attr("dtype"):
        dtype = tensor_dtype(c.attr("dtype"))
    seed = c.attr("seed")
    seed = None if seed is None else int(seed)
    if c.op.startswith("RandomNormal"):
        return tf.random.normal(shape, c.attr("mean", 0.0), c.attr("scale", 1.0), dtype, seed)
    return tf.random.uniform(shape, c.attr("low", 0.0), c.attr("high", 1.0), dtype, seed)


@onnx_op("BitCast")
def _bit_cast(c: Call) -> Any:
    return tf.bitcast(c[0], tensor_dtype(int(c.attr("to"))))


@onnx_op("IsInf")
def _is_inf(c: Call) -> Any:
    x = c[0]
    above, below = c.attr("detect_positive", 1), c.attr("detect_negative", 1)
    if above and below:
        return tf.math.is_inf(x)
    wanted = tf.cast(np.inf if above else -np.inf, dtype_of(x))
    return tf.equal(x, wanted) if above or below else tf.zeros_like(x, tf.bool)


@onnx_op("Dropout")
def _dropout(c: Call) -> Any:
    training = c.get(2)
    if training is not None and bool(c.known(2, "training mode")):
        ratio = 0.5 if c.get(1) is None else float(c.known(1, "ratio"))
        if ratio:
            raise CannotImport("it drops elements at random, as in training")
    return [tf.identity(c[0]), tf.ones_like(c[0], tf.bool)][: c.outputs]


# ---- activations ----


@onnx_op("Elu")
def _elu(c: Call) -> Any:
    alpha = c.attr("alpha", 1.0)
    return _with_attributes(c, lambda x: tf.where(x > 0, x, alpha * tf.math.expm1(x)))


@onnx_op("Celu")
def _celu(c: Call) -> Any:
    a = c.attr("alpha", 1.0)
    return _with_attributes(c, lambda x: tf.where(x > 0, x, a * tf.math.expm1(x / a)))


@onnx_op("Selu")
def _selu(c: Call) -> Any:
    a, g = c.attr("alpha", 1.67326319217681884765625), c.attr("gamma", 1.05070102214813232421875)
    return _with_attributes(c, lambda x: g * tf.where(x > 0, x, a * tf.math.expm1(x)))


@onnx_op("LeakyRelu")
def _leaky_relu(c: Call) -> Any:
    alpha = c.attr("alpha", 0.01)
    return _with_attributes(c, lambda x: tf.nn.leaky_relu(x, alpha))


@onnx_op("PRelu")
def _prelu(c: Call) -> Any:
    x, slope = c[0], c[1]
    if c.opset < 7 and len(slope.shape) == 1 and slope.shape[0] != 1:
        slope = tf.reshape(slope, [-1, *[1] * (len(x.shape) - 2)])  # one for each channel
    return c.execution.layouts.elementwise(lambda v, s: tf.where(v > 0, v, v * s), [x, slope])


@onnx_op("ThresholdedRelu")
def _thresholded(c: Call) -> Any:
    alpha = c.attr("alpha", 1.0)
    return _with_attributes(c, lambda x: tf.where(x > alpha, x, tf.zeros_like(x)))


@onnx_op("Gelu")
def _gelu(c: Call) -> Any:
    tanh = c.attr("approximate", b"none") == b"tanh"
    return _with_attributes(c, lambda x: tf.nn.gelu(x, approximate=tanh))


@onnx_op("HardSigmoid")
def _hard_sigmoid(c: Call) -> Any:
    alpha, beta = c.attr("alpha", 0.2), c.attr("beta", 0.5)
    return _with_attributes(c, lambda x: tf.clip_by_value(alpha * x + beta, 0, 1))


@onnx_op("HardSwish")
def _hard_swish(c: Call) -> Any:
    return _with_attributes(c, lambda x: x * tf.clip_by_value(x / 6 + 0.5, 0, 1))


@onnx_op("Swish")
def _swish(c: Call) -> Any:
    alpha = c.attr("alpha", 1.0)
    return _with_attributes(c, lambda x: x * tf.sigmoid(alpha * x))


@onnx_op("Shrink")
def _shrink(c: Call) -> Any:
    bias, lambd = c.attr("bias", 0.0), c.attr("lambd", 0.5)
    dtype = dtype_of(c[0])

    def run(x: Any) -> Any:
        wide = tf.cast(x, tf.float64) if dtype.kind in "iu" else x
        zero = tf.zeros_like(wide)
        made = tf.where(wide > lambd, wide - bias, tf.where(wide < -lambd, wide + bias, zero))
        return tf.cast(made, dtype)

    return _with_attributes(c, run)


def _by_rows(c: Call, function: Callable[..., Any]) -> Any:
    """Softmax and its like: before opset 13 over everything from the axis on."""
    x = c[0]
    if c.opset >= 13:
        return function(x, axis=c.attr("axis", -1))
    axis = c.attr("axis", 1)
    axis += len(x.shape) if axis < 0 else 0
    shape = tf.shape(x)
    rows = tf.reshape(x, [math.prod(x.shape[:axis]) if None not in x.shape[:axis] else
                          tf.reduce_prod(shape[:axis]), -1])  # fmt: skip
    return tf.ensure_shape(tf.reshape(function(rows, axis=-1), shape), x.shape)


@onnx_op("Softmax")
def _softmax(c: Call) -> Any:
    return _by_rows(c, tf.nn.softmax)


@onnx_op("LogSoftmax")
def _log_softmax(c: Call) -> Any:
    return _by_rows(c, tf.nn.log_softmax)


@onnx_op("Hardmax")
def _hardmax(c: Call) -> Any:
    def function(x: Any, axis: int) -> Any:
        return tf.one_hot(tf.argmax(x, axis), x.shape[axis], axis=axis, dtype=dtype_of(x))

    return _by_rows(c, function)
