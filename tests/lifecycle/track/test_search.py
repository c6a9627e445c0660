"""A search finds the runs that meet every clause, wherever it begins looking."""

import math

import pytest

from tidefall.lifecycle.track import Metric, Tracker
from tidefall.lifecycle.track.search import search_runs

RUNS = 40


@pytest.fixture
def tracker(tmp_path, database_url):
    """Two experiments whose runs take turns: run n has the parameters n and n % 2, and a loss."""
    with Tracker(tmp_path / "store", database=database_url) as opened:
        records = opened.records
        keys = [records.create_experiment(name) for name in ("even", "odd")]
        with opened.database.transaction():
            for n in range(RUNS):
                params = {"n": str(n), "half": str(n % 4 // 2)}
                run = records.create_run(keys[n % 2], n, {"mlflow.runName": f"run {n}"}, params)
                records.log(run.id, [Metric("loss", n / RUNS, 0, 1)])
                if n % 10 == 0:
                    records.change_run(run.id, is_deleted=True)
        yield opened


_FILTERS = {
    "params.n = '22'": lambda n: n == 22,
    "params.n = '23'": lambda n: n == 23,
    "params.n = '20'": lambda n: False,  # It is deleted.
    "params.n IN ('22', '24', '25')": lambda n: n in (22, 24, 25),
    "params.n NOT IN ('22', '24')": lambda n: n not in (22, 24),
    "params.n != '22'": lambda n: n != 22,
    "params.n LIKE '2%'": lambda n: str(n)[0] == "2",
    "params.half = '1'": lambda n: n % 4 // 2 == 1,
    "params.half = '1' and params.n = '22'": lambda n: n == 22,
    "params.half = '0' and params.n = '22'": lambda n: False,
    "params.m = '22'": lambda n: False,
    "run_name = 'run 22'": lambda n: n == 22,
    "run_name = 'run 22' and metrics.loss < 0.5": lambda n: False,
    "metrics.loss >= 0.9": lambda n: n >= 36,
    "metrics.loss = 0.55 and params.n != '4'": lambda n: n == 22,
    "metrics.loss != 0.55": lambda n: n != 22,
    "start_time > 30 and params.half = '0'": lambda n: n > 30 and n % 4 // 2 == 0,
    "status = 'RUNNING' and params.n = '22'": lambda n: n == 22,
}  # fmt: skip


@pytest.mark.parametrize("many", [3, 5_000])
def test_what_is_found(tracker, monkeypatch, many):
    monkeypatch.setattr("tidefall.lifecycle.track.search._MANY", many)
    records = tracker.records
    ids = [records.experiment_named(name) for name in ("even", "odd")]
    for of in ((0,), (1,), (0, 1)):
        kept = [n for n in reversed(range(RUNS)) if n % 10 and n % 2 in of]
        for text, meets in _FILTERS.items():
            wanted = [n for n in kept if meets(n)]
            keys = search_runs(records, [ids[n] for n in of], text)
            assert [int(r.params["n"]) for r in records.runs(keys)] == wanted, (of, text)
            order = ["metrics.loss ASC"]
            keys = search_runs(records, [ids[n] for n in of], text, order, max_results=3)
            assert [int(r.params["n"]) for r in records.runs(keys)] == wanted[::-1][:3], (of, text)


@pytest.mark.parametrize("way", ["ASC", "DESC"])
@pytest.mark.parametrize("many", [3, 5_000])
def test_runs_are_ordered_by_a_metric_and_those_without_come_last(tracker, monkeypatch, many, way):
    monkeypatch.setattr("tidefall.lifecycle.track.search._MANY", many)
    records = tracker.records
    key = records.experiment_named("even")
    runs = [run for run in records.runs(search_runs(records, [key])) if run.params["n"] != "22"]
    values = {}
    with tracker.database.transaction():
        for run in runs:
            n = int(run.params["n"])
            if n % 3:  # Some have the same score, a third has none, one is not a number.
                values[n] = math.nan if n == 2 else float(n // 8)
                records.log(run.id, [Metric("score", values[n], 0, 1)])
    sign = 1 if way == "ASC" else -1
    scored = sorted((n for n in values if n != 2), key=lambda n: (sign * values[n], -n))
    rest = sorted({n for n in range(0, RUNS, 2) if n % 10} - {*scored}, reverse=True)
    for first, size in ((0, 5), (3, 4), (0, 40), (len(scored) - 2, 4), (len(scored), 3)):
        keys = search_runs(records, [key], "", [f"metrics.score {way}"], size, first)
        found = [int(run.params["n"]) for run in records.runs(keys)]
        assert found == [*scored, *rest][first : first + size]


@pytest.mark.parametrize("way", ["ASC", "DESC"])
@pytest.mark.parametrize("many", [3, 5_000])
@pytest.mark.parametrize("key", ["params.score", "tags.score", "attributes.run_name", "end_time"])
def test_runs_are_ordered_by_what_else_they_have(tracker, monkeypatch, many, way, key):
    monkeypatch.setattr("tidefall.lifecycle.track.search._MANY", many)
    records = tracker.records
    place = records.create_experiment("ordered")
    runs = [records.create_run(place, start=1000 + n) for n in range(30)]
    values = {n: f"score {n // 4}" for n in range(30) if n % 3}
    for n, value in values.items():
        if key == "end_time":
            values[n] = str(1_700_000_000_000 + n // 4)
            records.change_run(runs[n].id, status="FINISHED", end=int(values[n]))
        else:
            name = "mlflow.runName" if key == "attributes.run_name" else "score"
            kind = "params" if key.startswith("params") else "tags"
            records.log(runs[n].id, [], **{kind: {name: value}})
    having = sorted(values, key=lambda n: -n)
    having.sort(key=lambda n: values[n], reverse=way == "DESC")
    wanted = [*having, *sorted({*range(30)} - {*values}, reverse=True)]
    numbers = {run.key: n for n, run in enumerate(runs)}
    for first, size in ((0, 5), (3, 4), (0, 40), (len(values) - 2, 4), (len(values) + 1, 3)):
        keys = search_runs(records, [place], "", [f"{key} {way}"], size, first)
        assert [numbers[one] for one in keys] == wanted[first : first + size], (first, size)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_best_of_many_are_found_by_the_index(tracker, monkeypatch):
    monkeypatch.setattr("tidefall.lifecycle.track.search._MANY", 3)
    order = ["metrics.loss DESC", "params.n ASC"]
    sql, parameters = _last_query(
        tracker, monkeypatch, lambda records, key: search_runs(records, [key], "", order, 3)
    )
    plan = [row[3] for row in tracker.database.rows(f"EXPLAIN QUERY PLAN {sql}", parameters)]
    assert plan[0].startswith("SEARCH x") and "idx_tidefall_latest" in plan[0]
    assert "USE TEMP B-TREE FOR ORDER BY" not in plan  # Only within one value of the metric.


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("params.n = '22'", "idx_execution_property_string"),
        ("params.half = '1' and params.n = '22'", "idx_execution_property_string"),
        ("run_name IN ('run 2', 'run 4')", "idx_execution_property_string"),
        ("metrics.loss = 0.55", "idx_tidefall_latest"),
    ],
)
def test_one_run_of_many_is_found_by_the_index(tracker, monkeypatch, text, index):
    sql, parameters = _last_query(
        tracker, monkeypatch, lambda records, key: search_runs(records, [key], text)
    )
    first = tracker.database.rows(f"EXPLAIN QUERY PLAN {sql}", parameters)[0][3]
    assert first.startswith("SEARCH x") and index in first


def _last_query(tracker, monkeypatch, search):
    """The statement that a search which finds something ends with, and its parameters."""
    asked, execute = [], tracker.database.dialect.execute

    def noting(connection, sql, parameters):
        asked.append((sql, parameters))
        return execute(connection, sql, parameters)

    monkeypatch.setattr(tracker.database.dialect, "execute", noting)
    assert search(tracker.records, tracker.records.experiment_named("even"))
    return asked[-1]
