"""Partial runs: some nodes run, the others are those of an earlier run."""

from __future__ import annotations

import json

import pytest

import tidefall as tf
from tests.lifecycle.pipelines import steps
from tidefall import pipelines as tfx
from tidefall.lifecycle.pipelines.orchestration.records import Records
from tidefall.tools.pipeline.cli import main

RunOptions = tfx.dsl.experimental.RunOptions


def run(folder, options=None):
    pipeline = steps.squares(str(folder / "root"), str(folder / "log"), cache=False)
    return tfx.orchestration.LocalDagRunner(view="none").run(pipeline, options)


def logged(folder):
    lines = (folder / "log").read_text().splitlines()
    (folder / "log").unlink()
    return sorted(lines)


@pytest.mark.parametrize(
    ("options", "states", "lines"),
    [
        (
            {"from_nodes": ["left"]},
            {"Number": "reused", "right": "reused", "left": "done", "Sum": "done"},
            ["square 3", "sum"],
        ),
        ({"to_nodes": ["left"]}, {"Number": "done", "left": "done"}, ["number 3", "square 3"]),
        ({"from_nodes": ["left"], "to_nodes": ["left"]}, {"Number": "reused", "left": "done"},
         ["square 3"]),
        ({"from_nodes": ["Sum"]}, {"left": "reused", "right": "reused", "Sum": "done"}, ["sum"]),
        (
            {"from_nodes": ["Number", "four"]},
            dict.fromkeys(["Number", "four", "left", "right", "Sum"], "done"),
            ["number 3", "number 4", "square 3", "square 4", "sum"],
        ),
    ],
)  # fmt: skip
def test_chosen_nodes_run_and_read_what_the_earlier_run_made(tmp_path, options, states, lines):
    whole = run(tmp_path)
    logged(tmp_path)
    part = run(tmp_path, RunOptions(**options))
    assert part.states == states
    assert logged(tmp_path) == lines
    for node, state in states.items():
        same = {k: [a.id for a in many] for k, many in part.outputs[node].items()} == {
            k: [a.id for a in many] for k, many in whole.outputs[node].items()
        }
        assert same == (state == "reused")
    if "Sum" in states:
        assert part.outputs["Sum"]["total"][0].read() == 25


def test_the_base_is_the_last_run_that_has_all_or_the_one_that_is_named(tmp_path):
    first, second = run(tmp_path), run(tmp_path)
    run(tmp_path, RunOptions(to_nodes=["Number"]))  # It lacks what Sum reads.
    for base, whole in ((None, second), (first.run_id, first)):
        options = RunOptions(from_nodes=["Sum"], base_pipeline_run_id=base)
        part = run(tmp_path, options)
        assert part.outputs["left"]["model"][0].id == whole.outputs["left"]["model"][0].id


def test_a_partial_run_is_a_run_in_the_store(tmp_path):
    run(tmp_path)
    part = run(tmp_path, RunOptions(from_nodes=["Sum"]))
    records = Records(str(tmp_path / "root" / "metadata.db"), "squares")
    try:
        assert {*records.executions(part.run_id)} == {"left", "right", "Sum"}
        assert records.runs()[-1][1]["state"] == "COMPLETE"
    finally:
        records.close()


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        ({"from_nodes": ["Som"]}, tf.errors.InvalidArgumentError, "no node 'Som'; did you mean"),
        ({"from_nodes": "Sum"}, tf.errors.InvalidArgumentError, "a list of nodes"),
        ({"from_nodes": ["left"], "to_nodes": ["right"]}, tf.errors.InvalidArgumentError,
         "no node of squares is after"),
        ({"base_pipeline_run_id": "x", "from_nodes": ["Sum"]}, tf.errors.NotFoundError,
         "no run 'x'"),
        ({"from_nodes": ["Sum"]}, tf.errors.FailedPreconditionError,
         r"reads what \['left', 'right'\] made"),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_told(tmp_path, options, kind, said):
    with pytest.raises(kind, match=said):
        run(tmp_path, RunOptions(**options))


def test_options_of_another_kind_are_refused(tmp_path):
    with pytest.raises(tf.errors.InvalidArgumentError, match="takes RunOptions"):
        run(tmp_path, {"from_nodes": ["Sum"]})


def test_the_command_runs_a_part(tmp_path, capsys):
    path = tmp_path / "file.py"
    path.write_text(
        "from tests.lifecycle.pipelines.steps import squares\n"
        f"pipeline = squares({str(tmp_path / 'root')!r}, cache=False)\n"
    )
    assert main(["run", str(path), "--json"]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[-1])["run"]
    assert main(["run", str(path), "--json", "--from", "Sum", "--base", first]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["states"] == {"left": "reused", "right": "reused", "Sum": "done"}
    assert main(["run", str(path), "--from", "nix"]) == 1
    assert "no node 'nix'" in capsys.readouterr().err
