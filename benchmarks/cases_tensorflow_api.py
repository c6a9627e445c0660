"""The cases in TensorFlow's API. The same lines run on real TensorFlow and on Tidefall."""

import importlib
import importlib.metadata
import os

from benchmarks import programs, timing

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
    return _both_modes(tf, clock, lambda x: x * 2.0 + 1.0, tf.ones([8, 8]))


def _captures(count):
    def case(tf, clock):
        variables = [tf.Variable(tf.ones([8, 8])) for _ in range(count)]

        def total(x):
            for v in variables:
                x = x + v
            return x

        return _both_modes(tf, clock, total, tf.ones([8, 8]))

    return case


def _both_modes(tf, clock, body, x):
    return {
        mode: clock.statement(
            "f(x)",
            {"f": tf.function(body, jit_compile=jit), "x": x},
            finish=lambda result: result.numpy(),
        )
        for mode, jit in (("tf.function", False), ("jit_compile", True))
    }


def while_loop(tf, clock):
    def thousand(x):
        return tf.while_loop(
            lambda i, _: i < 1000, lambda i, a: (i + 1, a * 1.0001 + 0.1), (tf.constant(0), x)
        )[1]

    return _both_modes(tf, clock, thousand, tf.ones([8]))


def autograph_loop(tf, clock):
    def thousand(x):
        for _ in tf.range(1000):
            x = x * 1.0001 + 0.1
        return x

    return _both_modes(tf, clock, thousand, tf.ones([8]))


def _traced(program):
    """Seconds to trace a training step of a program, for a function that is new each time."""

    def case(tf, clock):
        forward, variables, x = program(tf)
        step = programs.training_step(tf, forward, variables)
        return {
            "tf.function": clock.once(
                lambda: tf.function(step), lambda f: f.get_concrete_function(x)
            )
        }

    return case


def _first_result(program):
    """Seconds from the call of a new function to its first result."""

    def case(tf, clock):
        forward, variables, x = program(tf)
        step = programs.training_step(tf, forward, variables)
        return {
            mode: clock.once(
                lambda jit=jit: tf.function(step, jit_compile=jit), lambda f: float(f(x))
            )
            for mode, jit in (("tf.function", False), ("jit_compile", True))
        }

    return case


def retained_memory(tf, clock):
    """Bytes that stay after making, calling and dropping 200 functions."""

    def cycle():
        w = tf.Variable(tf.ones([100, 100]))
        tf.function(lambda x: tf.nn.relu(tf.matmul(x, w)))(tf.ones([2, 100]))

    for _ in range(20):
        cycle()
    before = timing.resident_bytes()
    for _ in range(20 if clock.quick else 200):
        cycle()
    return {"tf.function": max(0, timing.resident_bytes() - before)}


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
    cases = {
        "add": add,
        "matmul": matmul,
        "gradient": gradient,
        "compiled_call": compiled_call,
        **{f"captures_{n}": _captures(n) for n in (1, 20, 100)},
        "while_loop": while_loop,
        "autograph_loop": autograph_loop,
        "trace_mlp": _traced(programs.deep_mlp),
        "first_mlp": _first_result(programs.deep_mlp),
        "trace_transformer": _traced(programs.transformer),
        "first_transformer": _first_result(programs.transformer),
        "retained_memory": retained_memory,
        "mlp_step": mlp_step,
    }
    timing.main(
        versions,
        {name: lambda clock, case=case: case(tf, clock) for name, case in cases.items()},
        arguments,
    )


if __name__ == "__main__":
    main()
