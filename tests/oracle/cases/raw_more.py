"""Ops that only `tf.raw_ops` and old graphs use: buckets, data formats, rows, sparse with dense."""

import numpy as np

from tests.oracle.spec import case, const, f32, f64, ints, program, raises, tensor, values

HOST = ("eager", "host")
EDGES = [0.0, 2.0, 5.0]
SPARSE = {
    "a_indices": const([[0, 1], [0, 1], [2, 0]], "int64"),
    "a_shape": const([3, 2], "int64"),
}
PICKED = {"sp_indices": const([[0, 1], [2, 0]], "int64"), "sp_shape": const([3, 2], "int64")}


def _cross_hashed(tf, places, values, dense, num_buckets, strong_hash):
    return tf.raw_ops.SparseCrossHashed(
        indices=places,
        values=[tf.constant(values)],
        shapes=[tf.constant([2, 2], tf.int64)],
        dense_inputs=[] if dense is None else [tf.constant(dense)],
        num_buckets=num_buckets,
        strong_hash=strong_hash,
        salt=[-7, 8],
    )


ODD = tensor([[0.0, float("nan"), float("inf")], [-2.0, float("-inf"), float("inf")]])

CASES = [
    case("raw_ops.Bucketize", input=ints(3, 4), boundaries=EDGES),
    case("raw_ops.Bucketize", input=ints(5, dtype="int64"), boundaries=EDGES),
    case("raw_ops.Bucketize", input=f32(9, low=-2, high=7), boundaries=EDGES),
    case("raw_ops.Bucketize", input=tensor([0.0, 2.0, 5.0, 0.1]), boundaries=EDGES),
    case("raw_ops.Bucketize", input=f64(9, low=-2, high=7), boundaries=EDGES),
    case("raw_ops.Bucketize", input=f32(0), boundaries=EDGES),
    case("raw_ops.Bucketize", input=f32(3), boundaries=[]),
    case("raw_ops.Bucketize", input=tensor([float("nan"), 1.0]), boundaries=EDGES, executors=HOST),
    raises("raw_ops.Bucketize", input=f32(3), boundaries=[2.0, 1.0]),
    case("raw_ops.DataFormatDimMap", x=tensor([0, 1, -1, 3])),
    case("raw_ops.DataFormatDimMap", x=tensor(2), src_format="NCHW", dst_format="NHWC"),
    case("raw_ops.DataFormatVecPermute", x=ints(4)),
    case("raw_ops.DataFormatVecPermute", x=ints(4, 2)),
    case("raw_ops.DataFormatVecPermute", x=ints(2)),
    case("raw_ops.DataFormatVecPermute", x=ints(4), src_format="NCHW", dst_format="NHWC"),
    raises("raw_ops.DataFormatVecPermute", x=ints(3)),
    case("raw_ops.InplaceUpdate", x=f32(3, 2), i=const([0, 2]), v=f32(2, 2)),
    case("raw_ops.InplaceAdd", x=f32(3, 2), i=const([0, 0, -1]), v=f32(3, 2)),
    case("raw_ops.InplaceSub", x=ints(3, 2), i=const([1, 1]), v=ints(2, 2)),
    raises("raw_ops.InplaceAdd", x=f32(3, 2), i=const(0), v=f32(1, 2)),
    raises("raw_ops.InplaceAdd", x=f32(3, 2), i=const([0]), v=f32(2, 2)),
    case("raw_ops.DebugIdentityV2", input=f32(3), grad=True, executors=HOST),
    *[
        case(
            "raw_ops.DebugNumericSummaryV2",
            input=value,
            tensor_debug_mode=mode,
            tensor_id=7,
            executors=HOST,
        )
        for mode in (2, 3, 4, 5, 8)
        for value in (ODD, ints(2, 3), f64(1, 2, 1, 2, 1, 2, 3), tensor(True), f32(0, 3))
    ],
    case(
        "raw_ops.DebugNumericSummaryV2",
        input=values(4, dtype="bfloat16"),
        tensor_debug_mode=4,
        output_dtype="float64",
        executors=HOST,
    ),
    raises("raw_ops.DebugNumericSummaryV2", input=f32(2), tensor_debug_mode=6),
    raises("raw_ops.DebugNumericSummaryV2", input=f32(2), tensor_debug_mode=2, tensor_id=2**24 + 1),
    case("raw_ops.Copy", input=f32(3), executors=HOST),
    case("raw_ops.CopyHost", input=f32(3), executors=HOST),
    *[
        case("raw_ops.ToBool", input=tensor(value), executors=HOST)
        for value in (0.0, 2.0, [0.0], [1, 2], 0, "", "a")
    ],
    case("raw_ops.ToBool", input=f32(0), executors=HOST),
    case("raw_ops.DeviceIndex", device_names=["GPU", "CPU"], executors=("eager",)),
    *[
        case(
            "raw_ops.SparseMatMul",
            a=f32(*((3, 2) if ta else (2, 3))),
            b=f32(*((4, 3) if tb else (3, 4))),
            transpose_a=ta,
            transpose_b=tb,
            grad=True,
        )
        for ta in (False, True)
        for tb in (False, True)
    ],
    case("raw_ops.SparseMatMul", a=values(2, 3, dtype="bfloat16"), b=f32(3, 2), a_is_sparse=True),
    raises("raw_ops.SparseMatMul", a=f32(2, 3), b=f32(2, 3)),
    raises("raw_ops.SparseMatMul", a=f32(1, 2, 3), b=f32(3, 2)),
    case(
        "raw_ops.SparseTensorDenseAdd",
        a_values=f32(3),
        b=f32(3, 2),
        grad=("a_values", "b"),
        **SPARSE,
    ),
    case("raw_ops.SparseTensorDenseAdd", a_values=ints(3), b=ints(3, 2), **SPARSE),
    raises("raw_ops.SparseTensorDenseAdd", a_values=f32(3), b=f32(3, 3), **SPARSE),
    raises(
        "raw_ops.SparseTensorDenseAdd",
        a_values=f32(1),
        b=f32(3, 2),
        a_indices=const([[0, 5]], "int64"),
        a_shape=const([3, 2], "int64"),
    ),
    case(
        "raw_ops.SparseDenseCwiseAdd", sp_values=f32(2), dense=f32(3, 2), executors=HOST, **PICKED
    ),
    case("raw_ops.SparseDenseCwiseAdd", sp_values=f32(2), dense=f32(2), executors=HOST, **PICKED),
    raises("raw_ops.SparseDenseCwiseAdd", sp_values=f32(2), dense=f32(1, 3, 2), **PICKED),
    *[
        program(
            f"sparse-cross-hashed-{i}",
            lambda tf, places, given=given: _cross_hashed(tf, [places], *given),
            tensor([[0, 0], [0, 1], [1, 0]], "int64"),
            executors=HOST,
        )
        for i, given in enumerate(
            (
                (["a", "b", "c"], [["x", "y"], ["z", "z"]], 0, False),
                (["a", "b", "c"], [["x", "y"], ["z", "z"]], 100, True),
                (np.array([-1, 2**40, 3]), np.array([[5, -6], [7, 8]]), 1000, False),
                (np.array([-1, 2**40, 3]), None, -5, True),
            )
        )
    ],
    program(
        "sparse-cross-hashed-salt",
        lambda tf, x: tf.raw_ops.SparseCrossHashed(
            indices=[],
            values=[],
            shapes=[],
            dense_inputs=[x],
            num_buckets=0,
            strong_hash=False,
            salt=[1],
        ),
        tensor([["x"]]),
        raises=True,
    ),
]
