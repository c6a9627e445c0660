"""The eager short cuts give what the common path gives, also to tapes."""

import warnings

import numpy as np
import pytest

import tidefall as tf
from tidefall.op import raw
from tidefall.op.registry import find_op

BINARY = {
    "add": "AddV2",
    "subtract": "Sub",
    "multiply": "Mul",
    "divide": "RealDiv",
    "maximum": "Maximum",
    "less": "Less",
    "equal": "Equal",
    "pow": "Pow",
    "squared_difference": "SquaredDifference",
    "floordiv": "FloorDiv",
}
UNARY = {"exp": "Exp", "sqrt": "Sqrt", "tanh": "Tanh", "sigmoid": "Sigmoid", "square": "Square"}
REDUCTIONS = {
    "reduce_sum": "Sum",
    "reduce_mean": "Mean",
    "reduce_max": "Max",
    "reduce_prod": "Prod",
    "reduce_euclidean_norm": "EuclideanNorm",
}


class Seen:
    """A tape that only writes down what it is shown."""

    def __init__(self):
        self.records = []

    def watches(self, tensors):
        return True

    def record(self, record):
        self.records.append(record)


@pytest.fixture
def seen():
    from tidefall.base.state import pop_tape, push_tape

    tape = Seen()
    push_tape(tape)
    yield tape
    pop_tape(tape)


def arrays(*shape):
    rng = np.random.default_rng(len(shape))
    return tf.constant(rng.uniform(0.5, 2.0, shape).astype(np.float32))


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_binary_agrees_with_the_op(name, shape) -> None:
    x, y = arrays(2, 3), arrays(*shape)
    result, direct = getattr(tf.math, name)(x, y), find_op(BINARY[name])(x, y)
    assert result.dtype == direct.dtype
    np.testing.assert_array_equal(result.numpy(), direct.numpy())


@pytest.mark.parametrize("name", BINARY)
def test_binary_records_what_the_op_records(name, seen) -> None:
    x, y = arrays(2, 3), arrays(3)
    result, direct = getattr(tf.math, name)(x, y), find_op(BINARY[name])(x, y)
    short, common = seen.records
    assert short.outputs[0] is result
    assert common.outputs[0] is direct
    assert short.type == common.type == BINARY[name]
    assert short.attrs == common.attrs
    assert [id(t) for t in short.inputs] == [id(t) for t in common.inputs]


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("number", [2, 1.5])
def test_numbers_become_inputs_for_the_tape(name, number, seen) -> None:
    function, x = getattr(tf.math, name), arrays(3)
    left = float(number) if name == "add" else number  # tf.add lets the left operand decide
    results = [function(left, x), function(x, number)]
    for place, result, record in zip((0, 1), results, seen.records, strict=True):
        other = record.inputs[place]
        assert record.outputs[0] is result
        assert other.dtype == tf.float32
        assert other.shape == []
        assert float(other) == number


@pytest.mark.parametrize("name", UNARY)
def test_unary_records_what_the_op_records(name, seen) -> None:
    x = arrays(2, 3)
    getattr(tf.math, name)(x), find_op(UNARY[name])(x)
    short, common = seen.records
    assert short.attrs == common.attrs
    np.testing.assert_array_equal(short.outputs[0].numpy(), common.outputs[0].numpy())


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("axis", [None, 0, -1, [0], (1, 0), []])
@pytest.mark.parametrize("keepdims", [False, True])
def test_reductions_record_what_the_op_records(name, axis, keepdims, seen) -> None:
    x = arrays(2, 3)
    result = getattr(tf.math, name)(x, axis, keepdims)
    axes = [0, 1] if axis is None else axis
    axes = tf.constant(axes, tf.int32)
    direct = find_op(REDUCTIONS[name])(x, axes, keep_dims=keepdims)
    short, common = seen.records
    np.testing.assert_array_equal(result.numpy(), direct.numpy())
    assert short.attrs == common.attrs
    np.testing.assert_array_equal(short.inputs[1].numpy(), common.inputs[1].numpy())


@pytest.mark.parametrize("rank", [2, 3])
@pytest.mark.parametrize("turns", [(False, False), (True, False), (False, True), (True, True)])
def test_matmul_records_what_the_op_records(rank, turns, seen) -> None:
    lead = (2,) * (rank - 2)
    x = arrays(*lead, *((4, 3) if turns[0] else (3, 4)))
    y = arrays(*lead, *((5, 4) if turns[1] else (4, 5)))
    result = tf.matmul(x, y, *turns)
    if rank == 2:
        direct = raw.MatMul(x, y, transpose_a=turns[0], transpose_b=turns[1])
    else:
        direct = raw.BatchMatMulV2(x, y, adj_x=turns[0], adj_y=turns[1])
    short, common = seen.records
    np.testing.assert_allclose(result.numpy(), direct.numpy(), rtol=1e-6)
    assert short.type == common.type
    assert short.attrs == common.attrs


def test_cast_records_what_the_op_records(seen) -> None:
    x = arrays(3)
    tf.cast(x, tf.float64), raw.Cast(x, DstT=tf.float64)
    short, common = seen.records
    assert short.attrs == common.attrs
    assert tf.cast(x, tf.float32) is x
    assert not seen.records[2:]


@pytest.mark.process
def test_nan_and_infinity_come_without_a_warning(run_python) -> None:
    # Outside of pytest, which makes its own rules about warnings.
    out = run_python(
        "import sys, tidefall as tf\n"
        "sys.stderr = sys.stdout\n"
        "big, inf = tf.constant(3e38), tf.constant(float('inf'))\n"
        "print(float(big * 10.0), float(inf - inf), float(inf / inf), float(tf.sqrt(-big)))\n"
        "print(int(tf.cast(inf, tf.int32)), float(tf.reduce_sum(tf.stack([big, big]))))\n"
    )
    assert out == "inf nan nan nan\n-2147483648 inf\n"


def test_warnings_made_errors_change_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = tf.constant([3e38, np.inf, np.nan])
        np.testing.assert_array_equal((x * 10.0).numpy(), [np.inf, np.inf, np.nan])
        np.testing.assert_array_equal((x - x).numpy(), [0, np.nan, np.nan])


def test_results_are_tensors_of_arrays() -> None:
    """NumPy gives scalars where a shape is (); tensors hold arrays all the same."""
    x = tf.constant(2.0)
    for y in (x + x, x * 2, -x, tf.exp(x), x < 3, x == x, tf.reduce_sum(x), tf.pow(x, 2.0)):
        assert type(y.storage) is np.ndarray


def test_inputs_are_left_alone() -> None:
    x = arrays(4, 4)
    before = x.numpy()
    tf.sigmoid(x), tf.add_n([x, x, x]), tf.cumsum(x, reverse=True), tf.reduce_max(x), x / 2
    tf.math.cumulative_logsumexp(x, exclusive=True), tf.clip_by_value(x, 0.0, 1.0)
    np.testing.assert_array_equal(x.numpy(), before)


@pytest.mark.parametrize("shape", [(2, 3), (2, 1, 3), (0, 3)])
def test_bias_add_is_and_records_what_the_op_does(shape, seen) -> None:
    x, b = arrays(*shape), arrays(3)
    result, direct = tf.nn.bias_add(x, b), raw.BiasAdd(x, b)
    np.testing.assert_array_equal(result.numpy(), direct.numpy())
    short, common = seen.records
    assert short.type == common.type == "BiasAdd"
    assert short.attrs == common.attrs
    assert [id(t) for t in short.inputs] == [id(t) for t in common.inputs]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int32, np.uint8])
@pytest.mark.parametrize("name", ["ArgMax", "ArgMin"])
def test_arg_reductions_agree_with_the_op(name, dtype) -> None:
    x = tf.constant((np.arange(24).reshape(2, 3, 4) * 7 % 5).astype(dtype))
    short = getattr(tf.math, name.lower())
    for axis in (None, 0, 1, 2, -1):
        direct = find_op(name)(x, 0 if axis is None else axis)
        np.testing.assert_array_equal(short(x, axis).numpy(), direct.numpy())
    with pytest.raises(tf.errors.InvalidArgumentError, match="Expected dimension"):
        short(x, 3)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_arg_reductions_pass_over_nan_but_not_over_infinities(dtype) -> None:
    x = np.array([[np.nan, 1, 2], [np.inf, -np.inf, np.inf], [3, np.nan, np.inf]], dtype)
    for given in (tf.constant(x), tf.transpose(tf.constant(x.T.copy()))):
        assert tf.argmax(given, 1).numpy().tolist() == [2, 0, 2]
        assert tf.argmin(given, 1).numpy().tolist() == [1, 1, 0]


def test_stack_of_eager_tensors_refuses_other_shapes() -> None:
    rows = tf.stack([tf.constant([1, 2]), tf.constant([3, 4])])
    assert rows.numpy().tolist() == [[1, 2], [3, 4]]
    assert tf.stack([tf.constant(True), tf.constant(False)]).dtype == tf.bool
    assert tf.stack([tf.constant("a"), tf.constant("b")]).numpy().tolist() == [b"a", b"b"]
    assert tf.stack([tf.zeros([0, 3]), tf.zeros([0, 3])]).shape == [2, 0, 3]
    for other in (tf.constant([1]), tf.constant(1), tf.constant([[1, 2]])):
        with pytest.raises(tf.errors.InvalidArgumentError, match="Shapes of all inputs"):
            tf.stack([tf.constant([1, 2]), other])


@pytest.mark.parametrize(
    ("low", "high"),
    [(-0.5, 0.5), (0, 1), (-np.inf, 1e30), (-1.0, tf.constant([0.0, 0.25, 0.5]))],
)
def test_clip_by_value_agrees_with_numpy(low, high) -> None:
    x = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)
    expected = np.maximum(np.minimum(x, np.asarray(high)), np.asarray(low))
    result = tf.clip_by_value(tf.constant(x), low, high)
    assert result.dtype == tf.float32
    np.testing.assert_array_equal(result.numpy(), expected)


@pytest.mark.parametrize("limit", [tf.zeros([2]), tf.zeros([5, 2, 3])])
def test_limits_that_do_not_fit_are_refused(limit) -> None:
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError), match=r"[Ss]hape"):
        tf.clip_by_value(tf.zeros([2, 3]), limit, 1.0)


def test_split_and_softmax_along_any_axis() -> None:
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    for axis in (0, 1, 2, -1, -2):
        parts = tf.split(tf.constant(x), x.shape[axis], axis=axis)
        for part, expected in zip(parts, np.split(x, x.shape[axis], axis), strict=True):
            np.testing.assert_array_equal(part.numpy(), expected)
        powers = np.exp(x - x.max(axis, keepdims=True))
        expected = powers / powers.sum(axis, keepdims=True)
        np.testing.assert_allclose(tf.nn.softmax(tf.constant(x), axis), expected, rtol=1e-6)
    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.split(tf.constant(x), 5, axis=1)
