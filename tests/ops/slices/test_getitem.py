"""`x[key]` agrees with NumPy for every basic key, eagerly, in a function, and in its gradient."""

from __future__ import annotations

from typing import Any

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tidefall as tf

FEW = settings(max_examples=80, deadline=None, derandomize=True, database=None)
SHAPES = arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)


def _numbered(shape: tuple[int, ...]) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


@st.composite
def _cases(draw: Any) -> tuple[np.ndarray, Any]:
    shape = draw(SHAPES)
    keys = arrays.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True, max_dims=6)
    return _numbered(shape), draw(keys)


@given(_cases())
@FEW
def test_values_are_those_of_numpy(case: tuple[np.ndarray, Any]) -> None:
    array, key = case
    np.testing.assert_array_equal(tf.constant(array)[key].numpy(), array[key])


@given(_cases())
@FEW
def test_static_shape_is_the_shape(case: tuple[np.ndarray, Any]) -> None:
    array, key = case
    with tf.Graph().as_default():
        shape = tf.constant(array)[key].shape
    assert shape == array[key].shape


@given(_cases())
@FEW
def test_unknown_sizes_are_never_guessed(case: tuple[np.ndarray, Any]) -> None:
    array, key = case
    seen = []

    @tf.function(input_signature=[tf.TensorSpec([None] * array.ndim)])
    def taken(x: Any) -> Any:
        part = x[key]
        seen.append(part.shape)
        return part

    np.testing.assert_array_equal(taken(array).numpy(), array[key])
    assert seen[0].is_compatible_with(array[key].shape)


@given(_cases())
@FEW
def test_gradient_marks_what_was_taken(case: tuple[np.ndarray, Any]) -> None:
    array, key = case
    x = tf.constant(array)
    with tf.GradientTape() as tape:
        tape.watch(x)
        part = x[key]
    marks = np.zeros_like(array)
    marks[key] = 2.0
    grad = tape.gradient(part, x, output_gradients=tf.fill(part.shape, 2.0))
    np.testing.assert_array_equal(grad.numpy(), marks)


@given(st.integers(0, 3), st.integers(-5, 5), st.integers(0, 1))
@FEW
def test_an_index_out_of_bounds_is_an_error(size: int, index: int, lead: int) -> None:
    x = tf.zeros([2] * lead + [size])
    key = (slice(None),) * lead + (index,)
    if -size <= index < size:
        assert x[key].shape == [2] * lead
        return
    for value in (index, tf.constant(index), np.int64(index)):
        with pytest.raises(tf.errors.InvalidArgumentError, match=f"dimension {lead} out of bounds"):
            x[(slice(None),) * lead + (value,)]


@given(st.integers(-4, 4), st.integers(-4, 4))
@FEW
def test_bounds_may_be_tensors_of_any_index_dtype(begin: int, end: int) -> None:
    array = _numbered((4,))
    for dtype in ("int16", "int32", "int64"):
        bounds = tf.constant(begin, dtype), tf.constant(end, dtype)
        np.testing.assert_array_equal(tf.constant(array)[bounds[0] : bounds[1]], array[begin:end])


@given(arrays.arrays(bool, arrays.array_shapes(max_dims=2, max_side=3)), st.integers(0, 2))
@FEW
def test_a_mask_keeps_what_is_true(mask: np.ndarray, rest: int) -> None:
    array = _numbered(mask.shape + (2,) * rest)
    np.testing.assert_array_equal(tf.constant(array)[tf.constant(mask)].numpy(), array[mask])
    np.testing.assert_array_equal(tf.constant(array)[mask].numpy(), array[mask])


def test_strings_stay_bytes() -> None:
    words = tf.constant([["a", "b"], ["c", "d"]])
    assert words[1, 0].numpy() == b"c"
    assert words[1].numpy().tolist() == [b"c", b"d"]
    assert [w.numpy() for w in words[0]] == [b"a", b"b"]


def test_the_tensor_behind_a_slice_is_not_changed_by_its_reader() -> None:
    x = tf.constant([1.0, 2.0, 3.0])
    part = x[1:].numpy()
    part[0] = 9.0
    assert x.numpy().tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    "key, text",
    [
        (0.5, "got 0.5"),
        ("a", "got 'a'"),
        (slice(0, 2.5), "got 2.5"),
        ([[0, 1]], r"got \[0, 1\]"),
        (np.array([0, 1]), r"got array\(\[0, 1\]\)"),
    ],
)
def test_other_keys_are_refused(key: Any, text: str) -> None:
    with pytest.raises(TypeError, match=text):
        tf.zeros([3])[key]


@pytest.mark.parametrize(
    "key, text",
    [
        ((0, 0), "input has only 1 dims"),
        ((..., ...), "Multiple ellipses"),
        (slice(None, None, 0), "must be non-zero"),
    ],
)
def test_impossible_slices_say_why(key: Any, text: str) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=text):
        tf.zeros([3])[key]
    with tf.Graph().as_default(), pytest.raises(ValueError, match=text):
        tf.zeros([3])[key]


def test_a_scalar_cannot_be_indexed() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="slice scalar"):
        tf.constant(1.0)[0]


def test_a_mask_must_have_a_rank() -> None:
    with pytest.raises(ValueError, match="mask cannot be scalar"):
        tf.zeros([3])[True]


class TestCompiled:
    """Slices whose place is known only when the compiled code runs."""

    @pytest.mark.parametrize("index", [0, 2, -1])
    def test_one_index_beside_constants(self, index: int) -> None:
        array = _numbered((3, 4, 5))

        @tf.function(jit_compile=True)
        def taken(x: Any, i: Any) -> Any:
            return x[i, 1:3, ..., None, ::2]

        expected = array[index, 1:3, ..., None, ::2]
        np.testing.assert_array_equal(taken(array, tf.constant(index)).numpy(), expected)

    def test_gradient_of_a_moving_window(self) -> None:
        @tf.function(jit_compile=True)
        def grad(x: Any, i: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = tf.slice(x, [i], [2])
            return tape.gradient(y, x)

        assert grad(tf.zeros([4]), tf.constant(1)).numpy().tolist() == [0.0, 1.0, 1.0, 0.0]

    def test_a_size_that_depends_on_values_is_an_error(self) -> None:
        @tf.function(jit_compile=True)
        def taken(x: Any) -> Any:
            return x[tf.argmax(x) :]

        with pytest.raises(tf.errors.InvalidArgumentError, match="no static size"):
            taken(tf.zeros([4]))

    def test_a_size_may_be_an_argument(self) -> None:
        @tf.function(jit_compile=True)
        def taken(x: Any, i: Any) -> Any:
            return x[i:]

        for i in (1, 3):
            assert taken(tf.zeros([4]), tf.constant(i)).shape == (4 - i,)
