"""Reductions over segments, and counting integers."""

from tests.oracle.spec import (
    FLOATS,
    INTS,
    T,
    case,
    cases,
    const,
    distinct,
    f32,
    ints,
    program,
    raises,
    tensor,
)

SORTED = [f"math.segment_{name}" for name in ("sum", "mean", "prod", "max", "min")]
UNSORTED = [f"math.unsorted_segment_{name}" for name in ("sum", "mean", "prod", "max", "min")]
HOST = ("eager", "host")  # the number of bins depends on the data
IDS = const([0, 0, 2, 3])
MIXED = const([2, 0, 2, 0])

CASES = [
    *cases(SORTED, [distinct(4, 2, dtype=None), IDS], dtypes=(*FLOATS, *INTS, "float16", "int8")),
    *cases(
        SORTED,
        [distinct(4, 2), IDS],
        [distinct(4), const([1, 1, 1, 4], "int64")],
        grad=True,
        grad2=True,
    ),
    *cases(SORTED, [tensor([2.0, 2.0, 1.0]), const([0, 0, 1])], grad=True, label="tie"),
    *cases(SORTED, [T(0, 2), const([], "int32")]),
    case("math.segment_prod", tensor([0.0, 2.0, 0.0, 0.0, 3.0]), const([0, 0, 1, 1, 1]), grad=True),
    case("math.segment_sum", f32(4, 2), tensor([0, 0, 2, 3]), grad=True, executors=HOST),
    *cases(
        [*UNSORTED[:1], *UNSORTED[2:]],
        [distinct(4, 2, dtype=None), MIXED, 4],
        dtypes=(*FLOATS, *INTS),
    ),
    *cases(
        [*UNSORTED, "math.unsorted_segment_sqrt_n"],
        [distinct(4, 2), MIXED, 3],
        grad=True,
        grad2=True,
    ),
    *cases(
        [*UNSORTED, "math.unsorted_segment_sqrt_n"],
        [distinct(4, 2), const([1, -1, 1, 0]), 3],
        grad=True,
    ),
    *cases(UNSORTED, [distinct(2, 2, 3), const([[0, 1], [1, 1]]), 2], grad=True),
    *cases(UNSORTED, [distinct(4, 2), tensor([2, 0, 2, 0]), 3], grad=True, label="fed"),
    *cases(["math.unsorted_segment_max", "math.unsorted_segment_min"], [T(2), const([0, 0]), 3]),
    case("math.unsorted_segment_max", tensor([2.0, 2.0, 1.0]), const([0, 0, 1]), 2, grad=True),
    case(
        "math.unsorted_segment_prod",
        tensor([0.0, 2.0, 0.0, 3.0]),
        const([0, 0, 1, 1]),
        2,
        grad=True,
    ),
    case("math.unsorted_segment_mean", tensor([2, 3, 5]), const([0, 0, 1]), 2),
    case("math.unsorted_segment_sum", f32(2), const([-1, -1]), 0),
    raises("math.segment_sum", f32(3), const([1, 0, 2]), match="not increasing"),
    raises("math.segment_sum", f32(3), const([-1, 0, 2]), match="out of range"),
    raises("math.segment_sum", f32(3), const([0, 1]), match="same size"),
    raises("math.segment_sum", f32(1, 2), const([[0, 1]]), match="vector"),
    raises("math.unsorted_segment_sum", f32(3), const([0, 1, 5]), 3, match=r"segment_ids\[2\] = 5"),
    raises("math.unsorted_segment_sum", f32(3), const([0, 1]), 3, match="does not start with"),
    raises("math.unsorted_segment_sum", f32(3), const([0, 1, 1]), -1, match="negative"),
    # ---- counting ----
    case("math.bincount", tensor([1, 1, 3]), executors=HOST),
    case("math.bincount", tensor([1, 1, 3]), minlength=6, executors=HOST),
    case("math.bincount", tensor([1, 1, 3]), maxlength=2, executors=HOST),
    case(
        "math.bincount", tensor([1, 1, 3]), minlength=2, maxlength=10, dtype="int64", executors=HOST
    ),
    case("math.bincount", tensor([1, 1, 3]), weights=f32(3), executors=HOST),
    case("math.bincount", tensor([1, 1, 3]), binary_output=True, executors=HOST),
    case("math.bincount", tensor([[1, 1], [3, 0]]), executors=HOST),
    case("math.bincount", tensor([[1, 1], [3, 0]]), axis=0, executors=HOST),
    case("math.bincount", tensor([[1, 1], [3, 0]]), axis=-1, executors=HOST),
    case(
        "math.bincount", tensor([[1, 1], [3, 0]]), axis=-1, minlength=1, maxlength=2, executors=HOST
    ),
    case("math.bincount", tensor([[1, 1], [3, 0]]), axis=-1, binary_output=True, executors=HOST),
    case("math.bincount", tensor([[1, 1], [3, 0]]), axis=-1, weights=f32(2, 2), executors=HOST),
    case("math.bincount", tensor([1, 1, 3], "int64"), dtype="float32", executors=HOST),
    case("math.bincount", ints(0), executors=HOST),
    case("math.bincount", ints(0), minlength=3, executors=HOST),
    case("raw_ops.Bincount", arr=tensor([1, 1, 5]), size=3, weights=const([], "float32")),
    case(
        "raw_ops.DenseBincount", input=tensor([[1, 1], [0, 5]]), size=3, weights=const([], "int64")
    ),
    program(
        "bincount-fixed",
        lambda tf, x: tf.math.bincount(x, minlength=4, maxlength=4),
        ints(9, low=0),
    ),
    raises("math.bincount", tensor([-1, 1]), match="non-negative"),
    raises("math.bincount", tensor([1, 1]), weights=f32(2), binary_output=True, match="exclusive"),
    raises("math.bincount", tensor([[1]]), axis=1, match="axis=1"),
    raises(
        "raw_ops.DenseBincount",
        input=tensor([2]),
        size=const(3),
        weights=const([1, 2], "int64"),
        match="same shape",
    ),
]
