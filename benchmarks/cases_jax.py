"""The cases in JAX: eager jax.numpy, jax.jit, and Keras on its JAX backend."""

import os

from benchmarks import timing

os.environ["KERAS_BACKEND"] = "jax"

import jax
import jax.numpy as jnp
import keras
import numpy as np


def add(clock):
    a = jnp.ones((8, 8))
    names = {"add": jnp.add, "a": a, "b": a + 0}
    return {"eager": clock.statement("add(a, b)", names, jax.block_until_ready)}


def matmul(clock):
    a = jnp.ones((8, 8))
    names = {"matmul": jnp.matmul, "a": a, "b": a + 0}
    return {"eager": clock.statement("matmul(a, b)", names, jax.block_until_ready)}


def gradient(clock):
    f = jax.grad(lambda v: jnp.sum(v * v))
    names = {"f": f, "v": jnp.ones((8, 8))}
    return {"eager": clock.statement("f(v)", names, jax.block_until_ready)}


def compiled_call(clock):
    names = {"f": jax.jit(lambda x: x * 2.0 + 1.0), "x": jnp.ones((8, 8))}
    return {"jit": clock.statement("f(x)", names, jax.block_until_ready)}


def _captures(count):
    def case(clock):
        weights = [jnp.ones((8, 8)) for _ in range(count)]

        def total(weights, x):
            for w in weights:
                x = x + w
            return x

        names = {"f": jax.jit(total), "w": weights, "x": jnp.ones((8, 8))}
        return {"jit": clock.statement("f(w, x)", names, jax.block_until_ready)}

    return case


def while_loop(clock):
    f = jax.jit(lambda x: jax.lax.fori_loop(0, 1000, lambda _, a: a * 1.0001 + 0.1, x))
    return {"jit": clock.statement("f(x)", {"f": f, "x": jnp.ones(8)}, jax.block_until_ready)}


def mlp_step(clock):
    return {"keras": _keras_mlp(clock), "jit": _plain_mlp(clock)}


def _data(clock):
    rows = 128 * clock.steps_per_epoch
    generator = np.random.default_rng(0)
    return generator.standard_normal((rows, 784), dtype="float32"), generator.integers(0, 10, rows)


def _keras_mlp(clock):
    x, y = _data(clock)
    model = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(512, activation="relu"),
            keras.layers.Dense(512, activation="relu"),
            keras.layers.Dense(10),
        ]
    )
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return clock.epochs_of(lambda: model.fit(x, y, batch_size=128, shuffle=False, verbose=0))


def _plain_mlp(clock):
    x, y = _data(clock)
    x, y = x.reshape(-1, 128, 784), y.reshape(-1, 128)
    sizes = [784, 512, 512, 10]
    keys = jax.random.split(jax.random.key(0), 3)
    weights = [
        (jax.random.normal(key, (m, n)) * (2 / m) ** 0.5, jnp.zeros(n))
        for key, m, n in zip(keys, sizes[:-1], sizes[1:], strict=True)
    ]
    zeros = jax.tree.map(jnp.zeros_like, weights)
    state = [weights, zeros, jax.tree.map(jnp.zeros_like, weights), jnp.zeros(())]

    def epoch():
        for batch, labels in zip(x, y, strict=True):
            state[:] = _adam_step(*state, batch, labels)
        jax.block_until_ready(state)

    return clock.epochs_of(epoch)


def _loss(weights, x, labels):
    for w, b in weights[:-1]:
        x = jax.nn.relu(x @ w + b)
    w, b = weights[-1]
    log_probabilities = jax.nn.log_softmax(x @ w + b)
    return -jnp.mean(jnp.take_along_axis(log_probabilities, labels[:, None], axis=1))


def _adam(weights, first, second, step, x, labels):
    gradients = jax.grad(_loss)(weights, x, labels)
    step = step + 1
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
    rate = 0.001 * jnp.sqrt(1 - 0.999**step) / (1 - 0.9**step)
    weights = jax.tree.map(
        lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-7), weights, first, second
    )
    return weights, first, second, step


_adam_step = jax.jit(_adam, donate_argnums=(0, 1, 2, 3))


if __name__ == "__main__":
    timing.main(
        {"jax": jax.__version__, "jaxlib": jax.lib.__version__, "keras": keras.__version__},
        {
            **{case.__name__: case for case in (add, matmul, gradient, compiled_call)},
            **{f"captures_{n}": _captures(n) for n in (1, 20, 100)},
            "while_loop": while_loop,
            "mlp_step": mlp_step,
        },
        timing.parser().parse_args(),
    )
