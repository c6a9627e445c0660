"""Decompositions of Cholesky, inverses, determinants, systems of equations."""

from tests.oracle.cases._linalg import (
    ALL,
    BAD_SQUARE,
    LOOSE,
    SQUARE,
    c128,
    every,
    on_definite,
    on_regular,
)
from tests.oracle.spec import (
    FLOATS,
    T,
    case,
    cases,
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
            grad=k > 1,  # TensorFlow's gradient of a single band has the wrong shape
            grad2=k > 1 and d == "float64",
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
        if d != "complex128"  # refused by TensorFlow with a regularizer
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
    # ---- bad input ----
    raises("linalg.cholesky_solve", f32(3, 3), f32(2, 1)),
    raises("linalg.cholesky_solve", f32(3), f32(3)),
    raises("linalg.cholesky_solve", f32(3, 3), f64(3, 1)),
    raises("linalg.logdet", f32(2, 3)),
    *[raises(f"linalg.{name}", f32()) for name in ("cholesky", "inv", "det", "slogdet", "logdet")],
    *[
        raises(f"linalg.{name}", f32(2, 2), f64(2, 1))
        for name in ("solve", "triangular_solve", "lstsq", "banded_triangular_solve")
    ],
    *[
        raises(f"linalg.{name}", ints(2, 2), ints(2, 1))
        for name in ("solve", "triangular_solve", "lstsq", "banded_triangular_solve")
    ],
    raises("linalg.solve", f32(2, 3, 3), f32(3, 3, 1)),
    raises("linalg.triangular_solve", f32(2, 3, 3), f32(3, 3, 1)),
    raises("linalg.banded_triangular_solve", f32(3), f32(3, 1)),
    raises("linalg.banded_triangular_solve", f32(2, 3), f32(3)),
    raises("linalg.lstsq", f32(3, 2), f32(2, 2)),
    raises("linalg.lstsq", f32(2, 3, 2), f32(3, 3, 2), fast=False),
    raises("linalg.lstsq", f32(3, 2), f32(3, 2), l2_regularizer=tensor([1.0, 2.0]), fast=False),
]
