"""Running sums, products and log-sum-exps."""

from tests.oracle.spec import (
    FLOATS,
    HALVES,
    INTS,
    T,
    case,
    cases,
    complex64,
    const,
    f32,
    positive,
    program,
    raises,
    tensor,
)

SUMS = ["math.cumsum", "math.cumprod"]
SCANS = [*SUMS, "math.cumulative_logsumexp"]
INF = float("inf")
WAYS = [{"exclusive": e, "reverse": r} for e in (False, True) for r in (False, True)]

CASES = [
    *cases(SUMS, [T(2, 3)], dtypes=(*HALVES, *FLOATS, *INTS, "int8", "uint8", "complex64")),
    *cases("math.cumulative_logsumexp", [T(2, 3)], dtypes=("float16", *FLOATS)),
    *[
        made
        for way in WAYS
        for made in cases(SCANS, [T(2, 3)], axis=1, dtypes=FLOATS, grad=True, grad2=True, **way)
    ],
    *cases(SCANS, [T(2, 3, 2)], axis=-2, grad=True),
    *cases(SCANS, [T(0, 2)], [T(1, 2)]),
    *cases(SUMS, [T(3), const(0, "int64")]),
    case("math.cumsum", complex64(3), grad=True),
    case("math.cumprod", tensor([1.0, 0.0, 2.0]), grad=True),
    case("math.cumulative_logsumexp", tensor([-INF, -INF, 1.0, INF, 2.0])),
    case("math.cumulative_logsumexp", positive(5), grad=True, exclusive=True),
    program("cumsum-dynamic", lambda tf, x: tf.cumsum(x, tf.rank(x) - 1), f32(2, 3)),
    raises("math.cumsum", f32(2), 1, match=r"range \[-1, 1\)"),
    raises("math.cumprod", 1.0, label="scalar"),
]
