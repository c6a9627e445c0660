"""Reductions along axes, positions of extrema, running sums."""

from tests.oracle.spec import (
    FLOATS,
    HALVES,
    INTS,
    SMALL_INTS,
    T,
    bools,
    case,
    cases,
    complex64,
    const,
    distinct,
    f32,
    f64,
    ints,
    positive,
    program,
    raises,
    tensor,
    values,
)

NAN, INF = float("nan"), float("inf")
SUMS = ["math.reduce_sum", "math.reduce_mean", "math.reduce_prod"]
EXTREMA = ["math.reduce_max", "math.reduce_min"]
LOGIC = ["math.reduce_all", "math.reduce_any"]
SPREAD = ["math.reduce_std", "math.reduce_variance"]
NUMBERS = (*HALVES, *FLOATS, *INTS, *SMALL_INTS)
AXES = (None, 0, 1, -1, [0, 2], [], const([1, 2], "int64"))

CASES = [
    *cases([*SUMS, *EXTREMA], [T(2, 3)], dtypes=NUMBERS),
    *cases(SUMS, [T(2, 3)], dtypes=("complex64",), grad=True),
    *[
        c
        for a in AXES
        for c in cases([*SUMS, *EXTREMA], [distinct(2, 3, 4, dtype=None)], axis=a, grad=True)
    ],
    *cases([*SUMS, *EXTREMA], [distinct(2, 3, dtype=None)], axis=1, keepdims=True, grad=True),
    *cases(
        ["math.reduce_sum", "math.reduce_mean"],
        [T(2, 3)],
        dtypes=["float64"],
        axis=0,
        grad=True,
        grad2=True,
    ),
    *cases(
        ["math.reduce_prod", *EXTREMA],
        [distinct(2, 3, dtype="float64")],
        axis=0,
        grad=True,
        grad2=True,
    ),
    *cases([*SUMS, *EXTREMA], [T(0, 3)], axis=0),
    *cases([*SUMS, *EXTREMA], [T()]),
    *cases(["math.reduce_sum", *EXTREMA], [tensor([[1.0, NAN], [INF, 2.0]])], axis=1),
    *cases(EXTREMA, [tensor([2.0, 5.0, 5.0, 2.0])], grad=True),
    case(
        "math.reduce_prod",
        tensor([[2.0, 0.0, 3.0], [0.0, 0.0, 4.0], [1.0, 2.0, 3.0]]),
        axis=1,
        grad=True,
    ),
    case("math.reduce_mean", ints(2, 3), axis=1),
    case("math.reduce_sum", ints(2, 3, dtype="int8", low=100, high=120)),
    *cases(LOGIC, [bools(2, 3)]),
    *[c for a in (0, -1, [0, 1]) for c in cases(LOGIC, [bools(2, 3)], axis=a)],
    *cases(LOGIC, [bools(2, 3)], axis=1, keepdims=True),
    *cases(["math.reduce_euclidean_norm"], [T(2, 3)], dtypes=FLOATS, axis=1, grad=True),
    *cases(SPREAD, [T(2, 3)], dtypes=FLOATS, axis=1, grad=True),
    *cases(SPREAD, [f32(3, 4)], grad=True),
    *cases(SPREAD, [f32(3, 4)], axis=0, keepdims=True),
    case("math.reduce_variance", complex64(3)),
    case("math.reduce_logsumexp", f32(2, 3), axis=1, grad=True, grad2=True),
    case("math.reduce_logsumexp", tensor([[1e3, 1e3], [-INF, -INF]]), axis=1),
    case("math.reduce_logsumexp", f32(2, 3), axis=[0, 1], keepdims=True),
    case("math.count_nonzero", tensor([[0, 1, 2], [0, 0, 3]]), axis=1),
    case("math.count_nonzero", tensor([0.0, 1.0, 0.0]), dtype="int32"),
    case("math.zero_fraction", tensor([0.0, 1.0, 0.0, 2.0])),
    *cases(
        ["math.argmax", "math.argmin"],
        [distinct(2, 3, 4, dtype=None)],
        dtypes=(*HALVES, *FLOATS, "int32", "uint8"),
    ),
    *[
        c
        for a in (0, 1, -1)
        for c in cases(["math.argmax", "math.argmin"], [distinct(2, 3, 4)], axis=a)
    ],
    *cases(
        ["math.argmax", "math.argmin"],
        [tensor([[3, 1, 3], [1, 1, 2]])],
        axis=1,
        output_type="int32",
    ),
    *cases(["math.argmax", "math.argmin"], [tensor([1.0, NAN, 3.0])]),
    case("math.argmax", bools(2, 3), axis=1),
    *cases(
        ["math.cumsum", "math.cumprod"],
        [T(2, 3)],
        dtypes=("float16", *FLOATS, "int32", "complex64"),
    ),
    *[
        c
        for exclusive in (False, True)
        for reverse in (False, True)
        for c in cases(
            ["math.cumsum", "math.cumprod"],
            [positive(2, 4, dtype=None)],
            axis=1,
            exclusive=exclusive,
            reverse=reverse,
            grad=True,
        )
    ],
    case("math.cumsum", f64(2, 3), axis=-1, grad=True, grad2=True),
    case("math.cumulative_logsumexp", f32(2, 4), axis=1, grad=True, rtol=1e-4),
    case("math.cumulative_logsumexp", f32(2, 4), axis=1, exclusive=True, reverse=True, rtol=1e-4),
    *cases(
        [
            "math.segment_sum",
            "math.segment_mean",
            "math.segment_max",
            "math.segment_min",
            "math.segment_prod",
        ],
        [distinct(5, 2, dtype=None), tensor([0, 0, 1, 3, 3])],
        dtypes=("float32", "int32"),
    ),
    *cases(
        ["math.segment_sum", "math.segment_mean", "math.segment_max", "math.segment_min"],
        [distinct(5, 2), tensor([0, 0, 1, 2, 2])],
        grad=True,
        label="grad",
    ),
    *cases(
        [f"math.unsorted_segment_{n}" for n in ("sum", "mean", "max", "min", "prod", "sqrt_n")],
        [distinct(5, 2, low=0.5, high=3), tensor([2, 0, 3, 0, 2]), 4],
        grad=True,
    ),
    case("math.unsorted_segment_sum", f32(4), tensor([0, -1, 1, 0]), 2, grad=True),
    case("math.bincount", tensor([1, 2, 2, 5, 0])),
    case("math.bincount", tensor([1, 2, 2, 5, 0]), minlength=8, maxlength=10),
    case("math.bincount", tensor([1, 2, 2]), weights=tensor([0.5, 1.0, 2.0])),
    case("math.bincount", tensor([[1, 2], [0, 2]]), axis=-1),
    case("add_n", [f32(2, 3), f32(2, 3), f32(2, 3)], grad=True, grad2=False),
    case("add_n", [ints(3)]),
    case("math.accumulate_n", [f32(2), f32(2)], grad=True),
    case("clip_by_value", f32(5, low=-3, high=3), -1.0, 1.0, grad=True),
    case("clip_by_value", ints(5), -2, 2),
    case("clip_by_value", f32(2, 3), f32(3, low=-1, high=0), 0.5, grad=True),
    case("clip_by_norm", f32(2, 3), 0.5, grad=True),
    case("clip_by_norm", f32(2, 3), 0.5, axes=[1]),
    case("clip_by_global_norm", [f32(3), f32(2, 2)], 0.7, grad=True),
    case("linalg.global_norm", [f32(3), f32(2, 2)], grad=True),
    program(
        "sum-of-squares",
        lambda tf, x: tf.reduce_sum(x * x) / tf.reduce_max(x),
        distinct(2, 3),
        grad=True,
    ),
    raises("math.reduce_sum", f32(2, 3), axis=2),
    raises("math.reduce_max", f32(2, 3), axis=[0, -3]),
    raises("math.reduce_all", f32(2)),
    raises("math.argmax", f32(2, 3), axis=2),
    raises("add_n", [f32(2), f32(3)]),
    raises("math.cumsum", values(2, dtype="float32"), axis=1),
]
