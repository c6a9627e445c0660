"""Runs, searches and files; the Keras callback; what is logged wrongly."""

import math

import numpy as np
import pytest

from tidefall.base import errors
from tidefall.lifecycle.metadata import MetadataStore, lineage
from tidefall.lifecycle.track import Tracker, autolog
from tidefall.lifecycle.track.cli import main
from tidefall.lifecycle.track.filters import parse_filter


@pytest.fixture
def tracker(tmp_path):
    with Tracker(tmp_path / "store") as opened:
        yield opened


def test_a_run_holds_what_it_is_told(tracker, tmp_path):
    (tmp_path / "plot.svg").write_text("<svg/>")
    (tmp_path / "ckpt.index").write_bytes(b"1")
    (tmp_path / "ckpt.data-00000-of-00001").write_bytes(b"2")
    with tracker.start_run("first", "taxi", params={"lr": 0.1}) as run:
        for step in range(2500):
            run.log_metric("loss", 1 / (step + 1), step)
        run.log_metrics({"nan": math.nan, "inf": -math.inf}, 1)
        run.log_artifact(tmp_path / "plot.svg", "plots/loss.svg")
        run.log_checkpoint(tmp_path / "ckpt", 7)
        data = run.log_input("/data/taxi", rows=10)
        assert run.log_input("/data/taxi") == data
    found = tracker.run(run.id)
    assert (found.name, found.status, found.params) == ("first", "FINISHED", {"lr": "0.1"})
    assert found.metrics["loss"].step == 2499 and found.end >= found.start
    assert math.isnan(found.metrics["nan"].value) and found.metrics["inf"].value == -math.inf
    assert [m.step for m in tracker.history(run.id, "loss")] == list(range(2500))
    assert float(found.tags["tidefall.cost.wall_seconds"]) >= 0
    folder = tracker.folder / "artifacts" / str(found.experiment) / run.id / "artifacts"
    assert (folder / "plots" / "loss.svg").read_text() == "<svg/>"
    assert sorted(p.name for p in (folder / "checkpoints" / "7").iterdir()) == [
        "ckpt.data-00000-of-00001", "ckpt.index",
    ]  # fmt: skip
    graph = lineage(MetadataStore(tracker.database), data, "forward")
    assert [n["type"] for n in graph.nodes.values()] == ["Dataset", "tidefall.Run", "Checkpoint"]


def test_a_run_that_fails_says_so(tracker):
    with pytest.raises(ZeroDivisionError), tracker.start_run() as run:
        raise ZeroDivisionError
    assert tracker.run(run.id).status == "FAILED"
    with pytest.raises(errors.FailedPreconditionError, match="is over"):
        run.log_metric("a", 1)


_BAD = {
    "metric": (lambda r: r.log_metric("a", "much"), "a number was expected"),
    "param again": (lambda r: (r.log_param("p", 1), r.log_param("p", 2)), "logged once"),
    "key": (lambda r: r.log_param("", 1), "1 to 250"),
    "long key": (lambda r: r.set_tag("x" * 251, 1), "1 to 250"),
    "long value": (lambda r: r.set_tag("x", "y" * 8001), "8001 characters"),
    "way out": (lambda r: r.log_text("x", "../../../../x"), "no path below"),
    "figure": (lambda r: r.log_figure(3, "a.png"), "a figure was expected"),
    "file": (lambda r: r.log_artifact("/none/at/all"), "there is no file"),
    "checkpoint": (lambda r: r.log_checkpoint("/none/at/all"), "there is no checkpoint"),
    "status": (lambda r: r.end("DONE"), "FINISHED"),
}


@pytest.mark.parametrize("name", _BAD)
def test_bad_input(tracker, name):
    call, words = _BAD[name]
    with tracker.start_run() as run:
        with pytest.raises(errors.OpError, match=words):
            call(run)
        run.log_metric("after", 1.0)
    assert tracker.run(run.id).metrics["after"].value == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "metrics.loss", "metrics.loss <", "metrics.loss < 'a'", "params.p = 3", "nothing = 'x'",
        "params.p > 'a'", "metrics.a > 1 or metrics.b > 1", "params.p IN ()", "params.p IN ('a'",
        "'; DROP TABLE Execution; --", "metrics.a LIKE 1", "and", "\0",
    ],
)  # fmt: skip
def test_filters_that_are_none(tracker, text):
    with pytest.raises(errors.InvalidArgumentError, match="filter"):
        tracker.runs(filter=text)


def test_filters_are_values_and_never_sql(tracker):
    (clause,) = parse_filter("params.`a b` = 'x'' OR 1=1 --'")
    assert clause == ("param", "a b", "=", "x' OR 1=1 --")
    with tracker.start_run(params={"a b": "x"}):
        pass
    assert tracker.runs(filter="params.`a b` = 'x'' OR 1=1 --'") == []
    assert len(tracker.runs(filter="params.`a b` = 'x'")) == 1


@pytest.mark.compiles
def test_keras_logs_by_callback_and_by_itself(tracker):
    import keras

    from tidefall.lifecycle.track import KerasCallback

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = np.ones((8, 2)), np.ones((8, 1))
    plain = keras.Model.fit
    autolog(tracker, "auto")
    try:
        model.fit(x, y, epochs=3, verbose=0)
        with tracker.start_run(experiment="own") as run:
            history = model.fit(x, y, epochs=2, verbose=0, callbacks=[KerasCallback(run)])
    finally:
        autolog(disable=True)
    assert keras.Model.fit is plain
    (found,) = tracker.runs("auto")
    assert found.params["optimizer"] == "SGD" and found.params["epochs"] == "3"
    assert len(tracker.history(found.id, "loss")) == 3
    assert [m.value for m in tracker.history(run.id, "loss")] == history.history["loss"]
    assert len(tracker.runs("own")) == 1


def test_command(tracker, capsys):
    store = ["--store", str(tracker.folder)]
    with tracker.start_run("a", params={"lr": 1, "same": 0}) as first:
        first.log_metric("loss", 0.5)
    with tracker.start_run("b", params={"lr": 2, "same": 0}) as second:
        pass
    assert main(["list", *store, "--filter", "metrics.loss < 1"]) == 0
    out = capsys.readouterr().out
    assert "loss=0.5" in out and second.id not in out
    assert main(["compare", first.id, second.id, *store]) == 0
    out = capsys.readouterr().out
    assert "params.lr" in out and "same" not in out
    assert main(["show", "none", *store]) == 1
    assert "no run 'none'" in capsys.readouterr().err
