"""Searches in this process, against Optuna's own view of the study."""

from __future__ import annotations

import io
import math
import sqlite3
import statistics
import subprocess
import sys

import optuna
import pytest

import tidefall as tf
from tests.lifecycle.tune import objectives
from tidefall import track, tune
from tidefall.lifecycle.tune.progress import Progress
from tidefall.lifecycle.tune.space import distributions, named_directions

QUIET = {"view": "none", "seed": 3}


def own_view(store, name):
    return optuna.load_study(study_name=name, storage=f"sqlite:///{store}/studies.db")


def test_the_result_is_what_optuna_and_the_runs_say(tmp_path):
    found = tune.search(
        objectives.parabola, objectives.SPACE, trials=12, name="p", store=tmp_path, **QUIET
    )
    own = own_view(tmp_path, "p")
    assert found.best.number == own.best_trial.number
    assert found.best_params == own.best_params
    assert [t.values for t in found.trials] == [t.values for t in own.trials]
    assert found.best.value == min(t.value for t in own.trials)
    for trial in own.trials:
        shift = 1.0 if trial.params["kind"] == "shifted" else 0.0
        assert trial.value == (trial.params["x"] - 2 + shift) ** 2 + trial.params["k"]
    with track.Tracker(tmp_path) as tracker:
        runs = {int(run.tags["tidefall.trial"]): run for run in tracker.runs("p")}
    assert sorted(runs) == [t.number for t in own.trials]
    for trial in own.trials:
        run = runs[trial.number]
        assert run.id == trial.user_attrs["run_id"]
        assert run.params == {name: str(value) for name, value in trial.params.items()}
        assert (run.status, run.metrics["value"].value) == ("FINISHED", trial.value)


def test_a_search_goes_on_to_the_number_of_trials_as_if_it_had_been_one(tmp_path):
    def search(folder, trials):
        return tune.search(
            objectives.parabola, objectives.SPACE, trials=trials, store=folder, **QUIET
        )

    whole = search(tmp_path / "a", 14).trials
    search(tmp_path / "b", 5)
    parts = search(tmp_path / "b", 14).trials
    assert [t.params for t in parts] == [t.params for t in whole]
    assert len(search(tmp_path / "b", 14).trials) == 14


def test_trials_are_pruned_that_are_worse_than_the_median_of_others(tmp_path):
    found = tune.search(
        objectives.rising, {"slope": (0.0, 1.0)}, trials=25, name="r", store=tmp_path, **QUIET
    )
    pruned = [t for t in found.trials if t.state.name == "PRUNED"]
    assert pruned
    for trial in found.trials:
        earlier = [t for t in found.trials[: trial.number] if t.state.name == "COMPLETE"]
        for step, value in trial.intermediate_values.items():
            others = [t.intermediate_values[step] for t in earlier]
            # Optuna's median pruner lets five trials end before it begins.
            is_worse = len(others) >= 5 and value > statistics.median(others)
            is_last = step == max(trial.intermediate_values)
            assert is_worse == (trial.state.name == "PRUNED" and is_last)
    with track.Tracker(tmp_path) as tracker:
        killed = tracker.runs("r", "attributes.status = 'KILLED'")
        history = tracker.history(pruned[0].user_attrs["run_id"], "value")
    assert {int(run.tags["tidefall.trial"]) for run in killed} == {t.number for t in pruned}
    assert [m.value for m in history] == list(pruned[0].intermediate_values.values())


def test_no_pruner_prunes_nothing(tmp_path):
    pruner = tune.pruners.NopPruner()
    found = tune.search(
        objectives.rising, {"slope": (0.0, 1.0)}, trials=12, store=tmp_path, pruner=pruner, **QUIET
    )
    assert {t.state.name for t in found.trials} == {"COMPLETE"}


def test_the_best_of_several_objectives_are_those_that_nothing_dominates(tmp_path):
    found = tune.search(
        objectives.two_sided, {"x": (-1.0, 3.0)}, directions=("minimize", "minimize"), trials=20,
        name="two", store=tmp_path, **QUIET,
    )  # fmt: skip

    def dominates(a, b):
        return all(x <= y for x, y in zip(a, b, strict=True)) and a != b

    values = {t.number: tuple(t.values) for t in found.trials}
    front = {n for n, v in values.items() if not any(dominates(w, v) for w in values.values())}
    assert {t.number for t in found.best_trials} == front
    assert {t.number for t in own_view(tmp_path, "two").best_trials} == front
    with pytest.raises(tf.errors.FailedPreconditionError, match="best_trials"):
        _ = found.best


def test_a_grid_is_tried_once(tmp_path):
    space = {"x": [0.0, 1.0, 2.0], "k": [0, 1]}

    def search():
        sampler = tune.samplers.GridSampler(space, seed=0)
        return tune.search(
            lambda trial: trial.params["x"] + trial.params["k"], space, trials=50, store=tmp_path,
            sampler=sampler, view="none",
        )  # fmt: skip

    for _ in range(2):
        found = search()
        assert len({tuple(sorted(t.params.items())) for t in found.trials}) == 6
        assert len(found.trials) == 6


def test_values_that_an_objective_asks_for_itself_are_params_of_the_run(tmp_path):
    def objective(trial):
        kind = trial.suggest_categorical("kind", ["a", "b"])
        size = trial.suggest_int("size", 2, 64, log=True)
        rate = trial.suggest_float("rate", 0.0, 1.0, step=0.25)
        assert trial.params == {"kind": kind, "size": size, "rate": rate}
        trial.set_user_attr("note", [size])
        trial.log({"cost": size}, step=7)
        return size + rate

    found = tune.search(objective, trials=3, name="d", store=tmp_path, **QUIET)
    assert all(t.user_attrs["note"] == [t.params["size"]] for t in found.trials)
    with track.Tracker(tmp_path) as tracker:
        for trial in found.trials:
            run = tracker.run(trial.user_attrs["run_id"])
            assert run.params == {name: str(v) for name, v in trial.params.items()}
            assert run.metrics["cost"][1:3] == (trial.params["size"], 7)
            assert run.metrics["value"].value == trial.value


def test_a_search_ends_where_trials_fail_one_after_another_and_goes_on_later(tmp_path):
    broken = [True]

    def objective(trial):
        if broken[0] and trial.number >= 2:
            raise KeyError("the data")
        return trial.params["x"]

    options = {"trials": 4, "store": tmp_path, "max_failures": 3, "name": "f", **QUIET}
    with pytest.raises(KeyError, match="the data") as caught:
        tune.search(objective, {"x": (0.0, 1.0)}, **options)
    assert "3 trials failed one after another" in caught.value.__notes__[-1]
    broken[0] = False
    found = tune.search(objective, {"x": (0.0, 1.0)}, **options)
    states = [t.state.name for t in found.trials]
    assert states == ["COMPLETE"] * 2 + ["FAIL"] * 3 + ["COMPLETE"] * 2
    assert "KeyError: 'the data'" in found.trials[2].user_attrs["error"]
    with track.Tracker(tmp_path) as tracker:
        run = tracker.run(found.trials[2].user_attrs["run_id"])
    assert run.status == "FAILED" and "KeyError" in run.tags["tidefall.error"]


def test_an_interrupted_trial_is_repeated_with_its_values(tmp_path):
    interrupts = [2]

    def objective(trial):
        if trial.number in interrupts:
            raise KeyboardInterrupt
        return trial.params["x"]

    options = {"trials": 4, "store": tmp_path, "name": "i", **QUIET}
    with pytest.raises(KeyboardInterrupt):
        tune.search(objective, {"x": (0.0, 1.0)}, **options)
    with track.Tracker(tmp_path) as tracker:
        assert [run.status for run in tracker.runs("i")] == ["KILLED", "FINISHED", "FINISHED"]
    found = tune.search(objective, {"x": (0.0, 1.0)}, **options)
    assert [t.state.name for t in found.trials] == ["COMPLETE"] * 2 + ["FAIL"] + ["COMPLETE"] * 2
    assert found.trials[3].params == found.trials[2].params


def test_no_trial_begins_after_the_timeout(tmp_path):
    found = tune.search(
        objectives.parabola, objectives.SPACE, trials=500, timeout=1e-9, store=tmp_path, **QUIET
    )
    assert found.trials == []
    with pytest.raises(tf.errors.FailedPreconditionError, match="no trial"):
        _ = found.best


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"space": {"x": (1, "a")}}, r"space\['x'\] is \(1, 'a'\)"),
        ({"space": {"x": (3, 1)}}, r"space\['x'\]"),
        ({"space": {"x": (0.0, math.inf)}}, r"space\['x'\]"),
        ({"space": {"x": []}}, r"space\['x'\]"),
        ({"space": {"x": [object]}}, "choices are None, booleans, numbers and texts"),
        ({"space": [1]}, "space: names"),
        ({"directions": "up"}, "direction of 'value' is 'up'"),
        ({"directions": ()}, "at least one"),
        ({"directions": ("minimize",) * 2, "pruner": "any"}, "leave pruner out"),
        ({"directions": ("minimize",) * 2, "register": "m"}, "needs choose"),
        ({"directions": ("minimize",) * 2}, "returned 1 values, .*value_0, value_1"),
        ({"trials": 0}, "at least 1"),
        ({"workers": 0}, "workers=0"),
        ({"on": "mars"}, "on='mars'"),
        ({"view": "3d"}, "view='3d'"),
        ({"name": "../up"}, "a search is called '../up'"),
        ({"tries": 3}, "unexpected keyword argument 'tries'"),
        ({"objective": lambda trial: math.nan}, "returned nan for 'value'"),
        ({"objective": lambda trial: "high"}, "numbers were expected"),
        ({"objective": lambda trial: trial.set_user_attr("a", object)}, "JSON cannot say"),
        ({"objective": lambda trial: trial.set_user_attr("run_id", 1)}, "search's own"),
    ],
)
def test_what_cannot_be_searched_is_told(changed, said, tmp_path):
    given = {"objective": objectives.parabola, "space": objectives.SPACE, "trials": 2, **QUIET}
    with pytest.raises(tf.errors.InvalidArgumentError, match=said):
        tune.search(store=tmp_path, max_failures=1, **{**given, **changed})


def test_a_study_keeps_its_objectives_and_the_kinds_of_its_parameters(tmp_path):
    options = {"trials": 2, "store": tmp_path, "name": "kept", **QUIET}
    tune.search(objectives.parabola, objectives.SPACE, **options)
    with pytest.raises(tf.errors.InvalidArgumentError, match="begun with the objectives"):
        tune.search(objectives.parabola, objectives.SPACE, directions="maximize", **options)
    options["trials"] = 3
    with pytest.raises(tf.errors.InvalidArgumentError, match="begun with another space"):
        tune.search(objectives.parabola, {**objectives.SPACE, "kind": ["a", "b"]}, **options)


def test_a_file_that_is_no_database_is_told(tmp_path):
    (tmp_path / "studies.db").write_text("no database, but long enough to be looked at" * 9)
    with pytest.raises(tf.errors.UnavailableError, match=r"studies.db cannot be opened"):
        tune.search(objectives.parabola, objectives.SPACE, store=tmp_path, **QUIET)


def test_a_study_that_cannot_be_written_is_told_and_goes_on_later(tmp_path):
    path = tmp_path / "other.db"
    locking = sqlite3.connect(path, isolation_level=None)
    locks = [2]

    def objective(trial):
        if trial.number in locks:
            locking.execute("BEGIN IMMEDIATE")
        return trial.params["x"]

    options = {"trials": 4, "store": tmp_path, "storage": f"sqlite:///{path}?timeout=0.1", **QUIET}
    with pytest.raises(tf.errors.UnavailableError, match=r"other.db.*: .*database is locked"):
        tune.search(objective, {"x": (0.0, 1.0)}, **options)
    locking.execute("ROLLBACK")
    locking.close()
    found = tune.search(objective, {"x": (0.0, 1.0)}, **options)
    assert [t.state.name for t in found.trials] == ["COMPLETE"] * 2 + ["FAIL"] + ["COMPLETE"] * 2


def test_a_study_is_searched_by_one_process_at_a_time(tmp_path):
    def objective(trial):
        tune.search(objectives.parabola, objectives.SPACE, name="one", store=tmp_path, **QUIET)

    with pytest.raises(tf.errors.FailedPreconditionError, match="goes on in another process"):
        tune.search(objective, trials=1, name="one", store=tmp_path, max_failures=1, **QUIET)


def test_pruning_by_reports_is_for_one_objective(tmp_path):
    with pytest.raises(tf.errors.InvalidArgumentError, match="several objectives"):
        tune.search(
            lambda trial: trial.report(1.0, 0), directions=("minimize",) * 2, trials=1,
            store=tmp_path, max_failures=1, **QUIET,
        )  # fmt: skip


def test_spaces_are_optunas_distributions():
    given = {"a": (1, 4), "b": (1, 4.5), "c": ["x", None], "d": tune.Float(1e-3, 1, log=True)}
    assert distributions(given) == {
        "a": optuna.distributions.IntDistribution(1, 4),
        "b": optuna.distributions.FloatDistribution(1.0, 4.5),
        "c": optuna.distributions.CategoricalDistribution(["x", None]),
        "d": optuna.distributions.FloatDistribution(1e-3, 1, log=True),
    }


@pytest.mark.parametrize(
    ("given", "builds", "named"),
    [
        ("maximize", False, {"value": "maximize"}),
        (["minimize", "maximize"], False, {"value_0": "minimize", "value_1": "maximize"}),
        ("minimize", True, {"val_loss": "minimize"}),
        ({"val_accuracy": "maximize"}, True, {"val_accuracy": "maximize"}),
    ],
)
def test_objectives_have_names(given, builds, named):
    assert named_directions(given, builds) == named


def test_names_are_needed_where_keras_logs_many():
    with pytest.raises(tf.errors.InvalidArgumentError, match="by name"):
        named_directions("maximize", True)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("stream", "end"), [(io.StringIO, "\n"), (Terminal, "")])
def test_progress_is_a_line_for_each_trial_and_one_line_on_a_terminal(stream, end):
    shown = stream()
    progress = Progress(5, stream=shown)
    trial = optuna.trial.create_trial(
        value=0.25, params={"x": 0.123456}, distributions={"x": tune.Float(0.0, 1.0)}
    )
    progress.tell(trial, 1.5, 1, trial)
    text = shown.getvalue()
    assert "0.25 in 1.5 s  [1/5, best 0.25 by trial" in text and "x=0.1235" in text
    assert text.endswith(f"x=0.1235{end}") and text.startswith("\r") == (stream is Terminal)


def test_optuna_is_imported_when_it_is_used():
    program = (
        "import sys; sys.modules['optuna'] = None; import tidefall.tune as tune; dir(tune)\n"
        "try:\n    tune.search(len)\nexcept ImportError as error:\n    print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert "pip install tidefall[tune]" in done.stdout
