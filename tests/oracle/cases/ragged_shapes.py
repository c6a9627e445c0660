"""Shapes of ragged tensors, and tensors made with them."""

from tests.oracle.spec import f32, ints, program, ragged

ROWS = ragged(f32(5), [0, 2, 2, 5])
DEEP = ragged(f32(6), [0, 2, 3], [0, 1, 3, 6])
WIDE = ragged(f32(4, 2), [0, 1, 4])
COLUMN = ragged(f32(3), [0, 1, 2, 3])


def on_host(label, function, *inputs, **options):
    options = {"executors": ("eager", "host"), **options}
    return program(f"ragged-shapes-{label}", function, *inputs, **options)


def eagerly(label, function, *inputs, **options):
    return on_host(label, function, *inputs, executors=("eager",), **options)


def parts(shape):
    return (shape.inner_shape, *(p.row_splits() for p in shape.row_partitions))


def lengths(tf, *args, **options):
    return tf.experimental.DynamicRaggedShape.from_lengths(*args, **options)


CASES = [
    on_host("rows", lambda tf, r: parts(tf.shape(r)), ROWS),
    on_host("deep", lambda tf, r: parts(tf.shape(r, out_type=tf.int64)), DEEP),
    on_host("wide", lambda tf, r: (tf.shape(r)[0], tf.shape(r)[2]), WIDE),
    on_host("first-two", lambda tf, r: parts(tf.shape(r)[:2]), WIDE),
    on_host("first", lambda tf, r: tf.shape(r)[:1].inner_shape, DEEP),
    on_host("ones", lambda tf, r: tf.ones(tf.shape(r)), DEEP),
    on_host("zeros", lambda tf, r: tf.zeros(tf.shape(r), tf.int32), WIDE),
    on_host("fill", lambda tf, r, x: tf.fill(tf.shape(r), x), ROWS, f32(), grad=True),
    on_host(
        "of-dense", lambda tf, x: tf.reshape(x, lengths(tf, [2, (1, 2), 3])), f32(9), grad=True
    ),
    on_host("of-ragged", lambda tf, r: tf.reshape(r, lengths(tf, [2, (2, 3)])), ROWS, grad=True),
    on_host("to-dense", lambda tf, r: tf.reshape(r, lengths(tf, [1, 5])), ROWS),
    on_host(
        "broadcast-scalar",
        lambda tf, x: tf.broadcast_to(x, lengths(tf, [2, (1, 2), 3])),
        f32(),
        grad=True,
    ),
    on_host(
        "broadcast-dense",
        lambda tf, x: tf.broadcast_to(x, lengths(tf, [2, (1, 2), 3])),
        f32(2, 1, 1),
        grad=True,
        shapes="compatible",
    ),
    on_host(
        "broadcast-inner",
        lambda tf, x: tf.broadcast_to(x, lengths(tf, [2, (1, 2), 3])),
        f32(3),
        grad=True,
    ),
    on_host(
        "broadcast-ragged",
        lambda tf, r: tf.broadcast_to(r, lengths(tf, [2, 3, (2, 0, 3, 2, 0, 3)])),
        ROWS,
        grad=True,
        shapes="compatible",
    ),
    on_host("broadcast-uniform", lambda tf, x: tf.broadcast_to(x, lengths(tf, [2, 3])), ints(3)),
    eagerly(
        "broadcast-other-rows",
        lambda tf, r: tf.broadcast_to(r, lengths(tf, [2, (1, 2)])),
        ROWS,
        raises=True,
        error="InvalidArgumentError",
    ),
    on_host(
        "common",
        lambda tf, r, x: parts(tf.broadcast_dynamic_shape(tf.shape(r), tf.shape(x))),
        ROWS,
        f32(3, 1),
    ),
    on_host(
        "common-inner",
        lambda tf, r: parts(
            tf.broadcast_dynamic_shape(tf.shape(r, out_type=tf.int64), lengths(tf, [1, 1, 2]))
        ),
        WIDE,
    ),
    eagerly("lengths-none", lambda tf: parts(lengths(tf, []))),
    eagerly("lengths-dense", lambda tf: parts(lengths(tf, [2, 3]))),
    eagerly("lengths-partitioned", lambda tf: parts(lengths(tf, [2, 3, 4], 1))),
    eagerly("lengths-int32", lambda tf: parts(lengths(tf, [2, (1, 2)], dtype=tf.int32))),
    eagerly("lengths-deep", lambda tf: parts(lengths(tf, [2, (1, 2), (1, 2, 3)]))),
    eagerly(
        "lengths-too-few",
        lambda tf: parts(lengths(tf, [2, (1,)])),
        raises=True,
        error="ValueError",
    ),
    eagerly(
        "lengths-first-ragged",
        lambda tf: parts(lengths(tf, [(1, 2), 3])),
        raises=True,
        error="ValueError",
    ),
    eagerly("not-uniform", lambda tf, r: tf.shape(r)[1], ROWS, raises=True, error="ValueError"),
    eagerly("not-sliced", lambda tf, r: tf.shape(r)[1:], ROWS, raises=True, error="ValueError"),
    eagerly(
        "no-partitions",
        lambda tf: tf.experimental.DynamicRaggedShape.from_row_partitions([]),
        raises=True,
        error="ValueError",
    ),
    eagerly("equal", lambda tf, r, s: tf.shape(r) == tf.shape(s), ROWS, ROWS),
    on_host("from-dense", lambda tf, x: _of(tf, x).inner_shape, f32(2, 3)),
]


def _of(tf, value):
    return tf.experimental.DynamicRaggedShape.from_tensor(value)
