"""The taxi pipeline, killed at a random moment and run again: the same artifacts, nothing twice."""

from __future__ import annotations

import functools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.chaos.jobs import Failed, Outcome
from tests.chaos.taxi import create_pipeline
from tidefall.io.records.tfrecord import read_records
from tidefall.lifecycle.model_analysis.results import load_metrics
from tidefall.lifecycle.pipelines.orchestration.records import FINISHED, Records
from tidefall.proto import serving

REPO = Path(__file__).resolve().parents[2]
GENUINE = os.environ.get("TIDEFALL_GENUINE") or REPO.parent / "shared" / "interop_genuine"
RECORDS = Path(GENUINE) / "taxi_records"
SIGNED = {"Trainer", "Pusher", "InfraValidator", "Transform"}
"""Nodes whose files have something of their own in each run, such as the time or a model's id."""


def _run(folder: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.chaos.taxi", folder, str(RECORDS)]
    return subprocess.Popen(command, cwd=REPO, stderr=subprocess.DEVNULL)


def _predictions(uri: str) -> list[bytes]:
    """What the model said of each record: of the same model the same bytes."""
    found = []
    for name in sorted(os.listdir(uri)):
        for record in read_records(os.path.join(uri, name), "GZIP"):
            log = serving.PredictionLog.FromString(record).predict_log
            found.append(log.response.outputs["outputs"].SerializeToString())
    return found


def _made(folder: str) -> dict[str, Any]:
    """What the last run made, by node and key: the content's hash, or predictions.

    Raises:
        Failed: something was made twice, or is on the disk and not in the store.
    """
    pipeline = create_pipeline(folder, str(RECORDS))
    records = Records(pipeline.metadata_connection_config.url, pipeline.id)
    try:
        run = records.runs()[-1]
        context = records.store.get_context_by_type_and_name("pipeline_run", run[0])
        ended: dict[str, int] = {}
        for one in records.store.get_executions_by_context(context.id):
            if one.last_known_state in FINISHED:
                ended[one.custom_properties["__node__"].string_value] = one.id
                ended["count"] = ended.get("count", 0) + 1
        count = ended.pop("count", 0)
        outputs = {node: records.outputs(number) for node, number in ended.items()}
        stored = sorted(one.uri for one in records.store.get_artifacts())
    finally:
        records.close()
    nodes = {node.id for node in pipeline.components}
    if {*ended} != nodes or count != len(nodes):
        raise Failed(f"{count} executions of {len(ended)} nodes ended; expected {len(nodes)}")
    flat = [a for group in outputs.values() for many in group.values() for a in many]
    if stored != sorted(one.uri for one in flat):
        raise Failed(f"the store has {len(stored)} artifacts, the run made {len(flat)}")
    on_disk = [p for p in Path(folder, "root").glob("*/*/*") if not p.parent.name.startswith(".")]
    left = list(Path(folder, "root").rglob(".system/*"))
    served = [p.name for p in Path(folder, "served").iterdir()]
    if len(on_disk) != len(flat) or left or len(served) != 1:
        raise Failed(
            f"{len(on_disk)} outputs, {len(left)} left over, {len(served)} versions served"
        )
    made: dict[str, Any] = {}
    for node, group in outputs.items():
        for key, (artifact,) in group.items():
            if node == "BulkInferrer":
                made[f"{node}.{key}"] = _predictions(artifact.uri)
            elif node == "Evaluator":
                made[f"{node}.{key}"] = _evaluated(artifact.uri)
            elif node not in SIGNED:
                made[f"{node}.{key}"] = artifact.custom_properties["content_digest"]
    return made


def _evaluated(uri: str) -> list[Any]:
    """The names of files, and the metrics, of an evaluation or a blessing."""
    metrics = [one.SerializeToString(deterministic=True) for one in load_metrics(uri)]
    return [sorted(os.listdir(uri)), sorted(metrics)]


@functools.cache
def _whole() -> tuple[str, float]:
    """What a run makes that nobody kills, and how long it takes."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        if _run(folder).wait(timeout=300):
            raise Failed("the pipeline fails without a kill")
        took = time.monotonic() - began
        return json.dumps(_made(folder), default=repr, sort_keys=True), took


def pipeline(draw: random.Random) -> Outcome:
    """The taxi pipeline, killed once or twice and then left alone."""
    if not RECORDS.exists():
        raise Failed(f"there are no records at {RECORDS}")
    wanted, whole = _whole()
    moments = [draw.random() * whole for _ in range(draw.choice([1, 2]))]
    with tempfile.TemporaryDirectory() as folder:
        for moment in moments:
            program = _run(folder)
            try:
                program.wait(timeout=moment)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()
        began = time.monotonic()
        what = "killed after " + " and ".join(f"{moment:.2f} s" for moment in moments)
        if _run(folder).wait(timeout=300):
            raise Failed(f"{what}: the run that takes it up fails")
        took = time.monotonic() - began
        made = json.dumps(_made(folder), default=repr, sort_keys=True)
    if made != wanted:
        raise Failed(f"{what}: other artifacts than those of a run that nobody kills")
    return Outcome(what, took)
