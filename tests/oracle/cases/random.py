"""Random numbers: the stateless ones value by value, the others by shape and dtype."""

from tests.oracle.spec import case, const, program, raises, tensor

SEED = const([7, 11])
SHAPE = [3, 5]
FLOATS = ("float16", "float32", "float64")

CASES = [
    *[
        case(f"random.stateless_{kind}", SHAPE, SEED, dtype=dtype)
        for kind in ("uniform", "normal", "truncated_normal")
        for dtype in FLOATS
    ],
    case("random.stateless_uniform", SHAPE, tensor([1, 2]), minval=-2.0, maxval=3.0),
    case("random.stateless_uniform", SHAPE, SEED, minval=-4, maxval=9, dtype="int32"),
    case("random.stateless_uniform", SHAPE, SEED, minval=0, maxval=1000, dtype="int64"),
    case("random.stateless_uniform", SHAPE, SEED, minval=None, maxval=None, dtype="uint32"),
    case("random.stateless_uniform", SHAPE, SEED, minval=None, maxval=None, dtype="uint64"),
    case("random.stateless_normal", SHAPE, const([-1, 2**40], "int64"), mean=2.0, stddev=0.5),
    case("random.stateless_truncated_normal", [100], SEED, mean=-1.0, stddev=3.0),
    case("random.stateless_uniform", [1000], SEED),
    case("random.stateless_normal", [1001], SEED),
    case("random.stateless_normal", [], SEED),
    case("random.stateless_uniform", [0, 3], SEED),
    *[
        case(f"random.stateless_{kind}", [2, 3], SEED, alg="philox")
        for kind in ("uniform", "normal", "truncated_normal")
    ],
    *[
        case(f"random.{kind}", SHAPE, dtype=dtype, compare="shapes")
        for kind in ("uniform", "normal", "truncated_normal")
        for dtype in FLOATS
    ],
    case("random.uniform", SHAPE, 0, 10, dtype="int32", compare="shapes"),
    case("random.shuffle", tensor([[1, 2], [3, 4], [5, 6]]), compare="shapes"),
    program(
        "seeded",
        lambda tf: (
            tf.random.set_seed(5),
            tf.random.uniform([4], seed=3),
            tf.random.normal([3], seed=4),
        )[1:],
        executors=("eager",),
    ),
    program(
        "global-seed",
        lambda tf: (tf.random.set_seed(5), tf.random.uniform([4]), tf.random.normal([3]))[1:],
        executors=("eager",),
    ),
    raises("random.stateless_uniform", [2], const([1, 2, 3])),
    raises("random.stateless_uniform", [2], SEED, dtype="int32"),
]
