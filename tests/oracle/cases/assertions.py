"""`tf.debugging`: assertions that hold and those that fail, switches, checks of numbers."""

from tests.oracle.cases._programs import EAGER, HOST, eager, fails
from tests.oracle.program import resolve
from tests.oracle.spec import bools, case, f32, f64, ints, positive, program, raises, sparse, tensor

NAN = tensor([1.0, float("nan")])
INF = tensor([1.0, float("inf")])


def holds(name, *args, label=None):
    """An assertion inside a function, which returns its argument after it."""
    plain = [None if _is_tensor(a) else a for a in args]
    text = ",".join(str(a) for a in plain if a is not None) + (f" {label}" if label else "")

    def run(tf, *tensors):
        made = iter(tensors)
        resolve(tf, name)(*[next(made) if a is None else a for a in plain])
        return tensors[0]

    tensors = [a for a in args if _is_tensor(a)]
    return program(f"{name} {text}", run, *tensors, executors=HOST)


def _is_tensor(value):
    return hasattr(value, "make") or hasattr(value, "parts")


COMPARED = [
    ("debugging.assert_equal", tensor([3, -1]), tensor([3, -1])),
    ("debugging.assert_less", tensor([1, 2]), tensor([2, 3])),
    ("debugging.assert_less_equal", tensor([1, 2]), tensor([1, 3])),
    ("debugging.assert_greater", tensor([1.0, 2.0]), tensor(0.5)),
    ("debugging.assert_greater_equal", tensor([1.0, 2.0]), tensor([1.0])),
    ("debugging.assert_none_equal", tensor([1, 2]), tensor([2, 1])),
    ("debugging.assert_near", tensor([1.0, 2.0]), tensor([1.0, 2.0000001])),
]
FAILING = {
    "debugging.assert_equal": [
        (tensor([1, 2]), tensor([1, 3])),
        (tensor([1, 2]), tensor([1, 2, 3])),
        (tensor([1]), tensor([1.0])),
        (tensor(["a"]), tensor(["b"])),
    ],
    "debugging.assert_less": [
        (tensor([1, 2]), tensor([1, 3])),
        (tensor([1, 2]), tensor([1, 2, 3])),
        (tensor([1]), tensor([1.0])),
        (tensor(["a"]), tensor(["b"])),
    ],
    "debugging.assert_less_equal": [
        (tensor([2.0]), tensor([1.0])),
        (tensor([True]), tensor([False])),
    ],
    "debugging.assert_greater": [(tensor([1.0]), tensor([1.0])), (NAN, tensor(0.0))],
    "debugging.assert_greater_equal": [(tensor([0]), tensor([1])), (f32(2), f64(2))],
    "debugging.assert_none_equal": [
        (tensor([1, 2]), tensor([2, 2])),
        (tensor([1, 2]), tensor([0, 0, 0])),
    ],
    "debugging.assert_near": [
        (tensor([1.0]), tensor([1.1])),
        (tensor([1.0, 1.0]), tensor([1.0, 1.0, 1.0])),
        (NAN, NAN),
        (f32(2), f64(2)),
        (ints(2), ints(2, low=20, high=30)),
    ],
    "debugging.assert_positive": [(tensor([1, 0]),), (tensor(["a"]),), (NAN,)],
    "debugging.assert_negative": [(tensor([-1, 0]),), (tensor([1], "uint8"),)],
    "debugging.assert_non_negative": [(tensor([-1, 0]),)],
    "debugging.assert_non_positive": [(tensor([1.0, 0.0]),)],
    "debugging.assert_all_finite": [(NAN, "wrong"), (INF, "wrong"), (ints(2), "wrong")],
    "debugging.check_numerics": [(NAN, "wrong"), (INF, "wrong"), (ints(2), "wrong")],
    "debugging.assert_integer": [(f32(2),), (bools(2),), (tensor(["a"]),)],
    "debugging.assert_proper_iterable": [(f32(2),), (3,), ("ab",)],
    "debugging.assert_rank": [(f32(2), 2), (f32(2), -1), (f32(2), 1.5), (f32(2), [1])],
    "debugging.assert_rank_at_least": [(f32(2), 2), (f32(2), 0.5), (f32(2), [1])],
    "debugging.assert_rank_in": [(f32(2), (2, 3)), (f32(2), (1, 0.5)), (f32(2), ([1], 2))],
    "debugging.assert_scalar": [(f32(1),)],
    "debugging.assert_type": [(f32(1), "int32"), (tensor(["a"]), "float32")],
    "debugging.assert_same_float_dtype": [
        ([f32(1), f64(1)],),
        ([f32(1)], "float16"),
        ([ints(1)],),
        ([f32(1), ints(1)], "float32"),
    ],
    "debugging.assert_shapes": [
        ([(f32(2, 3), ("a", "a"))],),
        ([(f32(2, 3), ("a",))],),
        ([(f32(2, 3), (2, 4))],),
        ([(f32(2, 3), ("a", 3)), (f32(3), ("a",))],),
        ([(f32(2, 3), ("a", "*"))],),
        ([(f32(2), 2)],),
        (
            [
                (f32(2), ("a", None)),
            ],
        ),
    ],
    "debugging.Assert": [(False, [1, 2]), (tensor([True, False]), ["x"])],
    "Assert": [(False, ["what"])],
}


def shapes_of_all(tf, x, y, s):
    tf.debugging.assert_shapes(
        [(x, ("N", "Q", 3)), (y, ("N",)), (tf.reduce_sum(x), ()), (x, (..., "Q", "D"))]
    )
    tf.debugging.assert_shapes([(x, "NQD"), (y, "N"), (s, ("N", "K"))])
    return x + 1.0


def same_dtypes(tf):
    same = tf.debugging.assert_same_float_dtype
    one, two = tf.constant(1.0), tf.constant(1.0, tf.float64)
    return same([one, one]), same([two]), same([], tf.float16), same(), same([one], tf.float32)


def numeric(tf):
    kinds = ("float16", "bfloat16", "float64", "int8", "uint64", "bool", "string", "complex64")
    found = [
        tf.debugging.is_numeric_tensor(tf.zeros([1], k) if k != "string" else tf.constant("a"))
        for k in kinds
    ]
    return found, tf.debugging.is_numeric_tensor(3), tf.debugging.is_numeric_tensor([1.0])


def switches(tf):
    before = tf.debugging.is_traceback_filtering_enabled()
    tf.debugging.disable_traceback_filtering()
    off = tf.debugging.is_traceback_filtering_enabled()
    tf.debugging.enable_traceback_filtering()
    logs = tf.debugging.get_log_device_placement()
    tf.debugging.set_log_device_placement(False)
    return before, off, tf.debugging.is_traceback_filtering_enabled(), logs


def watched_numbers(tf, x):
    tf.debugging.enable_check_numerics()
    try:
        return tf.math.log(x)
    finally:
        tf.debugging.disable_check_numerics()


def unwatched_numbers(tf, x):
    tf.debugging.enable_check_numerics()
    tf.debugging.disable_check_numerics()
    return tf.math.log(x)


def caught(tf):
    """What `summarize` and `message` say, by the user's own words in it."""
    said = []
    for call in (
        lambda: tf.debugging.assert_equal([1, 2], [1, 3], message="tide", summarize=1),
        lambda: tf.debugging.Assert(False, ["data", 7]),
        lambda: tf.debugging.assert_all_finite([float("nan")], "falls"),
        lambda: tf.debugging.assert_rank([1.0], 3, message="deep"),
    ):
        try:
            call()
        except (ValueError, tf.errors.InvalidArgumentError) as error:
            said.append([word in str(error) for word in ("tide", "data", "falls", "deep", "7")])
    return said


CASES = [
    *[holds(name, x, x if y is None else y) for name, x, y in COMPARED],
    holds("debugging.assert_equal", f32(0, 2), f32(0, 2)),
    holds("debugging.assert_equal", tensor([1.0, 1.0], "float16"), tensor(1.0, "float16")),
    holds("debugging.assert_equal", tensor([1j], "complex64"), tensor([1j], "complex64")),
    holds("debugging.assert_less", f32(0), f32(1)),
    holds("debugging.assert_near", f32(3), tensor(0.0), 0.0, 2.0),
    holds("debugging.assert_near", tensor([1.0], "float16"), tensor([1.0], "float16")),
    holds("debugging.assert_near", tensor([1j], "complex64"), tensor([1j], "complex64")),
    holds("debugging.assert_positive", positive(3)),
    holds("debugging.assert_positive", f32(0)),
    holds("debugging.assert_negative", tensor([-1, -2], "int8")),
    holds("debugging.assert_non_negative", tensor([0, 2], "uint8")),
    holds("debugging.assert_non_positive", tensor([0.0, -2.0], "float64")),
    holds("debugging.assert_all_finite", f32(3), "message"),
    holds("debugging.assert_integer", ints(2)),
    holds("debugging.assert_integer", ints(2, dtype="uint8"), label="unsigned"),
    holds("debugging.assert_rank", f32(2, 3), 2),
    holds("debugging.assert_rank", f32(), 0),
    holds("debugging.assert_rank_at_least", f32(2, 3), 1),
    holds("debugging.assert_rank_in", f32(2, 3), (1, 2)),
    holds("debugging.assert_scalar", f32()),
    holds("debugging.assert_type", f32(2), "float32"),
    eager(
        "proper-iterables",
        lambda tf, x: [tf.debugging.assert_proper_iterable(v) for v in ([x], (1, 2), {"a": x})],
        f32(1),
    ),
    case("debugging.assert_all_finite", f32(3), "message", grad=True),
    case("debugging.assert_scalar", f32()),
    program("same-float-dtype", same_dtypes, executors=EAGER),
    program(
        "shapes",
        shapes_of_all,
        f32(2, 4, 3),
        f32(2),
        sparse([[0, 1], [1, 2]], f32(2), [2, 3]),
        executors=HOST,
    ),
    eager("numeric", numeric),
    eager("switches", switches),
    eager("watched-numbers", watched_numbers, positive(3)),
    eager("unwatched-numbers", unwatched_numbers, tensor([-1.0, 0.0])),
    fails("watched-nan", watched_numbers, tensor([-1.0, 1.0])),
    fails("watched-infinity", watched_numbers, tensor([0.0, 1.0])),
    eager("messages", caught),
    *[
        raises(name, *args, executors=HOST if all(_is_tensor(a) for a in args) else EAGER)
        for name, lists in FAILING.items()
        for args in lists
    ],
]
