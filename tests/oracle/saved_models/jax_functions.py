"""Functions of jax that jax2tf converted: programs in StableHLO inside the graph."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.oracle.saved_models.harness import model, wave

ROWS, MORE_ROWS = wave(3, 4), wave(5, 4, shift=1.0)
PAIR = wave(2, 6, shift=2.0)


def _jax2tf(tf: Any) -> Any:
    """jax2tf imports `tensorflow`."""
    if tf.__name__ == "tidefall":
        from tidefall.compat.tensorflow import enable

        enable()
    from jax.experimental import jax2tf

    return jax2tf


@model(
    ("f", ROWS), ("f", MORE_ROWS), ("signatures/serving_default", {"x": ROWS}),
    ("gradient", ("f", ROWS), ["hidden/0", "hidden/1", "out/0", "out/1"]),
    ("train", ("f", ROWS), ["hidden/0", "out/1"]), ("f", ROWS),
    ("describe", "signatures/serving_default"),
    ("raises", ("f", ROWS[:0])), ("raises", ("f", ROWS[:, :2])),
)  # fmt: skip
def jax_network(tf: Any) -> Any:
    """A network of two layers with a batch of any size; its gradient is saved with it."""
    import jax.numpy as jnp

    def network(hidden: Any, out: Any, x: Any) -> Any:
        x = jnp.tanh(x @ hidden[0] + hidden[1])
        return x @ out[0] + out[1]

    shapes = [None, None, "(batch, 4)"]
    converted = _jax2tf(tf).convert(network, polymorphic_shapes=shapes)

    class Network(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.hidden = [tf.Variable(wave(4, 8)), tf.Variable(wave(8, shift=1.0))]
            self.out = [tf.Variable(wave(8, 3, shift=2.0)), tf.Variable(wave(3))]

        @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32)], autograph=False)
        def f(self, x: Any) -> Any:
            return converted(list(self.hidden), list(self.out), x)

    network_module = Network()
    return network_module, network_module.f


@model(
    ("pairs", PAIR), ("pairs", wave(1, 4)), ("raises", ("pairs", wave(3, 6))),
    ("raises", ("pairs", wave(2, 5))), ("both", PAIR), ("none", PAIR),
    ("raises", ("gradient", ("stopped", PAIR), [])), ("stopped", PAIR),
    ("gradient", ("itself", PAIR), []),
)  # fmt: skip
def jax_shapes(tf: Any) -> Any:
    """Dimensions that depend on each other, programs for two platforms, loops, no results."""
    import jax
    import jax.numpy as jnp

    convert = _jax2tf(tf).convert

    def pairs(x: Any) -> Any:
        parts = x.reshape(x.shape[0], -1, 2)
        return {"sum": parts.sum(-1), "largest": jnp.sort(x)[:, -2:], "count": jnp.arange(x.size)}

    def itself(x: Any) -> Any:
        return jax.lax.scan(lambda total, row: (total * row, total + row), jnp.ones(6), x)

    class Shapes(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, None], tf.float32)], autograph=False)
        def pairs(self, x: Any) -> Any:
            return convert(
                pairs, polymorphic_shapes=["(r, 2*c)"], polymorphic_constraints=["r <= 2"]
            )(x)

        @tf.function(input_signature=[tf.TensorSpec([2, 6], tf.float32)], autograph=False)
        def both(self, x: Any) -> Any:
            platforms = ["tpu", "cpu"]
            return convert(jnp.cumsum, native_serialization_platforms=platforms)(x)

        @tf.function(input_signature=[tf.TensorSpec([2, 6], tf.float32)], autograph=False)
        def none(self, x: Any) -> Any:
            return convert(lambda x: ((), x > 0, x.astype(jnp.bfloat16)))(x)

        @tf.function(input_signature=[tf.TensorSpec([2, 6], tf.float32)], autograph=False)
        def stopped(self, x: Any) -> Any:
            return convert(jnp.sin, with_gradient=False)(x)

        @tf.function(input_signature=[tf.TensorSpec([2, 6], tf.float32)], autograph=False)
        def itself(self, x: Any) -> Any:
            return convert(itself)(x)

    return Shapes()


_KEY = np.array([7, 11], np.uint32)


@model(("draw", _KEY), ("train", ("step", ROWS), ["v"]), ("v",))
def jax_inside(tf: Any) -> Any:
    """jax's random numbers, and a converted function inside a branch and a loop."""
    import jax
    import jax.numpy as jnp

    convert = _jax2tf(tf).convert
    squash = convert(lambda v, x: jnp.tanh(v * x), polymorphic_shapes=["", "(b, 4)"])

    class Inside(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.v = tf.Variable(0.5)

        @tf.function(input_signature=[tf.TensorSpec([2], tf.uint32)], autograph=False)
        def draw(self, key: Any) -> Any:
            return convert(lambda key: jax.random.normal(key, (2, 3)))(key)

        @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32)])
        def step(self, x: Any) -> Any:
            for _ in range(2):
                x = squash(self.v, x)
            return tf.cond(tf.reduce_sum(x) > 100.0, lambda: x, lambda: x * 2.0)

    return Inside()
