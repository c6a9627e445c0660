"""Ragged tensors in splits, products of matrices, gathers, sums, segments and text."""

from tests.oracle.spec import f32, ints, program, ragged, tensor

ROWS = ragged(f32(5), [0, 2, 2, 5])
DEEP = ragged(f32(6), [0, 2, 2, 3], [0, 2, 3, 6])
WIDE = ragged(f32(3, 2), [0, 2, 2, 3])
EVEN = ragged(f32(6), [0, 2, 4], [0, 1, 3, 5, 6])
LEFT = ragged(f32(3, 2), [0, 2, 3])
SQUARE = ragged(f32(7), [0, 3, 4], [0, 2, 4, 6, 7])
TALL = ragged(f32(7), [0, 2, 3], [0, 3, 6, 7])
COUNTS = ragged(ints(5, low=0, high=2), [0, 2, 2, 5])
WORDS = ragged(tensor(["a", "bc", "d"], "string"), [0, 2, 2, 3])
FOUR = ragged(f32(5, 2), [0, 1, 3], [0, 2, 3, 5])
FOUR_RIGHT = ragged(f32(6, 1), [0, 1, 3], [0, 2, 4, 6])
IMAGES = ragged(f32(6, 1), [0, 1, 3], [0, 2, 4, 6])
PLACES = ragged(ints(3, low=0, high=2), [0, 1, 3])
HOST = ("eager", "host")


def on_host(label, function, *args, **options):
    return program(label, function, *args, executors=HOST, **options)


def fails(label, function, *args, **options):
    return program(label, function, *args, executors=("eager",), raises=True, **options)


def uniform(tf, value, length):
    return tf.RaggedTensor.from_uniform_row_length(value, length)


SPLITS = {
    "split-number": lambda tf, r: tf.split(r, 3),
    "split-sizes": lambda tf, r: tf.split(r, [1, 2]),
    "split-tensor": lambda tf, r: tf.split(r, tf.constant([1, 2]), num=2),
    "split-inner": lambda tf, r: tf.split(uniform(tf, r.values, 5), [2, 3], axis=1),
}
PRODUCTS = {
    "matmul-dense": lambda tf, a, b: tf.matmul(a, tf.ones([2, 2, 3])),
    "matmul-transposed": lambda tf, a, b: tf.matmul(a, a, transpose_a=True),
    "matmul-outer": lambda tf, a, b: tf.matmul(a, a, adjoint_b=True),
    "matmul-dense-left": lambda tf, a, b: tf.matmul(tf.ones([2, 4, 2]), a, transpose_b=True),
    "matmul-ragged": lambda tf, a, b: tf.matmul(a, b),
}

CASES = [
    *[on_host(label, function, ROWS) for label, function in SPLITS.items()],
    on_host("split-wide", lambda tf, r: tf.split(r, 2, axis=2), WIDE),
    on_host("split-even", lambda tf, r: tf.split(uniform(tf, r.values, 2), 2, axis=1), EVEN),
    fails("split-ragged", lambda tf, r: tf.split(r, 2, axis=1), ROWS),
    fails("split-zero", lambda tf, r: tf.split(r, 0), ROWS),
    fails("split-negative", lambda tf, r: tf.split(r, [-1, 4]), ROWS),
    fails("split-float", lambda tf, r: tf.split(r, [1.0, 2.0]), ROWS),
    fails("split-unequal", lambda tf, r: tf.split(r, 2), ROWS),
    fails("split-sum", lambda tf, r: tf.split(r, [1, 1]), ROWS),
    fails("split-num", lambda tf, r: tf.split(r, tf.constant([1, 2]), num=3), ROWS),
    *[on_host(n, f, LEFT, ragged(f32(4, 3), [0, 2, 4]), grad=True) for n, f in PRODUCTS.items()],
    on_host("matmul-matrices", lambda tf, a, b: tf.matmul(a, b), SQUARE, TALL, grad=True),
    on_host("matmul-matrices-transposed", lambda tf, a: tf.matmul(a, a, transpose_b=True), SQUARE),
    on_host("matmul-rank-4", lambda tf, a, b: tf.matmul(a, b), FOUR, FOUR_RIGHT, grad=True),
    on_host("matmul-rank-2", lambda tf, a: tf.matmul(uniform(tf, a, 3), tf.ones([3, 2])), f32(6)),
    on_host("matvec", lambda tf, a: tf.linalg.matvec(a, tf.ones([2, 2])), LEFT),
    fails("matmul-rank", lambda tf, a: tf.matmul(a, tf.ones([2, 2])), LEFT),
    fails("matmul-dtype", lambda tf, a: tf.matmul(a, tf.ones([2, 2, 2], tf.float64)), LEFT),
    fails("matmul-batch", lambda tf, a: tf.matmul(a, tf.ones([3, 2, 2])), LEFT),
    fails("matmul-inner", lambda tf, a: tf.matmul(a, tf.ones([2, 3, 2])), LEFT),
    fails("matmul-ragged-rows", lambda tf, a: tf.matmul(a, tf.ones([3, 2])), ROWS),
    on_host("gather-each", lambda tf, p, i: tf.gather(p, i, axis=1), f32(2, 3), PLACES),
    on_host(
        "gather-behind-batch",
        lambda tf, p, i: tf.gather(p, i, batch_dims=1, axis=2),
        LEFT,
        PLACES,
        grad=(0,),
    ),
    on_host(
        "gather-behind-batch-dense",
        lambda tf, p, i: tf.gather(p, i, batch_dims=1, axis=2),
        f32(2, 3, 4),
        PLACES,
    ),
    on_host(
        "gather-dense-places",
        lambda tf, p: tf.gather(p, [[0, 1], [1, 1]], batch_dims=1, axis=2),
        LEFT,
        grad=True,
    ),
    on_host(
        "gather-deep-places",
        lambda tf, p, i: tf.gather(p, i, batch_dims=1),
        ragged(f32(5), [0, 2, 5]),
        ragged(ints(4, low=0, high=2), [0, 2, 3], [0, 2, 3, 4]),
    ),
    fails("gather-batches-differ", lambda tf, p, i: tf.gather(p, i, batch_dims=1), ROWS, PLACES),
    fails("gather-axis", lambda tf, p: tf.gather(p, [0], axis=4), ROWS),
    *[
        on_host(
            f"cumsum-{axis}-{exclusive}-{reverse}",
            lambda tf, r, axis=axis, e=exclusive, v=reverse: tf.cumsum(r, axis, e, v),
            DEEP,
            grad=True,
        )
        for axis in (0, 1, 2)
        for exclusive in (False, True)
        for reverse in (False, True)
    ],
    on_host("tile-tensor", lambda tf, r, m: tf.tile(r, m), ROWS, tensor([2, 3])),
    on_host("tile-tensor-deep", lambda tf, r, m: tf.tile(r, m), DEEP, tensor([2, 1, 2])),
    on_host("tile-tensor-wide", lambda tf, r, m: tf.tile(r, m), WIDE, tensor([1, 2, 2])),
    fails("tile-negative", lambda tf, r: tf.tile(r, [-1, 1]), ROWS),
    *[
        on_host(
            f"{name}-{label}",
            lambda tf, r, i, name=name: getattr(tf.math, f"unsorted_segment_{name}")(r, i, 3),
            data,
            ids,
            grad=(0,),
        )
        for name in ("mean", "sqrt_n", "sum", "max")
        for label, data, ids in (("each", ROWS, COUNTS), ("rows", ROWS, tensor([0, 1, 0])))
    ],
    on_host("segments-of-rows", lambda tf, r: tf.math.unsorted_segment_mean(r, [0, 1, 0], 3), DEEP),
    fails(
        "segments-differ",
        lambda tf, r, i: tf.math.unsorted_segment_sum(r, i, 2),
        ROWS,
        ragged(ints(5, low=0, high=2), [0, 2, 3, 5]),
    ),
    *[
        on_host(
            f"sparse-bincount-{axis}-{binary}",
            lambda tf, r, axis=axis, binary=binary: tf.sparse.bincount(
                r, axis=axis, binary_output=binary
            ),
            COUNTS,
        )
        for axis in (None, 0, -1)
        for binary in (False, True)
    ],
    on_host("sparse-bincount-weights", lambda tf, r, w: tf.sparse.bincount(r, w), COUNTS, ROWS),
    on_host(
        "sparse-bincount-rows",
        lambda tf, r, w: tf.sparse.bincount(r, w, axis=-1, minlength=4),
        COUNTS,
        ROWS,
    ),
    on_host(
        "ragged-bincount",
        lambda tf, r: tf.raw_ops.RaggedBincount(
            splits=r.row_splits, values=r.values, size=3, weights=tf.zeros([0], tf.float32)
        ),
        COUNTS,
    ),
    on_host(
        "ragged-bincount-binary",
        lambda tf, r: tf.raw_ops.RaggedBincount(
            splits=r.row_splits,
            values=r.values,
            size=1,
            weights=tf.zeros([0], tf.int64),
            binary_output=True,
        ),
        COUNTS,
    ),
    fails("partition-negative", lambda tf, r: tf.dynamic_partition(r, [0, -1, 0], 2), ROWS),
    fails("partition-large", lambda tf, r: tf.dynamic_partition(r, [0, 5, 0], 2), ROWS),
    on_host(
        "stacked-partitions",
        lambda tf, r, i: tf.ragged.stack_dynamic_partitions(r, i, 2),
        ROWS,
        COUNTS,
    ),
    on_host(
        "stacked-matrix",
        lambda tf, x: tf.ragged.stack_dynamic_partitions(x, [[0, 1], [2, 0]], 3),
        f32(2, 2, 2),
    ),
    on_host("stacked-scalar", lambda tf, x: tf.ragged.stack_dynamic_partitions(x, 1, 3), f32(2)),
    fails("stacked-large", lambda tf, x: tf.ragged.stack_dynamic_partitions(x, [0, 5], 3), f32(2)),
    on_host(
        "dropout", lambda tf, r: tf.nn.experimental.stateless_dropout(r, 0.5, seed=[1, 2]), ROWS
    ),
    on_host(
        "embedding", lambda tf, t, r: tf.nn.embedding_lookup(t, r), f32(2, 3), COUNTS, grad=(0,)
    ),
    on_host(
        "embedding-sum",
        lambda tf, t, r: tf.nn.embedding_lookup_sparse(t, r, None, combiner="sum"),
        f32(2, 3),
        COUNTS,
        grad=(0,),
    ),
    on_host(
        "embedding-mean",
        lambda tf, t, r, w: tf.nn.embedding_lookup_sparse(t, r, w * w + 1.0),
        f32(2, 3),
        COUNTS,
        ROWS,
    ),
    on_host("stop-gradient", lambda tf, r: tf.stop_gradient(r), ROWS),
    on_host("add-n-dense", lambda tf, r: tf.add_n([r, tf.ones([5])]), ROWS),
    on_host("resize", lambda tf, r: tf.image.resize(r, [2, 3]), IMAGES),
    on_host("resize-bicubic", lambda tf, r: tf.image.resize(r, [3, 1], "bicubic"), IMAGES),
    fails("resize-rank", lambda tf, r: tf.image.resize(r, [2, 2]), ROWS),
    on_host("format", lambda tf, r: tf.strings.format("rows {}", r), COUNTS),
    on_host("format-deep", lambda tf, r: tf.strings.format("{} {}", [r, tf.size(r)]), DEEP),
    on_host("format-wide", lambda tf, r: tf.strings.format("{}", r), WIDE),
    on_host("format-words", lambda tf, r: tf.strings.format("{} {}", [r, "x"]), WORDS),
    on_host("format-short", lambda tf, r: tf.strings.format("{}", r, summarize=1), COUNTS),
    on_host(
        "format-all",
        lambda tf, r: tf.strings.format("{}", tf.tile(r, [3, 3]), summarize=-1),
        COUNTS,
    ),
    on_host("format-long", lambda tf, r: tf.strings.format("{}", tf.tile(r, [3, 3])), COUNTS),
    fails("format-number", lambda tf, r: tf.strings.format("{} {}", r), ROWS),
]
