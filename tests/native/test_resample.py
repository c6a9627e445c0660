"""The native kernel that resizes pictures gives what NumPy gives, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tidefall as tf
from tests.native.ways import ALL
from tidefall.native import resample as native
from tidefall.native.library import call, enabled, status
from tidefall.ops.image.taps import Taps, area, cubic, linear, resample, spans

pytestmark = pytest.mark.skipif(not enabled(), reason=f"native kernels: {status().reason}")

TAPS = {
    "linear": lambda n, m: linear(n, m, False, True),
    "corners": lambda n, m: linear(n, m, True, False),
    "cubic": lambda n, m: cubic(n, m, False, True),
    "area": lambda n, m: area(n, m, False),
    "lanczos": lambda n, m: spans(n, m, m / n, 0.0, "lanczos3", True),
}
SIZES = [((24, 32), (13, 9)), ((3, 5), (40, 31)), ((1, 1), (20, 20)), ((17, 64), (17, 20))]


def _pictures(dtype: Any, *shape: int) -> np.ndarray:
    values = np.random.default_rng(0).uniform(0, 255, shape)
    return values.astype(dtype)


def _sources(run: Any, x: np.ndarray, rows: Taps, columns: Taps, rows_first: bool) -> np.ndarray:
    shape = (x.shape[0], len(rows.index), len(columns.index), x.shape[3])
    settings = (int(rows_first), int(rows.blends), int(columns.blends))
    inputs = [x, *rows.sources[:2], *columns.sources[:2]]
    return run("resample", inputs, [(shape, np.float32)], settings)[0]


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("kind", TAPS)
@ALL
def test_agrees(run: Any, kind: str, dtype: Any) -> None:
    for (height, width), (new_height, new_width) in SIZES:
        rows, columns = TAPS[kind](height, new_height), TAPS[kind](width, new_width)
        for channels in (1, 2, 3, 4, 7):
            x = _pictures(dtype, 2, height, width, channels)
            for rows_first in (True, False):
                axes = (1, 2) if rows_first else (2, 1)
                expected = x
                for axis in axes:
                    expected = resample(expected, axis, rows if axis == 1 else columns)
                found = _sources(run, x, rows, columns, rows_first)
                np.testing.assert_array_equal(found, expected)


def test_many_pictures_and_a_large_one_are_shared_out() -> None:
    for shape, size in (((40, 30, 40, 3), (50, 60)), ((1, 300, 400, 3), (500, 700))):
        x = _pictures(np.uint8, *shape)
        whole = tf.image.resize(x, size).numpy()
        parts = [tf.image.resize(x[i : i + 1], size).numpy() for i in range(len(x))]
        np.testing.assert_array_equal(whole, np.concatenate(parts))
        rows, columns = TAPS["linear"](shape[1], size[0]), TAPS["linear"](shape[2], size[1])
        either = [
            resample(resample(x, a, t), b, u)
            for (a, t), (b, u) in (((1, rows), (2, columns)), ((2, columns), (1, rows)))
        ]
        assert any((whole == each).all() for each in either)


def test_small_pictures_and_other_dtypes_are_left_to_numpy() -> None:
    assert native.takes(np.zeros((1, 2, 2, 3), np.uint8), 1024)
    assert not native.takes(np.zeros((1, 2, 2, 3), np.uint8), 1023)
    assert not native.takes(np.zeros((1, 2, 2, 3), np.float64), 1024)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"index": np.array([[0, 9]], np.int32)}, "outside of the axis"),
        ({"index": np.array([[-1, 0]], np.int32)}, "outside of the axis"),
        ({"weight": np.ones((1, 3), np.float32)}, "do not go together"),
        ({"x": np.zeros((1, 9, 9, 3), np.float16)}, "uint8 or float32"),
    ],
)
def test_wrong_arrays_are_refused(change: dict[str, Any], said: str) -> None:
    given = {
        "x": np.zeros((1, 9, 9, 3), np.uint8),
        "index": np.array([[0, 1]], np.int32),
        "weight": np.ones((1, 2), np.float32),
    } | change
    axis = [given["index"], given["weight"]]
    with pytest.raises(tf.errors.InternalError, match=said):
        call("resample", [given["x"], *axis, *axis], [((1, 1, 1, 3), np.float32)], (1, 1, 1))
