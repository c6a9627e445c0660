"""Random numbers, further: seeds split and folded, orders, classes, generators, streams of ops."""

from tests.oracle.spec import case, const, f32, positive, program, raises, tensor

SEED = const([7, 11])
LOGITS = tensor([[0.1, 0.7, -2.0, 0.3], [5.0, 0.0, 0.0, -1.0]], "float32")
NORMAL = {"rtol": 1e-5, "atol": 1e-5}


def generated(label, draw, **options):
    """Numbers of a generator, and where it stands afterwards."""

    def run(tf):
        generator = tf.random.Generator.from_seed(1)
        first = draw(tf, generator)
        return first, draw(tf, generator), generator.state.read_value()

    return program(f"generator-{label}", run, executors=("eager",), **options)


def repeated(label, draw, *args, **options):
    """Three calls after setting the seed: the op's stream moves on."""

    def run(tf, *tensors):
        tf.random.set_seed(5)
        return [draw(tf, *tensors) for _ in range(3)]

    return program(f"stream-{label}", run, *args, executors=("eager",), **options)


def traced(label, draw, *args, **options):
    """Three calls of a function that draws: its nodes have streams of their own."""

    def run(tf, *tensors):
        tf.random.set_seed(5)
        function = tf.function(lambda *values: draw(tf, *values))
        return [function(*tensors) for _ in range(3)]

    return program(f"function-{label}", run, *args, executors=("eager",), **options)


DRAWS = {
    "uniform": lambda tf: tf.random.uniform([3, 2], seed=7),
    "uniform-float64": lambda tf: tf.random.uniform([5], dtype=tf.float64, seed=7),
    "uniform-float16": lambda tf: tf.random.uniform([5], dtype=tf.float16, seed=7),
    "uniform-range": lambda tf: tf.random.uniform([5], -2.0, 7.0, seed=7),
    "integers": lambda tf: tf.random.uniform([5], 0, 1000, dtype=tf.int32, seed=7),
    "integers-64": lambda tf: tf.random.uniform([5], -9, 2**40, dtype=tf.int64, seed=7),
    "no-seed": lambda tf: (tf.random.uniform([2]), tf.random.uniform([2])),
    "two-kinds": lambda tf: (
        tf.random.uniform([2], seed=7),
        tf.random.uniform([3], seed=7),
        tf.random.uniform([2], dtype=tf.float64, seed=7),
    ),
    "empty": lambda tf: (tf.random.uniform([0], seed=7), tf.random.uniform([1], seed=7)),
    "shuffle": lambda tf: tf.random.shuffle(tf.range(11), seed=7),
    "shuffle-rows": lambda tf: tf.random.shuffle(tf.reshape(tf.range(10), [5, 2]), seed=7),
    "shuffle-one": lambda tf: tf.random.shuffle(tf.range(1), seed=7),
}
NORMAL_DRAWS = {
    "normal": lambda tf: tf.random.normal([7], seed=7),
    "normal-float64": lambda tf: tf.random.normal([3, 3], 5.0, 2.0, tf.float64, seed=7),
    "truncated-normal": lambda tf: tf.random.truncated_normal([41], seed=7),
}


def _gamma_slopes(tf, alpha):
    found = []
    for draw in (
        lambda: tf.random.stateless_gamma([3, 2, 4], [1, 2], alpha, dtype=alpha.dtype),
        lambda: tf.random.stateless_gamma([5, 4], [3, 4], alpha, beta=2.0, dtype=alpha.dtype),
        lambda: tf.raw_ops.StatelessRandomGammaV2(shape=[2, 4], seed=[1, 2], alpha=alpha),
    ):
        with tf.GradientTape() as tape:
            tape.watch(alpha)
            drawn = draw()
        found.append(tape.gradient(drawn, alpha))
    return found


CASES = [
    *[
        program(
            f"gamma-slopes-{dtype}",
            _gamma_slopes,
            tensor([0.3, 1.0, 5.0, 40.0], dtype),
            executors=("eager", "host"),
            rtol=1e-4,
            shapes="compatible",
        )
        for dtype in ("float32", "float64")
    ],
    case("raw_ops.RandomGammaGrad", alpha=positive(3, 1), sample=positive(4), rtol=1e-4),
    raises("raw_ops.RandomGammaGrad", alpha=positive(3), sample=positive(4)),
    *[repeated(label, draw) for label, draw in DRAWS.items()],
    *[repeated(label, draw, **NORMAL) for label, draw in NORMAL_DRAWS.items()],
    repeated("categorical", lambda tf, logits: tf.random.categorical(logits, 6, seed=7), LOGITS),
    *[traced(label, draw) for label, draw in DRAWS.items() if label != "two-kinds"],
    *[traced(label, draw, **NORMAL) for label, draw in NORMAL_DRAWS.items()],
    traced("categorical", lambda tf, logits: tf.random.categorical(logits, 6, seed=7), LOGITS),
    traced(
        "loop",
        lambda tf, n: tf.while_loop(
            lambda i, a: i < n,
            lambda i, a: (i + 1, a + tf.random.uniform([2], seed=3)),
            (tf.constant(0), tf.zeros([2])),
        )[1],
        tensor(3),
    ),
    traced(
        "branch",
        lambda tf, c: tf.cond(c > 0, lambda: tf.random.uniform([2], seed=3), lambda: tf.zeros([2])),
        tensor(1),
    ),
    *[
        program(
            f"set-seed-{seed}",
            lambda tf, seed=seed: (
                tf.random.set_seed(seed),
                tf.random.uniform([2]),
                tf.random.uniform([2], seed=0),
                tf.random.uniform([2], seed=2**33),
            )[1:],
            executors=("eager",),
        )
        for seed in (0, 1, -3, 2**40 + 5)
    ],
    # seeds
    case("random.split", SEED),
    case("random.split", tensor([1, 2], "int64"), num=3),
    case("random.experimental.stateless_split", tensor([-1, 2]), 4),
    case("random.fold_in", SEED, tensor(3)),
    case("random.fold_in", SEED, tensor(3, "int64")),
    case("random.experimental.stateless_fold_in", tensor([1, 2], "int64"), 5),
    # orders and classes
    *[
        case("random.experimental.stateless_shuffle", tensor(list(range(n))), SEED)
        for n in (0, 1, 2, 9)
    ],
    case("random.experimental.stateless_shuffle", f32(5, 2), SEED),
    case("random.stateless_categorical", LOGITS, 9, SEED),
    case("random.stateless_categorical", LOGITS, 3, SEED, dtype="int32"),
    case("random.stateless_categorical", tensor([[float("-inf"), 0.0, float("nan")]]), 5, SEED),
    case("random.stateless_categorical", f32(3, 50), 20, SEED),
    # ops
    case("raw_ops.StatelessRandomGetKeyCounter", seed=tensor([1, 2])),
    case("raw_ops.StatelessRandomGetKeyCounter", seed=tensor([-1, 2**40], "int64")),
    case("raw_ops.StatelessRandomUniform", shape=const([3]), seed=tensor([1, 2])),
    case("raw_ops.StatelessRandomNormal", shape=const([3]), seed=tensor([1, 2]), **NORMAL),
    case("raw_ops.StatelessTruncatedNormal", shape=const([3]), seed=tensor([1, 2]), **NORMAL),
    case(
        "raw_ops.StatelessRandomUniformInt",
        shape=const([3]),
        seed=tensor([1, 2]),
        minval=tensor(0),
        maxval=tensor(9),
    ),
    case("raw_ops.StatelessRandomUniformFullInt", shape=const([3]), seed=tensor([1, 2])),
    case(
        "raw_ops.StatelessRandomGammaV2", shape=const([4, 3]), seed=SEED, alpha=tensor([0.5, 1, 3])
    ),
    # gamma, Poisson, binomial
    *[
        case("random.stateless_gamma", [200], SEED, const(alpha, dtype), dtype=dtype, rtol=rtol)
        for alpha in (0.3, 1.0, 2.5, 50.0)
        for dtype, rtol in (("float32", 1e-6), ("float64", 1e-12))
    ],
    case("random.stateless_gamma", [4, 3], SEED, tensor([0.5, 1.0, 3.0])),
    case(
        "random.stateless_gamma", [4, 2], SEED, tensor(2.0), beta=tensor([3.0, 5.0]), grad=["beta"]
    ),
    *[
        case("random.stateless_poisson", [200], SEED, const(rate), dtype=dtype)
        for rate, dtype in ((0.5, "int32"), (9.9, "float32"), (10.0, "float64"), (1e4, "int64"))
    ],
    case("random.stateless_poisson", [4, 3], SEED, tensor([0.5, 1.0, 30.0])),
    *[
        case("random.stateless_binomial", [200], SEED, const(count), const(prob))
        for count, prob in (
            (5.0, 0.3),
            (100.0, 0.3),
            (40.0, 0.9),
            (1e3, 0.5),
            (9.0, 0.0),
            (9.0, 1.0),
        )
    ],
    case(
        "random.stateless_binomial",
        [4, 3],
        SEED,
        tensor([5.0, 10.0, 200.0]),
        tensor([0.5]),
        output_dtype="float32",
    ),
    repeated("gamma", lambda tf: tf.random.gamma([3], [2.0, 0.5], seed=7)),
    repeated("poisson", lambda tf: tf.random.poisson([3], [4.0, 20.0], seed=7)),
    traced("gamma", lambda tf: tf.random.gamma([3], 2.0, beta=4.0, seed=7)),
    traced("poisson", lambda tf: tf.random.poisson([3], 4.0, seed=7, dtype=tf.int32)),
    generated("binomial", lambda tf, g: g.binomial([3, 2], [10.0, 50.0], 0.3)),
    raises("random.stateless_gamma", [4, 2], SEED, tensor([0.5, 1.0, 3.0])),
    raises("random.stateless_poisson", [4, 2], SEED, tensor([0.5, 1.0, 3.0])),
    raises("random.stateless_binomial", [2], SEED, tensor([1.0, 2.0]), tensor([0.1, 0.2, 0.3])),
    # generators
    generated("normal", lambda tf, g: g.normal([3, 2], 1.0, 2.0), **NORMAL),
    generated("truncated-normal", lambda tf, g: g.truncated_normal([9]), **NORMAL),
    generated("uniform", lambda tf, g: g.uniform([3], -1, 1)),
    generated("uniform-float64", lambda tf, g: g.uniform([], dtype=tf.float64)),
    generated("integers", lambda tf, g: g.uniform([4], 0, 10, dtype=tf.int32)),
    generated("full-integers", lambda tf, g: g.uniform_full_int([2])),
    generated("full-integers-32", lambda tf, g: g.uniform([3], None, None, tf.int32)),
    generated("make-seeds", lambda tf, g: g.make_seeds(3)),
    generated("split", lambda tf, g: [part.state.read_value() for part in g.split(2)]),
    generated("skip", lambda tf, g: g.skip(10)),
    generated("function", lambda tf, g: tf.function(lambda: g.uniform([2]))()),
    *[
        program(
            f"generator-state-{seed}",
            lambda tf, seed=seed: tf.random.Generator.from_seed(seed).state.read_value(),
            executors=("eager",),
        )
        for seed in (0, -1, 2**40 + 7, 2**70, [1, 2], [1, 2, 3, 4])
    ],
    program(
        "generator-key-counter",
        lambda tf: tf.random.Generator.from_key_counter(7, [1, 2], alg="philox").uniform([3]),
        executors=("eager",),
    ),
    # errors
    raises("random.stateless_uniform", [2], const([1.0, 2.0])),
    raises("random.stateless_uniform", [2], SEED, 5, 5, dtype="int32", match="minval < maxval"),
    raises("random.stateless_uniform", [-2], SEED),
    raises("random.stateless_uniform", [2], SEED, dtype="uint8"),
    raises("random.stateless_uniform", [2], SEED, 0, 3, dtype="uint32"),
    raises("random.stateless_uniform", [2], SEED, alg="foo", match="unsupported value"),
    raises("random.uniform", [2], dtype="int32", match="maxval"),
    raises("random.uniform", [2], 3, 3, dtype="int32"),
    raises("random.uniform", [2], dtype="bool"),
    raises("random.categorical", f32(3), 2),
    raises("random.categorical", f32(1, 3), -2),
    raises("random.normal", [2], dtype="int32"),
]
