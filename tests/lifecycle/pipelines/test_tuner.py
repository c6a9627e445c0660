"""Tuner with KerasTuner and with Optuna, and a Trainer that takes what it found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import tidefall as tf
from tests.lifecycle.pipelines import tuned
from tidefall import pipelines as tfx
from tidefall import track

pytestmark = [
    # KerasTuner calls what Python has renamed; Keras's copies of weights for h5py are NumPy 1's.
    pytest.mark.filterwarnings("ignore:(currentThread|getName):DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
proto = tfx.proto


def pipeline(folder, rates=tuned.RATES, tune_args=None, **config):
    data = folder / "data"
    data.mkdir(exist_ok=True)
    text = "\n".join(f"{x / 10},{x / 5}" for x in range(1, 61))
    (data / "a.csv").write_text(f"x,y\n{text}\n")
    examples = tfx.components.CsvExampleGen(str(data))
    statistics = tfx.components.StatisticsGen(examples=examples.outputs["examples"])
    schema = tfx.components.SchemaGen(statistics=statistics.outputs["statistics"])
    common = {
        "examples": examples.outputs["examples"],
        "schema": schema.outputs["schema"],
        "module_file": tuned.__file__,
        "train_args": proto.TrainArgs(num_steps=10),
        "eval_args": proto.EvalArgs(num_steps=2),
    }
    tuner = tfx.components.Tuner(
        **common, tune_args=tune_args, custom_config={"rates": list(rates), **config}
    )
    trainer = tfx.components.Trainer(
        **common, hyperparameters=tuner.outputs["best_hyperparameters"]
    )
    nodes = [examples, statistics, schema, tuner, trainer]
    return tfx.dsl.Pipeline("tuned", str(folder / "root"), components=nodes, enable_cache=True)


def run(made):
    return tfx.orchestration.LocalDagRunner(view="none").run(made)


def test_the_best_hyperparameters_are_found_and_trained_with(tmp_path):
    result = run(pipeline(tmp_path))
    (best,) = result.outputs["Tuner"]["best_hyperparameters"]
    config = json.loads(Path(best.uri, "best_hyperparameters.txt").read_text())
    # 10 steps of a rate of 0.0001 hardly move the weight.
    assert config["values"]["rate"] == 0.02
    (results,) = result.outputs["Tuner"]["tuner_results"]
    trials = json.loads(Path(results.uri, "tuner_results.json").read_text())
    assert [trial["rate"] for trial in trials] == [0.02, 0.0001]
    assert trials[0]["score"] < trials[1]["score"]
    (kept,) = result.outputs["Trainer"]["model_run"]
    assert json.loads(Path(kept.uri, "rate.json").read_text()) == 0.02
    (model,) = result.outputs["Trainer"]["model"]
    served = tf.saved_model.load(f"{model.uri}/Format-Serving").serve({"x": tf.constant([[3.0]])})
    assert served.numpy() == pytest.approx(6.0, abs=0.2)
    assert not list(tmp_path.rglob("search"))
    assert set(run(pipeline(tmp_path)).states.values()) == {"cached"}


def test_a_failed_trial_is_not_taken_for_a_result(tmp_path):
    result = run(pipeline(tmp_path, rates=(2.0, 0.02)))
    (results,) = result.outputs["Tuner"]["tuner_results"]
    trials = json.loads(Path(results.uri, "tuner_results.json").read_text())
    assert [trial["rate"] for trial in trials] == [0.02]


def test_a_search_in_which_every_trial_fails_is_an_error(tmp_path):
    with pytest.raises(tf.errors.NotFoundError, match=r"no trial .* ended well:[^$]*this rate"):
        run(pipeline(tmp_path, rates=(2.0, 3.0)))


def test_a_search_over_optuna_is_a_tuner_and_its_trials_are_runs(tmp_path):
    store = str(tmp_path / "store")
    parallel = proto.TuneArgs(num_parallel_trials=2)
    made = pipeline(tmp_path, rates=(0.0001, 0.02, 2.0), tune_args=parallel, store=store)
    result = run(made)
    (best,) = result.outputs["Tuner"]["best_hyperparameters"]
    config = json.loads(Path(best.uri, "best_hyperparameters.txt").read_text())
    assert config["values"] == {"rate": 0.02}
    (results,) = result.outputs["Tuner"]["tuner_results"]
    trials = json.loads(Path(results.uri, "tuner_results.json").read_text())
    assert trials[0]["rate"] == 0.02
    assert trials[0]["score"] == min(trial["score"] for trial in trials)
    (kept,) = result.outputs["Trainer"]["model_run"]
    assert json.loads(Path(kept.uri, "rate.json").read_text()) == 0.02
    with track.Tracker(store) as tracker:
        (experiment,) = [e.name for e in tracker.experiments() if e.name.startswith("rates-")]
        runs = tracker.runs(experiment)
    assert {run.params["rate"] for run in runs} == {"0.0001", "0.02", "2.0"}


def test_kerastuner_does_not_run_trials_beside_each_other(tmp_path):
    with pytest.raises(tf.errors.UnimplementedError, match="tune_args"):
        run(pipeline(tmp_path, tune_args=proto.TuneArgs(num_parallel_trials=2)))
