"""Recurrent cells as single ops."""

from tests.oracle.spec import T, case, cases, f32, program, raises

B, N, U, STEPS = 2, 3, 4, 3
CELL = {
    "x": T(B, N),
    "cs_prev": T(B, U),
    "h_prev": T(B, U),
    "w": T(N + U, 4 * U),
    "wci": T(U),
    "wcf": T(U),
    "wco": T(U),
    "b": T(4 * U),
}
SEQUENCES = {**CELL, "x": T(STEPS, B, N)}
F32 = {k: f32(*v.shape) for k, v in CELL.items()}
BLOCK32 = {k: f32(*v.shape) for k, v in SEQUENCES.items()}
WIDE = {k: f32(*v.shape, low=-3.0, high=3.0) for k, v in CELL.items()}
HALF = {"rtol": 2e-2, "atol": 2e-2}


def _block(name, length, **how):
    def block(tf, *arrays):
        names = ("x", "cs_prev", "h_prev", "w", "wci", "wcf", "wco", "b")
        given = dict(zip(names, arrays, strict=True))
        made = getattr(tf.raw_ops, name)(seq_len_max=tf.constant(length, tf.int64), **given, **how)
        # What lies behind the last step, TensorFlow leaves as it found it.
        return [part[:length] for part in made], made.cs, made.h

    return block


def _cell_gradient(tf, *arrays):
    names = ("x", "cs_prev", "h_prev", "w", "wci", "wcf", "wco", "b")
    given = dict(zip(names, arrays[:8], strict=True))
    made = tf.raw_ops.LSTMBlockCell(**given, use_peephole=True, cell_clip=0.5)
    kept = {k: getattr(made, k) for k in ("i", "cs", "f", "o", "ci", "co")}
    both = {"cs_grad": arrays[8], "h_grad": arrays[9]}
    first = tf.raw_ops.LSTMBlockCellGrad(**given, **kept, **both, use_peephole=True)
    plain = tf.raw_ops.LSTMBlockCellGrad(**given, **kept, **both, use_peephole=False)
    return [first, plain.cs_prev_grad, plain.dicfo]


GRU = {
    "x": f32(B, N),
    "h_prev": f32(B, U),
    "w_ru": f32(N + U, 2 * U),
    "w_c": f32(N + U, U),
    "b_ru": f32(2 * U),
    "b_c": f32(U),
}


def _gru_gradient(tf, *arrays):
    given = dict(zip(GRU, arrays[:6], strict=True))
    made = tf.raw_ops.GRUBlockCell(**given)
    return tf.raw_ops.GRUBlockCellGrad(**given, r=made.r, u=made.u, c=made.c, d_h=arrays[6])


CASES = [
    *[
        case("raw_ops.LSTMBlockCell", **given, use_peephole=peephole, cell_clip=clip, rtol=1e-4)
        for given in (F32, WIDE)
        for peephole in (False, True)
        for clip in (3.0, 0.25, 0.0, -1.0)
    ],
    case("raw_ops.LSTMBlockCell", **F32, forget_bias=-0.5),
    *cases("raw_ops.LSTMBlockCell", [], dtypes=("float16",), **CELL, **HALF),
    program("LSTMBlockCellGrad", _cell_gradient, *F32.values(), f32(B, U), f32(B, U), rtol=1e-4),
    *[
        program(
            f"{name} {length} {how}",
            _block(name, length, **how),
            *BLOCK32.values(),
            # TensorFlow's gradient of BlockLSTMV2 takes the gates in the order of BlockLSTM and is
            # wrong; tests/ops/nn/test_recurrent.py compares ours with finite differences.
            grad=name == "BlockLSTM",
            rtol=1e-4,
            atol=1e-5,
        )
        for name in ("BlockLSTM", "BlockLSTMV2")
        for length in (3, 2, 0)
        for how in (
            {"use_peephole": True},
            {"use_peephole": True, "cell_clip": 0.3},
        )
    ],
    *[
        program(f"{name} without peepholes", _block(name, 3), *BLOCK32.values(), rtol=1e-4)
        for name in ("BlockLSTM", "BlockLSTMV2")
    ],
    case("raw_ops.GRUBlockCell", **GRU),
    case("raw_ops.GRUBlockCell", **{k: f32(*v.shape, low=-4.0, high=4.0) for k, v in GRU.items()}),
    program("GRUBlockCellGrad", _gru_gradient, *GRU.values(), f32(B, U), rtol=1e-4),
    *[
        raises("raw_ops.LSTMBlockCell", **{**F32, key: f32(*shape)})
        for key, shape in (
            ("w", (3, 16)),
            ("b", (3,)),
            ("cs_prev", (1, 4)),
            ("h_prev", (2, 3)),
        )
    ],
    *[
        raises("raw_ops.GRUBlockCell", **{**GRU, key: f32(*shape)})
        for key, shape in (("w_ru", (3, 8)), ("b_c", (3,)), ("h_prev", (1, 4)), ("w_c", (2, 2)))
    ],
]
