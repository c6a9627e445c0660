"""Gradients of the recurrent cells that TensorFlow has only ops for."""

import numpy as np
import pytest

import tidefall as tf

B, N, U = 2, 3, 4
SHAPES = {
    "LSTMBlockCell": {
        "x": (B, N),
        "cs_prev": (B, U),
        "h_prev": (B, U),
        "w": (N + U, 4 * U),
        "wci": (U,),
        "wcf": (U,),
        "wco": (U,),
        "b": (4 * U,),
    },
    "GRUBlockCell": {
        "x": (B, N),
        "h_prev": (B, U),
        "w_ru": (N + U, 2 * U),
        "w_c": (N + U, U),
        "b_ru": (2 * U,),
        "b_c": (U,),
    },
}


SHAPES["BlockLSTMV2"] = {**SHAPES["LSTMBlockCell"], "x": (3, B, N)}


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("LSTMBlockCell", {"use_peephole": True}),
        ("LSTMBlockCell", {"use_peephole": False}),
        ("GRUBlockCell", {}),
        ("BlockLSTMV2", {"use_peephole": True, "seq_len_max": 3}),
        ("BlockLSTMV2", {"use_peephole": False, "seq_len_max": 2}),
    ],
)
@pytest.mark.parametrize("jit", [False, True])
def test_gradient_is_that_of_finite_differences(name, how, jit):
    rng = np.random.default_rng(5)
    given = {k: rng.uniform(-1, 1, s).astype(np.float32) for k, s in SHAPES[name].items()}

    @tf.function(jit_compile=jit)
    def loss(*arrays):
        made = getattr(tf.raw_ops, name)(**dict(zip(given, arrays, strict=True)), **how)
        state = 0.0 if name == "GRUBlockCell" else tf.reduce_sum(made.cs * made.cs)
        return tf.reduce_sum(tf.sin(3.0 * made.h)) + state

    inputs = [tf.constant(v) for v in given.values()]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        value = loss(*inputs)
    for k, gradient in enumerate(tape.gradient(value, inputs)):
        direction = rng.uniform(-1, 1, inputs[k].shape).astype(np.float32)
        ends = []
        for step in (1e-2, -1e-2):
            moved = list(inputs)
            moved[k] = inputs[k] + step * direction
            ends.append(float(loss(*moved)))
        slope = (ends[0] - ends[1]) / 2e-2
        np.testing.assert_allclose(np.sum(gradient * direction), slope, rtol=2e-2, atol=2e-3)


def test_there_is_no_second_derivative():
    given = {k: tf.ones(s) for k, s in SHAPES["GRUBlockCell"].items()}
    x = given["x"]
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.raw_ops.GRUBlockCell(**given).h
        slope = inner.gradient(y, x)
    with pytest.raises(LookupError, match="GRUBlockCellGrad"):
        outer.gradient(slope, x)


@pytest.mark.parametrize(
    ("length", "shape", "said"), [(4, (3, 2, 3), "3 steps"), (1, (2, 3), "3-dimensional")]
)
def test_bad_sequences_that_end_tensorflow_are_refused(length, shape, said):
    given = {k: tf.ones(s) for k, s in SHAPES["LSTMBlockCell"].items()}
    given["x"] = tf.ones(shape)
    with pytest.raises(tf.errors.InvalidArgumentError, match=said):
        tf.raw_ops.BlockLSTM(seq_len_max=tf.constant(length, tf.int64), **given)
