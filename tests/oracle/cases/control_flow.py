"""Branches, loops and tensor arrays, as graph ops in a traced function."""

from tests.oracle.spec import bools, f32, f64, program, tensor, var


def branch(tf, p, x):
    return tf.cond(p, lambda: x * 2.0, lambda: x * x)


def choose(tf, i, x):
    return tf.switch_case(i, [lambda: x + 1.0, lambda: x * x, lambda: tf.exp(x)])


def choose_update(tf, i, v, x):
    """A branch that assigns makes the op a Case that is not stateless."""
    read = tf.switch_case(i, [lambda: v.assign_add(x) + 0.0, lambda: x * x])
    return read, v + 0.0


def first_true(tf, x):
    total = tf.reduce_sum(x)
    pairs = [(total > 100.0, lambda: x), (total > -100.0, lambda: x * 3.0)]
    return tf.case(pairs, default=lambda: -x)


def power_by_loop(tf, x):
    return tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * x), (0, x))[1]


def data_dependent(tf, x):
    return tf.while_loop(
        lambda n, y: tf.reduce_sum(y * y) < 50.0, lambda n, y: (n + 1, y * 1.5), (0, x)
    )


def nested(tf, x):
    def body(i, y):
        return i + 1, tf.cond(i % 2 == 0, lambda: y + x, lambda: y * x)

    return tf.while_loop(lambda i, y: i < 4, body, (0, x))


def recurrent(tf, xs, w):
    def step(state, x):
        return tf.tanh(tf.linalg.matvec(w, state) + x)

    return tf.scan(step, xs, initializer=tf.zeros_like(xs[0]))


def by_array(tf, x):
    array = tf.TensorArray(tf.float32, size=3)
    for i in range(3):
        array = array.write(i, x[i] * float(i + 1))
    return array.stack()


def loop_over_array(tf, x):
    taken = tf.TensorArray(tf.float32, size=3).unstack(x)
    given = tf.TensorArray(tf.float32, size=3)

    def body(i, array):
        return i + 1, array.write(i, taken.read(i) ** 2)

    return tf.while_loop(lambda i, a: i < 3, body, (0, given))[1].stack()


def gather_array(tf, x):
    return tf.TensorArray(tf.float32, size=4).unstack(x).gather([2, 0])


def concat_array(tf, x):
    return tf.TensorArray(tf.float32, size=2).write(0, x).write(1, x * 2.0).concat()


def gradient_inside(tf, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(tf.where(x > 0.0, x**3, x))
    return tape.gradient(y, x)


def assign_in_loop(tf, v, x):
    def body(i):
        v.assign_add(x)
        return (i + 1,)

    return tf.while_loop(lambda i: i < 3, body, (0,))


def gradient_step(tf, v, x):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum((v * x) ** 2)
    v.assign_sub(0.1 * tape.gradient(loss, v))
    return loss


def adam_step(tf, v, m, s, g):
    m.assign(0.9 * m + 0.1 * g)
    s.assign(0.999 * s + 0.001 * g * g)
    v.assign_sub(0.01 * (m / (1.0 - 0.9)) / (tf.sqrt(s / (1.0 - 0.999)) + 1e-7))
    return tf.reduce_sum(v)


def lstm_step(tf, x, h, c, w, u, b):
    i, f, g, o = tf.split(x @ w + h @ u + b, 4, axis=1)
    c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
    return tf.sigmoid(o) * tf.tanh(c), c


def attention(tf, q, k, v):
    scores = tf.einsum("bqhd,bkhd->bhqk", q, k) / 2.0
    return tf.einsum("bhqk,bkhd->bqhd", tf.nn.softmax(scores), v)


def layer_norm(tf, x, scale, offset):
    mean, variance = tf.nn.moments(x, [-1], keepdims=True)
    return (x - mean) * tf.math.rsqrt(variance + 1e-3) * scale + offset


def custom(tf, x):
    @tf.custom_gradient
    def clipped(y):
        return y * y, lambda upstream: tf.clip_by_value(upstream * 2.0 * y, -0.5, 0.5)

    return clipped(x)


STATE = f32(2, 3)

CASES = [
    program("cond", branch, tensor(True), f32(3), grad=[1]),
    program("cond-else", branch, tensor(False), f64(3), grad=[1], grad2=True),
    program("switch-case", choose, tensor(1), f32(3), grad=[1]),
    program("switch-case-beyond", choose, tensor(7), f32(3), grad=[1]),
    program("switch-case-update", choose_update, tensor(0), var(f32(3)), f32(3)),
    program("case", first_true, f32(3), grad=True),
    program("while", power_by_loop, f32(3), grad=True),
    program("while-data-dependent", data_dependent, f32(3, low=0.5, high=1)),
    program("while-cond", nested, f32(2), grad=True),
    program(
        "while-integers",
        lambda tf, n: tf.while_loop(lambda i: i < 100, lambda i: (i * 3,), (n,)),
        tensor(2),
    ),
    program("scan", recurrent, f32(4, 3), f32(3, 3), grad=True),
    program("foldl", lambda tf, x: tf.foldl(lambda a, b: a * 2.0 + b, x), f32(4, 2), grad=True),
    program("foldr", lambda tf, x: tf.foldr(lambda a, b: a * 2.0 + b, x), f32(4, 2), grad=True),
    program(
        "map",
        lambda tf, x: tf.map_fn(lambda row: tf.reduce_sum(row * row), x),
        f32(3, 2),
        grad=True,
    ),
    program(
        "map-two",
        lambda tf, x, y: tf.map_fn(lambda p: (p[0] + p[1], p[0] * p[1]), (x, y)),
        f32(3),
        f32(3),
        grad=True,
    ),
    program("vectorized-map", lambda tf, x: tf.vectorized_map(lambda row: row * 2.0, x), f32(3, 2)),
    program("array-write", by_array, f32(3, 2), grad=True),
    program("array-loop", loop_over_array, f32(3, 2), grad=True),
    program("array-gather", gather_array, f32(4, 2), grad=True),
    program("array-concat", concat_array, f32(2, 2), grad=True),
    program("gradient-inside", gradient_inside, f32(4), grad=True),
    program("assign-in-loop", assign_in_loop, var(f32(2)), f32(2)),
    program("gradient-step", gradient_step, var(f32(3)), f32(3)),
    program(
        "adam-step",
        adam_step,
        var(f32(3)),
        var(f32(3)),
        var(f32(3, low=0, high=1)),
        f32(3),
        rtol=1e-4,
    ),
    program(
        "lstm-step", lstm_step, f32(2, 4), STATE, STATE, f32(4, 12), f32(3, 12), f32(12), grad=True
    ),
    program("attention", attention, *[f32(2, 3, 2, 4)] * 3, grad=True, rtol=1e-4),
    program("layer-norm", layer_norm, f32(4, 5), f32(5), f32(5), grad=True, rtol=1e-3, atol=1e-4),
    program("custom-gradient", custom, f32(4), grad=True),
    program(
        "stateful-mask",
        lambda tf, x, m: tf.where(m, x, tf.stop_gradient(x * 2.0)),
        f32(4),
        bools(4),
        grad=[0],
    ),
]
