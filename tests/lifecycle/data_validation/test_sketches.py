"""Sketches: their bounds hold, they merge, and they come back from their state."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tidefall.lifecycle.data_validation.sketches.distinct import DistinctSketch
from tidefall.lifecycle.data_validation.sketches.hashing import hash_values
from tidefall.lifecycle.data_validation.sketches.moments import Moments
from tidefall.lifecycle.data_validation.sketches.quantiles import QuantileSketch, group_close
from tidefall.lifecycle.data_validation.sketches.value_counts import ValueCounts

pa = pytest.importorskip("pyarrow")
DRAWS = {
    "normal": lambda r, n: r.normal(size=n),
    "cents": lambda r, n: r.gamma(2.0, 8.0, n).round(2),
    "heavy": lambda r, n: r.standard_cauchy(n),
    "small integers": lambda r, n: r.integers(0, 30, n).astype(float),
    "large integers": lambda r, n: r.integers(0, 2**50, n).astype(float),
    "two": lambda r, n: np.where(r.random(n) < 0.5, -1.0, 1e9),
    "sorted": lambda r, n: np.arange(n, dtype=float),
    "infinite": lambda r, n: np.where(r.random(n) < 0.1, np.inf, r.normal(size=n)),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", DRAWS)
def test_ranks_are_within_the_bound(name, weighted):
    random = np.random.default_rng(0)
    values = DRAWS[name](random, 150_000)
    weights = random.random(len(values)) if weighted else np.ones(len(values))
    parts = []
    for at in np.array_split(np.arange(len(values)), 9):
        sketch = QuantileSketch(0.01)
        for piece in np.array_split(at, 3):
            sketch.add(values[piece], weights[piece] if weighted else None)
        parts.append(QuantileSketch.from_state(sketch.state()))
    for part in parts[1:]:
        parts[0].merge(part)
    (merged, *_) = parts
    assert 0 <= merged.error <= 0.01
    assert (merged.low, merged.high) == (values.min(), values.max())
    order = np.argsort(values)
    ordered, cumulative = values[order], np.cumsum(weights[order]) / weights.sum()
    for share, bound in enumerate(merged.quantiles(100)[0][1:-1], 1):
        below = (
            cumulative[np.searchsorted(ordered, bound, side="left") - 1]
            if bound > ordered[0]
            else 0
        )
        upto = cumulative[min(np.searchsorted(ordered, bound, side="right"), len(ordered)) - 1]
        slack = merged.error + 1e-4
        assert below - slack <= share / 100 <= upto + slack


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.integers(1, 12))
@settings(max_examples=60, deadline=None)
def test_few_values_are_exact(values, buckets):
    sketch = QuantileSketch()
    sketch.add(np.array(values))
    ordered = np.sort(values)
    at = np.minimum((np.arange(buckets + 1) * len(values)) // buckets, len(values) - 1)
    expected = ordered[at]
    expected[-1] = ordered[-1]
    assert sketch.error == 0
    np.testing.assert_array_equal(sketch.quantiles(buckets)[0], expected)


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=200), st.integers(0, 5))
@example([0.0, -7.364220311458801e-308], 0)
@settings(max_examples=60, deadline=None)
def test_grouped_values_keep_their_weight(values, most):
    array = np.array(values)
    grouped = group_close(array, array.min(), array.max(), most)
    if grouped is None:
        assert array.min() == array.max() or np.ptp(array) < 1e-290
        return
    representatives, weights, lost = grouped
    assert weights.sum() == len(array)
    assert np.isin(representatives, array).all()
    assert lost <= most


@given(st.lists(st.lists(st.floats(-1e3, 1e3), max_size=8), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_moments_merge(parts):
    merged, whole = Moments(), Moments()
    for part in parts:
        one = Moments()
        one.add(np.array(part, np.float64))
        merged.merge(one)
    together = np.array([value for part in parts for value in part])
    whole.add(together)
    assert merged.weight == len(together)
    if len(together):
        assert merged.mean == pytest.approx(together.mean(), abs=1e-9)
        assert merged.variance == pytest.approx(together.var(), abs=1e-6)


def test_hashes_are_spread_and_the_same_everywhere():
    texts = pa.array([f"value {i}" for i in range(50_000)] + ["", "a", "a\0"])
    hashes = hash_values(texts)
    assert len(np.unique(hashes)) == len(texts)
    assert (
        abs(np.bincount((hashes >> np.uint64(60)).astype(int)) / len(texts) - 1 / 16).max() < 0.01
    )
    np.testing.assert_array_equal(hash_values(texts.slice(7, 9)), hashes[7:16])
    np.testing.assert_array_equal(hash_values(texts.cast(pa.large_binary())), hashes)


def test_hashes_of_long_texts():
    words = ["a" * 300, "a" * 299 + "b", "b" + "a" * 299, "a" * 8 + "b" * 8, "b" * 8 + "a" * 8]
    hashes = hash_values(pa.array([*words, "short", *words]))
    assert len(np.unique(hashes)) == 6
    np.testing.assert_array_equal(hashes[:5], hashes[6:])
    np.testing.assert_array_equal(hash_values(pa.array([words[1]])), hashes[1:2])


def test_distinct_values():
    for count in (10, 1000, 300_000):
        one, other = DistinctSketch(), DistinctSketch()
        one.add(pa.array(np.arange(count)))
        other.add(pa.array(np.arange(count // 2, count)))
        before = one.registers.copy()
        one.merge(other)
        np.testing.assert_array_equal(one.registers, before)
        assert one.estimate() == pytest.approx(count, rel=4 * one.error)


@pytest.mark.parametrize("limit", [8, 100, 10_000])
def test_counts_are_within_the_bound(limit):
    random = np.random.default_rng(0)
    values = random.zipf(1.4, 60_000) % 3000
    true = np.bincount(values)
    merged = ValueCounts(limit)
    for piece in np.array_split(values, 7):
        part = ValueCounts(limit)
        for batch in np.array_split(piece, 5):
            part.add(pa.array(batch).cast(pa.string()))
        merged.merge(ValueCounts.from_state(part.state()))
    kept = dict(merged.most_common())
    assert len(kept) <= limit
    for value, count in kept.items():
        assert true[int(value)] - merged.error <= count <= true[int(value)]
    for value, count in enumerate(true):
        assert count <= merged.error or str(value) in kept
    assert merged.is_exact == (limit == 10_000)
    if merged.is_exact:
        assert (merged.error, merged.unique) == (0, int((true > 0).sum()))


def test_weights_of_values():
    counts = ValueCounts()
    counts.add(pa.array(["a", "b", "a"]), np.array([1.0, 5.0, 2.5]))
    counts.add(pa.array(["b"]), np.array([0.5]))
    assert counts.most_common() == [("b", 2), ("a", 2)]
    assert counts.most_common(1, by_weight=True) == [("b", 5.5)]


def test_ids_and_frequent_values_of_one_column_keep_the_stated_error():
    random = np.random.default_rng(0)
    merged, truth = ValueCounts(limit=2000), {}
    for part in range(4):
        numbers = np.arange(part * 30_000, (part + 1) * 30_000)
        frequent = random.random(len(numbers)) < 0.2
        texts = [f"often {n % 7}" if frequent[i] else f"id {n}" for i, n in enumerate(numbers)]
        for text in texts:
            truth[text] = truth.get(text, 0) + 1
        one, values = ValueCounts(limit=2000), pa.array(texts, pa.large_binary())
        assert not one.has_room(values)
        one.add_scarce(values)
        assert not one.is_exact
        one.settle()
        merged.merge(one)
    found = dict(merged.most_common())
    assert len(found) <= 2000
    assert 4 <= merged.error <= len(truth) / 2000
    for value, count in truth.items():
        counted = found.get(value.encode(), 0)
        assert count - merged.error <= counted <= count
    assert merged.unique == pytest.approx(len(truth), rel=0.03)


@pytest.mark.parametrize("values", [["a", "b"] * 2000, [f"{i}" for i in range(1500)]])
def test_values_that_are_few_are_counted_exactly(values):
    counts, array = ValueCounts(limit=2000), pa.array(values, pa.large_binary())
    assert counts.has_room(array)
    counts.add_scarce(array)
    assert counts.is_exact
    assert sum(count for _, count in counts.most_common()) == len(values)
