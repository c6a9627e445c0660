"""Metrics of queries beside scikit-learn and loops over queries."""

from __future__ import annotations

import numpy as np
import pytest

from tests.lifecycle.model_analysis.evaluations import config_of, values
from tidefall.base import errors
from tidefall.lifecycle.model_analysis import metrics as m
from tidefall.lifecycle.model_analysis.engine import Evaluation
from tidefall.lifecycle.model_analysis.evaluate import inputs_of
from tidefall.lifecycle.model_analysis.plan import plan_of
from tidefall.lifecycle.model_analysis.resampling import Draws
from tidefall.lifecycle.model_analysis.rows import Rows

pa = pytest.importorskip("pyarrow")


def case(seed: int, queries: int = 40):
    """A table in random order, and its queries as (gains, predictions, labels, weight)."""
    random = np.random.default_rng(seed)
    found, rows = [], []
    for number in range(queries):
        size = random.integers(2, 9)
        gains = random.integers(0, 4, size) * (random.random() < 0.9)
        scores = random.permutation(size) / 10 + random.random() / 100
        labels, weight = (gains > 1).astype(float), random.random() + 0.1
        found.append((gains, scores, labels, weight))
        rows += [
            {"q": f"q{number}", "gain": float(g), "p": float(s), "y": float(y), "w": weight}
            for g, s, y in zip(gains, scores, labels, strict=True)
        ]
    order = random.permutation(len(rows))
    return pa.Table.from_pylist([rows[i] for i in order]), found


def averaged(queries, of, weighted):
    """The mean of a function over the queries where it is defined."""
    pairs = [(of(g, s, y), w if weighted else 1.0) for g, s, y, w in queries]
    pairs = [(v, w) for v, w in pairs if v is not None]
    return np.average([v for v, _ in pairs], weights=[w for _, w in pairs])


@pytest.mark.parametrize("weighted", [False, True])
def test_ndcg_is_that_of_scikit_learn(weighted):
    sk = pytest.importorskip("sklearn.metrics")
    data, queries = case(1)
    found = values(data, [m.NDCG("gain", top_k_list=[1, 3])], weighted=weighted, query_key="q")
    for k in (1, 3):
        expected = averaged(
            queries,
            lambda g, s, y, k=k: sk.ndcg_score([g], [s], k=k) if g.max() > 0 else None,
            weighted,
        )
        assert found[f"ndcg topK:{k}"] == pytest.approx(expected)


@pytest.mark.parametrize("weighted", [False, True])
def test_mean_average_precision_is_that_of_scikit_learn(weighted):
    sk = pytest.importorskip("sklearn.metrics")
    data, queries = case(2)
    found = values(
        data, [m.MeanAveragePrecision(), m.MeanAveragePrecision(top_k_list=[2], name="at")],
        weighted=weighted, query_key="q",
    )  # fmt: skip

    def at_2(gains, scores, labels):
        if not labels.sum():
            return None
        hits = labels[np.argsort(-scores)][:2]
        return (hits * np.cumsum(hits) / [1, 2]).sum() / min(2, labels.sum())

    whole = averaged(
        queries,
        lambda g, s, y: sk.average_precision_score(y, s) if y.sum() else None,
        weighted,
    )
    assert found == {
        "mean_average_precision": pytest.approx(whole),
        "at topK:2": pytest.approx(averaged(queries, at_2, weighted)),
    }


@pytest.mark.parametrize("label_key", [None, "gain"])
def test_the_first_rank_of_a_label(label_key):
    data, queries = case(3)
    found = values(data, [m.MinLabelPosition(label_key=label_key)], weighted=True, query_key="q")

    def first(gains, scores, labels):
        is_label = (gains if label_key else labels)[np.argsort(-scores)] > 0
        return 1 + int(np.argmax(is_label)) if is_label.any() else None

    assert found == {"min_label_position": pytest.approx(averaged(queries, first, True))}


@pytest.mark.parametrize("weighted", [False, True])
def test_statistics_of_queries(weighted):
    data, queries = case(4)
    found = values(data, [m.QueryStatistics()], weighted=weighted, query_key="q")
    weights = np.array([w if weighted else 1.0 for *_, w in queries])
    rows = weights * [len(g) for g, *_ in queries]
    assert found == {
        "total_queries": pytest.approx(weights.sum()),
        "total_documents": pytest.approx(rows.sum()),
        "min_documents": pytest.approx(rows.min()),
        "max_documents": pytest.approx(rows.max()),
    }


@pytest.mark.parametrize("method", ["JACKKNIFE", "POISSON_BOOTSTRAP"])
def test_intervals_draw_whole_queries(method):
    data, queries = case(5, queries=400)
    config = config_of([m.QueryStatistics(), m.NDCG("gain", top_k_list=[3])], query_key="q")
    config.options.compute_confidence_intervals.value = True
    config.options.confidence_intervals.method = (
        config.options.confidence_intervals.ConfidenceIntervalMethod.Value(method)
    )
    evaluation = Evaluation(plan_of(config), seed=0)
    for batch in data.to_batches(max_chunksize=300):
        evaluation.add(inputs_of(Rows(batch), config, {}))
    (found,) = evaluation.values()
    intervals = {key.name: interval for key, interval in found.intervals.items()}
    # Queries that are torn apart would count in several parts, and have fewer rows in each.
    assert intervals["total_queries"].lower < 400 < intervals["total_queries"].upper
    assert intervals["total_queries"].standard_error == pytest.approx(np.sqrt(400), rel=0.5)
    if method == "JACKKNIFE":
        assert intervals["min_documents"].standard_error == 0.0
    sk = pytest.importorskip("sklearn.metrics")
    each = np.array([sk.ndcg_score([g], [s], k=3) for g, s, *_ in queries if g.max() > 0])
    # The standard error of a mean over queries; that of 20 samples is within a factor of 2.
    ndcg = intervals["ndcg"]
    assert ndcg.standard_error == pytest.approx(each.std() / np.sqrt(len(each)), rel=0.5)
    assert ndcg.lower < each.mean() < ndcg.upper


@pytest.mark.parametrize("unit", ["q", ""])
def test_draws_are_uniform_poisson_and_the_same_in_every_batch(unit):
    values = [f"q{number}" for number in range(4000)]
    batch = pa.record_batch({"q": values})
    draws = Draws(np.random.default_rng(0), batch, unit)
    first, second = draws.uniform(0), draws.uniform(1)
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.06
    histogram, _ = np.histogram(first, 10, (0, 1))
    assert histogram.min() > 320
    counts = np.bincount(draws.poisson(2).astype(int), minlength=5)[:5] / 4000
    np.testing.assert_allclose(counts, [0.3679, 0.3679, 0.1839, 0.0613, 0.0153], atol=0.03)
    if unit:
        other = Draws(np.random.default_rng(1), pa.record_batch({"q": values[::-1]}), unit)
        np.testing.assert_array_equal(other.uniform(0)[::-1], first)


def test_queries_need_their_key():
    data, _ = case(6)
    with pytest.raises(errors.InvalidArgumentError, match="need query_key"):
        values(data, [m.NDCG("gain", [1])])
    with pytest.raises(errors.InvalidArgumentError, match="no such column"):
        values(data, [m.NDCG("gain", [1])], query_key="zzz")
    with pytest.raises(errors.InvalidArgumentError, match="ranks from 1"):
        m.NDCG("gain", [0])
