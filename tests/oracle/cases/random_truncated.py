"""Normal numbers between bounds: TensorFlow's own, and how they follow the parameters."""

import numpy as np

from tests.oracle.spec import case, const, program, raises, tensor

NAME = "random.stateless_parameterized_truncated_normal"
HOST = {"executors": ("eager", "host")}
INF = np.inf
BOUNDS = (
    (-10.0, 10.0),
    (-3.0, 0.5),
    (-1.8, 0.1),
    (-1.6, 0.1),
    (-1.31, 0.1),
    (-1.29, 0.1),
    (-0.2, 0.3),
    (-0.1, 1.9),
    (0.1, 0.4),
    (0.1, 1.5),
    (1.0, 6.0),
    (2.0, 2.05),
    (-9.0, -4.0),
    (-0.5, -0.1),
    (-INF, 1.0),
    (-INF, -3.0),
    (0.5, INF),
)


def _draw(shape, dtype):
    def draw(tf, *parameters):
        return tf.random.stateless_parameterized_truncated_normal(
            shape, [3, 5], *(tf.cast(p, dtype) for p in parameters)
        )

    return draw


def _scalar(value):
    return tensor(value, "float32")


CASES = [
    *[
        program(
            f"{dtype} {low} {high}",
            _draw([50], dtype),
            _scalar(0.0),
            _scalar(1.0),
            _scalar(low),
            _scalar(high),
            rtol=2e-3 if dtype == "float16" else 1e-4,
            atol=2e-3 if dtype == "float16" else 1e-5,
            grad=dtype == "float64" and np.isfinite(low + high) and high - low < 9,
            **HOST,
        )
        for dtype in ("float32", "float64", "float16")
        for low, high in BOUNDS
    ],
    *[
        program(
            f"broadcast {shape}",
            _draw(shape, "float64"),
            tensor([0.5, -1.0, 3.0], "float32"),
            tensor([[0.5], [2.0]], "float32"),
            _scalar(-1.5),
            tensor([1.0, 2.0, 8.0], "float32"),
            grad=True,
            rtol=1e-4,
            atol=1e-5,
            **HOST,
        )
        for shape in ([2, 3], [4, 2, 3], [2, 5, 2, 3], [0, 2, 3])
    ],
    case(NAME, [3], [1, 2], **HOST, rtol=1e-5),
    case(NAME, [], [1, 2], 1.0, **HOST, rtol=1e-5),
    case(NAME, [0], [1, 2], **HOST),
    case(NAME, tensor([2, 3]), tensor([7, 9], "int64"), **HOST, rtol=1e-5),
    *[
        raises(NAME, *how)
        for how in (
            ([2], [1, 2], 0.0, -1.0),
            ([2], [1, 2], 0.0, 0.0),
            ([2], [1, 2], 0.0, 1.0, 1.0, -1.0),
            ([2], [1, 2], 0.0, 1.0, 1.0, 1.0),
            ([2], [1, 2], 0.0, 1.0, -INF, INF),
            ([2], [1, 2], INF * 0, 1.0, 0.0, 1.0),
            ([2], [1, 2, 3]),
            ([-2], [1, 2]),
            ([2, 3], [1, 2], const([0.0, 1.0])),
            ([3], [1, 2], const([0.0, 1.0])),
            ([2], [1, 2], const([0.0, 1.0]), const([1.0, 1.0, 1.0])),
            ([2], [1, 2], const(0.0, "float64")),
            ([2], [1, 2], const(0), const(1), const(-1), const(1)),
        )
    ],
    program("a long one", _draw([700], "float32"), *map(_scalar, (0.0, 1.0, -2.0, 9.0)), **HOST),
]
