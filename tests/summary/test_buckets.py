"""Histogram buckets, against what tf.summary.histogram wrote."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tidefall.summary.events.buckets import histogram_buckets

RECORDED = json.loads(
    (Path(__file__).parents[1] / "oracle" / "wire_formats.json").read_text(encoding="utf-8")
)["histograms"]


@pytest.mark.parametrize(("values", "count", "expected"), RECORDED, ids=str)
def test_buckets_are_tensorflows(values, count, expected):
    buckets = histogram_buckets(np.asarray(values, np.float32), count)
    expected = np.array(expected, np.float64).reshape(-1, 3)
    np.testing.assert_allclose(buckets[:, :2], expected[:, :2], rtol=1e-15, atol=1e-15)
    np.testing.assert_array_equal(buckets[:, 2], expected[:, 2])


finite = hnp.arrays("f4", st.integers(1, 50), elements=st.floats(-1e6, 1e6, width=32))


@given(finite, st.integers(1, 40))
def test_every_value_is_counted_once_in_ordered_buckets(values, count):
    buckets = histogram_buckets(values, count)
    left, right, counts = buckets.T
    assert buckets.shape == (count, 3)
    assert counts.sum() == values.size
    assert left[0] == values.min()
    assert right[-1] == values.max()
    assert (left[1:] == right[:-1]).all()


@pytest.mark.parametrize("values", [np.ones((2, 3, 4)), np.complex64([1 + 2j]), [True, False], 7])
def test_any_shape_and_number_type(values):
    assert histogram_buckets(values)[:, 2].sum() == np.size(values)


def test_values_too_far_apart_for_float64_are_in_no_bucket():
    assert histogram_buckets([1.7e308, -1.7e308], 2)[:, 2].sum() <= 2


def test_text_is_refused():
    with pytest.raises(ValueError, match="could not convert"):
        histogram_buckets(["a"])
