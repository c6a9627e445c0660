"""Fractional pooling: the very windows that TensorFlow draws, and what is in them."""

from tests.oracle.spec import const, distinct, f32, ints, program, raises, values

NAMES = ("fractional_max_pool", "fractional_avg_pool")


def _pool(name, ratio, **how):
    def pool(tf, x):
        tf.random.set_seed(3)
        return getattr(tf.nn, name)(x, ratio, **how)

    return pool


def _first(name, ratio, **how):
    return lambda tf, x: getattr(tf.nn, name)(x, ratio, **how)[0]


# TensorFlow says that a sequence is one shorter than it is.
HOST = {"executors": ("eager",)}
RATIO = [1.0, 1.44, 1.73, 1.0]
BACK = (const([0, 2, 3, 5], "int64"), const([0, 1, 3], "int64"))

CASES = [
    *[
        program(
            f"{name} {ratio} {pseudo} {overlapping} {seed}",
            _pool(name, ratio, pseudo_random=pseudo, overlapping=overlapping, seed=seed),
            distinct(2, 11, 17, 2),
            grad=True,
            **HOST,
        )
        for name in NAMES
        for ratio in (RATIO, [1.0, 2.3, 1.0, 1.0], [1.0, 3.7, 5.1, 1.0])
        for pseudo in (True, False)
        for overlapping in (True, False)
        for seed in (1, 2)
    ],
    *[
        program(
            f"{name} {dtype}", _pool(name, RATIO, seed=4), values(1, 5, 6, 2, dtype=dtype), **HOST
        )
        for name in NAMES
        for dtype in ("float64", "int32", "int64")
    ],
    *[raises(f"nn.{n}", f32(0, 5, 6, 2), RATIO, seed=4) for n in NAMES],
    *[
        program(
            f"{name} in a function", _first(name, RATIO, seed=4), distinct(1, 5, 6, 2), grad=True
        )
        for name in NAMES
    ],
    program("one ratio", _pool("fractional_max_pool", 1.5, seed=4), f32(1, 5, 6, 2), **HOST),
    program(
        "two ratios", _pool("fractional_max_pool", [1.0, 1.0], seed=4), f32(1, 5, 6, 2), **HOST
    ),
    *[
        raises(f"nn.{name}", f32(1, 5, 6, 2), ratio, seed=1)
        for name in NAMES
        for ratio in (
            [1.0, 0.5, 1.0, 1.0],
            [2.0, 1.5, 1.0, 1.0],
            [1.0, 1.5, 1.0, 2.0],
            [1.0, 1.5, 1.0],
            [1.0, 9.0, 1.0, 1.0],
            0.5,
            "1.5",
        )
    ],
    raises("nn.fractional_avg_pool", f32(1, 5, 6, 2), 1.5),
    *[raises(f"nn.{name}", f32(5, 6, 2), RATIO, seed=1) for name in NAMES],
    *[raises(f"nn.{name}", f32(1, 0, 6, 2), RATIO, seed=1) for name in NAMES],
    *[
        raises(f"nn.{name}", values(1, 5, 6, 2, dtype=dtype), RATIO, seed=1)
        for name in NAMES
        for dtype in ("float16", "bool", "complex64")
    ],
    *[
        raises(
            f"raw_ops.{op}",
            value=f32(1, 5, 6, 2),
            pooling_ratio=RATIO,
            deterministic=False,
            kwargs={"seed": 3},
        )
        for op in ("FractionalMaxPool", "FractionalAvgPool")
    ],
    raises(
        "raw_ops.FractionalMaxPoolGrad",
        orig_input=ints(1, 5, 3, 1, low=0, high=3),
        orig_output=const([[[[9], [9]], [[9], [9]], [[9], [9]]]]),
        out_backprop=const([[[[1], [1]], [[1], [1]], [[1], [1]]]]),
        row_pooling_sequence=BACK[0],
        col_pooling_sequence=BACK[1],
    ),
    raises(
        "raw_ops.FractionalAvgPoolGrad",
        orig_input_tensor_shape=const([1, 5, 3, 1], "int64"),
        out_backprop=f32(1, 2, 2, 1),
        row_pooling_sequence=const([0], "int64"),
        col_pooling_sequence=BACK[1],
    ),
]
