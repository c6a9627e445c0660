"""Kernels that rearrange the work agree with the plain way of doing it."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tidefall as tf
from tidefall.ops.branchless import choose
from tidefall.ops.reductions.segment_kernels import combine_unsorted

REDUCTIONS = [(np.add, 0, np.sum), (np.multiply, 1, np.prod), (np.maximum, -9, np.max)]


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 1 << 20),
    rows=st.integers(0, 40),
    segments=st.integers(1, 12),
    columns=st.sampled_from([(), (1,), (3,), (2, 2)]),
    dtype=st.sampled_from([np.float32, np.float16, ml_dtypes.bfloat16, np.int32, np.int64]),
    index=st.sampled_from([np.int32, np.int64]),
)
def test_segments_are_reduced_as_one_by_one(
    seed: int, rows: int, segments: int, columns: Any, dtype: Any, index: Any
) -> None:
    draw = np.random.default_rng(seed)
    data = draw.integers(-2, 3, (rows, *columns)).astype(dtype)
    ids = draw.integers(-1, segments, rows).astype(index)
    for reduce, empty, plain in REDUCTIONS:
        got = combine_unsorted(reduce, data, ids, segments, empty)
        assert got.dtype == data.dtype
        for segment in range(segments):
            mine = data[ids == segment].astype(np.float64)
            wanted = plain(mine, axis=0) if len(mine) else np.full(columns, empty)
            np.testing.assert_array_equal(got[segment].astype(np.float64), wanted)


def test_segments_beyond_16_bits_of_ids() -> None:
    draw = np.random.default_rng(0)
    ids = draw.integers(0, 200_000, 50_000)
    data = draw.integers(0, 9, (50_000, 2)).astype(np.float32)
    got = tf.math.unsorted_segment_sum(data, ids, 200_000).numpy()
    wanted = np.zeros((200_000, 2), np.float32)
    np.add.at(wanted, ids, data)
    np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
@pytest.mark.parametrize("shape", [(300,), (7, 1000)])
def test_equal_elements_of_long_rows_keep_their_order(dtype: Any, shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(1).integers(-50, 50, shape).astype(dtype)
    if dtype == np.float32:
        x.reshape(-1)[::7], x.reshape(-1)[3::7] = 0.0, -0.0
        x.reshape(-1)[:2] = np.inf, -np.inf
    wanted = np.argsort(x, axis=-1, kind="stable")
    np.testing.assert_array_equal(tf.argsort(x).numpy(), wanted)
    np.testing.assert_array_equal(tf.sort(x).numpy(), np.take_along_axis(x, wanted, -1))
    if dtype == np.int32:
        down = np.argsort(-x, axis=-1, kind="stable")
        np.testing.assert_array_equal(tf.argsort(x, direction="DESCENDING").numpy(), down)


@pytest.mark.parametrize("dtype", [np.bool_, np.float16, np.float32, np.float64, np.complex128])
def test_choosing_among_many_elements(dtype: Any) -> None:
    draw = np.random.default_rng(2)
    condition = draw.random((100, 200)) > 0.5
    x, y = (draw.integers(0, 9, (100, 200)).astype(dtype) for _ in range(2))
    for a, b in ((x, y), (x, y[:1]), (x[0, 0], y), (x.T.reshape(200, 100).T, y)):
        wanted = np.where(condition, a, b)
        got = choose(condition, a, b)
        assert got.dtype == wanted.dtype
        np.testing.assert_array_equal(got, wanted)
