"""Operators and functions for dense tensors, given ragged and sparse ones."""

from tests.oracle.spec import f32, ints, program, ragged, raises, sparse, tensor

ROWS = ragged(f32(5), [0, 2, 2, 5])
OTHER = ragged(f32(5), [0, 2, 2, 5])
UNEQUAL = ragged(f32(5), [0, 1, 2, 5])
DEEP = ragged(f32(6), [0, 2, 3], [0, 1, 3, 6])
WIDE = ragged(f32(4, 2), [0, 1, 4])
COUNTS = ragged(ints(5, low=0, high=4), [0, 2, 2, 5])
FLAGS = ragged(tensor([True, False, True, True, False]), [0, 2, 2, 5])
MATRIX = sparse([[0, 1], [1, 0], [2, 3]], f32(3), [3, 4])
HOST = ("eager", "host")


def on_host(label, function, *args, **options):
    return program(label, function, *args, executors=HOST, **options)


BINARY = {
    "minus-dense": lambda tf, r: r - tf.constant([[1.0], [2.0], [3.0]]),
    "dense-minus": lambda tf, r: tf.constant([[1.0], [2.0], [3.0]]) - r,
    "times-row-of-one": lambda tf, r: r * [2.0],
    "power": lambda tf, r: (r * r + 1.0) ** 2.0,
    "quotients": lambda tf, r: (r / 2.0, 2.0 / (r * r + 1.0), r // 0.3, r % 0.3),
    "comparisons": lambda tf, r: (r < 0.0, r <= 0.0, r > 0.0, r >= 0.0, r == 0.0, r != 0.0),
    "unary-operators": lambda tf, r: (-r, abs(r)),
    "extremes": lambda tf, r: (tf.maximum(r, 0.1), tf.minimum(0.1, r)),
    "activations": lambda tf, r: (tf.nn.relu(r), tf.tanh(r), tf.nn.elu(r), tf.nn.softsign(r)),
    "likes": lambda tf, r: (tf.zeros_like(r), tf.ones_like(r, dtype=tf.int32)),
    "clip": lambda tf, r: tf.clip_by_value(r, -0.1, 0.1),
    "add-n": lambda tf, r: tf.add_n([r, r, r]),
    "rank": lambda tf, r: tf.rank(r),
    "softmax": lambda tf, r: tf.nn.softmax(r),
    "cumsum": lambda tf, r: tf.cumsum(r, axis=1),
    "reverse": lambda tf, r: (tf.reverse(r, [0]), tf.reverse(r, [1])),
    "tile": lambda tf, r: (tf.tile(r, [2, 1]), tf.tile(r, [1, 3])),
    "reshape": lambda tf, r: tf.reshape(r, [5]),
    "squeeze": lambda tf, r: tf.squeeze(tf.expand_dims(r, 0), 0),
    "expand-last": lambda tf, r: tf.expand_dims(r, -1),
    "where-places": lambda tf, r: tf.where(r > 0.0),
    "where-scalars": lambda tf, r: tf.where(r > 0.0, 1, 0),
    "asserts": lambda tf, r: tf.debugging.assert_less(r, r + 1.0) or r,
    "logsumexp": lambda tf, r: tf.reduce_logsumexp(r + 0.0, 1),
}

REDUCTIONS = {
    f"{name}-{axis}": (lambda tf, r, name=name, axis=axis: getattr(tf, name)(r, axis))
    for name in ("reduce_sum", "reduce_mean", "reduce_max", "reduce_min", "reduce_prod")
    for axis in (0, 1, -1)
}

CASES = [
    *[on_host(label, function, ROWS) for label, function in BINARY.items()],
    *[on_host(label, function, ROWS) for label, function in REDUCTIONS.items()],
    *[on_host(f"deep-{label}", function, DEEP) for label, function in REDUCTIONS.items()],
    on_host("subtract-gradient", lambda tf, r, s: r - s, ROWS, OTHER, grad=True),
    on_host("broadcast-gradient", lambda tf, r, x: r * x, ROWS, f32(3, 1), grad=True),
    on_host("deep-times-dense", lambda tf, r, x: r * x, DEEP, f32(2, 1, 1), grad=True),
    on_host("wide-plus-row", lambda tf, r, x: r + x, WIDE, f32(2), grad=True),
    on_host("mean-gradient", lambda tf, r: tf.reduce_mean(r, 0), ROWS, grad=True),
    on_host("max-gradient", lambda tf, r: tf.reduce_max(r, 0), ROWS, grad=True),
    on_host("wide-inner-sum", lambda tf, r: tf.reduce_sum(r, 2), WIDE),
    on_host("several-axes", lambda tf, r: tf.reduce_sum(r, [0, 2]), DEEP),
    on_host("keepdims", lambda tf, r: tf.reduce_sum(r, 1, keepdims=True), ROWS),
    on_host("deep-keepdims", lambda tf, r: tf.reduce_sum(r, 1, keepdims=True), DEEP),
    on_host("variance", lambda tf, r: tf.math.reduce_variance(r, 0), ROWS),
    on_host("any-all", lambda tf, r: (tf.reduce_any(r, 1), tf.reduce_all(r, 0)), FLAGS),
    on_host("logic", lambda tf, r: (r & r, r | False, ~r, r ^ True), FLAGS),
    on_host("one-hot", lambda tf, r: tf.one_hot(r, 4), COUNTS),
    on_host("bincount", lambda tf, r: tf.math.bincount(r), COUNTS),
    on_host("integers", lambda tf, r: (r // 2, r % 3, r / 2, tf.cast(r, "float32")), COUNTS),
    on_host("gather-matrix", lambda tf, r: tf.gather(r, [[0, 1], [2, 2]]), ROWS),
    on_host("gather-one", lambda tf, r: tf.gather(r, 2), ROWS),
    on_host(
        "gather-in-batches",
        lambda tf, x, r: tf.gather(x, r, batch_dims=1),
        f32(3, 4),
        COUNTS,
    ),
    on_host("gather-nd", lambda tf, r: tf.gather_nd(r, [[0, 1], [2, 0]]), ROWS),
    on_host("gather-nd-rows", lambda tf, r: tf.gather_nd(r, [[2], [0]]), ROWS),
    on_host("deep-gather-nd", lambda tf, r: tf.gather_nd(r, [[0, 1], [1, 0]]), DEEP),
    on_host("split", lambda tf, r: tf.split(r, 3), ROWS),
    on_host("partition", lambda tf, r: tf.dynamic_partition(r, [0, 1, 0], 2), ROWS),
    on_host("segments", lambda tf, r, i: tf.math.unsorted_segment_sum(r, i, 4), ROWS, COUNTS),
    on_host("where-three", lambda tf, c, x, y: tf.where(c, x, y), FLAGS, ROWS, OTHER),
    on_host("deep-tile", lambda tf, r: tf.tile(r, [1, 2, 1]), DEEP),
    on_host("sparse-times", lambda tf, s, x: (s * x).values, MATRIX, f32(3, 4), grad=True),
    on_host("sparse-times-row", lambda tf, s, x: s * x, MATRIX, f32(4)),
    on_host("times-sparse", lambda tf, s, x: x * s, MATRIX, f32(3, 1)),
    on_host(
        "sparse-over", lambda tf, s, x: (s / (x * x + 1.0)).values, MATRIX, f32(3, 4), grad=True
    ),
    on_host("sparse-scalar", lambda tf, s: (s * 2.0, s / 2.0), MATRIX),
    on_host("sparse-unary", lambda tf, s: (-s.values, tf.abs(s), tf.square(s), tf.sign(s)), MATRIX),
    on_host("sparse-size", lambda tf, s: (tf.size(s), tf.rank(s)), MATRIX),
    on_host("cross", lambda tf, r, x: tf.ragged.cross([r, x]), COUNTS, ints(3, 2)),
    raises("ragged.cross", [ROWS], error="ValueError", label="floats"),
    raises("add", ROWS, UNEQUAL, error="InvalidArgumentError"),
    raises("add", ROWS, f32(2), error="InvalidArgumentError", label="two columns"),
    raises("multiply", ROWS, f32(3, 2), error="InvalidArgumentError", label="matrix"),
    raises("reduce_sum", ROWS, 2, error="ValueError", label="axis"),
    raises("expand_dims", ROWS, 5, error="ValueError", label="axis"),
    raises("squeeze", ROWS, error="ValueError", label="no axis"),
    raises("transpose", ROWS, error="ValueError", label="ragged"),
    raises("one_hot", COUNTS, 3, axis=0, error="ValueError", label="axis"),
]
