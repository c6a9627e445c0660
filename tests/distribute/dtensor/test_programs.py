"""Ops, functions and gradients over DTensors. Where the layouts of results are compared, they are
those that TensorFlow gives; XLA chooses some others, of matrix products for one, in its own way."""

import pytest

pytestmark = pytest.mark.process


def test_layouts_of_results(run_on_mesh):
    run_on_mesh("""
R, T = ["x", U], ["x", "y"]
ints = dtensor.copy_to_mesh(np.arange(8), Layout(["x"], mesh))
columns = dtensor.relayout(replicated, Layout([U, "y"], mesh))
for result, wanted, value in [
    (replicated + rows, R, A + A), (rows + 1.0, R, A + 1), (2.0 * rows, R, 2 * A), (-tiles, T, -A),
    (tf.reduce_sum(rows), [], A.sum()), (tf.reduce_sum(tiles, 0), ["y"], A.sum(0)),
    (tf.reduce_sum(tiles, 1), ["x"], A.sum(1)), (tf.reduce_mean(rows, 0), [U], A.mean(0)),
    (tf.reduce_sum(tiles, 1, keepdims=True), R, A.sum(1, keepdims=True)),
    (tf.reshape(rows, [4, 8]), R, A.reshape(4, 8)), (tf.reshape(rows, [32]), ["x"], A.ravel()),
    (tf.transpose(tiles), ["y", "x"], A.T), (tf.concat([rows, rows], 1), R, np.hstack([A, A])),
    (rows[:, 1:3], R, A[:, 1:3]), (tf.stack([rows, rows]), [U, "x", U], np.stack([A, A])),
    (tf.cast(rows, tf.int32), R, A.astype("i")), (tf.gather(rows, [0, 1]), [U, U], A[:2]),
    (tf.nn.relu(rows), R, A), (tf.argmax(rows, 1), ["x"], A.argmax(1)),
    (rows == replicated, R, A == A),
    (tf.where(rows > 3, rows, replicated), R, A), (tf.expand_dims(rows, 0), [U, "x", U], A[None]),
    (tf.tile(rows, [1, 2]), R, np.tile(A, [1, 2])), (tf.split(rows, 2, 1)[1], R, A[:, 2:]),
    (tf.unstack(rows, axis=1)[0], ["x"], A[:, 0]), (tf.one_hot(ints, 8), R, np.eye(8)),
    (tf.matmul(rows, replicated, transpose_b=True), R, A @ A.T),
    (tf.matmul(replicated, columns, transpose_a=True), [U, "y"], A.T @ A),
    (tf.matmul(columns, tf.transpose(columns)), [U, U], A @ A.T),
    (tf.einsum("ij,kj->ik", rows, replicated), R, A @ A.T),
]:
    assert specs(result) == wanted, (result, wanted)
    np.testing.assert_allclose(whole(result), value, rtol=1e-6)
assert specs(tf.nn.softmax(rows)) == R and specs(tf.nn.softmax(tiles)) == T
assert float(tf.reduce_max(rows)) == 31.0 and bool(tf.reduce_all(tiles >= 0))
assert [float(x) for x in dtensor.copy_to_mesh([1.0, 2.0], Layout.replicated(mesh, 1))] == [1, 2]
assert tf.strings.as_string(tf.reduce_sum(rows)).numpy() == b"496.000000"
""")


def test_plain_tensors_among_them(run_on_mesh):
    run_on_mesh("""
def ones(n, dtype=tf.float32):
    made = tf.ones([n], dtype)
    return made, dtensor.copy_to_mesh(made, Layout.replicated(mesh, 1))
said = "The op/function AddV2 got a regular tensor for input 1 (shape [4]) but was"
plain, there = ones(4)
fails(errors.UnimplementedError, said, tf.add, there, plain)
for n, dtype, taken in [(19, tf.int32, True), (20, tf.int32, False), (19, tf.int64, True),
                        (20, tf.int64, False), (3, tf.uint8, False), (1, tf.float32, False)]:
    plain, there = ones(n, dtype)
    if taken:
        assert specs(there + plain) == [U]
    else:
        fails(errors.UnimplementedError, "got a regular tensor for input 1", tf.add, there, plain)
fails(errors.UnimplementedError, "(shape [8,4])", lambda: rows + tf.ones([8, 4]))
fails(errors.UnimplementedError, "(shape [8,4])", lambda: rows + A)
fails(errors.UnimplementedError, "got a regular tensor for input 0", lambda: tf.Variable(A) + rows)
double = tf.function(lambda a, b: a + b)
fails(errors.UnimplementedError, "got a regular tensor for input 1 (shape [8,4])",
      double, rows, tf.constant(A))
assert specs(double(rows, tf.constant(1.0))) == ["x", U]
other = dtensor.copy_to_mesh(A, Layout(["z", U], dtensor.create_mesh([("z", 8)])))
for both in (tf.add, double):
    fails(errors.UnknownError, "failed during mesh propagation", both, rows, other)
fails(errors.UnknownError, "failed during mesh propagation", dtensor.DVariable(rows).assign, other)
tf.config.experimental.set_execution_tier("xla")  # a mesh is no device of XLA by itself
made = dtensor.call_with_layout(tf.function(lambda: tf.zeros([8, 4]) + 1.0), rows.layout)
assert specs(made) == ["x", U]
tf.config.experimental.set_execution_tier("auto")
fails(errors.InvalidArgumentError, "[Op:MatMul]", tf.matmul, rows, rows)
""")


def test_functions(run_on_mesh):
    run_on_mesh("""
product = tf.function(lambda a, b: tf.matmul(a, tf.transpose(b)))
assert specs(product(replicated, rows)) == [U, "x"]
assert specs(product(replicated, replicated)) == [U, U]
for a in (replicated, rows, tiles):
    for b in (replicated, rows, tiles):
        np.testing.assert_allclose(whole(product(a, b)), A @ A.T)
assert product.experimental_get_tracing_count() == 1
moved = tf.function(lambda a: dtensor.relayout(a + 1.0, Layout([U, "y"], mesh)))
assert specs(moved(rows)) == specs(moved(tf.constant(1.0) * replicated)) == [U, "y"]
made = tf.function(lambda: dtensor.relayout(tf.ones([8, 4]), Layout([U, "y"], mesh)))
assert specs(made()) == specs(made()) == [U, "y"]
fails(errors.UnknownError, "requires matching rank",
      tf.function(lambda a: dtensor.relayout(a, Layout(["x"], mesh))), rows)
alike = tf.function(lambda a, b: dtensor.relayout_like(a * 2.0, b))
np.testing.assert_array_equal(whole(alike(replicated, rows)), 2 * A)
@tf.function
def loop(a):
    _, a = tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * 2.0), (tf.constant(0), a))
    return tf.cond(tf.reduce_sum(a) > 0.0, lambda: a + 1.0, lambda: a)
assert specs(loop(rows)) == ["x", U]
np.testing.assert_array_equal(whole(loop(rows)), 8 * A + 1)
held = tf.function(lambda: rows + 1.0)
assert specs(held()) == specs(held()) == ["x", U]
nested = tf.function(lambda a: product(a, rows), jit_compile=True)
np.testing.assert_allclose(whole(nested(tiles)), A @ A.T)
concrete = nested.get_concrete_function(tf.TensorSpec([8, 4]))
np.testing.assert_allclose(whole(concrete(tiles)), A @ A.T)
noisy = tf.function(lambda a: a + tf.random.uniform([8, 4]))
first, second = whole(noisy(rows)), whole(noisy(rows))
assert (first != second).all() and ((first >= A) & (first < A + 1)).all()
scale = tf.Variable(2.0)
@tf.function
def scaled(a):
    scale.assign_add(1.0)
    return a * scale
np.testing.assert_array_equal(whole(scaled(rows)), 3 * A)
assert scale.numpy() == 3.0 and float(scale + 1.0) == 4.0
printed = tf.function(lambda: tf.constant(1.0) + 1.0)
assert not dtensor.is_dtensor(printed())
""")


def test_gradients(run_on_mesh):
    run_on_mesh("""
v = dtensor.DVariable(rows)
with tf.GradientTape() as tape:
    y = tf.reduce_sum(v * rows)
slope = tape.gradient(y, v)
assert specs(y) == [] and specs(slope) == ["x", U] and (whole(slope) == A).all()
with tf.GradientTape() as tape:
    tape.watch(rows)
    y = tf.reduce_sum(dtensor.relayout(rows, Layout.replicated(mesh, 2)) ** 2)
slope = tape.gradient(y, rows)
assert specs(slope) == ["x", U] and (whole(slope) == 2 * A).all()
plain = tf.constant(A)
with tf.GradientTape() as tape:
    tape.watch(plain)
    y = tf.reduce_sum(dtensor.copy_to_mesh(plain, Layout(["x", U], mesh)) ** 2)
slope = tape.gradient(y, plain)
assert not dtensor.is_dtensor(slope) and (slope.numpy() == 2 * A).all()
with tf.GradientTape() as tape:
    y = tf.reduce_sum(tf.function(lambda a: a * v * v)(tiles))
assert (whole(tape.gradient(y, v)) == 2 * A * A).all()
@tf.function
def inside(a):
    with tf.GradientTape() as tape:
        tape.watch(a)
        y = tf.reduce_sum(dtensor.relayout(a, Layout([U, "y"], mesh)) ** 2)
    return tape.gradient(y, a)
assert (whole(inside(rows)) == 2 * A).all()
""")


def test_a_step_of_training(run_on_mesh):
    run_on_mesh("""
v = dtensor.DVariable(rows)
@tf.function
def step(a):
    with tf.GradientTape() as tape:
        y = tf.reduce_mean(tf.matmul(a, v, transpose_b=True))
    v.assign_sub(0.1 * tape.gradient(y, v))
    return y
before = v.value()
assert specs(step(rows)) == [] and specs(v) == ["x", U]
np.testing.assert_allclose(whole(v), A - [0.175, 0.1875, 0.2, 0.2125], rtol=1e-6)
assert (whole(before) == A).all()  # its buffers are not those that the variable gave up
""")


def test_one_program_over_many_devices(run_on_devices):
    run_on_devices(
        64,
        """
mesh = dtensor.create_mesh([("data", 8), ("model", 8)])
x = dtensor.copy_to_mesh(np.ones([64, 16], np.float32), Layout(["data", U], mesh))
w1 = dtensor.DVariable(np.full([16, 32], 0.1, np.float32), layout=Layout([U, "model"], mesh))
w2 = dtensor.DVariable(np.full([32, 8], 0.1, np.float32), layout=Layout(["model", U], mesh))
@tf.function
def step(x):
    with tf.GradientTape() as tape:
        y = tf.reduce_mean(tf.matmul(tf.nn.relu(tf.matmul(x, w1)), w2))
    for w, g in zip((w1, w2), tape.gradient(y, (w1, w2))):
        w.assign_sub(g)
    return y
np.testing.assert_allclose(step(x).numpy(), 5.12, rtol=1e-5)
assert step(x).numpy() < 5.12
assert specs(w1) == [U, "model"] and len(dtensor.unpack(w1)) == 64
assert [p.shape for p in dtensor.unpack(w1)] == [(16, 4)] * 64
""",
    )
