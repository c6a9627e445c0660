"""Edges that random calls and Keras's tests came upon: empty axes, odd shapes, mixed arrays."""

import numpy as np

from tests.oracle.cases._programs import EAGER, eager, fails, on_host
from tests.oracle.spec import (
    bools,
    case,
    const,
    f32,
    f64,
    ints,
    raises,
    sparse,
    tensor,
    values,
    var,
)

V = var(f32(3, 2))
HOST = ("eager", "host")
MATRIX = sparse([[0, 0], [0, 2], [1, 2]], f32(3), [2, 3])
CANCELS = sparse([[0], [2]], tensor([1.0, -1.0]), [3])
UNORDERED = sparse([[1, 0], [0, 2], [0, 0], [1, 0]], f32(4), [2, 3])
NUMPY = "experimental.numpy"


def parts(s):
    return [s.indices, s.values, s.dense_shape]


def reduced(name, s, axis, keepdims, sparse_out):
    def run(tf, s):
        function = getattr(tf.sparse, name)
        result = function(s, axis=axis, keepdims=keepdims, output_is_sparse=sparse_out)
        return parts(result) if sparse_out else result

    kind = "sparse" if sparse_out else "dense"
    return on_host(f"{name}-{kind}-{axis}-{keepdims}", run, s)


def scattered(label, indices, *shape, make=on_host):
    return make(
        f"scatter-add-{label}",
        lambda tf, v, x: v.scatter_add(tf.IndexedSlices(x, tf.constant(indices))),
        V,
        f32(*shape),
    )


def to_dense(dense_shape):
    return lambda tf, x: tf.convert_to_tensor(
        tf.IndexedSlices(x, tf.constant([4, 0, 4]), dense_shape)
    )


CASES = [
    *[
        reduced(name, s, axis, keepdims, sparse_out)
        for s in (MATRIX, CANCELS, UNORDERED)
        for name in ("reduce_sum", "reduce_max")
        for axis in (None, [], [0], [-1, -1])
        for keepdims in (False, True)
        for sparse_out in (False, True)
    ],
    reduced("reduce_sum", MATRIX, [0, 1], False, True),
    fails("sparse-reduce-axis", lambda tf, s: tf.sparse.reduce_sum(s, 5), MATRIX),
    scattered("scalar", [0, 2]),
    scattered("rows", [0, 2], 2, 2),
    scattered("matrix-of-indices", [[0], [2]], 2, 1, 2),
    scattered("one-row-for-all", [0, 2], 1, 2, make=fails),
    scattered("columns", [0, 2], 2, make=fails),
    scattered("extra-dimension", [0, 2], 1, 2, 2, make=fails),
    *[
        eager(f"indexed-slices-{i}", to_dense(shape), f32(3, 2))
        for i, shape in enumerate(((5, 2), [5, 2], np.array([5, 2])))
    ],
    *[
        case("raw_ops.UniqueV2", x=f32(*shape), axis=const([axis], "int32"), executors=HOST)
        for shape, axis in (((0, 0), 0), ((0, 3), 0), ((3, 0), 1), ((3, 0), 0))
    ],
    eager("bias-add-list", lambda tf, b: tf.nn.bias_add([[1, 2], [3, 4]], b), f32(2)),
    fails("bias-add-dtypes", lambda tf, b: tf.nn.bias_add(tf.ones([4, 1], tf.int32), b), f32(1)),
    *[
        eager(f"einsum-array-{i}", function, f32(2, 2))
        for i, function in enumerate(
            (
                lambda tf, x: tf.einsum("ij,jk->ik", np.eye(2), x),
                lambda tf, x: tf.einsum("ij,jk->ik", x, np.eye(2, dtype=np.int64)),
                lambda tf, x: tf.einsum("ij,jk,kl->il", np.eye(2), x, np.eye(2)),
            )
        )
    ],
    eager(
        "einsum-two-arrays",
        lambda tf, x: tf.einsum("ij,jk->ik", np.eye(2), np.ones((2, 2), np.float32)),
        f32(),
    ),
    raises("einsum", "ij,jk->ik", f64(2, 2), f32(2, 2)),
    *[
        case(f"{NUMPY}.{name}", values(2, 2, dtype=dtype), dtype="bool", executors=HOST)
        for name in ("sum", "prod")
        for dtype in ("float32", "int32")
    ],
    *[
        case(f"{NUMPY}.trace", ints(3, 4), executors=HOST, **options)
        for options in ({}, {"offset": 1}, {"axis1": 1, "axis2": -2}, {"axis1": -2, "axis2": -1})
    ],
    case(f"{NUMPY}.isclose", ints(2, 3, dtype="int16"), ints(2, dtype="int16"), executors=EAGER),
    case(f"{NUMPY}.polyval", f32(), f32(3), executors=HOST),
    case(f"{NUMPY}.polyval", f32(2, 2), f32(2), executors=HOST),
    raises(f"{NUMPY}.split", f32(2, 4), 3, axis=1),
    raises(f"{NUMPY}.average", f32(2, 3), weights=f32(3)),
    raises(f"{NUMPY}.average", f32(2, 3), weights=f32()),
    raises(f"{NUMPY}.average", f32(2, 3), 1, weights=f32(1, 3)),
    raises(f"{NUMPY}.average", f32(2, 3), 1, weights=f32(1)),
    case(f"{NUMPY}.average", f32(2, 3), 1, weights=f32(3), executors=HOST),
    raises(f"{NUMPY}.hsplit", f32(2, 4), 3),
    raises(f"{NUMPY}.vsplit", f32(2, 4), 3),
    raises(f"{NUMPY}.dsplit", f32(2, 2, 4), 3),
    raises(f"{NUMPY}.compress", bools(4), f32(2, 3), axis=0),
    raises(f"{NUMPY}.compress", bools(1, 2), f32(2, 3)),
    raises("linalg.set_diag", f32(3, 4), f32(2, 3), k=(-2, 0)),
    eager("window-periodic", lambda tf: tf.signal.hann_window(4, periodic=tf.constant(False))),
    fails("window-number", lambda tf, x: tf.signal.hann_window(4, periodic=0), f32()),
    fails(
        "table-without-keys",
        lambda tf, keys: tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(keys, keys), -1
        ),
        ints(0),
    ),
]
