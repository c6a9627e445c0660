"""Every linear operator against TensorFlow's: products, systems, numbers, other operators."""

from tests.oracle.spec import f32, f64, positive, program, tensor, values

HOST = ("eager", "host")  # the ops they are made of are compiled in other records
LOOSE = {"rtol": 2e-3, "atol": 2e-4, "executors": HOST}


def c128(*shape):
    return values(*shape, dtype="complex128")


def full(tf, a, **hints):
    """Far from singular."""
    shifted = a + 4.0 * tf.eye(3, dtype=a.dtype)
    return tf.linalg.LinearOperatorFullMatrix(shifted, is_non_singular=True, **hints)


def definite(tf, a):
    product = tf.matmul(a, a, adjoint_b=True) + tf.eye(3, dtype=a.dtype)
    return tf.linalg.LinearOperatorFullMatrix(
        product, is_self_adjoint=True, is_positive_definite=True
    )


def lower(tf, a):
    return tf.linalg.LinearOperatorLowerTriangular(a + 2.0 * tf.eye(3, dtype=a.dtype))


def diagonal(tf, d):
    return tf.linalg.LinearOperatorDiag(d, is_positive_definite=True)


def low_rank(tf, d, u):
    return tf.linalg.LinearOperatorLowRankUpdate(
        tf.linalg.LinearOperatorDiag(d, is_positive_definite=True), u
    )


def low_rank_of_all(tf, a, u, d, v):
    return tf.linalg.LinearOperatorLowRankUpdate(full(tf, a), u, diag_update=d, v=v)


def toeplitz(tf, column, row):
    first = tf.constant([4.0, 0.0, 0.0], column.dtype)
    return tf.linalg.LinearOperatorToeplitz(column + first, row)


def circulant(tf, spectrum):
    return tf.linalg.LinearOperatorCirculant(spectrum + 3.0, input_output_dtype=spectrum.dtype)


def real_circulant(tf, spectrum):
    return tf.linalg.LinearOperatorCirculant(
        spectrum, input_output_dtype=spectrum.dtype, is_positive_definite=True
    )


def block_diagonal(tf, a, d, b):
    return tf.linalg.LinearOperatorBlockDiag(
        [full(tf, a), diagonal(tf, d), tf.linalg.LinearOperatorFullMatrix(b)]
    )


def definite_blocks(tf, a, d):
    return tf.linalg.LinearOperatorBlockDiag([definite(tf, a), diagonal(tf, d)])


def block_lower(tf, a, b, d, c):
    below = tf.linalg.LinearOperatorFullMatrix(b)
    last = tf.linalg.LinearOperatorFullMatrix(c)
    return tf.linalg.LinearOperatorBlockLowerTriangular(
        [[full(tf, a)], [below, diagonal(tf, d)], [last, below, full(tf, a)]]
    )


def kronecker(tf, a, b):
    left = tf.linalg.LinearOperatorFullMatrix(b + 3.0 * tf.eye(2, dtype=b.dtype))
    return tf.linalg.LinearOperatorKronecker([left, lower(tf, a)])


def tridiagonal(tf, diagonals):
    return tf.linalg.LinearOperatorTridiag(diagonals + [[0.0], [4.0], [0.0]])


def tridiagonal_sequence(tf, above, main, below):
    return tf.linalg.LinearOperatorTridiag([above, main + 4.0, below], diagonals_format="sequence")


# name: how it is made, and of what; square and regular ones.
SQUARE = {
    "full": (full, [f64(3, 3)]),
    "full-float": (full, [f32(2, 3, 3)]),
    "full-complex": (full, [c128(2, 3, 3)]),
    "definite": (definite, [f64(2, 3, 3)]),
    "definite-complex": (definite, [c128(3, 3)]),
    "lower": (lower, [f64(2, 3, 3)]),
    "lower-complex": (lower, [c128(3, 3)]),
    "diag": (diagonal, [positive(2, 3, dtype="float64")]),
    "diag-complex": (lambda tf, d: tf.linalg.LinearOperatorDiag(d + 2.0), [c128(3)]),
    "identity": (
        lambda tf, x: tf.linalg.LinearOperatorIdentity(3, dtype=x.dtype),
        [f64(1)],
    ),
    "identity-batch": (
        lambda tf, x: tf.linalg.LinearOperatorIdentity(3, [2], dtype=x.dtype),
        [f64(1)],
    ),
    "scaled": (
        lambda tf, m: tf.linalg.LinearOperatorScaledIdentity(3, m, is_positive_definite=True),
        [positive(2, dtype="float64")],
    ),
    "adjoint": (lambda tf, a: tf.linalg.LinearOperatorAdjoint(full(tf, a)), [c128(3, 3)]),
    "inversion": (lambda tf, a: tf.linalg.LinearOperatorInversion(full(tf, a)), [f64(3, 3)]),
    "composition": (
        lambda tf, a, b: tf.linalg.LinearOperatorComposition([full(tf, a), lower(tf, b)]),
        [f64(3, 3), f64(2, 3, 3)],
    ),
    "kronecker": (kronecker, [f64(2, 3, 3), f64(2, 2)]),
    "householder": (
        lambda tf, axis: tf.linalg.LinearOperatorHouseholder(axis),
        [f64(2, 3)],
    ),
    "permutation": (
        lambda tf, perm: tf.linalg.LinearOperatorPermutation(perm, dtype="float64"),
        [tensor([[2, 0, 1], [0, 2, 1]])],
    ),
    "toeplitz": (toeplitz, [f64(3), f64(2, 3)]),
    "toeplitz-float": (toeplitz, [f32(2, 3), f32(2, 3)]),
    "toeplitz-complex": (toeplitz, [c128(3), c128(3)]),
    "tridiag": (tridiagonal, [f64(3, 4)]),
    "tridiag-sequence": (tridiagonal_sequence, [f64(4), f64(4), f64(4)]),
    "circulant": (circulant, [c128(2, 3)]),
    "circulant-real": (
        lambda tf, s: tf.linalg.LinearOperatorCirculant(
            tf.signal.fft(tf.cast(s + [3.0, 0.0, 0.0], "complex128")), input_output_dtype=s.dtype
        ),
        [f64(3)],
    ),
    "circulant-2d": (
        lambda tf, s: tf.linalg.LinearOperatorCirculant2D(s + 3.0, input_output_dtype=s.dtype),
        [c128(2, 2, 3)],
    ),
    "circulant-3d": (
        lambda tf, s: tf.linalg.LinearOperatorCirculant3D(s + 3.0, input_output_dtype=s.dtype),
        [c128(2, 2, 2)],
    ),
    "low-rank": (low_rank, [positive(2, 3, dtype="float64"), f64(3, 2)]),
    "low-rank-of-all": (low_rank_of_all, [f64(3, 3), f64(2, 3, 2), f64(2), f64(3, 2)]),
    "low-rank-complex": (low_rank_of_all, [c128(3, 3), c128(3, 2), c128(2), c128(3, 2)]),
    "blocks": (
        block_diagonal,
        [f64(3, 3), positive(2, 1, dtype="float64"), positive(1, 1, dtype="float64")],
    ),
    "blocks-definite": (definite_blocks, [f64(3, 3), positive(2, 2, dtype="float64")]),
    "blocks-lower": (
        block_lower,
        [f64(3, 3), f64(3, 3), positive(2, 3, dtype="float64"), f64(3, 3)],
    ),
}
OBLONG = {
    "zeros": (
        lambda tf, x: tf.linalg.LinearOperatorZeros(3, dtype=x.dtype),
        [f64(1)],
    ),
    "zeros-oblong": (
        lambda tf, x: tf.linalg.LinearOperatorZeros(
            3, 2, [2], dtype=x.dtype, is_square=False, is_self_adjoint=False
        ),
        [f64(1)],
    ),
    "full-oblong": (lambda tf, a: tf.linalg.LinearOperatorFullMatrix(a), [f64(2, 2, 3)]),
    "kronecker-oblong": (
        lambda tf, a, b: tf.linalg.LinearOperatorKronecker(
            [tf.linalg.LinearOperatorFullMatrix(m) for m in (a, b)]
        ),
        [f64(2, 3), f64(3, 1)],
    ),
    "composition-oblong": (
        lambda tf, a, b: tf.linalg.LinearOperatorComposition(
            [tf.linalg.LinearOperatorFullMatrix(m) for m in (a, b)]
        ),
        [f64(2, 3), f64(3, 4)],
    ),
}
DEFINITE = (
    "definite", "definite-complex", "diag", "scaled", "low-rank", "blocks-definite", "identity",
)  # fmt: skip


def ramp(tf, operator, rows, columns):
    """Matrices with different numbers everywhere, for an argument."""
    numbers = tf.range(rows * columns, dtype=tf.float64) - 2.5
    shaped = tf.reshape(numbers, [rows, columns])
    return tf.cast(shaped, operator.dtype)


def products(make):
    def run(tf, *args):
        operator = make(tf, *args)
        rows, columns = operator.shape[-2:]
        x, y = ramp(tf, operator, columns, 2), ramp(tf, operator, rows, 2)
        return (
            operator.to_dense(),
            operator.matmul(x),
            operator.matmul(y, adjoint=True),
            operator.matmul(tf.linalg.adjoint(x), adjoint_arg=True),
            operator.matmul(tf.linalg.adjoint(y), adjoint=True, adjoint_arg=True),
            operator.matvec(x[:, 0]),
            operator.matvec(y[:, 0], adjoint=True),
            operator.add_to_tensor(ramp(tf, operator, rows, columns)),
            operator.adjoint().to_dense(),
            operator.adjoint().matmul(y),
            operator.shape_tensor(),
            operator.batch_shape_tensor(),
            operator.tensor_rank_tensor(),
            operator.domain_dimension_tensor(),
            operator.range_dimension_tensor(),
        )

    return run


def solutions(make):
    def run(tf, *args):
        operator = make(tf, *args)
        b = ramp(tf, operator, operator.shape[-1], 2)
        return (
            operator.solve(b),
            operator.solve(b, adjoint=True),
            operator.solve(tf.linalg.adjoint(b), adjoint_arg=True),
            operator.solve(tf.linalg.adjoint(b), adjoint=True, adjoint_arg=True),
            operator.solvevec(b[:, 0]),
            operator.solvevec(b[:, 0], adjoint=True),
            operator.inverse().to_dense(),
            operator.inverse().matmul(b),
            operator.inverse().solve(b),
        )

    return run


# TensorFlow cannot add these to a matrix without batch dimensions, or loses the dtype of the
# adjoint.
NO_PRODUCTS = (
    "identity-batch",
    "diag", "scaled", "toeplitz", "circulant", "circulant-real", "circulant-2d", "circulant-3d",
)  # fmt: skip
# Compared with dense matrices in tests/ops/linalg/test_linear_operators.py.
NO_SOLUTIONS = ("toeplitz", "low-rank-complex", "blocks", "blocks-definite", "blocks-lower")

CASES = [
    *[
        program(f"{name} products", products(make), *args, **LOOSE)
        for name, (make, args) in {**SQUARE, **OBLONG}.items()
        if name not in NO_PRODUCTS
    ],
    *[
        program(f"{name} solutions", solutions(make), *args, **LOOSE)
        for name, (make, args) in SQUARE.items()
        if name not in NO_SOLUTIONS
    ],
]
