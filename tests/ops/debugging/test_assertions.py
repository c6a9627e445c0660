"""tf.debugging's assertions, eagerly and in graphs."""

import numpy as np
import pytest

import tidefall as tf

debug = tf.debugging
INVALID = tf.errors.InvalidArgumentError
X, Y = tf.zeros([2, 3]), tf.zeros([3, 4])

PASS = [
    lambda: tf.Assert(True, [1]),
    lambda: debug.assert_equal([[1, 2]], [1, 2]),
    lambda: debug.assert_equal([], []),
    lambda: debug.assert_less(1, 2),
    lambda: debug.assert_less_equal(2, 2),
    lambda: debug.assert_greater(2, 1),
    lambda: debug.assert_greater_equal(2, 2),
    lambda: debug.assert_none_equal([1, 2], [2, 1]),
    lambda: debug.assert_near(1.0, 1.0000001),
    lambda: debug.assert_near(1.0, 1.05, rtol=0.1),
    lambda: debug.assert_near(np.float64(1), np.float64(1 + 1e-15)),
    lambda: debug.assert_positive(1),
    lambda: debug.assert_negative([-1.0]),
    lambda: debug.assert_non_negative([]),
    lambda: debug.assert_non_positive(0),
    lambda: debug.assert_rank([1], tf.constant(1)),
    lambda: debug.assert_rank_at_least([[1]], 1),
    lambda: debug.assert_rank_in([1], (1, 2)),
    lambda: debug.assert_scalar(1),
    lambda: debug.assert_type(1, tf.int32),
    lambda: debug.assert_integer(1),
    lambda: debug.assert_proper_iterable([1]),
    lambda: debug.assert_shapes([(X, ("N", "Q")), (Y, ("Q", "D"))]),
    lambda: debug.assert_shapes([(X, (2, None)), (Y, "QD")]),
    lambda: debug.assert_shapes([(X, (..., "Q")), (1.0, ()), ([1, 2], (2,))]),
    lambda: debug.assert_shapes([(X, (".", "Q")), (X, ("*", "Q")), (tf.constant(1), "N")]),
    lambda: debug.assert_shapes({"a": ()}),
]


@pytest.mark.parametrize("call", PASS)
def test_what_holds(call):
    assert call() is None
    tf.function(call)()


SUMMARY = "Expected 'False' to be true. Summarized data: b'msg'\n1, 2\n0, 1, 2, ..."
FAIL = [
    (lambda: tf.Assert(False, ["msg", [1, 2], tf.range(10)]), INVALID, SUMMARY),
    (lambda: tf.Assert(False, 3), TypeError, "data must be a list of tensors. Received: 3"),
    (
        lambda: debug.assert_equal(1, 2),
        INVALID,
        "Condition x == y did not hold.\nFirst 1 elements of x:\n[1]\nFirst 1 elements of y:\n[2]",
    ),
    (
        lambda: debug.assert_equal([1, 2], [1, 3], message="hey"),
        INVALID,
        (
            "hey\nCondition x == y did not hold.\nIndices of first 1 different values:\n[[1]]\n"
            "Corresponding x values:\n[2]\nCorresponding y values:\n[3]\n"
            "First 2 elements of x:\n[1 2]\nFirst 2 elements of y:\n[1 3]"
        ),
    ),
    (
        lambda: debug.assert_equal([1, 2, 3], [3, 2, 1], summarize=1),
        INVALID,
        (
            "Condition x == y did not hold.\nIndices of first 1 different values:\n[[0]]\n"
            "Corresponding x values:\n[1]\nCorresponding y values:\n[3]\n"
            "First 1 elements of x:\n[1]\nFirst 1 elements of y:\n[3]"
        ),
    ),
    (lambda: debug.assert_equal([1, 2, 3], [1, 2]), INVALID, "Incompatible shapes: [3] vs. [2]"),
    (lambda: debug.assert_equal("a", "b"), INVALID, "Condition x == y did not hold."),
    (lambda: debug.assert_less(2, 2, message="m"), INVALID, "m\nCondition x < y did not hold."),
    (lambda: debug.assert_less_equal(3, 2), INVALID, "Condition x <= y did not hold."),
    (lambda: debug.assert_greater(1, 2), INVALID, "Condition x > y did not hold."),
    (lambda: debug.assert_greater_equal(1, 2), INVALID, "Condition x >= y did not hold."),
    (lambda: debug.assert_none_equal([1, 2], [1, 3]), INVALID, "Condition x != y did not hold."),
    (lambda: debug.assert_near(1.0, 1.1), INVALID, "x and y not equal to tolerance rtol = "),
    (lambda: debug.assert_near(1, 1), ValueError, "not inexact"),
    (lambda: debug.assert_positive([1, 0]), INVALID, "Condition x > 0 did not hold element-wise:"),
    (lambda: debug.assert_negative(1), INVALID, "Condition x < 0 did not hold element-wise:"),
    (lambda: debug.assert_non_negative([-1]), INVALID, "Condition x >= 0 did not hold"),
    (lambda: debug.assert_non_positive(1, message="m"), INVALID, "m\nCondition x <= 0 did not"),
    (
        lambda: debug.assert_rank([1], 2, message="mm"),
        ValueError,
        "mm.  Tensor  must have rank 2.  Received rank 1, shape (1,)",
    ),
    (lambda: debug.assert_rank([1], [1]), ValueError, "Rank must be a scalar."),
    (lambda: debug.assert_rank([1], 1.5), TypeError, "must be of type tf.int32; got tf.float32"),
    (
        lambda: debug.assert_rank_at_least([1], 2),
        ValueError,
        "Tensor  must have rank at least 2.  Received rank 1, shape (1,)",
    ),
    (
        lambda: debug.assert_rank_in([1], [0, 2]),
        ValueError,
        "Tensor  must have rank in (0, 2).  Received rank 1, shape (1,)",
    ),
    (lambda: debug.assert_scalar([1]), ValueError, "Expected scalar shape, saw shape: (1,)."),
    (
        lambda: debug.assert_type(1, tf.float32, message="m"),
        TypeError,
        "m.  tensor must be of type tf.float32; got tf.int32",
    ),
    (lambda: debug.assert_integer(1.0), TypeError, 'Expected "x" to be integer type.'),
    (lambda: debug.assert_proper_iterable("ab"), TypeError, 'to be a "proper" iterable.'),
    (lambda: debug.assert_proper_iterable(1), TypeError, "to be iterable."),
    (
        lambda: debug.assert_shapes([(X, ("N", "Q")), (Y, ("N", "D"))]),
        ValueError,
        (
            "Specified by tensor shape=(2, 3) dtype=float32 dimension 0.  Tensor shape=(3, 4) "
            "dtype=float32 dimension 0 must have size 2.  Received size 3, shape (3, 4)"
        ),
    ),
    (
        lambda: debug.assert_shapes([(X, (2, 4))]),
        ValueError,
        (
            "Specified explicitly.  Tensor shape=(2, 3) dtype=float32 dimension 1 must have size "
            "4.  Received size 3, shape (2, 3)"
        ),
    ),
    (lambda: debug.assert_shapes([(X, ("N",))]), ValueError, "must have rank in (0, 1)."),
    (lambda: debug.assert_shapes([(X, 2)]), ValueError, "Specified shape must be an iterable."),
    (
        lambda: debug.assert_shapes([(Y, ("Q", ...))]),
        ValueError,
        "specified shape index 1.  Symbol `...` or `*` for a variable number",
    ),
    (
        lambda: debug.assert_shapes([(X, (..., "Q")), (Y, (..., "Q"))], message="m"),
        ValueError,
        "m.  Specified by tensor shape=(2, 3) dtype=float32 dimension -1.",
    ),
    (lambda: debug.assert_all_finite([float("nan")], "msg"), INVALID, "msg : Tensor had NaN"),
]


@pytest.mark.parametrize("call, error, expected", FAIL)
def test_what_does_not_hold(call, error, expected):
    with pytest.raises(error) as caught:
        call()
    assert expected in str(caught.value)


def test_a_graph_checks_when_it_runs():
    @tf.function
    def same(a, b):
        debug.assert_equal(a, b, message="in graph")
        return a

    assert int(same(tf.constant(1), tf.constant(1))) == 1
    shown = (
        r"\[in graph\] \[Condition x == y did not hold element-wise:\] "
        r"\[x \(a:0\) = \] \[1\] \[y \(b:0\) = \] \[2\]"
    )
    with pytest.raises(INVALID, match=shown):
        same(tf.constant(1), tf.constant(2))


def test_a_graph_raises_at_once_for_what_is_known():
    @tf.function
    def wrong():
        debug.assert_equal(tf.constant([1, 2]), tf.constant([1, 3]))

    with pytest.raises(INVALID, match="did not hold element-wise"):
        wrong.get_concrete_function()


def test_unknown_ranks_and_sizes_are_checked_when_the_graph_runs():
    @tf.function(input_signature=[tf.TensorSpec(None), tf.TensorSpec([None, None])])
    def check(a, b):
        debug.assert_rank(a, 1, message="dyn")
        debug.assert_shapes([(a, ("N",)), (b, ("N", 2))])
        return a

    check([1.0], [[1.0, 2.0]])
    with pytest.raises(INVALID, match=r"\[dyn.  \] \[Tensor a:0 must have rank \] \[1\]"):
        check([[1.0]], [[1.0, 2.0]])
    with pytest.raises(INVALID, match="must have size"):
        check([1.0], [[1.0, 2.0], [1.0, 2.0]])


def test_compiled_functions_check_nothing():
    @tf.function(jit_compile=True)
    def wrong(a):
        debug.assert_equal(a, 2)
        return a + 1

    assert int(wrong(tf.constant(1))) == 2


def test_float_dtypes():
    one, two = tf.constant(1.0), tf.constant(np.float64(2))
    assert debug.assert_same_float_dtype([one, None]) == tf.float32
    assert debug.assert_same_float_dtype() == tf.float32
    for bad in ([one, two], [tf.constant(1)]):
        with pytest.raises(ValueError):
            debug.assert_same_float_dtype(bad)
    assert debug.is_numeric_tensor(one)
    assert not debug.is_numeric_tensor(tf.constant(True))
    assert not debug.is_numeric_tensor(1)
