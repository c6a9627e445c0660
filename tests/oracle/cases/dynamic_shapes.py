"""Programs that compute shapes while they run."""

from tests.oracle.spec import f32, ints, program, tensor, var


def rows_times_two(tf, x):
    return tf.reshape(tf.stack([x, x], 1), [2 * tf.shape(x)[0], *x.shape[1:]])


CASES = [
    program(
        "reshape-by-shape",
        lambda tf, x: tf.reshape(x, [tf.shape(x)[0], -1]),
        f32(2, 3, 4),
        grad=True,
    ),
    program("stack-of-shape", lambda tf, x: tf.stack([tf.shape(x)[1], tf.shape(x)[0]]), f32(2, 3)),
    program(
        "flatten-batch",
        lambda tf, x: tf.reshape(x, tf.concat([[-1], tf.shape(x)[2:]], 0)),
        f32(2, 3, 4),
        grad=True,
    ),
    program("rows-times-two", rows_times_two, f32(2, 3), grad=True),
    program("zeros-of-shape", lambda tf, x: x + tf.zeros(tf.shape(x)[1:]), f32(2, 3), grad=True),
    program(
        "fill-of-shape", lambda tf, x: tf.fill([tf.shape(x)[0], 2], 3.0) @ x, f32(2, 3), grad=True
    ),
    program("range-of-size", lambda tf, x: tf.range(tf.size(x)), f32(2, 3)),
    program(
        "broadcast-to-shape",
        lambda tf, x, y: tf.broadcast_to(x, tf.shape(y)) * y,
        f32(3),
        f32(2, 3),
        grad=True,
    ),
    program(
        "last-step", lambda tf, x: tf.gather(x, tf.shape(x)[0] - 1, axis=0), f32(4, 3), grad=True
    ),
    program(
        "mean-by-size", lambda tf, x: tf.reduce_sum(x) / tf.cast(tf.size(x), x.dtype), f32(2, 3)
    ),
    program(
        "one-hot-of-width",
        lambda tf, i, x: tf.one_hot(i, tf.shape(x)[-1]) * x,
        tensor([0, 2]),
        f32(2, 3),
        grad=True,
    ),
    program("pad-to", lambda tf, x: tf.pad(x, [[0, 5 - tf.shape(x)[0]], [0, 0]]), f32(2, 3)),
    program(
        "tile-to", lambda tf, x, y: tf.tile(x, [tf.shape(y)[0], 1]), f32(1, 3), f32(4), grad=[0]
    ),
    program("variable-rows", lambda tf, v: v[1:, 0] + v[:-1, 1], var(f32(3, 2)), grad=True),
    program(
        "where-in-range", lambda tf, i: tf.where(i < tf.size(i), i, 0), ints(6, low=0, high=12)
    ),
]
