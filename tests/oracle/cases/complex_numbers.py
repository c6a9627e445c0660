"""Complex numbers: parts, angle, conjugate, building them."""

from tests.oracle.spec import (
    COMPLEX,
    FLOATS,
    T,
    case,
    cases,
    complex64,
    f32,
    ints,
    program,
    raises,
    strings,
    tensor,
    values,
)

PARTS = ["math.real", "math.imag", "math.angle"]

CASES = [
    *cases([*PARTS, "math.conj"], [T(2, 3)], dtypes=COMPLEX, grad=True, grad2=True),
    *cases([*PARTS, "math.conj"], [T(2, 3)], dtypes=("float16", *FLOATS)),
    *cases(["math.real", "math.imag", "math.conj"], [T(2, 3)], dtypes=("int32",)),
    *cases("complex", [T(4, 1, 3), T(2, 1)], dtypes=FLOATS, grad=True, grad2=True),
    case("math.angle", tensor([1.0, -1.0, 0.0])),
    program("modulus", lambda tf, z: tf.abs(z) ** 2 + tf.math.real(z), complex64(2, 3), grad=True),
    raises("math.real", values(2, dtype="bool")),
    raises("math.conj", strings(2)),
    raises("complex", f32(2), values(2, dtype="float64"), match="incorrect types"),
    raises("complex", ints(2), ints(2), match="incorrect types"),
]
