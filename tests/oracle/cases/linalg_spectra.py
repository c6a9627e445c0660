"""Eigenvalues and singular values.

Vectors have no sign or phase of their own: programs put the matrices together again, or look at
projections on one vector.
"""

from tests.oracle.cases._linalg import (
    ALL,
    BAD_SQUARE,
    HOST,
    LOOSE,
    SQUARE,
    every,
    on_definite,
    on_regular,
)
from tests.oracle.spec import (
    FLOATS,
    T,
    case,
    cases,
    f32,
    f64,
    ints,
    program,
    raises,
    tensor,
    values,
)


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


CASES = [
    # ---- bad input ----
    *[
        raises(f"linalg.{name}", f32())
        for name in ("eigh", "eigvalsh", "eig", "eigvals", "svd", "pinv", "matrix_rank")
    ],
    *[raises(f"linalg.{name}", ints(2, 2)) for name in ("eigh", "eigvalsh")],
    raises("linalg.eigh_tridiagonal", f32(3), f64(2)),
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
        if not full or s[-1] == s[-2]
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
]
