"""tf.vectorized_map gives what a loop over the slices gives, without a loop."""

from __future__ import annotations

import numpy as np
import pytest

import tidefall as tf

WAYS = {
    "eager": lambda f: f,
    "host": tf.function,
    "xla": lambda f: tf.function(f, jit_compile=True),
}


def numbers(*shape, low=-1.0, high=1.0, seed=0):
    rng = np.random.default_rng(seed + sum(shape))
    return tf.constant(rng.uniform(low, high, shape).astype(np.float32))


def integers(*shape, high=3, seed=0):
    rng = np.random.default_rng(seed + sum(shape))
    return tf.constant(rng.integers(0, high, shape).astype(np.int32))


A = numbers(3, 2, 4)
B = numbers(3, 2, 4, seed=1)
V = numbers(3, 4)
S = numbers(3)
I = integers(3, 2)  # noqa: E741
FIXED = numbers(2, 4, seed=5)
SQUARE = numbers(4, 4, seed=6)
IMAGE = numbers(3, 2, 6, 6, 2)
FILTER = numbers(3, 3, 2, 3)
raw = tf.raw_ops

CASES = {
    # Elementwise, and broadcasting over other ranks
    "unary": (lambda x: tf.exp(tf.sin(x)) + tf.nn.relu(x), A),
    "binary": (lambda x: x[0] * x[1] - x[0], (A, B)),
    "with a vector": (lambda x: x[0] + x[1], (A, V)),
    "with a scalar": (lambda x: x[0] * x[1], (A, S)),
    "with a constant": (lambda x: x * FIXED + 2.0, A),
    "scalar with a constant": (lambda x: x * FIXED, S),
    "comparison": (lambda x: tf.where(x[0] > x[1], x[0], FIXED), (A, B)),
    "where scalar": (lambda x: tf.where(x[1] > 0.0, x[0], FIXED), (A, S)),
    "select v1": (lambda x: raw.Select(condition=x[1] > 0.0, x=x[0], y=FIXED), (A, S)),
    "select v1 rows": (
        lambda x: raw.Select(condition=x[1] > 0, x=x[0], y=x[0] * 2.0), (A, I)
    ),
    "cast": (lambda x: tf.cast(x, tf.float64), I),
    "clip": (lambda x: tf.clip_by_value(x, -0.5, 0.5), A),
    "pow": (lambda x: tf.pow(tf.abs(x[0]), x[1]), (A, S)),
    "add_n": (lambda x: tf.add_n([x, FIXED, x]), A),
    "complex": (lambda x: tf.math.real(tf.complex(x, x) * tf.complex(x, FIXED)), A),
    # Shapes
    "reshape": (lambda x: tf.reshape(x, [4, -1]), A),
    "flatten": (lambda x: tf.reshape(x, [-1]), A),
    "transpose": (lambda x: tf.transpose(x), A),
    "expand": (lambda x: tf.expand_dims(x, 0) + tf.expand_dims(x, -2)[:, 0], A),
    "squeeze": (lambda x: tf.squeeze(x[:1, tf.newaxis]), A),
    "squeeze axis": (lambda x: tf.squeeze(x[:, tf.newaxis], axis=[1]), A),
    "concat": (lambda x: tf.concat([x, FIXED, x], 0), A),
    "concat last": (lambda x: tf.concat([x, FIXED], -1), A),
    "stack": (lambda x: tf.stack([x, FIXED], 1), A),
    "unstack": (lambda x: tf.unstack(x, axis=1)[2], A),
    "split": (lambda x: tf.split(x, 2, axis=1), A),
    "split sizes": (lambda x: tf.split(x, [1, 3], axis=1), A),
    "pad": (lambda x: tf.pad(x, [[1, 0], [0, 2]]), A),
    "mirror pad": (lambda x: tf.pad(x, [[1, 0], [0, 2]], "REFLECT"), A),
    "tile": (lambda x: tf.tile(x, [2, 1]), A),
    "broadcast": (lambda x: tf.broadcast_to(x, [5, 2, 4]), A),
    "broadcast scalar": (lambda x: tf.broadcast_to(x, [2, 2]), S),
    "fill": (lambda x: tf.fill([2, 3], x), S),
    "slice": (lambda x: tf.slice(x, [0, 1], [2, 2]), A),
    "strides": (lambda x: x[::-1, 1:3], A),
    "index": (lambda x: x[1], A),
    "ellipsis": (lambda x: x[..., tf.newaxis, -1], A),
    "shape": (lambda x: tf.zeros(tf.shape(x)) + tf.cast(tf.size(x) + tf.rank(x), tf.float32), A),
    "zeros_like": (lambda x: tf.zeros_like(x) + tf.ones_like(x), A),
    "reverse": (lambda x: tf.reverse(x, [1]), A),
    "roll": (lambda x: tf.roll(x, 1, axis=0), A),
    "reverse_sequence": (lambda x: tf.reverse_sequence(x[0], x[1], seq_axis=1), (A, I)),
    "ensure_shape": (lambda x: tf.ensure_shape(x, [2, 4]), A),
    # Reductions
    "sum": (lambda x: tf.reduce_sum(x), A),
    "mean": (lambda x: tf.reduce_mean(x, axis=0, keepdims=True), A),
    "max": (lambda x: tf.reduce_max(x, axis=[-1]), A),
    "logsumexp": (lambda x: tf.reduce_logsumexp(x, axis=1), A),
    "argmax": (lambda x: tf.argmax(x, axis=1), A),
    "argmax last": (lambda x: tf.argmax(x, axis=-1), A),
    "cumsum": (lambda x: tf.cumsum(x, axis=0, reverse=True), A),
    "softmax": (lambda x: tf.nn.softmax(x) + tf.nn.log_softmax(x), A),
    "top_k": (lambda x: tf.math.top_k(x, 2).values, A),
    "l2_loss": (lambda x: tf.nn.l2_loss(x), A),
    "one_hot": (lambda x: tf.one_hot(x, 3), I),
    "one_hot axis": (lambda x: tf.one_hot(x, 3, axis=0), I),
    "unsorted segments": (
        lambda x: tf.math.unsorted_segment_sum(x[0], x[1], 3), (A, I)
    ),
    "unsorted segments, fixed": (lambda x: tf.math.unsorted_segment_max(x, [0, 1], 2), A),
    "segments": (lambda x: tf.math.segment_sum(x, [0, 1]), A),
    "cross entropy": (
        lambda x: tf.nn.softmax_cross_entropy_with_logits(tf.nn.softmax(x[0]), x[1]), (A, B)
    ),
    "sparse cross entropy": (
        lambda x: tf.nn.sparse_softmax_cross_entropy_with_logits(x[1], x[0]), (A, I)
    ),
    "moments": (lambda x: tf.nn.moments(x, [0]), A),
    # Indexing
    "gather fixed table": (lambda x: tf.gather(FIXED, x), I % 2),
    "gather fixed table, axis": (lambda x: tf.gather(FIXED, x, axis=1), I),
    "gather fixed indices": (lambda x: tf.gather(x, [1, 0, 1]), A),
    "gather both": (lambda x: tf.gather(x[0], x[1], axis=1), (A, I)),
    "gather batch": (lambda x: tf.gather(x[0], x[1][:, tf.newaxis], batch_dims=1), (A, I)),
    "gather_nd": (lambda x: tf.gather_nd(x[0], x[1][:, tf.newaxis] % 2), (A, I)),
    "gather_nd fixed table": (lambda x: tf.gather_nd(FIXED, x), I % 2),
    "scatter_nd": (lambda x: tf.scatter_nd(x[1][:, tf.newaxis], x[0], [3, 4]), (A, I)),
    "scatter update": (
        lambda x: tf.tensor_scatter_nd_add(tf.zeros([3, 4]), x[1][:, tf.newaxis], x[0]), (A, I)
    ),
    "index by a number": (lambda x: FIXED[x[0] % 2], I),
    "index both by a number": (lambda x: x[0][x[1][0] % 2], (A, I)),
    "index from the back": (lambda x: FIXED[-1 - x[0] % 2], I),
    # Matrices
    "matmul fixed": (lambda x: tf.matmul(x, SQUARE), A),
    "matmul fixed left": (lambda x: tf.matmul(SQUARE, x, transpose_b=True), A),
    "matmul both": (lambda x: tf.matmul(x[0], x[1], transpose_b=True), (A, B)),
    "matmul transposed": (lambda x: tf.matmul(x, FIXED, transpose_a=True), A),
    "matvec": (lambda x: tf.linalg.matvec(SQUARE, x), V),
    "batched matmul": (lambda x: tf.matmul(x[tf.newaxis], SQUARE[tf.newaxis]), A),
    "einsum": (lambda x: tf.einsum("ij,kj->ik", x[0], x[1]), (A, B)),
    "einsum fixed": (lambda x: tf.einsum("ij,jk->i", x, SQUARE), A),
    "tensordot": (lambda x: tf.tensordot(x, SQUARE, 1), A),
    "diagonal": (lambda x: tf.linalg.diag(x), V),
    "band_part": (lambda x: tf.linalg.band_part(tf.matmul(x, x, transpose_a=True), 1, 0), A),
    "diag_part": (lambda x: tf.linalg.diag_part(tf.matmul(x, x, transpose_a=True)), A),
    "bias": (lambda x: tf.nn.bias_add(x[0], x[1]), (A, V)),
    "bias fixed": (lambda x: tf.nn.bias_add(x, FIXED[0]), A),
    # Pictures
    "conv2d": (lambda x: tf.nn.conv2d(x, FILTER, 1, "SAME"), IMAGE),
    "max_pool": (lambda x: tf.nn.max_pool2d(x, 2, 2, "VALID"), IMAGE),
    "avg_pool": (lambda x: tf.nn.avg_pool2d(x, 2, 2, "SAME"), IMAGE),
    "depthwise": (
        lambda x: tf.nn.depthwise_conv2d(x, FILTER[..., :1], [1, 1, 1, 1], "SAME"), IMAGE
    ),
    "conv2d, filters": (
        lambda x: tf.nn.conv2d(x[0], x[1], 1, "SAME"), (IMAGE, numbers(3, 3, 3, 2, 3))
    ),
    "gradient of conv2d": (
        lambda x: raw.Conv2DBackpropInput(
            input_sizes=[2, 6, 6, 2], filter=FILTER, out_backprop=x,
            strides=[1, 1, 1, 1], padding="SAME",
        ),
        numbers(3, 2, 6, 6, 3),
    ),
    # Structures and outputs that do not depend on the element
    "nest": (lambda x: {"a": x["p"] + 1.0, "b": (x["q"], tf.constant(3.0))}, {"p": A, "q": S}),
    "constant": (lambda x: tf.constant([1.0, 2.0]), A),
    "first dimension 1": (lambda x: x[0] + x[1], (A, B[:1])),
}  # fmt: skip


def by_loop(f, elems):
    """What the function gives for each slice, stacked."""
    sizes = [int(t.shape[0]) for t in tf.nest.flatten(elems)]
    count = max(sizes)

    def at(i):
        return tf.nest.map_structure(lambda t: t[i if t.shape[0] == count else 0], elems)

    rows = [f(at(i)) for i in range(count)]
    columns = zip(*(tf.nest.flatten(r) for r in rows), strict=True)
    return tf.nest.pack_sequence_as(rows[0], [np.stack([t.numpy() for t in c]) for c in columns])


def assert_close(found, expected):
    tf.nest.assert_same_structure(found, expected)
    for a, b in zip(tf.nest.flatten(found), tf.nest.flatten(expected), strict=True):
        assert a.numpy().dtype == b.dtype
        np.testing.assert_allclose(a.numpy(), b, rtol=1e-4, atol=1e-5)


NO_CONVERTER = {"conv2d, filters"}


@pytest.mark.compiles
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("name", CASES)
def test_the_results_of_a_loop(name, way):
    f, elems = CASES[name]
    run = way(lambda *args: tf.vectorized_map(
        f, tf.nest.pack_sequence_as(elems, args), fallback_to_while_loop=name in NO_CONVERTER
    ))  # fmt: skip
    assert_close(run(*tf.nest.flatten(elems)), by_loop(f, elems))


# ---- branches, loops, calls ----


def _branch(x):
    return tf.cond(tf.reduce_sum(x) > 0.0, lambda: x * 2.0, lambda: tf.exp(x))


def _fixed_branch(x):
    return tf.cond(tf.reduce_sum(FIXED) > 0.0, lambda: x * 2.0, lambda: tf.exp(x))


def _case(x):
    return tf.switch_case(x[1][0], [lambda: x[0], lambda: x[0] * 2.0, lambda: tf.sin(x[0])])


def _loop(x):
    return tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * x + 1.0), (0, x))[1]


def _own_loops(x):
    return tf.while_loop(
        lambda y, n: tf.reduce_sum(y * y) < 20.0, lambda y, n: (y * 1.5, n + 1), (x, 0)
    )


def _array(x):
    array = tf.TensorArray(tf.float32, size=3)

    def body(i, total, array):
        return i + 1, total + x[i], array.write(i, total * x[i])

    _, total, array = tf.while_loop(
        lambda i, *_: i < 2, body, (0, tf.zeros([4]), array.write(2, x[0]))
    )
    return total, array.stack(), array.read(1)


def _scan(x):
    return tf.scan(lambda a, b: a * b + 1.0, x)


def _map(x):
    return tf.map_fn(lambda row: tf.reduce_sum(row) * row, x)


@tf.function
def _called(x):
    return tf.tanh(x) * FIXED


def _nested(x):
    return tf.vectorized_map(lambda row: row * tf.reduce_max(x), x)


FLOW = {
    "cond": (_branch, A),
    "cond, one condition": (_fixed_branch, A),
    "switch_case": (_case, (A, I)),
    "while": (_loop, A),
    "while, each as long as it takes": (_own_loops, A),
    "tensor array": (_array, A),
    "scan": (_scan, A),
    "map_fn": (_map, A),
    "call": (lambda x: _called(_called(x)), A),
    "vectorized_map": (_nested, A),
}


@pytest.mark.compiles
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("name", FLOW)
def test_control_flow_gives_the_results_of_a_loop(name, way):
    f, elems = FLOW[name]
    run = way(lambda *args: tf.vectorized_map(
        f, tf.nest.pack_sequence_as(elems, args), fallback_to_while_loop=False
    ))  # fmt: skip
    assert_close(run(*tf.nest.flatten(elems)), by_loop(f, elems))


@pytest.mark.parametrize("name", ["cond", "while", "scan", "call", "tensor array"])
@pytest.mark.parametrize("way", [tf.function, lambda f: f], ids=["host", "eager"])
def test_gradients_flow_through(name, way):
    f, x = FLOW[name]

    def total(result):
        return tf.add_n([tf.reduce_sum(tf.cast(t, tf.float32)) for t in tf.nest.flatten(result)])

    def gradient(run):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = total(run(f, x))
        return tape.gradient(y, x).numpy()

    expected = gradient(lambda f, x: [f(x[i]) for i in range(3)])
    mapped = way(lambda x: tf.vectorized_map(f, x))
    np.testing.assert_allclose(gradient(lambda _, x: mapped(x)), expected, rtol=1e-4, atol=1e-5)


def test_custom_gradients_stay():
    @tf.custom_gradient
    def halved(x):
        return x * 1.0, lambda dy: dy * 0.5

    for way in (lambda f: f, tf.function):
        mapped = way(lambda x: tf.vectorized_map(lambda r: halved(r) * r, x))
        with tf.GradientTape() as tape:
            tape.watch(A)
            y = mapped(A)
        np.testing.assert_allclose(tape.gradient(y, A).numpy(), 1.5 * A.numpy(), rtol=1e-6)


def test_overridden_gradients_stay():
    @tf.RegisterGradient("TestOnlyDoubledSine")
    def doubled(op, dy):
        return 2.0 * dy * tf.cos(op.inputs[0])

    def sine(x):
        graph = tf.compat.v1.get_default_graph()
        with graph.gradient_override_map({"Sin": "TestOnlyDoubledSine"}):
            return tf.sin(x)

    for way in (lambda f: f, tf.function, lambda f: tf.function(f, jit_compile=True)):
        mapped = way(lambda x: tf.vectorized_map(sine, x))
        with tf.GradientTape() as tape:
            tape.watch(A)
            y = mapped(A)
        np.testing.assert_allclose(y.numpy(), np.sin(A), rtol=1e-5)
        np.testing.assert_allclose(tape.gradient(y, A).numpy(), 2 * np.cos(A), rtol=1e-5)


def test_gradients_of_each_slice():
    """A gradient for each example, as differential privacy needs them."""
    kernel = tf.Variable(numbers(3, 3, 2, 4))
    dense = tf.Variable(numbers(4, 2))

    def one(pair):
        picture, label = pair
        with tf.GradientTape() as tape:
            hidden = tf.nn.relu(tf.nn.conv2d(picture, kernel, 1, "SAME"))
            logits = tf.reduce_mean(hidden, [1, 2]) @ dense
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(label, logits)
        return tape.gradient(loss, [kernel, dense])

    for way in WAYS.values():
        run = way(lambda *pair: tf.vectorized_map(one, pair))
        assert_close(run(IMAGE, I % 2), by_loop(one, (IMAGE, I % 2)))


def test_variables_get_the_gradients_of_all_slices():
    v = tf.Variable(FIXED)
    with tf.GradientTape() as tape:
        y = tf.vectorized_map(lambda x: tf.reduce_sum(x * v), A)
    np.testing.assert_allclose(tape.gradient(y, v).numpy(), A.numpy().sum(0), rtol=1e-6)


def test_every_slice_draws_its_own_numbers():
    drawn = tf.vectorized_map(lambda x: x * 0.0 + tf.random.uniform([4]), V).numpy()
    assert np.unique(drawn).size == drawn.size


def test_unknown_sizes():
    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.float32)])
    def mapped(x):
        return tf.vectorized_map(lambda r: (tf.reduce_sum(r), tf.reverse(r, [0]), r[:2]), x)

    assert_close(mapped(V), by_loop(lambda r: (tf.reduce_sum(r), tf.reverse(r, [0]), r[:2]), V))


def test_an_op_without_converter_is_run_for_each_slice_or_named():
    def odd(x):
        return raw.Bincount(arr=x, size=3, weights=tf.constant([], tf.float32))

    assert tf.vectorized_map(odd, I).shape == [3, 3]
    with pytest.raises(ValueError, match="No pfor vectorization defined for Bincount"):
        tf.vectorized_map(odd, I, fallback_to_while_loop=False)


def test_no_slices():
    assert tf.vectorized_map(lambda x: x * 2.0, tf.zeros([0, 2])).shape == [0, 2]


@pytest.mark.parametrize(
    ("elems", "message"),
    [(tf.constant(1.0), "not scalars"), ((A, A[:2]), "first dimensions"), ((), "at least one")],
    ids=["scalar", "sizes", "nothing"],
)
def test_wrong_elements(elems, message):
    with pytest.raises(ValueError, match=message):
        tf.vectorized_map(lambda x: x, elems)


def test_operations_are_no_results():
    with pytest.raises(TypeError, match="returned the operation"):
        tf.vectorized_map(lambda x: tf.debugging.assert_less(x, 3.0), A)


def test_ragged_results():
    found = tf.vectorized_map(lambda x: tf.RaggedTensor.from_row_lengths(x, [1, 3]), V)
    assert found.shape.as_list() == [3, None, None]
    np.testing.assert_array_equal(found[2, 1].numpy(), V.numpy()[2, 1:])
