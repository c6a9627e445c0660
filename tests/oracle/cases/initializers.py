"""Initialisers of TensorFlow 2, and indices in random orders."""

from tests.oracle.spec import case, const, program, raises, tensor

HOST = ("eager", "host")
DTYPES = ("float16", "bfloat16", "float32", "float64", "int32", "bool", "complex64")
NORMAL = {"rtol": 1e-5, "atol": 1e-5}


def made(label, make, *shape, dtype=None):
    """The tensor an initialiser makes, and that of one made from its configuration."""

    def run(tf):
        initializer = make(tf)
        wanted = {} if dtype is None else {"dtype": tf.as_dtype(dtype)}
        again = type(initializer).from_config({**initializer.get_config(), "dtype": "float32"})
        return initializer(shape, **wanted), again(shape, **wanted)

    return program(label, run, executors=HOST, **NORMAL)


CASES = [
    *[
        made(f"{kind}-{dtype}", lambda tf, k=kind: getattr(tf, k)(), 2, 3, dtype=dtype)
        for kind in ("zeros_initializer", "ones_initializer")
        for dtype in DTYPES
    ],
    made("zeros_initializer-empty", lambda tf: tf.zeros_initializer(), 0, 2),
    made("ones_initializer-scalar", lambda tf: tf.ones_initializer()),
    made("constant_initializer-number", lambda tf: tf.constant_initializer(3), 2, 2),
    made("constant_initializer-float", lambda tf: tf.constant_initializer(2.5), 2),
    made("constant_initializer-half", lambda tf: tf.constant_initializer(3), 2, dtype="float16"),
    made("constant_initializer-list", lambda tf: tf.constant_initializer([1, 2, 3, 4]), 2, 2),
    made("random_normal_initializer", lambda tf: tf.random_normal_initializer(1.0, 2.0, 3), 2, 3),
    made("random_normal_initializer-half", lambda tf: tf.random_normal_initializer(seed=3), 5),
    made("random_uniform_initializer", lambda tf: tf.random_uniform_initializer(-1, 1, 3), 2, 3),
    *[
        made(f"random_uniform-{t}", lambda tf: tf.random_uniform_initializer(0, 9, 1), 5, dtype=t)
        for t in ("float16", "float64", "int32", "int64")
    ],
    program(
        "initializer-part",
        lambda tf: (
            tf.random_normal_initializer(seed=1)([4, 2], partition_shape=[2, 2]),
            tf.ones_initializer()([4, 2], partition_shape=[1, 2], partition_offset=[1, 0]),
            tf.constant_initializer([1, 2], support_partition=True)([2], partition_shape=[1]),
        ),
        executors=HOST,
        **NORMAL,
    ),
    program(
        "initializer-global-seed",
        lambda tf: (
            tf.random.set_seed(3),
            tf.random_uniform_initializer()([3]),
            tf.random_uniform_initializer()([3]),
            tf.random_normal_initializer()([3]),
        )[1:],
        executors=("eager",),
        **NORMAL,
    ),
    *[
        program(label, call, raises=True, executors=("eager",))
        for label, call in {
            "zeros-string": lambda tf: tf.zeros_initializer()([2], dtype=tf.string),
            "ones-resource": lambda tf: tf.ones_initializer()([2], dtype=tf.resource),
            "ones-keyword": lambda tf: tf.ones_initializer()([2], part=1),
            "constant-dict": lambda tf: tf.constant_initializer({1: 2}),
            "constant-tensor": lambda tf: tf.constant_initializer(tf.constant(3)),
            "constant-too-few": lambda tf: tf.constant_initializer([1, 2, 3])([2, 2]),
            "constant-part": lambda tf: tf.constant_initializer(1)([2], partition_shape=[1]),
            "normal-int": lambda tf: tf.random_normal_initializer()([2], dtype=tf.int32),
            "uniform-bool": lambda tf: tf.random_uniform_initializer()([2], dtype=tf.bool),
            "uniform-unsigned": lambda tf: tf.random_uniform_initializer()([2], dtype=tf.uint32),
        }.items()
    ],
    *[
        case(
            "random_index_shuffle",
            tensor(list(range(10)), dtype),
            const([1, 2, 3], seed),
            const(9, dtype),
            executors=HOST,
        )
        for dtype, seed in (
            ("int32", "int32"),
            ("int64", "int64"),
            ("uint32", "uint32"),
            ("uint64", "uint64"),
            ("int64", "uint64"),
        )
    ],
    case("random_index_shuffle", tensor(5), const([-1, 7, 2**30]), 1000, executors=HOST),
    case("random_index_shuffle", tensor(0), const([1, 2, 3]), 0, executors=HOST),
    case("random_index_shuffle", tensor([1, 2]), const([1, 2, 3]), tensor([9, 20]), executors=HOST),
    case("random_index_shuffle", tensor(4), const([[1, 2, 3], [4, 5, 6]]), 9, executors=HOST),
    case("random_index_shuffle", tensor(4), const([1, 2, 3]), 9, rounds=6, executors=HOST),
    case("random_index_shuffle", tensor(list(range(50))), const([5, 6, 7]), 49, 8, executors=HOST),
    *[
        case(
            "random_index_shuffle",
            tensor([0, 1, 12345], "int64"),
            const([1, 2, 3]),
            const(limit, "int64"),
            executors=HOST,
        )
        for limit in (65535, 65536, 65537, 10**6, 2**40, 2**62)
    ],
    raises("random_index_shuffle", tensor(11), const([1, 2, 3]), 9),
    raises("random_index_shuffle", tensor(-1), const([1, 2, 3]), 9),
    raises("random_index_shuffle", tensor([1]), const([1, 2]), 9),
    raises("random_index_shuffle", tensor([1, 2]), const([[1, 2, 3]]), 9),
    raises("random_index_shuffle", tensor([[1]]), const([1, 2, 3]), 9),
    case("random.experimental.index_shuffle", tensor([0, 1, 5]), const([1, 2]), 9, executors=HOST),
    case("random.experimental.index_shuffle", tensor(3), const([1, 2], "int64"), 9, executors=HOST),
    raises("random.experimental.index_shuffle", tensor([1]), const([1, 2, 3]), 9),
    raises("random.experimental.index_shuffle", tensor([1]), 5, 9),
]
