"""Matrix products and contractions."""

from tests.oracle.spec import (
    FLOATS,
    T,
    case,
    cases,
    complex64,
    const,
    f32,
    ints,
    program,
    raises,
    var,
)

FLAGS = [
    {"transpose_a": True},
    {"transpose_b": True},
    {"transpose_a": True, "transpose_b": True},
]
SQUARE = (f32(2, 3, 3), f32(2, 3, 3))

CASES = [
    *cases(
        "matmul",
        [T(2, 3), T(3, 4)],
        dtypes=("float16", "bfloat16", *FLOATS, "int32", "int64", "complex64"),
    ),
    case("matmul", f32(2, 3), f32(3, 4), grad=True, grad2=True),
    *[case("matmul", f32(3, 3), f32(3, 3), grad=True, **flags) for flags in FLAGS],
    *[case("matmul", *SQUARE, grad=True, **flags) for flags in FLAGS],
    case("matmul", complex64(2, 3), complex64(3, 2), grad=True),
    case("matmul", complex64(2, 3), complex64(2, 4), adjoint_a=True, grad=True),
    case("matmul", complex64(2, 3), complex64(4, 3), adjoint_b=True, grad=True),
    case("matmul", f32(5, 2, 3), f32(5, 3, 4), grad=True, grad2=True),
    case("matmul", f32(5, 1, 2, 3), f32(4, 3, 2), grad=True),
    case("matmul", f32(5, 2, 3), f32(3, 2), grad=True),
    case("matmul", f32(0, 3), f32(3, 2)),
    case("matmul", f32(2, 0), f32(0, 2)),
    case("matmul", f32(2, 3), var(f32(3, 2)), grad=True),
    case("linalg.matvec", f32(2, 3), f32(3), grad=True),
    case("linalg.matvec", f32(4, 2, 3), f32(4, 2), transpose_a=True, grad=True),
    case("tensordot", f32(2, 3, 4), f32(4, 3, 2), 1, grad=True),
    case("tensordot", f32(2, 3, 4), f32(4, 3, 2), [[1, 2], [1, 0]], grad=True),
    case("tensordot", f32(2), f32(3), 0),
    case("einsum", "ij,jk->ik", f32(2, 3), f32(3, 4), grad=True),
    case("einsum", "bij,bkj->bik", f32(2, 3, 4), f32(2, 5, 4), grad=True),
    case("einsum", "...ij,jk->...ik", f32(2, 3, 4), f32(4, 5), grad=True),
    case("einsum", "abc,cd,def->abef", f32(2, 3, 4), f32(4, 5), f32(5, 2, 3), grad=True),
    case("einsum", "ii->i", f32(3, 3), grad=True),
    case("einsum", "ij->", f32(2, 3), grad=True),
    case("einsum", "i,j->ij", f32(2), f32(3)),
    case("linalg.cross", f32(2, 3), f32(2, 3), grad=True),
    program("operator", lambda tf, x, y: x @ y, f32(2, 3), f32(3, 2), grad=True),
    program(
        "dense-layer",
        lambda tf, x, w, b: tf.nn.relu(x @ w + b),
        f32(4, 3),
        var(f32(3, 5)),
        var(f32(5)),
        grad=True,
    ),
    case("matmul", const([[1.0, 2.0]]), f32(2, 2)),
    raises("matmul", f32(2, 3), f32(2, 3)),
    raises("matmul", f32(3), f32(3, 2)),
    raises("matmul", f32(2, 3), ints(3, 2)),
    raises("matmul", f32(2, 2, 3), f32(3, 3, 2)),
]
