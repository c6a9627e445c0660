"""jax2tf, unmodified, with Tidefall under the name `tensorflow`; in processes of its own."""

from __future__ import annotations

import pytest

HEAD = """
import warnings
from tidefall.compat.tensorflow import enable
enable()
import jax, numpy as np, tensorflow as tf
import jax.numpy as jnp
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from jax.experimental import jax2tf
close = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
"""


@pytest.mark.process
def test_values_gradients_and_graphs(run_python):
    run_python(
        HEAD
        + """
def loss(p, x):
    return jnp.sum(jnp.tanh(x @ p["w"] + p["b"]) ** 2, axis=-1)

p = {"w": np.float32([[1, -2], [0.5, 0.25], [2, 1]]), "b": np.float32([0.5, -0.5])}
x = np.float32([[0.1, 0.2, 0.3], [0.4, -0.5, 0.6]])
converted = jax2tf.convert(loss, polymorphic_shapes=[None, "(b, 3)"])
v = tf.nest.map_structure(tf.Variable, p)
slopes = jax.grad(lambda p, x: loss(p, x).sum(), (0, 1))(p, x)

def step(x):
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = converted(v, x)
        found = tape.gradient(y, [v["b"], v["w"], x])
        total = tf.reduce_sum(found[2] ** 2)
    return y, found, outer.gradient(total, x)

wanted = jax.grad(lambda x: (jax.grad(lambda x: loss(p, x).sum())(x) ** 2).sum())(x)
signature = [tf.TensorSpec([None, 3], tf.float32)]
for run in (
    step,
    tf.function(step, autograph=False),
    tf.function(step, autograph=False, input_signature=signature),
    tf.function(step, autograph=False, jit_compile=True),
):
    y, found, second = run(tf.constant(x))
    close(y, loss(p, x))
    for got, slope in zip(found, [slopes[0]["b"], slopes[0]["w"], slopes[1]]):
        close(got, slope)
    close(second, wanted)
"""
    )


@pytest.mark.process
def test_functions_without_gradients_and_arguments_that_do_not_fit(run_python):
    run_python(
        HEAD
        + """
x = tf.Variable([1.0, 2.0])
with tf.GradientTape() as tape:
    y = jax2tf.convert(jnp.sin, with_gradient=False)(x)
try:
    tape.gradient(y, x)
except LookupError as error:
    assert "with_gradient" in str(error), error
else:
    raise AssertionError("no error")

halves = jax2tf.convert(lambda x: x.reshape(2, -1), polymorphic_shapes=["(2*n,)"])
traced = tf.function(halves, input_signature=[tf.TensorSpec([None])], autograph=False)
assert traced(tf.range(6.0)).shape == [2, 3]
try:
    traced(tf.range(5.0))
except tf.errors.InvalidArgumentError as error:
    assert "shape refinement failed" in str(error), error
else:
    raise AssertionError("no error")

twice = tf.function(jax2tf.convert(jax.jit(lambda x: x * 2)), autograph=False)
assert jax2tf.call_tf is not None and twice(3).numpy() == 6
assert jax2tf.convert(lambda x: {"a": (x, ())})(1.0)["a"][0].numpy() == 1.0
tf.function(jax2tf.convert(lambda x: ()), autograph=False)(1.0)
"""
    )


@pytest.mark.process
def test_shardings_for_one_device_are_marks(run_python):
    run_python(
        HEAD
        + """
from tensorflow.compiler.xla import xla_data_pb2
from tensorflow.python.compiler.xla.experimental import xla_sharding

mesh = jax.make_mesh((1,), ("rows",))
spread = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("rows"))
f = tf.function(jax2tf.convert(jax.jit(lambda x: x * 2, in_shardings=spread)), autograph=False)
assert f(tf.range(4)).numpy().tolist() == [0, 2, 4, 6]

@tf.function
def marked(x):
    x = xla_sharding.tile(x, np.arange(2), use_sharding_op=True)
    found = xla_data_pb2.OpSharding.FromString(xla_sharding.get_tensor_sharding(x))
    assert found.type == xla_data_pb2.OpSharding.OTHER
    assert list(found.tile_assignment_devices) == [0, 1]
    y = xla_sharding.replicate(x + 1)
    found = xla_data_pb2.OpSharding.FromString(xla_sharding.get_tensor_sharding(y))
    assert found.type == xla_data_pb2.OpSharding.REPLICATED
    assert xla_sharding.get_op_sharding((y * 1).op) is None
    try:
        xla_sharding.split(x, 0, 5)
    except ValueError as error:
        assert "smaller" in str(error)
    else:
        raise AssertionError("no error")
    return xla_sharding.split(y, 0, 2)

assert marked(tf.range(2)).numpy().tolist() == [1, 2]
assert xla_data_pb2.PrecisionConfig().SerializeToString() == b""
assert xla_data_pb2.F32 == xla_data_pb2.PrimitiveType.Value("F32")
"""
    )
