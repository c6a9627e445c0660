"""When a model is trained again, what becomes of it, and what a kill leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import yaml

import tidefall as tf
from tidefall import monitoring
from tidefall.base import errors
from tidefall.lifecycle.registry.registry import Registry
from tidefall.lifecycle.retrain.plan import RetrainPlan, read_retrain_plan
from tidefall.lifecycle.retrain.reproduction import reproduce
from tidefall.lifecycle.retrain.runner import Retraining
from tidefall.lifecycle.retrain.triggers import decide
from tidefall.serving.rollout.audit import audit_entries
from tidefall.tools.pipeline.cli import load_pipeline

PIPELINE = '''
import os, time
import pyarrow.parquet as pq
import tidefall as tf
from tidefall import pipelines as tfx

Parameter, OutputArtifact = tfx.dsl.components.Parameter, tfx.dsl.components.OutputArtifact

@tfx.dsl.components.component
def Fit(model: OutputArtifact[tfx.types.standard_artifacts.Model],
        data: Parameter[str], sign: Parameter[str]):
    """y is 1 where x exceeds the middle between the classes."""
    table = pq.read_table(data + "/rows.parquet")
    x, y = table["x"].to_numpy(), table["label"].to_numpy()
    middle = float(x[y == 1].mean() + x[y == 0].mean()) / 2
    with open("fits", "a") as file:
        file.write("fitted\\n")
    while os.path.exists("wait"):
        time.sleep(0.02)
    module = tf.Module()
    spec = tf.TensorSpec([None], tf.float64, "x")
    module.run = tf.function(
        lambda x: {"y": tf.sigmoid(float(sign) * 9.0 * (x - middle))}, [spec])
    tf.saved_model.save(module, model.uri, {"serving_default": module.run})

def create_pipeline():
    runtime = tfx.dsl.experimental.RuntimeParameter
    fit = Fit(data=runtime("data", str), sign=runtime("sign", str, "1"))
    return tfx.dsl.Pipeline("fits", "runs", components=[fit], enable_cache=True)
'''
PLAN = {
    "model": "m",
    "store": "store",
    "monitoring": "monitoring",
    "pipeline": "pipeline.py",
    "node": "Fit",
    "triggers": {"quality": {"metric": "accuracy", "at_least": 0.9, "window": "1h"}},
    "data": {"window": "1h"},
}


class Place:
    """A live version that says 1 where x > 0, and rows whose truth is another."""

    def __init__(self, folder, monkeypatch):
        monkeypatch.chdir(folder)
        self.folder = folder
        (folder / "pipeline.py").write_text(PIPELINE)
        module = tf.Module()
        spec = tf.TensorSpec([None], tf.float64, "x")
        module.run = tf.function(lambda x: {"y": tf.sigmoid(9.0 * x)}, [spec])
        tf.saved_model.save(module, str(folder / "live"), {"serving_default": module.run})
        with Registry(folder / "store", user="ann") as registry:
            registry.register("m", folder / "live")
            registry.transition("m", 1, "Production")
        self.store = monitoring.open_store(folder / "monitoring")

    def answer(self, n=600, bar=1.0, shift=0.0, seconds=60.0, seed=0, version=1):
        """Rows that came in the last seconds, answered by the live version, and labelled."""
        random = np.random.default_rng(seed)
        x = random.normal(shift, 1.5, n)
        times = np.sort(time.time() - random.uniform(0, seconds, n))
        answers = 1 / (1 + np.exp(-9 * x))
        ids = self.store.add_predictions("m", version, {"x": x}, {"y": answers}, times=times)
        self.store.add_labels("m", ids, (x > bar).astype(int))

    def plan(self, **changes) -> RetrainPlan:
        path = self.folder / "retrain.yaml"
        path.write_text(yaml.safe_dump({**PLAN, **changes}))
        return read_retrain_plan(path)

    def run(self, plan, force=""):
        with Registry(self.folder / "store", user="ann") as registry:
            return Retraining(plan, registry, load_pipeline, lambda _: None).run(force)

    def decide(self, plan):
        with Registry(self.folder / "store", user="ann") as registry:
            return decide(plan, self.store, registry.version("m", "Production"))

    def story(self):
        entries = audit_entries(self.folder / "store" / "audit.jsonl")
        return [e["action"][8:] for e in entries if e["action"].startswith("retrain.")]

    def fits(self):
        path = self.folder / "fits"
        return len(path.read_text().splitlines()) if path.exists() else 0


@pytest.fixture
def place(tmp_path, monkeypatch):
    return Place(tmp_path, monkeypatch)


def test_a_version_that_is_better_is_registered_and_can_be_made_once_more(place):
    place.answer()
    assert place.run(place.plan()) == "trained"
    assert place.story() == ["begin", "trained", "compared", "done"]
    with Registry(place.folder / "store", user="ann") as registry:
        version = registry.version("m", 2)
        assert version.tags["retraining"] == "m-1"
        assert version.description.startswith("Trained again: quality: accuracy is 0.")
        assert reproduce(registry, "m", 2, load_pipeline).is_same
        with pytest.raises(errors.FailedPreconditionError, match="made by no retraining"):
            reproduce(registry, "m", 1, load_pipeline)
        (place.folder / "pipeline.py").write_text(PIPELINE + "# changed\n")
        with pytest.raises(errors.FailedPreconditionError, match="is not what it was when"):
            reproduce(registry, "m", 2, load_pipeline)
        (place.folder / "store/retraining/m-1/train/rows.parquet").write_bytes(b"else")
        with pytest.raises(errors.FailedPreconditionError, match="are not those that version 2"):
            reproduce(registry, "m", 2, load_pipeline)


def test_a_version_that_is_no_better_is_refused(place):
    place.answer()
    assert place.run(place.plan(parameters={"sign": "-1"})) == "refused"
    assert place.story() == ["begin", "trained", "compared", "refused"]
    compared = json.loads((place.folder / "store/audit.jsonl").read_text().splitlines()[-2])
    assert compared["details"]["compared"]["gain"] < 0


def test_without_a_reason_nothing_is_trained_unless_somebody_has_one(place):
    place.answer(bar=0.0)
    assert place.run(place.plan()) == "not needed"
    assert (place.story(), place.fits()) == ([], 0)
    assert place.run(place.plan(compare={"gain": -0.5}), force="a new library") == "trained"
    entries = audit_entries(place.folder / "store/audit.jsonl")
    entry = next(e for e in entries if e["action"] == "retrain.begin")
    assert entry["details"]["reasons"] == ["asked for: a new library"]


def test_after_a_training_there_is_a_pause(place):
    place.answer()
    plan = place.plan(cooldown="1h")
    assert place.run(plan) == "trained"
    assert place.run(plan) == "not needed"
    assert place.run(place.plan(cooldown="0s")) == "trained"


def test_too_few_labels_are_told_and_the_next_time_begins_anew(place):
    place.answer(n=300)
    with pytest.raises(errors.FailedPreconditionError, match="300 labelled rows in the window, 90"):
        place.run(place.plan(data={"window": "1h", "minimum": 900}))
    assert place.story() == ["begin", "failed"]
    assert place.run(place.plan()) == "trained"


TRIGGERS = {
    "quality": ({"metric": "accuracy", "at_least": 0.9, "window": "1h"}, {}, True),
    "quality, good": ({"metric": "accuracy", "at_least": 0.9, "window": "1h"}, {"bar": 0.0}, False),
    "quality, few": ({"metric": "accuracy", "at_least": 0.9, "minimum": 900}, {}, False),
    "volume": ({"labels": 500}, {"seconds": 0.0}, True),
    "volume, few": ({"labels": 700}, {"seconds": 0.0}, False),
    "schedule": ({"every": "0s"}, {}, True),
    "schedule, young": ({"every": "1d"}, {}, False),
    "value": (
        {"metric": "accuracy", "expected": 0.95, "per_point": 1.0, "cost": 100.0}, {}, True,
    ),
    "value, too dear": (
        {"metric": "accuracy", "expected": 0.95, "per_point": 1.0, "cost": 1e4}, {}, False,
    ),
    "value, nothing to gain": (
        {"metric": "accuracy", "expected": 0.95, "per_point": 9.0, "cost": 0.0},
        {"bar": 0.0}, False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TRIGGERS)
def test_triggers_fire_when_they_should(place, name):
    given, rows, fires = TRIGGERS[name]
    kind = name.partition(",")[0]
    place.answer(**rows)
    decision = place.decide(place.plan(triggers={kind: given}))
    assert [reason.partition(":")[0] for reason in decision.reasons] == [kind] * fires
    assert set(decision.figures) == {kind}


@pytest.mark.parametrize(("shift", "fires"), [(0.0, False), (2.0, True)])
def test_drift_is_a_reason(place, shift, fires):
    place.answer(n=2000, seconds=100.0, seed=1)
    random = np.random.default_rng(2)
    x = random.normal(shift, 1.5, 2000)
    times = time.time() - random.uniform(0, 9, 2000)
    place.store.add_predictions("m", 1, {"x": x}, {"y": 1 / (1 + np.exp(-9 * x))}, times=times)
    drift = {"window": "10s", "reference": "60s", "alerts": 1}
    decision = place.decide(place.plan(triggers={"drift": drift}))
    assert bool(decision.reasons) == fires, decision
    if fires:
        assert "input.x (psi " in decision.reasons[0]


def test_drift_waits_for_its_reference(place):
    place.answer(seconds=1.0)
    decision = place.decide(place.plan(triggers={"drift": {"window": "10s", "reference": "60s"}}))
    assert "reference has not ended" in decision.figures["drift"]["waits"]


def test_a_metric_that_is_not_measured_is_named(place):
    place.answer()
    trigger = {"metric": "bleu", "at_least": 1.0, "window": "1h"}
    with pytest.raises(errors.InvalidArgumentError, match="no metric 'bleu'; there are accuracy"):
        place.decide(place.plan(triggers={"quality": trigger}))


@pytest.mark.process
@pytest.mark.parametrize("moment", ["begin", "trained"])
def test_a_retraining_that_is_killed_goes_on_and_does_nothing_twice(place, moment, monkeypatch):
    place.answer()
    place.plan()
    (place.folder / "wait").touch() if moment == "begin" else None
    command = [sys.executable, "-m", "tidefall", "retrain", "run", "retrain.yaml"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while moment not in place.story() or (moment == "begin" and not place.fits()):
        assert time.monotonic() < end and process.poll() is None
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    (place.folder / "wait").unlink(missing_ok=True)
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "trained\n"), done.stderr
    assert place.story() == ["begin", "trained", "compared", "done"]
    with Registry(place.folder / "store", user="ann") as registry:
        assert [v.number for v in registry.versions("m")] == [2, 1]


BAD = {
    "no pipeline": ({"pipeline": None}, "pipeline: expected text, received nothing"),
    "metric": ({"compare": {"metric": "auc"}}, "compare.metric: expected accuracy or mae"),
    "value": (
        {"triggers": {"value": {"metric": "accuracy"}}},
        "triggers.value.expected: is missing",
    ),
    "both": (
        {"triggers": {"quality": {"metric": "f1", "at_least": 1, "at_most": 2}}},
        "triggers.quality.metric: expected at_least or at_most",
    ),
    "every": (
        {"triggers": {"schedule": {"every": "weekly"}}},
        "triggers.schedule.every: expected a time",
    ),
    "key": ({"trigger": {}}, "trigger: unknown; expected model, store"),
    "holdout": ({"data": {"holdout": 1}}, "data.holdout: expected 0.01 to 0.9, received 1"),
    "taken": ({"parameters": {"data": "mine"}}, "parameters: 'data' is set by the retraining"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_mistake_is_told_with_file_line_and_key(tmp_path, name):
    change, message = BAD[name]
    path = tmp_path / "retrain.yaml"
    path.write_text(yaml.safe_dump({**PLAN, **change}))
    with pytest.raises(errors.InvalidArgumentError) as caught:
        read_retrain_plan(path)
    where, _, words = str(caught.value).removeprefix(f"{path}:").partition(": ")
    assert where.isdecimal()
    assert words.startswith(message)


def test_an_output_that_the_pipeline_has_not_is_named(place):
    place.answer()
    with pytest.raises(errors.InvalidArgumentError, match=r"no output Trainer\.model; there"):
        place.run(place.plan(node="Trainer"))
