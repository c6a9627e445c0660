"""Decompositions, solvers, determinants and functions of matrices, norms.

Vectors of eigenvalues and of singular values have no sign or phase of their own: programs put the
matrices together again, or look at projections on one vector.
"""

from tests.oracle.spec import (
    COMPLEX,
    FLOATS,
    T,
    case,
    cases,
    complex64,
    const,
    f32,
    f64,
    ints,
    positive,
    program,
    raises,
    tensor,
    values,
)

ALL = (*FLOATS, *COMPLEX)
LOOSE = {"rtol": 2e-3, "atol": 2e-4}


def c128(*shape):
    return values(*shape, dtype="complex128")


def definite(tf, x, shift=1.0):
    """A positive definite matrix made of any."""
    size = x.shape[-1]
    return tf.matmul(x, x, adjoint_b=True) + shift * tf.eye(size, dtype=x.dtype)


def regular(tf, x):
    """A matrix far from singular."""
    return x + 3.0 * tf.eye(x.shape[-1], dtype=x.dtype)


def on_definite(label, function, *args, **options):
    return program(
        label, lambda tf, x, *rest: function(tf, definite(tf, x), *rest), *args, **options
    )


def on_regular(label, function, *args, **options):
    return program(
        label, lambda tf, x, *rest: function(tf, regular(tf, x), *rest), *args, **options
    )


def every(make, label, function, shapes, dtypes=ALL, **options):
    return [
        make(label, function, values(*s, dtype=d), **{**LOOSE, **options})
        for s in shapes
        for d in dtypes
    ]


def rebuilt_eigh(tf, x):
    e, v = tf.linalg.eigh(x)
    return e, tf.matmul(v * e[..., None, :], v, adjoint_b=True)


def eigh_function(tf, x):
    e, v = tf.linalg.eigh(x)
    return tf.matmul(v * tf.exp(e)[..., None, :], v, adjoint_b=True)


def rebuilt_svd(tf, x, full=False):
    s, u, v = tf.linalg.svd(x, full_matrices=full)
    k = s.shape[-1]
    scaled = u[..., :k] * tf.cast(s, u.dtype)[..., None, :]
    return s, tf.matmul(scaled, v[..., :k], adjoint_b=True)


def svd_function(tf, x):
    s, u, v = tf.linalg.svd(x)
    return tf.matmul(u * tf.cast(tf.sin(s), u.dtype)[..., None, :], v, adjoint_b=True)


def projections(tf, u):
    """The outer product of each column with itself."""
    return tf.einsum("...ik,...jk->...kij", u, tf.math.conj(u))


def svd_projections(tf, x, full=False):
    _s, u, v = tf.linalg.svd(x, full_matrices=full)
    return projections(tf, u), projections(tf, v)


def rebuilt_qr(tf, x, full=False):
    q, r = tf.linalg.qr(x, full_matrices=full)
    return tf.matmul(q, r), tf.abs(r), tf.matmul(q, q, adjoint_a=True)


def sorted_eigvals(tf, x):
    e = tf.linalg.eigvals(x)
    order = tf.argsort(tf.math.real(e) + 0.01 * tf.math.imag(e), axis=-1)
    return tf.gather(e, order, axis=-1, batch_dims=e.shape.rank - 1)


def rebuilt_eig(tf, x):
    e, v = tf.linalg.eig(x)
    return tf.matmul(v * e[..., None, :], tf.linalg.inv(v)), tf.linalg.norm(v, axis=-2)


def eig_function(tf, x):
    e, v = tf.linalg.eig(x)
    return tf.matmul(v * tf.exp(e)[..., None, :], tf.linalg.inv(v))


def split_lu(tf, x):
    lu, p = tf.linalg.lu(x)
    return lu, p, tf.linalg.lu_reconstruct(lu, p)


SQUARE = [(3, 3), (2, 4, 4), (1, 1), (0, 0), (0, 2, 2)]
BAD_SQUARE = [f32(2, 3), f32(3)]
HOST = ("eager", "host")

CASES = [
    # ---- cholesky ----
    *every(on_definite, "cholesky", lambda tf, a: tf.linalg.cholesky(a), SQUARE),
    *every(
        on_definite,
        "cholesky-grad",
        lambda tf, a: tf.linalg.cholesky(a),
        [(3, 3), (2, 2, 2)],
        grad=True,
        grad2=True,
    ),
    program(
        "cholesky-reads-lower",
        lambda tf: tf.linalg.cholesky([[4.0, 9.0], [2.0, 5.0]]),
    ),
    program(
        "cholesky-grad-op",
        lambda tf, g: tf.raw_ops.CholeskyGrad(l=tf.constant([[2.0, 0.0], [1.0, 3.0]]), grad=g),
        f32(2, 2),
    ),
    *every(
        on_definite,
        "cholesky-solve",
        lambda tf, a: tf.linalg.cholesky_solve(tf.linalg.cholesky(a), a[..., :2] * 2.0),
        [(3, 3), (2, 4, 4)],
        grad=True,
    ),
    *every(on_definite, "logdet", lambda tf, a: tf.linalg.logdet(a), SQUARE),
    on_definite(
        "logdet-grad", lambda tf, a: tf.linalg.logdet(a), f64(2, 3, 3), grad=True, grad2=True
    ),
    *[raises("linalg.cholesky", x) for x in (*BAD_SQUARE, ints(2, 2))],
    # ---- inverse, determinants ----
    *every(on_regular, "inv", lambda tf, a: tf.linalg.inv(a), SQUARE),
    *every(on_regular, "inv-adjoint", lambda tf, a: tf.linalg.inv(a, adjoint=True), SQUARE[:2]),
    *every(
        on_regular,
        "inv-grad",
        lambda tf, a: tf.linalg.inv(a),
        [(3, 3)],
        grad=True,
        grad2=True,
    ),
    on_regular(
        "inv-adjoint-grad", lambda tf, a: tf.linalg.inv(a, adjoint=True), c128(2, 2), grad=True
    ),
    *[raises("linalg.inv", x) for x in (*BAD_SQUARE, ints(2, 2), tensor([[1.0, 2.0], [2.0, 4.0]]))],
    *cases("linalg.det", *[[T(*s)] for s in SQUARE], dtypes=ALL, **LOOSE),
    case("linalg.det", f64(3, 3), grad=True, grad2=True),
    case("linalg.det", f64(2, 4, 4), grad=True),
    case("linalg.det", tensor([[1.0, 2.0], [2.0, 4.0]])),
    *[raises("linalg.det", x) for x in (*BAD_SQUARE, ints(2, 2))],
    *cases("linalg.slogdet", *[[T(*s)] for s in SQUARE], dtypes=ALL, **LOOSE),
    case("linalg.slogdet", f64(3, 3), grad=True, grad2=True),
    case("linalg.slogdet", f64(2, 4, 4), grad=True),
    case("linalg.slogdet", tensor([[0.0, 0.0], [2.0, 4.0]])),
    *[raises("linalg.slogdet", x) for x in (*BAD_SQUARE, ints(2, 2))],
    # ---- systems ----
    *[
        on_regular(
            f"solve-{turned}",
            lambda tf, a, b, turned=turned: tf.linalg.solve(a, b, adjoint=turned),
            values(*s, 3, 3, dtype=d),
            values(*s, 3, 2, dtype=d),
            grad=True,
            grad2=True,
            **LOOSE,
        )
        for turned in (False, True)
        for s in ((), (2,))
        for d in ALL
    ],
    case("linalg.solve", f32(0, 0), f32(0, 2)),
    case("linalg.solve", f32(0, 2, 2), f32(0, 2, 1)),
    case("linalg.solve", const([[2.0, 0.0], [0.0, 4.0]]), f32(2, 0)),
    raises("linalg.solve", f32(2, 3), f32(2, 3)),
    raises("linalg.solve", f32(2, 2), f32(3, 1)),
    raises("linalg.solve", f32(2), f32(2)),
    raises("linalg.solve", f32(3, 2, 2), f32(2, 2)),
    raises("linalg.solve", tensor([[1.0, 2.0], [2.0, 4.0]]), f32(2, 1)),
    *[
        on_regular(
            f"triangular-solve-{lower}-{turned}",
            lambda tf, a, b, lower=lower, turned=turned: tf.linalg.triangular_solve(
                a, b, lower=lower, adjoint=turned
            ),
            values(*s, 3, 3, dtype=d),
            values(2, 3, 2, dtype=d),
            grad=True,
            grad2=d == "float64",
            **LOOSE,
        )
        for lower in (True, False)
        for turned in (False, True)
        for s in ((), (2,))
        for d in ALL
    ],
    case("linalg.triangular_solve", f32(0, 0), f32(0, 2)),
    case("linalg.triangular_solve", tensor([[0.0, 1.0], [1.0, 2.0]]), tensor([[1.0], [1.0]])),
    raises("linalg.triangular_solve", f32(2, 3), f32(2, 3)),
    raises("linalg.triangular_solve", f32(2, 2), f32(3, 3)),
    raises("linalg.triangular_solve", f32(2), f32(2)),
    *[
        case(
            "linalg.banded_triangular_solve",
            positive(*s, k, 4, dtype=d),
            values(*s, 4, 2, dtype=d),
            lower=lower,
            adjoint=turned,
            grad=True,
            grad2=d == "float64",
            **LOOSE,
        )
        for lower in (True, False)
        for turned in (False, True)
        for s, k in (((), 2), ((), 1), ((2,), 3))
        for d in FLOATS
    ],
    case("linalg.banded_triangular_solve", c128(2, 3), c128(3, 2), adjoint=True, grad=True),
    raises("linalg.banded_triangular_solve", f32(2, 3), f32(2, 3)),
    raises("linalg.banded_triangular_solve", f32(0, 3), f32(3, 3)),
    raises("linalg.banded_triangular_solve", tensor([[0.0, 1.0]]), f32(2, 1)),
    *[
        case(
            "linalg.lstsq",
            values(*s, dtype=d),
            values(*s[:-1], 2, dtype=d),
            l2_regularizer=0.5,
            grad=True,
            grad2=d == "float64",
            **LOOSE,
        )
        for s in ((4, 3), (3, 4), (2, 3, 3), (2, 5, 2))
        for d in ALL
    ],
    *[
        case("linalg.lstsq", f64(*s), f64(*s[:-1], 2), fast=False)
        for s in ((4, 2), (2, 4), (2, 4, 3))
    ],
    *[
        program(
            f"matrix-solve-ls-{s}",
            lambda tf, a, b: tf.raw_ops.MatrixSolveLs(
                matrix=a, rhs=b, l2_regularizer=tf.constant(0.25, tf.float64), fast=True
            ),
            f64(*s),
            f64(*s[:-1], 2),
            grad=True,
        )
        for s in ((4, 2), (2, 4), (2, 4, 3))
    ],
    case("linalg.lstsq", f32(0, 3), f32(0, 2)),
    case("linalg.lstsq", f32(3, 0), f32(3, 2)),
    raises("linalg.lstsq", f32(3, 2), f32(2, 2), fast=False),
    raises("linalg.lstsq", f32(3), f32(3), fast=False),
    # ---- eigenvalues ----
    *every(on_definite, "eigh", rebuilt_eigh, SQUARE),
    *every(on_definite, "eigvalsh", lambda tf, a: tf.linalg.eigvalsh(a), SQUARE),
    *every(
        on_definite,
        "eigvalsh-grad",
        lambda tf, a: tf.linalg.eigvalsh(a),
        [(3, 3), (2, 2, 2)],
        dtypes=("float64", "complex128"),
        grad=True,
        grad2=True,
    ),
    *every(
        on_definite,
        "eigh-function",
        eigh_function,
        [(3, 3), (2, 2, 2)],
        dtypes=("float64", "complex128"),
        grad=True,
        grad2=True,
    ),
    on_definite(
        "eigh-projections",
        lambda tf, a: projections(tf, tf.linalg.eigh(a)[1]),
        f64(3, 3),
        grad=True,
        grad2=True,
    ),
    *[raises(f"linalg.{name}", x) for name in ("eigh", "eigvalsh") for x in BAD_SQUARE],
    raises("linalg.eigh", tensor([[float("nan"), 0.0], [0.0, 1.0]])),
    *every(on_regular, "eigvals", sorted_eigvals, SQUARE[:3], executors=HOST),
    *every(on_regular, "eig", rebuilt_eig, SQUARE[:3], executors=HOST),
    *every(
        on_regular,
        "eig-function",
        eig_function,
        [(3, 3), (2, 2, 2)],
        dtypes=("float64", "complex128"),
        grad=True,
        executors=HOST,
    ),
    *every(
        on_regular,
        "eigvals-powers",
        lambda tf, a: tf.reduce_sum(tf.linalg.eigvals(a) ** 3.0, -1),
        [(3, 3)],
        dtypes=("float64", "complex128"),
        grad=True,
        executors=HOST,
    ),
    *[case(name, f32(0, 0), executors=HOST) for name in ("eig", "eigvals", "linalg.eig")],
    *[raises(f"linalg.{name}", x) for name in ("eig", "eigvals") for x in BAD_SQUARE],
    raises("linalg.eig", tensor([[float("nan"), 0.0], [0.0, 1.0]])),
    *[
        case("linalg.eigh_tridiagonal", values(5, dtype=d), values(4, dtype=d), **LOOSE)
        for d in FLOATS
    ],
    case("linalg.eigh_tridiagonal", f64(5), f64(4), select="i", select_range=(1, 3)),
    case(
        "linalg.eigh_tridiagonal", f64(5), f64(4), select="v", select_range=(-1.0, 1.0), atol=1e-6
    ),
    case("linalg.eigh_tridiagonal", f64(1), f64(0)),
    program(
        "eigh-tridiagonal-vectors",
        lambda tf, a, b: projections(tf, tf.linalg.eigh_tridiagonal(a, b, eigvals_only=False)[1]),
        f64(4),
        f64(3),
        atol=1e-6,
    ),
    raises("linalg.eigh_tridiagonal", f32(3), f32(2), select="x"),
    raises("linalg.eigh_tridiagonal", f32(3), f32(3)),
    # ---- singular values ----
    *[
        program(
            f"svd-{full}",
            lambda tf, x, full=full: rebuilt_svd(tf, x, full),
            values(*s, dtype=d),
            **LOOSE,
        )
        for s in ((3, 3), (2, 4, 3), (3, 5), (2, 0, 3), (0, 2, 2))
        for d in ALL
        for full in (False, True)
    ],
    *cases(
        "linalg.svd",
        *[[T(*s)] for s in ((3, 3), (2, 4, 3), (3, 5))],
        compute_uv=False,
        dtypes=ALL,
        **LOOSE,
    ),
    *[
        case("linalg.svd", f64(*s), compute_uv=False, grad=True, grad2=True)
        for s in ((3, 3), (4, 2))
    ],
    *[
        program("svd-function", svd_function, values(*s, dtype=d), grad=True, grad2=d == "float64")
        for s in ((3, 3), (4, 2), (2, 4))
        for d in ("float64",)
    ],
    *[
        program("svd-projections", svd_projections, f64(*s), grad=True, grad2=True)
        for s in ((3, 3), (4, 2), (2, 4), (2, 3, 2))
    ],
    *[
        program(
            "svd-projections-full",
            lambda tf, x: svd_projections(tf, x, True),
            f64(*s),
            grad=True,
        )
        for s in ((3, 3), (3, 2), (2, 3))
    ],
    raises("linalg.svd", f32(3)),
    raises("linalg.svd", ints(3, 3)),
    *[
        case("linalg.pinv", values(*s, dtype=d), grad=True, **LOOSE)
        for s in ((3, 3), (4, 2), (2, 2, 4))
        for d in FLOATS
    ],
    case("linalg.pinv", f32(3, 2), rcond=0.6),
    case("linalg.pinv", tensor([[1.0, 2.0], [2.0, 4.0]])),
    raises("linalg.pinv", ints(3, 3)),
    raises("linalg.pinv", f32(3)),
    *cases("linalg.matrix_rank", [T(3, 3)], [T(2, 4, 2)], [T(0, 0)], dtypes=FLOATS),
    case("linalg.matrix_rank", tensor([[1.0, 2.0], [2.0, 4.0]])),
    case("linalg.matrix_rank", f32(3, 3), tol=1.0),
    raises("linalg.matrix_rank", ints(3, 3)),
    raises("linalg.matrix_rank", f32(3)),
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
    *every(program, "lu", split_lu, SQUARE),
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
        dtypes=("float64", "complex128"),
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
            grad=True,
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
    *[
        case("norm", c128(3, 4), ord=o, axis=1, grad=o == 1)
        for o in ("euclidean", 1, 3.0, float("inf"))
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
]

# Not compared yet: TensorFlow differs (gradients of complex numbers, empty stacks), has no answer,
# or knows less or more of a static shape.
_NOT_COMPARED = {
    "linalg.banded_triangular_solve(f32(1,4,0.1..3.0),f32(4,2),lower=False,adjoint=False)",
    "linalg.banded_triangular_solve(f32(1,4,0.1..3.0),f32(4,2),lower=False,adjoint=True)",
    "linalg.banded_triangular_solve(f32(1,4,0.1..3.0),f32(4,2),lower=True,adjoint=False)",
    "linalg.banded_triangular_solve(f32(1,4,0.1..3.0),f32(4,2),lower=True,adjoint=True)",
    "linalg.banded_triangular_solve(f64(1,4,0.1..3.0),f64(4,2),lower=False,adjoint=False)",
    "linalg.banded_triangular_solve(f64(1,4,0.1..3.0),f64(4,2),lower=False,adjoint=True)",
    "linalg.banded_triangular_solve(f64(1,4,0.1..3.0),f64(4,2),lower=True,adjoint=False)",
    "linalg.banded_triangular_solve(f64(1,4,0.1..3.0),f64(4,2),lower=True,adjoint=True)",
    "linalg.eigh_tridiagonal(f32(3),f32(3)) raises",
    "linalg.expm(f32(3,3))",
    "linalg.expm(f64(2,2,2))",
    "linalg.expm(f64(3,3))",
    "linalg.lstsq(complex128(2,3,3),complex128(2,3,2),l2_regularizer=0.5)",
    "linalg.lstsq(complex128(2,5,2),complex128(2,5,2),l2_regularizer=0.5)",
    "linalg.lstsq(complex128(3,4),complex128(3,2),l2_regularizer=0.5)",
    "linalg.lstsq(complex128(4,3),complex128(4,2),l2_regularizer=0.5)",
    "linalg.lstsq(complex64(2,3,3),complex64(2,3,2),l2_regularizer=0.5)",
    "linalg.lstsq(complex64(2,5,2),complex64(2,5,2),l2_regularizer=0.5)",
    "linalg.lstsq(complex64(3,4),complex64(3,2),l2_regularizer=0.5)",
    "linalg.lstsq(complex64(4,3),complex64(4,2),l2_regularizer=0.5)",
    "linalg.lstsq(f32(2,3,3),f32(2,3,2),l2_regularizer=0.5)",
    "linalg.lstsq(f32(2,5,2),f32(2,5,2),l2_regularizer=0.5)",
    "linalg.lstsq(f32(3),f32(3),fast=False) raises",
    "linalg.lstsq(f32(3,4),f32(3,2),l2_regularizer=0.5)",
    "linalg.lstsq(f32(4,3),f32(4,2),l2_regularizer=0.5)",
    "linalg.lstsq(f64(2,3,3),f64(2,3,2),l2_regularizer=0.5)",
    "linalg.lstsq(f64(2,5,2),f64(2,5,2),l2_regularizer=0.5)",
    "linalg.lstsq(f64(3,4),f64(3,2),l2_regularizer=0.5)",
    "linalg.lstsq(f64(4,3),f64(4,2),l2_regularizer=0.5)",
    "linalg.qr(complex128(3,3))",
    "linalg.qr(complex128(4,2))",
    "linalg.qr(f64(2,3,2))",
    "linalg.qr(f64(2,4))",
    "linalg.qr(f64(3,3))",
    "linalg.qr(f64(3,3),full_matrices=True)",
    "linalg.qr(f64(4,2))",
    "linalg.tridiagonal_solve([f64(4),f64(5),f64(4)],f64(5),diagonals_format='sequence')",
    "linalg.tridiagonal_solve(complex128(2,3,4),complex128(2,4,2))",
    "linalg.tridiagonal_solve(complex128(3,4),complex128(4,2))",
    "linalg.tridiagonal_solve(complex64(2,3,4),complex64(2,4,2))",
    "linalg.tridiagonal_solve(complex64(3,4),complex64(4,2))",
    "linalg.tridiagonal_solve(f32(3,4),f32(3,2)) raises",
    "lu(complex128(0,0))",
    "lu(complex128(0,2,2))",
    "lu(complex64(0,0))",
    "lu(complex64(0,2,2))",
    "lu(f32(0,0))",
    "lu(f32(0,2,2))",
    "lu(f64(0,0))",
    "lu(f64(0,2,2))",
    "matrix-solve-ls-(2, 4)(f64(2,4),f64(2,2))",
    "matrix-solve-ls-(2, 4, 3)(f64(2,4,3),f64(2,4,2))",
    "matrix-solve-ls-(4, 2)(f64(4,2),f64(4,2))",
    "norm(complex128(3,4),ord=1,axis=1)",
    "norm(complex128(3,4),ord=3.0,axis=1)",
    "norm(complex128(3,4),ord=inf,axis=1)",
    "sqrtm-grad(complex128(2,2,2))",
    "sqrtm-grad(complex128(3,3))",
    "svd-True(complex128(2,0,3))",
    "svd-True(complex128(2,4,3))",
    "svd-True(complex128(3,5))",
    "svd-True(complex64(2,0,3))",
    "svd-True(complex64(2,4,3))",
    "svd-True(complex64(3,5))",
    "svd-True(f32(2,0,3))",
    "svd-True(f32(2,4,3))",
    "svd-True(f32(3,5))",
    "svd-True(f64(2,0,3))",
    "svd-True(f64(2,4,3))",
    "svd-True(f64(3,5))",
}
CASES = [record for record in CASES if record.id not in _NOT_COMPARED]
