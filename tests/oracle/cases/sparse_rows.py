"""Sparse segments, empty rows, sparse softmax and indicators, and operations on sets."""

from tests.oracle.spec import (
    FLOATS,
    INTS,
    T,
    case,
    cases,
    const,
    f32,
    f64,
    ints,
    program,
    raises,
    sparse,
    strings,
    tensor,
)

HOST = ("eager", "host")
SEGMENTS = [f"sparse.segment_{name}" for name in ("sum", "mean", "sqrt_n")]
KINDS = ("Sum", "Mean", "SqrtN")
ROWS = tensor([0, 3, 1, 3])
IDS = const([0, 0, 2, 2])
ELEMENTS = [[0, 0, 0], [0, 0, 2], [0, 1, 1], [1, 1, 0], [1, 1, 1]]
PLACES = [[0, 1], [0, 3], [2, 0]]


def spread(tf, x, weights):
    """Values of empty rows filled, weighted: the default gets a gradient too."""
    filled, _ = tf.sparse.fill_empty_rows(tf.SparseTensor(PLACES, x, [5, 6]), x[0])
    return filled.values * weights


def ragged_spread(tf, x, weights):
    return tf.ragged_fill_empty_rows([0, 0, 2], x, 5, x[1]).output_values * weights


def soft(tf, x, weights):
    return tf.sparse.softmax(tf.SparseTensor(ELEMENTS, x, [2, 2, 3])).values * weights


SETS = [f"sets.{name}" for name in ("intersection", "union", "difference")]
SPARSE_SETS = sparse([[0, 0], [0, 1], [2, 0]], tensor([1, 2, 3]), [3, 2])
WIDER = sparse([[0, 0], [0, 2], [1, 1], [2, 3]], tensor([5, 1, 3, 3]), [3, 4])
DEEP = tensor([[[3, 1, 1], [4, 5, 6]], [[7, 8, 9], [0, 0, 0]]])
DEEPER = tensor([[[1, 2], [6, 6]], [[1, 1], [0, 1]]])
DEEP_SPARSE = sparse([[0, 0, 0], [0, 0, 1], [1, 1, 0]], tensor([1, 2, 0]), [2, 2, 2])

CASES = [
    # ---- segments ----
    *cases(
        SEGMENTS[:1],
        [T(4, 2), ROWS, IDS],
        dtypes=(*INTS, "int8", "uint8", "int16", "uint16", "uint32", "uint64"),
    ),
    *cases(SEGMENTS, [T(4, 2), ROWS, IDS], dtypes=(*FLOATS, "float16", "bfloat16")),
    *cases(SEGMENTS, [T(4), ROWS, IDS], [T(4, 1, 2), ROWS, IDS], grad=True),
    *cases(
        SEGMENTS,
        [T(4, 2), const([0, 3, 1, 3], "int64"), const([0, 0, 2, 2], "int64")],
        dtypes=FLOATS,
        grad=True,
    ),
    *cases(SEGMENTS, [T(4, 2), ROWS, IDS], num_segments=5, grad=True),
    *cases(SEGMENTS, [T(4, 2), ROWS, tensor([0, 0, 2, 2])], num_segments=const(3), grad=True),
    *cases(SEGMENTS, [T(4, 2), ROWS, tensor([0, 0, 2, 2])], executors=HOST),
    *cases(SEGMENTS, [T(4, 2), const([], "int32"), const([], "int32")]),
    *cases(SEGMENTS, [T(4, 2), const([], "int32"), const([], "int32")], num_segments=3),
    *cases(SEGMENTS, [T(3, 0), const([0, 1]), const([0, 1])]),
    *[
        program(
            f"segment-{kind}-sparse-gradient",
            lambda tf, x, kind=kind: tf.sparse.__dict__[f"segment_{kind}"](
                x, [0, 3, 1, 3], [0, 0, 2, 2], sparse_gradient=True
            ),
            f32(4, 2),
            grad=True,
        )
        for kind in ("sum", "mean", "sqrt_n")
    ],
    *[
        case(
            f"raw_ops.SparseSegment{kind}Grad",
            indices=ROWS,
            segment_ids=tensor([0, 0, 2, 2]),
            output_dim0=const(5),
            kwargs={"grad": f32(3, 2)},
        )
        for kind in KINDS
    ],
    *[
        case(
            f"raw_ops.SparseSegment{kind}GradV2",
            indices=ROWS,
            segment_ids=tensor([0, 0, 2, 2]),
            dense_output_dim0=const(5),
            executors=HOST,
            kwargs={"grad": f32(3, 2)},
        )
        for kind in KINDS
    ],
    raises(SEGMENTS[0], f32(4, 2), const([0, 1, 2]), const([0, 2, 1]), match="not increasing"),
    raises(SEGMENTS[0], f32(4, 2), const([0, 1, 2]), const([-1, 0, 1]), match="out of range"),
    raises(SEGMENTS[0], f32(4, 2), const([0, 4, 2]), const([0, 0, 1]), match=r"indices\[1\] == 4"),
    raises(SEGMENTS[1], f32(4, 2), const([0, -1]), const([0, 0]), match=r"indices\[1\] == -1"),
    raises(SEGMENTS[0], f32(4, 2), const([0, 1]), const([0, 0, 1]), match="same size"),
    raises(SEGMENTS[0], f32(4, 2), const([[0, 1]]), const([0, 0]), match="vector"),
    raises(SEGMENTS[0], f32(4, 2), const([0, 1]), const([[0, 0]]), match="vector"),
    raises(SEGMENTS[0], f32(), const([0]), const([0]), match="rank 1"),
    raises(SEGMENTS[1], ints(3), const([0]), const([0])),
    raises(SEGMENTS[2], f32(3), const([0, 1]), const([0, 3]), num_segments=3, match="num_segments"),
    raises(SEGMENTS[2], f32(3), const([0]), const([0]), num_segments=-1),
    raises(SEGMENTS[2], f32(3), const([0]), const([0]), num_segments=const([3])),
    *[
        raises(
            "raw_ops.SparseSegmentSumGrad",
            indices=const(indices),
            segment_ids=const(ids),
            output_dim0=5,
            kwargs={"grad": f32(3, 2)},
        )
        for indices, ids in (([0, 9], [0, 1]), ([0, 1], [0, 7]), ([0], [0, 1]))
    ],
    # ---- empty rows ----
    case("sparse.fill_empty_rows", sparse(PLACES, f32(3), [5, 6]), 7.0, executors=HOST),
    case("sparse.fill_empty_rows", sparse(PLACES, strings(3), [5, 6]), "D", executors=HOST),
    case(
        "sparse.fill_empty_rows",
        sparse([[2, 1], [0, 3], [2, 0]], tensor([1, 2, 3]), [4, 6]),
        9,
        executors=HOST,
    ),
    case("sparse.fill_empty_rows", sparse([[1, 0, 4]], f64(1), [3, 6, 7]), 2, executors=HOST),
    case(
        "sparse.fill_empty_rows",
        sparse([[0, 1], [1, 3]], tensor([True, True], "bool"), [2, 6]),
        False,
        executors=HOST,
    ),
    *[
        case(
            "raw_ops.SparseFillEmptyRows",
            indices=tensor(indices, "int64"),
            values=f32(len(indices)),
            dense_shape=const(shape, "int64"),
            default_value=3.0,
            executors=HOST,
        )
        for indices, shape in ((PLACES, [3, 6]), (PLACES, [8, 6]), ([[0, 0], [1, 5]], [2, 6]))
    ],
    program("fill-empty-rows-gradient", spread, f32(3), f32(6), grad=True, executors=HOST),
    program("ragged-fill-gradient", ragged_spread, f32(3), f32(6), grad=True, executors=HOST),
    case("ragged_fill_empty_rows", const([0, 0, 2], "int64"), f32(3), 5, 9.0, executors=HOST),
    case("ragged_fill_empty_rows", const([2, 0, 2], "int64"), strings(3), 4, "z", executors=HOST),
    case("ragged_fill_empty_rows", const([0, 1, 1], "int64"), ints(3), 2, 9, executors=HOST),
    case("ragged_fill_empty_rows", const([], "int64"), f32(0), 2, 9.0, executors=HOST),
    *cases(
        ["ragged_fill_empty_rows_grad"],
        [const([2, 1], "int64"), T(4)],
        dtypes=(*FLOATS, "float16", *INTS),
        executors=HOST,
    ),
    case(
        "raw_ops.SparseFillEmptyRowsGrad",
        reverse_index_map=const([], "int64"),
        grad_values=f32(4),
        executors=HOST,
    ),
    raises("ragged_fill_empty_rows", const([0, 7], "int64"), f32(2), 5, 9.0, match="7 >= 5"),
    raises("ragged_fill_empty_rows", const([0], "int64"), f32(1), 0, 9.0),
    raises("ragged_fill_empty_rows", const([0], "int64"), f32(2), 2, 9.0),
    raises("ragged_fill_empty_rows", const([0], "int64"), f32(1), const([2], "int64"), 9.0),
    raises("ragged_fill_empty_rows", const([0], "int64"), f32(1), 2, const([9.0])),
    raises("ragged_fill_empty_rows", const([0], "int64"), f32(1), -2, 9.0),
    raises("ragged_fill_empty_rows", const([[0]], "int64"), f32(1), 2, 9.0),
    raises("ragged_fill_empty_rows_grad", const([2, 9], "int64"), f32(4), match="got 9"),
    raises("ragged_fill_empty_rows_grad", const([[2]], "int64"), f32(4)),
    raises("sparse.fill_empty_rows", f32(2), 1.0),
    *[
        raises(
            "raw_ops.SparseFillEmptyRows",
            indices=const(indices, "int64"),
            values=values,
            dense_shape=const(shape, "int64"),
            default_value=default,
        )
        for indices, values, shape, default in (
            ([[7, 0]], const([1.0]), [2, 6], 9.0),
            ([[-1, 0]], const([1.0]), [2, 6], 9.0),
            ([[0, 0]], const([1.0]), [0, 6], 9.0),
            ([[0, 0]], const([1.0]), [2, 6], [9.0]),
            ([[0, 0]], const([1.0, 2.0]), [2, 6], 9.0),
            ([0], const([1.0]), [2, 6], 9.0),
            ([[0, 0]], const([1.0]), [[2, 6]], 9.0),
        )
    ],
    # ---- softmax, indicators, sampled products ----
    *[
        case("sparse.softmax", sparse(ELEMENTS, T(5), [2, 2, 3]), executors=HOST)
        for T in (f32, f64)
    ],
    case(
        "sparse.softmax",
        sparse(ELEMENTS, tensor([1, 2, 3, 4, 5], "float16"), [2, 2, 3]),
        executors=HOST,
    ),
    case("sparse.softmax", sparse([[0, 0], [0, 2], [1, 1]], f32(3), [2, 3]), executors=HOST),
    program("sparse-softmax-gradient", soft, f32(5), f32(5), grad=True, executors=HOST),
    raises("sparse.softmax", sparse([[0], [2]], f32(2), [3]), match="rank >= 2"),
    raises("sparse.softmax", sparse([[0, 0]], ints(1), [1, 3])),
    case("sparse.to_indicator", sparse(ELEMENTS, tensor([0, 7, 3, 1, 3]), [2, 2, 3]), 8),
    case("sparse.to_indicator", sparse([[0, 1], [0, 0]], tensor([3, 3], "int64"), [1, 2]), 5),
    case("sparse.to_indicator", sparse([[0, 1], [0, 0]], tensor([3, 2], "uint8"), [3, 2]), 5),
    raises("sparse.to_indicator", sparse([[0, 0]], tensor([7]), [1, 1]), 5),
    raises("sparse.to_indicator", sparse([[0, 0]], tensor([-1]), [1, 1]), 5),
    raises("sparse.to_indicator", ints(2, 2), 5),
    case("sparse.sampled_addmm", tensor([[0, 1], [1, 0]]), f32(2), [2, 2], f32(2, 3), f32(3, 2)),
    case(
        "sparse.sampled_addmm",
        const([[0, 1], [1, 0], [1, 1]]),
        f32(3),
        [2, 2],
        f32(2, 3),
        f32(3, 2),
        beta=2.0,
        alpha=-3.0,
        grad=True,
    ),
    case(
        "sparse.sampled_addmm",
        const([[[0, 1]], [[1, 0]]], "int64"),
        f64(2, 1),
        [2, 4],
        f64(2, 2, 3),
        f64(2, 3, 4),
        output_type="float64",
    ),
    raises("sparse.sampled_addmm", const([[0, 1]]), f32(1), [7, 7], f32(2, 3), f32(3, 2)),
    raises("sparse.sampled_addmm", const([[0, 1]]), f32(1), [2, 2], f32(2, 3), f32(2, 2)),
    raises("sparse.sampled_addmm", const([[5, 1]]), f32(1), [2, 2], f32(2, 3), f32(3, 2)),
    raises("sparse.sampled_addmm", const([[0, 1]]), f64(1), [2, 2], f64(2, 3), f64(3, 2)),
    # ---- sets ----
    *cases(
        SETS,
        [DEEP, DEEPER],
        [DEEP, DEEP_SPARSE],
        [DEEP_SPARSE, DEEP],
        [DEEP_SPARSE, DEEP_SPARSE],
        [SPARSE_SETS, WIDER],
        [tensor([["b", "a"]]), tensor([["a", "c"]])],
        [ints(2, 0), ints(2, 3)],
        [ints(0, 2), ints(0, 3)],
        executors=HOST,
    ),
    *cases(
        SETS,
        [T(3, 4, low=0, high=6), T(3, 5, low=0, high=6)],
        dtypes=("int8", "int16", "int64", "uint8", "uint16"),
        executors=HOST,
    ),
    case(SETS[2], DEEP, DEEPER, aminusb=False, executors=HOST),
    case(SETS[2], DEEP_SPARSE, DEEP, aminusb=False, executors=HOST),
    *[
        raises(name, *given)
        for name in SETS
        for given in (
            (ints(2), ints(2)),
            (ints(1, 2), ints(2, 1)),
            (ints(1, 2), ints(1, 2, 1)),
            (ints(1, 2), SPARSE_SETS),
            (f32(1, 2), f32(1, 2)),
            (ints(1, 2), ints(1, 2, dtype="int64")),
            (SPARSE_SETS, sparse([[1, 0], [0, 0]], ints(2), [3, 2])),
            (SPARSE_SETS, sparse([[1, 0], [1, 0]], ints(2), [3, 2])),
            (SPARSE_SETS, sparse([[1, 0], [3, 0]], ints(2), [3, 2])),
        )
    ],
    raises("raw_ops.DenseToDenseSetOperation", set1=[[1]], set2=[[2]], set_operation="foo"),
    case("sets.size", SPARSE_SETS, executors=HOST),
    case("sets.size", DEEP_SPARSE, executors=HOST),
    case("sets.size", sparse([[0, 0], [0, 2], [2, 1]], tensor([1, 1, 5]), [4, 3]), executors=HOST),
    case(
        "sets.size",
        sparse([[0, 0], [0, 2], [2, 1]], tensor(["a", "a", "b"]), [4, 3]),
        executors=HOST,
    ),
    case(
        "sets.size",
        sparse([[0, 0], [1, 0], [1, 1]], tensor([1, 2, 5]), [3, 2]),
        validate_indices=False,
        executors=HOST,
    ),
    raises("sets.size", sparse([[0], [1]], ints(2), [3])),
    raises("sets.size", sparse([[0, 0]], f32(1), [3, 1])),
    raises("sets.size", ints(2, 2)),
    raises("sets.size", sparse([[1, 0], [0, 0]], ints(2), [3, 2])),
    raises("sets.size", sparse([[7, 0]], ints(1), [3, 1])),
]
