"""Ragged and sparse tensors as variants and serialized, and back."""

from tests.oracle.spec import f32, ints, program, ragged, sparse, tensor

ROWS = ragged(f32(5), [0, 2, 2, 5])
DEEP = ragged(f32(6), [0, 2, 3], [0, 1, 3, 6])
WIDE = ragged(f32(4, 2), [0, 1, 4])


def on_host(label, function, *inputs, **options):
    return program(
        f"ragged-variants-{label}", function, *inputs, executors=("eager", "host"), **options
    )


def there_and_back(batched):
    def function(tf, r):
        rank = r.ragged_rank
        encoded = tf.raw_ops.RaggedTensorToVariant(
            rt_nested_splits=r.nested_row_splits,
            rt_dense_values=r.flat_values,
            batched_input=batched,
        )
        splits, values = tf.raw_ops.RaggedTensorFromVariant(
            encoded_ragged=encoded,
            input_ragged_rank=rank - 1 if batched else rank,
            output_ragged_rank=rank,
            Tvalues=tf.float32,
            Tsplits=tf.int64,
        )
        return (*splits, values)

    return function


def some_rows(tf, r):
    """Rows picked out of a batch of variants."""
    encoded = tf.raw_ops.RaggedTensorToVariant(
        rt_nested_splits=r.nested_row_splits, rt_dense_values=r.flat_values, batched_input=True
    )
    splits, values = tf.raw_ops.RaggedTensorFromVariant(
        encoded_ragged=encoded[1:],
        input_ragged_rank=-1,
        output_ragged_rank=r.ragged_rank,
        Tvalues=tf.float32,
        Tsplits=tf.int64,
    )
    return (*splits, values)


def with_wrong_rank(tf, r):
    encoded = tf.raw_ops.RaggedTensorToVariant(
        rt_nested_splits=r.nested_row_splits, rt_dense_values=r.flat_values, batched_input=False
    )
    return tf.raw_ops.RaggedTensorFromVariant(
        encoded_ragged=encoded,
        input_ragged_rank=2,
        output_ragged_rank=2,
        Tvalues=tf.float32,
        Tsplits=tf.int64,
    )


def with_wrong_dtype(tf, r):
    encoded = tf.raw_ops.RaggedTensorToVariant(
        rt_nested_splits=r.nested_row_splits, rt_dense_values=r.flat_values, batched_input=False
    )
    return tf.raw_ops.RaggedTensorFromVariant(
        encoded_ragged=encoded,
        input_ragged_rank=1,
        output_ragged_rank=1,
        Tvalues=tf.int32,
        Tsplits=tf.int64,
    )[1]


def many_sparse(out_type):
    def function(tf, s):
        rows = tf.io.serialize_many_sparse(s, out_type=getattr(tf, out_type))
        back = tf.raw_ops.DeserializeSparse(serialized_sparse=rows, dtype=s.dtype)
        return tuple(back)

    return function


SPARSE = sparse([[0, 1], [1, 0], [1, 2]], f32(3), [3, 3])
CUBE = sparse([[0, 0, 1], [0, 1, 0], [1, 1, 1]], ints(3), [2, 2, 2])

CASES = [
    on_host("scalar", there_and_back(False), ROWS, grad=True),
    on_host("scalar-deep", there_and_back(False), DEEP, grad=True),
    on_host("batched", there_and_back(True), ROWS, grad=True),
    on_host("batched-deep", there_and_back(True), DEEP, grad=True),
    on_host("batched-wide", there_and_back(True), WIDE, grad=True),
    on_host("some-rows", some_rows, DEEP),
    on_host("wrong-rank", with_wrong_rank, ROWS, raises=True, error="InvalidArgumentError"),
    on_host("wrong-dtype", with_wrong_dtype, ROWS, raises=True, error="InvalidArgumentError"),
    on_host(
        "map-fn",
        lambda tf, r: tf.map_fn(lambda x: tf.reduce_sum(x), r, fn_output_signature=tf.float32),
        ROWS,
        grad=True,
    ),
    on_host("many-sparse", many_sparse("variant"), SPARSE),
    on_host("many-sparse-strings", many_sparse("string"), SPARSE),
    on_host("many-sparse-cube", many_sparse("string"), CUBE),
    on_host(
        "deserialize-many",
        lambda tf, s: tf.io.deserialize_many_sparse(
            tf.io.serialize_many_sparse(s), tf.float32, rank=2
        ),
        SPARSE,
    ),
    on_host("serialize-bytes", lambda tf, s: tf.io.serialize_sparse(s), SPARSE),
    on_host(
        "serialize-vector",
        lambda tf, s: tf.io.serialize_many_sparse(s),
        sparse([[1]], f32(1), [3]),
        raises=True,
        error="InvalidArgumentError",
    ),
    on_host(
        "serialize-dense",
        lambda tf, x: tf.io.serialize_sparse(x),
        tensor([1, 2]),
        raises=True,
        error="TypeError",
    ),
]


def fill_empty(tf, values, default):
    rows = tf.constant([0, 0, 2], tf.int64)
    return tuple(tf.ragged_fill_empty_rows(rows, values, tf.constant(4, tf.int64), default))


def gather(rank):
    def function(tf, r, indices):
        splits, values = tf.raw_ops.RaggedGather(
            params_nested_splits=r.nested_row_splits,
            params_dense_values=r.flat_values,
            indices=indices,
            OUTPUT_RAGGED_RANK=rank,
        )
        return (*splits, values)

    return function


CASES += [
    on_host("fill-empty-rows", fill_empty, f32(3), f32(), grad=True),
    on_host("fill-empty-rows-strings", fill_empty, tensor(["a", "b", "c"]), tensor("x")),
    on_host(
        "fill-empty-rows-outside",
        lambda tf, x: tf.ragged_fill_empty_rows(
            tf.constant([0, 5, 2], tf.int64), x, tf.constant(4, tf.int64), 1.0
        )[1],
        f32(3),
        raises=True,
        error="InvalidArgumentError",
    ),
    on_host("gather", gather(1), ROWS, tensor([2, 0, 2]), grad=True),
    on_host("gather-matrix", gather(2), ROWS, tensor([[2, 0], [1, 1]]), grad=True),
    on_host("gather-deep", gather(2), DEEP, tensor([1, 1, 0]), grad=True),
    on_host("gather-wide", gather(1), WIDE, tensor([1, 0, 1]), grad=True),
    on_host(
        "gather-outside",
        gather(1),
        ROWS,
        tensor([3]),
        raises=True,
        error="InvalidArgumentError",
    ),
]
