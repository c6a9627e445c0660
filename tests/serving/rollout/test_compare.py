"""Answers of two versions, side by side."""

import ml_dtypes
import numpy as np
import pytest

from tidefall.serving.rollout.compare import Comparison, Tolerance, differences

NAN = float("nan")


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (np.float32([1, 2]), np.float32([1, 2.0001])),
        (np.float32([NAN, np.inf]), np.float32([NAN, np.inf])),
        (np.int64([2**60]), np.int64([2**60])),
        (np.array([b"a"], object), np.array([b"a"], object)),
        (np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32)),
        (np.array([1.5], ml_dtypes.bfloat16), np.array([1.5], ml_dtypes.bfloat16)),
    ],
)
def test_equal(expected, found):
    assert differences({"y": expected}, {"y": found}) == []


@pytest.mark.parametrize(
    ("expected", "found", "shown"),
    [
        (
            np.float32([1, 2, 3, 4]),
            np.float32([1, 2, 3, 6]),
            {"reason": "values", "values": 1, "share": 0.25, "largest": 2.0},
        ),
        (np.float32([1]), np.float32([NAN]), {"reason": "values", "values": 1, "share": 1.0}),
        # Too far apart for float64 to tell.
        (
            np.int64([2**60]),
            np.int64([2**60 + 1]),
            {"reason": "values", "values": 1, "share": 1.0, "largest": 0.0},
        ),
        (
            np.float32([[0.9, 0.1], [0.6, 0.4]]),
            np.float32([[0.8, 0.2], [0.4, 0.6]]),
            {"reason": "values", "values": 4, "share": 1.0, "largest": 0.2, "labels": 0.5},
        ),
        (
            np.array([b"a", b"b"], object),
            np.array([b"a", b"c"], object),
            {"reason": "values", "values": 1, "share": 0.5},
        ),
        (np.float32([1]), np.float32([[1]]), {"reason": "shape", "values": 0, "share": 1.0}),
        (np.float32([1]), np.float64([1]), {"reason": "dtype", "values": 0, "share": 1.0}),
    ],
)
def test_different(expected, found, shown):
    [difference] = differences({"y": expected}, {"y": found})
    assert difference.as_json() == pytest.approx({"output": "y", **shown}, abs=1e-6)


def test_outputs_that_only_one_version_has():
    one = np.float32([1])
    found = differences({"a": one, "b": one}, {"b": one, "c": one})
    assert [(d.output, d.reason) for d in found] == [("a", "missing"), ("c", "unexpected")]


def test_the_tolerance_is_relative_to_what_is_expected():
    tolerance = Tolerance(relative=0.1, absolute=0.0)
    assert not differences({"y": np.float32([10])}, {"y": np.float32([10.9])}, tolerance)
    assert differences({"y": np.float32([10])}, {"y": np.float32([11.1])}, tolerance)


def test_counts():
    comparison = Comparison()
    comparison.add({"y": np.float32([1])}, {"y": np.float32([1])})
    comparison.add({"y": np.float32([1])}, {"y": np.float32([3])})
    comparison.add({"y": np.float32([1])}, {"y": np.float32([1, 1])})
    comparison.add_error()
    assert comparison.as_json() == {
        "requests": 4,
        "equal": 1,
        "errors": 1,
        "outputs": {
            "y": {
                "requests": 2,
                "reasons": {"values": 1, "shape": 1},
                "largest": 2.0,
                "other_labels": 0.0,
            }
        },
    }
