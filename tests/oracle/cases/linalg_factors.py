"""QR and LU decompositions, functions of matrices, tridiagonal matrices, norms."""

from tests.oracle.cases._linalg import (
    ALL,
    BAD_SQUARE,
    HOST,
    LOOSE,
    SQUARE,
    c128,
    every,
    on_definite,
    on_regular,
)
from tests.oracle.spec import (
    COMPLEX,
    FLOATS,
    T,
    case,
    cases,
    complex64,
    f32,
    f64,
    ints,
    program,
    raises,
    tensor,
    values,
)


def rebuilt_qr(tf, x, full=False):
    q, r = tf.linalg.qr(x, full_matrices=full)
    return tf.matmul(q, r), tf.abs(r), tf.matmul(q, q, adjoint_a=True)


def split_lu(tf, x):
    lu, p = tf.linalg.lu(x)
    return lu, p, tf.linalg.lu_reconstruct(lu, p)


CASES = [
    # ---- qr, lu ----
    *[
        program(
            f"qr-{full}",
            lambda tf, x, full=full: rebuilt_qr(tf, x, full),
            values(*s, dtype=d),
            **LOOSE,
        )
        for s in ((3, 3), (2, 4, 3), (3, 5), (2, 0, 3), (2, 3, 0))
        for d in ALL
        for full in (False, True)
    ],
    *[
        case("linalg.qr", values(*s, dtype=d), grad=True, grad2=True, **LOOSE)
        for s in ((3, 3), (4, 2), (2, 4), (2, 3, 2))
        for d in ("float64",)
    ],
    case("linalg.qr", f64(3, 3), full_matrices=True, grad=True),
    case("linalg.qr", c128(3, 3), grad=True),
    case("linalg.qr", c128(4, 2), grad=True),
    raises("linalg.qr", f32(3)),
    *every(program, "lu", split_lu, SQUARE[:-1]),  # TensorFlow fails for an empty batch
    program("lu-large", split_lu, f64(70, 70), rtol=1e-6, atol=1e-7),
    case("linalg.lu", f32(3, 3), output_idx_type="int64"),
    *[
        program(
            "lu-solve",
            lambda tf, a, b: (
                tf.linalg.lu_solve(*tf.linalg.lu(a), b),
                tf.linalg.lu_matrix_inverse(*tf.linalg.lu(a)),
            ),
            values(*s, 3, 3, dtype=d),
            values(*s, 3, 2, dtype=d),
            **{**LOOSE, "rtol": 1e-2},
        )
        for s in ((), (2,))
        for d in ALL
    ],
    *[raises("linalg.lu", x) for x in (*BAD_SQUARE, tensor([[1.0, 2.0], [2.0, 4.0]]))],
    raises("linalg.lu_reconstruct", f32(3), ints(3)),
    raises("linalg.lu_solve", f32(2, 2), tensor([0, 1]), f32(2)),
    # ---- functions of matrices ----
    *every(on_definite, "sqrtm", lambda tf, a: tf.linalg.sqrtm(a), SQUARE, executors=HOST),
    *every(
        on_definite,
        "sqrtm-grad",
        lambda tf, a: tf.linalg.sqrtm(a),
        [(3, 3), (2, 2, 2)],
        dtypes=("float64",),  # TensorFlow forgets to conjugate
        grad=True,
        grad2=True,
        executors=HOST,
    ),
    on_regular("sqrtm-regular", lambda tf, a: tf.matrix_square_root(a), f64(4, 4), executors=HOST),
    case("linalg.sqrtm", tensor([[-1.0, 0.0], [0.0, 4.0]]), executors=HOST),
    *[raises("linalg.sqrtm", x) for x in BAD_SQUARE],
    *every(
        on_regular,
        "logm",
        lambda tf, a: tf.linalg.logm(a),
        [(3, 3), (2, 4, 4), (0, 0)],
        dtypes=COMPLEX,
        executors=HOST,
    ),
    *[raises("linalg.logm", x) for x in (complex64(2, 3), complex64(3), f32(2, 2))],
    *every(program, "expm", lambda tf, x: tf.linalg.expm(x), SQUARE, rtol=1e-4),
    *every(
        program,
        "expm-large",
        lambda tf, x: tf.linalg.expm(tf.cast([1.0, 5.0, 20.0], x.dtype)[:, None, None] * x),
        [(3, 3, 3)],
    ),
    *[case("linalg.expm", f64(*s), grad=True, grad2=True) for s in ((3, 3), (2, 2, 2))],
    case("linalg.expm", f32(3, 3), grad=True),
    raises("linalg.expm", f32(2, 3)),
    # ---- tridiagonal matrices ----
    *[
        case(
            "linalg.tridiagonal_matmul",
            values(*s, 3, 4, dtype=d),
            values(*s, 4, 2, dtype=d),
            grad=True,
            grad2=True,
        )
        for s in ((), (2,))
        for d in ALL
    ],
    case(
        "linalg.tridiagonal_matmul",
        [f32(4), f32(4), f32(4)],
        f32(4, 2),
        diagonals_format="sequence",
    ),
    case("linalg.tridiagonal_matmul", f32(4, 4), f32(4, 2), diagonals_format="matrix", grad=True),
    raises("linalg.tridiagonal_matmul", f32(3, 4), f32(3, 2)),
    raises("linalg.tridiagonal_matmul", f32(3, 4), f32(4, 2), diagonals_format="x"),
    *[
        case(
            "linalg.tridiagonal_solve",
            values(*s, 3, 4, dtype=d),
            values(*s, 4, 2, dtype=d),
            grad=d in FLOATS,  # TensorFlow forgets to conjugate
            grad2=d == "float64",
            rtol=1e-2,
            atol=1e-3,
        )
        for s in ((), (2,))
        for d in ALL
    ],
    *[
        case("linalg.tridiagonal_solve", f64(3, 5), f64(*s), **kw, grad=True)
        for s, kw in (
            ((5,), {}),
            ((2, 5), {"transpose_rhs": True}),
            ((5, 2), {"conjugate_rhs": True}),
            ((5, 2), {"partial_pivoting": False}),
        )
    ],
    case("linalg.tridiagonal_solve", [f64(4), f64(5), f64(4)], f64(5), diagonals_format="sequence"),
    case("linalg.tridiagonal_solve", [f64(5), f64(5), f64(5)], f64(5), diagonals_format="sequence"),
    case("linalg.tridiagonal_solve", f64(4, 4), f64(4, 2), diagonals_format="matrix", grad=True),
    case("linalg.tridiagonal_solve", f64(3, 1), f64(1, 2)),
    case("linalg.tridiagonal_solve", c128(3, 4), c128(4), conjugate_rhs=True),
    raises("linalg.tridiagonal_solve", f32(2, 4), f32(4, 2)),
    raises("linalg.tridiagonal_solve", f32(3, 4), f32(3, 2)),
    raises("linalg.tridiagonal_solve", f32(3, 4), f32(4, 2), diagonals_format="x"),
    # ---- norms ----
    *cases(
        "norm", [T(2, 3)], [T(4)], [T(0)], [T()], dtypes=("float16", "bfloat16", *ALL), rtol=1e-2
    ),
    *[
        case("norm", f64(3, 4), ord=o, axis=axis, keepdims=keep, grad=o != float("inf"))
        for o in ("euclidean", 1, 2, 3.5, float("inf"))
        for axis in (None, 0, -1)
        for keep in (None, True)
    ],
    *[
        case("linalg.norm", f64(2, 3, 4), ord=o, axis=axis, keepdims=keep)
        for o in ("euclidean", "fro", 1, 2, float("inf"))
        for axis in ([0, 1], [-2, -1], [2, 0])
        for keep in (None, True)
    ],
    raises("norm", f32(3), ord="fro"),
    raises("norm", f32(3), ord=-1),
    raises("norm", f32(3, 3), ord="abc"),
    raises("norm", f32(3, 3), ord=3, axis=[0, 1]),
    raises("norm", f32(3, 3), axis=[0, 1, 2]),
    raises("norm", f32(3, 3), axis=[0, 0]),
    raises("norm", ints(3)),
    raises("norm", f32(3), axis=4),
    *[
        case("linalg.normalize", f64(3, 4), ord=o, axis=axis, grad=True)
        for o in ("euclidean", 1, 3)
        for axis in (None, 0)
    ],
    case("linalg.normalize", f32(2, 3, 3), ord="fro", axis=[1, 2]),
    # ---- bad input ----
    *[raises(f"linalg.{name}", f32()) for name in ("qr", "lu", "sqrtm", "trace", "diag")],
    *[raises(f"linalg.{name}", ints(2, 2)) for name in ("qr", "lu", "sqrtm", "logm", "normalize")],
    raises("linalg.expm", f32(3)),
    raises("linalg.trace", f32(3)),
    raises("linalg.tridiagonal_matmul", f32(3, 4), f64(4, 2)),
    raises("linalg.tridiagonal_matmul", f32(4), f32(4, 2)),
    raises("linalg.tridiagonal_solve", f32(3, 4), f64(4, 2)),
    raises("linalg.tridiagonal_solve", f32(4), f32(4)),
    raises("linalg.tridiagonal_solve", f32(3, 4), f32(2, 4, 2)),
    raises("linalg.tridiagonal_solve", f32(4, 3), f32(4, 1), diagonals_format="matrix"),
    raises("linalg.lu_matrix_inverse", f32(2, 3), tensor([0, 1])),
    raises("linalg.matmul", f32(2, 3), f32(2, 3)),
    raises("linalg.matmul", f32(3), f32(3)),
    raises("linalg.matmul", f32(2, 3), f64(3, 2)),
    raises("linalg.matvec", f32(2, 3), f32(2)),
    raises("linalg.matvec", f32(2, 3), f64(3)),
    raises("linalg.cross", f32(3), f32(2)),
    raises("linalg.cross", f32(4), f32(4)),
    raises("linalg.cross", f32(3), f64(3)),
    raises("linalg.band_part", f32(3), 0, 0),
    raises("linalg.band_part", f32(3, 3), 4, 0),
    raises("linalg.diag_part", f32(3)),
    raises("linalg.diag_part", f32(3, 3), k=3),
    raises("linalg.set_diag", f32(3, 3), f32(2)),
    raises("linalg.set_diag", f32(3), f32(3)),
    raises("linalg.tensor_diag_part", f32(2, 3)),
    raises("linalg.tensor_diag_part", f32(3)),
    raises("linalg.tensordot", f32(2, 3), f32(2, 3), 1),
    raises("linalg.tensordot", f32(2, 3), f32(3, 2), [[0, 5], [1, 0]]),
    raises("linalg.einsum", "ij,jk->ik", f32(2, 3), f32(2, 3)),
    raises("linalg.einsum", "ij->ij", f32(2)),
    raises("linalg.global_norm", f32(2)),
    raises("linalg.l2_normalize", ints(2)),
    raises("linalg.eye", -1),
    raises("linalg.matrix_transpose", f32(3)),
    raises("linalg.adjoint", f32(3)),
]
