"""Forward mode, Jacobians, tf.gradients and tf.hessians, vectorized maps."""

from tests.oracle.spec import f32, f64, ints, program, var


def smooth(tf, x):
    return tf.sin(x) * tf.exp(tf.reduce_sum(x * x, axis=-1, keepdims=True)) + x[..., ::-1]


def looped(tf, x):
    return tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, tf.sin(y) * x), (0, x))[1]


def branched(tf, x):
    return tf.cond(tf.reduce_sum(x) > 0.0, lambda: tf.exp(x) * x, lambda: tf.cos(x))


def scanned(tf, x):
    return tf.scan(lambda a, b: tf.tanh(a) * b, x)


FUNCTIONS = [smooth, looped, branched, scanned]


def jvp(f):
    def run(tf, x, t):
        with tf.autodiff.ForwardAccumulator(x, t) as acc:
            y = f(tf, x)
        return acc.jvp(y)

    return run


def forward_over_reverse(f):
    def run(tf, x, t):
        with tf.autodiff.ForwardAccumulator(x, t) as acc:
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = f(tf, x)
            gradient = tape.gradient(y, x)
        return acc.jvp(gradient)

    return run


def forward_over_forward(tf, x, s, t):
    with tf.autodiff.ForwardAccumulator(x, s) as outer:
        with tf.autodiff.ForwardAccumulator(x, t) as inner:
            y = smooth(tf, x)
        product = inner.jvp(y)
    return product, outer.jvp(product)


def jvp_of_variable(tf, v, t):
    with tf.autodiff.ForwardAccumulator(v, t) as acc:
        y = tf.gather(v, [1, 0, 1]) * tf.reduce_sum(v)
    return acc.jvp(y)


def jvp_unconnected(tf, x, t):
    with tf.autodiff.ForwardAccumulator(x, t) as acc:
        y = tf.stop_gradient(x) * 2.0
    return acc.jvp(y, unconnected_gradients=tf.UnconnectedGradients.ZERO)


def jvp_of_many(tf, x, w, t):
    with tf.autodiff.ForwardAccumulator([x, w], [t, 2.0 * w]) as acc:
        y = {"a": tf.matmul(x, w), "b": tf.reduce_max(x, axis=1), "c": tf.nn.softmax(x)}
    found = acc.jvp(y)
    return found["a"], found["b"], found["c"]


def jacobian(f, **options):
    def run(tf, x):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = f(tf, x)
        return tape.jacobian(y, x, **options)

    return run


def batch_jacobian(f, **options):
    def run(tf, x):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = f(tf, x)
        return tape.batch_jacobian(y, x, **options)

    return run


def dense_layers(tf, x):
    kernel = tf.constant([[0.5, -1.0, 2.0], [1.5, 0.25, -0.5]])
    return tf.nn.softmax(tf.matmul(tf.tanh(x), kernel))


def pictures(tf, x):
    kernel = tf.reshape(tf.linspace(-1.0, 1.0, 18), [3, 3, 1, 2])
    return tf.nn.max_pool2d(tf.nn.relu(tf.nn.conv2d(x, kernel, 1, "SAME")), 2, 2, "VALID")


def jacobian_of_variable(tf, v):
    with tf.GradientTape() as tape:
        y = tf.gather(v, [1]) * v
    return tape.jacobian(y, v)


def second_jacobian(tf, x):
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.reduce_sum(tf.sin(x) * x**3)
        slope = inner.gradient(y, x)
    return outer.jacobian(slope, x)


def in_graph(f):
    def run(tf, *args):
        return tf.function(lambda *inner: f(tf, *inner))(*args)

    return run


def gradients(tf, x, w):
    y = tf.matmul(x, w)
    return tf.gradients([y, tf.sin(x)], [x, w])


def gradients_seeded(tf, x, s):
    return tf.gradients(x * x * x, x, grad_ys=s)


def gradients_stopped(tf, x):
    a = x * 2.0
    return tf.gradients(a * x + a * a, [x, a], stop_gradients=[a])


def gradients_stopped_sources(tf, x):
    a = x * 3.0
    b = a * x
    return tf.gradients(a + b, [a, b], stop_gradients=[a, b])


def gradients_zero(tf, x):
    return tf.gradients(x * 2.0, [x, tf.cast(x, tf.float64)], unconnected_gradients="zero")


def gradients_of_loop(tf, x):
    return tf.gradients(tf.gradients(looped(tf, x), x)[0], x)


def gradients_of_branch(tf, x):
    return tf.gradients(tf.gradients(branched(tf, x), x)[0], x)


def gradients_of_call(tf, x):
    inner = tf.function(lambda y: tf.sin(y) * y)
    return tf.gradients(tf.gradients(inner(inner(x)), x)[0], x)


def hessians(tf, x):
    return tf.hessians(tf.reduce_sum(tf.sin(x) * x * tf.reduce_prod(x)), x)


def recomputed(tf, x):
    layer = tf.recompute_grad(lambda y: tf.exp(tf.sin(y)) * y)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(layer(x))
    return y, tape.gradient(y, x)


def recomputed_variable(tf, v, x):
    layer = tf.recompute_grad(lambda y: tf.tanh(y * v) * v)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
    return tape.gradient(y, [x, v])


def passed_through(tf, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.grad_pass_through(tf.round)(x) * x
    return tape.gradient(y, x)


def vectorized(tf, x, w):
    def one(row):
        shifted = tf.roll(row, 1, axis=0) - tf.reduce_mean(row)
        return {"a": tf.linalg.matvec(w, shifted), "b": tf.argmax(row), "c": row[1:]}

    found = tf.vectorized_map(one, x)
    return found["a"], found["b"], found["c"]


def vectorized_pair(tf, x, i):
    return tf.vectorized_map(lambda p: tf.gather(p[0], p[1]) * tf.cast(p[1], tf.float32), (x, i))


CASES = [
    *(program(f"jvp-{f.__name__}", jvp(f), f32(3), f32(3)) for f in FUNCTIONS),
    *(
        program(f"forward-over-reverse-{f.__name__}", forward_over_reverse(f), f32(3), f32(3))
        for f in FUNCTIONS
    ),
    program("forward-over-forward", forward_over_forward, f32(3), f32(3), f32(3)),
    program("jvp-variable", jvp_of_variable, var(f32(2, 3)), f32(2, 3)),
    program("jvp-unconnected", jvp_unconnected, f32(3), f32(3)),
    program("jvp-many", jvp_of_many, f32(2, 3), f32(3, 2), f32(2, 3)),
    *(program(f"jacobian-{f.__name__}", jacobian(f), f32(3)) for f in FUNCTIONS),
    program("jacobian-loop", jacobian(smooth, experimental_use_pfor=False), f32(2, 3)),
    program("jacobian-parallel", jacobian(smooth, parallel_iterations=2), f64(5)),
    program("jacobian-scalar", jacobian(lambda tf, x: tf.reduce_sum(x * x)), f32(2, 3)),
    program("jacobian-variable", jacobian_of_variable, var(f32(2, 3))),
    program("jacobian-second", second_jacobian, f32(3)),
    program("batch-jacobian-smooth", batch_jacobian(smooth), f32(2, 3)),
    program("batch-jacobian-dense", batch_jacobian(dense_layers), f32(4, 2)),
    program("batch-jacobian-pictures", batch_jacobian(pictures), f32(2, 4, 4, 1)),
    program(
        "batch-jacobian-loop", batch_jacobian(dense_layers, experimental_use_pfor=False), f32(4, 2)
    ),
    program("gradients", in_graph(gradients), f32(2, 3), f32(3, 2)),
    program("gradients-seeded", in_graph(gradients_seeded), f32(3), f32(3)),
    program("gradients-stopped", in_graph(gradients_stopped), f32(3)),
    program("gradients-stopped-sources", in_graph(gradients_stopped_sources), f32(3)),
    program("gradients-zero", in_graph(gradients_zero), f32(3)),
    program("gradients-of-loop", in_graph(gradients_of_loop), f32(3)),
    program("gradients-of-branch", in_graph(gradients_of_branch), f32(3)),
    program("gradients-of-call", in_graph(gradients_of_call), f32(3)),
    program("hessians", in_graph(hessians), f32(3)),
    program("hessians-matrix", in_graph(hessians), f32(2, 2)),
    program("recompute", in_graph(recomputed), f32(3)),
    program("recompute-variable", in_graph(recomputed_variable), var(f32(3)), f32(3)),
    program("grad-pass-through", passed_through, f32(3)),
    program("vectorized-map", vectorized, f32(4, 3), f32(2, 3)),
    program("vectorized-map-pair", vectorized_pair, f32(3, 4), ints(3, 2, low=0, high=4)),
]
