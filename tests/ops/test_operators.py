"""Operators of tensors and variables: what Python sees of them, and what graphs get."""

import operator

import numpy as np
import pytest

import tidefall as tf

c = tf.constant


class Reflected:
    """Knows how to combine itself with a tensor that stands on its left."""

    def __radd__(self, other):
        return "radd"

    def __rmul__(self, other):
        return "rmul"

    def __rsub__(self, other):
        return NotImplemented

    def __rtruediv__(self, other):
        return "rtruediv"

    def __rmatmul__(self, other):
        return "rmatmul"


@pytest.mark.parametrize(
    "function, expected",
    [
        (lambda x: x + 2, 5),
        (lambda x: 2 + x, 5),
        (lambda x: x - 2, 1),
        (lambda x: 2 - x, -1),
        (lambda x: x * 2, 6),
        (lambda x: 2 * x, 6),
        (lambda x: x / 2, 1.5),
        (lambda x: 6 / x, 2.0),
        (lambda x: x // 2, 1),
        (lambda x: 7 // x, 2),
        (lambda x: x % 2, 1),
        (lambda x: 7 % x, 1),
        (lambda x: x**2, 9),
        (lambda x: 2**x, 8),
        (lambda x: x & 6, 2),
        (lambda x: 6 & x, 2),
        (lambda x: x | 4, 7),
        (lambda x: 4 | x, 7),
        (lambda x: x ^ 1, 2),
        (lambda x: 1 ^ x, 2),
        (lambda x: ~x, -4),
        (lambda x: -x, -3),
        (lambda x: abs(-x), 3),
        (lambda x: x + True, 4),
        (lambda x: x + np.float32(1.5), 4),
        (lambda x: np.array([1.9]) + x, [4]),
        (lambda x: [1, 2] + x, [4, 5]),
        (lambda x: x - [c(1), 2], [2, 1]),
        (lambda x: x > 1, True),
        (lambda x: x >= 3, True),
    ],
)
@pytest.mark.parametrize("make", [c, tf.Variable], ids=["tensor", "variable"])
def test_int_with_python_values(function, expected, make) -> None:
    result = function(make(3))
    np.testing.assert_array_equal(result.numpy(), expected)
    kind = np.asarray(expected).dtype.kind
    assert result.dtype == {"i": tf.int32, "f": tf.float64, "b": tf.bool}[kind]


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
def test_floats_keep_their_dtype_against_python_numbers(dtype) -> None:
    x = c([1.5, -2.5], dtype)
    for result in (x + 1, 1 + x, x * 2.0, 2.0 * x, x / 2, 2 / x, x // 2, x % 2, abs(x) ** 2, 2**x):
        assert result.dtype == x.dtype


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16"])
def test_division_of_narrow_integers_gives_float32(dtype) -> None:
    assert (c(7, dtype) / c(2, dtype)).dtype == tf.float32


def test_arrays_take_the_dtype_of_the_tensor() -> None:
    x = c([1.0, 2.0])
    for result in (x + np.array([1.0, 2.0]), np.array([1.0, 2.0]) * x, x - np.array([1, 2])):
        assert isinstance(result, tf.Tensor)
        assert result.dtype == tf.float32


MIXED = [operator.add, operator.sub, operator.mul, operator.floordiv, operator.mod, operator.pow]


@pytest.mark.parametrize("function", MIXED)
def test_dtypes_are_never_promoted(function) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"int32 tensor but is a float tensor"):
        function(c(1), c(1.0))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"int32 tensor but is a int64 tensor"):
        function(c(1), c(1, tf.int64))


@pytest.mark.parametrize("function", MIXED)
def test_dtypes_are_never_promoted_in_graphs(function) -> None:
    with tf.Graph().as_default(), pytest.raises(TypeError, match="does not match type int32"):
        function(c(1), c(1.0))


def test_true_division_wants_equal_dtypes() -> None:
    with pytest.raises(TypeError, match="same dtype"):
        c(1) / c(1.0)
    with pytest.raises(TypeError, match=r"tf\.bool in __truediv__"):
        c(True) / c(True)


@pytest.mark.parametrize("function", [*MIXED[1:], operator.lt, operator.eq, operator.and_])
def test_a_number_that_does_not_fit_is_an_error(function) -> None:
    with pytest.raises(TypeError, match=r"Cannot convert 1\.5 to EagerTensor of dtype int32"):
        function(c(3), 1.5)
    with pytest.raises(TypeError, match=r"Cannot convert 1\.5 to EagerTensor of dtype int32"):
        function(1.5, c(3))


def test_addition_leaves_the_complaint_to_the_op() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="int32 tensor but is a float"):
        c(1) + 1.5
    with pytest.raises(tf.errors.InvalidArgumentError, match="int32 tensor but is a string"):
        c(1) + "a"


def test_reflected_operators_of_others_are_asked() -> None:
    x = c(1)
    assert x + Reflected() == "radd"
    assert x * Reflected() == "rmul"
    assert x / Reflected() == "rtruediv"
    assert x @ Reflected() == "rmatmul"
    with pytest.raises(ValueError, match="unsupported type"):
        x - Reflected()
    with pytest.raises(ValueError, match="unsupported type"):
        x + object()
    with pytest.raises(ValueError, match="None"):
        x + None


def test_reflected_operators_are_asked_in_graphs() -> None:
    with tf.Graph().as_default():
        assert c(1) + Reflected() == "radd"


@pytest.mark.parametrize("function", [operator.lshift, operator.rshift, divmod])
def test_operators_tensorflow_lacks(function) -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        function(c(1), c(2))
    with pytest.raises(TypeError, match="bad operand"):
        +c(1)


# ---- equality ----


def test_equality_is_elementwise() -> None:
    np.testing.assert_array_equal(c([1, 2]) == c([1, 3]), [True, False])
    np.testing.assert_array_equal(c([1, 2]) != [1, 3], [False, True])
    np.testing.assert_array_equal(c(["a", "b"]) == "a", [True, False])


def test_shapes_that_do_not_fit_are_unequal() -> None:
    assert bool(c([1, 2]) == c([1, 2, 3])) is False
    assert c([1, 2]) != c([1, 2, 3])
    with pytest.raises(tf.errors.InvalidArgumentError, match="Incompatible shapes"):
        tf.equal(c([1, 2]), c([1, 2, 3]))


def test_none_is_unequal() -> None:
    assert (c(1) == None) is False  # noqa: E711
    assert (c(1) != None) is True  # noqa: E711


def test_membership_uses_equality() -> None:
    assert c(1) in [c(2), c(1)]
    assert c(3) not in [c(2), c(1)]


# ---- names in graphs ----

NAMES = [
    (operator.add, ["add/y", "add"], "AddV2"),
    (operator.sub, ["sub/y", "sub"], "Sub"),
    (operator.mul, ["mul/y", "mul"], "Mul"),
    (operator.floordiv, ["floordiv/y", "floordiv"], "FloorDiv"),
    (operator.mod, ["mod/y", "mod"], "FloorMod"),
    (operator.pow, ["pow/y", "pow"], "Pow"),
    (operator.truediv, ["truediv/y", "truediv/Cast", "truediv/Cast_1", "truediv"], "RealDiv"),
]


@pytest.mark.parametrize("function, names, kind", NAMES, ids=[n[-1] for _, n, _ in NAMES])
def test_nodes_are_named_after_the_operator(function, names, kind) -> None:
    graph = tf.Graph()
    with graph.as_default():
        result = function(c(3, name="x"), 2)
    assert [node.name for node in graph.get_operations()] == ["x", *names]
    assert result.op.type == kind
    with graph.as_default():
        assert function(2, graph.get_tensor_by_name("x:0")).op.name == f"{names[-1]}_1"


def test_strings_are_added_by_the_op_for_them() -> None:
    graph = tf.Graph()
    with graph.as_default():
        assert (c("a") + "b").op.type == "Add"


# ---- getting there ----


@pytest.mark.process
def test_operators_are_loaded_when_first_used(run_python) -> None:
    out = run_python(
        "import sys, tidefall as tf\n"
        "print('tidefall.ops.operator_methods' in sys.modules)\n"
        "before = tf.Tensor.__add__\n"
        "print(int(tf.constant(1) + 1), tf.Tensor.__add__ is before)\n"
        "class Mine(tf.Tensor): pass\n"
        "print(Mine.__add__ is tf.Tensor.__add__)\n"
    )
    assert out.split("\n")[:3] == ["False", "2 False", "True"]


def test_overloadable_operators_are_listed() -> None:
    assert "__add__" in tf.Tensor.OVERLOADABLE_OPERATORS
    for name in tf.Tensor.OVERLOADABLE_OPERATORS:
        assert hasattr(tf.Tensor, name)
        assert hasattr(tf.Variable, name)
