"""Maps of sparse tensors: adding them whole or row by row, taking several at once."""

from functools import partial

from tests.oracle.cases._programs import eager, fails
from tests.oracle.spec import f32, sparse, strings

TABLE = sparse([[0, 0], [0, 2], [2, 1]], f32(3), [4, 3])
WORDS = sparse([[0, 0], [1, 2]], strings(2), [2, 5])


def _parts(x):
    return {
        "sparse_indices": x.indices,
        "sparse_values": x.values,
        "sparse_shape": x.dense_shape,
    }


def row_by_row(tf, name, x):
    handles = tf.raw_ops.AddManySparseToTensorsMap(**_parts(x), shared_name=name)
    taken = tf.raw_ops.TakeManySparseFromTensorsMap(
        sparse_handles=handles[::-1], dtype=x.dtype, shared_name=name
    )
    return (tf.sort(handles), *taken)


def one_by_one(tf, name, x):
    handles = [tf.raw_ops.AddSparseToTensorsMap(**_parts(x), shared_name=name) for _ in range(2)]
    taken = tf.raw_ops.TakeManySparseFromTensorsMap(
        sparse_handles=tf.stack(handles), dtype=x.dtype, shared_name=name
    )
    return (*handles, *taken)


def different_sizes(tf, name, x):
    add = partial(tf.raw_ops.AddSparseToTensorsMap, shared_name=name)
    wide = tf.SparseTensor(x.indices, x.values, x.dense_shape * 2)
    handles = [add(**_parts(x)), add(**_parts(wide))]
    return tuple(
        tf.raw_ops.TakeManySparseFromTensorsMap(
            sparse_handles=tf.stack(handles), dtype=x.dtype, shared_name=name
        )
    )


def in_a_session(tf, x):
    """A node without a shared name has a map that is called as the node is."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        parts = {key: tf.constant(part.numpy()) for key, part in _parts(x).items()}
        handles = tf.raw_ops.AddManySparseToTensorsMap(**parts, name="adder")
        taken = tf.raw_ops.TakeManySparseFromTensorsMap(
            sparse_handles=handles, dtype=x.dtype, shared_name="adder"
        )
        found = session.run([*taken])
        return [tf.TensorShape.as_list(t.shape) for t in taken], [part.tolist() for part in found]


def no_rows(tf, name, x):
    empty = tf.sparse.from_dense(tf.zeros([0, 2]))
    return tf.raw_ops.AddManySparseToTensorsMap(**_parts(empty), shared_name=name)


def adding(op_name, indices, values, shape, tf):
    return getattr(tf.raw_ops, op_name)(
        sparse_indices=tf.constant(indices, tf.int64),
        sparse_values=tf.constant(values, tf.float32),
        sparse_shape=tf.constant(shape, tf.int64),
        shared_name="wrong",
    )


def taking(handles, tf):
    return tf.raw_ops.TakeManySparseFromTensorsMap(
        sparse_handles=tf.constant(handles, tf.int64), dtype=tf.float32, shared_name="nothing"
    )


def taking_twice(tf):
    handle = tf.raw_ops.AddSparseToTensorsMap(
        **_parts(tf.sparse.from_dense([1.0])), shared_name="twice"
    )
    take = partial(
        tf.raw_ops.TakeManySparseFromTensorsMap, sparse_handles=[handle], shared_name="twice"
    )
    take(dtype=tf.float32)
    return take(dtype=tf.float32)


def other_dtype(tf):
    handle = tf.raw_ops.AddSparseToTensorsMap(
        **_parts(tf.sparse.from_dense([1.0])), shared_name="dtypes"
    )
    return tf.raw_ops.TakeManySparseFromTensorsMap(
        sparse_handles=[handle], shared_name="dtypes", dtype=tf.int32
    )


def other_ranks(tf):
    handles = [
        tf.raw_ops.AddSparseToTensorsMap(**_parts(tf.sparse.from_dense(x)), shared_name="ranks")
        for x in ([1.0], [[1.0]])
    ]
    return tf.raw_ops.TakeManySparseFromTensorsMap(
        sparse_handles=tf.stack(handles), shared_name="ranks", dtype=tf.float32
    )


ONE, MANY = "AddSparseToTensorsMap", "AddManySparseToTensorsMap"
WRONG = {
    "indices": (ONE, [0], [1], [3]),
    "values": (ONE, [[0]], [[1]], [3]),
    "shape": (ONE, [[0]], [1], [[3]]),
    "rank": (ONE, [[0]], [1], [3, 3]),
    "count": (ONE, [[0], [1]], [1], [3]),
    "many-vector": (MANY, [[0]], [1], [3]),
    "many-outside": (MANY, [[5, 0]], [1], [3, 2]),
    "many-negative": (MANY, [[0, -1]], [1], [3, 2]),
    "many-order": (MANY, [[2, 0], [1, 0]], [1, 2], [3, 2]),
    "many-repeated": (MANY, [[1, 0], [1, 0]], [1, 2], [3, 2]),
}

CASES = [
    eager("rows", lambda tf, x: row_by_row(tf, "rows", x), TABLE),
    eager("rows-of-words", lambda tf, x: row_by_row(tf, "words", x), WORDS),
    eager("whole", lambda tf, x: one_by_one(tf, "whole", x), TABLE),
    eager("sizes", lambda tf, x: different_sizes(tf, "sizes", x), TABLE),
    eager("no-rows", lambda tf, x: no_rows(tf, "none", x), TABLE),
    eager("session", in_a_session, TABLE),
    *[fails(label, lambda tf, given=given: adding(*given, tf)) for label, given in WRONG.items()],
    fails("nothing", lambda tf: taking([7], tf)),
    fails("no-handles", lambda tf: taking([], tf)),
    fails("matrix", lambda tf: taking([[7]], tf)),
    fails("twice", taking_twice),
    fails("dtypes", other_dtype),
    fails("ranks", other_ranks),
]
