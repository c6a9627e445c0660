"""Sums, differences, products, negation."""

from tests.oracle.spec import (
    ALL_NUMBERS,
    T,
    case,
    cases,
    complex64,
    f32,
    ints,
    program,
    raises,
    strings,
    var,
)

BINARY = ["math.add", "math.subtract", "math.multiply"]

CASES = [
    *cases(BINARY, [T(2, 3), T(3)], dtypes=ALL_NUMBERS),
    *cases(BINARY, [T(4, 1, 3), T(2, 1)], [T(), T(2)], [T(0, 3), T(1, 3)], grad=True, grad2=True),
    *cases(BINARY, [var(T(2, 2)), T(2)], grad=True),
    *cases(BINARY, [complex64(2), complex64(3, 2)], grad=True),
    *cases("math.negative", [T(2, 3)], dtypes=("float16", "float32", "complex64", "int8", "int64")),
    case("math.negative", f32(3), grad=True, grad2=True),
    case("math.add", strings(2, 2), strings(2)),
    case("math.add", f32(3), 2.5, grad=True),
    case("math.subtract", 1, ints(3)),
    case("math.scalar_mul", 3.0, f32(2, 2), grad=True),
    program("operators", lambda tf, x, y: -x + y * x - 2.0 * y, f32(3), f32(2, 3), grad=True),
    raises("math.add", f32(2), f32(3), match="Incompatible shapes"),
    raises("math.add", f32(2), ints(2), match="float tensor but is a int32|int32 tensor"),
    raises("math.multiply", f32(2), "a", label="string"),
    raises("math.negative", strings(2)),
]
