"""Functions of tf.experimental.numpy on arrays whose rank is known only when a function runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tidefall as tf

tnp = tf.experimental.numpy
SIZES = (2, 3, 3)


def _array(*sizes: int) -> np.ndarray:
    return np.arange(1.0, 1.0 + np.prod(sizes), dtype=np.float32).reshape(sizes)


A = {rank: _array(*SIZES[:rank]) for rank in range(4)}
SQUARE = {rank: _array(*[3] * rank) for rank in range(4)}

# The function, and the ranks of the arrays it takes.
ONE: dict[str, tuple[Callable[[Any], Any], tuple[int, ...]]] = {
    "ndim": (tnp.ndim, (0, 2)),
    "swapaxes": (lambda x: tnp.swapaxes(x, 0, -1), (1, 2, 3)),
    "moveaxis": (lambda x: tnp.moveaxis(x, 0, -1), (1, 2, 3)),
    "moveaxis several": (lambda x: tnp.moveaxis(x, (0, -1), (-1, 1)), (3,)),
    "flip": (tnp.flip, (0, 1, 3)),
    "flip axis": (lambda x: tnp.flip(x, -1), (1, 3)),
    "roll": (lambda x: tnp.roll(x, 1), (1, 2)),
    "rot90": (tnp.rot90, (2, 3)),
    "rot90 back": (lambda x: tnp.rot90(x, 3, (0, -1)), (2, 3)),
    "rot90 twice": (lambda x: tnp.rot90(x, 2), (2, 3)),
    "atleast_1d": (tnp.atleast_1d, (0, 1, 3)),
    "atleast_2d": (tnp.atleast_2d, (0, 1, 3)),
    "atleast_3d": (tnp.atleast_3d, (0, 1, 2, 3)),
    "hstack": (lambda x: tnp.hstack([x, x]), (0, 1, 2, 3)),
    "vstack": (lambda x: tnp.vstack([x, x]), (0, 1, 2, 3)),
    "dstack": (lambda x: tnp.dstack([x, x]), (0, 1, 2, 3)),
    "hsplit": (lambda x: tnp.hsplit(x, [1]), (1, 2)),
    "vsplit": (lambda x: tnp.vsplit(x, 2), (2, 3)),
    "dsplit": (lambda x: tnp.dsplit(x, 3), (3,)),
    "tile": (lambda x: tnp.tile(x, 2), (0, 1, 3)),
    "tile several": (lambda x: tnp.tile(x, (2, 1, 3)), (0, 1, 2, 3)),
    "repeat": (lambda x: tnp.repeat(x, 2, 0), (1, 2)),
    "array": (lambda x: tnp.array(x, ndmin=2), (0, 1, 2, 3)),
    "full_like": (lambda x: tnp.full_like(x, 2), (0, 2)),
    "vander": (tnp.vander, (1,)),
    "diag": (tnp.diag, (1, 2)),
    "diagonal": (tnp.diagonal, (2, 3)),
    "trace": (tnp.trace, (2, 3)),
    "argmax": (lambda x: tnp.argmax(x, -1), (1, 3)),
    "argsort": (tnp.argsort, (1, 3)),
    "diff": (tnp.diff, (1, 2, 3)),
    "diff axis": (lambda x: tnp.diff(x, axis=-2), (2, 3)),
    "take": (lambda x: tnp.take(x, [1, 0, 5], -1), (1, 3)),
    "take_along_axis": (lambda x: tnp.take_along_axis(x, [[1], [0]], 1), (2,)),
    "compress": (lambda x: tnp.compress([False, True], x, 0), (1, 3)),
    "cross": (lambda x: tnp.cross(x, x[..., ::-1]), (2, 3)),
}
TWO: dict[str, tuple[Callable[[Any, Any], Any], tuple[tuple[int, int], ...]]] = {
    "matmul": (
        tnp.matmul,
        ((1, 1), (1, 2), (2, 1), (2, 2), (3, 1)),
    ),
    "dot": (
        tnp.dot,
        ((0, 0), (0, 2), (2, 0), (1, 1), (1, 2), (2, 2), (3, 2), (2, 3), (3, 3)),
    ),
    "inner": (tnp.inner, ((0, 0), (0, 2), (2, 0), (2, 2), (3, 2), (2, 3), (3, 3))),
}


def _compare(found: Any, expected: Any) -> None:
    assert type(found) is type(expected) or not isinstance(expected, (list, tuple))
    for one, other in zip(tf.nest.flatten(found), tf.nest.flatten(expected), strict=True):
        np.testing.assert_array_equal(one, other, strict=not isinstance(other, int))


@pytest.mark.parametrize("name", ONE)
def test_one_array(name: str) -> None:
    function, ranks = ONE[name]
    traced = tf.function(function).get_concrete_function(tf.TensorSpec(None))
    for rank in ranks:
        _compare(traced(tf.constant(A[rank])), function(A[rank]))


@pytest.mark.parametrize("name", TWO)
def test_two_arrays(name: str) -> None:
    function, ranks = TWO[name]
    traced = tf.function(function).get_concrete_function(tf.TensorSpec(None), tf.TensorSpec(None))
    for x, y in ranks:
        expected = function(tf.constant(SQUARE[x]), tf.constant(SQUARE[y]))
        _compare(traced(tf.constant(SQUARE[x]), tf.constant(SQUARE[y])), expected)


@pytest.mark.parametrize(
    "function", [lambda x: tnp.swapaxes(x, 0, 4), lambda x: tnp.diff(x, axis=4)]
)
def test_axes_out_of_range_are_refused_when_it_runs(function: Callable[[Any], Any]) -> None:
    traced = tf.function(function).get_concrete_function(tf.TensorSpec(None))
    with pytest.raises(tf.errors.InvalidArgumentError):
        traced(tf.constant(A[2]))


def test_what_is_refused_where_the_rank_is_known() -> None:
    with pytest.raises(ValueError, match="no axis 1"):
        tnp.diff([1, 2], axis=1)


def test_booleans_are_summed_as_booleans() -> None:
    assert tnp.sum([[0, 2], [0, 0]], 1, dtype=bool).numpy().tolist() == [True, False]
    assert tnp.prod([[1, 2], [0, 2]], 1, dtype=bool).numpy().tolist() == [True, False]
    assert tnp.eye(2, M=1.5).numpy().tolist() == [[1.0], [0.0]]


@pytest.mark.parametrize("shape", [None, [None], [None, None]])
def test_arrays_of_other_shapes_are_not_equal(shape: Any) -> None:
    equal = tf.function(tnp.array_equal).get_concrete_function(
        tf.TensorSpec(shape), tf.TensorSpec(shape)
    )
    shapes = [(2, 2), (2, 3), (1, 2)] if shape and len(shape) == 2 else [(1,), (2,), (3,)]
    shapes += [(), (1, 1)] if shape is None else []
    for one in shapes:
        for other in shapes:
            assert bool(equal(tf.ones(one), tf.ones(other))) == (one == other)


def test_traces_are_summed_as_tensorflow_sums_them() -> None:
    cubes = np.ones([2, 2, 2], np.int8)
    assert tnp.trace(cubes).dtype == tnp.trace(cubes, 1, 1, 2).dtype == tf.int64
    assert tnp.trace(cubes, axis1=1, axis2=2).dtype == tf.int8


def test_grids_of_booleans_and_numbers() -> None:
    numbers, bools = tnp.meshgrid([1.5, 2.0], [True, False])
    assert numbers.numpy().tolist() == [[1.5, 2.0], [1.5, 2.0]]
    assert bools.numpy().tolist() == [[True, True], [False, False]]
    rows, columns = tf.meshgrid([True, False], [1, 0])
    assert (rows.dtype, columns.dtype) == (tf.bool, tf.bool)
