"""Searches that build Keras models: what is measured, kept and registered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tidefall as tf
from tests.lifecycle.tune import objectives
from tidefall import metadata, registry, track, tune

SPACE = {"units": [2, 8], "rate": tune.Float(1e-3, 0.3, log=True)}
QUIET = {"view": "none", "seed": 0}
# Keras's copies of weights for h5py are NumPy 1's.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    store = tmp_path_factory.mktemp("store")
    options = {"trials": 7, "store": store, "name": "net", "register": "net", **QUIET}
    fit = objectives.fit_arguments
    return store, options, tune.search(objectives.build, SPACE, fit=fit, **options)


def loss_of(folder):
    x, y = objectives.data()
    said = tf.saved_model.load(str(folder)).serve(tf.constant(x[80:])).numpy()
    return float(np.mean((said - y[80:]) ** 2))


def test_the_model_that_is_registered_has_the_loss_that_was_found(found):
    store, _, result = found
    assert [*result.models] == [result.best.number]
    with registry.Registry(store) as models:
        path = models.path(models.version("net", 1))
    assert loss_of(path) == pytest.approx(result.best.value, rel=1e-4)
    assert [p.name for p in (store / "tune" / "net" / "trials").iterdir()] == [
        str(result.best.number)
    ]


def test_the_version_knows_its_trial_and_lineage_leads_from_it_to_the_run(found):
    store, _, result = found
    run_id = result.best.user_attrs["run_id"]
    version = result.version
    assert (version.number, version.run_id) == (1, run_id)
    assert version.tags == {"tidefall.study": "net", "tidefall.trial": str(result.best.number)}
    with metadata.MetadataStore(store / "metadata.db") as database:
        text = metadata.lineage(database, version.id, "backward").to_text()
    assert "tidefall.Run" in text
    with registry.Registry(store) as models:
        card = models.card("net", 1).to_markdown()
    assert str(result.best_params["rate"]) in card


def test_a_search_that_has_ended_registers_nothing_twice(found):
    store, options, result = found
    fit = objectives.fit_arguments
    again = tune.search(objectives.build, SPACE, fit=fit, **options)
    assert len(again.trials) == len(result.trials)
    assert again.version.number == 1
    with registry.Registry(store) as models:
        assert len(models.versions("net")) == 1
        assert models.verify() == []


def test_each_epoch_is_in_the_run_and_the_value_is_that_of_the_best(found):
    store, _, result = found
    with track.Tracker(store) as tracker:
        for trial in result.trials:
            history = tracker.history(trial.user_attrs["run_id"], "val_loss")
            losses = [metric.value for metric in history]
            if trial.state.name == "COMPLETE":
                assert trial.value == min(losses) == losses[-1]
            assert tracker.history(trial.user_attrs["run_id"], "loss")


def test_latency_and_size_are_objectives(tmp_path):
    directions = {"size_bytes": "minimize", "val_loss": "minimize", "latency_ms": "minimize"}
    result = tune.search(
        objectives.build, {"units": [2, 64], "rate": [0.05]}, fit=objectives.fit_arguments,
        directions=directions, trials=4, store=tmp_path, register="small",
        choose=lambda trials: min(trials, key=lambda trial: trial.values[0]), **QUIET,
    )  # fmt: skip
    for trial in result.trials:
        units = trial.params["units"]
        assert trial.values[0] == 4 * (3 * units + units + units + 1)
        assert 0 < trial.values[2] < 1000
    chosen = result.study.trials[int(result.version.tags["tidefall.trial"])]
    assert chosen.values[0] == min(trial.values[0] for trial in result.best_trials)
    assert sorted(result.models) == [trial.number for trial in result.best_trials]


def test_measures_of_models_and_files(tmp_path):
    model = objectives.build(type("Trial", (), {"params": {"units": 2, "rate": 0.1}}))
    assert tune.size_bytes(model) == 4 * 11
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"12345")
    (tmp_path / "c").write_bytes(b"123")
    assert tune.size_bytes(tmp_path) == 8 and tune.size_bytes(tmp_path / "c") == 3
    with pytest.raises(tf.errors.NotFoundError, match="nothing at"):
        tune.size_bytes(tmp_path / "d")
    batch = tf.ones([5, 3])
    assert 0 < tune.latency_ms(model, batch, repeats=3) < 1000
    assert 0 < tune.latency_ms(lambda x: {"y": x * 2}, batch, repeats=3) < 1000
    with pytest.raises(tf.errors.InvalidArgumentError, match="does not say what it takes"):
        tune.latency_ms(lambda x: x)


def test_the_callback_prunes_in_an_objective_of_ones_own(tmp_path):
    def objective(trial):
        model = objectives.build(trial)
        fit = objectives.fit_arguments(trial)
        history = model.fit(**fit, verbose=0, callbacks=[tune.KerasCallback(trial)])
        trial.save(model)
        return history.history["val_loss"][-1]

    pruner = tune.pruners.ThresholdPruner(upper=6.0)
    result = tune.search(objective, SPACE, trials=6, store=tmp_path, pruner=pruner, **QUIET)
    for trial in result.trials:
        reported = list(trial.intermediate_values.values())
        assert (trial.state.name == "PRUNED") == (max(reported) > 6.0)
        assert all(value <= 6.0 for value in reported[:-1])
    assert {t.state.name for t in result.trials} == {"PRUNED", "COMPLETE"}
    assert loss_of(result.models[result.best.number]) == pytest.approx(result.best.value, rel=1e-4)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"directions": {"val_acc": "maximize"}}, r"looks at 'val_acc', and fit logged \['loss'"),
        ({"objective": lambda trial: 3.0}, "a Keras model was expected"),
        ({"fit": {"x": np.ones((4, 3)), "y": np.ones((4, 1)), "epochs": 0}}, "ran no epoch"),
    ],
)
def test_what_is_wrong_with_a_builder_is_told(changed, said, tmp_path):
    given = {"objective": objectives.build, "fit": objectives.fit_arguments, **changed}
    with pytest.raises(tf.errors.InvalidArgumentError, match=said):
        tune.search(space=SPACE, trials=1, store=tmp_path, max_failures=1, **given, **QUIET)


def test_a_trial_without_a_model_is_not_registered(tmp_path):
    with pytest.raises(tf.errors.NotFoundError, match=r"call trial.save\(model\)"):
        tune.search(
            lambda trial: 1.0, trials=1, store=tmp_path, register="none", **QUIET
        )  # fmt: skip
    with pytest.raises(tf.errors.NotFoundError, match="is no SavedModel"):
        tune.search(
            lambda trial: trial.save(tmp_path), trials=1, store=tmp_path, name="b",
            max_failures=1, **QUIET,
        )  # fmt: skip
    assert not list(Path(tmp_path, "tune", "b", "trials").rglob("*.new*"))
