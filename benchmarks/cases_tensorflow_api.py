"""The cases in TensorFlow's API. The same lines run on real TensorFlow and on Tidefall."""

import importlib
import importlib.metadata
import os

from benchmarks import timing

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")


def add(tf, clock):
    a, b = tf.ones([8, 8]), tf.ones([8, 8])
    return {"eager": clock.statement("add(a, b)", {"add": tf.add, "a": a, "b": b})}


def matmul(tf, clock):
    a, b = tf.ones([8, 8]), tf.ones([8, 8])
    return {"eager": clock.statement("matmul(a, b)", {"matmul": tf.matmul, "a": a, "b": b})}


def gradient(tf, clock):
    v = tf.Variable(tf.ones([8, 8]))

    def gradient_of_squares():
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(v * v)
        return tape.gradient(y, v)

    return {"eager": clock.statement("f()", {"f": gradient_of_squares})}


def compiled_call(tf, clock):
    x = tf.ones([8, 8])
    modes = {"tf.function": False, "jit_compile": True}
    return {
        mode: clock.statement(
            "f(x)",
            {"f": tf.function(lambda x: x * 2.0 + 1.0, jit_compile=jit), "x": x},
            finish=lambda result: result.numpy(),
        )
        for mode, jit in modes.items()
    }


def mlp_step(tf, clock):
    return {
        "tf.function": _mlp(tf, clock, jit_compile=False),
        "jit_compile": _mlp(tf, clock, jit_compile=True),
    }


def _mlp(tf, clock, jit_compile):
    import numpy as np

    rows = 128 * clock.steps_per_epoch
    generator = np.random.default_rng(0)
    x = generator.standard_normal((rows, 784), dtype="float32")
    y = generator.integers(0, 10, rows)
    keras = tf.keras
    model = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(512, activation="relu"),
            keras.layers.Dense(512, activation="relu"),
            keras.layers.Dense(10),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, jit_compile=jit_compile)
    return clock.epochs_of(lambda: model.fit(x, y, batch_size=128, shuffle=False, verbose=0))


def main():
    parser = timing.parser()
    parser.add_argument("--module", default="tidefall", choices=["tidefall", "tensorflow"])
    arguments = parser.parse_args()
    tf = importlib.import_module(arguments.module)
    versions = {arguments.module: tf.__version__, "keras": importlib.metadata.version("keras")}
    if arguments.module == "tidefall":
        versions["jax"] = importlib.metadata.version("jax")
    cases = [add, matmul, gradient, compiled_call, mlp_step]
    timing.main(
        versions,
        {case.__name__: lambda clock, case=case: case(tf, clock) for case in cases},
        arguments,
    )


if __name__ == "__main__":
    main()
