"""The whole loop, as the example runs it: what clients saw, and what the audit log tells."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tidefall.lifecycle.registry.registry import Registry
from tidefall.lifecycle.retrain.reproduction import reproduce
from tidefall.serving.rollout.audit import audit_entries, check_audit
from tidefall.tools.pipeline.cli import load_pipeline

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "closed_loop.py"
RELEASE = ["begin", "approved", "loaded", "replayed", "shadowed", "step"]


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """The folder in which the example ran, and what it said."""
    folder = tmp_path_factory.mktemp("loop")
    done = subprocess.run(
        [sys.executable, str(EXAMPLE), str(folder)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout.splitlines()


@pytest.fixture(scope="module")
def log(lived):
    path = lived[0] / "store" / "audit.jsonl"
    assert check_audit(path) > 20
    return [entry for entry in audit_entries(path) if entry["model"] == "loop"]


@pytest.mark.process
def test_nobody_was_refused_while_versions_came_and_went(lived):
    _, said = lived
    for line in (
        "all is well: not needed",
        "the world has changed: promoted",
        "a bad version: rolled back",
        "in production: 2 []",
    ):
        assert line in said
    [failed] = [line for line in said if line.startswith("failed requests: ")]
    count, total = failed.removeprefix("failed requests: ").split(" of ")
    assert int(count) == 0 and int(total) > 5000


@pytest.mark.process
def test_the_audit_log_tells_the_story(log):
    told = [e["action"] for e in log if not e["action"].startswith(("alias.", "model."))]
    assert told == [
        *("version.register", "version.stage"),
        # The world has changed.
        *("retrain.begin", "version.register", "retrain.trained", "retrain.compared"),
        *(f"release.{what}" for what in [*RELEASE, "step", "promoting"]),
        *("version.stage", "release.promoted", "retrain.done"),
        # Somebody mistook the sign.
        "version.register",
        *(f"release.{what}" for what in [*RELEASE, "going_back", "rolled_back"]),
    ]
    details = {e["action"]: e["details"] for e in log}
    reasons = details["retrain.begin"]["reasons"]
    assert [reason.partition(":")[0] for reason in reasons] == ["drift", "quality"]
    assert "input.a" in reasons[0]
    compared = details["retrain.compared"]["compared"]
    assert compared["candidate"] > 0.85 > 0.7 > compared["live"]
    assert details["release.rolled_back"]["reason"].startswith("accuracy: ")
    assert details["release.rolled_back"]["version"] == 2


@pytest.mark.process
def test_the_version_is_made_once_more_from_its_lineage(lived, log, monkeypatch):
    folder, _ = lived
    begun = next(e["details"] for e in log if e["action"] == "retrain.begin")
    assert begun["plan"]["warm_start"] == "base_model"

    monkeypatch.chdir(folder)
    with Registry("store", user="loop") as models:
        found = reproduce(models, "loop", 2, load_pipeline)
    assert found.is_same, found


@pytest.mark.process
def test_an_incident_is_gathered_from_what_is_left(lived, tmp_path):
    folder, _ = lived
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tidefall", "incident", "loop", "--since", "1h"),
            *("--store", str(folder / "store"), "--monitoring", str(folder / "monitoring")),
            *("--output", str(tmp_path / "incident")),
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "incident" / "post_mortem.md").read_text()
    assert "release.rolled_back by loop: " in text
    versions = json.loads((tmp_path / "incident" / "versions.json").read_text())
    assert [v["version"] for v in versions] == [3, 2, 1]
