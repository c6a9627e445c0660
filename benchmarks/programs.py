"""Programs in TensorFlow's API, to be traced, compiled and thrown away. For any `tf`."""

import numpy as np


def deep_mlp(tf, layers=50, width=64):
    """A function of `[batch, width]` through many dense layers, and its input."""
    generator = np.random.default_rng(0)
    weights = [
        (
            tf.Variable(generator.standard_normal((width, width), dtype="float32") / width**0.5),
            tf.Variable(tf.zeros([width])),
        )
        for _ in range(layers)
    ]

    def forward(x):
        for w, b in weights:
            x = tf.nn.relu(tf.matmul(x, w) + b)
        return tf.reduce_mean(x)

    return forward, [v for pair in weights for v in pair], tf.ones([8, width])


def transformer(tf, layers=12, width=128, heads=4, length=32, batch=2):
    """A function of `[batch, length, width]` through pre-norm attention blocks, and its input."""
    generator = np.random.default_rng(0)

    def weight(*shape):
        value = generator.standard_normal(shape, dtype="float32") / shape[0] ** 0.5
        return tf.Variable(value)

    blocks = [
        {
            "qkv": weight(width, 3 * width),
            "out": weight(width, width),
            "up": weight(width, 4 * width),
            "down": weight(4 * width, width),
            "scale1": tf.Variable(tf.ones([width])),
            "scale2": tf.Variable(tf.ones([width])),
        }
        for _ in range(layers)
    ]

    def norm(x, scale):
        mean, variance = tf.nn.moments(x, [-1], keepdims=True)
        return (x - mean) * tf.math.rsqrt(variance + 1e-6) * scale

    def split(x):
        return tf.transpose(tf.reshape(x, [batch, length, heads, width // heads]), [0, 2, 1, 3])

    def dense(x, w):
        return tf.reshape(tf.matmul(tf.reshape(x, [-1, x.shape[-1]]), w), [batch, length, -1])

    def forward(x):
        for block in blocks:
            q, k, v = (
                split(t) for t in tf.split(dense(norm(x, block["scale1"]), block["qkv"]), 3, -1)
            )
            scores = tf.matmul(q, k, transpose_b=True) / (width // heads) ** 0.5
            attended = tf.transpose(tf.matmul(tf.nn.softmax(scores), v), [0, 2, 1, 3])
            x += dense(tf.reshape(attended, [batch, length, width]), block["out"])
            x += dense(tf.nn.gelu(dense(norm(x, block["scale2"]), block["up"])), block["down"])
        return tf.reduce_mean(tf.square(x))

    variables = [v for block in blocks for v in block.values()]
    return (
        forward,
        variables,
        tf.constant(generator.standard_normal((batch, length, width), "float32")),
    )


def training_step(tf, forward, variables):
    """One step of gradient descent on a function's result."""

    def step(x):
        with tf.GradientTape() as tape:
            loss = forward(x)
        for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
            variable.assign_sub(0.01 * gradient)
        return loss

    return step
