"""Native functions of arrays agree with formulas, however their arrays lie."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

import tidefall as tf
from tests.native.ways import LEVELS
from tidefall.base.config import config
from tidefall.native import library
from tidefall.native.functions import Native, native_function
from tidefall.ops.random import philox

pytestmark = pytest.mark.skipif(
    not library.enabled(), reason=f"native kernels: {library.status().reason}"
)
Formula = Callable[..., np.ndarray]


def _refused(*_: object) -> np.ndarray:
    """What functions stand in for here: they are to take all that they are given."""
    raise AssertionError("left to the function that is no native one")


def native(name: str) -> Formula:
    return native_function(name, _refused)


def _softmax(x: np.ndarray) -> np.ndarray:
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


ARITHMETIC = ("add", "subtract", "multiply", "divide", "maximum", "minimum")
ONE: dict[str, Formula] = {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.maximum(x, 0),
    "elu": lambda x: np.where(x < 0, np.expm1(np.minimum(x, 0)), x),
    "rsqrt": lambda x: 1 / np.sqrt(np.abs(x)),
    "exp": np.exp,
    "log": lambda x: np.log(np.abs(x)),
    "tanh": np.tanh,
    "sqrt": lambda x: np.sqrt(np.abs(x)),
    "sign": np.sign,
    "erf": np.vectorize(math.erf),
    "softplus": lambda x: np.logaddexp(x, 0),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "is_finite": np.isfinite,
    "softmax": _softmax,
    "log_softmax": lambda x: np.log(_softmax(x)),
}
MORE: dict[str, Formula] = {
    "squared_difference": lambda a, b: (a - b) ** 2,
    "sigmoid_grad": lambda y, dy: dy * y * (1 - y),
    "tanh_grad": lambda y, dy: dy * (1 - y * y),
    "relu_grad": lambda g, x: np.where(x > 0, g, 0),
    "elu_grad": lambda g, y: np.where(y < 0, (y + 1) * g, g),
    "sqrt_grad": lambda y, dy: dy * 0.5 / y,
    "rsqrt_grad": lambda y, dy: y**3 * dy * -0.5,
    "clip": lambda x, low, high: np.maximum(np.minimum(x, high), low),
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
}


@pytest.fixture(params=LEVELS)
def level(request: pytest.FixtureRequest) -> Iterator[str]:
    limit, best = library.status().library.tidefall_limit_loops, library.status().vectors
    limit(LEVELS.index(request.param))
    yield request.param
    limit(LEVELS.index(best))


def _arrays(name: str, shape: tuple[int, ...]) -> list[np.ndarray]:
    generator = np.random.default_rng(0)
    count = 1 if name in ONE else 3 if name == "clip" else 2
    made = [(generator.standard_normal(shape) * 4).astype(np.float32) for _ in range(count)]
    return [np.abs(made[0]), *made[1:]] if name in ("rsqrt", "log", "sqrt") else made


@pytest.mark.parametrize("shape", [(1,), (7,), (5, 33), (3, 4, 100), (70_001,), (9, 20_000)])
@pytest.mark.parametrize("name", [*ONE, *MORE])
def test_agrees_with_the_formula(name: str, shape: tuple[int, ...], level: str) -> None:
    given = _arrays(name, shape)
    result = native(name)(*given)
    assert result.dtype == (np.bool_ if name == "is_finite" else np.float32)
    expected = {**ONE, **MORE}[name](*[a.astype(np.float64) for a in given])
    np.testing.assert_allclose(result, expected, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("name", [*ONE, *MORE])
def test_a_result_is_the_same_wherever_the_elements_lie(name: str) -> None:
    given = _arrays(name, (130, 1201))
    spread = [np.repeat(np.repeat(a, 2, 0), 3, 1)[::2, ::3] for a in given]
    turned = [np.asfortranarray(a) for a in given]
    # NumPy's own arithmetic gives the same bits, so that such arrays are left to it.
    function = native_function(name, MORE[name] if name in ARITHMETIC else _refused)
    result = function(*given)
    for others in (spread, turned):
        np.testing.assert_array_equal(function(*others), result)


@pytest.mark.parametrize("name", ["sigmoid", "softmax", "clip"])
def test_a_result_does_not_depend_on_the_number_of_threads(name: str) -> None:
    given = _arrays(name, (1001, 997))
    result = native(name)(*given)
    library.limit_threads(1)
    try:
        np.testing.assert_array_equal(native(name)(*given), result)
    finally:
        library.limit_threads(0)


@pytest.mark.parametrize("count", [1, 12, 13, 100, 70_001])
def test_random_blocks_are_those_of_numpy(count: int, level: str) -> None:
    for key, counter in ((0, 0), (5, 7), (2**64 - 1, 2**128 - 3), (2**63 + 5, 2**64 - 9)):
        index = np.arange(count, dtype=np.uint64)
        made, first = philox.blocks(key, counter, index), philox.block(key, counter)
        config.native = False
        try:
            np.testing.assert_array_equal(made, philox.blocks(key, counter, index))
            assert first == philox.block(key, counter) == tuple(made[0].tolist())
        finally:
            config.native = True


@pytest.mark.parametrize("name", ARITHMETIC)
def test_rows_and_numbers_go_with_arrays_bit_for_bit(name: str, level: str) -> None:
    formula = MORE[name]
    for shape in ((2, 4), (3, 5, 33), (70, 1001), (2, 40_000)):
        x = _arrays(name, shape)[0]
        for other in (x[(0,) * (x.ndim - 1)].copy(), 2.5, 3, -1, float("inf"), float("nan")):
            with np.errstate(all="ignore"):
                expected, turned = formula(x, other), formula(other, x)
            np.testing.assert_array_equal(native(name)(x, other), expected)
            np.testing.assert_array_equal(native(name)(other, x), turned)


def test_what_a_function_does_not_take_goes_to_the_one_it_stands_in_for() -> None:
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    seen: list[object] = []
    for name, arguments in (
        ("relu", (x.astype(np.float64),)),
        ("relu", (1.0,)),
        ("relu", (x, x)),
        ("add", (x, x.astype(np.int32))),
        ("add", (x, x[:, :1])),
        ("add", (x, np.zeros(4, np.float32))),
        ("add", (x, 1e300)),
        ("add", (x, 2**70)),
        ("add", (x, True)),
        ("add", (x.T, x.T)),
        ("add", ()),
        ("softmax", (np.float32(1).reshape(()),)),
        ("reduce_sum", (x, 2, False)),
        ("reduce_sum", (x, -3, False)),
        ("reduce_sum", (x, 2**70, False)),
        ("reduce_sum", (x, (0, 1), False)),
        ("reduce_sum", (x[:0], None, False)),
        ("argmax", (x, 0)),
        ("argmax", (x[:, :0], 1)),
        ("concat", ([x, x[:, :2]], 0)),
        ("concat", ((x, x), 0)),
        ("concat", ([], 0)),
        ("concat", ([x, x.astype(np.float64)], 0)),
        ("concat", ([x, 1.0], 0)),
        ("concat", ([x.astype(object)] * 2, 0)),
        ("stack", ([x, x[:1]], 0)),
        ("stack", ([x, x], 3)),
        ("philox", (1, 2, 3, np.arange(3))),
        ("philox", (1.5, 2, 3, np.arange(3, dtype=np.uint64))),
    ):
        function = native_function(name, lambda *given: seen.append(given) or len(seen))
        before = len(seen)
        assert function(*arguments) == before + 1
        assert len(seen[-1]) == len(arguments)
        assert all(a is b for a, b in zip(seen[-1], arguments, strict=True))


def test_errors_of_the_function_it_stands_in_for_are_raised() -> None:
    with pytest.raises(AssertionError, match="left to the function"):
        native("relu")("text")


REDUCTIONS: dict[str, Formula] = {
    "reduce_sum": lambda x, axis, keeps: np.sum(x, axis, keepdims=keeps),
    "reduce_mean": lambda x, axis, keeps: np.mean(x, axis, keepdims=keeps),
    "reduce_max": lambda x, axis, keeps: np.max(x, axis, keepdims=keeps),
    "reduce_min": lambda x, axis, keeps: np.min(x, axis, keepdims=keeps),
}


SHAPES = [(1,), (7,), (33,), (5, 33), (2, 4), (3, 4, 100), (300_001,), (3, 70_000), (900, 70)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions_agree_with_numpy(name: str, shape: tuple[int, ...], level: str) -> None:
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    for axis in (None, *range(-len(shape), len(shape))):
        for keeps in (False, True):
            made = native_function(name, REDUCTIONS[name])(
                x, axis, keeps
            )  # large columns are NumPy's
            expected = REDUCTIONS[name](x.astype(np.float64), axis, keeps)
            assert made.dtype == np.float32
            assert made.shape == expected.shape
            np.testing.assert_allclose(made, expected, rtol=1e-5, atol=2e-5)


def test_sums_of_many_elements_keep_their_digits(level: str) -> None:
    x = np.full(3_000_000, 0.1, np.float32)
    for name, expected in (("reduce_sum", 300_000.0), ("reduce_mean", 0.1)):
        np.testing.assert_allclose(native(name)(x, None, False), expected, rtol=3e-7)


@pytest.mark.parametrize("name", REDUCTIONS)
def test_a_reduction_depends_neither_on_threads_nor_on_where_elements_lie(name: str) -> None:
    x = np.random.default_rng(0).standard_normal((501, 997)).astype(np.float32)
    spread = np.repeat(np.repeat(x, 2, 0), 3, 1)[::2, ::3]
    for axis in (None, 1):
        result = native(name)(x, axis, False)
        np.testing.assert_array_equal(native(name)(spread, axis, False), result)
        library.limit_threads(1)
        try:
            np.testing.assert_array_equal(native(name)(x, axis, False), result)
        finally:
            library.limit_threads(0)


def test_extremes_of_what_is_no_number(level: str) -> None:
    nan, inf = np.nan, np.inf
    for length in (3, 100):
        rows = np.zeros((4, length), np.float32)
        rows[0, 1], rows[1, 2], rows[2, :2] = nan, inf, (-inf, nan)
        rows[3] = -inf
        for axis in (0, 1, None):
            for name, formula in (("reduce_max", np.max), ("reduce_min", np.min)):
                expected = formula(rows, axis)
                np.testing.assert_array_equal(native(name)(rows, axis, False), expected)


@pytest.mark.parametrize("shape", [(1,), (9,), (5, 33), (2, 4), (3, 4, 100), (70_001,), (90, 700)])
def test_the_first_extreme_is_found(shape: tuple[int, ...], level: str) -> None:
    x = np.random.default_rng(0).integers(-9, 9, shape).astype(np.float32)
    for axis in (-1, len(shape) - 1):
        for name, formula in (("argmax", np.argmax), ("argmin", np.argmin)):
            found = native(name)(x, axis)
            assert found.dtype == np.int64
            np.testing.assert_array_equal(found, formula(x, axis))


def test_what_is_no_number_is_never_chosen(level: str) -> None:
    nan, inf = np.nan, np.inf
    rows = [[nan, 1, 2], [2, nan, 1], [nan, nan, nan], [nan, -inf, -inf], [nan, inf, inf]]
    x = np.tile(np.array(rows, np.float32), (1, 20))
    np.testing.assert_array_equal(native("argmax")(x, 1), [2, 0, 0, 0, 1])
    np.testing.assert_array_equal(native("argmin")(x, 1), [1, 2, 0, 1, 0])


@pytest.mark.parametrize("dtype", ["float32", "int8", "bool", "complex128", "bfloat16", "int64"])
def test_arrays_are_joined_as_numpy_joins_them(dtype: str) -> None:
    kind = tf.as_dtype(dtype).as_numpy_dtype
    parts = [(np.arange(n * 60).reshape(4, n, 15) % 7).astype(kind) for n in (1, 3, 2, 0)]
    for axis in (1, -2):
        np.testing.assert_array_equal(native("concat")(parts, axis), np.concatenate(parts, axis))
    for axis in range(-4, 4):
        same = [parts[1], parts[1][::-1].copy(), parts[1] + parts[1]]
        np.testing.assert_array_equal(native("stack")(same, axis), np.stack(same, axis))
    long = np.arange(300_000).astype(kind)
    np.testing.assert_array_equal(native("concat")([long, long], 0), np.concatenate([long, long]))
    scalars = [np.array(1, kind), np.array(0, kind)]
    assert native("stack")(scalars, 0).tolist() == np.stack(scalars).tolist()


@pytest.mark.parametrize("name", [*ONE, *MORE])
def test_nothing_is_computed_of_nothing(name: str) -> None:
    for shape in ((0,), (3, 0), (0, 3)):
        assert native(name)(*_arrays(name, shape)).shape == shape


def test_what_is_no_number_stays_so_without_a_warning() -> None:
    inf, nan = np.float32(np.inf), np.float32(np.nan)
    x = np.array([nan, inf, -inf, -200, 200, 0], np.float32)
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(native("relu")(x), [nan, inf, 0, 0, 200, 0])
        np.testing.assert_allclose(native("sigmoid")(x), [nan, 1, 0, 0, 1, 0.5], atol=1e-30)
        np.testing.assert_array_equal(native("elu")(x), [nan, inf, -1, -1, 200, 0])
        limits = np.array(-1, np.float32), np.array(nan, np.float32)
        np.testing.assert_array_equal(native("clip")(x, *limits), [nan] * 6)
        np.testing.assert_array_equal(native("rsqrt")(x[[0, 1, 2, 5]]), [nan, 0, nan, inf])
        np.testing.assert_array_equal(native("exp")(x), [nan, inf, 0, 0, inf, 1])
        np.testing.assert_array_equal(native("log")(x[[0, 1, 2, 3, 5]]), [nan, inf, nan, nan, -inf])
        np.testing.assert_array_equal(native("sqrt")(x[[0, 1, 2, 3, 5]]), [nan, inf, nan, nan, 0])
        np.testing.assert_array_equal(native("sign")(x), [nan, 1, -1, -1, 1, 0])
        for name in ("tanh", "erf"):
            np.testing.assert_allclose(native(name)(x), [nan, 1, -1, -1, 1, 0], rtol=1e-7)
        np.testing.assert_allclose(native("softplus")(x), [nan, inf, 0, 0, 200, np.log(2)])
        np.testing.assert_array_equal(native("is_finite")(x), [0, 0, 0, 1, 1, 1])
        for name in ("softmax", "log_softmax"):
            rows = np.stack([np.roll([nan, 1, 2], i) for i in range(3)]).astype(np.float32)
            assert np.isnan(native(name)(rows)).all()
            assert np.isnan(native(name)(np.full((2, 40), -inf, np.float32))).all()
        masked = native("log_softmax")(np.array([0, -inf, 0], np.float32))
        np.testing.assert_allclose(masked, [-np.log(2), -inf, -np.log(2)])


def test_no_digits_are_lost_where_results_are_small(level: str) -> None:
    tiny = np.geomspace(1e-44, 1e-3, 400).astype(np.float32)
    for name in ("tanh", "erf"):
        exact = {"tanh": np.tanh, "erf": np.vectorize(math.erf)}[name]
        for x in (tiny, -tiny):
            expected = exact(x.astype(np.float64))
            np.testing.assert_allclose(native(name)(x), expected, rtol=5e-7, atol=1.5e-45)
    for x in (tiny, np.geomspace(1e-3, 1e38, 400).astype(np.float32)):
        np.testing.assert_allclose(native("log")(x), np.log(x.astype(np.float64)), rtol=4e-7)
    near = (1 + np.linspace(-0.3, 0.3, 601)).astype(np.float32)
    np.testing.assert_allclose(native("log")(near), np.log(near.astype(np.float64)), rtol=6e-7)
    x = np.linspace(-85, 88, 2001).astype(np.float32)
    np.testing.assert_allclose(native("exp")(x), np.exp(x.astype(np.float64)), rtol=3e-7)
    below = np.linspace(-80, 0, 801).astype(np.float32)
    expected = np.log1p(np.exp(below.astype(np.float64)))
    np.testing.assert_allclose(native("softplus")(below), expected, rtol=8e-7)


@pytest.mark.parametrize("shape", [(1,), (9,), (5, 33), (3, 4, 100), (40_001,), (90, 700)])
def test_the_largest_of_a_row_are_found_in_order(shape: tuple[int, ...], level: str) -> None:
    x = np.random.default_rng(0).integers(-9, 9, shape).astype(np.float32)
    for k in {min(k, shape[-1]) for k in (1, 2, 7, 128)}:
        found = native("top_places")(x, k)
        assert found.dtype == np.int32
        np.testing.assert_array_equal(found, np.argsort(-x, -1, kind="stable")[..., :k])


def test_rows_that_have_no_order_are_left_to_numpy() -> None:
    x = np.array([[1, 2, 3], [1, np.nan, 3]], np.float32)
    assert native_function("top_places", lambda x, k: k)(x, 2) == 2
    assert native_function("top_places", lambda x, k: k)(x[:1], 4) == 4


def test_calls_from_several_threads() -> None:
    x = np.random.default_rng(0).standard_normal((300, 1000)).astype(np.float32)
    expected, found = native("softmax")(x), []
    threads = [
        threading.Thread(target=lambda: found.append(native("softmax")(x))) for _ in range(4)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    for result in found:
        np.testing.assert_array_equal(result, expected)
    assert len(found) == 4


def test_ops_do_without() -> None:
    x = tf.constant(np.linspace(-3, 3, 24, dtype=np.float32).reshape(4, 6))
    functions = [tf.sigmoid, tf.nn.relu, tf.nn.elu, tf.nn.softmax, tf.nn.log_softmax]
    functions.append(lambda x: tf.clip_by_value(x, -1.0, 1.0))
    with_kernels = [f(x).numpy() for f in functions]
    config.native = False
    try:
        assert native("relu") is _refused
        for function, expected in zip(functions, with_kernels, strict=True):
            np.testing.assert_allclose(function(x).numpy(), expected, rtol=1e-6, atol=1e-7)
    finally:
        config.native = True
    assert native("relu") is not _refused


def test_an_unknown_name() -> None:
    with pytest.raises(ValueError, match="no function called 'cosine'"):
        native("cosine")


def test_a_kernel_is_native_from_its_first_call_on() -> None:
    kernel = Native("relu", _refused)
    x = np.array([-1, 2], np.float32)
    assert kernel(x).tolist() == [0, 2]
    assert kernel.run(x).tolist() == [0, 2]
    config.native = False
    try:
        with pytest.raises(AssertionError, match="left to the function"):
            kernel.run(x)
    finally:
        config.native = True
    assert kernel.run(x).tolist() == [0, 2]
