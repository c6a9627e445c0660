"""Bessel, incomplete gamma and beta functions, integrals; polynomials, order, confusion."""

from tests.oracle.spec import (
    FLOATS,
    T,
    case,
    cases,
    const,
    f32,
    ints,
    positive,
    raises,
    tensor,
)

ANYWHERE = [
    "math.special." + name
    for name in (
        "bessel_i0", "bessel_i0e", "bessel_i1", "bessel_i1e", "bessel_j0", "bessel_j1", "dawsn",
        "fresnel_cos", "fresnel_sin",
    )
]  # fmt: skip
POSITIVE = [
    "math.special." + name
    for name in (
        "bessel_k0", "bessel_k0e", "bessel_k1", "bessel_k1e", "bessel_y0", "bessel_y1", "expint",
        "spence",
    )
]  # fmt: skip
CLOSE = {"rtol": 1e-4, "atol": 1e-5}
HOST = ("eager", "host")

CASES = [
    *cases(ANYWHERE, [T(2, 4, low=-5, high=5)], dtypes=FLOATS, grad=True, **CLOSE),
    # TensorFlow takes the slope of I1 at 0, which is 1/2, for 1.
    *cases([n for n in ANYWHERE if n[-2:] != "i1"], [tensor([0.0])], grad=True, **CLOSE),
    *cases(POSITIVE, [positive(2, 4, dtype=None)], dtypes=FLOATS, grad=True, **CLOSE),
    *cases(POSITIVE[:-1], [tensor([-1.0])]),
    *cases(["math.bessel_i0", "math.bessel_i1e"], [T(3)]),
    *cases(ANYWHERE[:4], [T(3)], dtypes=("float16",)),
    *cases(
        ["math.igamma", "math.igammac"],
        [positive(2, 3, dtype=None), positive(3, dtype=None)],
        dtypes=FLOATS,
        grad=True,
        **CLOSE,
    ),
    case("math.igamma", tensor([0.0, -1.0, 1.0]), tensor([1.0, 1.0, 0.0])),
    case("math.betainc", positive(4), positive(4), f32(4, low=0.1, high=0.9), grad=(2,), **CLOSE),
    case("math.betainc", const(1.5), const(2.0), tensor([0.1, 0.5, -0.1, 1.5]), **CLOSE),
    raises("math.betainc", positive(2), positive(3), const(0.5), match="inconsistent"),
    *cases("math.lbeta", [positive(2, 3, dtype=None)], dtypes=FLOATS, grad=True, **CLOSE),
    case("math.lbeta", f32(2, 0)),
    # ---- polynomials, order ----
    case("math.polyval", [f32(), f32(3), f32()], f32(2, 3), grad=True),
    case("math.polyval", [2.0, 3.0], f32(3), grad=True),
    case("math.polyval", [], f32(2)),
    raises("math.polyval", (1.0, 2.0), f32(2), match="must be list"),
    *cases(
        ["math.is_non_decreasing", "math.is_strictly_increasing"],
        [tensor([1, 1, 2])],
        [tensor([1, 2, 3])],
        [tensor([[1, 2], [2, 1]])],
        [f32(0)],
        [f32(1)],
    ),
    # ---- confusion ----
    case("math.confusion_matrix", tensor([0, 1, 1]), tensor([0, 1, 0]), executors=HOST),
    case("math.confusion_matrix", tensor([0, 1, 1]), tensor([0, 1, 2]), num_classes=4),
    case(
        "math.confusion_matrix",
        tensor([0, 1]),
        tensor([[0], [1]]),
        num_classes=2,
        weights=f32(2),
        dtype="float32",
    ),
    raises("math.confusion_matrix", tensor([0, 5]), tensor([0, 1]), 3, match="out of bound"),
    raises("math.confusion_matrix", tensor([-1]), tensor([0]), match="negative"),
    raises("math.confusion_matrix", ints(2, low=0), ints(3, low=0)),
]
