"""Matrix products and contractions."""

from functools import partial

import numpy as np

from tests.oracle.spec import (
    FLOATS,
    INTS,
    T,
    case,
    cases,
    complex64,
    const,
    f32,
    f64,
    ints,
    program,
    raises,
    tensor,
    values,
    var,
)


def _by_array(dtype, tf, x):
    return tf.matmul(x, np.array([[1.5, 2], [3, 4]], dtype))


NUMBERS = ("float16", "bfloat16", *FLOATS, *INTS, "complex64", "complex128")
TURNS = [
    {},
    {"transpose_a": True},
    {"transpose_b": True},
    {"transpose_a": True, "transpose_b": True},
    {"adjoint_a": True},
    {"adjoint_b": True},
    {"adjoint_a": True, "adjoint_b": True},
]


def turned(turn, make, lead_a=(), lead_b=()):
    """Operands of shape [2, 4] and [4, 3], the other way round where they will be turned."""
    a = (4, 2) if turn.get("transpose_a") or turn.get("adjoint_a") else (2, 4)
    b = (3, 4) if turn.get("transpose_b") or turn.get("adjoint_b") else (4, 3)
    return make(*lead_a, *a), make(*lead_b, *b)


CASES = [
    *cases("matmul", [T(2, 3), T(3, 4)], [T(2, 2, 3), T(2, 3, 4)], dtypes=NUMBERS),
    *cases(
        "matmul",
        [T(5, 1, 2, 3), T(2, 3, 2)],
        [T(2, 3), T(4, 3, 2)],
        [T(4, 2, 3), T(3, 2)],
        grad=True,
        grad2=True,
    ),
    *[case("matmul", *turned(t, f32), grad=True, grad2=True, **t) for t in TURNS],
    *[case("matmul", *turned(t, complex64), grad=True, **t) for t in TURNS],
    *[case("matmul", *turned(t, f32, (2, 1), (3,)), grad=True, **t) for t in TURNS],
    *[case("matmul", *turned(t, complex64, (2,)), grad=True, **t) for t in TURNS],
    case("matmul", f32(0, 3), f32(3, 2), grad=True),
    case("matmul", f32(2, 0), f32(0, 3), grad=True),
    case("matmul", f32(70, 80), f32(80, 90), rtol=1e-4),
    case("matmul", var(f32(2, 2)), f32(2, 2), grad=True),
    case("matmul", ints(2, 3, dtype="int8"), ints(3, 2, dtype="int8"), output_type="int32"),
    case("raw_ops.BatchMatMul", x=f32(2, 2, 3), y=f32(2, 4, 3), adj_y=True, grad=True),
    case("raw_ops.BatchMatMulV3", x=f32(2, 3), y=f32(3, 2), Tout="float32", grad=True),
    program("matmul-operator", lambda tf, x, y: x @ y @ x, f32(2, 3), f32(3, 2), grad=True),
    program(
        "broadcast-operand",
        lambda tf, x, y: tf.matmul(tf.broadcast_to(x, [20, 10]), y),
        f32(10),
        f32(10, 20),
        grad=True,
    ),
    *cases("linalg.matvec", [T(2, 3), T(3)], [T(4, 2, 3), T(3)], [T(2, 3), T(4, 3)], grad=True),
    case("linalg.matvec", f32(3, 2), f32(3), transpose_a=True, grad=True),
    case("linalg.matvec", complex64(3, 2), complex64(3), adjoint_a=True, grad=True),
    *cases(
        "tensordot",
        [T(2, 3), T(3, 2), 1],
        [T(2), T(3), 0],
        [T(2, 3), T(2, 3), 2],
        [T(2, 3, 4), T(4, 2), [[0, 2], [1, 0]]],
        [T(2, 3), T(2, 3), [[-1], [1]]],
        [T(2, 3), T(2, 3), [0, 0]],
        dtypes=FLOATS,
        grad=True,
    ),
    *cases("linalg.cross", [T(2, 3), T(2, 3)], dtypes=(*FLOATS, *INTS, "float16")),
    case("linalg.cross", f32(2, 3), f32(2, 3), grad=True, grad2=True),
    raises("matmul", f32(2, 3), f32(2, 3), match="Matrix size-incompatible"),
    raises("matmul", f32(3), f32(3), match="ndims must be == 2"),
    raises("matmul", f32(2, 3), f64(3, 3)),
    # A value on the right takes the dtype of the tensor on the left, if it can; not the reverse.
    case("matmul", f64(2, 2), [[1, 2], [3, 4]]),
    *[
        program(f"matmul {dtype} array", partial(_by_array, dtype), x)
        for dtype, x in (("float32", f64(2, 2)), ("float64", ints(2, 2)), ("int64", f32(2, 2)))
    ],
    raises("matmul", [[1.0, 2.0]], f64(2, 2)),
    raises("matmul", const([[1.0, 2.0]], "float64"), f32(2, 2)),
    raises("matmul", ints(2, 2), [[1.5, 2.0], [3.0, 4.0]]),
    raises("linalg.matvec", f64(2, 2), [1.0, 2.0]),
    raises("linalg.matvec", f32(2, 2), [1, 2]),
    raises("linalg.matvec", f32(2, 2), const([1, 2], "float64")),
    raises("tensordot", f64(2, 2), [1.0, 2.0], 1),
    raises("tensordot", [1, 2], f32(2, 2), 1),
    # bfloat16 meets float32 in matrices, not in stacks of them.
    *cases(
        "matmul",
        [values(2, 3, dtype="bfloat16"), f32(3, 2)],
        [f32(2, 3), values(3, 2, dtype="bfloat16")],
    ),
    case("matmul", values(3, 2, dtype="bfloat16"), f32(2, 3), transpose_a=True, transpose_b=True),
    raises("matmul", values(2, 2, 3, dtype="bfloat16"), f32(3, 2)),
    raises("matmul", values(2, 3, dtype="bfloat16"), f64(3, 2)),
    raises("matmul", f32(2, 3, 4), f32(3, 4, 5), match="batch dimensions"),
    raises("matmul", f32(2, 3, 4), f32(2, 5, 4), match="size-incompatible"),
    raises("matmul", f32(2, 2), f32(2, 2), transpose_a=True, adjoint_a=True, match="Only one of"),
    raises("tensordot", f32(2, 3), f32(2, 3), 1),
    raises("tensordot", f32(2, 3), f32(2, 3), 3, match="must not be larger"),
    raises("tensordot", f32(2, 3), f32(2, 3), [[0, 1], [0]], match="Different number"),
    raises("linalg.cross", f32(2), f32(2), match="3-element"),
    raises("linalg.cross", f32(2, 3), f32(3), match="same shape"),
    raises("linalg.cross", tensor([1j] * 3, "complex64"), tensor([1j] * 3, "complex64")),
]
