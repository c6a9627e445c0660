"""Sparse matrices in compressed rows."""

from tests.oracle.spec import f32, program, tensor

PLACES = tensor([[0, 1], [1, 0], [1, 3], [2, 2]], "int64")
SOME = tensor([1.0, -2.0, 3.0, 4.0])
BATCH = tensor([[0, 0, 1], [0, 1, 0], [1, 1, 1]], "int64")
THREE = tensor([1.0, 2.0, 3.0])
DENSE = tensor([[1.0, 0.0, 2.0, 0.0], [0.0, 3.0, 0.0, 0.0], [4.0, 0.0, 0.0, 5.0]])
COMPLEX = tensor([1 + 1j, 2 - 1j, 3.0, 4j], "complex64")


def on_host(label, function, *args, **options):
    return program(label, function, *args, executors=("eager", "host"), **options)


def fails(label, function, *args, **options):
    return program(label, function, *args, executors=("eager",), raises=True, **options)


def csr(tf, places, values, shape=(3, 4)):
    return tf.raw_ops.SparseTensorToCSRSparseMatrix(
        indices=places, values=values, dense_shape=tf.constant(shape, tf.int64)
    )


def dense(tf, matrix, dtype="float32"):
    return tf.raw_ops.CSRSparseMatrixToDense(sparse_input=matrix, type=dtype)


def of_dense(tf, values):
    return tf.raw_ops.DenseToCSRSparseMatrix(dense_input=values, indices=tf.where(values != 0))


def parts(tf, matrix, index=0, dtype="float32"):
    return list(
        tf.raw_ops.CSRSparseMatrixComponents(csr_sparse_matrix=matrix, index=index, type=dtype)
    )


def times(tf, matrix, b, **options):
    return tf.raw_ops.SparseMatrixMatMul(a=matrix, b=b, **options)


def product(tf, a, b, dtype="float32", **options):
    return tf.raw_ops.SparseMatrixSparseMatMul(a=a, b=b, type=dtype, **options)


def turned(tf, matrix, dtype="float32", **options):
    return tf.raw_ops.SparseMatrixTranspose(input=matrix, type=dtype, **options)


def sparse_parts(tf, matrix):
    return list(tf.raw_ops.CSRSparseMatrixToSparseTensor(sparse_matrix=matrix, type="float32"))


def factor(tf, values, order):
    return tf.raw_ops.SparseMatrixSparseCholesky(
        input=of_dense(tf, values), permutation=order, type="float32"
    )


DEFINITE = tensor(
    [[4.0, 1.0, 0.0, 0.0], [1.0, 5.0, 2.0, 0.0], [0.0, 2.0, 6.0, 0.0], [0.0, 0.0, 0.0, 3.0]]
)
ARROW = tensor(
    [[9.0, 1.0, 1.0, 1.0], [1.0, 9.0, 0.0, 0.0], [1.0, 0.0, 9.0, 0.0], [1.0, 0.0, 0.0, 9.0]]
)
TURNS = ("transpose_a", "adjoint_a")

CASES = [
    on_host("dense", lambda tf, i, v: dense(tf, csr(tf, i, v)), PLACES, SOME, grad=(1,)),
    on_host("dense-batch", lambda tf, i, v: dense(tf, csr(tf, i, v, (2, 2, 2))), BATCH, THREE),
    on_host("parts", lambda tf, i, v: parts(tf, csr(tf, i, v)), PLACES, SOME),
    on_host("parts-batch", lambda tf, i, v: parts(tf, csr(tf, i, v, (2, 2, 2)), 1), BATCH, THREE),
    on_host("sparse", lambda tf, i, v: sparse_parts(tf, csr(tf, i, v)), PLACES, SOME, grad=(1,)),
    on_host(
        "sparse-batch", lambda tf, i, v: sparse_parts(tf, csr(tf, i, v, (2, 2, 2))), BATCH, THREE
    ),
    on_host("of-dense", lambda tf, x: parts(tf, of_dense(tf, x)), DENSE),
    on_host("of-dense-gradient", lambda tf, x: dense(tf, of_dense(tf, x)), DENSE, grad=True),
    on_host(
        "of-dense-batch", lambda tf, x: parts(tf, of_dense(tf, tf.stack([x, x + 1.0])), 1), DENSE
    ),
    on_host(
        "count",
        lambda tf, i, v: tf.raw_ops.SparseMatrixNNZ(sparse_matrix=csr(tf, i, v)),
        PLACES,
        SOME,
    ),
    on_host(
        "count-batch",
        lambda tf, i, v: tf.raw_ops.SparseMatrixNNZ(sparse_matrix=csr(tf, i, v, (2, 2, 2))),
        BATCH,
        THREE,
    ),
    on_host(
        "times",
        lambda tf, i, v, b: times(tf, csr(tf, i, v), b),
        PLACES,
        SOME,
        f32(4, 2),
        grad=(1, 2),
    ),
    *[
        on_host(
            f"times-{turn}",
            lambda tf, i, v, b, turn=turn: times(tf, csr(tf, i, v), b, **{turn: True}),
            PLACES,
            SOME,
            f32(3, 2),
            grad=(1, 2),
        )
        for turn in TURNS
    ],
    on_host(
        "times-transposed",
        lambda tf, i, v, b: times(tf, csr(tf, i, v), b, transpose_b=True),
        PLACES,
        SOME,
        f32(2, 4),
        grad=(1, 2),
    ),
    on_host(
        "times-output",
        lambda tf, i, v, b: times(tf, csr(tf, i, v), b, transpose_output=True),
        PLACES,
        SOME,
        f32(4, 2),
        grad=(1, 2),
    ),
    on_host(
        "times-batch",
        lambda tf, i, v, b: times(tf, csr(tf, i, v, (2, 2, 2)), b),
        BATCH,
        THREE,
        f32(2, 2, 3),
        grad=(1, 2),
    ),
    on_host(
        "times-complex",
        lambda tf, i, v: times(
            tf, csr(tf, i, v), tf.reshape(tf.complex(tf.range(8.0), 1.0), [4, 2])
        ),
        PLACES,
        COMPLEX,
    ),
    *[
        on_host(
            f"times-complex-{turn}",
            lambda tf, i, v, turn=turn: times(
                tf,
                csr(tf, i, v),
                tf.reshape(tf.complex(tf.range(6.0), 1.0), [3, 2]),
                **{turn: True},
            ),
            PLACES,
            COMPLEX,
        )
        for turn in TURNS
    ],
    on_host(
        "times-conjugate",
        lambda tf, i, v: times(
            tf,
            csr(tf, i, v),
            tf.reshape(tf.complex(tf.range(8.0), 1.0), [4, 2]),
            conjugate_output=True,
            transpose_output=True,
        ),
        PLACES,
        COMPLEX,
    ),
    on_host(
        "product",
        lambda tf, i, v, x: parts(tf, product(tf, csr(tf, i, v), of_dense(tf, tf.transpose(x)))),
        PLACES,
        SOME,
        DENSE,
    ),
    on_host(
        "product-transposed",
        lambda tf, i, v, x: parts(
            tf, product(tf, csr(tf, i, v), of_dense(tf, x), transpose_b=True)
        ),
        PLACES,
        SOME,
        DENSE,
    ),
    on_host(
        "product-adjoint",
        lambda tf, i, v: parts(
            tf,
            product(tf, csr(tf, i, v), csr(tf, i, v), "complex64", adjoint_a=True),
            0,
            "complex64",
        ),
        PLACES,
        COMPLEX,
    ),
    on_host(
        "product-batch",
        lambda tf, i, v: dense(tf, product(tf, csr(tf, i, v, (2, 2, 2)), csr(tf, i, v, (2, 2, 2)))),
        BATCH,
        THREE,
    ),
    on_host(
        "product-cancels",
        lambda tf, x: parts(
            tf, product(tf, of_dense(tf, x), of_dense(tf, x * [[1.0, -1.0]]), transpose_b=True)
        ),
        tensor([[1.0, 1.0]]),
    ),
    on_host("turned", lambda tf, i, v: parts(tf, turned(tf, csr(tf, i, v))), PLACES, SOME),
    on_host(
        "turned-gradient",
        lambda tf, i, v: dense(tf, turned(tf, csr(tf, i, v))),
        PLACES,
        SOME,
        grad=(1,),
    ),
    on_host(
        "turned-batch",
        lambda tf, i, v: parts(tf, turned(tf, csr(tf, i, v, (2, 2, 2))), 0),
        BATCH,
        THREE,
    ),
    on_host(
        "turned-conjugate",
        lambda tf, i, v: parts(
            tf, turned(tf, csr(tf, i, v), "complex64", conjugate=True), 0, "complex64"
        ),
        PLACES,
        COMPLEX,
    ),
    on_host("cholesky", lambda tf, x: parts(tf, factor(tf, x, tf.range(4))), DEFINITE),
    on_host("cholesky-order", lambda tf, x: parts(tf, factor(tf, x, [3, 1, 0, 2])), DEFINITE),
    on_host("cholesky-fills", lambda tf, x: parts(tf, factor(tf, x, [0, 1, 2, 3])), ARROW),
    on_host("cholesky-sparse", lambda tf, x: parts(tf, factor(tf, x, [3, 1, 2, 0])), ARROW),
    on_host(
        "cholesky-batch",
        lambda tf, x: dense(tf, factor(tf, tf.stack([x, x * 2.0]), [[0, 1, 2, 3], [3, 2, 1, 0]])),
        DEFINITE,
    ),
    fails("dtype", lambda tf, i, v: dense(tf, csr(tf, i, v), "float64"), PLACES, SOME),
    fails("index", lambda tf, i, v: parts(tf, csr(tf, i, v), 1), PLACES, SOME),
    fails("rank", lambda tf, i, v: csr(tf, i[:, :1], v, (3,)), PLACES, SOME),
    fails("outside", lambda tf, i, v: csr(tf, i, v, (3, 3)), PLACES, SOME),
    fails("lengths", lambda tf, i, v: csr(tf, i, v[:2]), PLACES, SOME),
    fails("dense-rank", lambda tf, x: of_dense(tf, x[0]), DENSE),
    fails("times-sizes", lambda tf, i, v, b: times(tf, csr(tf, i, v), b), PLACES, SOME, f32(3, 2)),
    fails(
        "times-rank", lambda tf, i, v, b: times(tf, csr(tf, i, v), b), PLACES, SOME, f32(1, 4, 2)
    ),
    fails(
        "times-both",
        lambda tf, i, v, b: times(tf, csr(tf, i, v), b, transpose_a=True, adjoint_a=True),
        PLACES,
        SOME,
        f32(3, 2),
    ),
    fails("product-sizes", lambda tf, x: product(tf, of_dense(tf, x), of_dense(tf, x)), DENSE),
    fails("cholesky-rectangle", lambda tf, x: factor(tf, x, [0, 1, 2]), DENSE),
    fails("cholesky-length", lambda tf, x: factor(tf, x, [0, 1, 2]), DEFINITE),
    fails("cholesky-indefinite", lambda tf, x: factor(tf, -x, [0, 1, 2, 3]), DEFINITE),
]
