"""Neural network ops that few programs use: dilation and erosion, isotonic
regression, embeddings of ids that may be missing."""

from tests.oracle.spec import (
    HALVES,
    T,
    case,
    cases,
    distinct,
    f32,
    f64,
    ints,
    raises,
    sparse,
    strings,
    tensor,
    values,
)

NAN = float("nan")
ONES = [1, 1, 1, 1]
TWOS = [1, 2, 2, 1]
MORPHOLOGY = ["nn.dilation2d", "nn.erosion2d"]
BACK = ["raw_ops.Dilation2DBackpropInput", "raw_ops.Dilation2DBackpropFilter"]
KINDS = ("float16", "bfloat16", "float64", "int32", "int64", "int8", "uint8", "uint32")
PLAIN = {"strides": ONES, "rates": ONES, "padding": "SAME"}

SOME = [[0, 0], [0, 1], [2, 0], [3, 0], [4, 0]]
IDS = sparse(SOME, tensor([0, -1, 1, 2, -1], "int64"), [5, 4])
WEIGHTS = sparse(SOME, tensor([1.0, 2.0, 0.0, -1.0, 3.0]), [5, 4])
WHOLE = sparse(SOME, tensor([1, 2, 3, 4, 5]), [5, 4])
DEEP = sparse([[0, 0, 0], [0, 1, 1], [1, 0, 0]], tensor([0, 1, 1]), [2, 3, 2])

CASES = [
    *cases(
        MORPHOLOGY,
        [distinct(2, 7, 6, 2), f32(3, 2, 2), ONES, "SAME", "NHWC", ONES],
        [distinct(2, 7, 6, 2), f32(3, 2, 2), TWOS, "VALID", "NHWC", ONES],
        [distinct(2, 7, 6, 2), f32(3, 2, 2), [1, 3, 2, 1], "SAME", "NHWC", [1, 2, 3, 1]],
        [distinct(1, 7, 6, 1), f32(2, 3, 1), [1, 1, 3, 1], "VALID", "NHWC", TWOS],
        grad=True,
    ),
    *cases(
        MORPHOLOGY,
        [f32(0, 5, 5, 2), f32(3, 3, 2), ONES, "VALID", "NHWC", ONES],
        [f32(1, 5, 5, 2), f32(6, 6, 2), ONES, "VALID", "NHWC", ONES],
        [f32(1, 4, 4, 1), f32(0, 3, 1), ONES, "VALID", "NHWC", ONES],
        [f32(1, 1, 1, 1), f32(5, 5, 1), ONES, "SAME", "NHWC", ONES],
        [tensor([[[[NAN], [1.0]], [[NAN], [NAN]]]]), f32(2, 2, 1), ONES, "SAME", "NHWC", ONES],
    ),
    *cases(
        "nn.dilation2d",
        [T(1, 5, 4, 1), T(2, 3, 1), ONES, "SAME", "NHWC", TWOS],
        dtypes=KINDS,
    ),
    *[
        case(
            name,
            input=tensor([[[[NAN], [1.0]], [[NAN], [NAN]]]]),
            filter=tensor([[[0.0], [1.0]], [[0.0], [0.0]]]),
            out_backprop=f32(1, 2, 2, 1),
            **PLAIN,
        )
        for name in BACK
    ],
    *[
        raises(
            name,
            input=f32(1, 5, 5, 1),
            filter=f32(3, 3, 1),
            out_backprop=f32(1, 4, 5, 1),
            **PLAIN,
            match="out_backprop has incompatible size",
        )
        for name in BACK
    ],
    *[
        raises("nn.dilation2d", f32(1, 5, 5, 1), filters, strides, "VALID", "NHWC", rates)
        for filters, strides, rates in [
            (f32(3, 3, 1), [2, 2, 2, 1], ONES),
            (f32(3, 3, 1), [1, 2, 2], ONES),
            (f32(3, 3, 1), [1, 0, 2, 1], ONES),
            (f32(3, 3, 1), ONES, [2, 1, 1, 1]),
            (f32(3, 3, 2), ONES, ONES),
            (f32(7, 7, 1), ONES, ONES),
            (f32(3, 3), ONES, ONES),
        ]
    ],
    raises("nn.dilation2d", f32(1, 5, 5, 1), f32(3, 3, 1), ONES, "SAME", "NCHW", ONES),
    raises("nn.erosion2d", f32(1, 5, 5, 1), f32(3, 3, 1), ONES, "SAME", "NCHW", ONES),
    raises("nn.erosion2d", f32(1, 5, 5, 1), f32(3, 3, 1), ONES, "BOO", "NHWC", ONES),
    *cases(
        "nn.isotonic_regression",
        [f32(3, 7)],
        [f32(3, 7), False],
        [f32(6, 3), True, 0],
        [f32(6, 3), False, -2],
        grad=True,
        rtol=1e-5,
    ),
    case("nn.isotonic_regression", f64(4, 9), grad=True, grad2=True),
    case("nn.isotonic_regression", f64(9, 4), False, 0, grad=True, grad2=True),
    *cases(
        "nn.isotonic_regression", [f32(0, 3)], [f32(3, 0)], [f32()], [f32(2, 3, 4)], [f32(7), False]
    ),
    *cases("nn.isotonic_regression", [T(3, 5)], dtypes=HALVES, grad=True, rtol=2e-2, atol=2e-2),
    *cases("nn.isotonic_regression", [T(3, 5)], dtypes=("int8", "int16", "int32", "int64")),
    case("nn.isotonic_regression", tensor([2.0, NAN, 1.0, 2.0])),
    case("nn.isotonic_regression", tensor([1.0, 1.0, 1.0, 2.0, 2.0])),
    case("raw_ops.IsotonicRegression", input=ints(2, 5), output_dtype="float64"),
    raises("nn.isotonic_regression", f32(2), axis=1),
    raises("nn.isotonic_regression", strings(2)),
    raises("nn.isotonic_regression", values(2, dtype="complex64")),
    *[
        case("nn.safe_embedding_lookup_sparse", f32(4, 3), IDS, weights, how, grad=[0], **more)
        for how in ("sum", "mean", "sqrtn")
        for weights in (None, WEIGHTS)
        for more in ({}, {"default_id": 3})
    ],
    *cases(
        "nn.safe_embedding_lookup_sparse",
        [f32(4, 3), IDS, WEIGHTS, None],
        [f32(4, 3), DEEP],
        [f32(4, 2, 3), IDS, None, "sum", 1],
        [[f32(2, 3), f32(2, 3)], IDS],
        [f64(4, 3), IDS],
    ),
    case("nn.safe_embedding_lookup_sparse", f32(4, 3), IDS, max_norm=0.5),
    raises("nn.safe_embedding_lookup_sparse", f32(4, 3), IDS, WEIGHTS, "most"),
    raises("nn.safe_embedding_lookup_sparse", f32(4, 3), IDS, WHOLE),
    raises("nn.safe_embedding_lookup_sparse", None, IDS),
    raises("nn.safe_embedding_lookup_sparse", [], IDS),
]
