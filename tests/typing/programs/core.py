"""What a program sees of tensors, variables, functions and tapes."""

from typing import Any, assert_type

import numpy as np

import tidefall as tf

x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
v = tf.Variable(1.0, name="v")

assert_type(x, tf.Tensor)
assert_type(v, tf.Variable)
assert_type(tf.float32, tf.DType)
assert_type(x.dtype, tf.DType)
assert_type(x.shape, tf.TensorShape)
assert_type(v.assign_add(1.0), tf.Variable)
assert_type(v.value(), tf.Tensor)
assert_type(tf.__version__, str)

# Operators, on either side, with what becomes a tensor.
assert_type(x + 1, tf.Tensor)
assert_type(2 * x - v, tf.Tensor)
assert_type(x @ x, tf.Tensor)
assert_type(-x / np.ones(2), tf.Tensor)
assert_type(x[0, ..., tf.newaxis], tf.Tensor)
assert_type(x > 1, tf.Tensor)
assert_type(x == x, tf.Tensor)
assert_type([row for row in x], list[tf.Tensor])  # noqa: C416
names = {x.ref(): "x"}
assert float(x[0, 0]) == 1.0

# Functions of tensors, under each of their names.
assert_type(tf.add(x, 1), tf.Tensor)
assert_type(tf.math.add(x, np.float32(1)), tf.Tensor)
assert_type(tf.reduce_sum(x, axis=[0, 1], keepdims=True), tf.Tensor)
assert_type(tf.cast(x, "int32"), tf.Tensor)
assert_type(tf.zeros([2, 3], dtype=np.float32), tf.Tensor)
assert_type(tf.split(x, 2), list[tf.Tensor])
assert_type(tf.unique([1, 1, 2]).idx, tf.Tensor)
assert_type(tf.nn.relu(x), tf.Tensor)
assert_type(tf.nn.moments(x, axes=[0]), tuple[tf.Tensor, tf.Tensor])
assert_type(tf.math.top_k(x, k=1).values, tf.Tensor)
assert_type(tf.linalg.svd(x), tuple[tf.Tensor, tf.Tensor, tf.Tensor])
assert_type(tf.linalg.svd(x, compute_uv=False), tf.Tensor)
assert_type(tf.linalg.qr(x).q, tf.Tensor)
assert_type(tf.image.resize(tf.ones([4, 4, 1]), [2, 2]), tf.Tensor)
assert_type(tf.strings.join(["a", "b"]), tf.Tensor)
assert_type(tf.random.normal([2]), tf.Tensor)
assert_type(tf.raw_ops.AddV2(x=1, y=2), tf.Tensor)
assert_type(tf.experimental.numpy.sum(x), tf.Tensor)
assert_type(tf.executing_eagerly(), bool)
assert_type(tf.shape(x), tf.Tensor)
assert_type(tf.compat.v2.math.add(1, 2), tf.Tensor)

# Ragged and sparse tensors go where functions take them.
ragged = tf.ragged.constant([[1], [2, 3]])
assert_type(ragged, tf.RaggedTensor)
assert_type(ragged + 1, tf.RaggedTensor)
assert_type(tf.add(ragged, 1), Any)
assert_type(tf.strings.split(["a b"]), tf.RaggedTensor)
assert_type(tf.sparse.to_dense(tf.sparse.from_dense([[1, 0]])), tf.Tensor)


# `tf.function` keeps the signature of a function.
@tf.function
def scale(value: tf.Tensor, by: int = 2) -> tf.Tensor:
    return value * by


@tf.function(jit_compile=True)
def shift(value: tf.Tensor) -> tf.Tensor:
    return value + 1


assert_type(scale(x), tf.Tensor)
assert_type(scale(x, by=3), tf.Tensor)
assert_type(shift(x), tf.Tensor)
concrete = scale.get_concrete_function(tf.TensorSpec([None, 2], tf.float32))
assert_type(concrete, tf.types.experimental.ConcreteFunction)
assert_type(scale.experimental_get_tracing_count(), int)


class Dense(tf.Module):
    def __init__(self, units: int):
        super().__init__(name="dense")
        self.w = tf.Variable(tf.ones([2, units]))

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32)])
    def __call__(self, value: tf.Tensor) -> tf.Tensor:
        return value @ self.w

    @tf.function
    def loss(self, value: tf.Tensor, *, weight: float = 1.0) -> tf.Tensor:
        return weight * tf.reduce_mean(self(value))


layer = Dense(3)
assert_type(layer(x), tf.Tensor)
assert_type(layer.loss(x, weight=2.0), tf.Tensor)

# Gradients come in the structure of the sources.
with tf.GradientTape(persistent=True) as tape:
    loss = tf.reduce_sum(v * x)
assert_type(tape.gradient(loss, v), tf.Tensor)
assert_type(tape.gradient(loss, [v, x]), list[tf.Tensor])
assert_type(tape.gradient(loss, {"v": v}), dict[str, tf.Tensor])
assert_type(tape.watched_variables(), tuple[tf.Variable, ...])


@tf.custom_gradient
def clipped(value: tf.Tensor) -> Any:
    return value, lambda dy: tf.clip_by_value(dy, -1, 1)


assert_type(clipped(x), Any)

# Scopes, errors.
with tf.device("cpu:0"), tf.name_scope("part"), tf.init_scope(), tf.control_dependencies([]):
    pass
try:
    tf.debugging.assert_equal(1, 2)
except tf.errors.InvalidArgumentError as error:
    assert_type(error.message, str)
    assert_type(error.error_code, int)


class Pair(tf.experimental.ExtensionType):
    first: tf.Tensor
    second: tf.Tensor


pair = Pair(tf.constant(1), second=tf.constant(2))
assert_type(pair.first, tf.Tensor)
