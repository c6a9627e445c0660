"""Ragged tensors, sparse tensors and indexed slices."""

from tests.oracle.spec import case, f32, ints, program, ragged, raises, slices, sparse, tensor

ROWS = ragged(f32(5), [0, 2, 2, 5])
DEEP = ragged(f32(6), [0, 2, 3], [0, 1, 3, 6])
WIDE = ragged(f32(4, 2), [0, 1, 4])
NUMBERS = ragged(ints(5), [0, 2, 2, 5])
INDICES = [[0, 1], [1, 0], [2, 3]]
MATRIX = sparse(INDICES, f32(3), [3, 4])
HOST = ("eager", "host")


def on_host(label, function, *args, **options):
    return program(label, function, *args, executors=HOST, **options)


CASES = [
    on_host("ragged-pass", lambda tf, r: r, ROWS),
    on_host("to-tensor", lambda tf, r: r.to_tensor(), ROWS, grad=True),
    on_host("to-tensor-default", lambda tf, r: r.to_tensor(-1.0, shape=[None, 4]), ROWS),
    on_host("to-tensor-deep", lambda tf, r: r.to_tensor(), DEEP),
    on_host(
        "from-row-lengths", lambda tf, x: tf.RaggedTensor.from_row_lengths(x, [2, 0, 3]), f32(5)
    ),
    on_host(
        "from-value-rowids",
        lambda tf, x: tf.RaggedTensor.from_value_rowids(x, [0, 0, 2, 2, 2]),
        f32(5),
    ),
    on_host(
        "from-tensor", lambda tf, x: tf.RaggedTensor.from_tensor(x, lengths=[1, 0, 3]), f32(3, 4)
    ),
    on_host(
        "from-tensor-padding",
        lambda tf, x: tf.RaggedTensor.from_tensor(x, padding=0),
        tensor([[1, 2, 0], [3, 0, 0]]),
    ),
    on_host("to-sparse", lambda tf, r: r.to_sparse(), ROWS),
    on_host(
        "parts",
        lambda tf, r: (r.values, r.row_splits, r.row_lengths(), r.value_rowids(), r.nrows()),
        ROWS,
    ),
    on_host("bounds", lambda tf, r: (r.row_starts(), r.row_limits(), r.bounding_shape()), DEEP),
    on_host("index", lambda tf, r: (r[0], r[1:], r[:, :2]), ROWS),
    on_host("index-deep", lambda tf, r: (r[1], r[0, 1], r[:, :1]), DEEP),
    on_host("add", lambda tf, r: r + 1.0, ROWS, grad=True),
    on_host("multiply", lambda tf, r, s: r * s, ROWS, ragged(f32(5), [0, 2, 2, 5]), grad=True),
    on_host("unary", lambda tf, r: tf.exp(-r), ROWS, grad=True),
    on_host("map-flat-values", lambda tf, r: tf.ragged.map_flat_values(tf.square, r), WIDE),
    on_host("sum-rows", lambda tf, r: tf.reduce_sum(r, axis=1), ROWS, grad=True),
    on_host("sum-columns", lambda tf, r: tf.reduce_sum(r, axis=0), ROWS),
    on_host("mean-rows", lambda tf, r: tf.reduce_mean(r, axis=1), WIDE, grad=True),
    on_host("max-rows", lambda tf, r: tf.reduce_max(r, axis=1), NUMBERS),
    on_host("sum-all", lambda tf, r: tf.reduce_sum(r), DEEP, grad=True),
    on_host("concat", lambda tf, r: tf.concat([r, r], axis=1), ROWS),
    on_host("concat-rows", lambda tf, r: tf.concat([r, r], axis=0), ROWS),
    on_host("stack", lambda tf, r: tf.stack([r, r]), ROWS),
    on_host("expand-dims", lambda tf, r: tf.expand_dims(r, 1), ROWS),
    on_host(
        "boolean-mask",
        lambda tf, x, m: tf.ragged.boolean_mask(x, m),
        f32(2, 3),
        tensor([[True, False, True], [False, False, True]]),
    ),
    on_host("gather", lambda tf, r, i: tf.gather(r, i), ROWS, tensor([2, 0])),
    on_host(
        "gather-by-ragged",
        lambda tf, x, r: tf.gather(x, r),
        f32(9),
        ragged(ints(5, low=0, high=9), [0, 2, 2, 5]),
    ),
    on_host("cast", lambda tf, r: tf.cast(r, "int32"), ROWS),
    on_host("where", lambda tf, r: tf.where(r > 0.0, r, -r), ROWS),
    on_host("range", lambda tf: tf.ragged.range([0, 3], [2, 7])),
    on_host("constant", lambda tf: tf.ragged.constant([[1, 2], [], [3]])),
    on_host(
        "segment-ids", lambda tf, s: tf.ragged.row_splits_to_segment_ids(s), tensor([0, 2, 2, 5])
    ),
    on_host(
        "row-splits", lambda tf, s: tf.ragged.segment_ids_to_row_splits(s, 4), tensor([0, 0, 2])
    ),
    on_host("size", lambda tf, r: tf.size(r), ROWS),
    # sparse
    on_host("sparse-pass", lambda tf, s: s, MATRIX),
    on_host("sparse-to-dense", lambda tf, s: tf.sparse.to_dense(s), MATRIX, grad=True),
    on_host(
        "sparse-to-dense-default", lambda tf, s: tf.sparse.to_dense(s, default_value=7.0), MATRIX
    ),
    on_host(
        "sparse-from-dense", lambda tf, x: tf.sparse.from_dense(x), tensor([[0.0, 2.0], [3.0, 0.0]])
    ),
    on_host(
        "sparse-add",
        lambda tf, a, b: tf.sparse.add(a, b),
        MATRIX,
        sparse([[0, 1], [0, 2]], f32(2), [3, 4]),
    ),
    on_host(
        "sparse-add-dense",
        lambda tf, a, x: tf.sparse.add(a, x),
        MATRIX,
        f32(3, 4),
        grad=[1],
        shapes="compatible",
    ),
    on_host(
        "sparse-extrema",
        lambda tf, a, b: (tf.sparse.maximum(a, b), tf.sparse.minimum(a, b)),
        MATRIX,
        MATRIX,
    ),
    on_host(
        "embedding-lookup-sparse",
        lambda tf, w, i: tf.nn.embedding_lookup_sparse(w, i, None, combiner="mean"),
        f32(5, 2),
        sparse([[0, 0], [0, 1], [1, 0]], tensor([1, 3, 2], "int64"), [2, 2]),
        grad=[0],
    ),
    on_host("sparse-reduce-sum", lambda tf, s: tf.sparse.reduce_sum(s, axis=1), MATRIX, grad=True),
    on_host(
        "sparse-reduce-max", lambda tf, s: tf.sparse.reduce_max(s, axis=0, keepdims=True), MATRIX
    ),
    on_host(
        "sparse-matmul",
        lambda tf, s, x: tf.sparse.sparse_dense_matmul(s, x),
        MATRIX,
        f32(4, 2),
        grad=True,
    ),
    on_host(
        "sparse-matmul-adjoint",
        lambda tf, s, x: tf.sparse.sparse_dense_matmul(s, x, adjoint_a=True),
        MATRIX,
        f32(3, 2),
        grad=True,
    ),
    on_host(
        "sparse-concat", lambda tf, s: tf.sparse.concat(1, [s, s]), MATRIX, shapes="compatible"
    ),
    on_host(
        "sparse-reorder",
        lambda tf, s: tf.sparse.reorder(s),
        sparse([[1, 0], [0, 2]], f32(2), [2, 3]),
        grad=True,
    ),
    on_host("sparse-reshape", lambda tf, s: tf.sparse.reshape(s, [4, -1]), MATRIX, grad=True),
    on_host("sparse-slice", lambda tf, s: tf.sparse.slice(s, [1, 0], [2, 3]), MATRIX, grad=True),
    on_host("sparse-split", lambda tf, s: tf.sparse.split(s, 2, axis=1), MATRIX),
    on_host("sparse-bincount", lambda tf, x: tf.sparse.bincount(x), tensor([1, 2, 2, 5])),
    on_host(
        "sparse-bincount-sparse",
        lambda tf, s: tf.sparse.bincount(s, axis=-1),
        sparse(INDICES, tensor([3, 1, 3], "int64"), [3, 4]),
    ),
    on_host(
        "sparse-add-gradient",
        lambda tf, a, b: tf.sparse.add(a, b),
        MATRIX,
        sparse([[0, 1], [0, 2]], f32(2), [3, 4]),
        grad=True,
    ),
    # indexed slices
    program(
        "slices-to-dense", lambda tf, s: tf.convert_to_tensor(s), slices(f32(2, 3), [1, 3], [4, 3])
    ),
    program(
        "slices-times",
        lambda tf, s: 2.0 * tf.convert_to_tensor(s),
        slices(f32(2, 3), [1, 1], [4, 3]),
    ),
    case("math.scalar_mul", 3.0, slices(f32(2, 3), [1, 3], [4, 3])),
    program(
        "gather-gradient-twice",
        lambda tf, x, i: tf.gather(x, i) ** 2,
        f32(4, 2),
        tensor([1, 1, 3]),
        grad=[0],
        grad2=True,
    ),
    # errors
    raises("RaggedTensor.from_row_splits", f32(3), tensor([0, 2], "int64"), label="short splits"),
    raises("RaggedTensor.from_row_lengths", f32(3), tensor([1, 1], "int64"), label="short lengths"),
    raises(
        "SparseTensor", tensor([[0, 0]], "int64"), f32(2), tensor([2, 2], "int64"), label="counts"
    ),
]
