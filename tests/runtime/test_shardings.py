"""Programs over the devices of a mesh: the same numbers, wherever the arrays lie."""

import pytest

import tidefall as tf
from tidefall.runtime.backend import Shardings
from tidefall.runtime.host.plan import HostBackend
from tidefall.runtime.policy.tiers import TieredExecutable
from tidefall.runtime.program import analyse
from tidefall.runtime.xla.executable import XlaBackend

_FOUR = """
import os
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=4"
import numpy as np
import jax
import tidefall as tf
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
from tidefall.base.run_state import RunState
from tidefall.runtime.backend import Aval, Shardings
from tidefall.runtime.program import analyse
from tidefall.runtime.xla.executable import XlaBackend

mesh = Mesh(np.array(jax.devices()).reshape(4), ("batch",))
batch, whole = ("batch",), ()
rng = np.random.default_rng(0)
xs, ys = rng.normal(size=(8, 3)).astype(np.float32), rng.normal(size=(8, 2)).astype(np.float32)


def program_of(function, *specs):
    concrete = function.get_concrete_function(*specs)
    return analyse(concrete.graph), [t.storage for t in concrete.captured_inputs]


def compiled(program, *specs, outputs=None, avals=None):
    return XlaBackend().compile(program, avals, Shardings(mesh, specs, outputs))
"""

_STEP = (
    _FOUR
    + """
def training():
    w, b = tf.Variable(np.ones((3, 2), np.float32)), tf.Variable(np.zeros(2, np.float32))
    calls = tf.Variable(0)

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((tf.matmul(x, w) + b - y) ** 2)
        for variable, gradient in zip((w, b), tape.gradient(loss, [w, b])):
            variable.assign_sub(0.1 * gradient)
        calls.assign_add(1)
        return loss, tf.matmul(x, w)

    return (w, b, calls), program_of(step, tf.TensorSpec([None, 3]), tf.TensorSpec([None, 2]))


(w, b, calls), (program, captured) = training()
(v, c, others), (plain, given) = training()
over_mesh = compiled(program, batch, batch, *[whole] * len(captured), outputs=(whole, batch))
on_one = XlaBackend().compile(plain)
for _ in range(3):
    loss, rows = over_mesh.run([xs, ys, *captured])
    expected, all_rows = on_one.run([xs, ys, *given])
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
    np.testing.assert_allclose(rows, all_rows, rtol=1e-5)
for one, other in ((w, v), (b, c), (calls, others)):
    np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-5)
assert calls.numpy() == 3
assert rows.sharding == NamedSharding(mesh, P("batch")) and len(rows.addressable_shards) == 4
assert rows.addressable_shards[0].data.shape == (2, 2)
value = w._storage.value
assert value.sharding.is_fully_replicated and len(value.devices()) == 4

# Eager code and unsharded programs go on with the variables, and the mesh with what they made.
w.assign(w * 2.0)
v.assign(v * 2.0)
for mine, yours in ((given, captured), (captured, given)):
    expected, found = on_one.run([xs, ys, *mine])[0], over_mesh.run([xs, ys, *yours])[0]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
"""
)

_PURE = (
    _FOUR
    + """
w = tf.Variable(rng.normal(size=(3, 8)).astype(np.float32))
program, captured = program_of(tf.function(lambda x: tf.nn.softmax(x @ w)), tf.TensorSpec([8, 3]))
expected = XlaBackend().compile(program).run([xs, *captured])[0]

# The variable divided by its columns, compiled before there is anything to run it with.
avals = [Aval((8, 3), np.dtype(np.float32)), Aval((3, 8), np.dtype(np.float32))]
divided = compiled(program, whole, (None, "batch"), avals=avals)
assert divided.seconds > 0.0
(found,) = divided.run([xs, *captured])
np.testing.assert_allclose(found, expected, rtol=1e-5)
assert w._storage.value.addressable_shards[0].data.shape == (3, 2)

# What another program made is taken to where this one wants it.
rows = compiled(program, batch, whole)
for place in (None, jax.devices()[2], NamedSharding(mesh, P(None))):
    x = xs if place is None else jax.device_put(xs, place)
    np.testing.assert_allclose(rows.run([x, *captured])[0], expected, rtol=1e-5)
assert w._storage.value.sharding.is_fully_replicated
"""
)

_RANDOM = (
    _FOUR
    + """
noisy = tf.function(lambda x: x + tf.random.uniform([8], seed=1))
program, _ = program_of(noisy, tf.TensorSpec([8]))
x, states = np.zeros(8, np.float32), (RunState(), RunState())
over_mesh, on_one = compiled(program, batch, outputs=(batch,)), XlaBackend().compile(program)
found = [over_mesh.run([x], states[0])[0] for _ in range(3)]
expected = [on_one.run([x], states[1])[0] for _ in range(3)]
np.testing.assert_array_equal(found, expected)
np.testing.assert_array_equal(on_one.run([x], states[0])[0], over_mesh.run([x], states[1])[0])
"""
)


@pytest.mark.parametrize("source", [_STEP, _PURE, _RANDOM], ids=["step", "pure", "random"])
def test_the_numbers_are_those_of_one_device(run_python, source):
    run_python(source)


def program_of(function, *specs):
    return analyse(tf.function(function).get_concrete_function(*specs).graph, "the program")


def test_the_host_takes_no_shardings():
    with pytest.raises(tf.errors.UnimplementedError, match="the program cannot run on several"):
        HostBackend().compile(
            program_of(tf.exp, tf.TensorSpec([4])), shardings=Shardings(None, ((),))
        )


def test_what_is_divided_takes_no_shardings():
    from tidefall.runtime.partitioned.backend import PartitionedBackend

    program = program_of(lambda x: tf.strings.as_string(x * 2.0), tf.TensorSpec([4]))
    with pytest.raises(tf.errors.UnimplementedError, match="XLA has no AsString"):
        PartitionedBackend(TieredExecutable).compile(program, shardings=Shardings(None, ((),)))


@pytest.mark.parametrize(
    ("inputs", "outputs", "message"),
    [
        (((),), None, "has 2 inputs, captures included, and got the shardings of 1"),
        (((), ()), ((), ()), "has 1 outputs"),
    ],
)
def test_every_input_and_output_needs_a_sharding(inputs, outputs, message):
    import jax

    mesh = jax.sharding.Mesh(jax.devices()[:1], ("batch",))
    spec = tf.TensorSpec([4])
    program = program_of(lambda x, y: x + y, spec, spec)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        XlaBackend().compile(program, shardings=Shardings(mesh, inputs, outputs))
