"""Diagonals and bands of matrices, and grids."""

from tests.oracle.spec import T, case, cases, f32, ints, raises, tensor

HOST = ("eager", "host")
VARIED = ("float32", "float64", "bfloat16", "int32", "uint8", "complex64")
ALIGNS = ("RIGHT_LEFT", "LEFT_RIGHT", "LEFT_LEFT", "RIGHT_RIGHT")

DIAG = [
    *cases("linalg.diag", [T(2, 3)], dtypes=VARIED),
    case("linalg.diag", f32(2, 3), label="gradient", grad=True, grad2=True),
    case("linalg.diag", f32(3), k=1, grad=True, shapes="compatible"),
    case("linalg.diag", f32(2), k=-2, grad=True, shapes="compatible"),
    case("linalg.diag", f32(2), num_rows=3, padding_value=7.0),
    case("linalg.diag", f32(2), num_rows=2, num_cols=4),
    case("linalg.diag", f32(0)),
    *[
        case("linalg.diag", f32(2, 3, 4), k=(-1, 1), align=a, num_rows=4, num_cols=4, grad=True)
        for a in ALIGNS
    ],
    *[case("linalg.diag", f32(2, 3), k=(0, 1), align=a, num_rows=3, num_cols=4) for a in ALIGNS],
    raises("linalg.diag", f32(), executors=HOST),
    raises("linalg.diag", f32(2), num_rows=1, executors=HOST),
    raises("linalg.diag", f32(2), k=(1, 0)),
    raises("linalg.diag", f32(2), align="UP", executors=HOST),
    *cases("linalg.diag_part", [T(2, 3, 4)], dtypes=VARIED),
    case("linalg.diag_part", f32(2, 3, 4), label="gradient", grad=True, grad2=True),
    case("linalg.diag_part", f32(3, 4), k=2, grad=True),
    case("linalg.diag_part", f32(3, 4), k=-1, grad=True),
    *[
        case("linalg.diag_part", f32(3, 4), k=(-2, 3), align=a, padding_value=9.0, grad=True)
        for a in ALIGNS
    ],
    *[case("linalg.diag_part", f32(2, 4, 3), k=(-1, 1), align=a, grad=True) for a in ALIGNS],
    case("linalg.diag_part", f32(0, 3)),
    raises("linalg.diag_part", f32(3), executors=HOST),
    raises("linalg.diag_part", f32(2, 3), k=3),
    raises("linalg.diag_part", f32(2, 3), k=-2),
    *cases("linalg.set_diag", [T(2, 3, 4), T(2, 3)], dtypes=VARIED),
    case("linalg.set_diag", f32(2, 3, 3), f32(2, 3), grad=True, grad2=True),
    case("linalg.set_diag", f32(3, 4), f32(2), k=-1, grad=True),
    *[case("linalg.set_diag", f32(3, 4), f32(3, 3), k=(-1, 1), align=a, grad=True) for a in ALIGNS],
    raises("linalg.set_diag", f32(2, 2), f32(3)),
    raises("linalg.set_diag", f32(2, 3), f32(2), k=5),
    raises("linalg.set_diag", f32(3), f32(1), executors=HOST),
    case("raw_ops.MatrixDiag", diagonal=f32(2, 3), grad=True),
    case("raw_ops.MatrixDiagPart", input=f32(2, 3, 4), grad=True),
    case("raw_ops.MatrixSetDiag", input=f32(3, 2), diagonal=f32(2), grad=True),
    # TensorFlow's gradients of the V2 ops align the diagonals as V3 does, which is wrong.
    case(
        "raw_ops.MatrixDiagV2",
        diagonal=f32(2, 2),
        k=[0, 1],
        num_rows=-1,
        num_cols=-1,
        padding_value=0.0,
    ),
    case("raw_ops.MatrixDiagPartV2", input=f32(3, 3), k=[-1, 1], padding_value=5.0),
    case("raw_ops.MatrixSetDiagV2", input=f32(3, 3), diagonal=f32(2, 3), k=[0, 1]),
]

BANDS = [
    *cases("linalg.band_part", [T(2, 3, 4), 1, 0], dtypes=(*VARIED, "bool")),
    case("linalg.band_part", f32(3, 4), -1, 1, grad=True, grad2=True),
    case("linalg.band_part", f32(3, 4), 0, -1, grad=True),
    case("linalg.band_part", f32(3, 4), tensor(1), tensor(1), grad=(0,)),
    case("linalg.band_part", f32(0, 4), 0, 0),
    raises("linalg.band_part", f32(2, 2), 3, -1),
    raises("linalg.band_part", f32(2), 0, 0, executors=HOST),
    *cases("linalg.trace", [T(2, 3, 4)], dtypes=("float32", "int32", "complex64")),
    case("linalg.trace", f32(3, 3), grad=True),
    *cases("linalg.tensor_diag", [T(2, 3)], dtypes=("float32", "int32", "complex64")),
    case("linalg.tensor_diag", f32(3), grad=True, grad2=True),
    case("linalg.tensor_diag_part", f32(2, 3, 2, 3), grad=True, grad2=True),
    raises("linalg.tensor_diag", f32(), executors=HOST),
    raises("linalg.tensor_diag_part", f32(2, 3), executors=HOST),
    raises("linalg.tensor_diag_part", f32(2), executors=HOST),
]

GRIDS = [
    case("meshgrid", f32(2), f32(3), grad=True),
    case("meshgrid", f32(2), f32(3), indexing="ij", grad=True),
    case("meshgrid", ints(2), ints(3), ints(4)),
    case("meshgrid", ints(2), ints(3), ints(4), indexing="ij"),
    case("meshgrid", ints(2)),
    case("meshgrid", 1, ints(3)),
    raises("meshgrid", ints(2), indexing="zz", executors=HOST),
    raises("meshgrid", ints(2), f32(3), executors=HOST),
]

CASES = [*DIAG, *BANDS, *GRIDS]
