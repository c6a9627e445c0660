"""Elementwise mathematics, reductions, sorting, segments and matrices."""

from tests.random_calls.draw import (
    COMPLEX,
    FLOATS,
    INDICES,
    INTS,
    NUMBERS,
    REALS,
    WIDE,
    Call,
    Draw,
    Maker,
    Table,
    call,
)


def _unary(dtypes: tuple[str, ...], low: float | None = None, high: float | None = None) -> Maker:
    return lambda d: call(d.x(dtypes, low=low, high=high))


def _binary(dtypes: tuple[str, ...], low: float | None = None, high: float | None = None) -> Maker:
    return lambda d: call(*d.pair(dtypes, low=low, high=high))


def _reduction(dtypes: tuple[str, ...]) -> Maker:
    def make(d: Draw) -> Call:
        x = d.x(dtypes)
        return call(x, **d.maybe(axis=d.axes(len(x.shape)), keepdims=d.flag()))

    return make


def _cumulative(dtypes: tuple[str, ...]) -> Maker:
    def make(d: Draw) -> Call:
        x = d.x(dtypes, d.shape(1, 3))
        axis = d.axis(len(x.shape))
        return call(x, **d.maybe(axis=axis, exclusive=d.flag(), reverse=d.flag()))

    return make


def _arg_reduction(d: Draw) -> Call:
    x = d.x((*REALS, "bool"), d.shape(0, 3))
    options = d.maybe(axis=d.axis(len(x.shape)), output_type=d.pick("int32", "int64", "uint16"))
    return call(x, **options)


def _segment(dtypes: tuple[str, ...]) -> Maker:
    def make(d: Draw) -> Call:
        x = d.x(dtypes, d.shape(1, 3))
        count = x.shape[0]
        ids = sorted(d.int(0, 3) for _ in range(count))
        if d.chance(0.08):
            ids = ids[::-1]
        return call(x, d.pick(ids, ids, d.index((count,), 1)))

    return make


def _unsorted_segment(dtypes: tuple[str, ...]) -> Maker:
    def make(d: Draw) -> Call:
        x = d.x(dtypes, d.shape(1, 3))
        ids = d.x(INDICES, x.shape[: d.int(1, len(x.shape))], low=-1, high=4)
        return call(x, ids, d.int(4, 5) if d.chance(0.9) else d.int(0, 3))

    return make


def _sparse_segment(d: Draw) -> Call:
    x = d.x(FLOATS, (d.int(1, 4), *d.shape(0, 2)))
    count = d.int(0, 4)
    ids = sorted(d.int(0, 3) for _ in range(count))
    return call(
        x, d.index((count,), x.shape[0]), ids or [0] * 0, **d.maybe(num_segments=d.int(2, 5))
    )


def _bincount(d: Draw) -> Call:
    arr = d.x(INDICES, d.shape(0, 2), low=0, high=5)
    options = d.maybe(minlength=d.int(0, 4), maxlength=d.int(1, 7))
    if d.flag():
        options["weights"] = d.x(("float32", "int32", "float64"), arr.shape)
    if d.chance(0.5):
        options["axis"] = d.pick(0, -1, None)
    if d.chance(0.2):
        options["binary_output"] = True
    return call(arr, **options)


def _top_k(d: Draw) -> Call:
    x = d.x(REALS, d.shape(1, 3))
    return call(x, **d.maybe(k=d.int(0, 3), sorted=True, index_type=d.pick("int32", "int16")))


def _sorting(d: Draw) -> Call:
    x = d.x(REALS, d.shape(0, 3))
    options = d.maybe(axis=d.axis(len(x.shape)), direction=d.pick("ASCENDING", "DESCENDING"))
    return call(x, **options)


def _searchsorted(d: Draw) -> Call:
    lead = d.shape(0, 2)
    dtype = d.pick("float32", "int32", "float64", "int64", "int16", "float16")
    edges = sorted(float(d.int(-5, 9)) for _ in range(d.int(0, 4)))
    if lead:
        sequence = d.x(dtype, (*lead, d.int(1, 3)))
    else:
        from tests.oracle.spec import tensor

        sequence = tensor(edges, dtype)
    values = d.x(dtype, (*lead, d.int(0, 3)))
    return call(
        sequence, values, **d.maybe(side=d.pick("left", "right"), out_type=d.pick(*INDICES))
    )


def _matmul(d: Draw) -> Call:
    rows, inner, columns = d.size(), d.size(), d.size()
    lead = d.shape(0, 2)
    dtype = d.pick(*FLOATS, *COMPLEX, "int32", "int64", "int8", "uint8")
    first, second = d.flag(), d.flag()
    a = (inner, rows) if first else (rows, inner)
    b = (columns, inner) if second else (inner, columns)
    name = d.pick("transpose", "transpose", "adjoint")
    options = {}
    if first:
        options[f"{name}_a"] = True
    if second:
        options[f"{name}_b"] = True
    other = lead if d.flag() else lead[1:]
    return call(d.x(dtype, (*lead, *a)), d.x(dtype, (*other, *b)), **options)


def _tensordot(d: Draw) -> Call:
    k, m = d.int(0, 3), d.int(1, 3)
    dtype = d.pick(*FLOATS, "int32", "complex64")
    axes, a, b = d.pick(
        (1, (2, k), (k, 3)),
        (2, (2, k, m), (k, m)),
        (0, (k,), (m,)),
        ([[1], [0]], (2, k), (k, 3)),
        ([[0, 2], [1, 0]], (k, 2, m), (m, k)),
        ([-1, -1], (2, k), (m, k)),
        ([1, 1], (m, k), (2, k)),
    )
    return call(d.x(dtype, a), d.x(dtype, b), axes)


def _einsum(d: Draw) -> Call:
    i, j, k = d.size(), d.size(), d.size()
    equation, shapes = d.pick(
        ("ij,jk->ik", [(i, j), (j, k)]),
        ("ij->ji", [(i, j)]),
        ("ii->i", [(i, i)]),
        ("ij->", [(i, j)]),
        ("i,j->ij", [(i,), (j,)]),
        ("bij,bjk->bik", [(2, i, j), (2, j, k)]),
        ("...ij,...j->...i", [(2, i, j), (2, j)]),
        ("ij,ij->i", [(i, j), (i, j)]),
        ("ij,jk", [(i, j), (j, k)]),
        ("i j, j -> i", [(i, j), (j,)]),
        ("ij,jk,k->i", [(i, j), (j, k), (k,)]),
        ("ij,kl->ik", [(i, j), (k, 2)]),
        ("ij->iji", [(i, j)]),
        ("ij,jk->iz", [(i, j), (j, k)]),
    )
    dtype = d.pick(*WIDE, "float16", "complex64", "int32")
    return call(equation, *[d.x(dtype, shape) for shape in shapes])


def _square_matrix(d: Draw, dtypes: tuple[str, ...] = WIDE) -> Call:
    n = d.int(0, 3)
    return call(d.x(dtypes, (*d.shape(0, 1), n, n), low=-2, high=2))


def _solve(d: Draw) -> Call:
    n, lead = d.int(1, 3), d.shape(0, 1)
    dtype = d.pick(*WIDE, "complex64")
    return call(
        d.x(dtype, (*lead, n, n), low=-2, high=2), d.x(dtype, (*lead, n, d.int(1, 2))),
        **d.maybe(adjoint=d.flag()),
    )  # fmt: skip


def _norm(d: Draw) -> Call:
    x = d.x((*WIDE, "complex64"))
    order = d.pick("euclidean", 1, 2, float("inf"), "fro", 3, 0.5)
    return call(x, **d.maybe(ord=order, axis=d.axes(len(x.shape)), keepdims=d.flag()))


def _diagonal(d: Draw) -> Call:
    return call(d.x(NUMBERS, d.shape(1, 3)), **d.maybe(k=d.int(-2, 2)))


def _diagonal_part(d: Draw) -> Call:
    return call(d.x(NUMBERS, d.shape(2, 3)), **d.maybe(k=d.int(-1, 1)))


def _set_diagonal(d: Draw) -> Call:
    dtype = d.pick(*NUMBERS)
    shape = d.shape(2, 3)
    return call(d.x(dtype, shape), d.x(dtype, (*shape[:-2], min(shape[-2:]))))


def _confusion(d: Draw) -> Call:
    count = d.int(0, 5)
    options = d.maybe(num_classes=d.int(3, 5), dtype=d.pick("int32", "float32", "int64"))
    if d.chance(0.3):
        options["weights"] = d.x("float32", (count,))
    return call(d.index((count,), 4), d.index((count,), 4), **options)


def _in_top_k(d: Draw) -> Call:
    batch, classes = d.int(0, 3), d.int(1, 4)
    return call(
        d.index((batch,), classes), d.x("float32", (batch, classes), kind="distinct"), d.int(1, 3)
    )


def _clip(d: Draw) -> Call:
    dtype = d.pick(*REALS)
    x = d.x(dtype)
    limits = d.pick((0, 1), (-0.5, 0.5), (d.x(dtype, ()), d.x(dtype, ())), (1, 0))
    return call(x, *limits)


def _clip_by_norm(d: Draw) -> Call:
    x = d.x(FLOATS)
    return call(x, d.pick(1.0, 0.5, 0, 3), **d.maybe(axes=d.axes(len(x.shape))))


def _histogram(d: Draw) -> Call:
    dtype = d.pick("float32", "float64", "int32", "int64")
    return call(d.x(dtype), d.pick([0, 5], [-1.0, 1.0], [2, 1]), **d.maybe(nbins=d.int(1, 5)))


def _linspace(d: Draw) -> Call:
    dtype = d.pick("float32", "float64", "bfloat16", "int32")
    shape = d.shape(0, 2)
    options = d.maybe(axis=d.axis(len(shape) + 1))
    return call(d.x(dtype, shape), d.x(dtype, shape), d.int(0, 5), **options)


def _range(d: Draw) -> Call:
    number = d.pick(lambda: d.int(-3, 8), lambda: d.int(-3, 8) / 2)
    parts = [number() for _ in range(d.int(1, 3))]
    return call(*parts, **d.maybe(dtype=d.pick("int32", "int64", "float32", "float16", "bfloat16")))


SMOOTH = "abs acos asin atan cos cosh sin sinh tan tanh exp expm1 sigmoid square softplus softsign"
ANY_FLOAT = "erf erfc ceil floor rint is_nan is_inf is_finite bessel_i0e bessel_i1e log_sigmoid"
POSITIVE = "log log1p sqrt rsqrt lgamma digamma acosh"
SPECIAL = "bessel_i0 bessel_i1 special.bessel_j0 special.bessel_k0 special.dawsn special.expint"
SPECIAL += " special.fresnel_cos special.spence erfinv ndtri erfcinv"
OF_NUMBERS = "negative sign reciprocal conj real imag angle round reciprocal_no_nan zero_fraction"
LOGICAL = ("bool",)
COMPARABLE = (*REALS, *COMPLEX, "bool", "string")

TABLE: Table = {
    **{f"math.{n}": _unary((*FLOATS, *FLOATS, *COMPLEX, "int32")) for n in SMOOTH.split()},
    **{f"math.{n}": _unary((*FLOATS, "int32")) for n in ANY_FLOAT.split()},
    **{f"math.{n}": _unary((*FLOATS, *COMPLEX), 0.1, 3) for n in POSITIVE.split()},
    **{f"math.{n}": _unary(WIDE, 0.1, 0.9) for n in SPECIAL.split()},
    **{f"math.{n}": _unary(NUMBERS) for n in OF_NUMBERS.split()},
    "math.atanh": _unary((*FLOATS, *COMPLEX), -0.9, 0.9),
    "math.asinh": _unary((*FLOATS, *COMPLEX)),
    "math.logical_not": _unary(LOGICAL),
    "math.is_non_decreasing": _unary(REALS),
    "math.is_strictly_increasing": _unary(REALS),
    "math.lbeta": _unary(WIDE, 0.1, 3),
    "math.l2_normalize": lambda d: call(d.x(FLOATS), **d.maybe(axis=d.axes(2))),
    **{f"math.{n}": _binary(NUMBERS) for n in ["add", "subtract", "multiply", "divide"]},
    **{f"math.{n}": _binary((*NUMBERS, "bool")) for n in ["truediv", "squared_difference"]},
    "math.divide_no_nan": _binary((*FLOATS, *COMPLEX, "int32")),
    "math.multiply_no_nan": _binary((*FLOATS, *COMPLEX)),
    **{
        f"math.{n}": _binary(REALS)
        for n in ["maximum", "minimum", "greater", "greater_equal", "less", "less_equal"]
    },
    **{f"math.{n}": _binary(REALS, 1, 9) for n in ["floordiv", "floormod", "mod"]},
    "math.floordiv ": _binary(REALS),
    "math.floormod ": _binary(REALS),
    "truncatediv": _binary(REALS, 1, 9),
    "truncatemod": _binary(REALS, 1, 9),
    "realdiv": _binary(FLOATS),
    "math.equal": _binary(COMPARABLE),
    "math.not_equal": _binary(COMPARABLE),
    "math.pow": _binary(NUMBERS, 0.1, 3),
    "math.pow ": _binary(NUMBERS),
    "math.atan2": _binary(FLOATS),
    "math.xdivy": _binary((*FLOATS, *COMPLEX)),
    "math.xlogy": _binary((*FLOATS, *COMPLEX), 0.1, 3),
    "math.xlog1py": _binary((*FLOATS, *COMPLEX), 0.1, 3),
    "math.igamma": _binary(WIDE, 0.1, 3),
    "math.igammac": _binary(WIDE, 0.1, 3),
    "math.zeta": _binary(WIDE, 1.1, 3),
    "math.polygamma": lambda d: call(float(d.int(0, 3)), d.x("float32", low=0.2, high=3)),
    "math.nextafter": _binary(WIDE),
    "math.betainc": lambda d: call(
        *[d.x("float32", s, low=0.1, high=0.9) for s in d.pick([(2,)] * 3, [(), (3,), ()])]
    ),
    **{f"math.logical_{n}": _binary(LOGICAL) for n in ("and", "or", "xor")},
    **{f"bitwise.bitwise_{n}": _binary(INTS) for n in ("and", "or", "xor")},
    "bitwise.invert": _unary(INTS),
    "bitwise.left_shift": _binary(INTS, 0, 7),
    "bitwise.right_shift": _binary(INTS, 0, 7),
    "math.scalar_mul": lambda d: call(d.pick(2, 0.5, d.x("float32", ())), d.x(NUMBERS)),
    "math.polyval": lambda d: call([d.x("float32", (2,)) for _ in range(d.int(0, 3))], 2.0),
    "math.add_n": lambda d: call([d.x("float32", (2, 3)) for _ in range(d.int(0, 3))]),
    "math.accumulate_n": lambda d: call([d.x("float32", (2,)) for _ in range(d.int(0, 3))]),
    "complex": _binary(WIDE),
    **{f"math.reduce_{n}": _reduction(NUMBERS) for n in ["sum", "prod", "mean"]},
    **{f"math.reduce_{n}": _reduction(REALS) for n in ["max", "min"]},
    **{
        f"math.reduce_{n}": _reduction((*FLOATS, *FLOATS, "complex64", "int32"))
        for n in ["logsumexp", "euclidean_norm", "variance", "std"]
    },
    **{f"math.reduce_{n}": _reduction(LOGICAL) for n in ("all", "any")},
    "math.count_nonzero": _reduction((*REALS, "bool", "string")),
    "math.argmax": _arg_reduction,
    "math.argmin": _arg_reduction,
    "math.cumsum": _cumulative(NUMBERS),
    "math.cumprod": _cumulative(NUMBERS),
    "math.cumulative_logsumexp": _cumulative(FLOATS),
    **{f"math.segment_{n}": _segment(REALS) for n in ["sum", "max", "min", "mean", "prod"]},
    **{
        f"math.unsorted_segment_{n}": _unsorted_segment(REALS)
        for n in ["sum", "max", "min", "prod", "mean", "sqrt_n"]
    },
    **{f"sparse.segment_{n}": _sparse_segment for n in ["sum", "mean", "sqrt_n"]},
    "math.bincount": _bincount,
    "math.confusion_matrix": _confusion,
    "math.in_top_k": _in_top_k,
    "math.invert_permutation": lambda d: call(d.pick([1, 0, 2], [0], [2, 2, 0], [[0]], [5])),
    "math.top_k": _top_k,
    "math.sobol_sample": lambda d: call(d.int(1, 3), d.int(1, 4), **d.maybe(skip=d.int(0, 2))),
    "sort": _sorting,
    "argsort": _sorting,
    "searchsorted": _searchsorted,
    "clip_by_value": _clip,
    "clip_by_norm": _clip_by_norm,
    "clip_by_global_norm": lambda d: call([d.x("float32") for _ in range(d.int(0, 2))], 1.0),
    "histogram_fixed_width": _histogram,
    "histogram_fixed_width_bins": _histogram,
    "linspace": _linspace,
    "range": _range,
    "linalg.matmul": _matmul,
    "tensordot": _tensordot,
    "einsum": _einsum,
    "linalg.matvec": lambda d: call(d.x("float32", (2, 3)), d.x("float32", (3,))),
    "linalg.det": _square_matrix,
    "linalg.inv": _square_matrix,
    "linalg.slogdet": _square_matrix,
    "linalg.expm": _square_matrix,
    "linalg.trace": lambda d: _square_matrix(d, NUMBERS),
    "linalg.adjoint": lambda d: call(d.x(NUMBERS, d.shape(2, 3))),
    "linalg.matrix_transpose": lambda d: call(d.x(NUMBERS, d.shape(2, 3))),
    "linalg.svd": lambda d: call(d.x(WIDE, d.shape(2, 3)), compute_uv=False),
    "linalg.pinv": lambda d: call(d.x(WIDE, (3, 2))),
    "linalg.lstsq": lambda d: call(d.x(WIDE, (3, 2)), d.x("float32", (3, 1))),
    "linalg.matrix_rank": lambda d: call(d.x(WIDE, d.shape(2, 3))),
    "linalg.solve": _solve,
    "linalg.triangular_solve": _solve,
    "linalg.norm": _norm,
    "linalg.normalize": _norm,
    "linalg.cross": lambda d: call(*[d.x("float32", (2, 3))] * 2),
    "linalg.diag": _diagonal,
    "linalg.diag_part": _diagonal_part,
    "linalg.set_diag": _set_diagonal,
    "linalg.band_part": lambda d: call(d.x(NUMBERS, d.shape(2, 3)), d.int(-1, 2), d.int(-1, 2)),
    "linalg.tensor_diag": lambda d: call(d.x(NUMBERS, d.shape(0, 2))),
    "linalg.tensor_diag_part": lambda d: call(d.x(NUMBERS, d.shape(1, 2) * 2)),
    "linalg.eye": lambda d: call(d.int(0, 3), **d.maybe(num_columns=d.int(0, 3), batch_shape=[2])),
    "linalg.global_norm": lambda d: call([d.x("float32") for _ in range(d.int(0, 2))]),
}
