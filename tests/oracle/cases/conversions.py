"""Dtypes of NumPy values, Python values and sequences of them, alone and beside tensors."""

import numpy as np

from tests.oracle.spec import Case, f32, ints, program

EAGER = ("eager",)
NUMPY = ("bool", "int8", "uint8", "int16", "int32", "int64", "float16", "float32", "float64")
VALUES = {
    "1": 1,
    "1.5": 1.5,
    "True": True,
    "list": [1, 2],
    "float-list": [1.5, 2.0],
    "int8-array": np.ones(2, np.int8),
    "int64-array": np.ones(2, np.int64),
    "float32-array": np.ones(2, np.float32),
    "float64-scalar": np.float64(2.0),
    "int32-scalar": np.int32(2),
    "bools": [np.True_, np.False_],
}
FUNCTIONS = ("add", "subtract", "multiply", "truediv", "divide", "maximum", "floordiv", "equal")
OPERATORS = {
    "plus": lambda a, b: a + b,
    "minus": lambda a, b: a - b,
    "over": lambda a, b: a / b,
    "less": lambda a, b: a < b,
}
# What raises in TensorFlow: the left operand's dtype counts in add and truediv, bools never mix.
LEFT_DECIDES = ("add", "truediv")


def _fails(name: str, side: str, value: object, dtype: str) -> bool:
    leaf = value[0] if isinstance(value, list) else value
    kind = np.asarray(leaf).dtype.kind
    if side == "left" and name in LEFT_DECIDES:
        own = getattr(leaf, "dtype", {"i": "int32", "f": "float32"}.get(kind))
        return own is None or str(own) != dtype
    if isinstance(leaf, np.bool_):
        return True
    if hasattr(leaf, "dtype"):
        return False
    if kind == "b":
        return False
    return kind == "f" and dtype == "int32"


def _beside(name: str, side: str, label: str, dtype: str, apply=None) -> Case:
    value = VALUES[label]

    def call(tf, x):
        function = apply or getattr(tf.math, name)
        return function(value, x) if side == "left" else function(x, value)

    operand = ints(2, low=1, high=9) if dtype == "int32" else f32(2, low=1, high=2)
    fails = _fails(name if apply is None else "operator", side, value, dtype)
    return program(f"{name}-{label}-{side}", call, operand, raises=fails, executors=EAGER)


def _sequence(label: str, make) -> Case:
    return program(label, lambda tf: tf.convert_to_tensor(make()), executors=EAGER)


CASES = [
    *[
        _sequence(f"sequence-{shape}-{dtype}", lambda d=dtype, m=make: m(np.dtype(d).type))
        for dtype in NUMPY
        for shape, make in (
            ("scalars", lambda n: [n(1), n(0)]),
            ("nested", lambda n: ((n(1),), (n(0),))),
            ("arrays", lambda n: [np.ones(2, n), np.zeros(2, n)]),
        )
    ],
    *[
        _sequence(
            f"sequence-{dtype}-then-{what}", lambda d=dtype, o=other: [np.dtype(d).type(1), o]
        )
        for dtype in NUMPY[1:]
        for what, other in (("int", 3), ("float", 1.5), ("big", 2**40), ("float16", np.float16(2)))
    ],
    _sequence("sequence-complex64", lambda: [np.complex64(1), np.complex64(2)]),
    _sequence("sequence-uint32-large", lambda: [np.uint32(2**31)]),
    *[
        program(
            f"sequence-mixed-{i}",
            lambda tf, v=value: tf.convert_to_tensor(v),
            raises=True,
            executors=EAGER,
        )
        for i, value in enumerate(
            ([True, 1], [True, 1.5], [[True], [1]], [1, 1j], [True, 1j], [np.True_, 1])
        )
    ],
    *[
        program(
            f"bools-as-{dtype}",
            lambda tf, d=dtype: tf.convert_to_tensor([np.True_, np.False_], d),
            raises=True,
            executors=EAGER,
        )
        for dtype in ("int32", "int64", "float32", "float64")
    ],
    *[
        program(f"stack-{label}", lambda tf, v=values: tf.stack(v), executors=EAGER)
        for label, values in (
            ("int8-scalars", [np.int8(1), np.int8(2)]),
            ("python-and-numpy", [1, np.float64(2.5)]),
            ("numpy-and-python", [np.float16(1), 2.5]),
            ("bool-and-int8", [True, np.int8(1)]),
        )
    ],
    program("stack-bool-and-int", lambda tf: tf.stack([True, 1]), raises=True, executors=EAGER),
    program(
        "uint64-floats",
        lambda tf: tf.convert_to_tensor([1, 2.5], "uint64"),
        raises=True,
        executors=EAGER,
    ),
]
CASES += [
    *[
        _beside(name, side, label, dtype)
        for name in FUNCTIONS
        for side in ("left", "right")
        for label in VALUES
        for dtype in ("int32", "float32")
    ],
    *[
        _beside(name, side, label, dtype, apply)
        for name, apply in OPERATORS.items()
        for side in ("left", "right")
        for label in VALUES
        for dtype in ("int32", "float32")
    ],
]
